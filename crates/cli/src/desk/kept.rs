//! The file of a store, opened and closed in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use placet::credential::id::CredentialId;
use placet::credential::revocation::Epoch;
use placet::credential::store::{
    Ask, Charge, Disk, Filter, Held, State, Store, StoreError, Write, Written,
};

use super::Unavailable;

/// A store that fails while it is closed.
pub(super) struct Kept {
    path: PathBuf,
    wait: Duration,
    disk: Mutex<Option<Disk>>,
}

impl Kept {
    pub(super) const fn new(path: PathBuf, wait: Duration) -> Self {
        Self {
            path,
            wait,
            disk: Mutex::new(None),
        }
    }

    /// Opens it unless it is open; waits for another process that has it.
    pub(super) fn open(&self) -> Result<(), Unavailable> {
        let mut disk = self.disk();
        if disk.is_none() {
            let opened = whole(|| Disk::open(&self.path, self.wait));
            let opened = opened.map_err(|error| match error {
                StoreError::Slow(bound) => Unavailable(format!(
                    "another process has kept the store for {bound:?}; `--wait` says how long \
                     to wait"
                )),
                error => error.into(),
            })?;
            *disk = Some(opened);
        }
        Ok(())
    }

    pub(super) fn close(&self) {
        // What was answered is durable whether or not this works.
        drop(self.disk().take());
    }

    pub(super) fn held(&self, id: &CredentialId) -> Result<Option<Held>, StoreError> {
        let ask = Ask {
            credential: Some(id),
            ..Ask::default()
        };
        let mut held = None;
        self.transact(&ask, &mut |state| {
            held.clone_from(&state.credential);
            Vec::new()
        })?;
        Ok(held)
    }

    pub(super) fn spent(&self, id: &CredentialId) -> Result<Vec<Charge>, StoreError> {
        let ask = Ask {
            credential: Some(id),
            spent: true,
            ..Ask::default()
        };
        let mut spent = Vec::new();
        self.transact(&ask, &mut |state| {
            spent.clone_from(&state.spent);
            Vec::new()
        })?;
        Ok(spent)
    }

    fn disk(&self) -> MutexGuard<'_, Option<Disk>> {
        // It is open or not, and never anything between.
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, ask: impl FnOnce(&Disk) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut disk = self.disk();
        let answer = match &*disk {
            Some(disk) => whole(|| ask(disk)),
            None => Err(StoreError::Failed("it is closed".into())),
        };
        if matches!(answer, Err(StoreError::Damaged(_))) {
            // Closing writes, and what is damaged is not written to.
            std::mem::forget(disk.take());
        }
        answer
    }
}

/// Has something done with the file. In some damaged files the database finds what it
/// believes to be impossible, and panics.
fn whole<T>(ask: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    // Nothing of the database is touched after a panic.
    catch_unwind(AssertUnwindSafe(ask))
        .unwrap_or_else(|_| Err(StoreError::Damaged("its file contradicts itself".into())))
}

impl Store for Kept {
    fn epoch(&self) -> Result<Epoch, StoreError> {
        self.with(Store::epoch)
    }

    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&State) -> Vec<Write>,
    ) -> Result<Written, StoreError> {
        self.with(|disk| disk.transact(ask, decide))
    }

    fn credentials(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        self.with(|disk| disk.credentials(filter))
    }
}
