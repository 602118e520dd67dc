//! Walks along the chain, and finds out what is wrong where it breaks.

use std::path::PathBuf;

use smol_str::SmolStr;

use super::finding::{FindingKind, Place, VerifyError, name};
use super::head::Head;
use super::line::{CHECKPOINT, GENESIS, Line};
use super::segments::{Lines, Next, Segment};
use super::show::shown;
use super::sign::{SignedAs, check};
use crate::keys::KeySet;

/// A record that is known: its number and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: SmolStr,
}

/// What a log is held against.
#[derive(Clone, Copy)]
pub(super) struct Against<'a> {
    pub(super) segments: &'a [Segment],
    pub(super) head: &'a Head,
    pub(super) expected: Option<&'a Known>,
    pub(super) keys: &'a KeySet,
}

/// What was met on the way.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) records: u64,
    pub(super) checkpoints: u64,
    /// Records since the last checkpoint.
    pub(super) since_checkpoint: u64,
    pub(super) lost: u64,
    /// Bytes that were written in vain and left behind when the log went on elsewhere.
    pub(super) left_behind: u64,
    /// Where something stands after the record that the head tells.
    pub(super) beyond: Option<Beyond>,
}

/// Something after the end.
#[derive(Debug)]
pub(super) struct Beyond {
    pub(super) place: Place,
    /// Where it begins, in bytes.
    pub(super) offset: u64,
}

/// Walks from the start of a log.
pub(super) fn walk(against: Against<'_>) -> Result<Walked, VerifyError> {
    let start = Known {
        seq: 0,
        hash: SmolStr::new_static(GENESIS),
    };
    Walk::from(start, against).run()
}

/// Walks along the last segment alone; what it is chained to is taken as it says.
pub(super) fn walk_last(against: Against<'_>) -> Result<Walked, VerifyError> {
    let mut start = Known {
        seq: 0,
        hash: SmolStr::new_static(GENESIS),
    };
    if let Some(segment) = against.segments.first() {
        start.seq = segment.first.saturating_sub(1);
        let unreadable = VerifyError::unreadable(&segment.path);
        let read = || -> std::io::Result<Option<SmolStr>> {
            let mut lines = Lines::open(&segment.path)?;
            Ok(match lines.next()? {
                Next::Line(bytes) => Line::parse(bytes).map(|line| line.prev.into()),
                _ => None,
            })
        };
        if let Some(prev) = read().map_err(unreadable)?
            && start.seq > 0
        {
            start.hash = prev;
        }
    }
    Walk::from(start, against).run()
}

struct Walk<'a> {
    against: Against<'a>,
    /// The last good record.
    tip: Known,
    /// Where that is.
    tip_place: Option<Place>,
    walked: Walked,
    last_checkpoint: u64,
}

/// What is wrong with a line.
enum Problem {
    Shape,
    Hash { stated: SmolStr, computed: SmolStr },
    Seq(u64),
    Prev { stated: SmolStr, hash: SmolStr },
    Signature { why: &'static str, kid: SmolStr },
}

/// A line that is whole by itself.
struct Whole {
    known: Known,
    prev: SmolStr,
    place: Place,
}

impl<'a> Walk<'a> {
    fn from(tip: Known, against: Against<'a>) -> Self {
        Self {
            against,
            last_checkpoint: tip.seq,
            tip,
            tip_place: None,
            walked: Walked::default(),
        }
    }

    fn run(mut self) -> Result<Walked, VerifyError> {
        for (at, segment) in self.against.segments.iter().enumerate() {
            let next = self.against.segments.get(at + 1);
            // Nothing of it counts from here on.
            let moved_at = next
                .filter(|next| next.moved.is_some())
                .map(|next| next.first);
            if moved_at == Some(segment.first) {
                self.leave_behind(segment, 0)?;
                continue;
            }
            self.begins(segment)?;
            self.segment(at, segment, moved_at)?;
            if self.walked.beyond.is_some() {
                break;
            }
        }
        self.ends()?;
        Ok(self.walked)
    }

    /// Whether a segment's name follows.
    fn begins(&mut self, segment: &Segment) -> Result<(), VerifyError> {
        let wanted = self.tip.seq + 1;
        let place = Place {
            file: segment.path.clone(),
            line: 1,
        };
        if segment.first > wanted && self.tip.seq < self.against.head.seq {
            return Err(self.out_of_order(segment.first, place)?);
        }
        if segment.first < wanted {
            let first = segment.first;
            let message = format!(
                "segment {} does not belong here: record {first} stands before it already",
                name(&segment.path)
            );
            return Err(place.finding(FindingKind::Inserted, first, message).into());
        }
        Ok(())
    }

