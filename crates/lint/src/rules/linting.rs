//! What is said to the linter itself.

pub(crate) mod allow_without_reason;
pub(crate) mod unknown_allow;
pub(crate) mod unused_allow;
