//! Tools and their functions.

use super::{Doc, Expr, Field, Name, Path, Spanned, Str};

/// `tool PATH { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its path.
    pub path: Path,
    /// The audience of its tokens.
    pub audience: Option<Str>,
    /// Its actions and functions, in written order.
    pub parts: Vec<Spanned<ToolPart>>,
}

/// An `action` or `function` of a tool with its documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolPart {
    /// The doc comment.
    pub docs: Vec<Doc>,
    /// What it is.
    pub kind: ToolPartKind,
}

/// A part of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolPartKind {
    /// `action VERB -> "pattern", …`: a tool without functions.
    Bare {
        /// The verb.
        action: Name,
        /// What it may touch.
        patterns: Vec<Str>,
    },
    /// `action VERB { function(…) -> "template" … }`
    Verb {
        /// The verb.
        action: Name,
        /// Its functions.
        functions: Vec<Spanned<Mapped>>,
    },
    /// `function NAME(…) { VERB when … -> "template" … }`
    Function(Function),
}

/// A function that always does one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The doc comment.
    pub docs: Vec<Doc>,
    /// Name and parameters.
    pub signature: Signature,
    /// The resources of a call.
    pub templates: Vec<Str>,
    /// What histories may read of a result.
    pub returns: Option<Spanned<Vec<Spanned<Field>>>>,
}

/// A function whose parameters choose the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Name and parameters.
    pub signature: Signature,
    /// What a call may do.
    pub lines: Vec<Spanned<Line>>,
    /// What histories may read of a result.
    pub returns: Option<Spanned<Vec<Spanned<Field>>>>,
}

/// `VERB when COND -> "template", …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The verb.
    pub action: Name,
    /// When a call does it; always, if absent.
    pub when: Option<Spanned<Expr>>,
    /// The resources of a call.
    pub templates: Vec<Str>,
}

/// `name(param: type, …, ...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The function's name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Spanned<Field>>,
    /// Whether other arguments are tolerated (`...`).
    pub open: bool,
}
