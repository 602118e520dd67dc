//! `placet check`

use placet::{Census, Checked};
use serde::Serialize;

use crate::args::{Check, Format};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::policy;
use crate::render::diagnostics::{self, Finding, plural};
use crate::render::style::{BOLD, GREEN, RED, RESET};

/// Checks a policy and shows what was found.
pub(crate) fn run(args: &Check) -> Result<Ended, Error> {
    let checked = policy::check(&args.paths)?;
    let mut out = Output::new();
    match args.format {
        Format::Text => out.write(&text(&checked))?,
        Format::Json => out.json(&report(&checked))?,
    }
    out.flush()?;
    let bad = checked.policy.is_none() || args.deny_warnings && !checked.diagnostics.is_empty();
    Ok(if bad { Ended::Findings } else { Ended::Fine })
}

fn text(checked: &Checked) -> String {
    let mut text = diagnostics::text(&checked.sources, &checked.diagnostics);
    let census = &checked.census;
    let size = format!(
        "{} with {}",
        plural(census.files, "file"),
        plural(census.rules, "rule")
    );
    let counts = diagnostics::counts(&checked.diagnostics);
    let line = match (&checked.policy, counts) {
        (Some(_), None) => format!("{GREEN}{BOLD}fine{RESET}: {size}"),
        (Some(_), Some(counts)) => format!("{GREEN}{BOLD}usable{RESET}: {size}, {counts}"),
        (None, counts) => {
            let counts = counts.unwrap_or_default();
            format!("{RED}{BOLD}not usable{RESET}: {size}, {counts}")
        }
    };
    text.push_str(&line);
    text.push('\n');
    for note in not_run(census) {
        text.push_str(&format!("{BOLD}note{RESET}: {note}\n"));
    }
    if let Some(found) = checked.diagnostics.first() {
        let code = found.code;
        text.push_str(&format!("`placet explain-code {code}` says more\n"));
    }
    text
}

/// What the policy holds that checking does not run, and what does.
fn not_run(census: &Census) -> Vec<String> {
    let mut notes = Vec::new();
    if census.tests > 0 {
        let them = if census.tests == 1 { "it" } else { "them" };
        let tests = plural(census.tests, "test");
        notes.push(format!("{tests} checked: `placet test PATH…` runs {them}"));
    }
    if census.claims > 0 {
        let claims = plural(census.claims, "claim");
        notes.push(format!(
            "{claims} checked and not proved: that is not part of this version"
        ));
    }
    notes
}

/// The findings for machines.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    usable: bool,
    policy: Option<&'a str>,
    errors: usize,
    warnings: usize,
    files: usize,
    rules: usize,
    not_run: NotRun,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct NotRun {
    claims: usize,
    tests: usize,
}

fn report(checked: &Checked) -> Report<'_> {
    let errors = checked
        .diagnostics
        .iter()
        .filter(|found| found.is_error())
        .count();
    Report {
        version: 1,
        usable: checked.policy.is_some(),
        policy: checked
            .policy
            .as_ref()
            .map(|policy| policy.digest().as_str()),
        errors,
        warnings: checked.diagnostics.len() - errors,
        files: checked.census.files,
        rules: checked.census.rules,
        not_run: NotRun {
            claims: checked.census.claims,
            tests: checked.census.tests,
        },
        diagnostics: diagnostics::all(&checked.sources, &checked.diagnostics),
    }
}
