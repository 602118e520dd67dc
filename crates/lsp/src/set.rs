//! One policy set as an editor sees it: its texts with what was found in them.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use line_index::{LineCol, LineIndex, TextSize, WideEncoding, WideLineCol};
use ls_types::{Diagnostic, Location, Position, Range, Uri};
use placet::Checked;
use placet::syntax::{FileId, Span};
use placet_lint::Finding;

use crate::feature::hint::Hint;
use crate::names::{Names, Occurrence};

/// How an editor counts the columns of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Columns {
    /// In bytes of UTF-8.
    Utf8,
    /// In 16-bit units of UTF-16: what the protocol says where nothing else was agreed on.
    #[default]
    Utf16,
}

/// A policy set.
pub(crate) struct Set {
    /// Where it is: a folder, or the one file.
    pub(crate) home: PathBuf,
    /// The path of each text, by its id.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) checked: Checked,
    pub(crate) names: Names,
    /// What proving found, once that was asked.
    pub(crate) refuted: OnceCell<Vec<(FileId, Diagnostic)>>,
    /// What the linter found, once that was asked.
    pub(crate) linted: OnceCell<Vec<Finding>>,
    /// What is shown without being asked, once it was found.
    pub(crate) hints: OnceCell<Vec<Hint>>,
    lines: Vec<LineIndex>,
    columns: Columns,
}

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    pub(crate) file: FileId,
    /// The byte.
    pub(crate) at: u32,
}

impl Set {
    /// Checks texts.
    pub(crate) fn new(home: PathBuf, texts: Vec<(PathBuf, Vec<u8>)>, columns: Columns) -> Self {
        let paths = texts.iter().map(|(path, _)| path.clone()).collect();
        let named = texts
            .into_iter()
            .map(|(path, text)| (path.display().to_string(), text));
        let checked = placet::check(named);
        let lines = checked
            .sources
            .iter()
            .map(|(_, source)| LineIndex::new(&source.text))
            .collect();
        Self {
            home,
            paths,
            names: Names::of(&checked.files),
            checked,
            refuted: OnceCell::new(),
            linted: OnceCell::new(),
            hints: OnceCell::new(),
            lines,
            columns,
        }
    }

    /// The text with this path.
    pub(crate) fn file(&self, path: &Path) -> Option<FileId> {
        let at = self.paths.iter().position(|known| known == path)?;
        u32::try_from(at).ok().map(FileId)
    }

    /// The path of a text.
    pub(crate) fn path(&self, file: FileId) -> Option<&Path> {
        self.paths.get(file.0 as usize).map(PathBuf::as_path)
    }

    /// What stands at a span.
    pub(crate) fn slice(&self, file: FileId, span: Span) -> &str {
        self.checked
            .sources
            .get(file)
            .map_or("", |source| source.slice(span))
    }

    /// The text of a file.
    pub(crate) fn text(&self, file: FileId) -> &str {
        self.checked
            .sources
            .get(file)
            .map_or("", |source| source.text.as_str())
    }

    /// Where a position of the protocol is; past the end of a line is its end.
    pub(crate) fn cursor(&self, file: FileId, position: Position) -> Option<Cursor> {
        let lines = self.lines.get(file.0 as usize)?;
        let narrow = match self.columns {
            Columns::Utf8 => Some(LineCol {
                line: position.line,
                col: position.character,
            }),
            Columns::Utf16 => {
                let line = position.line;
                let col = position.character;
                lines.to_utf8(WideEncoding::Utf16, WideLineCol { line, col })
            }
        };
        let line = lines.line(position.line)?;
        let at = narrow.and_then(|narrow| lines.offset(narrow));
        let mut at = at.unwrap_or_else(|| line.end()).min(line.end());
        // The end of a line is before what ends it.
        let text = self.text(file);
        while at > line.start()
            && text
                .get(usize::from(line.start())..usize::from(at))
                .is_some_and(|before| before.ends_with(['\n', '\r']))
        {
            at -= TextSize::from(1);
        }
        Some(Cursor {
            file,
            at: at.into(),
        })
    }

    /// A byte of a text as a position of the protocol.
    pub(crate) fn position(&self, file: FileId, at: u32) -> Position {
        let Some(lines) = self.lines.get(file.0 as usize) else {
            return Position::default();
        };
        let end = u32::try_from(self.text(file).len()).unwrap_or(u32::MAX);
        let Some(narrow) = lines.try_line_col(TextSize::from(at.min(end))) else {
            return Position::default();
        };
        match self.columns {
            Columns::Utf8 => Position::new(narrow.line, narrow.col),
            Columns::Utf16 => {
                let wide = lines.to_wide(WideEncoding::Utf16, narrow);
                wide.map_or_else(Position::default, |wide| Position::new(wide.line, wide.col))
            }
        }
    }

    /// A span of a text as a range of the protocol.
    pub(crate) fn range(&self, file: FileId, span: Span) -> Range {
        Range::new(
            self.position(file, span.start),
            self.position(file, span.end),
        )
    }

    /// A span of a text as a location of the protocol.
    pub(crate) fn location(&self, file: FileId, span: Span) -> Option<Location> {
        let uri = Uri::from_file_path(self.path(file)?)?;
        Some(Location::new(uri, self.range(file, span)))
    }

    /// The name at a cursor.
    pub(crate) fn name_at(&self, cursor: Cursor) -> Option<&Occurrence> {
        self.names.at(cursor.file, cursor.at)
    }
}
