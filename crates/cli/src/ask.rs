//! Asks: reads requests one after another, has each answered, and remembers how it went.

use std::path::Path;

use placet::json::{self, Incoming, Invalid, NotJson};
use placet::model::json::Json;
use placet::{Decision, Reason};
use smol_str::SmolStr;

use crate::args::{Format, InputArgs};
use crate::clock;
use crate::command::line;
use crate::error::Error;
use crate::input::{MAX_REQUEST, Requests, Text};
use crate::named::{Named, Offline, Refused, invalid};
use crate::output::{Ended, Output};
use crate::render;

/// What came in the place of a request.
pub(crate) enum Asked {
    /// A request.
    Request(Box<Incoming>),
    /// JSON that is no request, or one whose credential is not accepted.
    Refused(Refused),
    /// No JSON at all.
    NotJson(NotJson),
}

/// What came, before it is read as a request.
pub(crate) enum Given {
    /// JSON.
    Json(Json),
    /// JSON that is too large, too deep, or has a key twice.
    Invalid(Invalid),
    /// No JSON at all.
    NotJson(NotJson),
}

/// One answer.
pub(crate) struct Answer {
    /// What to write.
    pub(crate) text: String,
    /// What it says.
    pub(crate) verdict: Verdict,
}

/// What an answer says.
pub(crate) enum Verdict {
    /// It is granted.
    Granted,
    /// It is denied.
    Denied,
    /// It is denied since something failed.
    Failed(String),
}

impl Verdict {
    /// What a decision says.
    pub(crate) const fn of(granted: bool) -> Self {
        if granted { Self::Granted } else { Self::Denied }
    }
}

/// Whoever answers requests.
pub(crate) trait Answers {
    /// The answer to what came.
    fn answer(&mut self, given: Given) -> Answer;

    /// The next request may have to be waited for.
    fn idle(&mut self) {}
}

impl<F: FnMut(Given) -> Answer> Answers for F {
    fn answer(&mut self, given: Given) -> Answer {
        self(given)
    }
}

/// Answers all requests in their order, each before the next one is waited for.
///
/// Bytes that are not JSON get an answer in their place, too; when they were all that there
/// was, that is an error.
pub(crate) fn all(args: &InputArgs, mut answers: impl Answers) -> Result<Ended, Error> {
    let mut requests = Requests::open(args.request.as_deref(), args.lines)?;
    let mut out = Output::new();
    let mut ended = Ended::Fine;
    let mut count = 0_usize;
    let mut not_json = None;
    let mut failed = None;
    // A reader that goes away is no error, but what was denied stays denied.
    let written = |written: Result<(), Error>, bad: bool| match written {
        Err(Error::OutputClosed) if bad => Ok(Some(Ended::Findings)),
        Err(error) => Err(error),
        Ok(()) => Ok(None),
    };
    while let Some(text) = requests.next()? {
        count += 1;
        let given = read(&text);
        if let Given::NotJson(why) = &given
            && count == 1
        {
            not_json = Some(why.to_string());
        }
        let answer = answers.answer(given);
        match answer.verdict {
            Verdict::Granted => {}
            Verdict::Denied => ended = Ended::Findings,
            Verdict::Failed(why) => {
                let (count, _) = failed.unwrap_or((0, String::new()));
                failed = Some((count + 1, why));
            }
        }
        let bad = ended == Ended::Findings || failed.is_some();
        if let Some(ended) = written(out.write(&answer.text), bad)? {
            return Ok(ended);
        }
        if requests.may_wait() {
            answers.idle();
            if let Some(ended) = written(out.flush(), bad)? {
                return Ok(ended);
            }
        }
    }
    if let Some(ended) = written(out.flush(), ended == Ended::Findings || failed.is_some())? {
        return Ok(ended);
    }
    match (count, not_json, failed) {
        (0, ..) => Err(Error::NoRequest(requests.name().to_owned())),
        (1, Some(why), _) => Err(Error::NotJson(why)),
        (_, _, Some((count, why))) => Err(Error::Undecided { count, why }),
        _ => Ok(ended),
    }
}

