//! `placet settle`

use placet::credential::service;
use placet::json;
use placet::model::json::{Fields, Json};

use crate::args::{Format, Settle};
use crate::command::{line, using};
use crate::desk::{Desk, Unavailable, now};
use crate::error::Error;
use crate::input::Requests;
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
fn result(path: &std::path::Path) -> Result<Fields, Error> {
    let mut requests = Requests::open(Some(path), false)?;
    let text = requests
        .next()?
        .ok_or_else(|| Error::NoRequest(requests.name().to_owned()))?;
    let wrong = |why: String| {
        Error::refused(
            format!("the result is {why}"),
            Some("a result is one JSON object; what the tool's `returns` declares of it is kept"),
        )
    };
    match json::read_json(&text.bytes) {
        Ok(Ok(Json::Object(fields))) => Ok(fields),
        Ok(Ok(_)) => Err(wrong("no object".to_owned())),
        Ok(Err(invalid)) => Err(wrong(invalid.to_string())),
        Err(why) => Err(wrong(why.to_string())),
    }
}
