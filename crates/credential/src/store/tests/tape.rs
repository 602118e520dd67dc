//! A disk for tests: it writes down what is done to it, and can fail or lose what was not
//! synced.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redb::StorageBackend;

use super::BOUND;
use crate::store::{Disk, StoreError};

/// What is done to a disk.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Write(usize, Vec<u8>),
    Resize(usize),
    Sync,
}

impl Op {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, data) => {
                let end = at + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*at..end].copy_from_slice(data);
            }
            Self::Resize(length) => bytes.resize(*length, 0),
            Self::Sync => {}
        }
    }
}

/// The disk. Its clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    bytes: Vec<u8>,
    log: Vec<Op>,
    /// After how many more operations it fails for good.
    fails_after: Option<usize>,
    sync_takes: Duration,
}

impl Tape {
    /// A disk with this on it.
    pub(super) fn with(bytes: Vec<u8>) -> Self {
        let tape = Self::default();
        tape.lock().bytes = bytes;
        tape
    }

    pub(super) fn open(&self) -> Result<Disk, StoreError> {
        self.open_within(BOUND)
    }

    pub(super) fn open_within(&self, bound: Duration) -> Result<Disk, StoreError> {
        let mut builder = redb::Builder::new();
        let database = builder
            .set_cache_size(1 << 20)
            .create_with_backend(self.clone());
        let failed = |error| StoreError::Failed(Box::new(error));
        Disk::on(database.map_err(failed)?, bound)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    pub(super) fn log(&self) -> Vec<Op> {
        self.lock().log.clone()
    }

    pub(super) fn done(&self) -> usize {
        self.lock().log.len()
    }

    pub(super) fn fail_after(&self, operations: usize) {
        self.lock().fails_after = Some(operations);
    }

    pub(super) fn slow_sync(&self, takes: Duration) {
        self.lock().sync_takes = takes;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn act(&self, op: Op) -> io::Result<()> {
        let mut inner = self.lock();
        if let Some(left) = &mut inner.fails_after {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| io::Error::other("the disk is dead"))?;
        }
        op.apply(&mut inner.bytes);
        inner.log.push(op);
        Ok(())
    }
}

impl StorageBackend for Tape {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let at = offset as usize;
        let inner = self.lock();
        let source = inner.bytes.get(at..at + out.len());
        out.copy_from_slice(source.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.act(Op::Resize(length as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let takes = self.lock().sync_takes;
        std::thread::sleep(takes);
        self.act(Op::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.act(Op::Write(offset as usize, data.to_vec()))
    }
}

/// What a crash after `done` operations on a disk may leave of it: all, only what was
/// synced, and some draws from what was not, with torn writes.
pub(super) fn images(start: &[u8], log: &[Op], done: usize, draw: &mut Draw) -> Vec<Vec<u8>> {
    let synced = log[..done]
        .iter()
        .rposition(|op| matches!(op, Op::Sync))
        .map_or(0, |at| at + 1);
    let mut base = start.to_vec();
    log[..synced].iter().for_each(|op| op.apply(&mut base));
    let open = &log[synced..done];
    let mut images = vec![base.clone()];
    if open.is_empty() {
        return images;
    }
    let mut all = base.clone();
    open.iter().for_each(|op| op.apply(&mut all));
    images.push(all);
    for _ in 0..3 {
        let mut some = base.clone();
        for op in open {
            match (draw.below(4), op) {
                (0, _) => {}
                (1, Op::Write(at, data)) => {
                    let kept = data[..draw.below(data.len() + 1)].to_vec();
                    Op::Write(*at, kept).apply(&mut some);
                }
                (_, op) => op.apply(&mut some),
            }
        }
        images.push(some);
    }
    images
}

/// Draws that are the same in each run.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
