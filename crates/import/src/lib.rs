//! Tools as their servers describe them: a `tools/list` of the Model Context Protocol (MCP)
//! written as a tool block of a policy, and compared with a policy that is there already.
//!
//! What a server says of itself is a claim of somebody untrusted: it gives names and types, and
//! guesses that a person confirms. Nothing in a list can make more than one tool block, and
//! nothing of it reaches a policy unless it is a name, a type, a constant or a doc comment that
//! was cleaned. Never reads a file and never renders a finding.

mod claims;
mod clean;
mod drift;
mod guess;
mod listing;
mod schema;
mod tool;
mod ty;
mod write;

pub use claims::{Claims, Meaning};
pub use drift::{
    At, Call, Code, Compared, Declared, DeclaredFunction, DeclaredTool, Finding, Grant, Real,
    Severity, drift, grants, scopes, unused,
};
pub use listing::{Listing, MAX_TOOLS, Oauth, Refused, Server, Tool, read};
pub use tool::{Function, LeftOut};
pub use ty::{Constant, Field, Type};
pub use write::{Block, MARK, Options, block, tool_name};
