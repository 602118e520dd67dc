//! `placet prove`

use placet::analysis::{Effort, prove};

use crate::args::{Format, Prove};
use crate::command::{line, unmatched_claims};
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::render::prove::{self as render, Proofs};
use crate::suites;

/// Proves the claims of policies, or refutes them.
pub(crate) fn run(args: &Prove) -> Result<Ended, Error> {
    let suites = suites::find(&args.paths)?;
    let effort = Effort { steps: args.steps };
    let mut out = Output::new();
    let shown = (args.format == Format::Text).then_some(render::text as fn(&Proofs) -> String);
    let mut left_out = 0;
    let ran = suites::each(&suites, &mut out, shown, |suite, said| {
        let mut checked = suite.check_aloud(said);
        let policy = checked.policy.take().ok_or(Error::PolicyHasErrors)?;
        let all = checked.claims.list.len();
        let wanted = |title: &str| {
            args.filter.is_empty() || args.filter.iter().any(|text| title.contains(text.as_str()))
        };
        checked.claims.list.retain(|claim| wanted(&claim.title));
        if all > 0 && checked.claims.list.is_empty() {
            left_out += all;
            return Ok(None);
        }
        let proved = prove(&policy, &checked.claims, effort);
        Ok(Some(Proofs {
            sources: checked.sources,
            proved,
        }))
    })?;
    if ran.is_empty() {
        return Err(unmatched_claims(&args.filter, left_out));
    }
    match (args.format, suites::only(&suites, &ran)) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) => out.write(&render::total(&ran))?,
        (Format::Json, Some(only)) => out.write(&line(&render::json(only)))?,
        (Format::Json, None) => out.write(&line(&render::json_of_all(&ran)))?,
    }
    out.flush()?;
    Ok(suites::ended(&ran, Proofs::all_hold))
}
