//! What the linter finds in a policy set, as its `placet.toml` says.

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
    let Some((folder, text)) = nearest else {
        return Some(Config::default());
    };
    let places = set.paths.iter().filter_map(|path| {
        let parts = path.strip_prefix(folder).ok()?.iter();
        let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
        Some((path.display().to_string(), parts?.join("/")))
    });
    Some(Config::parse(&text).ok()?.placed(places))
}
