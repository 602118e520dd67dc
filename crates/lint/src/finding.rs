//! What was found, and what to write instead.

use placet_syntax::{Diagnostic, FileId, Span};

use crate::descriptor::{Level, Rule};

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// How bad it is here; never [`Level::Off`].
    pub level: Level,
    /// What is wrong, and where.
    pub diagnostic: Diagnostic,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// Edits that mend a finding, all together or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What they do: "write `30d`".
    pub title: String,
    /// The edits; none overlaps another.
    pub edits: Vec<Edit>,
    /// Whether a person should look at it.
    pub safety: Safety,
    /// Whether the policy decides afterwards as it did before.
    pub meaning: Meaning,
}

/// Whether a person should look at a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// It may be applied without a look.
    Safe,
    /// It may not be what was meant.
    Unsafe,
}

/// What a fix does to what is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing, and that is checked when it is applied.
    Kept,
    /// Something, which the title says.
    Changed,
}

/// One replacement in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The text.
    pub file: FileId,
    /// What to replace; empty to insert.
    pub span: Span,
    /// What to write there.
    pub text: String,
}

impl Fix {
    /// A fix that may be applied without a look: nothing is decided otherwise.
    pub(crate) fn safe(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            edits: Vec::new(),
            safety: Safety::Safe,
            meaning: Meaning::Kept,
        }
    }

    /// A fix that decides nothing otherwise, but may take away what is still wanted.
    pub(crate) fn doubtful(title: impl Into<String>) -> Self {
        Self {
            safety: Safety::Unsafe,
            ..Self::safe(title)
        }
    }

    /// A fix after which something else is decided.
    pub(crate) fn changing(title: impl Into<String>) -> Self {
        Self {
            meaning: Meaning::Changed,
            ..Self::doubtful(title)
        }
    }

    /// Adds an edit.
    pub(crate) fn edit(mut self, file: FileId, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit {
            file,
            span,
            text: text.into(),
        });
        self
    }
}
