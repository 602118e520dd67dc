//! Answers about whole policies: claims proved or refuted, each refutation with a request.
//!
//! A question is whether some well-formed request makes a formula over the parts of rules
//! true. `Yes` comes only with a request that the evaluator confirms; `no` only when every
//! branch of the search is closed by reasoning that closes no branch with such a request in
//! it; everything else is unknown, with the reason.

mod ask;
mod build;
mod chain;
mod claims;
pub mod dead;
pub mod diff;
mod domain;
mod formula;
mod granted;
mod input;
mod region;
mod site;
mod solve;
mod spot;
mod uses;
mod values;
mod who;
mod witness;

pub use ask::Why;
pub use claims::{Effort, Proved, Refutation, Verdict, prove};
pub use region::{Duty, Except, Line, Region, Witness};
pub use who::{Answer, Blast, Delegate, Question, blast, who};
