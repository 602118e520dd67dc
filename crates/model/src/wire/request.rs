//! JSON to [`Request`].

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::credential::credential_member;
use super::json::{NotJson, read_json};
use super::limits::{
    MAX_ASSENTS, MAX_BUDGETS, MAX_GROUPS, MAX_HISTORIES, MAX_RECORDS, MAX_RESOURCES,
    MAX_SCOPE_PAIRS, MAX_SCOPES,
};
use super::object::{
    Object, array, expected, fields, id, integer, key_id, list, members, one_or_more, text, time,
};
use super::place::{Invalid, Place, shorten};
use super::suggest::closest;
use crate::digest::is_digest;
use crate::json::{Fields, Json};
use crate::number::exact_decimal;
use crate::pattern::Concrete;
use crate::policy::Outcome;
use crate::request::{
    Asked, Assent, Calls, Covers, Principal, Record, Request, ScopeRequest, Task,
};
use crate::resource::Resource;
use crate::value::Duration;

/// A request with the moment that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Which question is asked.
    pub moment: Moment,
    /// The question.
    pub request: Request,
}

/// Which question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// May this call be made?
    Runtime,
    /// Which of these scopes may a credential carry?
    Issuance,
    /// Which tools are worth showing?
    Listing,
}

impl Moment {
    /// All moments.
    pub const ALL: [Self; 3] = [Self::Runtime, Self::Issuance, Self::Listing];

    /// As it is written in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Issuance => "issuance",
            Self::Listing => "listing",
        }
    }
}

/// Reads a request.
///
/// What is JSON but no request is `Ok(Err(…))`, with the place of the first thing that is
/// wrong.
///
/// # Errors
///
/// When the bytes are not one JSON document.
pub fn read_request(bytes: &[u8]) -> Result<Result<Incoming, Invalid>, NotJson> {
    Ok(read_json(bytes)?.and_then(request_from_json))
}

/// Reads a request that is JSON already.
///
/// # Errors
///
/// The first thing that is wrong, with its place.
pub fn request_from_json(json: Json) -> Result<Incoming, Invalid> {
    let root = Place::Root;
    let mut envelope = Object::read(json, &root, &KEYS)?;
    let moment = envelope.need("moment", moment)?;
    let request = Request {
        agent: envelope.need("agent", principal)?,
        user: envelope.maybe("user", principal)?,
        task: envelope.maybe("task", task)?,
        asked: asked(moment, &mut envelope)?,
        context: envelope.maybe("context", fields)?.unwrap_or_default(),
        time: envelope.maybe("time", time)?,
        resources: envelope.maybe("resources", resources)?.unwrap_or_default(),
        histories: envelope.maybe("histories", histories)?.unwrap_or_default(),
        budgets: envelope.maybe("budgets", budgets)?.unwrap_or_default(),
        consents: envelope.maybe("consents", assents)?.unwrap_or_default(),
        approvals: envelope.maybe("approvals", assents)?.unwrap_or_default(),
        credential: envelope.maybe("credential", credential_member)?.flatten(),
    };
    Ok(Incoming { moment, request })
}

const KEYS: [&str; 18] = [
    "moment",
    "agent",
    "user",
    "task",
    "call",
    "tool",
    "action",
    "resource",
    "scopes",
    "ttl",
    "context",
    "time",
    "resources",
    "histories",
    "budgets",
    "consents",
    "approvals",
    "credential",
];

fn moment(json: Json, place: &Place<'_>) -> Result<Moment, Invalid> {
    let word = text(json, place)?;
    choice(&word, &Moment::ALL, Moment::name, "moment", place)
}

/// Which of these it is, by name.
fn choice<T: Copy>(
    word: &str,
    all: &[T],
    name: fn(T) -> &'static str,
    what: &str,
    place: &Place<'_>,
) -> Result<T, Invalid> {
    if let Some(found) = all.iter().find(|one| name(**one) == word) {
        return Ok(*found);
    }
    let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
    let unknown = format!("unknown {what} `{}`", shorten(word));
    Err(place.invalid(match closest(word, names.iter().copied()) {
        Some(meant) => format!("{unknown}; did you mean `{meant}`?"),
        None => format!("{unknown}; known are {}", list(&names)),
    }))
}

