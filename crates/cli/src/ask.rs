//! Asks the engine: reads requests one after another, has each answered, and remembers how
//! it went.

use placet::json::{self, Incoming, Invalid, NotJson};
use placet::model::json::Json;

use crate::args::RequestArgs;
use crate::clock;
use crate::error::Error;
use crate::input::{MAX_REQUEST, Requests, Text};
use crate::output::{Ended, Output};

/// What came in the place of a request.
pub(crate) enum Asked {
    /// A request.
    Request(Box<Incoming>),
    /// JSON that is no request.
    Invalid(Invalid),
    /// No JSON at all.
    NotJson(NotJson),
}

/// One answer.
pub(crate) struct Answer {
    /// What to write.
    pub(crate) text: String,
    /// Whether it was a grant.
    pub(crate) granted: bool,
}

/// Answers all requests in their order, each before the next one is waited for.
///
/// Bytes that are not JSON get an answer in their place, too; when they were all that there
/// was, that is an error.
pub(crate) fn all(
    args: &RequestArgs,
    listing: bool,
    mut answer: impl FnMut(Asked) -> Answer,
) -> Result<Ended, Error> {
    let mut requests = Requests::open(args.request.as_deref(), args.lines)?;
    let mut out = Output::new();
    let mut ended = Ended::Fine;
    let mut count = 0_usize;
    let mut not_json = None;
    while let Some(text) = requests.next()? {
        count += 1;
        let asked = read(&text, listing);
        if let Asked::NotJson(why) = &asked
            && count == 1
        {
            not_json = Some(why.to_string());
        }
        let answer = answer(asked);
        if !answer.granted {
            ended = Ended::Findings;
        }
        out.write(&answer.text)?;
        if requests.may_wait() {
            out.flush()?;
        }
    }
    out.flush()?;
    match (count, not_json) {
        (0, _) => Err(Error::NoRequest(requests.name().to_owned())),
        (1, Some(why)) => Err(Error::NotJson(why)),
        _ => Ok(ended),
    }
}

/// Reads the one request of a file.
pub(crate) fn one(path: &std::path::Path) -> Result<Asked, Error> {
    let mut requests = Requests::open(Some(path), false)?;
    let Some(text) = requests.next()? else {
        return Err(Error::NoRequest(requests.name().to_owned()));
    };
    if requests.next()?.is_some() {
        return Err(Error::SeveralRequests);
    }
    match read(&text, false) {
        Asked::NotJson(why) => Err(Error::NotJson(why.to_string())),
        asked => Ok(asked),
    }
}

/// What a text asks. Where it has no time, the program's clock fills it in: the engine has
/// none.
fn read(text: &Text, listing: bool) -> Asked {
    if text.too_long {
        return Asked::Invalid(Invalid {
            pointer: String::new(),
            message: format!("larger than {} MiB", MAX_REQUEST >> 20),
        });
    }
    let json = match json::read_json(&text.bytes) {
        Ok(Ok(json)) => json,
        Ok(Err(invalid)) => return Asked::Invalid(invalid),
        Err(mut not_json) => {
            // Lines are counted in all of the input.
            not_json.line += text.line - 1;
            return Asked::NotJson(not_json);
        }
    };
    let json = if listing { as_listing(json) } else { json };
    match json::request_from_json(json) {
        Ok(mut incoming) => {
            incoming.request.time = incoming.request.time.or_else(clock::now);
            Asked::Request(Box::new(incoming))
        }
        Err(invalid) => Asked::Invalid(invalid),
    }
}

/// The same request about listing: what it asks otherwise is left out.
fn as_listing(json: Json) -> Json {
    let Json::Object(mut fields) = json else {
        return json;
    };
    let moment = fields.iter().find(|(name, _)| name == "moment");
    let elsewhere = match moment.map(|(_, value)| value) {
        None => true,
        Some(Json::String(moment)) => moment == "runtime" || moment == "issuance",
        Some(_) => false,
    };
    if elsewhere {
        // The tool of a triple is a part of what it asks, not a wish to see less.
        let about = [
            "moment", "call", "tool", "action", "resource", "scopes", "ttl",
        ];
        let tool_alone = !fields.iter().any(|(name, _)| name == "action");
        fields.retain(|(name, _)| !about.contains(&name.as_str()) || tool_alone && name == "tool");
        fields.push(("moment".into(), Json::String("listing".into())));
    }
    Json::Object(fields)
}
