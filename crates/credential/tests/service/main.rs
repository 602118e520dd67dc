//! The service as its callers meet it, on a store in memory.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what is not as expected fails the test"
)]

mod asking;
mod attacks;
mod budgets;
mod histories;
mod issuing;
mod killed;
mod listing;
mod races;
mod revoking;
mod support;
