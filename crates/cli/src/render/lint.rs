//! What lints found, as people read it and as machines do.

pub(crate) mod forge;

use annotate_snippets::Level as Shown;
use placet::syntax::{Sources, Suggestion};
use placet_lint::{Finding, Fix, Level, Safety};
use serde::Serialize;

use crate::command::lint::Linted;
use crate::render::diagnostics::{self, Marked, Place, plural};
use crate::render::diff;
use crate::render::style::{BOLD, GREEN, RED, RESET};
use crate::suites::{self, Ran, Reports};

/// All findings with their sources, then how many there are. Has escape sequences.
pub(crate) fn text(linted: &Linted) -> String {
    if !linted.diffs.is_empty() {
        return linted
            .diffs
            .iter()
            .map(|text| diff::coloured(text))
            .collect();
    }
    let sources = &linted.checked.sources;
    let mut text: String = linted
        .findings
        .iter()
        .map(|found| finding(sources, found))
        .collect();
    let size = format!(
        "{} with {}",
        plural(linted.checked.census.files, "file"),
        plural(linted.checked.census.rules, "rule")
    );
    let counts = Counts::of(&linted.findings);
    match counts.shown() {
        None => text.push_str(&format!("{GREEN}{BOLD}clean{RESET}: {size}\n")),
        Some(shown) => {
            text.push_str(&format!("{RED}{BOLD}found{RESET}: {shown} in {size}\n"));
            let (safe, doubtful) = fixable(&linted.findings);
            if safe > 0 {
                text.push_str(&format!("`--fix` mends {safe} of them\n"));
            }
            if doubtful > 0 {
                text.push_str(&format!("`--fix --unsafe` mends {doubtful} more\n"));
            }
        }
    }
    if let Some(found) = linted.findings.first() {
        let name = found.rule.name;
        text.push_str(&format!("`placet explain-code {name}` says more\n"));
    }
    text
}

/// The last line, when there are several policy sets.
pub(crate) fn total(ran: &[Ran<Linted>]) -> String {
    let all = plural(ran.len(), "policy set");
    match Counts::of_all(ran).shown() {
        None => format!("{GREEN}{BOLD}clean{RESET}: {all}\n"),
        Some(shown) => format!("{RED}{BOLD}found{RESET}: {shown} in {all}\n"),
    }
}

fn finding(sources: &Sources, found: &Finding) -> String {
    let level = match found.level {
        Level::Error => Shown::ERROR,
        Level::Warn => Shown::WARNING,
        Level::Note | Level::Off => Shown::NOTE,
    };
    let mut shown = found.diagnostic.clone();
    if let Some(fix) = &found.fix {
        shown.suggestion = suggestion(sources, fix);
        match &shown.suggestion {
            // What the edit says need not be said twice.
            Some(_) if shown.help.iter().any(|help| fix.title.starts_with(help)) => {
                shown.help = None;
            }
            Some(_) => {}
            None => {
                let help = shown.help.iter().chain([&fix.title]);
                shown.help = Some(
                    help.map(String::as_str)
                        .collect::<Vec<_>>()
                        .join("; the fix: "),
                );
            }
        }
    }
    let id = format!("{} {}", found.rule.code, found.rule.name);
    diagnostics::titled(sources, &shown, level, &id)
}

/// An edit that is shown as such: within a line. Of larger ones the title says enough.
fn suggestion(sources: &Sources, fix: &Fix) -> Option<Suggestion> {
    let [edit] = fix.edits.as_slice() else {
        return None;
    };
    let source = sources.get(edit.file)?;
    let lines = source.slice(edit.span).contains('\n');
    (!lines && !edit.text.contains('\n')).then(|| Suggestion {
        file: edit.file,
        span: edit.span,
        replacement: edit.text.clone(),
        text: fix.title.clone(),
    })
}

fn fixable(findings: &[Finding]) -> (usize, usize) {
    let count = |safety| {
        let fixes = findings.iter().filter_map(|found| found.fix.as_ref());
        fixes.filter(|fix| fix.safety == safety).count()
    };
    (count(Safety::Safe), count(Safety::Unsafe))
}

/// How many findings there are of each level.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Counts {
    error: usize,
    warn: usize,
    note: usize,
}

impl Counts {
    fn of(findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|found| found.level == level).count();
        Self {
            error: count(Level::Error),
            warn: count(Level::Warn),
            note: count(Level::Note),
        }
    }

    fn of_all(ran: &[Ran<Linted>]) -> Self {
        let all = ran.iter().filter_map(|ran| ran.came.as_ref().ok());
        all.fold(Self::default(), |sum, linted| {
            let own = Self::of(&linted.findings);
            Self {
                error: sum.error + own.error,
                warn: sum.warn + own.warn,
                note: sum.note + own.note,
            }
        })
    }

    fn shown(self) -> Option<String> {
        let parts: Vec<String> = [
            (self.error, "error"),
            (self.warn, "warning"),
            (self.note, "note"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| plural(count, what))
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The findings for machines. The shape is stable: keys are only ever added.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    version: u32,
    counts: Counts,
    findings: Vec<Found<'a>>,
    /// What mending would change, if that is only shown.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    diffs: &'a [String],
}

#[derive(Serialize)]
struct Found<'a> {
    code: &'static str,
    rule: &'static str,
    category: &'static str,
    level: &'static str,
    tags: Vec<String>,
    message: &'a str,
    file: Option<&'a str>,
    spans: Vec<Marked<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fix: Option<Edits<'a>>,
}

#[derive(Serialize)]
struct Edits<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

/// What was found in the only policy set, for machines.
pub(crate) fn json(linted: &Linted) -> Report<'_> {
    let sources = &linted.checked.sources;
    Report {
        version: 1,
        counts: Counts::of(&linted.findings),
        findings: linted
            .findings
            .iter()
            .map(|found| json_of(sources, found))
            .collect(),
        diffs: &linted.diffs,
    }
}

/// The same of several policy sets.
pub(crate) fn json_of_all(ran: &[Ran<Linted>]) -> Reports<Whole, Report<'_>> {
    let whole = Whole {
        counts: Counts::of_all(ran),
    };
    suites::reports(whole, ran, json)
}

/// What holds of several policy sets together.
#[derive(Serialize)]
pub(crate) struct Whole {
    counts: Counts,
}

fn json_of<'a>(sources: &'a Sources, found: &'a Finding) -> Found<'a> {
    let diagnostic = &found.diagnostic;
    let file = diagnostic
        .primary()
        .and_then(|label| sources.get(label.file));
    Found {
        code: found.rule.code.as_str(),
        rule: found.rule.name,
        category: found.rule.category.name(),
        level: found.level.name(),
        tags: found.rule.tags.iter().map(ToString::to_string).collect(),
        message: &diagnostic.message,
        file: file.map(|source| source.name.as_str()),
        spans: diagnostics::marked(sources, diagnostic),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fix: found.fix.as_ref().map(|fix| Edits {
            title: &fix.title,
            safe: fix.safety == Safety::Safe,
            edits: fix
                .edits
                .iter()
                .filter_map(|edit| {
                    Some(Edit {
                        place: diagnostics::place(sources, edit.file, edit.span)?,
                        replacement: &edit.text,
                    })
                })
                .collect(),
        }),
    }
}
