//! Who did what for whom: the records of a log that are asked for.

use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use placet_model::value::Time;
use smol_str::SmolStr;

use super::finding::{FindingKind, Place, VerifyError};
use super::line::Line;
use super::record::Record;
use super::segments::{Lines, Next, Segment};
use super::verify::list_all;
use crate::id::CredentialId;

/// Which records are asked for; what is absent selects all.
///
/// A record is about an agent, user, task or credential when that acted, holds it, is
/// acted for, delegated, or was revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// About this user.
    pub user: Option<SmolStr>,
    /// About this agent.
    pub agent: Option<SmolStr>,
    /// About this task.
    pub task: Option<SmolStr>,
    /// About this credential.
    pub credential: Option<SmolStr>,
    /// About this credential or any that was delegated from it.
    pub under: Option<CredentialId>,
    /// Of this event: `call`, `issue`, …
    pub event: Option<SmolStr>,
    /// Granted, or denied.
    pub granted: Option<bool>,
    /// For this reason.
    pub reason: Option<SmolStr>,
    /// Calls of this tool or one below it.
    pub tool: Option<SmolStr>,
    /// From this time on.
    pub since: Option<Time>,
    /// Before this time.
    pub until: Option<Time>,
}

impl Query {
    /// Whether it selects a record.
    #[must_use]
    pub fn selects(&self, record: &Record) -> bool {
        let revoked = record.revoked();
        let about = |wanted: Option<&SmolStr>, kind: &str, told: &[Option<&SmolStr>]| {
            wanted.is_none_or(|wanted| {
                told.contains(&Some(wanted))
                    || revoked
                        .as_ref()
                        .is_some_and(|revoked| revoked.kind == kind && revoked.of == *wanted)
            })
        };
        let agents = [record.agent.as_ref(), record.by.as_ref()];
        about(self.user.as_ref(), "user", &[record.user.as_ref()])
            && about(self.agent.as_ref(), "agent", &agents)
            && about(self.task.as_ref(), "task", &[record.task.as_ref()])
            && about(
                self.credential.as_ref(),
                "credential",
                &[record.credential.as_ref()],
            )
            && self.under.as_ref().is_none_or(|top| {
                let named = revoked
                    .as_ref()
                    .filter(|revoked| revoked.kind == "credential")
                    .map(|revoked| &revoked.of)
                    .or(record.credential.as_ref());
                named
                    .and_then(|id| CredentialId::parse(id))
                    .is_some_and(|id| top.covers(&id))
            })
            && self
                .event
                .as_ref()
                .is_none_or(|event| *event == record.event)
            && (self.granted.is_none() || self.granted == record.granted)
            && (self.reason.is_none() || self.reason == record.reason)
            && self.tool.as_ref().is_none_or(|top| {
                record.tool.as_ref().is_some_and(|tool| {
                    tool.strip_prefix(top.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            })
            && self.since.is_none_or(|since| record.time >= since)
            && self.until.is_none_or(|until| record.time < until)
    }
}

/// Reads the records of a log that are asked for, in its order. It does not
/// [verify](super::verify()) them; a line that is no record is told as an error, and
/// reading can go on after it.
///
/// # Errors
///
/// When the folders cannot be read.
pub fn query<'q>(folders: &[PathBuf], query: &'q Query) -> Result<Records<'q>, VerifyError> {
    let segments = list_all(folders)?.segments;
    let ends: Vec<Option<u64>> = segments
        .iter()
        .skip(1)
        .map(|next| next.moved.map(|_| next.first))
        .chain([None])
        .collect();
    let segments: Vec<(Segment, Option<u64>)> = segments.into_iter().zip(ends).collect();
    Ok(Records {
        query,
        segments: segments.into_iter(),
        open: None,
    })
}

/// The records that a [`query`] selects.
pub struct Records<'q> {
    query: &'q Query,
    /// Those still to be read, each with the number from which on it does not count.
    segments: IntoIter<(Segment, Option<u64>)>,
    open: Option<(PathBuf, Option<u64>, Lines)>,
}

impl Iterator for Records<'_> {
    type Item = Result<Record, VerifyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((path, end, lines)) = self.open.as_mut() else {
                let (segment, end) = self.segments.next()?;
                match Lines::open(&segment.path) {
                    Ok(lines) => self.open = Some((segment.path, end, lines)),
                    Err(error) => return Some(Err(VerifyError::unreadable(&segment.path)(error))),
                }
                continue;
            };
            match read(path, *end, lines) {
                Ok(Some(record)) if self.query.selects(&record) => return Some(Ok(record)),
                Ok(Some(_)) => {}
                Ok(None) => self.open = None,
                Err(error) => {
                    if matches!(error, VerifyError::Unreadable { .. }) {
                        self.open = None;
                    }
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The next record of a segment.
fn read(path: &Path, end: Option<u64>, lines: &mut Lines) -> Result<Option<Record>, VerifyError> {
    let number = lines.number + 1;
    let next = lines.next().map_err(VerifyError::unreadable(path))?;
    let Next::Line(bytes) = next else {
        // What has no end yet is being written, or was left behind.
        return Ok(None);
    };
    if let Some(end) = end
        && Line::parse(bytes).is_some_and(|line| line.seq >= end)
    {
        return Ok(None);
    }
    let record = Record::read(bytes, path.into(), number);
    record.map(Some).ok_or_else(|| {
        let place = Place {
            file: path.into(),
            line: number,
        };
        let message = format!("{place} is no record");
        place.unnumbered(FindingKind::Changed, message).into()
    })
}
