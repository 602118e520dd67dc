//! Files of keys: private from their first moment, whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::KeyError;

/// Far more than any key file has.
const MAX_FILE_BYTES: usize = 16 << 10;
/// What a temporary file's name ends with.
const TEMPORARY: &str = ".tmp";

/// Reads a file that only its owner can read.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut file = open(path)?;
    // The opened file is asked, not the path, which may be another's by now.
    let metadata = file.metadata().map_err(io_error("read", path))?;
    check_mode(path, &metadata, 0o077, 0o600)?;
    read(&mut file, path)
}

/// Reads a small file that anybody may read.
pub(super) fn read_public(path: &Path) -> Result<Vec<u8>, KeyError> {
    let bytes = read(&mut open(path)?, path)?;
    Ok(bytes.to_vec())
}

/// Creates a file that only its owner can read. What exists is left alone.
pub(super) fn create_private(path: &Path, contents: &[u8]) -> Result<(), KeyError> {
    let temporary = write_temporary(path, contents, 0o600)?;
    // A link, because a rename would overwrite.
    let linked = fs::hard_link(&temporary, path);
    let removed = fs::remove_file(&temporary);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(KeyError::Exists { path: path.into() });
        }
        other => other.map_err(io_error("create", path))?,
    }
    removed.map_err(io_error("remove", &temporary))?;
    sync_folder(path)
}

/// Writes a file that anybody may read, in place of what is there.
pub(super) fn replace_public(path: &Path, contents: &[u8]) -> Result<(), KeyError> {
    let temporary = write_temporary(path, contents, 0o644)?;
    if let Err(error) = fs::rename(&temporary, path) {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(io_error("write", path)(error));
    }
    sync_folder(path)
}

/// Removes a file; that it is gone already is fine.
pub(super) fn remove(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("remove", path)(error)),
        Ok(()) => sync_folder(path),
    }
}

/// Makes a folder of its owner alone where there is none.
pub(super) fn ensure_folder(path: &Path) -> Result<(), KeyError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(io_error("create", path))
}

/// The names in a locked folder into which nobody but its owner can put keys, sorted.
/// Temporary files that a crash has left are removed: without the lock they could be those
/// of somebody at work.
pub(super) fn list_locked(folder: &Path) -> Result<Vec<String>, KeyError> {
    let metadata = fs::metadata(folder).map_err(io_error("open", folder))?;
    check_mode(folder, &metadata, 0o022, 0o700)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_error("open", folder))? {
        let entry = entry.map_err(io_error("open", folder))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') && name.ends_with(TEMPORARY) {
            remove(&entry.path())?;
        } else {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Waits until no other process changes the folder. Free again when it is dropped.
pub(super) fn lock(folder: &Path) -> Result<File, KeyError> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(&path).map_err(io_error("open", &path))?;
    file.lock().map_err(io_error("lock", &path))?;
    Ok(file)
}

fn open(path: &Path) -> Result<File, KeyError> {
    // A pipe would block, so it is not opened.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
        return Err(io_error("read", path)(error));
    }
    File::open(path).map_err(io_error("read", path))
}

fn read(file: &mut File, path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // One buffer that never grows, so that it leaves no copy behind.
    let mut buffer = Zeroizing::new(vec![0; MAX_FILE_BYTES + 1]);
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error("read", path)(error)),
        }
    }
    if length > MAX_FILE_BYTES {
        let error = io::Error::new(io::ErrorKind::FileTooLarge, "far too large for a key");
        return Err(io_error("read", path)(error));
    }
    buffer.truncate(length);
    Ok(buffer)
}

/// A new file beside `path` with these contents, on disk.
fn write_temporary(path: &Path, contents: &[u8], mode: u32) -> Result<PathBuf, KeyError> {
    let mut random = [0; 8];
    rand::fill(&mut random).map_err(|_| KeyError::Library("give random numbers"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let random = u64::from_le_bytes(random);
    let temporary = path.with_file_name(format!(".{name}.{random:016x}{TEMPORARY}"));

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(&temporary).map_err(io_error("create", path))?;
    let written = file.write_all(contents).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(io_error("write", path)(error));
    }
    Ok(temporary)
}

/// Makes what happened in the folder of a file last.
fn sync_folder(path: &Path) -> Result<(), KeyError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io_error("write", folder))?;
    }
    Ok(())
}

/// Refuses what others may do with a file. Without Unix modes there is nothing to see.
fn check_mode(
    path: &Path,
    metadata: &fs::Metadata,
    refused: u32,
    wanted: u32,
) -> Result<(), KeyError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & refused != 0 {
            return Err(KeyError::Exposed {
                path: path.into(),
                mode,
                wanted,
            });
        }
    }
    #[cfg(not(unix))]
    let _ = (path, metadata, refused, wanted);
    Ok(())
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { what, path, source }
}
