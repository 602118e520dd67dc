//! Trees to typed policies to decision graphs.

pub mod lower;
