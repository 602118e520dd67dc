//! Where in its file a piece of text stands that was parsed by itself.

use std::ops::Range;

use crate::source::Span;

/// Turns positions in a piece into positions in its file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    /// Where the text after the first `head` bytes of the piece begins in the file.
    rest: usize,
    /// How many bytes of the piece stand for a misspelled word of the file.
    head: usize,
    /// Where that word begins in the file.
    word: usize,
}

impl Origin {
    /// A piece that is the text of the file from byte `start` on.
    pub(crate) fn at(start: usize) -> Self {
        Self {
            rest: start,
            head: 0,
            word: start,
        }
    }

    /// A piece in which the first `head` bytes stand in place of the bytes `word`.
    pub(crate) fn instead_of(word: Range<usize>, head: usize) -> Self {
        Self {
            rest: word.end,
            head,
            word: word.start,
        }
    }

    /// The place of a byte of the piece.
    pub(crate) fn place(self, at: usize) -> usize {
        match at.checked_sub(self.head) {
            Some(after) => self.rest + after,
            None => self.word,
        }
    }

    /// The place of a range of the piece.
    pub(crate) fn span(self, range: Range<usize>) -> Span {
        let end = match range.end.checked_sub(self.head) {
            Some(after) => self.rest + after,
            None => self.rest,
        };
        Span::new(self.place(range.start), end)
    }
}
