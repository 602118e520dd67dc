//! Graphs are what their policies say, stay small whatever the policy is, and survive
//! being saved, or nothing loads.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "a test that fails is to stop"
)]

mod generate;
mod hostile;
mod meaning;
mod saved;
mod texts;
