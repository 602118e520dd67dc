//! A policy compared with the servers that it is about.

mod compare;
mod declared;
mod differs;
mod finding;
mod scopes;
mod usage;

pub use compare::{Compared, Real, drift};
pub use declared::{At, Declared, DeclaredFunction, DeclaredTool};
pub use finding::{Code, Finding, Severity};
pub use scopes::scopes;
pub use usage::{Call, Grant, grants, unused};
