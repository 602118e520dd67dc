//! Untyped JSON to typed values, strictly: a value of another JSON type than the
//! declaration's is an error with its place.

use std::sync::Arc;

use placet_model::ids::TypeId;
use placet_model::json::Json;
use placet_model::number::{exact_decimal, exact_integer};
use placet_model::policy::{Field, Policy, Type};
use placet_model::question::{Datum, Given};
use placet_model::text;
use placet_model::value::{Duration, Time, Value};
use placet_model::wire::closest;
use smol_str::{SmolStr, format_smolstr};

/// Why a request is invalid, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// A JSON pointer into the request.
    pub(crate) place: String,
    /// What is wrong there.
    pub(crate) message: String,
}

impl Invalid {
    /// Something wrong right here; callers say [`under`](Self::under) which key it is, so
    /// that a place costs nothing until something is wrong.
    pub(crate) fn here(message: impl Into<String>) -> Self {
        Self::new("", message)
    }

    /// The same, below a key or index.
    pub(crate) fn under(mut self, key: &str) -> Self {
        self.place.insert_str(0, &format!("/{}", escape(key)));
        self
    }

    /// The same, below a place.
    pub(crate) fn below(mut self, place: &str) -> Self {
        self.place.insert_str(0, place);
        self
    }

    pub(crate) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

/// What an input holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    /// Nothing: the input is not there.
    Absent,
    /// Something that has no value of its type: an unknown enum member.
    Undefined,
    /// A record of which a part has no value: it has none itself, but its other parts do.
    /// Fields sorted by name; an absent field does not occur.
    Partial(Arc<[(SmolStr, Slot)]>),
    /// Not known yet: only a call will tell.
    Open,
    /// A value.
    Known(Value),
}

impl Slot {
    /// A field of a record; of a list, the list of those that are present.
    pub(crate) fn field(self, name: &str) -> Self {
        match self {
            Self::Known(Value::List(items)) => Self::Known(Value::List(
                items
                    .iter()
                    .filter_map(|item| item.field(name).cloned())
                    .collect(),
            )),
            Self::Known(record) => record
                .field(name)
                .map_or(Self::Absent, |value| Self::Known(value.clone())),
            Self::Partial(parts) => parts
                .iter()
                .find(|(part, _)| part == name)
                .map_or(Self::Absent, |(_, slot)| slot.clone()),
            other => other,
        }
    }
}

/// How strict to be with what lies inside a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Facts: unknown enum members are undefined, undeclared record fields ignored.
    Facts,
    /// Arguments: both are invalid.
    Arguments,
}

/// Types a value; `Slot::Absent` for JSON null.
pub(crate) fn read(
    policy: &Policy,
    ty: TypeId,
    json: &Json,
    strictness: Strictness,
) -> Result<Slot, Invalid> {
    if matches!(json, Json::Null) {
        return Ok(Slot::Absent);
    }
    let Some(kind) = policy.types.get(ty.index()) else {
        return Ok(Slot::Undefined);
    };
    let known = |value| Ok(Slot::Known(value));
    match (kind, json) {
        (Type::Bool, Json::Bool(value)) => known(Value::Bool(*value)),
        (Type::Int, Json::Number(text)) => match exact_integer(text) {
            Some(value) => known(Value::Int(value)),
            None => Err(Invalid::here(format!(
                "expected a whole number between -2^63 and 2^63 - 1, found `{}`",
                brief(text)
            ))),
        },
        (Type::Decimal, Json::Number(text)) => match exact_decimal(text) {
            Some(value) => known(Value::Decimal(value)),
            None => Err(Invalid::here(format!(
                "`{}` is not exactly a decimal of at most 28 digits",
                brief(text)
            ))),
        },
        (Type::Text, Json::String(value)) => known(Value::Text(value.clone())),
        (Type::Enum(members), Json::String(value)) => {
            if members.binary_search(value).is_ok() {
                known(Value::Text(value.clone()))
            } else if strictness == Strictness::Arguments {
                let all: Vec<String> = members.iter().map(|member| format!("`{member}`")).collect();
                Err(Invalid::here(format!(
                    "`{}` is none of {}",
                    brief(value),
                    all.join(", ")
                )))
            } else {
                Ok(Slot::Undefined)
            }
        }
        (Type::Time, Json::String(value)) => match Time::parse(value) {
            Some(time) => known(Value::Time(time)),
            None => Err(Invalid::here(format!(
                "`{}` is not an RFC 3339 time such as `2026-11-23T10:00:00Z`",
                brief(value)
            ))),
        },
        (Type::Duration, Json::String(value)) => match Duration::parse(value) {
            Some(duration) => known(Value::Duration(duration)),
            None => Err(Invalid::here(format!(
                "`{}` is not a duration such as `90s`, `15m`, `1h`, `30d`",
                brief(value)
            ))),
        },
        (Type::Ip, Json::String(value)) => match value.parse() {
            Ok(address) => known(Value::Ip(std::net::IpAddr::to_canonical(&address))),
            Err(_) => Err(Invalid::here(format!(
                "`{}` is not an IPv4 or IPv6 address",
                brief(value)
            ))),
        },
        (Type::Json, _) => known(Value::Json),
        (Type::Set(member) | Type::List(member), Json::Array(items)) => {
            let mut values = Vec::with_capacity(items.len());
            let mut whole = true;
            for (at, item) in items.iter().enumerate() {
                match read(policy, *member, item, strictness)
                    .map_err(|invalid| invalid.under(&at.to_string()))?
                {
                    Slot::Known(value) => values.push(value),
                    Slot::Absent => {
                        return Err(Invalid::here("null cannot be a member of a set or list")
                            .under(&at.to_string()));
                    }
                    // One member without a value leaves the whole without one; the others
                    // must be well-typed all the same.
                    Slot::Undefined | Slot::Partial(_) | Slot::Open => whole = false,
                }
            }
            if !whole {
                return Ok(Slot::Undefined);
            }
            known(if matches!(kind, Type::Set(_)) {
                Value::set(values)
            } else {
                Value::List(values.into())
            })
        }
        (Type::Record(fields), Json::Object(given)) => {
            record(policy, fields, given.into(), strictness, false)
        }
        _ => Err(Invalid::here(format!(
            "expected {}, found {}",
            expected(kind),
            found(json)
        ))),
    }
}

