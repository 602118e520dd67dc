//! The file: private, and opened by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError};

use super::tables::failed;
use crate::store::StoreError;

/// The most memory for pages: read ones, and written ones that are not on the disk yet.
const CACHE: usize = 64 << 20;

/// Opens the database of a file. While another process has it, this tries again until the
/// bound.
pub(super) fn open(path: &Path, bound: Duration) -> Result<Database, StoreError> {
    open_with(&builder(), path, bound)
}

/// The same, and every page is compared with its checksum.
pub(super) fn verify(path: &Path, bound: Duration) -> Result<Database, StoreError> {
    open_with(builder().set_check_integrity_on_open(true), path, bound)
}

fn open_with(builder: &Builder, path: &Path, bound: Duration) -> Result<Database, StoreError> {
    const STEP: Duration = Duration::from_millis(5);
    let start = Instant::now();
    loop {
        let file = options().open(path).map_err(io_failed)?;
        let backend = FileBackend::new(file).map_err(failed)?;
        match builder.create_with_backend(backend) {
            Err(DatabaseError::DatabaseAlreadyOpen) => {}
            opened => return opened.map_err(failed),
        }
        if start.elapsed() >= bound {
            return Err(StoreError::Slow(bound));
        }
        std::thread::sleep(STEP.min(bound));
    }
}

/// Makes the file where there is none, with what `fill` puts into it. It gets its name only
/// when it is whole and durable: a crash leaves no half of a store, but at most a file
/// `NAME.new-…` that nobody needs.
pub(super) fn make(
    path: &Path,
    fill: impl FnOnce(&Database) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if path.try_exists().map_err(io_failed)? {
        return Ok(());
    }
    make_folder(path).map_err(io_failed)?;
    let mut name = path.as_os_str().to_owned();
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    name.push(format!(".new-{}-{nanos}", std::process::id()));
    let draft = PathBuf::from(name);
    let file = options().create_new(true).open(&draft).map_err(io_failed)?;
    let filled = FileBackend::new(file)
        .and_then(|backend| builder().create_with_backend(backend))
        .map_err(failed)
        .and_then(|database| {
            fill(&database)?;
            database.close().map_err(failed)
        });
    // A link, and not another name: of two that make it at once one only succeeds.
    let named = filled.and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked.map_err(io_failed),
    });
    let removed = std::fs::remove_file(&draft).map_err(io_failed);
    named.and(removed).and_then(|()| keep_name(path))
}

/// Makes sure that the file is found again after a crash: its name stands in its folder,
/// whose name stands in its own, and so on.
fn keep_name(path: &Path) -> Result<(), StoreError> {
    let kept = path.canonicalize().and_then(|path| {
        path.ancestors()
            .skip(1)
            .try_for_each(|folder| match File::open(folder) {
                Ok(folder) => match folder.sync_all() {
                    // A file system that has no such thing.
                    Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
                    synced => synced,
                },
                // Not ours to look into, so it was there before.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                Err(error) => Err(error),
            })
    });
    kept.map_err(io_failed)
}

fn make_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

fn io_failed(error: io::Error) -> StoreError {
    StoreError::Failed(Box::new(error))
}
