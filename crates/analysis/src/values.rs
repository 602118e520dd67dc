//! Values as requests carry them.

use placet_model::ids::TypeId;
use placet_model::json::Json;
use placet_model::policy::{Policy, Type};
use placet_model::value::Value;
use smol_str::{SmolStr, ToSmolStr};

/// A value as JSON; `None` for what no request can carry.
pub(crate) fn json_of(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::Number(number.to_smolstr()),
        Value::Decimal(number) => Json::Number(number.to_smolstr()),
        Value::Text(text) => Json::String(text.clone()),
        Value::Time(time) => Json::String(time.to_smolstr()),
        Value::Duration(duration) => whole_duration(duration.0)?,
        Value::Ip(address) => Json::String(address.to_smolstr()),
        Value::Network(_) => return None,
        Value::Set(members) | Value::List(members) => {
            Json::Array(members.iter().map(json_of).collect::<Option<_>>()?)
        }
        Value::Record(fields) => Json::Object(
            fields
                .iter()
                .map(|(name, value)| Some((name.clone(), json_of(value)?)))
                .collect::<Option<_>>()?,
        ),
        Value::Json => Json::Object(Vec::new()),
    })
}

/// A duration as requests write it: whole seconds, not negative.
pub(crate) fn whole_duration(micros: i64) -> Option<Json> {
    const SECOND: i64 = 1_000_000;
    (micros >= 0 && micros % SECOND == 0)
        .then(|| Json::String(smol_str::format_smolstr!("{}s", micros / SECOND)))
}

/// The simplest value of a type.
pub(crate) fn simplest(policy: &Policy, ty: TypeId) -> Json {
    match policy.types.get(ty.index()) {
        Some(Type::Bool) => Json::Bool(false),
        Some(Type::Int | Type::Decimal) => Json::Number("1".into()),
        Some(Type::Text) => Json::String("some".into()),
        Some(Type::Time) => Json::String("2026-01-01T00:00:00Z".into()),
        Some(Type::Duration) => Json::String("1h".into()),
        Some(Type::Ip) => Json::String("192.0.2.1".into()),
        Some(Type::Enum(members)) => Json::String(members.first().cloned().unwrap_or_default()),
        Some(Type::Set(_) | Type::List(_)) => Json::Array(Vec::new()),
        Some(Type::Record(fields)) => Json::Object(
            fields
                .iter()
                .filter(|field| !field.optional && field.default.is_none())
                .map(|field| (field.name.clone(), simplest(policy, field.ty)))
                .collect(),
        ),
        Some(Type::Json) | None => Json::Object(Vec::new()),
    }
}

/// Words that nobody uses, so that they differ from everything that a policy names.
pub(crate) fn fresh(at: usize) -> SmolStr {
    const WORDS: [&str; 12] = [
        "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india",
        "juliett", "kilo", "lima",
    ];
    match WORDS.get(at) {
        Some(word) => (*word).into(),
        None => smol_str::format_smolstr!("word{at}"),
    }
}
