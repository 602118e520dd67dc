//! `placet coverage`

use placet::suite::coverage::{Options, run as watch};

use crate::args::{Coverage, CoverageFormat};
use crate::command::{line, processors, unmatched};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::render::coverage::{self, Covered};
use crate::{progress, suites};

/// Says what of policies their tests show.
pub(crate) fn run(args: &Coverage) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    let options = Options {
        filter: args.filter.clone(),
        jobs: args.jobs.unwrap_or_else(processors),
        progress: progress::bar("tests"),
    };
    let mut out = Output::new();
    let shown =
        (args.format == CoverageFormat::Text).then_some(coverage::text as fn(&Covered) -> String);
    let mut left_out = 0;
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        let checked = suite.check_aloud(said);
        let report = watch(&checked, &options).ok_or(Error::PolicyHasErrors)?;
        if report.total > 0 && report.passed + report.failed.len() == 0 {
            left_out += report.total;
            return Ok(None);
        }
        Ok(Some(Covered {
            report,
            min: args.min,
        }))
    })?;
    if ran.is_empty() {
        return Err(unmatched(&args.filter, left_out));
    }
    match (args.format, suites::only(&suites, &ran)) {
        (CoverageFormat::Text, Some(_)) => {}
        (CoverageFormat::Text, None) => out.write(&coverage::total(&ran))?,
        (CoverageFormat::Json, Some(only)) => out.write(&line(&coverage::json(only)))?,
        (CoverageFormat::Json, None) => out.write(&line(&coverage::json_of_all(&ran)))?,
        (CoverageFormat::Lcov, _) => out.write(&coverage::lcov::tracefile(&ran))?,
    }
    out.flush()?;
    Ok(suites::ended(&ran, Covered::passed))
}
