//! Writes batches of records: whole and durable, or not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, Handle, write_all};
use super::file::{FileSettings, OnFailure};
use super::head::{HEAD_FILE, Head, head_path};
use super::line::{CHECKPOINT, MAX_LINE_BYTES, MOVE, line};
use super::payload::Payload;
use super::segments::segment_path;
use crate::keys::{KeyError, SigningKey};

/// Why a batch was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("`{path}`: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("no signature: {0}")]
    Key(#[from] KeyError),
    #[error("a record of {0} bytes is longer than {MAX_LINE_BYTES}")]
    TooLong(usize),
    #[error("an earlier write was interrupted; open the audit again")]
    Interrupted,
}

/// The end of a log, and what it takes to write on.
pub(super) struct Writer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) key: SigningKey,
    pub(super) settings: FileSettings,
    /// The head that was acknowledged, and in which folder it is.
    pub(super) head: Head,
    pub(super) head_folder: usize,
    /// The head's file as it is to be, for each folder.
    pub(super) heads: Vec<HeadFile>,
    pub(super) since_checkpoint: u64,
    /// Where the log goes on; `None` when in a new segment.
    pub(super) open: Option<OpenSegment>,
    /// Why the log goes on in a segment that begins with a move, if it does.
    pub(super) moving: Option<String>,
    /// Entries that were not written and that no record tells yet.
    pub(super) lost: u64,
}

/// The head's file of a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct HeadFile {
    /// What it says as far as it was acknowledged.
    pub(super) content: Option<String>,
    /// Whether something else may be in it, after a failed attempt.
    pub(super) uncertain: bool,
}

/// A segment that can be appended to.
pub(super) struct OpenSegment {
    pub(super) folder: usize,
    pub(super) path: PathBuf,
    /// Its length as far as it was acknowledged.
    pub(super) length: u64,
    /// The file; opened anew after a failure.
    pub(super) handle: Option<Box<dyn Handle>>,
    /// Whether there may be more bytes in it than that.
    pub(super) dirty: bool,
    /// Whether it has its last checkpoint.
    pub(super) full: bool,
}

/// Lines that are ready to be written, and what the log is with them.
struct Batch {
    text: String,
    head: Head,
    since_checkpoint: u64,
    full: bool,
}

impl Writer {
    /// Writes records, or fails and leaves the log as it was.
    pub(super) fn commit(&mut self, payloads: &[&Payload]) -> Result<(), WriteError> {
        let open = self.open.as_ref().filter(|open| !open.full);
        // A full segment is left for the first folder, wherever it is.
        let tried = open.map_or(0, |open| open.folder);
        let first = if open.is_some() {
            self.go_on(payloads)
        } else {
            self.begin(tried, payloads)
        };
        let Err(error) = first else {
            return Ok(());
        };
        match self.settings.on_failure {
            OnFailure::Deny => Err(error),
            OnFailure::Continue => {
                self.lost += payloads.len() as u64;
                Ok(())
            }
            OnFailure::Spill(_) => {
                let other = usize::from(tried == 0);
                let moving = self.moving.replace(error.to_string());
                let spilled = self.begin(other, payloads);
                if spilled.is_err() && self.open.is_some() {
                    self.moving = moving;
                }
                spilled
            }
        }
    }

    /// Appends to the open segment.
    fn go_on(&mut self, payloads: &[&Payload]) -> Result<(), WriteError> {
        let Some(open) = self.open.as_ref() else {
            return Err(WriteError::Interrupted);
        };
        let (folder, length) = (open.folder, open.length);
        let batch = self.batch(payloads, None, length, self.head.turn)?;
        self.restore_head(folder)?;
        let Some(open) = self.open.as_mut() else {
            return Err(WriteError::Interrupted);
        };
        let end = length + batch.text.len() as u64;
        let disk = Arc::clone(&self.disk);
        let written = append(&*disk, open, batch.text.as_bytes(), end);
        let result = match written {
            Ok(()) => self.put_head(folder, &batch.head),
            Err(source) => Err(WriteError::Io {
                path: open.path.clone(),
                source,
            }),
        };
        if let Err(error) = result {
            self.take_back(folder, &error);
            return Err(error);
        }
        if let Some(open) = self.open.as_mut() {
            open.length = end;
            open.full = batch.full;
        }
        self.accept(batch, folder);
        Ok(())
    }

