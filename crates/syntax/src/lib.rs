//! Text to tree with diagnostics, and tree to text.
//!
//! Never reads a file and never renders a message: texts come in as [`Source`], findings
//! go out as [`Diagnostic`].

pub mod ast;
mod code;
mod diagnostic;
mod format;
mod grammar;
pub mod limits;
mod lower;
mod origin;
mod parse;
pub mod pattern;
mod recover;
mod scan;
mod source;
mod text;

pub use code::{Code, UnknownCode};
pub use diagnostic::{Diagnostic, Label, Severity, Suggestion};
pub use format::{format, print};
pub use parse::{Parsed, parse};
pub use scan::Comment;
pub use source::{Before, FileId, LineColumn, Lines, Source, Sources, Span, Spanned};
pub use text::{is_unseen, name_problem, quoted};