    fn segment(
        &mut self,
        at: usize,
        segment: &Segment,
        moved_at: Option<u64>,
    ) -> Result<(), VerifyError> {
        let unreadable = || VerifyError::unreadable(&segment.path);
        let mut lines = Lines::open(&segment.path).map_err(unreadable())?;
        // A segment without a line was begun, and nothing was acknowledged in it.
        let mut empty = true;
        loop {
            let offset = lines.offset;
            let number = lines.number + 1;
            let place = || Place {
                file: segment.path.clone(),
                line: number,
            };
            let next = lines.next().map_err(unreadable())?;
            if next == Next::End && !(empty && self.tip.seq == self.against.head.seq) {
                return Ok(());
            }
            empty = false;
            if moved_at == Some(self.tip.seq + 1) {
                return self.leave_behind(segment, offset);
            }
            if self.tip.seq == self.against.head.seq {
                self.walked.beyond = Some(Beyond {
                    place: place(),
                    offset,
                });
                return Ok(());
            }
            let problem = match next {
                Next::End => return Ok(()),
                Next::Line(bytes) => match self.check(bytes) {
                    Ok(line) => {
                        let known = Known {
                            seq: line.seq,
                            hash: line.hash.into(),
                        };
                        let (checkpoint, lost) = (line.event == CHECKPOINT, line.lost);
                        self.passed(known, checkpoint, lost, place())?;
                        continue;
                    }
                    Err(problem) => problem,
                },
                Next::Torn => Problem::Shape,
            };
            let following = self.following(at, &mut lines)?;
            return Err(self.explain(problem, place(), following)?);
        }
    }

