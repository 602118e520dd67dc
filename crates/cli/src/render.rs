//! From plain data to what is shown.

pub(crate) mod diagnostics;
