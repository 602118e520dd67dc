//! The executable specification: a naive interpreter.
