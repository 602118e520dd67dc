//! `placet mutate`

use std::num::NonZeroUsize;

use placet::suite::mutate::{MutateError, Options, run as try_all};
use smol_str::SmolStr;

use crate::args::{Format, Mutate};
use crate::command::line;
use crate::error::Error;
use crate::output::{self, Ended, Output};
use crate::policy;
use crate::render::{diagnostics, mutate};

/// Says which changes of a policy its tests do not notice.
pub(crate) fn run(args: &Mutate) -> Result<Ended, Error> {
    let checked = policy::check(&args.paths)?;
    output::findings(&diagnostics::text(&checked.sources, &checked.diagnostics));
    let options = Options {
        jobs: args.jobs.unwrap_or_else(processors),
        rule: args.rule.as_ref().map(SmolStr::new),
    };
    let report = try_all(&checked, &options).map_err(refused)?;
    let met = report.counts().permille() >= usize::from(args.min) * 10;
    let mut out = Output::new();
    match args.format {
        Format::Text => out.write(&mutate::text(&report, args.min))?,
        Format::Json => out.write(&line(&mutate::json(&report, args.min)))?,
    }
    out.flush()?;
    Ok(if met { Ended::Fine } else { Ended::Findings })
}

fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn refused(error: MutateError) -> Error {
    let help = match error {
        MutateError::Unusable => return Error::PolicyHasErrors,
        MutateError::NoTests => {
            "write `test \"…\" { … }` blocks, in files of the same policy; `placet test` runs them"
        }
        MutateError::Failing(_) => "`placet test` shows what is wrong",
        MutateError::UnknownRule(_) => "rules are named `layer/rule`; without a layer line, `main`",
    };
    Error::refused(error.to_string(), Some(help))
}
