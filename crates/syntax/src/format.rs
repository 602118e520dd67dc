//! Tree to text: one spelling of every tree, with the comments of the text it came from.
//!
//! Layout depends on the tree and on widths alone, never on how the text was laid out;
//! comments keep their order and stay with what they stand before or beside. Parsing the
//! result gives the same tree, and formatting it again the same text.

use crate::{
    ast,
    parse::Parsed,
    scan::Comment,
    source::{Span, Spanned},
};

mod clause;
mod display;
mod doc;
mod expr;
mod item;
mod rule;
mod test;
mod tool;

use doc::Doc;

/// The most columns of a line, where that is possible.
const WIDTH: usize = 100;

/// The most clauses that share a line.
const CLAUSES_ON_A_LINE: usize = 3;

/// Formats a parsed file; `None` if it has errors, since what did not parse would be lost.
pub fn format(parsed: &Parsed) -> Option<String> {
    (!parsed.has_errors()).then(|| Printer::new(&parsed.comments).file(&parsed.file))
}

/// Prints a tree that has no comments.
pub fn print(file: &ast::File) -> String {
    Printer::new(&[]).file(file)
}

/// Writes lines, and the comments that come before, inside and beside what it writes.
struct Printer<'a> {
    out: String,
    /// The comments that were not written yet.
    comments: &'a [Comment],
}

impl<'a> Printer<'a> {
    fn new(comments: &'a [Comment]) -> Self {
        Self {
            out: String::new(),
            comments,
        }
    }

    /// Writes a line, or several, that begin `indent` columns from the left.
    fn line(&mut self, indent: usize, doc: &Doc) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        doc.layout(indent, WIDTH, &mut self.out);
        self.out.push('\n');
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Whether a comment stands in the span.
    fn has_comments(&self, span: Span) -> bool {
        self.comments
            .iter()
            .find(|comment| comment.span.start >= span.start)
            .is_some_and(|comment| comment.span.start < span.end)
    }

    /// Writes the comments that begin before byte `end`, each on a line of its own. The
    /// empty line after one is kept, but not between what stands at byte `start` and the
    /// last comment that stood inside it. Says whether there were any.
    fn comments(&mut self, indent: usize, start: u32, end: u32) -> bool {
        let before = self.comments.len();
        while let [comment, rest @ ..] = self.comments {
            if comment.span.start >= end {
                break;
            }
            self.comments = rest;
            self.line(indent, &doc::text(comment.text.to_string()));
            let goes_on = rest.first().is_some_and(|next| next.span.start < end);
            if comment.gap && comment.own_line && (goes_on || comment.span.start < start) {
                self.blank();
            }
        }
        self.comments.len() < before
    }

    /// Writes a comment that stands beside what was written last, before byte `end`.
    fn beside(&mut self, end: u32) {
        if let [comment, rest @ ..] = self.comments
            && !comment.own_line
            && comment.span.start < end
        {
            self.comments = rest;
            self.out.truncate(self.out.trim_end().len());
            self.out.push_str("  ");
            self.out.push_str(&comment.text);
            self.out.push('\n');
        }
    }

    /// Writes the parts of a block that ends at byte `end`, each with its comments.
    fn each<T>(
        &mut self,
        indent: usize,
        parts: &[Spanned<T>],
        end: u32,
        mut write: impl FnMut(&mut Self, usize, &Spanned<T>),
    ) {
        for (index, part) in parts.iter().enumerate() {
            let next = parts.get(index + 1).map_or(end, |next| next.span.start);
            self.comments(indent, part.span.start, part.span.start);
            write(self, index, part);
            self.beside(next);
        }
        self.comments(indent, 0, end);
    }

    /// As [`Printer::each`], for parts that take one line: comments inside one come
    /// before it.
    fn lines<T>(
        &mut self,
        indent: usize,
        parts: &[Spanned<T>],
        end: u32,
        mut doc: impl FnMut(usize, &T) -> Doc,
    ) {
        self.each(indent, parts, end, |printer, index, part| {
            printer.comments(indent, part.span.start, part.span.end);
            let doc = doc(index, part);
            printer.line(indent, &doc);
        });
    }

    /// Writes `open`, the parts of a block, and `}`.
    fn block(&mut self, indent: usize, open: Doc, write: impl FnOnce(&mut Self)) {
        self.line(indent, &open);
        write(self);
        self.line(indent, &doc::text("}"));
    }
}

/// Whether a line of that width fits at an indent.
fn fits(indent: usize, width: usize) -> bool {
    indent + width <= WIDTH
}