    /// Makes the open segment what it was before a failed attempt. Where that fails, the
    /// log goes on in a new one.
    fn take_back(&mut self, folder: usize, error: &WriteError) {
        let certain = self.restore_head(folder).is_ok();
        let Some(open) = self.open.as_mut() else {
            return;
        };
        open.dirty = true;
        // While the head may tell of these records, they have to be there.
        if certain && clean(&*self.disk, open).is_ok() {
            return;
        }
        self.open = None;
        self.moving = Some(error.to_string());
    }

    /// Goes on in a new segment in some folder.
    fn begin(&mut self, folder: usize, payloads: &[&Payload]) -> Result<(), WriteError> {
        let Some(place) = self.folders.get(folder).cloned() else {
            return Err(WriteError::Interrupted);
        };
        // A head of an earlier attempt may tell of records in the file that is written now.
        self.restore_head(folder)?;
        let elsewhere = folder != self.head_folder && self.head.seq > 0;
        let why = match self.moving.as_deref() {
            Some(why) => Some(why.to_owned()),
            None => elsewhere.then(|| "the segment before is full".to_owned()),
        };
        let turn = self.head.turn + u64::from(why.is_some());
        let batch = self.batch(payloads, why.as_deref(), 0, turn)?;
        let path = segment_path(&place, self.head.seq + 1);
        let length = batch.text.len() as u64;
        let result = match self.create(&place, &path, batch.text.as_bytes()) {
            Ok(handle) => self.put_head(folder, &batch.head).map(|()| handle),
            Err(error) => Err(error),
        };
        match result {
            Ok(handle) => {
                self.open = Some(OpenSegment {
                    folder,
                    path,
                    length,
                    handle: Some(handle),
                    dirty: false,
                    full: batch.full,
                });
                self.moving = None;
                self.accept(batch, folder);
                Ok(())
            }
            Err(error) => {
                let certain = self.restore_head(folder).is_ok();
                if !(certain && self.discard(&place, &path).is_ok()) {
                    // What could not be removed must never count: what takes its place
                    // tells a higher turn.
                    self.head.turn = turn;
                    self.open = None;
                    self.moving.get_or_insert_with(|| error.to_string());
                }
                Err(error)
            }
        }
    }

