//! Opens a log for writing: locked, verified at its end, without what was never
//! acknowledged.

use std::fmt::Write;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;
use placet_model::value::Time;
use smol_str::SmolStr;

use super::disk::{Disk, write_all};
use super::file::{FileSettings, OnFailure};
use super::finding::{FindingKind, VerifyError};
use super::head::{Head, head_path};
use super::line::RECOVER;
use super::payload::{Payload, recordable};
use super::segments::Segment;
use super::show::shown;
use super::verify::{LOCK_FILE, about, list_all, newest_head};
use super::walk::{Against, walk_last};
use super::writer::{HeadFile, OpenSegment, WriteError, Writer};
use crate::keys::{Algorithm, JwkError, KeySet, SigningKey};

/// Why a log was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody writes to it.
    #[error("the audit in `{}` is in use by another process", shown(&.0.to_string_lossy()))]
    InUse(PathBuf),
    /// It does not verify, or cannot be read.
    #[error("the audit is not appended to: {0}")]
    Bad(#[from] VerifyError),
    /// The key makes no Ed25519 signatures.
    #[error("the audit is signed with Ed25519, and the key `{0}` is of another kind")]
    Algorithm(SmolStr),
    /// The keys cannot be used together.
    #[error("the keys of the audit cannot be used together: {0}")]
    Keys(#[source] JwkError),
    /// It could not be written to.
    #[error("the audit could not be written: {0}")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<WriteError> for OpenError {
    fn from(error: WriteError) -> Self {
        Self::Write(Box::new(error))
    }
}

pub(super) fn open(
    disk: Arc<dyn Disk>,
    folder: &Path,
    settings: FileSettings,
    key: SigningKey,
    keys: &KeySet,
    now: Time,
) -> Result<(Writer, Vec<File>), OpenError> {
    if key.algorithm() != Algorithm::EdDsa {
        return Err(OpenError::Algorithm(key.kid().into()));
    }
    let mut keys = keys.clone();
    if keys.get(key.kid()).is_none() {
        keys.insert(key.verifying_key().clone())
            .map_err(OpenError::Keys)?;
    }
    let mut folders = vec![folder.to_path_buf()];
    if let OnFailure::Spill(spill) = &settings.on_failure {
        folders.push(spill.clone());
    }
    let locks = folders
        .iter()
        .map(|folder| lock(folder))
        .collect::<Result<Vec<File>, OpenError>>()?;

    let newest = newest_head(&folders, &keys)?;
    let segments = list_all(&folders)?.segments;
    let mut heads = Vec::new();
    for folder in &folders {
        let content = match fs::read_to_string(head_path(folder)) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(VerifyError::unreadable(&head_path(folder))(error).into());
            }
        };
        heads.push(HeadFile {
            content,
            uncertain: false,
        });
    }
    let now = recordable(now);
    let begun = newest.is_some();
    let (head_folder, head) = match newest {
        Some(newest) => newest,
        None if segments.is_empty() => (0, Head::empty(now, key.kid())),
        None => {
            let message = "the head is missing".to_owned();
            return Err(about(&head_path(folder), FindingKind::Head, message).into());
        }
    };
    let mut writer = Writer {
        disk,
        folders,
        key,
        settings,
        head,
        head_folder,
        heads,
        since_checkpoint: 0,
        open: None,
        moving: None,
        lost: 0,
    };
    if begun {
        take_up(&mut writer, segments, &keys, now)?;
    } else {
        // From now on a folder with segments and no head is one from which it was taken.
        let empty = writer.head.clone();
        writer.put_head(0, &empty)?;
    }
    Ok((writer, locks))
}

