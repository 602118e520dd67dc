//! The executable specification: an interpreter that decides by the words of the
//! language reference, rule by rule, and the generators and properties that hold the
//! engine to it.
//!
//! Reads the typed policy and never a decision graph. It shares the model's data types
//! with the engine and no reasoning; it is slow on purpose.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a development tool: a policy that is broken must stop the run"
)]

pub mod call;
pub mod coverage;
pub mod differential;
pub mod duty;
pub mod eval;
pub mod extract;
pub mod generate;
pub mod issuance;
pub mod law;
pub mod lent;
pub mod listing;
pub mod outcome;
pub mod pipeline;
pub mod rules;
pub mod runtime;
pub mod segment;
pub mod truth;
pub mod typed;
pub mod value;
pub mod world;