fn asked(moment: Moment, envelope: &mut Object<'_>) -> Result<Asked, Invalid> {
    match moment {
        Moment::Runtime => {
            envelope.refuse(
                &["scopes", "ttl"],
                "is for issuance; a runtime request has `call`, or `tool`, `action`, `resource`",
            )?;
            let Some(call) = envelope.take("call") else {
                return triple(envelope);
            };
            envelope.refuse(
                &["tool", "action", "resource"],
                "cannot stand beside `call`: one of them says what is asked",
            )?;
            let place = envelope.place.key("call");
            let mut call = Object::read(call, &place, &["tool", "args"])?;
            Ok(Asked::Call {
                tool: call.need("tool", id)?,
                args: call.maybe("args", fields)?.unwrap_or_default(),
            })
        }
        Moment::Issuance => {
            envelope.refuse(
                &["call", "tool", "action", "resource"],
                "is for run time; an issuance request has `scopes`",
            )?;
            Ok(Asked::Scopes {
                scopes: envelope.need("scopes", scopes)?,
                ttl: envelope.maybe("ttl", ttl)?,
            })
        }
        Moment::Listing => {
            envelope.refuse(
                &["call", "action", "resource", "scopes", "ttl"],
                "makes no sense at listing, which takes `tool` only",
            )?;
            Ok(Asked::Listing {
                tool: envelope.maybe("tool", id)?,
            })
        }
    }
}

fn triple(envelope: &mut Object<'_>) -> Result<Asked, Invalid> {
    let tool = envelope.maybe("tool", id)?;
    let action = envelope.maybe("action", id)?;
    let resource = envelope.maybe("resource", resource)?;
    match (tool, action, resource) {
        (Some(tool), Some(action), Some(resource)) => Ok(Asked::Triple {
            tool,
            action,
            resource,
        }),
        (None, None, None) => Err(envelope
            .place
            .invalid("nothing is asked: `call` is missing, or `tool`, `action` and `resource`")),
        (tool, action, resource) => {
            let missing: Vec<&str> = [
                ("tool", tool.is_none()),
                ("action", action.is_none()),
                ("resource", resource.is_none()),
            ]
            .into_iter()
            .filter_map(|(name, missing)| missing.then_some(name))
            .collect();
            let verb = if missing.len() == 1 { "is" } else { "are" };
            Err(envelope.place.invalid(format!(
                "{} {verb} missing: `tool`, `action` and `resource` belong together",
                list(&missing)
            )))
        }
    }
}

pub(super) fn principal(json: Json, place: &Place<'_>) -> Result<Principal, Invalid> {
    let mut object = Object::read(json, place, &["id", "groups", "facts"])?;
    Ok(Principal {
        id: object.need("id", id)?,
        groups: object.maybe("groups", groups)?,
        facts: object.maybe("facts", fields)?.unwrap_or_default(),
    })
}

pub(super) fn task(json: Json, place: &Place<'_>) -> Result<Task, Invalid> {
    let mut object = Object::read(json, place, &["id", "facts"])?;
    Ok(Task {
        id: object.need("id", id)?,
        facts: object.maybe("facts", fields)?.unwrap_or_default(),
    })
}

fn groups(json: Json, place: &Place<'_>) -> Result<Vec<SmolStr>, Invalid> {
    array(json, place, MAX_GROUPS, id)
}

fn resource(json: Json, place: &Place<'_>) -> Result<SmolStr, Invalid> {
    let text = text(json, place)?;
    match Resource::parse(&text) {
        Ok(resource) => Ok(resource.into_text()),
        Err(error) => Err(place.invalid(error.to_string())),
    }
}

