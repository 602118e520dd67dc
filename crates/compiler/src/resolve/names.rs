//! What declared names must be: not a word that clauses read otherwise, and each once.
//! The parser has seen to it that they can occur in requests.

use std::collections::BTreeMap;

use placet_syntax::ast::{FileId, Name};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};

/// The first place of each name of one kind; finds what is declared twice.
#[derive(Default)]
pub(crate) struct Seen {
    places: BTreeMap<SmolStr, Place>,
}

impl Seen {
    /// Notes a name; `false`, with an error, when it is declared already.
    pub(crate) fn declare(
        &mut self,
        report: &mut Report,
        what: &str,
        name: &str,
        place: Place,
    ) -> bool {
        match self.places.get(name) {
            Some(first) => {
                report.push(twice(what, name, place, *first));
                false
            }
            None => {
                self.places.insert(name.into(), place);
                true
            }
        }
    }
}

/// The error for a second declaration.
pub(crate) fn twice(what: &str, name: &str, place: Place, first: Place) -> Diagnostic {
    Diagnostic::error(Code::PL0110, format!("{what} `{name}` is declared twice"))
        .here(place, "declared again here")
        .also(first, "first declared here")
        .help("remove one of the two, or give it a name of its own")
}

/// Checks the name of an agent, user, tool, action or group.
pub(crate) fn check_name(report: &mut Report, file: FileId, what: &str, name: &Name) {
    let place = Place::new(file, name.span);
    if matches!(name.as_str(), "any" | "none") {
        report.push(
            Diagnostic::error(
                Code::PL0111,
                format!("no {what} can be called `{}`", name.node),
            )
            .here(place, "clauses of rules read this word otherwise")
            .help("choose another name"),
        );
    }
}

/// Checks the name of a rule or layer: rules are shown as `layer/rule`.
pub(crate) fn check_part(report: &mut Report, what: &str, name: &str, place: Place) {
    if name.contains('/') {
        report.push(
            Diagnostic::error(
                Code::PL0117,
                format!("the name of a {what} cannot hold `/`"),
            )
            .here(place, "rules are shown as `layer/rule`")
            .help("write `-` or `.` instead"),
        );
    }
}

/// An error when there is more of something than the limit.
pub(crate) fn check_count(
    report: &mut Report,
    what: &str,
    count: usize,
    limit: usize,
    place: Place,
) {
    if count > limit {
        report.push(
            Diagnostic::error(
                Code::PL0910,
                format!("too many {what}: {count}, and the limit is {limit}"),
            )
            .here(place, "one too many here"),
        );
    }
}

/// The names of a list, each once.
pub(crate) fn each_once<'a>(report: &mut Report, file: FileId, names: &'a [Name]) -> Vec<&'a Name> {
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    let mut once = Vec::new();
    for name in names {
        let place = Place::new(file, name.span);
        match seen.get(name.as_str()) {
            Some(first) => report.push(repeated(name, place, *first)),
            None => {
                seen.insert(name, place);
                once.push(name);
            }
        }
    }
    if let Some(extra) = names.get(limits::NAMES) {
        let place = Place::new(file, extra.span);
        check_count(
            report,
            "names in one list",
            names.len(),
            limits::NAMES,
            place,
        );
    }
    once
}

/// The error for what a list holds twice.
pub(crate) fn repeated(what: &str, place: Place, first: Place) -> Diagnostic {
    Diagnostic::error(Code::PL0409, format!("`{what}` is listed twice"))
        .here(place, "again here")
        .also(first, "first here")
        .help("remove one of the two")
}
