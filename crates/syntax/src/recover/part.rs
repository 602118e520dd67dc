//! The kinds of parts that blocks are made of.

use super::{Failure, Read, Recovery};
use crate::{
    diagnostic::Diagnostic,
    grammar::{Pair, Rule},
    lower::Lower,
    origin::Origin,
    scan::TokenKind,
};

/// What a block is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// A file, of items.
    Item,
    /// A policy block.
    Policy,
    /// A record, of fields.
    Field,
    /// A rule or a region, of clauses.
    Clause,
    /// The needs of a claim, of duties.
    Duty,
    /// A claim.
    Claim,
    /// A tool.
    Tool,
    /// An action of a tool, of functions.
    Mapped,
    /// A function, of lines.
    Line,
    /// A fixture.
    Setup,
    /// A test.
    Step,
    /// The rows of a test.
    Row,
}

/// The words that items begin with.
pub(super) const ITEM_WORDS: &[&str] = &[
    "policy", "facts", "agent", "group", "action", "tool", "let", "history", "grant", "deny",
    "require", "claim", "given", "test",
];

impl PartKind {
    /// The rule that reads a part with a proper end, and the one that reads it without.
    fn rules(self) -> (Rule, Rule) {
        match self {
            Self::Item => (Rule::item_entry, Rule::item),
            Self::Policy => (Rule::policy_entry, Rule::policy_part),
            Self::Field => (Rule::field_entry, Rule::field),
            Self::Clause => (Rule::clause_entry, Rule::clause),
            Self::Duty => (Rule::duty_entry, Rule::duty),
            Self::Claim => (Rule::claim_entry, Rule::claim_body),
            Self::Tool => (Rule::tool_entry, Rule::tool_part),
            Self::Mapped => (Rule::mapped_entry, Rule::mapped),
            Self::Line => (Rule::line_entry, Rule::function_part),
            Self::Setup => (Rule::setup_entry, Rule::setup),
            Self::Step => (Rule::test_entry, Rule::test_part),
            Self::Row => (Rule::row_entry, Rule::row),
        }
    }

    /// The words that such a part begins with, where it begins with a fixed word.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Item => ITEM_WORDS,
            Self::Policy => &["language", "layers", "lifetime"],
            Self::Clause => &[
                "agent", "user", "tool", "action", "resource", "at", "when", "unless", "for",
                "consent", "approval", "delegate", "budget",
            ],
            Self::Duty => &["for", "consent", "approval", "delegate", "budget"],
            Self::Claim => &["never", "always", "only", "every"],
            Self::Tool => &["audience", "action", "function"],
            Self::Setup => &[
                "given", "at", "agent", "user", "task", "context", "resource",
            ],
            Self::Step => &[
                "given", "at", "agent", "user", "task", "context", "resource", "issue", "delegate",
                "call", "list", "after", "revoke", "consent", "approval", "rows",
            ],
            Self::Field | Self::Mapped | Self::Line | Self::Row => &[],
        }
    }

    /// What such a part is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Item => "a declaration or rule",
            Self::Policy => "`language`, `layers` or `lifetime`",
            Self::Field => "a field `name: type`",
            Self::Clause => "a clause",
            Self::Duty => "a duty",
            Self::Claim => "`never`, `always`, `only` or `every`",
            Self::Tool => "`audience`, `action` or `function`",
            Self::Mapped => "a function `name(parameter: type) -> \"template\"`",
            Self::Line => "a line `verb when condition -> \"template\"`",
            Self::Setup => "a line that sets up the test",
            Self::Step => "a step of the test",
            Self::Row => "a row `\"name\" { column = cell }`",
        }
    }

    /// Whether several such parts are commonly written on one line.
    pub(super) fn fits_one_line(self) -> bool {
        matches!(self, Self::Policy | Self::Clause | Self::Duty)
    }

    /// Whether such a part begins with a name, which may be quoted.
    pub(super) fn begins_with_name(self) -> bool {
        matches!(self, Self::Field | Self::Mapped | Self::Line | Self::Row)
    }
}

impl<'a> Recovery<'a> {
    /// Reads the parts from the next token up to the token `end`; `keep` gets each part
    /// that was read.
    pub(super) fn parts(
        &mut self,
        kind: PartKind,
        end: usize,
        keep: &mut dyn FnMut(&mut Lower<'_>, Pair<'_>),
    ) {
        while self.at < end && !self.exhausted() {
            let start = self.at;
            let limit = self.start_of(end);
            let (ended, plain) = kind.rules();
            match self.attempt(ended, plain, self.start_of(start), limit) {
                Ok(read) => self.keep(read, keep),
                Err(failure) => {
                    let next = self.part_end(kind, start, end);
                    self.broken_part(kind, start, next, &failure, keep);
                    self.at = self.at.max(next);
                }
            }
            if kind == PartKind::Field {
                self.comma(start, end);
            }
            self.at = self.at.max(start + 1);
        }
        self.at = self.at.max(end);
    }

    pub(super) fn keep(&mut self, read: Read<'_>, keep: &mut dyn FnMut(&mut Lower<'_>, Pair<'_>)) {
        let range = crate::grammar::range(&read.pair);
        let end = read.origin.place(range.end);
        self.lower(read, |lower, pair| keep(lower, pair));
        self.at = self.index_at(end);
    }

    /// Passes the comma after a field, or reports that it is missing.
    fn comma(&mut self, start: usize, end: usize) {
        if self.at <= start || self.at >= end {
            return;
        }
        if self.slice(self.at) == "," {
            self.at += 1;
            return;
        }
        // After a part that was reported, what follows is no news.
        let before = self.span_of(self.at - 1);
        let reported = self.problems.last().and_then(Diagnostic::primary);
        if reported.is_some_and(|label| label.span.end >= self.span_of(start).start) {
            return;
        }
        let problem = super::say::missing_comma(self.file, before, self.span_of(self.at));
        self.problems.push(problem);
    }

    /// Reports a part that does not parse, and reads it again when its first word was only
    /// misspelled.
    pub(super) fn broken_part(
        &mut self,
        kind: PartKind,
        start: usize,
        next: usize,
        failure: &Failure,
        keep: &mut dyn FnMut(&mut Lower<'_>, Pair<'_>),
    ) {
        let word = self.word(start);
        let meant = match kind.words().contains(&word) {
            true => None,
            false => super::words::closest(word, kind.words()),
        };
        let Some(meant) = meant else {
            let problem = self.explain(failure, start, next, kind);
            self.problems.push(problem);
            return;
        };
        let span = self.span_of(start);
        let problem = super::say::misspelled(self.file, span, word, meant);
        self.problems.push(problem);
        let text = self.text;
        let rest = text.get(self.end_of(start)..self.start_of(next));
        let mended = format!("{meant}{}", rest.unwrap_or_default());
        let origin = Origin::instead_of(self.span_of(start).range(), meant.len());
        let (ended, _) = kind.rules();
        match self.read_piece(ended, &mended, origin) {
            Ok(read) => {
                let origin = read.origin;
                if let Some(pair) = crate::grammar::Parts::of(read.pair).next() {
                    self.lower(Read { pair, origin }, |lower, pair| keep(lower, pair));
                }
            }
            Err(failure) => {
                let problem = self.explain(&failure, start, next, kind);
                self.problems.push(problem);
            }
        }
    }

    /// Whether the token is a word or string, as names are.
    pub(super) fn is_name(&self, index: usize) -> bool {
        matches!(self.kind(index), Some(TokenKind::Word | TokenKind::String))
    }
}