pub(super) fn pattern(json: Json, place: &Place<'_>) -> Result<SmolStr, Invalid> {
    let text = text(json, place)?;
    match Concrete::parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(place.invalid(error.to_string())),
    }
}

fn ttl(json: Json, place: &Place<'_>) -> Result<Duration, Invalid> {
    let text = text(json, place)?;
    match Duration::parse(&text) {
        Some(ttl) if ttl.0 > 0 => Ok(ttl),
        Some(_) => Err(place.invalid("a credential lasts longer than nothing")),
        None => Err(place.invalid(format!(
            "`{}` is not a duration; write it like `30m` (`s`, `m`, `h` or `d`)",
            shorten(&text)
        ))),
    }
}

fn scopes(json: Json, place: &Place<'_>) -> Result<Vec<ScopeRequest>, Invalid> {
    let scopes = array(json, place, MAX_SCOPES, scope)?;
    if scopes.is_empty() {
        return Err(place.invalid("no scope is asked for"));
    }
    let pairs = scopes
        .iter()
        .map(|scope| scope.actions.len() * scope.resources.len())
        .sum::<usize>();
    if pairs > MAX_SCOPE_PAIRS {
        return Err(place.invalid(format!(
            "{pairs} pairs of action and resource, more than {MAX_SCOPE_PAIRS}"
        )));
    }
    Ok(scopes)
}

fn scope(json: Json, place: &Place<'_>) -> Result<ScopeRequest, Invalid> {
    let mut object = Object::read(json, place, &["tool", "action", "resource"])?;
    let scope = ScopeRequest {
        tool: object.need("tool", id)?,
        actions: object.need("action", |json, place| {
            one_or_more(json, place, MAX_SCOPES, id)
        })?,
        resources: object.need("resource", |json, place| {
            one_or_more(json, place, MAX_SCOPES, pattern)
        })?,
    };
    if scope.actions.len() > 1 && scope.actions.iter().any(|action| action == "any") {
        let place = place.key("action");
        return Err(place.invalid("`any` stands alone"));
    }
    Ok(scope)
}

fn resources(json: Json, place: &Place<'_>) -> Result<Vec<(SmolStr, Fields)>, Invalid> {
    let read = |(name, facts): (SmolStr, Json)| {
        let place = place.key(&name);
        if let Err(error) = Resource::parse(&name) {
            return Err(place.invalid(error.to_string()));
        }
        let facts = fields(facts, &place)?;
        Ok((name.clone(), facts))
    };
    members(json, place, MAX_RESOURCES)?
        .into_iter()
        .map(read)
        .collect()
}

fn budgets(
    json: Json,
    place: &Place<'_>,
) -> Result<Vec<(SmolStr, Vec<rust_decimal::Decimal>)>, Invalid> {
    let decimal = |json: Json, place: &Place<'_>| match json {
        Json::Number(number) => match exact_decimal(&number) {
            // Less than nothing would be a larger budget than the policy gives.
            Some(spent) if spent < rust_decimal::Decimal::ZERO => {
                Err(place.invalid("what was spent is not negative"))
            }
            Some(spent) => Ok(spent),
            None => Err(place.invalid(format!(
                "`{}` is too large or too precise",
                shorten(&number)
            ))),
        },
        other => Err(expected("a number", &other, place)),
    };
    let read = |(name, spent): (SmolStr, Json)| {
        let place = place.key(&name);
        key_id(&name, &place)?;
        let spent = array(spent, &place, MAX_BUDGETS, decimal)?;
        Ok((name.clone(), spent))
    };
    members(json, place, MAX_BUDGETS)?
        .into_iter()
        .map(read)
        .collect()
}

pub(super) fn assents(json: Json, place: &Place<'_>) -> Result<Vec<Assent>, Invalid> {
    array(json, place, MAX_ASSENTS, assent)
}

