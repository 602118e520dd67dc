//! Finds and reads `placet.toml`.

use std::fs;
use std::path::{Component, Path, PathBuf};

use placet_lint::Config;

use crate::error::Error;
use crate::files;
use crate::suites::Suite;

const NAME: &str = "placet.toml";

/// The configuration that was named, or that of the nearest `placet.toml` at or above the folder
/// of a policy set; else that of each rule.
pub(crate) fn of(named: Option<&Path>, suite: &Suite) -> Result<Config, Error> {
    let Some(path) = named.map(Path::to_owned).or_else(|| nearest(&suite.folder)) else {
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
        Ok(config) => Ok(config.placed(places(&path, suite))),
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

/// Where the files of a policy set are, seen from the folder of its configuration: by the names
/// that they are given here, and by those that they have whatever is called.
fn places(config: &Path, suite: &Suite) -> Vec<(String, String)> {
    let Ok(folder) = fs::canonicalize(files::parent(config)) else {
        return Vec::new();
    };
    let files = suite.files().map(|(path, _)| path);
    let places = files.filter_map(|path| {
        let place = files::place_of_file(path);
        let parts = place.strip_prefix(&folder).ok()?.components();
        let parts: Option<Vec<&str>> = parts
            .map(|part| match part {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let seen = parts?.join("/");
        Some([
            (path.display().to_string(), seen.clone()),
            (place.display().to_string(), seen),
        ])
    });
    places.flatten().collect()
}
