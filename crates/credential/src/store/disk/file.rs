//! The file: private, and opened by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError};

use super::tables::failed;
use crate::store::StoreError;

/// The most memory for pages: read ones, and written ones that are not on the disk yet.
pub(super) const CACHE: usize = 64 << 20;

/// Opens the database of a file. While another process has it, this tries again until the
/// bound.
pub(super) fn open(path: &Path, bound: Duration) -> Result<Database, StoreError> {
    const STEP: Duration = Duration::from_millis(5);
    let start = Instant::now();
    let file = |error: io::Error| StoreError::Failed(Box::new(error));
    make_folder(path).map_err(file)?;
    loop {
        let backend = FileBackend::new(open_file(path).map_err(file)?).map_err(failed)?;
        match Builder::new()
            .set_cache_size(CACHE)
            .create_with_backend(backend)
        {
            Err(DatabaseError::DatabaseAlreadyOpen) => {}
            opened => return opened.map_err(failed),
        }
        if start.elapsed() >= bound {
            return Err(StoreError::Slow(bound));
        }
        std::thread::sleep(STEP.min(bound));
    }
}

/// Makes sure that the file is found again after a crash: its name stands in its folder,
/// whose name stands in its own, and so on.
pub(super) fn keep_name(path: &Path) -> Result<(), StoreError> {
    let kept = path.canonicalize().and_then(|path| {
        path.ancestors()
            .skip(1)
            .try_for_each(|folder| match File::open(folder) {
                Ok(folder) => folder.sync_all(),
                // Not ours to look into, so it was there before.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                Err(error) => Err(error),
            })
    });
    kept.map_err(|error| StoreError::Failed(Box::new(error)))
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

fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
