//! Whether a log is what was written, and if not, where.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::finding::{Finding, FindingKind, VerifyError, name};
use super::head::{BadHead, Head, head_path};
use super::segments::list;
use super::walk::{Against, Known, walk};
use crate::keys::KeySet;

/// The file that whoever writes to a log holds locked.
pub(super) const LOCK_FILE: &str = "lock";

/// What a good log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many records, checkpoints included.
    pub records: u64,
    /// In how many segments.
    pub segments: u64,
    /// How many of the records are signed.
    pub checkpoints: u64,
    /// How many entries were not written, as later records tell.
    pub lost: u64,
    /// Bytes that were written in vain before the log went on in another segment.
    pub left_behind: u64,
    /// The signed end of the log, up to which it was verified. Whoever keeps `seq` and
    /// `hash` elsewhere can ask for them the next time.
    pub head: Head,
    /// Whether somebody is writing to it; there may be newer records than the head tells.
    pub live: bool,
}

/// Verifies a log: every byte of every record, their order, the signatures, the end.
///
/// `folders` are the folder of the log and the one that it spills to. `expected` is a
/// record that is known from elsewhere, such as the last head that was seen: it must be in
/// the log. It alone shows that a whole log was set back to an earlier state. Reads one
/// record at a time.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn verify(
    folders: &[PathBuf],
    keys: &KeySet,
    expected: Option<&Known>,
) -> Result<Report, VerifyError> {
    // The head first: what is written meanwhile comes after it.
    let head = newest_head(folders, keys)?;
    let listing = list_all(folders)?;
    if let Some(path) = listing.strange.first() {
        let message = format!("{} is not named as a segment is", name(path));
        return Err(about(path, FindingKind::Inserted, message));
    }
    let Some((_, head)) = head else {
        let path = folders.first().map(|folder| head_path(folder));
        let message = if listing.segments.is_empty() {
            "no log is here: there is no head"
        } else {
            "the head is missing"
        };
        let path = path.unwrap_or_default();
        return Err(about(&path, FindingKind::Head, message.to_owned()));
    };
    let walked = walk(Against {
        segments: &listing.segments,
        head: &head,
        expected,
        keys,
    })?;
    let live = folders.iter().any(|folder| is_locked(folder));
    if let Some(beyond) = walked.beyond.filter(|_| !live) {
        let message = format!(
            "{} stands after record {}, with which the log ends as its signed head says: it was \
             never acknowledged, or was added",
            beyond.place, head.seq
        );
        let kind = FindingKind::Unacknowledged;
        return Err(beyond.place.finding(kind, head.seq + 1, message).into());
    }
    Ok(Report {
        records: walked.records,
        segments: listing.segments.len() as u64,
        checkpoints: walked.checkpoints,
        lost: walked.lost,
        left_behind: walked.left_behind,
        head,
        live,
    })
}

/// The head that counts, and in which folder it is.
pub(super) fn newest_head(
    folders: &[PathBuf],
    keys: &KeySet,
) -> Result<Option<(usize, Head)>, VerifyError> {
    let mut newest: Option<(usize, Head)> = None;
    for (at, folder) in folders.iter().enumerate() {
        let path = head_path(folder);
        let head = Head::load(folder, keys).map_err(|bad| match bad {
            BadHead::Io(error) => VerifyError::unreadable(&path)(error),
            BadHead::Wrong(why) => {
                let message = format!("the head was changed: {why}");
                about(&path, FindingKind::Head, message)
            }
        })?;
        let later = |head: &Head| {
            newest
                .as_ref()
                .is_none_or(|(_, newest)| (head.turn, head.seq) > (newest.turn, newest.seq))
        };
        if let Some(head) = head.filter(later) {
            newest = Some((at, head));
        }
    }
    Ok(newest)
}

pub(super) fn list_all(folders: &[PathBuf]) -> Result<super::segments::Listing, VerifyError> {
    let first = folders.first().map(PathBuf::as_path);
    list(folders).map_err(VerifyError::unreadable(first.unwrap_or(Path::new(""))))
}

/// Something wrong with a whole file.
pub(super) fn about(path: &Path, kind: FindingKind, message: String) -> VerifyError {
    VerifyError::Found(Finding {
        kind,
        seq: None,
        file: path.into(),
        line: None,
        message,
    })
}

fn is_locked(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(LOCK_FILE)) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
