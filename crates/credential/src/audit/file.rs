//! The trail in files. Many threads append; one of them writes for all that wait.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use placet_model::value::Time;

use super::disk::{Disk, RealDisk};
use super::line::MAX_LINE_BYTES;
use super::open::{OpenError, open};
use super::payload::Payload;
use super::walk::Known;
use super::writer::{WriteError, Writer};
use super::{Audit, AuditError, Entry};
use crate::keys::{KeySet, SigningKey};

/// A log of records in a folder: chained by hashes, signed at checkpoints and at its end.
///
/// `docs/reference/audit.md` says what is hashed and signed. An entry is durable when
/// [`append`](Audit::append) returns, and the signed head then tells it.
pub struct FileAudit {
    queue: Mutex<Queue>,
    /// Told whenever a batch is done.
    done: Condvar,
    writer: Mutex<Writer>,
    /// Where the log is; the first is its own.
    folders: Vec<PathBuf>,
    /// Held as long as this lives.
    _locks: Vec<File>,
}

/// How a log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSettings {
    /// After how many records one is signed.
    pub checkpoint_every: u64,
    /// From which size in bytes on a segment is full. It may end a batch later.
    pub segment_bytes: u64,
    /// What happens when the log cannot be written.
    pub on_failure: OnFailure,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            checkpoint_every: 64,
            segment_bytes: 64 << 20,
            on_failure: OnFailure::Deny,
        }
    }
}

/// What happens when the log cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The entry is refused, and with it what it is about.
    Deny,
    /// The log goes on in this folder, and comes back with the next segment or opening.
    Spill(PathBuf),
    /// The entry is let go and counted; the next record that is written tells how many.
    Continue,
}

impl FileAudit {
    /// Opens a log, or begins one in an empty folder. `keys` are those by which it may be
    /// signed so far, the signing one need not be among them; `now` is the time of what
    /// opening itself records.
    ///
    /// The last segment is verified, not the whole log. What was being written when the
    /// process ended is moved to a file of its own and told by a record.
    ///
    /// # Errors
    ///
    /// When the folder cannot be used, somebody else has it open, or what it holds does
    /// not verify.
    pub fn open(
        folder: &Path,
        settings: FileSettings,
        key: SigningKey,
        keys: &KeySet,
        now: Time,
    ) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(RealDisk), folder, settings, key, keys, now)
    }

    pub(super) fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        settings: FileSettings,
        key: SigningKey,
        keys: &KeySet,
        now: Time,
    ) -> Result<Self, OpenError> {
        let (writer, locks) = open(disk, folder, settings, key, keys, now)?;
        Ok(Self {
            queue: Mutex::default(),
            done: Condvar::new(),
            folders: writer.folders.clone(),
            writer: Mutex::new(writer),
            _locks: locks,
        })
    }

    /// The folders of the log, as [`verify`](super::verify()) and [`query`](super::query())
    /// take them.
    #[must_use]
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The last record. Kept elsewhere, it shows later whether the log was set back.
    #[must_use]
    pub fn end(&self) -> Known {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Known {
            seq: writer.head.seq,
            hash: writer.head.hash.clone(),
        }
    }

    /// How many entries were let go that no record tells yet ([`OnFailure::Continue`]).
    #[must_use]
    pub fn lost(&self) -> u64 {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.lost
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing in it is ever half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, batch: &[Waiting]) -> Outcome {
        // A thread that panicked while it wrote may have left anything behind.
        let Ok(mut writer) = self.writer.lock() else {
            return Err(Arc::new(WriteError::Interrupted));
        };
        let payloads: Vec<&Payload> = batch.iter().map(|waiting| &waiting.payload).collect();
        writer.commit(&payloads).map_err(Arc::new)
    }
}

impl Audit for FileAudit {
    fn append(&self, entry: &Entry) -> Result<(), AuditError> {
        /// More than a record has around its payload.
        const AROUND: usize = 1024;
        let payload = Payload::of(entry);
        let length = payload.text.len() + AROUND;
        if length > MAX_LINE_BYTES {
            return Err(AuditError(Box::new(WriteError::TooLong(length))));
        }
        let slot = Slot::default();
        let mut queue = self.queue();
        queue.waiting.push(Waiting {
            payload,
            slot: Arc::clone(&slot),
        });
        loop {
            if let Some(outcome) = slot.get() {
                return outcome.clone().map_err(|error| AuditError(Box::new(error)));
            }
            if queue.leading {
                queue = self
                    .done
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.leading = true;
            let lead = Lead {
                audit: self,
                batch: std::mem::take(&mut queue.waiting),
            };
            drop(queue);
            let outcome = self.commit(&lead.batch);
            for waiting in &lead.batch {
                let _ = waiting.slot.set(outcome.clone());
            }
            drop(lead);
            queue = self.queue();
        }
    }
}

impl fmt::Debug for FileAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileAudit")
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether some caller writes.
    leading: bool,
}

struct Waiting {
    payload: Payload,
    slot: Slot,
}

type Outcome = Result<(), Arc<WriteError>>;
type Slot = Arc<OnceLock<Outcome>>;

/// The caller that writes for all who wait.
struct Lead<'a> {
    audit: &'a FileAudit,
    batch: Vec<Waiting>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        // Also when the writer panicked: nobody is to wait for ever.
        for waiting in &self.batch {
            let _ = waiting.slot.set(Err(Arc::new(WriteError::Interrupted)));
        }
        self.audit.queue().leading = false;
        self.audit.done.notify_all();
    }
}