    fn check<'l>(&self, bytes: &'l [u8]) -> Result<Line<'l>, Problem> {
        let line = Line::parse(bytes).ok_or(Problem::Shape)?;
        let computed = line.computed();
        if computed != line.hash {
            return Err(Problem::Hash {
                stated: line.hash.into(),
                computed,
            });
        }
        if line.seq != self.tip.seq + 1 {
            return Err(Problem::Seq(line.seq));
        }
        if line.prev != self.tip.hash {
            return Err(Problem::Prev {
                stated: line.prev.into(),
                hash: line.hash.into(),
            });
        }
        if let Some(signed) = line.signed {
            check(
                self.against.keys,
                signed.kid,
                SignedAs::Checkpoint,
                signed.message,
                signed.signature,
            )
            .map_err(|why| Problem::Signature {
                why,
                kid: signed.kid.into(),
            })?;
        }
        Ok(line)
    }

    /// Takes a good record in, and holds it against what is known of it.
    fn passed(
        &mut self,
        known: Known,
        checkpoint: bool,
        lost: u64,
        place: Place,
    ) -> Result<(), VerifyError> {
        let Against { head, expected, .. } = self.against;
        let Known { seq, hash } = &known;
        let differs = if *seq == head.seq && *hash != head.hash {
            Some(("the signed head says", &head.hash))
        } else {
            expected
                .filter(|expected| expected.seq == *seq && expected.hash != *hash)
                .map(|expected| ("what is known of it says", &expected.hash))
        };
        if let Some((who, stated)) = differs {
            let message = format!(
                "record {seq} ({place}) was changed: its hash is {hash} and {who} {stated}"
            );
            return Err(place.finding(FindingKind::Changed, *seq, message).into());
        }
        self.walked.records += 1;
        self.walked.lost += lost;
        self.walked.since_checkpoint += 1;
        if checkpoint {
            self.walked.checkpoints += 1;
            self.walked.since_checkpoint = 0;
            self.last_checkpoint = *seq;
        }
        self.tip = known;
        self.tip_place = Some(place);
        Ok(())
    }

    /// Whether the log ends where it should.
    fn ends(&self) -> Result<(), VerifyError> {
        let Against { head, expected, .. } = self.against;
        let last = self.tip.seq;
        let wanted = if last < head.seq {
            format!("the signed head says that it ends with record {}", head.seq)
        } else if let Some(expected) = expected.filter(|expected| last < expected.seq) {
            format!("record {} is known", expected.seq)
        } else {
            return Ok(());
        };
        let place = match (&self.tip_place, self.against.segments.last()) {
            (Some(place), _) => place.clone(),
            (None, Some(segment)) => Place {
                file: segment.path.clone(),
                line: 1,
            },
            (None, None) => Place {
                file: PathBuf::from(super::head::HEAD_FILE),
                line: 1,
            },
        };
        let ends = match &self.tip_place {
            Some(place) => format!("the log ends with record {last} ({place})"),
            None => "no record is there".to_owned(),
        };
        let seq = last + 1;
        let message = format!("record {seq} is missing: {ends}, and {wanted}");
        Err(place.finding(FindingKind::Missing, seq, message).into())
    }

    fn leave_behind(&mut self, segment: &Segment, offset: u64) -> Result<(), VerifyError> {
        let length = std::fs::metadata(&segment.path)
            .map_err(VerifyError::unreadable(&segment.path))?
            .len();
        self.walked.left_behind += length.saturating_sub(offset);
        Ok(())
    }

    fn explain(
        &self,
        problem: Problem,
        place: Place,
        following: Option<Whole>,
    ) -> Result<VerifyError, VerifyError> {
        let wanted = self.tip.seq + 1;
        let before = self.tip.seq;
        let skipped = following
            .as_ref()
            .is_some_and(|line| line.known.seq == wanted && line.prev == self.tip.hash);
        if skipped && !matches!(problem, Problem::Seq(_)) {
            let message =
                format!("{place} was inserted: record {wanted}, which belongs there, follows it");
            let finding = place.finding(FindingKind::Inserted, wanted, message);
            return Ok(finding.into());
        }
        let changed = |place: Place, seq: u64, how: String| -> VerifyError {
            let message = format!("record {seq} ({place}) was changed: {how}");
            place.finding(FindingKind::Changed, seq, message).into()
        };
        Ok(match problem {
            Problem::Shape => changed(place, wanted, "its line is no record any more".to_owned()),
            Problem::Hash { stated, computed } => changed(
                place,
                wanted,
                format!("its hash is {computed} and it says {stated}"),
            ),
            Problem::Seq(seq) => self.out_of_order(seq, place)?,
            Problem::Prev { stated, hash } => {
                // What comes after the two tells which of them is as it was.
                let kept = following.map_or_else(
                    || self.against.head.seq == wanted && self.against.head.hash == hash,
                    |line| line.known.seq == wanted + 1 && line.prev == hash,
                );
                let own = &self.tip.hash;
                match &self.tip_place {
                    Some(earlier) if kept => changed(
                        earlier.clone(),
                        before,
                        format!("its hash is {own} and record {wanted} expects {stated}"),
                    ),
                    _ => changed(
                        place,
                        wanted,
                        format!("it expects {stated} before it, where {own} is"),
                    ),
                }
            }
            Problem::Signature { why, kid } => {
                let since = self.last_checkpoint + 1;
                let message = format!(
                    "record {wanted} ({place}) is a checkpoint that does not hold, {why} (`{}`): \
                     something from record {since} on was changed",
                    shown(&kid)
                );
                let kind = FindingKind::Signature;
                place.finding(kind, wanted, message).into()
            }
        })
    }

    /// A good record stands where another should.
    fn out_of_order(&self, seq: u64, place: Place) -> Result<VerifyError, VerifyError> {
        let wanted = self.tip.seq + 1;
        if seq < wanted {
            let again = match &self.tip_place {
                Some(earlier) if seq == self.tip.seq => {
                    format!("record {seq} stands there twice: {earlier}, and {place}")
                }
                _ => format!("{place} was inserted: record {seq} stands before it already"),
            };
            return Ok(place.finding(FindingKind::Inserted, seq, again).into());
        }
        if let Some(found) = self.find(wanted)? {
            let message = format!(
                "record {wanted} was moved: it stands at {}, and record {seq} in its place ({place})",
                found.place
            );
            return Ok(place.finding(FindingKind::Moved, wanted, message).into());
        }
        let missing = if seq == wanted + 1 {
            format!("record {wanted} is missing")
        } else {
            format!("records {wanted} to {} are missing", seq - 1)
        };
        let message = match &self.tip_place {
            Some(earlier) => format!(
                "{missing}: after record {} ({earlier}) comes record {seq} ({place})",
                self.tip.seq
            ),
            None => format!("{missing}: the log begins with record {seq} ({place})"),
        };
        Ok(place.finding(FindingKind::Missing, wanted, message).into())
    }

    /// Looks for a record everywhere.
    fn find(&self, seq: u64) -> Result<Option<Whole>, VerifyError> {
        for segment in self.against.segments {
            let unreadable = || VerifyError::unreadable(&segment.path);
            let mut lines = Lines::open(&segment.path).map_err(unreadable())?;
            loop {
                let number = lines.number + 1;
                match lines.next().map_err(unreadable())? {
                    Next::End => break,
                    Next::Torn => {}
                    Next::Line(bytes) => {
                        let whole = whole(bytes, segment, number);
                        let found = whole.filter(|line| {
                            line.known.seq == seq
                                && (self.tip_place.is_none() || line.prev == self.tip.hash)
                        });
                        if found.is_some() {
                            return Ok(found);
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    /// The next line, here or in the next segment.
    fn following(&self, at: usize, lines: &mut Lines) -> Result<Option<Whole>, VerifyError> {
        let here = self.against.segments.get(at);
        if let Some(segment) = here {
            let number = lines.number + 1;
            let next = lines
                .next()
                .map_err(VerifyError::unreadable(&segment.path))?;
            match next {
                Next::Line(bytes) => return Ok(whole(bytes, segment, number)),
                Next::Torn => return Ok(None),
                Next::End => {}
            }
        }
        let Some(segment) = self.against.segments.get(at + 1) else {
            return Ok(None);
        };
        let unreadable = || VerifyError::unreadable(&segment.path);
        let mut lines = Lines::open(&segment.path).map_err(unreadable())?;
        Ok(match lines.next().map_err(unreadable())? {
            Next::Line(bytes) => whole(bytes, segment, 1),
            _ => None,
        })
    }
}

fn whole(bytes: &[u8], segment: &Segment, number: u64) -> Option<Whole> {
    let line = Line::parse(bytes)?;
    (line.computed() == line.hash).then(|| Whole {
        known: Known {
            seq: line.seq,
            hash: line.hash.into(),
        },
        prev: line.prev.into(),
        place: Place {
            file: segment.path.clone(),
            line: number,
        },
    })
}
