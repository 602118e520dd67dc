//! JSON to values, by declared type.

use std::net::IpAddr;

use placet_model::ids::TypeId;
use placet_model::json::{Fields, Json};
use placet_model::policy::{Field, Policy, Type};
use placet_model::value::{Duration, Time, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::value::V;

/// How strictly a document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Facts and histories: unknown names are ignored, unknown enum values are undefined,
    /// missing fields are undefined when read.
    Facts,
    /// Arguments: closed; all of that is an error.
    Arguments,
}

/// Reads a value of a type. `Err` says what is wrong.
pub fn typed(policy: &Policy, ty: TypeId, json: &Json, how: Strictness) -> Result<V, String> {
    let wrong = |wanted: &str| Err(format!("wanted {wanted}"));
    Ok(match (&policy.types[ty.index()], json) {
        (Type::Bool, Json::Bool(value)) => V::Scalar(Value::Bool(*value)),
        (Type::Int, Json::Number(text)) => match integer(text) {
            Some(value) => V::Scalar(Value::Int(value)),
            None => return wrong("int"),
        },
        (Type::Decimal, Json::Number(text)) => match decimal(text) {
            Some(value) => V::Scalar(Value::Decimal(value)),
            None => return wrong("decimal"),
        },
        (Type::Text, Json::String(text)) => V::text(text.clone()),
        (Type::Time, Json::String(text)) => match Time::parse(text) {
            Some(value) => V::Scalar(Value::Time(value)),
            None => return wrong("time"),
        },
        (Type::Duration, Json::String(text)) => match Duration::parse(text) {
            Some(value) => V::Scalar(Value::Duration(value)),
            None => return wrong("duration"),
        },
        // An IPv4 address may come wrapped in an IPv6 one; it is the same address.
        (Type::Ip, Json::String(text)) => match text.parse::<IpAddr>() {
            Ok(value) => V::Scalar(Value::Ip(value.to_canonical())),
            Err(_) => return wrong("ip"),
        },
        (_, Json::Null) => return wrong("a value, not null"),
        (Type::Json, _) => V::Scalar(Value::Json),
        (Type::Enum(members), Json::String(text)) => {
            if members.contains(text) {
                V::text(text.clone())
            } else if how == Strictness::Arguments {
                return wrong("a member of the enum");
            } else {
                V::Undefined
            }
        }
        (Type::Set(item), Json::Array(items)) => whole(all(policy, *item, items, how)?, V::Set),
        (Type::List(item), Json::Array(items)) => whole(all(policy, *item, items, how)?, V::List),
        (Type::Record(fields), Json::Object(given)) => record(policy, fields, given, how, false)?,
        (ty, _) => return wrong(&format!("{ty:?}")),
    })
}

/// Reads the fields of a record, an argument list or facts. `open` tolerates others.
pub fn record(
    policy: &Policy,
    fields: &[Field],
    given: &Fields,
    how: Strictness,
    open: bool,
) -> Result<V, String> {
    if how == Strictness::Arguments && !open {
        for (name, _) in given {
            if !fields.iter().any(|field| field.name == *name) {
                return Err(format!("`{name}` is not declared"));
            }
        }
    }
    let mut result = Vec::new();
    for field in fields {
        match slot(policy, field, given, how)? {
            V::Absent if how == Strictness::Arguments && !field.optional => {
                return Err(format!("`{}` is missing", field.name));
            }
            V::Absent => {}
            value => result.push((field.name.clone(), value)),
        }
    }
    Ok(V::Record(result))
}

/// Reads one field: its value, its default, or its absence.
pub fn slot(policy: &Policy, field: &Field, given: &Fields, how: Strictness) -> Result<V, String> {
    match given.iter().find(|(name, _)| *name == field.name) {
        Some((name, json)) if *json != Json::Null => {
            typed(policy, field.ty, json, how).map_err(|reason| format!("`{name}`: {reason}"))
        }
        _ => Ok(match &field.default {
            Some(value) => V::of(value),
            None => V::Absent,
        }),
    }
}

/// Whether a value could be the text of a JSON number that an `int` takes.
fn integer(text: &SmolStr) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole { text.parse().ok() } else { None }
}

fn decimal(text: &SmolStr) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        let value = Decimal::from_scientific(text).ok()?;
        return Some(value);
    }
    Decimal::from_str_exact(text).ok()
}

/// A set or list; one member without a value leaves the whole without one.
fn whole(members: Vec<V>, of: fn(Vec<V>) -> V) -> V {
    if members.iter().any(V::lacks_a_part) {
        V::Undefined
    } else {
        of(members)
    }
}

fn all(policy: &Policy, item: TypeId, items: &[Json], how: Strictness) -> Result<Vec<V>, String> {
    items
        .iter()
        .map(|json| typed(policy, item, json, how))
        .collect()
}