pub(super) fn assent(json: Json, place: &Place<'_>) -> Result<Assent, Invalid> {
    let mut object = Object::read(
        json,
        place,
        &[
            "by",
            "groups",
            "agent",
            "user",
            "task",
            "call",
            "scope",
            "not_after",
            "group",
        ],
    )?;
    // `group` is what a decision that asks for an approval adds for people: which group
    // was asked. It vouches for nothing.
    object.maybe("group", id)?;
    let covers = covers(&mut object)?;
    Ok(Assent {
        by: object.need("by", id)?,
        groups: object.maybe("groups", groups)?,
        agent: object.need("agent", id)?,
        user: object.maybe("user", id)?,
        task: object.maybe("task", id)?,
        covers,
        not_after: object.maybe("not_after", time)?,
    })
}

/// What an assent covers: its `call` or its `scope`.
pub(super) fn covers(object: &mut Object<'_>) -> Result<Covers, Invalid> {
    let call = object.maybe("call", digest)?;
    let scope = object.maybe("scope", scope)?;
    match (call, scope) {
        (Some(call), None) => Ok(Covers::Call(call)),
        (None, Some(scope)) => Ok(Covers::Scope(scope)),
        (None, None) => Err(object
            .place
            .invalid("`call` or `scope` is missing: what it covers")),
        (Some(_), Some(_)) => Err(object
            .place
            .invalid("it covers either a `call` or a `scope`")),
    }
}

fn digest(json: Json, place: &Place<'_>) -> Result<SmolStr, Invalid> {
    let text = text(json, place)?;
    if is_digest(&text) {
        Ok(text)
    } else {
        Err(place.invalid("a digest is `sha256:` and 64 lower-case hexadecimal digits"))
    }
}

fn histories(json: Json, place: &Place<'_>) -> Result<Vec<(SmolStr, Calls)>, Invalid> {
    let mut left = MAX_RECORDS;
    let mut histories = Vec::new();
    for (name, records) in members(json, place, MAX_HISTORIES)? {
        let place = place.key(&name);
        key_id(&name, &place)?;
        if let Json::Number(_) = records {
            let count = u64::try_from(integer(records, &place)?)
                .map_err(|_| place.invalid("no history has a negative number of calls"))?;
            histories.push((name.clone(), Calls::Count(count)));
            continue;
        }
        let records = array(records, &place, left, record)?;
        left -= records.len();
        let mut seen = BTreeSet::new();
        for (at, record) in records.iter().enumerate() {
            if !seen.insert(record.seq) {
                let place = place.index(at);
                return Err(place.key("seq").invalid(format!(
                    "`seq` {} occurs twice; it orders the calls strictly",
                    record.seq
                )));
            }
        }
        histories.push((name.clone(), Calls::Records(records)));
    }
    Ok(histories)
}

fn record(json: Json, place: &Place<'_>) -> Result<Record, Invalid> {
    const KEYS: [&str; 12] = [
        "seq",
        "time",
        "tool",
        "actions",
        "resources",
        "agent",
        "user",
        "task",
        "credential",
        "args",
        "result",
        "outcome",
    ];
    let mut object = Object::read(json, place, &KEYS)?;
    Ok(Record {
        seq: object.need("seq", integer)?,
        time: object.need("time", time)?,
        tool: object.need("tool", id)?,
        outcome: object.need("outcome", outcome)?,
        actions: object.maybe("actions", |json, place| array(json, place, MAX_GROUPS, id))?,
        resources: object.maybe("resources", |json, place| {
            array(json, place, MAX_RESOURCES, resource)
        })?,
        agent: object.maybe("agent", id)?,
        user: object.maybe("user", id)?,
        task: object.maybe("task", id)?,
        credential: object.maybe("credential", id)?,
        args: object.maybe("args", fields)?.unwrap_or_default(),
        result: object.maybe("result", fields)?.unwrap_or_default(),
    })
}

fn outcome(json: Json, place: &Place<'_>) -> Result<Outcome, Invalid> {
    let word = text(json, place)?;
    choice(&word, &Outcome::ALL, Outcome::name, "outcome", place)
}
