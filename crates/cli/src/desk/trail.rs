//! The audit of a store, opened and closed in between.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use placet::credential::audit::{
    Audit, AuditError, Entry, FileAudit, FileSettings, OnFailure, OpenError,
};
use placet::credential::keys::{Algorithm, Keyring};
use placet::model::value::Time;

use super::{Folder, Unavailable, make_private};
use crate::args::OnAuditFailure;

/// The size of a segment. Opening reads the last one, and the program opens often.
const SEGMENT: u64 = 8 << 20;

/// An audit that fails while it is closed.
pub(super) struct Trail {
    folder: Folder,
    wait: Duration,
    on_failure: OnAuditFailure,
    audit: Mutex<Option<FileAudit>>,
}

impl Trail {
    pub(super) fn new(folder: Folder, wait: Duration, on_failure: Option<OnAuditFailure>) -> Self {
        Self {
            folder,
            wait,
            on_failure: on_failure.unwrap_or(OnAuditFailure::Deny),
            audit: Mutex::new(None),
        }
    }

    /// Opens it unless it is open. Whoever has the store has the audit, but for the moment
    /// between letting go of one and of the other.
    pub(super) fn open(&self, now: Time) -> Result<(), Unavailable> {
        const STEP: Duration = Duration::from_millis(5);
        let mut audit = self.audit();
        if audit.is_some() {
            return Ok(());
        }
        make_private(&self.folder.audit())?;
        if let OnAuditFailure::Spill(folder) = &self.on_failure {
            make_private(folder)?;
        }
        let start = Instant::now();
        loop {
            match self.begin(now) {
                Err(Begin::Open(OpenError::InUse(_))) if start.elapsed() < self.wait => {
                    thread::sleep(STEP);
                }
                Err(Begin::Open(error)) => return Err(error.into()),
                Err(Begin::Keys(why)) => return Err(why),
                Ok(opened) => {
                    *audit = Some(opened);
                    return Ok(());
                }
            }
        }
    }

    fn begin(&self, now: Time) -> Result<FileAudit, Begin> {
        let keys = |error| Begin::Keys(Unavailable::from(error));
        let folder = self.folder.audit_keys();
        let ring = Keyring::open_or_create(&folder, Algorithm::EdDsa, now).map_err(keys)?;
        let known = ring.jwks();
        let settings = FileSettings {
            on_failure: match &self.on_failure {
                OnAuditFailure::Deny => OnFailure::Deny,
                OnAuditFailure::Spill(folder) => OnFailure::Spill(folder.clone()),
                OnAuditFailure::Continue => OnFailure::Continue,
            },
            segment_bytes: SEGMENT,
            ..FileSettings::default()
        };
        let folder = self.folder.audit();
        FileAudit::open(&folder, settings, ring.into_signing(), &known, now).map_err(Begin::Open)
    }

    pub(super) fn close(&self) {
        drop(self.audit().take());
    }

    fn audit(&self) -> MutexGuard<'_, Option<FileAudit>> {
        // It is open or not, and never anything between.
        self.audit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why it could not be opened.
enum Begin {
    Open(OpenError),
    Keys(Unavailable),
}

impl Audit for Trail {
    fn append(&self, entry: &Entry) -> Result<(), AuditError> {
        match &*self.audit() {
            Some(audit) => audit.append(entry),
            None => Err(AuditError("it is closed".into())),
        }
    }
}
