//! `placet check`

use placet::{Census, Checked};
use serde::Serialize;

use crate::args::{Check, Format};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::render::diagnostics::{self, Finding, plural};
use crate::render::style::{BOLD, GREEN, RED, RESET};
use crate::suites::{self, Ran};

/// Checks policies and shows what was found.
pub(crate) fn run(args: &Check) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    let mut out = Output::new();
    let shown = (args.format == Format::Text).then_some(text as fn(&Checked) -> String);
    let ran = suites::each(&suites, &mut out, shown, |suite, _| Ok(Some(suite.check())))?;
    match (args.format, suites::only(&suites, &ran)) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) => out.write(&total(&ran))?,
        (Format::Json, Some(only)) => out.json(&report(only))?,
        (Format::Json, None) => out.json(&suites::reports(Whole::of(&ran), &ran, report))?,
    }
    out.flush()?;
    Ok(suites::ended(&ran, |checked| {
        checked.policy.is_some() && (checked.diagnostics.is_empty() || !args.deny_warnings)
    }))
}

/// How many policy sets there are, and how many of them cannot be used.
fn total(ran: &[Ran<Checked>]) -> String {
    let all = plural(ran.len(), "policy set");
    match ran.len() - usable(ran) {
        0 => format!("{GREEN}{BOLD}usable{RESET}: {all}\n"),
        bad => format!("{RED}{BOLD}not usable{RESET}: {bad} of {all}\n"),
    }
}

fn usable(ran: &[Ran<Checked>]) -> usize {
    let usable = |ran: &&Ran<Checked>| matches!(&ran.came, Ok(checked) if checked.policy.is_some());
    ran.iter().filter(usable).count()
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

/// What holds of several policy sets together, for machines.
#[derive(Serialize)]
struct Whole {
    usable: bool,
    errors: usize,
    warnings: usize,
}

impl Whole {
    fn of(ran: &[Ran<Checked>]) -> Self {
        let all = ran.iter().filter_map(|ran| ran.came.as_ref().ok());
        let found = all.flat_map(|checked| &checked.diagnostics);
        let (errors, warnings) =
            found.fold((0, 0), |(errors, warnings), found| match found.is_error() {
                true => (errors + 1, warnings),
                false => (errors, warnings + 1),
            });
        Self {
            usable: usable(ran) == ran.len(),
            errors,
            warnings,
        }
    }
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
