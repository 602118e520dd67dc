//! What the linter finds in a policy set, as its `placet.toml` says.

use std::path::Path;

use ls_types::DiagnosticSeverity;
use placet_lint::{Config, Finding, Level};

use crate::set::Set;

/// The findings of the linter; none when its configuration cannot be read, which
/// `placet lint` says.
pub(crate) fn findings(set: &Set) -> &[Finding] {
    set.linted.get_or_init(|| {
        config(set).map_or_else(Vec::new, |config| placet_lint::lint(&set.checked, &config))
    })
}

pub(crate) const fn severity(level: Level) -> DiagnosticSeverity {
    match level {
        Level::Error => DiagnosticSeverity::ERROR,
        Level::Warn => DiagnosticSeverity::WARNING,
        Level::Note | Level::Off => DiagnosticSeverity::INFORMATION,
    }
}

/// The nearest `placet.toml` at or above the set.
fn config(set: &Set) -> Option<Config> {
    let nearest = set.home.ancestors().find_map(|folder| {
        let text = std::fs::read_to_string(folder.join("placet.toml"));
        text.ok().map(|text| (folder, text))
    });
    match nearest {
        Some((folder, text)) => Some(read(folder, &text)?),
        None => Some(Config::default()),
    }
}

/// Texts are named by their whole paths, and so is the folder.
fn read(folder: &Path, text: &str) -> Option<Config> {
    let config = Config::parse(text).ok()?;
    Some(config.below(&folder.display().to_string()))
}
