//! The trail in memory.

use std::sync::{Mutex, PoisonError};

use super::{Audit, AuditError, Entry};

/// Keeps entries in memory, in the order of their coming: for scenario tests, and for
/// hosts that take them to a trail of their own.
#[derive(Debug, Default)]
pub struct MemoryAudit {
    entries: Mutex<Vec<Entry>>,
}

impl MemoryAudit {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All entries so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.with(|entries| entries.clone())
    }

    /// Takes the entries out.
    #[must_use]
    pub fn take(&self) -> Vec<Entry> {
        self.with(std::mem::take)
    }

    fn with<T>(&self, read: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        // Adding an entry leaves nothing half done.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        read(&mut entries)
    }
}

impl Audit for MemoryAudit {
    fn append(&self, entry: &Entry) -> Result<(), AuditError> {
        self.with(|entries| entries.push(entry.clone()));
        Ok(())
    }
}
