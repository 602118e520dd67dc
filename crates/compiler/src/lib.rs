//! Trees to typed policies to decision graphs.