/// The one JSON document of a file or of standard input.
pub(crate) fn document(path: Option<&Path>, what: &str, help: &str) -> Result<Json, Error> {
    let mut requests = Requests::open(path, false)?;
    let Some(text) = requests.next()? else {
        return Err(Error::refused(
            format!("no {what}: {} is empty", requests.name()),
            Some(help),
        ));
    };
    if requests.next()?.is_some() {
        return Err(Error::refused(format!("more than one {what}"), Some(help)));
    }
    match read(&text) {
        Given::Json(json) => Ok(json),
        Given::Invalid(why) => Err(Error::refused(
            format!("the {what} is not usable: {why}"),
            Some(help),
        )),
        Given::NotJson(why) => Err(Error::refused(format!("the {what} is {why}"), Some(help))),
    }
}

/// A decision that is made before the engine sees the request.
pub(crate) fn refusal(refused: &Refused, policy: SmolStr) -> Decision {
    Decision {
        reason: refused.reason,
        ..json::invalid_decision(&refused.wrong, policy)
    }
}

/// The answer to what is not JSON.
pub(crate) fn not_json(why: &NotJson, policy: SmolStr, format: Format) -> Answer {
    Answer {
        text: match format {
            Format::Json => line(&json::not_json_to_json(why, policy)),
            Format::Text => render::decision::failed(&why.to_string()),
        },
        verdict: Verdict::Denied,
    }
}

/// The answer where something failed.
pub(crate) fn unavailable(why: String, policy: SmolStr, format: Format) -> Answer {
    Answer {
        text: match format {
            Format::Json => line(&json::unavailable_to_json(&why, policy)),
            Format::Text => render::decision::failed(&format!("unavailable: {why}")),
        },
        verdict: Verdict::Failed(why),
    }
}

/// Reads the one request of a file.
pub(crate) fn one(path: &Path) -> Result<Asked, Error> {
    let mut requests = Requests::open(Some(path), false)?;
    let Some(text) = requests.next()? else {
        return Err(Error::NoRequest(requests.name().to_owned()));
    };
    if requests.next()?.is_some() {
        return Err(Error::SeveralRequests);
    }
    match asked(read(&text), false, None) {
        Asked::NotJson(why) => Err(Error::NotJson(why.to_string())),
        asked => Ok(asked),
    }
}

/// The JSON of a text.
fn read(text: &Text) -> Given {
    if text.too_long {
        return Given::Invalid(Invalid {
            pointer: String::new(),
            message: format!("larger than {} MiB", MAX_REQUEST >> 20),
        });
    }
    match json::read_json(&text.bytes) {
        Ok(Ok(json)) => Given::Json(json),
        Ok(Err(invalid)) => Given::Invalid(invalid),
        Err(mut not_json) => {
            // Lines are counted in all of the input.
            not_json.line += text.line - 1;
            Given::NotJson(not_json)
        }
    }
}

/// What is asked of the engine alone. A credential that is a token is verified, where keys
/// are given.
pub(crate) fn asked(given: Given, listing: bool, offline: Option<&Offline>) -> Asked {
    let json = match given {
        Given::Json(json) => json,
        Given::Invalid(invalid) => return Asked::Refused(invalid.into()),
        Given::NotJson(why) => return Asked::NotJson(why),
    };
    let json = if listing { as_listing(json) } else { json };
    let asked = with_token(json, offline);
    asked.map_or_else(Asked::Refused, |incoming| {
        Asked::Request(Box::new(incoming))
    })
}

fn with_token(mut json: Json, offline: Option<&Offline>) -> Result<Incoming, Refused> {
    let is_text =
        |member: &(SmolStr, Json)| member.0 == "credential" && matches!(member.1, Json::String(_));
    let named = match &json {
        Json::Object(members) if members.iter().any(is_text) => Named::take(&mut json)?,
        _ => None,
    };
    let mut incoming = request(json)?;
    match named {
        None => {}
        Some(Named::Token(token)) => {
            let Some(offline) = offline else {
                return Err(invalid("a token needs the keys that verify it: `--keys`").into());
            };
            let Some(now) = incoming.request.time else {
                return Err(invalid("a token needs a time").into());
            };
            incoming.request.credential = Some(offline.verify(&token, now)?.credential);
        }
        Some(Named::Id(_) | Named::Whole(_)) => {
            return Err(Refused {
                reason: Reason::InvalidRequest,
                wrong: invalid("what this id names a store knows alone: ask `placet use`"),
            });
        }
    }
    Ok(incoming)
}

/// A request. Where it has no time, the program's clock fills it in: the engine has none.
pub(crate) fn request(json: Json) -> Result<Incoming, Invalid> {
    let mut incoming = json::request_from_json(json)?;
    incoming.request.time = incoming.request.time.or_else(clock::now);
    Ok(incoming)
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
