//! Finds policy files; reads and writes files.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::Error;

/// The ending of policy files.
const ENDING: &str = "placet";

/// A policy file.
pub(crate) struct Found {
    /// As it is shown and read.
    pub(crate) path: PathBuf,
    /// Where it is, to be compared with others: absolute, and whatever leads to the path that
    /// was given is resolved. Links below that path stand for what they are called.
    pub(crate) place: PathBuf,
    /// It was given as a path itself, not found below one.
    pub(crate) named: bool,
}

/// All policy files that the paths name, in a stable order, each once.
pub(crate) fn policy_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = found(paths)?.into_iter().map(|found| found.path).collect();
    // One file under two names, as a link gives it, is one file.
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// All policy files that the paths name, in a stable order, each place once.
///
/// A folder means every `.placet` file below it.
pub(crate) fn found(paths: &[PathBuf]) -> Result<Vec<Found>, Error> {
    let mut files = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|cause| Error::io("read", path, cause))?;
        if !kind.is_dir() {
            files.push(Found {
                path: path.clone(),
                place: place_of_file(path),
                named: true,
            });
            continue;
        }
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let below = below(path, is_policy)?;
        if below.is_empty() {
            return Err(Error::NoPolicyFiles(path.clone()));
        }
        files.extend(below.into_iter().map(|file| Found {
            place: real.join(file.strip_prefix(path).unwrap_or(&file)),
            path: file,
            named: false,
        }));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let named: BTreeSet<PathBuf> = files
        .iter()
        .filter(|file| file.named)
        .map(|file| file.place.clone())
        .collect();
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.place.clone()));
    for file in &mut files {
        file.named = named.contains(&file.place);
    }
    Ok(files)
}

/// Whether a file is policy text, by its name.
pub(crate) fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == ENDING)
}

/// The files below a folder that are wanted, in the order of names.
///
/// Links to folders are followed, and one that leads back up is left out: all that is below
/// it has been seen from above.
pub(crate) fn below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => {
                let at = error.path().unwrap_or(folder).to_owned();
                let cause = match error.into_io_error() {
                    Some(cause) => cause,
                    None => std::io::Error::other("the folder contains itself"),
                };
                return Err(Error::io("read", &at, cause));
            }
        };
        if entry.file_type().is_file() && wanted(entry.path()) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The folder is resolved, the file is not: a link to a file is in the folder in which it is.
pub(crate) fn place_of_file(path: &Path) -> PathBuf {
    let folder = parent(path);
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    match path.file_name() {
        Some(name) => folder.join(name),
        None => folder,
    }
}

/// The folder that a file is in, as it can be opened: `.` for a name alone.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
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
    // A device or a pipe is written to: a file in its place would take it away.
    if fs::metadata(&target).is_ok_and(|old| !old.is_file() && !old.is_dir()) {
        let written = fs::OpenOptions::new()
            .write(true)
            .open(&target)
            .and_then(|mut file| file.write_all(bytes));
        return written.map_err(fail);
    }
    writable(path)?;
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

/// Whether a file may be replaced: one that is marked as read-only says that it may not, although
/// its folder would let it.
pub(crate) fn writable(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(old) if old.permissions().readonly() => {
            let cause =
                std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it is read-only");
            Err(Error::io("write", path, cause))
        }
        _ => Ok(()),
    }
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
