//! Generators: policy texts, and requests for any compiled policy.
//!
//! All choices come from [`Dice`]: a seed for long runs, a tape of bytes for property
//! tests and fuzzers, in which an empty tape gives the simplest of everything. Alphabets
//! are small, so that names, patterns and facts collide.

mod declare;
mod dice;
mod expr;
mod policy;
mod request;

pub use dice::Dice;
pub use policy::{File, policy};
pub use request::{Pool, issuance, listing, runtime};
