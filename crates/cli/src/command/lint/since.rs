//! What is new since a revision.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use placet::Checked;
use placet::syntax::{Code, FileId, Lines};
use placet_lint::{Config, Finding, lint};
use similar::{ChangeTag, TextDiff};

use crate::error::Error;
use crate::revision::{self, Text};
use crate::suites::Suite;

/// What there was.
pub(crate) struct Before {
    /// The texts, by where they are now.
    texts: BTreeMap<PathBuf, String>,
    /// What was found then: the rule and what it said.
    found: BTreeSet<(Code, String)>,
}

impl Before {
    /// Reads and lints a policy set as it was in a revision.
    pub(crate) fn of(suite: &Suite, revision: &str, config: &Config) -> Result<Self, Error> {
        let files = files(suite, revision)?;
        let old = files
            .iter()
            .map(|(path, bytes)| (path.display().to_string(), bytes.clone()));
        let checked = placet::check(old);
        let found = lint(&checked, config)
            .into_iter()
            .map(|found| (found.rule.code, found.diagnostic.message))
            .collect();
        let texts = files
            .into_iter()
            .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
            .collect();
        Ok(Self { texts, found })
    }

    /// Whether a finding is new: on a line that has changed, or one that was not there.
    pub(crate) fn is_new(&self, finding: &Finding, checked: &Checked) -> bool {
        let said = (finding.rule.code, finding.diagnostic.message.clone());
        if !self.found.contains(&said) {
            return true;
        }
        let mut labels = finding
            .diagnostic
            .labels
            .iter()
            .filter(|label| label.primary);
        labels.any(|label| {
            let Some(source) = checked.sources.get(label.file) else {
                return false;
            };
            let lines = Lines::new(&source.text);
            let from = lines.line(label.span.start);
            let to = lines.line(label.span.end.max(label.span.start));
            let changed = self.changed(checked, label.file);
            changed.range(from..=to).next().is_some()
        })
    }

    /// The lines of a text, from 0, that are new or changed.
    fn changed(&self, checked: &Checked, file: FileId) -> BTreeSet<usize> {
        let Some(source) = checked.sources.get(file) else {
            return BTreeSet::new();
        };
        let path = Path::new(&source.name);
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let old = self
            .texts
            .get(&real)
            .map(String::as_str)
            .unwrap_or_default();
        let diff = TextDiff::from_lines(old, source.text.as_str());
        diff.iter_all_changes()
            .filter(|change| change.tag() == ChangeTag::Insert)
            .filter_map(|change| change.new_index())
            .collect()
    }
}

/// The policy files of a suite in a revision, also those that are gone since, by where they are.
fn files(suite: &Suite, revision: &str) -> Result<Vec<Text>, Error> {
    let real = |path: &Path| {
        let path = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        fs::canonicalize(path).map_err(|cause| Error::io("read", path, cause))
    };
    if suite.is_folder() {
        let folder = real(&suite.folder)?;
        let shown = folder.display().to_string();
        let found = revision::find(&folder, revision, "./", &shown)?;
        return Ok(found.unwrap_or_default());
    }
    let mut texts = Vec::new();
    for (path, _) in suite.files() {
        let file = real(path)?;
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
            continue;
        };
        let place = format!("./{}", name.to_string_lossy());
        let shown = file.display().to_string();
        let found = revision::find(folder, revision, &place, &shown)?;
        texts.extend(found.unwrap_or_default());
    }
    Ok(texts)
}
