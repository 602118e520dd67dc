//! A store in a file, on redb.
//!
//! **Turns.** One transaction at a time reads, decides and writes; the others wait, none
//! longer than the bound. It reads from a snapshot, and writes only when there is something
//! to write.
//!
//! **Group commit.** Each transaction commits on its own, so that it is there whole or not
//! at all, but only the last one of those that wait commits *durably* (redb's
//! `Durability::Immediate`), which makes all commits before it durable, too: redb's
//! non-durable commits follow each other in memory, and a durable one writes the state
//! after the last of them, in one step. Nobody is answered before what it saw and wrote is
//! durable: not even a transaction that wrote nothing, as it may have seen what a crash
//! takes back. Such a one syncs only what others have left.
//!
//! **Failure.** When a commit fails, nobody knows what is on the disk: it may have failed
//! before or after the deciding write, and commits in memory may go with it. From then on,
//! as after any failure of the disk, every answer is an error until the store is opened
//! again and reads what is there.
//!
//! **Epoch.** [`Store::epoch`] tells the epoch that is durable. It moves before the
//! `transact` that revoked something returns, so that whoever knows of a revocation sees
//! it; and as it never tells of one that is not on the disk, no crash takes back what was
//! observed, and no epoch ever stands for two revocations.
//!
//! **Two phases.** Durable commits are of redb's two-phase kind with quick repair: an agent
//! has a say in what is stored, and one phase would rest on checksums that are made against
//! accidents only. It costs a second sync, which group commit shares, and saves walking
//! through the whole file after a crash.
//!
//! What is not bounded: a read or a sync of the operating system that does not come back
//! holds the caller that makes it. All others are answered in time.

mod codec;
mod file;
mod gate;
mod read;
mod tables;
mod write;

use std::path::Path;
use std::time::Duration;

use placet_model::policy::HistoryKey;
use redb::{Database, Durability, ReadableDatabase, TableError, WriteTransaction};

use super::{Ask, Filter, Held, State, Store, StoreError, Write, Written};
use crate::revocation::Epoch;
use gate::Gate;

use tables::{META, failed, get, put};

/// A store in a file.
#[derive(Debug)]
pub struct Disk {
    database: Database,
    gate: Gate,
}

impl Disk {
    /// Opens the store of a file, which is made where there is none: readable and writable
    /// by its owner only, like the folders that are made for it. One process at a time has
    /// it open.
    ///
    /// No caller waits longer than `bound`, neither here for another process nor later for
    /// other callers.
    ///
    /// # Errors
    ///
    /// [`StoreError::Slow`] when another process kept it, [`StoreError::Newer`] when a
    /// newer version has written it, and when it cannot be read.
    pub fn open(path: &Path, bound: Duration) -> Result<Self, StoreError> {
        file::make(path, prepare)?;
        Self::on(file::open(path, bound)?, bound)
    }

    /// The store of a database.
    pub(super) fn on(database: Database, bound: Duration) -> Result<Self, StoreError> {
        if !prepared(&database)? {
            prepare(&database)?;
        }
        let epoch = read::epoch(&database.begin_read().map_err(failed)?)?;
        Ok(Self {
            database,
            gate: Gate::new(bound, epoch),
        })
    }

    /// Closes the store, so that the next one to open it has nothing to repair. Dropping it
    /// does the same without telling what went wrong.
    ///
    /// # Errors
    ///
    /// When it could not be closed cleanly. What was answered is durable all the same.
    pub fn close(self) -> Result<(), StoreError> {
        self.database.close().map_err(failed)
    }

    /// Reads all of a store: every page and every value against its checksum.
    ///
    /// [`open`](Self::open) trusts the pages of a file that was closed well, and only looks
    /// at values when they are asked for: where something else than this store has changed
    /// pages of the file, what follows may be a panic. Whoever has doubts about a file
    /// verifies it first.
    ///
    /// # Errors
    ///
    /// When it is damaged, or cannot be opened.
    pub fn verify(path: &Path, bound: Duration) -> Result<(), StoreError> {
        // Not to be made here.
        std::fs::metadata(path).map_err(|error| StoreError::Failed(Box::new(error)))?;
        Self::on(file::verify(path, bound)?, bound)?.read_all()
    }