    fn create(
        &self,
        folder: &Path,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Box<dyn Handle>, WriteError> {
        let create = || {
            let mut handle = self.disk.create(path)?;
            write_all(&mut *handle, bytes)?;
            handle.sync(bytes.len() as u64)?;
            self.disk.sync_folder(folder)?;
            Ok(handle)
        };
        create().map_err(|source| WriteError::Io {
            path: path.into(),
            source,
        })
    }

    fn discard(&self, folder: &Path, path: &Path) -> io::Result<()> {
        match self.disk.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.disk.sync_folder(folder)
    }

    /// Makes the lines of a batch.
    fn batch(
        &self,
        payloads: &[&Payload],
        moving: Option<&str>,
        length: u64,
        turn: u64,
    ) -> Result<Batch, WriteError> {
        let mut batch = Batch {
            text: String::new(),
            head: Head {
                turn,
                kid: self.key.kid().into(),
                ..self.head.clone()
            },
            since_checkpoint: self.since_checkpoint,
            full: false,
        };
        let mut lost = self.lost;
        if let Some(why) = moving {
            let payload = Payload::own(self.head.time, MOVE, |json| {
                json.number("turn", turn);
                json.text("why", &shorten(why));
            });
            self.put(&mut batch, &payload, &mut lost, false)?;
        }
        for payload in payloads {
            self.put(&mut batch, payload, &mut lost, false)?;
            batch.head.time = payload.time;
            if batch.since_checkpoint >= self.settings.checkpoint_every {
                self.checkpoint(&mut batch)?;
            }
        }
        let end = length + batch.text.len() as u64;
        if end >= self.settings.segment_bytes {
            if batch.since_checkpoint > 0 {
                self.checkpoint(&mut batch)?;
            }
            batch.full = true;
        }
        Ok(batch)
    }

    fn checkpoint(&self, batch: &mut Batch) -> Result<(), WriteError> {
        let payload = Payload::own(batch.head.time, CHECKPOINT, |json| {
            json.text("kid", self.key.kid());
        });
        self.put(batch, &payload, &mut 0, true)?;
        batch.since_checkpoint = 0;
        Ok(())
    }

    fn put(
        &self,
        batch: &mut Batch,
        payload: &Payload,
        lost: &mut u64,
        signed: bool,
    ) -> Result<(), WriteError> {
        let seq = batch.head.seq + 1;
        let signer = signed.then_some(&self.key);
        let (text, hash) = line(seq, payload, std::mem::take(lost), &batch.head.hash, signer)?;
        if text.len() > MAX_LINE_BYTES {
            return Err(WriteError::TooLong(text.len()));
        }
        batch.text.push_str(&text);
        batch.head.seq = seq;
        batch.head.hash = hash;
        batch.since_checkpoint += 1;
        Ok(())
    }

    /// Replaces the head of a folder, durably.
    pub(super) fn put_head(&mut self, folder: usize, head: &Head) -> Result<(), WriteError> {
        let content = head.to_file(&self.key)?;
        self.write_head(folder, &content)?;
        if let Some(file) = self.heads.get_mut(folder) {
            file.content = Some(content);
            file.uncertain = false;
        }
        Ok(())
    }

    /// Puts the acknowledged head of a folder back, if anything else may be there.
    fn restore_head(&mut self, folder: usize) -> Result<(), WriteError> {
        let Some(file) = self.heads.get(folder).filter(|file| file.uncertain) else {
            return Ok(());
        };
        match file.content.clone() {
            Some(content) => self.write_head(folder, &content)?,
            None => {
                let place = self.folders.get(folder).cloned().unwrap_or_default();
                let path = head_path(&place);
                self.discard(&place, &path)
                    .map_err(|source| WriteError::Io { path, source })?;
            }
        }
        if let Some(file) = self.heads.get_mut(folder) {
            file.uncertain = false;
        }
        Ok(())
    }

    fn write_head(&mut self, folder: usize, content: &str) -> Result<(), WriteError> {
        let place = self.folders.get(folder).cloned().unwrap_or_default();
        let path = head_path(&place);
        let new = place.join(format!("{HEAD_FILE}.new"));
        let prepare = || {
            let mut handle = self.disk.create(&new)?;
            write_all(&mut *handle, content.as_bytes())?;
            handle.sync(content.len() as u64)
        };
        let failed = |source| WriteError::Io {
            path: path.clone(),
            source,
        };
        prepare().map_err(failed)?;
        if let Some(file) = self.heads.get_mut(folder) {
            file.uncertain = true;
        }
        self.disk
            .rename(&new, &path)
            .and_then(|()| self.disk.sync_folder(&place))
            .map_err(failed)
    }

    fn accept(&mut self, batch: Batch, folder: usize) {
        self.head = batch.head;
        self.head_folder = folder;
        self.since_checkpoint = batch.since_checkpoint;
        self.lost = 0;
    }
}

/// Appends durably to a segment that is as it was acknowledged.
fn append(disk: &dyn Disk, open: &mut OpenSegment, bytes: &[u8], end: u64) -> io::Result<()> {
    if open.dirty {
        clean(disk, open)?;
    }
    let handle = match open.handle.as_mut() {
        Some(handle) => handle,
        None => open.handle.insert(disk.append(&open.path)?),
    };
    write_all(&mut **handle, bytes)?;
    handle.sync(end)
}

/// Cuts off what was written in vain.
fn clean(disk: &dyn Disk, open: &mut OpenSegment) -> io::Result<()> {
    // What a file that has failed once still says of itself is not to be trusted.
    open.handle = None;
    let mut handle = disk.append(&open.path)?;
    handle.truncate(open.length)?;
    handle.sync(open.length)?;
    open.handle = Some(handle);
    open.dirty = false;
    Ok(())
}

/// A reason, short enough that the first line of a segment can be read at once.
fn shorten(why: &str) -> String {
    why.chars().take(500).collect()
}
