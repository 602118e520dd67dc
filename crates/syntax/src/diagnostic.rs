//! What is wrong with a policy, as plain data: rendering happens at the edge.

use crate::{
    code::Code,
    source::{FileId, Span},
};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in policy words: lower case, no full stop, user input in backticks.
    pub message: String,
    /// The places it is about; the first primary one is where it is.
    pub labels: Vec<Label>,
    /// Why it matters or how it came about.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// What to write instead.
    pub suggestion: Option<Suggestion>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy works all the same.
    Warning,
    /// The policy cannot be used.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub file: FileId,
    /// The place in it.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
    /// Whether the finding is here, rather than explained from here.
    pub primary: bool,
}

/// An edit that would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The file.
    pub file: FileId,
    /// What to replace; empty to insert.
    pub span: Span,
    /// What to write there.
    pub replacement: String,
    /// What the edit does: "write `grant`".
    pub text: String,
}

impl Diagnostic {
    /// An error with nothing but a message; the methods below add the rest.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            suggestion: None,
        }
    }

    /// A warning with nothing but a message.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, file: FileId, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            file,
            span,
            text: text.into(),
            primary: true,
        });
        self
    }

    /// Points at another place that explains it.
    #[must_use]
    pub fn see(mut self, file: FileId, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            file,
            span,
            text: text.into(),
            primary: false,
        });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn suggest(
        mut self,
        file: FileId,
        span: Span,
        replacement: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        self.suggestion = Some(Suggestion {
            file,
            span,
            replacement: replacement.into(),
            text: text.into(),
        });
        self
    }

    /// The place of the finding: its first primary label.
    pub fn primary(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary)
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