/// Verifies the end of a log and cuts off what comes after it.
fn take_up(
    writer: &mut Writer,
    segments: Vec<Segment>,
    keys: &KeySet,
    now: Time,
) -> Result<(), OpenError> {
    let head = writer.head.clone();
    let (segments, after): (Vec<Segment>, Vec<Segment>) = segments
        .into_iter()
        .partition(|segment| segment.first <= head.seq);
    let mut cut = Cut::default();
    let last = segments.last();
    let walked = walk_last(Against {
        segments: last.map(std::slice::from_ref).unwrap_or_default(),
        head: &head,
        expected: None,
        keys,
    })?;
    writer.since_checkpoint = walked.since_checkpoint;
    if let Some(last) = last {
        let mut length = fs::metadata(&last.path)
            .map_err(VerifyError::unreadable(&last.path))?
            .len();
        if let Some(beyond) = walked.beyond {
            cut.tail(&*writer.disk, &last.path, beyond.offset)?;
            length = beyond.offset;
        }
        if last.folder == 0 {
            let full = length >= writer.settings.segment_bytes && walked.since_checkpoint == 0;
            writer.open = Some(OpenSegment {
                folder: 0,
                path: last.path.clone(),
                length,
                handle: None,
                dirty: false,
                full,
            });
        } else {
            writer.moving = Some("the audit was opened again".to_owned());
        }
    }
    for segment in after {
        cut.whole(&*writer.disk, &segment)?;
    }
    if cut.files > 0 {
        let record = Payload::own(now, RECOVER, |json| {
            json.number("cut_bytes", cut.bytes);
            json.texts("cut", &cut.digests);
        });
        writer.commit(&[&record])?;
    }
    Ok(())
}

/// What was cut off: it is kept in files of its own, since somebody may want to know.
#[derive(Default)]
struct Cut {
    files: u64,
    bytes: u64,
    digests: Vec<SmolStr>,
}

impl Cut {
    /// Moves the end of a segment away.
    fn tail(&mut self, disk: &dyn Disk, path: &Path, from: u64) -> Result<(), OpenError> {
        let failed = |source| WriteError::Io {
            path: path.into(),
            source,
        };
        let keep = || {
            let mut kept = disk.create(&free_name(path)?)?;
            let (length, digest) = each_part(path, from, |part| write_all(&mut *kept, part))?;
            kept.sync(length)?;
            disk.sync_folder(path.parent().unwrap_or(path))?;
            let mut segment = disk.append(path)?;
            segment.truncate(from)?;
            segment.sync(from)?;
            Ok((length, digest))
        };
        let (length, digest) = keep().map_err(failed)?;
        self.count(length, digest);
        Ok(())
    }

    /// Takes a whole segment out of the log.
    fn whole(&mut self, disk: &dyn Disk, segment: &Segment) -> Result<(), OpenError> {
        let path = &segment.path;
        let failed = |source| WriteError::Io {
            path: path.clone(),
            source,
        };
        let away = || {
            let told = each_part(path, 0, |_| Ok(()))?;
            disk.rename(path, &free_name(path)?)?;
            disk.sync_folder(path.parent().unwrap_or(path))?;
            Ok(told)
        };
        let (length, digest) = away().map_err(failed)?;
        self.count(length, digest);
        Ok(())
    }

    fn count(&mut self, length: u64, digest: SmolStr) {
        self.files += 1;
        self.bytes += length;
        self.digests.push(digest);
    }
}

/// Reads the end of a file piece by piece, however long it is; tells its length and its
/// digest.
fn each_part(
    path: &Path,
    from: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, SmolStr)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            break;
        }
        take(part)?;
        hash.update(part);
        length += read as u64;
    }
    let mut text = String::from("sha256:");
    for byte in hash.finish().as_ref() {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok((length, text.into()))
}

/// A name beside a segment that no file has: `00000000000000000001.1.cut`.
fn free_name(segment: &Path) -> io::Result<PathBuf> {
    const MOST: u32 = 100_000;
    for number in 1..=MOST {
        let path = segment.with_extension(format!("{number}.cut"));
        if !path.try_exists()? {
            return Ok(path);
        }
    }
    Err(io::Error::other("there are too many cut files"))
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let open = || {
        fs::create_dir_all(folder)?;
        options.open(&path)
    };
    let failed = |source| WriteError::Io {
        path: path.clone(),
        source,
    };
    let file = open().map_err(failed)?;
    // A process that another thread has just started holds what was locked here until it
    // runs its program: a lock that was let go a moment ago can be held for a moment longer.
    const TRIES: u32 = 50;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(4);
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error).into()),
        }
    }
    Err(OpenError::InUse(folder.into()))
}
