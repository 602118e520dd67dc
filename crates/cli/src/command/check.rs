//! `placet check`

use placet::analysis::{Effort, Proved, Verdict, prove};
use placet::{Census, Checked};
use serde::Serialize;

use crate::args::{Check, Format};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::policy;
use crate::render::diagnostics::{self, Finding, plural};
use crate::render::prove as claims;
use crate::render::style::{BOLD, GREEN, RED, RESET};
use crate::suites::{self, Ran};

/// A policy set, checked, with what came of its claims.
struct Proofs {
    checked: Checked,
    proved: Vec<Proved>,
    /// They are declarations alone, without errors.
    part: bool,
}

impl Proofs {
    fn of(mut checked: Checked) -> Self {
        let part = policy::is_a_part(&mut checked);
        let proved = checked
            .policy
            .as_ref()
            .map(|policy| prove(policy, &checked.claims, Effort::default()))
            .unwrap_or_default();
        Self {
            checked,
            proved,
            part,
        }
    }

    /// Whether it can be used: to decide, or as a part of policies.
    const fn usable(&self) -> bool {
        self.part || self.checked.policy.is_some()
    }

    fn count(&self, of: fn(&Verdict) -> bool) -> usize {
        self.proved
            .iter()
            .filter(|claim| of(&claim.verdict))
            .count()
    }

    fn refuted(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Refuted(_)))
    }

    fn unknown(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Unknown(_)))
    }
}

/// Checks policies and shows what was found.
pub(crate) fn run(args: &Check) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    let mut out = Output::new();
    let shown = (args.format == Format::Text).then_some(text as fn(&Proofs) -> String);
    let ran = suites::each(&suites, &mut out, shown, |suite, _| {
        Ok(Some(Proofs::of(suite.check())))
    })?;
    match (args.format, suites::only(&suites, &ran)) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) => out.write(&total(&ran))?,
        (Format::Json, Some(only)) => out.json(&report(only))?,
        (Format::Json, None) => out.json(&suites::reports(Whole::of(&ran), &ran, report))?,
    }
    out.flush()?;
    Ok(suites::ended(&ran, |proofs| {
        let warned = !proofs.checked.diagnostics.is_empty() || proofs.unknown() > 0;
        proofs.usable() && proofs.refuted() == 0 && !(warned && args.deny_warnings)
    }))
}

/// How many policy sets there are, and how many of them cannot be used.
fn total(ran: &[Ran<Proofs>]) -> String {
    let all = plural(ran.len(), "policy set");
    match ran.len() - usable(ran) {
        0 => format!("{GREEN}{BOLD}usable{RESET}: {all}\n"),
        bad => format!("{RED}{BOLD}not usable{RESET}: {bad} of {all}\n"),
    }
}

fn usable(ran: &[Ran<Proofs>]) -> usize {
    let usable = |ran: &&Ran<Proofs>| matches!(&ran.came, Ok(proofs) if proofs.usable());
    ran.iter().filter(usable).count()
}

fn text(proofs: &Proofs) -> String {
    let checked = &proofs.checked;
    let mut text = diagnostics::text(&checked.sources, &checked.diagnostics);
    let census = &checked.census;
    let size = format!(
        "{} with {}",
        plural(census.files, "file"),
        plural(census.rules, "rule")
    );
    let counts = diagnostics::counts(&checked.diagnostics);
    let line = match (proofs.usable().then_some(()), counts) {
        (Some(()), None) => format!("{GREEN}{BOLD}fine{RESET}: {size}"),
        (Some(()), Some(counts)) => format!("{GREEN}{BOLD}usable{RESET}: {size}, {counts}"),
        (None, counts) => {
            let counts = counts.unwrap_or_default();
            format!("{RED}{BOLD}not usable{RESET}: {size}, {counts}")
        }
    };
    text.push_str(&line);
    text.push('\n');
    let open = proofs.proved.iter();
    let open: String = open
        .map(|claim| claims::open(&checked.sources, claim))
        .collect();
    if !open.is_empty() {
        text.push('\n');
        text.push_str(&open);
    }
    for note in notes(proofs, census) {
        text.push_str(&format!("{BOLD}note{RESET}: {note}\n"));
    }
    if let Some(found) = checked.diagnostics.first() {
        let code = found.code;
        text.push_str(&format!("`placet explain-code {code}` says more\n"));
    }
    text
}

/// What came of claims, and what the policy holds that checking does not run.
fn notes(proofs: &Proofs, census: &Census) -> Vec<String> {
    let mut notes = Vec::new();
    if proofs.part {
        notes.push(
            "declarations alone, without a `policy` block: they decide nothing by themselves"
                .into(),
        );
    }
    if census.tests > 0 {
        let them = if census.tests == 1 { "it" } else { "them" };
        let tests = plural(census.tests, "test");
        notes.push(format!("{tests} checked: `placet test PATH…` runs {them}"));
    }
    if !proofs.proved.is_empty() {
        let all = proofs.proved.len();
        let (refuted, unknown) = (proofs.refuted(), proofs.unknown());
        notes.push(match all - refuted - unknown {
            proved if proved == all => format!("{} proved", plural(all, "claim")),
            proved => format!("{proved} of {} proved", plural(all, "claim")),
        });
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
    fn of(ran: &[Ran<Proofs>]) -> Self {
        let all = ran.iter().filter_map(|ran| ran.came.as_ref().ok());
        let found = all.flat_map(|proofs| &proofs.checked.diagnostics);
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
    /// There is no policy, and none is missing: a part that policies share.
    declarations_only: bool,
    policy: Option<&'a str>,
    errors: usize,
    warnings: usize,
    files: usize,
    rules: usize,
    not_run: NotRun,
    claims: Claims<'a>,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct NotRun {
    claims: usize,
    tests: usize,
}

#[derive(Serialize)]
struct Claims<'a> {
    proved: usize,
    refuted: usize,
    unknown: usize,
    /// The titles of those that were refuted.
    against: Vec<&'a str>,
}

fn report(proofs: &Proofs) -> Report<'_> {
    let checked = &proofs.checked;
    let errors = checked
        .diagnostics
        .iter()
        .filter(|found| found.is_error())
        .count();
    Report {
        version: 1,
        usable: proofs.usable(),
        declarations_only: proofs.part,
        policy: checked
            .policy
            .as_ref()
            .map(|policy| policy.digest().as_str()),
        errors,
        warnings: checked.diagnostics.len() - errors,
        files: checked.census.files,
        rules: checked.census.rules,
        not_run: NotRun {
            claims: checked.census.claims.saturating_sub(proofs.proved.len()),
            tests: checked.census.tests,
        },
        claims: Claims {
            proved: proofs.proved.len() - proofs.refuted() - proofs.unknown(),
            refuted: proofs.refuted(),
            unknown: proofs.unknown(),
            against: proofs
                .proved
                .iter()
                .filter(|claim| matches!(claim.verdict, Verdict::Refuted(_)))
                .map(|claim| claim.title.as_str())
                .collect(),
        },
        diagnostics: diagnostics::all(&checked.sources, &checked.diagnostics),
    }
}
