//! Finds policy files; reads and writes files.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::Error;

/// The ending of policy files.
const ENDING: &str = "placet";

/// All policy files that the paths name, in a stable order, each once.
///
/// A folder means every `.placet` file below it. Links to folders are followed, and one that
/// leads back up is left out: all that is below it has been seen from above.
pub(crate) fn policy_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|cause| Error::io("read", path, cause))?;
        if !kind.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.loop_ancestor().is_some() => continue,
                Err(error) => {
                    let at = error.path().unwrap_or(path).to_owned();
                    let cause = match error.into_io_error() {
                        Some(cause) => cause,
                        None => std::io::Error::other("the folder contains itself"),
                    };
                    return Err(Error::io("read", &at, cause));
                }
            };
            let wanted = entry.path().extension().is_some_and(|end| end == ENDING);
            if wanted && entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
        if files.len() == before {
            return Err(Error::NoPolicyFiles(path.clone()));
        }
    }
    files.sort();
    // One file under two names, as `.` and `policy.placet` give it, is one file.
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|cause| Error::io("read", path, cause))
}

/// Replaces a file as a whole: whoever reads it meanwhile sees the old bytes or the new
/// ones, and after a crash one of the two is there.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // A link is written through, not replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let fail = |cause| Error::io("write", path, cause);
    let name = target
        .file_name()
        .ok_or_else(|| fail(std::io::Error::other("it has no file name")))?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.tmp", std::process::id()));
    let temporary = target.with_file_name(beside);

    let written = (|| {
        let mut file = fs::File::create_new(&temporary)?;
        if let Ok(old) = fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)
    })();
    written.map_err(|cause| {
        // What is left of it is of no use; that it cannot be removed adds nothing.
        drop(fs::remove_file(&temporary));
        fail(cause)
    })
}

/// Writes a file that must not exist.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Error> {
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Exists(path.to_owned()),
        _ => Error::io("write", path, cause),
    })
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|cause| Error::io("make", path, cause))
}
