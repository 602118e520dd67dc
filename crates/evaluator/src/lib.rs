//! Decides requests against a compiled policy.
