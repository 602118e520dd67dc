//! What is wrong with a log, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::show::shown;

/// The first thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// The record that it is about, by the number that it has or should have.
    pub seq: Option<u64>,
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}

/// What is wrong with a log, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A record is not what it was.
    Changed,
    /// A record is not there any more.
    Missing,
    /// A record stands elsewhere.
    Moved,
    /// Something is there that was never written, or is there twice.
    Inserted,
    /// Something stands after the end that the head tells. It was never acknowledged (the
    /// process ended while it was written; opening the log cuts it off), or was added.
    Unacknowledged,
    /// A signature of a checkpoint is not good.
    Signature,
    /// The head is missing, or not what was signed.
    Head,
}

impl FindingKind {
    /// As it is written in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Moved => "moved",
            Self::Inserted => "inserted",
            Self::Unacknowledged => "unacknowledged",
            Self::Signature => "signature",
            Self::Head => "head",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

/// Why a log could not be found good.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not.
    #[error(transparent)]
    Found(#[from] Finding),
    /// It cannot be read.
    #[error("`{path}` cannot be read: {source}", path = shown(&path.to_string_lossy()))]
    Unreadable {
        /// What cannot.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl VerifyError {
    pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Unreadable {
            path: path.into(),
            source,
        }
    }
}

/// A line of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", name(&self.file), self.line)
    }
}

impl Place {
    pub(super) fn finding(self, kind: FindingKind, seq: u64, message: String) -> Finding {
        Finding {
            kind,
            seq: Some(seq),
            file: self.file,
            line: Some(self.line),
            message,
        }
    }
}

impl Place {
    /// About a line of which nobody knows which record it was.
    pub(super) fn unnumbered(self, kind: FindingKind, message: String) -> Finding {
        Finding {
            seq: None,
            ..self.finding(kind, 0, message)
        }
    }
}

/// A file's name, fit to be shown.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    shown(&name.to_string_lossy())
}
