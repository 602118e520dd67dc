//! Turns at writing, and who makes durable what several have written.
//!
//! A caller writes during its turn. Where others wait for theirs, it leaves what it wrote
//! to be made durable by one of them; the last one makes all of it durable with its own.
//! Where that last one writes nothing, some caller that waits for confirmation does it, and
//! confirms for all.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::revocation::Epoch;
use crate::store::StoreError;

/// After so many commits that are not durable the next one is, whoever waits: nobody waits
/// for confirmation for ever.
const MAX_UNCONFIRMED: u64 = 64;

/// The one place where callers wait for each other, none longer than the bound.
#[derive(Debug)]
pub(super) struct Gate {
    bound: Duration,
    inner: Mutex<Inner>,
    changed: Condvar,
}

/// How many commits there have been. A commit is counted before it is made, so that who
/// sees what it wrote also sees that it is to be waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Commits(u64);

#[derive(Debug, Default)]
struct Inner {
    /// Whether somebody has a turn.
    taken: bool,
    /// How many wait for one.
    waiting: usize,
    written: Commits,
    durable: Commits,
    /// The epoch after all commits, and after the durable ones.
    written_epoch: Epoch,
    durable_epoch: Epoch,
    /// Why nothing works any more.
    broken: Option<String>,
}

impl Gate {
    pub(super) fn new(bound: Duration, epoch: Epoch) -> Self {
        let inner = Inner {
            written_epoch: epoch,
            durable_epoch: epoch,
            ..Inner::default()
        };
        Self {
            bound,
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        }
    }

    /// The epoch that is durable.
    pub(super) fn epoch(&self) -> Result<Epoch, StoreError> {
        let inner = self.lock();
        inner.works()?;
        Ok(inner.durable_epoch)
    }

    /// Ends it all: the first reason is the one that is told.
    pub(super) fn fail(&self, why: &StoreError) {
        let mut inner = self.lock();
        inner.broken.get_or_insert_with(|| why.to_string());
        self.changed.notify_all();
    }

    /// How many commits there have been.
    pub(super) fn written(&self) -> Commits {
        self.lock().written
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Waits for a turn.
    pub(super) fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let end = Instant::now() + self.bound;
        let mut inner = self.lock();
        inner.waiting += 1;
        loop {
            let works = inner.works();
            if works.is_ok()
                && inner.taken
                && let Some(left) = left(end)
            {
                inner = self.wait(inner, left);
                continue;
            }
            inner.waiting -= 1;
            works?;
            if inner.taken {
                // Who waits for confirmation may have counted on this caller.
                self.changed.notify_all();
                return Err(StoreError::Slow(self.bound));
            }
            inner.taken = true;
            return Ok(Turn { gate: self });
        }
    }

    /// Waits until so many commits are durable. When nobody writes or is about to, this
    /// caller does what makes them so.
    pub(super) fn confirm(
        &self,
        commits: Commits,
        sync: impl Fn() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let end = Instant::now() + self.bound;
        let mut inner = self.lock();
        loop {
            if inner.durable >= commits {
                return Ok(());
            }
            inner.works()?;
            if !inner.taken && inner.waiting == 0 {
                inner.taken = true;
                drop(inner);
                let turn = Turn { gate: self };
                turn.commit(true, None, &sync)?;
                drop(turn);
                inner = self.lock();
                continue;
            }
            let Some(left) = left(end) else {
                return Err(StoreError::Unconfirmed(self.bound));
            };
            inner = self.wait(inner, left);
        }
    }

    fn wait<'a>(&self, inner: MutexGuard<'a, Inner>, left: Duration) -> MutexGuard<'a, Inner> {
        let waited = self.changed.wait_timeout(inner, left);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Nothing that can panic runs under this lock, so that it is never poisoned.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn works(&self) -> Result<(), StoreError> {
        match &self.broken {
            None => Ok(()),
            Some(why) => {
                let why = format!("it has to be opened again, as earlier {why}");
                Err(StoreError::Failed(why.into()))
            }
        }
    }
}

/// A turn at writing. It ends when it is dropped.
pub(super) struct Turn<'a> {
    gate: &'a Gate,
}

impl Turn<'_> {
    /// Whether the commit of this turn is to be a durable one.
    pub(super) fn confirms(&self) -> bool {
        let inner = self.gate.lock();
        let open = inner.written.0 - inner.durable.0;
        inner.waiting == 0 || open >= MAX_UNCONFIRMED
    }

    /// Commits: the epoch is then `epoch`, if it changes. After a failure nobody knows what
    /// is written and what is durable: nothing works until the store is opened again.
    pub(super) fn commit(
        &self,
        durable: bool,
        epoch: Option<Epoch>,
        commit: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<Commits, StoreError> {
        let commits = {
            let mut inner = self.gate.lock();
            inner.written.0 += 1;
            inner.written
        };
        commit().inspect_err(|error| self.gate.fail(error))?;
        let mut inner = self.gate.lock();
        inner.written_epoch = epoch.unwrap_or(inner.written_epoch);
        if durable {
            inner.durable = commits;
            inner.durable_epoch = inner.written_epoch;
        }
        Ok(commits)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.gate.lock().taken = false;
        self.gate.changed.notify_all();
    }
}

fn left(end: Instant) -> Option<Duration> {
    end.checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
}
