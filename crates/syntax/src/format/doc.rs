//! A small layout algebra: text, places where a line may break, and groups that break as a
//! whole when they do not fit.

use std::borrow::Cow;

/// A piece of text with its possible line breaks.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Text without a line break.
    Text(Cow<'static, str>),
    /// A space, or a line break where the group does not fit.
    Line,
    /// Nothing, or a line break where the group does not fit.
    SoftLine,
    /// Text that stands only where the group does not fit.
    IfBroken(&'static str),
    /// Text that stands only where the group fits.
    IfFlat(&'static str),
    /// One after another.
    Concat(Vec<Doc>),
    /// Lines inside begin that many columns further right.
    Nest(usize, Box<Doc>),
    /// On one line if it fits.
    Group(Box<Doc>),
}

pub(super) fn text(text: impl Into<Cow<'static, str>>) -> Doc {
    Doc::Text(text.into())
}

pub(super) fn concat(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Concat(docs.into_iter().collect())
}

pub(super) fn nest(columns: usize, doc: Doc) -> Doc {
    Doc::Nest(columns, Box::new(doc))
}

pub(super) fn group(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Group(Box::new(concat(docs)))
}

/// `docs` with commas between them, and a line that may break after each.
pub(super) fn commas(docs: impl IntoIterator<Item = Doc>) -> Doc {
    let mut joined = Vec::new();
    for doc in docs {
        if !joined.is_empty() {
            joined.extend([text(","), Doc::Line]);
        }
        joined.push(doc);
    }
    Doc::Concat(joined)
}

/// `docs` in brackets: on one line with `space` at the inner sides, or one on each line
/// with a comma after the last.
pub(super) fn bracketed(
    open: &'static str,
    space: Doc,
    docs: impl IntoIterator<Item = Doc>,
    close: &'static str,
) -> Doc {
    let mut docs = docs.into_iter().peekable();
    if docs.peek().is_none() {
        return concat([text(open), text(close)]);
    }
    group([
        text(open),
        nest(2, concat([space.clone(), commas(docs), Doc::IfBroken(",")])),
        space,
        text(close),
    ])
}

impl Doc {
    /// The columns it takes on one line.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Text(text) => text.chars().count(),
            Self::IfFlat(text) => text.chars().count(),
            Self::Line => 1,
            Self::SoftLine | Self::IfBroken(_) => 0,
            Self::Concat(docs) => docs.iter().map(Self::width).sum(),
            Self::Nest(_, doc) | Self::Group(doc) => doc.width(),
        }
    }

    /// The text on one line, however long.
    pub(super) fn flat(&self) -> String {
        let mut out = String::new();
        self.layout(0, usize::MAX, &mut out);
        out
    }

    /// Appends the text to `out`, where a line with `indent` spaces has begun, in lines of
    /// at most `width` columns where that is possible.
    pub(super) fn layout(&self, indent: usize, width: usize, out: &mut String) {
        let start = out.rfind('\n').map_or(0, |at| at + 1);
        let mut column = out.get(start..).unwrap_or_default().chars().count();
        let mut todo = vec![(indent, self, width == usize::MAX)];
        while let Some((indent, doc, flat)) = todo.pop() {
            match doc {
                Self::Text(text) => {
                    out.push_str(text);
                    column += text.chars().count();
                }
                Self::Line if flat => {
                    out.push(' ');
                    column += 1;
                }
                Self::SoftLine if flat => {}
                Self::Line | Self::SoftLine => {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent));
                    column = indent;
                }
                Self::IfBroken(text) | Self::IfFlat(text) => {
                    if flat == matches!(doc, Self::IfFlat(_)) {
                        out.push_str(text);
                        column += text.chars().count();
                    }
                }
                Self::Concat(docs) => {
                    todo.extend(docs.iter().rev().map(|doc| (indent, doc, flat)));
                }
                Self::Nest(columns, doc) => todo.push((indent + columns, doc, flat)),
                Self::Group(doc) => {
                    let flat = flat || fits(width.saturating_sub(column), doc, &todo);
                    todo.push((indent, doc, flat));
                }
            }
        }
    }
}

/// Whether `doc` on one line fits in `room` columns, together with what follows it up to
/// the next place where a line may break.
fn fits(room: usize, doc: &Doc, after: &[(usize, &Doc, bool)]) -> bool {
    let mut room = room;
    let mut after = after.iter().rev();
    // The second part says whether lines may still break there.
    let mut todo = vec![(doc, false)];
    loop {
        let Some((doc, may_break)) = todo.pop() else {
            match after.next() {
                Some((_, doc, flat)) => todo.push((doc, !flat)),
                None => return true,
            }
            continue;
        };
        let taken = match doc {
            Doc::Line | Doc::SoftLine if may_break => return true,
            Doc::Text(text) => text.chars().count(),
            Doc::Line => 1,
            Doc::IfFlat(text) if !may_break => text.chars().count(),
            Doc::SoftLine | Doc::IfBroken(_) | Doc::IfFlat(_) => 0,
            Doc::Concat(docs) => {
                todo.extend(docs.iter().rev().map(|doc| (doc, may_break)));
                0
            }
            Doc::Nest(_, doc) | Doc::Group(doc) => {
                todo.push((doc, may_break));
                0
            }
        };
        match room.checked_sub(taken) {
            Some(left) => room = left,
            None => return false,
        }
    }
}
