//! Finds and reads `placet.toml`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use placet_lint::Config;

use crate::error::Error;
use crate::files;

const NAME: &str = "placet.toml";

/// The configuration that was named, or that of the nearest `placet.toml` at or above a folder;
/// else that of each rule.
pub(crate) fn of(named: Option<&Path>, folder: &Path) -> Result<Config, Error> {
    let Some(path) = named.map(Path::to_owned).or_else(|| nearest(folder)) else {
        return Ok(Config::default());
    };
    let bytes = files::read(&path)?;
    let shown = path.display();
    let refused = |what: String, help: Option<String>| {
        Err(Error::refused(format!("{shown}:{what}"), help.as_deref()))
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return refused(" it is not UTF-8".to_owned(), None);
    };
    match Config::parse(&text) {
        Ok(config) => Ok(config.below(&base(&path))),
        Err(error) => refused(error.to_string(), error.help),
    }
}

/// The nearest file at or above a folder: first as paths are given, then above where we are.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let given = folder.ancestors().map(|folder| folder.join(NAME));
    let real = fs::canonicalize(match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    let real = real.ok();
    let above = real.iter().flat_map(|folder| folder.ancestors());
    let above = above.map(|folder| folder.join(NAME));
    given.chain(above).find(|path| path.is_file())
}

/// Where the folder of a file is, seen from where we are: `policies`, or `..` for each folder
/// that it is above; its whole path when it is elsewhere.
fn base(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new(""));
    let here = std::env::current_dir().and_then(fs::canonicalize).ok();
    let real = fs::canonicalize(folder).ok();
    if let (true, Some(here), Some(real)) = (folder.is_absolute(), here, real)
        && let Ok(down) = here.strip_prefix(&real)
    {
        // Names of texts are seen from here, and patterns from there.
        let down = down.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        return format!("+{}", down.collect::<Vec<_>>().join("/"));
    }
    folder.display().to_string()
}