    /// Reads every value.
    fn read_all(&self) -> Result<(), StoreError> {
        let snapshot = self.checked(self.database.begin_read().map_err(failed))?;
        self.checked(read::all(&snapshot))
    }

    /// How many wait for their turn.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.gate.waiting()
    }

    /// Ends it all when the database has failed. Damage to a value, and what is refused,
    /// are no such failures.
    fn checked<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error @ StoreError::Failed(_)) = &done {
            self.gate.fail(error);
        }
        done
    }

    /// Makes all commits so far durable.
    fn sync(&self) -> Result<(), StoreError> {
        commit(begin(&self.database)?, true)
    }
}

impl Store for Disk {
    fn epoch(&self) -> Result<Epoch, StoreError> {
        self.gate.epoch()
    }

    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&State) -> Vec<Write>,
    ) -> Result<Written, StoreError> {
        let turn = self.gate.turn()?;
        let snapshot = self.checked(self.database.begin_read().map_err(failed))?;
        let state = self.checked(read::state(&snapshot, ask))?;
        drop(snapshot);
        let writes = decide(&state);
        let (written, commits) = if writes.is_empty() {
            let written = Written {
                epoch: state.epoch,
                ..Written::default()
            };
            (written, self.gate.written())
        } else {
            let transaction = self.checked(begin(&self.database))?;
            let written = match self.checked(write::all(&transaction, state.epoch, writes)) {
                Ok(written) => written,
                Err(error) => {
                    self.checked(transaction.abort().map_err(failed))?;
                    return Err(error);
                }
            };
            let durable = turn.confirms();
            let commits = turn.commit(durable, Some(written.epoch), || {
                commit(transaction, durable)
            })?;
            (written, commits)
        };
        drop(turn);
        self.gate.confirm(commits, || self.sync())?;
        Ok(written)
    }

    fn credentials(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        self.gate.epoch()?;
        let snapshot = self.checked(self.database.begin_read().map_err(failed))?;
        let listed = self.checked(read::credentials(&snapshot, filter))?;
        drop(snapshot);
        self.gate.confirm(self.gate.written(), || self.sync())?;
        Ok(listed)
    }
}

/// The number of a history's kind in keys.
const fn history(per: HistoryKey) -> u8 {
    match per {
        HistoryKey::Task => 1,
        HistoryKey::Credential => 2,
        HistoryKey::Chain => 3,
        HistoryKey::Agent => 4,
        HistoryKey::User => 5,
    }
}

/// The version of the tables. The encoding of values has its own.
const FORMAT: u32 = 1;

/// Whether there is a store already, and one of a version that is known here.
fn prepared(database: &Database) -> Result<bool, StoreError> {
    let meta = match database.begin_read().map_err(failed)?.open_table(META) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(false),
        meta => meta.map_err(failed)?,
    };
    match get(&meta, META, "format")? {
        Some(FORMAT) => Ok(true),
        Some(found) => Err(StoreError::Newer {
            found,
            known: FORMAT,
        }),
        None => Err(tables::damaged("meta", "format", "it is not there")),
    }
}

/// Makes the tables, all at once.
fn prepare(database: &Database) -> Result<(), StoreError> {
    let transaction = begin(database)?;
    tables::make(&transaction)?;
    set_format(&transaction, FORMAT)?;
    commit(transaction, true)
}

pub(super) fn set_format(to: &WriteTransaction, format: u32) -> Result<(), StoreError> {
    let mut meta = to.open_table(META).map_err(failed)?;
    put(&mut meta, "format", &format)?;
    Ok(())
}

fn begin(database: &Database) -> Result<WriteTransaction, StoreError> {
    // Only who has a turn writes, so that there is nothing to wait for.
    database.try_begin_write().map_err(failed)
}

fn commit(mut transaction: WriteTransaction, durable: bool) -> Result<(), StoreError> {
    if durable {
        transaction.set_two_phase_commit(true);
        transaction.set_quick_repair(true);
    } else {
        let none = transaction.set_durability(Durability::None);
        none.map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}
