//! `placet mutate`

use placet::suite::mutate::{MutateError, Options, run as try_all};
use smol_str::SmolStr;

use crate::args::{Format, Mutate};
use crate::command::{line, processors};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::render::mutate::{self, Scored};
use crate::{progress, suites};

/// Says which changes of a policy its tests do not notice.
pub(crate) fn run(args: &Mutate) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    let options = Options {
        jobs: args.jobs.unwrap_or_else(processors),
        rule: args.rule.as_ref().map(SmolStr::new),
        progress: progress::bar("changes"),
    };
    let mut out = Output::new();
    let shown = (args.format == Format::Text).then_some(mutate::text as fn(&Scored) -> _);
    let mut unknown = None;
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        let checked = suite.check_aloud(said);
        match try_all(&checked, &options) {
            Ok(report) => Ok(Some(Scored {
                report,
                min: args.min,
            })),
            // Another suite may have it.
            Err(error @ MutateError::UnknownRule(_)) => {
                unknown = Some(error);
                Ok(None)
            }
            Err(error) => Err(refused(error)),
        }
    })?;
    if let Some(error) = unknown.filter(|_| ran.is_empty()) {
        return Err(refused(error));
    }
    match (args.format, suites::only(&suites, &ran)) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) => out.write(&mutate::total(&ran))?,
        (Format::Json, Some(only)) => out.write(&line(&mutate::json(only)))?,
        (Format::Json, None) => out.write(&line(&mutate::json_of_all(&ran)))?,
    }
    out.flush()?;
    Ok(suites::ended(&ran, Scored::met))
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
