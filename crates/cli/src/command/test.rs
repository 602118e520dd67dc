//! `placet test`

mod watch;

use placet::suite::{Options, Report};

use crate::args::{Test, TestFormat};
use crate::command::{line, processors, unmatched};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::render::suite;
use crate::{progress, suites, tested};

/// Runs the tests of policies: once, or again and again.
pub(crate) fn run(args: &Test) -> Result<Ended, Error> {
    match args.watch {
        true => watch::run(args),
        false => once(args),
    }
}

fn once(args: &Test) -> Result<Ended, Error> {
    let suites = tested::find(&args.paths)?;
    let options = Options {
        filter: args.filter.clone(),
        fail_fast: args.fail_fast,
        jobs: args.jobs.unwrap_or_else(processors),
        progress: progress::bar("tests"),
    };
    let mut out = Output::new();
    let shown = (args.format == TestFormat::Text).then_some(suite::text as fn(&Report) -> String);
    let mut left_out = 0;
    let mut stop = false;
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        let Some(report) = suite.run(&options, stop, said)? else {
            return Ok(None);
        };
        stop |= args.fail_fast && !report.passed();
        if report.total > 0 && report.tests.is_empty() {
            left_out += report.total;
            return Ok(None);
        }
        Ok(Some(report))
    })?;
    if ran.is_empty() && left_out > 0 {
        return Err(unmatched(&args.filter, left_out));
    }
    match (args.format, suites::only(&suites, &ran)) {
        (TestFormat::Text, Some(_)) => {}
        (TestFormat::Text, None) => out.write(&suite::total(&ran, left_out))?,
        (TestFormat::Json, Some(only)) => out.write(&line(&suite::json(only)))?,
        (TestFormat::Json, None) => out.write(&line(&suite::json_of_all(&ran, left_out)))?,
        (TestFormat::Junit, _) => out.write(&suite::junit::xml(&ran))?,
    }
    out.flush()?;
    let ended = suites::ended(&ran, |report| {
        report.passed() && !(args.fail_on_empty && report.total == 0)
    });
    Ok(match ran.is_empty() && args.fail_on_empty {
        true => Ended::Findings,
        false => ended,
    })
}
