//! Source texts, their ids, byte spans and line/column look-up.

use std::fmt;

/// A range of bytes in one source text, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from byte `start` up to byte `end`; positions past 4 GiB saturate.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            start: clamp(start),
            end: clamp(end),
        }
    }

    /// The empty span at byte `at`.
    pub fn at(at: usize) -> Self {
        Self::new(at, at)
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Whether `self` covers every byte of `other`.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The span as a range that slices a source text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A node and where it stands.
///
/// Two nodes are equal when they say the same thing, wherever they stand: equality
/// ignores the span. That is what "the printed tree parses to the same tree" means.
#[derive(Clone, Copy)]
pub struct Spanned<T> {
    /// What is written.
    pub node: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts `node` at `span`.
    pub fn new(node: T, span: Span) -> Self {
        Self { node, span }
    }

    /// The same place with another node.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned::new(f(self.node), self.span)
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.node
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    // The span is noise in a printed tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

/// Names one source text of a policy set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A named source text: a file, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What messages call it, usually its path.
    pub name: String,
    /// The text.
    pub text: String,
    /// How much of the file stands before the text. Spans count from the text, places that
    /// people look up from the file.
    pub before: Before,
}

/// What stands in a file before a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// How many lines; the part begins at the beginning of one.
    pub lines: u32,
    /// How many bytes.
    pub bytes: u32,
}

impl Source {
    /// A source text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            before: Before::default(),
        }
    }

    /// Whole lines of a file that hold a source text, such as a block of a document.
    pub fn part(name: impl Into<String>, text: impl Into<String>, before: Before) -> Self {
        Self {
            before,
            ..Self::new(name, text)
        }
    }

    /// The text of a span; empty when the span is not one of this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The line and column of a byte in the file, both from 1, the column counted in
    /// characters.
    ///
    /// Costs a pass over the text before it: for many look-ups build [`Lines`].
    pub fn line_column(&self, at: u32) -> LineColumn {
        let mut place = Lines::new(&self.text).line_column(&self.text, at);
        place.line = place.line.saturating_add(self.before.lines);
        place
    }
}

/// The source texts of a policy set; ids are given in the order of adding.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a text and names it.
    pub fn add(&mut self, source: Source) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(source);
        id
    }

    /// The text of an id that [`Sources::add`] gave.
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// All texts with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.files)
    }
}

/// A place as people count it: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// Finds the lines of `text`.
    pub fn new(text: &str) -> Self {
        let after_newline = text
            .bytes()
            .zip(1u32..)
            .filter(|(byte, _)| *byte == b'\n')
            .map(|(_, next)| next);
        Self {
            starts: std::iter::once(0).chain(after_newline).collect(),
        }
    }

    /// The line of a byte, from 0.
    pub fn line(&self, at: u32) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1) - 1
    }

    /// The line and column of a byte of `text`, which is the text given to [`Lines::new`].
    pub fn line_column(&self, text: &str, at: u32) -> LineColumn {
        let line = self.line(at);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let mut end = (at as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start as usize..end).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        LineColumn {
            line: count(line).saturating_add(1),
            column: count(before.chars().count()).saturating_add(1),
        }
    }
}
