//! Decides requests against a compiled policy.

pub mod extract;