/// Types a value that a host has, as [`read`] types what it would be as JSON.
pub(crate) fn datum(
    policy: &Policy,
    ty: TypeId,
    datum: Datum<'_>,
    strictness: Strictness,
) -> Result<Slot, Invalid> {
    let known = |value| Ok(Slot::Known(value));
    match (policy.types.get(ty.index()), datum) {
        (_, Datum::Json(json)) => read(policy, ty, json, strictness),
        (Some(Type::Bool), Datum::Bool(value)) => known(Value::Bool(value)),
        (Some(Type::Int), Datum::Int(value)) => known(Value::Int(value)),
        (Some(Type::Text), Datum::Text(text)) => known(Value::Text(text.into())),
        _ => read(policy, ty, &datum.to_json(), strictness),
    }
}

/// The value of a name among what was given.
///
/// What was read as JSON has each name once. What a host put together may not, and which of two
/// values counts is not for an engine to choose.
pub(crate) fn told<'a>(given: Given<'a>, name: &str) -> Result<Option<Datum<'a>>, Invalid> {
    let mut values = given.iter().filter(|(given, _)| *given == name);
    let value = values.next().map(|(_, value)| value);
    if values.next().is_some() {
        return Err(given_twice(name).under(name));
    }
    Ok(value)
}

/// A name that stands for one thing was given two.
pub(crate) fn given_twice(name: &str) -> Invalid {
    Invalid::here(format!("`{}` is given twice", brief(name)))
}

/// Types an object by a record's fields. Undeclared names are invalid among arguments
/// unless `open`, and ignored among facts.
pub(crate) fn record(
    policy: &Policy,
    fields: &[Field],
    given: Given<'_>,
    strictness: Strictness,
    open: bool,
) -> Result<Slot, Invalid> {
    if strictness == Strictness::Arguments && !open {
        for (name, _) in given.iter() {
            if !fields.iter().any(|field| field.name == name) {
                let close = closest(name, fields.iter().map(|field| field.name.as_str()));
                let hint = close
                    .map(|close| format!("; did you mean `{close}`?"))
                    .unwrap_or_default();
                return Err(
                    Invalid::here(format!("unknown argument `{}`{hint}", brief(name))).under(name),
                );
            }
        }
    }
    let mut parts = Vec::with_capacity(fields.len());
    for field in fields {
        let slot = match told(given, &field.name)? {
            Some(value) => datum(policy, field.ty, value, strictness)
                .map_err(|invalid| invalid.under(&field.name))?,
            None => Slot::Absent,
        };
        match (slot, &field.default) {
            (Slot::Absent, Some(default)) => {
                parts.push((field.name.clone(), Slot::Known(default.clone())));
            }
            (Slot::Absent, None) => {
                if strictness == Strictness::Arguments && !field.optional {
                    return Err(Invalid::here(format!("missing argument `{}`", field.name))
                        .under(&field.name));
                }
            }
            (slot, _) => parts.push((field.name.clone(), slot)),
        }
    }
    let values = parts
        .iter()
        .map(|(name, slot)| match slot {
            Slot::Known(value) => Some((name.clone(), value.clone())),
            _ => None,
        })
        .collect::<Option<_>>();
    Ok(match values {
        Some(values) => Slot::Known(Value::Record(values)),
        None => Slot::Partial(parts.into()),
    })
}

/// A name as a JSON pointer token (RFC 6901).
fn escape(name: &str) -> String {
    brief(name).replace('~', "~0").replace('/', "~1")
}

/// User input for a message: short, and without characters that a terminal obeys.
pub(crate) fn brief(text: &str) -> SmolStr {
    const LONGEST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| {
            if c.is_control() || text::is_bidi_control(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format_smolstr!("{shown}")
}

const fn expected(kind: &Type) -> &'static str {
    match kind {
        Type::Bool => "true or false",
        Type::Int => "a whole number",
        Type::Decimal => "a number",
        Type::Text => "a string",
        Type::Enum(_) => "a string, one of the declared values",
        Type::Time => "a string with a time",
        Type::Duration => "a string with a duration",
        Type::Ip => "a string with an address",
        Type::Json => "any value",
        Type::Set(_) | Type::List(_) => "an array",
        Type::Record(_) => "an object",
    }
}

const fn found(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
