//! Files and their items.

use super::{Failure, Recovery, part, part::PartKind, say, words};
use crate::{
    ast::{self, ItemKind, Spanned},
    code::Code,
    diagnostic::Diagnostic,
    grammar::Rule,
    lower::FileParts,
    origin::Origin,
    scan::TokenKind,
    source::Span,
    text,
};

impl Recovery<'_> {
    /// Reads the whole file.
    pub(super) fn file(&mut self) -> FileParts {
        let mut layer: Option<Spanned<ast::Layer>> = None;
        let mut items = Vec::new();
        while self.at < self.tokens.len() && !self.exhausted() {
            let start = self.at;
            if self.word(start) == "layer" {
                let late = layer.is_some() || !items.is_empty();
                if let Some(found) = self.layer(late) {
                    layer.get_or_insert(found);
                }
            } else {
                items.extend(self.item());
            }
            // Whatever happened, reading goes on.
            self.at = self.at.max(start + 1);
        }
        (layer, items)
    }

    fn layer(&mut self, late: bool) -> Option<Spanned<ast::Layer>> {
        let start = self.at;
        let next = self.item_end(start, true);
        let limit = self.text.len();
        let read = self.attempt(Rule::layer_entry, Rule::layer, self.start_of(start), limit);
        let read = match read {
            Ok(read) => read,
            Err(failure) => {
                let problem = self.explain(&failure, start, next, PartKind::Item);
                self.problems.push(problem);
                self.at = next;
                return None;
            }
        };
        let layer = self.lower(read, |lower, pair| lower.layer(pair))?;
        if late {
            self.problems.push(
                Diagnostic::error(Code::PL0014, "the `layer` line is not first in its file")
                    .at(self.file, layer.span, "this stands after other things")
                    .help(
                        "a file belongs to one layer, named in its first line: move the line \
                         to the top, or the rules to another file",
                    ),
            );
        }
        self.at = self.index_at(layer.span.range().end);
        Some(layer)
    }

    fn item(&mut self) -> Option<Spanned<ast::Item>> {
        let first = self.at;
        let start = self.start_of(first);
        let limit = self.text.len();
        let failure = match self.attempt(Rule::item_entry, Rule::item, start, limit) {
            Ok(read) => {
                let item = self.lower(read, |lower, pair| lower.item(pair))?;
                self.at = self.index_at(item.span.range().end);
                return Some(item);
            }
            Err(failure) => failure,
        };
        let head = self.head();
        let word = self.word(head);
        if head >= self.tokens.len() || word == "layer" {
            self.dangling(first, head);
            self.at = head;
            return None;
        }
        let (docs, notes) = self.docs_and_notes(first, head);
        let kind = self.broken_item(head, word, &failure)?;
        let span = self.span_of(first).to(kind.span);
        Some(Spanned::new(
            ast::Item {
                docs,
                notes,
                kind: kind.node,
                recovered: true,
            },
            span,
        ))
    }

    /// What can be kept of an item that does not parse, whose declaration begins with
    /// `word`, the token `head`.
    fn broken_item(
        &mut self,
        head: usize,
        word: &str,
        failure: &Failure,
    ) -> Option<Spanned<ItemKind>> {
        if part::ITEM_WORDS.contains(&word) {
            return self.block(head, word, failure);
        }
        if let Some(meant) = words::closest(word, part::ITEM_WORDS) {
            let problem = say::misspelled(self.file, self.span_of(head), word, meant);
            self.problems.push(problem);
            return self.misspelled_item(head, meant, failure);
        }
        let next = self.item_end(head, true);
        let problem = self.explain(failure, head, next, PartKind::Item);
        self.problems.push(problem);
        self.at = next;
        None
    }

    /// Reads an item as if its first word, the token `head`, were `meant`.
    fn misspelled_item(
        &mut self,
        head: usize,
        meant: &'static str,
        failure: &Failure,
    ) -> Option<Spanned<ItemKind>> {
        let next = self.item_end(head, false);
        let text = self.text;
        let rest = text.get(self.end_of(head)..self.start_of(next))?;
        let mended = format!("{meant}{rest}");
        let origin = Origin::instead_of(self.span_of(head).range(), meant.len());
        if let Ok(read) = self.read_piece(Rule::item, &mended, origin) {
            let item = self.lower(read, |lower, pair| lower.item(pair))?;
            self.at = self.index_at(item.span.range().end);
            return Some(Spanned::new(item.node.kind, item.span));
        }
        self.block(head, meant, failure)
    }

    /// The token that the declaration of the next item begins with, after docs and notes.
    fn head(&self) -> usize {
        let mut head = self.at;
        loop {
            if self.kind(head) == Some(TokenKind::Doc) {
                head += 1;
            } else if self.slice(head) == "@" {
                head += 2;
                if self.slice(head) == "(" {
                    head = self.block_end(head).index() + 1;
                }
            } else {
                return head;
            }
        }
    }

    fn docs_and_notes(
        &mut self,
        first: usize,
        head: usize,
    ) -> (Vec<ast::Doc>, Vec<Spanned<ast::Note>>) {
        let mut docs = Vec::new();
        let mut notes = Vec::new();
        for index in first..head {
            if self.kind(index) == Some(TokenKind::Doc) {
                let line = text::doc(self.slice(index));
                docs.push(Spanned::new(line, self.span_of(index)));
            } else if self.slice(index) == "@" {
                let (start, limit) = (self.start_of(index), self.start_of(head));
                match self.read(Rule::note, start, limit) {
                    Ok(read) => notes.extend(self.lower(read, |lower, pair| lower.note(pair))),
                    Err(failure) => {
                        let problem = self.explain(&failure, index, head, PartKind::Item);
                        self.problems.push(problem);
                    }
                }
            }
        }
        (docs, notes)
    }

    /// Reports docs and notes, the tokens from `first` to `head`, that nothing follows.
    fn dangling(&mut self, first: usize, head: usize) {
        let span = (first..head.min(self.tokens.len()))
            .map(|index| self.span_of(index))
            .reduce(Span::to);
        if let Some(span) = span {
            let is_doc = self.kind(first) == Some(TokenKind::Doc);
            let problem = say::dangling(self.file, span, is_doc);
            self.problems.push(problem);
        }
    }
}
