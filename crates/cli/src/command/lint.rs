//! `placet lint`

mod config;
mod fix;
mod since;

use placet::Checked;
use placet::suite::markdown::Set;
use placet::syntax::Diagnostic;
use placet_lint::{Config, Finding, Level, Subject, rules};

use crate::args::{Lint, LintFormat, Threshold};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::render::lint as render;
use crate::suites::{self, Suite};

use since::Before;

/// A policy set with what was found in it.
pub(crate) struct Linted {
    /// The policy set.
    pub(crate) checked: Checked,
    /// What was found.
    pub(crate) findings: Vec<Finding>,
    /// What mending would change, if that is only shown.
    pub(crate) diffs: Vec<String>,
}

/// Lints policies and shows what was found.
pub(crate) fn run(args: &Lint) -> Result<Ended, Error> {
    if args.risky && !(args.fix || args.diff) {
        return Err(Error::refused(
            "`--unsafe` says which fixes are applied, and none are",
            Some("add `--fix`, or `--diff` to look at them first"),
        ));
    }
    let suites = suites::find(&args.paths)?;
    let only = only(&args.only)?;
    let mut out = Output::new();
    let shown = (args.format == LintFormat::Text).then_some(render::text as fn(&Linted) -> String);
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        let mut config = config::of(args.config.as_deref(), suite)?;
        if !only.is_empty() {
            config.only(only.iter().copied());
        }
        one(args, suite, &config, said).map(Some)
    })?;
    match (args.format, suites::only(&suites, &ran)) {
        (LintFormat::Text, Some(_)) => {}
        (LintFormat::Text, None) => out.write(&render::total(&ran))?,
        (LintFormat::Json, Some(only)) => out.json(&render::json(only))?,
        (LintFormat::Json, None) => out.json(&render::json_of_all(&ran))?,
        (LintFormat::Sarif, _) => out.write(&render::forge::sarif(&ran)?)?,
        (LintFormat::Github, _) => out.write(&render::forge::github(&ran))?,
        (LintFormat::Junit, _) => out.write(&render::forge::junit(&ran))?,
    }
    out.flush()?;
    let least = match args.fail_on {
        Threshold::Note => Level::Note,
        Threshold::Warn => Level::Warn,
        Threshold::Error => Level::Error,
    };
    Ok(suites::ended(&ran, |linted| {
        linted.diffs.is_empty() && linted.findings.iter().all(|found| found.level < least)
    }))
}

fn one(args: &Lint, suite: &Suite, config: &Config, said: &mut String) -> Result<Linted, Error> {
    let checked = suite.check_aloud(said);
    if checked.policy.is_none() {
        return Err(Error::PolicyHasErrors);
    }
    let before = args.since.as_deref();
    let before = before.map(|revision| Before::of(suite, revision, config));
    let before = before.transpose()?;
    let is_new = |found: &Finding, checked: &Checked| {
        before
            .as_ref()
            .is_none_or(|before| before.is_new(found, checked))
    };
    let (checked, diffs) = match args.fix || args.diff {
        true => {
            let spared = |found: &Finding, checked: &Checked| !is_new(found, checked);
            let fixed = fix::run(args, suite, config, &spared, said)?;
            match args.diff {
                true => (checked, fixed.diffs),
                false => (placet::check(fixed.texts), Vec::new()),
            }
        }
        false => (checked, Vec::new()),
    };
    let mut findings = placet_lint::lint(&checked, config);
    findings.retain(|found| is_new(found, &checked));
    Ok(Linted {
        checked,
        findings,
        diffs,
    })
}

/// Looks for some lints in the policy set of a document's section.
pub(crate) fn look(set: &Set<'_>) -> Vec<Diagnostic> {
    let Some(policy) = &set.compilation.compiled else {
        return Vec::new();
    };
    let mut config = Config::default();
    config.with(set.codes.iter().filter_map(|code| rules::by_code(*code)));
    let subject = Subject {
        sources: set.sources,
        files: set.files,
        comments: set.comments,
        policy,
        claims: &set.compilation.claims,
        tests: &set.compilation.scenarios,
    };
    let findings = placet_lint::lint_subject(&subject, &config);
    let wanted = |finding: &Finding| set.codes.contains(&finding.rule.code);
    let findings = findings.into_iter().filter(wanted);
    findings.map(|finding| finding.diagnostic).collect()
}

/// The rules that are to be run alone.
fn only(names: &[String]) -> Result<Vec<&'static placet_lint::Rule>, Error> {
    let rule = |name: &String| {
        rules::by_name(name).ok_or_else(|| {
            let all = rules::ALL.iter().map(|rule| rule.name);
            let help = match placet::json::closest(name, all) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`placet explain-code` lists all rules".to_owned(),
            };
            Error::refused(format!("no rule is called `{name}`"), Some(&help))
        })
    };
    names.iter().map(rule).collect()
}
