//! `placet test`

use std::num::NonZeroUsize;

use placet::suite::{Options, Report, run_checked};

use crate::args::{Test, TestFormat};
use crate::command::line;
use crate::error::Error;
use crate::output::{self, Ended, Output};
use crate::policy;
use crate::render::{diagnostics, suite};

/// Runs the tests of a policy.
pub(crate) fn run(args: &Test) -> Result<Ended, Error> {
    let checked = policy::check(&args.paths)?;
    output::findings(&diagnostics::text(&checked.sources, &checked.diagnostics));
    let options = Options {
        filter: args.filter.clone(),
        fail_fast: args.fail_fast,
        jobs: args.jobs.unwrap_or_else(processors),
    };
    let report = run_checked(&checked, &options).ok_or(Error::PolicyHasErrors)?;
    if report.total > 0 && report.tests.is_empty() {
        return Err(unmatched(args, &report));
    }
    let mut out = Output::new();
    match args.format {
        TestFormat::Text => out.write(&suite::text(&report))?,
        TestFormat::Json => out.write(&line(&suite::json(&report)))?,
        TestFormat::Junit => out.write(&suite::junit::xml(&report))?,
    }
    out.flush()?;
    let empty = args.fail_on_empty && report.total == 0;
    Ok(if report.passed() && !empty {
        Ended::Fine
    } else {
        Ended::Findings
    })
}

fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// A filter that selects nothing is a mistake: nothing would be tested, and nobody told.
fn unmatched(args: &Test, report: &Report) -> Error {
    let texts: Vec<String> = args.filter.iter().map(|text| format!("`{text}`")).collect();
    Error::refused(
        format!(
            "no test has {} in its name; the policy has {}",
            texts.join(" or "),
            diagnostics::plural(report.total, "test")
        ),
        Some("without `--filter` all tests run, and their names are shown"),
    )
}
