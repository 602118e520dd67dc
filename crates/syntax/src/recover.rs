//! Recovery: reads a file part by part when it does not parse as a whole.
//!
//! The grammar reads every part; this module only finds where parts begin. A part that
//! the grammar refuses is reported and left out, and reading goes on at the next one: the
//! next declaration, or inside a block the next clause, function, field or step.

use crate::{
    ast::{self, Spanned},
    diagnostic::Diagnostic,
    grammar::{self, Failure as PestFailure, Pair, Parts, Rule},
    limits,
    lower::Lower,
    origin::Origin,
    scan::{Token, TokenKind},
    source::{FileId, Span},
};

mod block;
mod bounds;
mod expected;
mod explain;
mod item;
mod part;
mod say;
mod words;

/// What could be read, and what could not.
pub(crate) struct Recovered {
    pub(crate) layer: Option<Spanned<ast::Layer>>,
    pub(crate) items: Vec<Spanned<ast::Item>>,
    pub(crate) problems: Vec<Diagnostic>,
}

/// Reads `text`, whose tokens are `tokens`, as far as it can be read.
pub(crate) fn recover(file: FileId, text: &str, tokens: &[Token]) -> Recovered {
    let mut recovery = Recovery {
        file,
        text,
        tokens,
        at: 0,
        problems: Vec::new(),
        spent: 0,
    };
    let (layer, items) = recovery.file();
    Recovered {
        layer,
        items,
        problems: recovery.problems,
    }
}

struct Recovery<'a> {
    file: FileId,
    text: &'a str,
    tokens: &'a [Token],
    /// The index of the token that is next.
    at: usize,
    problems: Vec<Diagnostic>,
    /// How many bytes were read in vain, which bounds the work on hostile text.
    spent: usize,
}

/// A pair and where the text that it was parsed from stands in the file.
struct Read<'i> {
    pair: Pair<'i>,
    origin: Origin,
}

/// Where the grammar stopped, and what it would have gone on with.
struct Failure {
    at: usize,
    expected: Vec<Rule>,
}

impl<'a> Recovery<'a> {
    /// Whether so much is wrong that it is better to stop.
    fn exhausted(&self) -> bool {
        self.problems.len() > limits::DIAGNOSTICS
            || self.spent > self.text.len().saturating_mul(8).saturating_add(4096)
    }

    /// Parses `rule` at byte `start`, in the text before byte `limit`.
    fn read(&mut self, rule: Rule, start: usize, limit: usize) -> Result<Read<'a>, Failure> {
        let text = self.text;
        let piece = text.get(start..limit).unwrap_or_default();
        self.read_piece(rule, piece, Origin::at(start))
    }

    /// Parses `rule` in a text that stands at `origin`.
    fn read_piece<'i>(
        &mut self,
        rule: Rule,
        piece: &'i str,
        origin: Origin,
    ) -> Result<Read<'i>, Failure> {
        match grammar::parse(rule, piece) {
            Ok(mut pairs) => pairs
                .next()
                .map(|pair| Read { pair, origin })
                .ok_or(Failure {
                    at: origin.place(0),
                    expected: Vec::new(),
                }),
            Err(failure) => {
                let failure = stopped(&failure, origin);
                self.spent += failure.at.saturating_sub(origin.place(0));
                Err(failure)
            }
        }
    }

    /// Parses the part of a block that begins at byte `start` and ends before byte
    /// `limit`. `ended` asks for a proper end; without one `plain` will do, when what
    /// follows begins a new line or stands after a closed block.
    fn attempt(
        &mut self,
        ended: Rule,
        plain: Rule,
        start: usize,
        limit: usize,
    ) -> Result<Read<'a>, Failure> {
        let failure = match self.read(ended, start, limit) {
            Ok(read) => {
                if let Some(pair) = Parts::of(read.pair).next() {
                    let origin = read.origin;
                    return Ok(Read { pair, origin });
                }
                Failure {
                    at: start,
                    expected: Vec::new(),
                }
            }
            Err(failure) => failure,
        };
        if let Ok(read) = self.read(plain, start, limit) {
            let end = start + grammar::range(&read.pair).end;
            let next = self.index_at(end);
            let closed = self.text.get(..end).is_some_and(|read| read.ends_with('}'));
            let apart = closed || self.token(next).is_none_or(|token| token.first);
            if apart && failure.at <= self.start_of(next).min(limit) {
                return Ok(read);
            }
        }
        Err(failure)
    }

    /// Lowers what was read.
    fn lower<'i, T>(
        &mut self,
        read: Read<'i>,
        lower: impl FnOnce(&mut Lower<'_>, Pair<'i>) -> T,
    ) -> T {
        let mut lowering = Lower {
            file: self.file,
            origin: read.origin,
            problems: &mut self.problems,
        };
        lower(&mut lowering, read.pair)
    }

    fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.token(index).map(|token| token.kind)
    }

    /// The text of a token; empty past the last one.
    fn slice(&self, index: usize) -> &'a str {
        let text = self.text;
        self.token(index)
            .and_then(|token| text.get(token.span.range()))
            .unwrap_or_default()
    }

    /// The text of a token that is a word; empty if it is none.
    fn word(&self, index: usize) -> &'a str {
        match self.kind(index) {
            Some(TokenKind::Word) => self.slice(index),
            _ => "",
        }
    }

    /// The byte that a token begins at; the end of the text past the last one.
    fn start_of(&self, index: usize) -> usize {
        self.token(index)
            .map_or(self.text.len(), |token| token.span.range().start)
    }

    /// The byte that a token ends at; the end of the text past the last one.
    fn end_of(&self, index: usize) -> usize {
        self.token(index)
            .map_or(self.text.len(), |token| token.span.range().end)
    }

    /// The span of a token; the empty span at the end of the text past the last one.
    fn span_of(&self, index: usize) -> Span {
        Span::new(self.start_of(index), self.end_of(index))
    }

    /// The index of the first token that begins at byte `at` or after it.
    fn index_at(&self, at: usize) -> usize {
        self.tokens
            .partition_point(|token| token.span.range().start < at)
    }
}

/// Where and why pest stopped in a text that stands at `origin`.
fn stopped(failure: &PestFailure, origin: Origin) -> Failure {
    let at = match failure.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    };
    let expected = match &failure.variant {
        pest::error::ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        pest::error::ErrorVariant::CustomError { .. } => vec![Rule::deeper],
    };
    Failure {
        at: origin.place(at),
        expected,
    }
}
