//! `placet settle`

use std::path::Path;

use placet::credential::service;
use placet::model::json::{Fields, Json};

use crate::args::{Format, Settle};
use crate::ask;
use crate::command::{line, using};
use crate::desk::{Desk, Unavailable, now};
use crate::error::Error;
use crate::members::Members;
use crate::output::{Ended, Output};
use crate::policy;

/// Says how a call ended.
pub(crate) fn run(args: &Settle) -> Result<Ended, Error> {
    let result = match &args.result {
        Some(path) => result(path)?,
        None => Fields::new(),
    };
    let mut desk = Desk::at(policy::load(&args.policy.paths)?, &args.store);
    let now = now(args.at)?;
    let outcome = using::outcome(args.how);
    match desk.service(now)?.settle(args.seq, outcome, &result, now) {
        Ok(()) => {}
        Err(error @ service::Error::Settle(_)) => {
            return Err(Error::refused(error.to_string(), None));
        }
        Err(error) => return Err(Unavailable::from(error).into()),
    }
    let mut out = Output::new();
    match args.format {
        Format::Text => out.line(&format!("call {} ended: {}", args.seq, outcome.name()))?,
        Format::Json => {
            let report = Members::report()
                .number("seq", args.seq)
                .text("outcome", outcome.name());
            out.write(&line(&report.into()))?;
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

/// What the tool returned.
fn result(path: &Path) -> Result<Fields, Error> {
    const HELP: &str =
        "a result is one JSON object; what the tool's `returns` declares of it is kept";
    match ask::document(Some(path), "result", HELP)? {
        Json::Object(fields) => Ok(fields),
        _ => Err(Error::refused("the result is no object", Some(HELP))),
    }
}
