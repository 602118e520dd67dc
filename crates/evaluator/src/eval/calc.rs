//! What operators and functions make of values; `None` where that is undefined.

use placet_model::policy::{Comparison, Offset};
use placet_model::value::{Duration, Time, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::extract;

pub(super) fn compare(how: Comparison, a: &Value, b: &Value) -> bool {
    let order = a.cmp(b);
    match how {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
    }
}

/// A glob: the parts stand in order, the first at the start, the last at the end.
pub(super) fn like(text: &str, parts: &[SmolStr]) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last.as_str())
}

pub(super) fn add(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int),
        (Value::Decimal(a), Value::Decimal(b)) => exact_sum(*a, *b).map(Value::Decimal),
        (Value::Duration(a), Value::Duration(b)) => {
            a.0.checked_add(b.0)
                .map(|sum| Value::Duration(Duration(sum)))
        }
        (Value::Time(time), Value::Duration(by)) => time.plus(*by).map(Value::Time),
        _ => None,
    }
}

pub(super) fn subtract(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.checked_sub(*b).map(Value::Int),
        (Value::Decimal(a), Value::Decimal(b)) => exact_sum(*a, -*b).map(Value::Decimal),
        (Value::Duration(a), Value::Duration(b)) => {
            a.0.checked_sub(b.0)
                .map(|difference| Value::Duration(Duration(difference)))
        }
        (Value::Time(a), Value::Time(b)) => {
            a.0.checked_sub(b.0)
                .map(|difference| Value::Duration(Duration(difference)))
        }
        (Value::Time(time), Value::Duration(by)) => {
            time.0.checked_sub(by.0).map(|time| Value::Time(Time(time)))
        }
        _ => None,
    }
}

/// A sum, unless digits would be lost.
pub(crate) fn exact_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    let exact = sum.checked_sub(b)? == a && sum.checked_sub(a)? == b;
    exact.then(|| sum.normalize())
}

const DAY: i64 = 86_400_000_000;

fn local(time: Time, offset: Offset) -> Option<i64> {
    time.0.checked_add(i64::from(offset) * 60_000_000)
}

pub(super) fn time_of_day(time: Time, offset: Offset) -> Option<Duration> {
    local(time, offset).map(|local| Duration(local.rem_euclid(DAY)))
}

pub(super) fn weekday(time: Time, offset: Offset) -> Option<&'static str> {
    // 1970-01-01 was a Thursday.
    const DAYS: [&str; 7] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];
    let day = local(time, offset)?.div_euclid(DAY).rem_euclid(7);
    DAYS.get(usize::try_from(day).ok()?).copied()
}

pub(super) fn lower(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Text(text) => Value::Text(extract::lower(text)),
        Value::Set(members) => Value::set(members.iter().map(lower).collect::<Option<Vec<_>>>()?),
        Value::List(members) => Value::List(
            members
                .iter()
                .map(lower)
                .collect::<Option<Vec<_>>>()?
                .into(),
        ),
        _ => return None,
    })
}

pub(super) fn url_record(value: &Value) -> Option<Value> {
    let Value::Text(text) = value else {
        return None;
    };
    let parts = extract::url_parts(text).ok()?;
    let path = parts.path.into_iter().map(Value::Text).collect();
    let mut fields = vec![
        ("host".into(), Value::Text(parts.host)),
        ("path".into(), Value::List(path)),
        ("port".into(), Value::Int(i64::from(parts.port))),
    ];
    if let Some(query) = parts.query {
        fields.push(("query".into(), Value::Text(query)));
    }
    fields.push(("scheme".into(), Value::Text(parts.scheme)));
    Some(Value::Record(fields.into()))
}

/// The sum of values of one type. Whole numbers add up in double width, so that the order
/// of the terms decides nothing: only a total that does not fit is none.
pub(super) fn total(terms: &[Value], zero: &Value) -> Option<Value> {
    let whole = |of: fn(&Value) -> Option<i64>| -> Option<i64> {
        let mut sum = 0_i128;
        for term in terms {
            sum = sum.checked_add(i128::from(of(term)?))?;
        }
        i64::try_from(sum).ok()
    };
    match zero {
        Value::Int(_) => whole(|term| match term {
            Value::Int(number) => Some(*number),
            _ => None,
        })
        .map(Value::Int),
        Value::Duration(_) => whole(|term| match term {
            Value::Duration(duration) => Some(duration.0),
            _ => None,
        })
        .map(|sum| Value::Duration(Duration(sum))),
        _ => terms
            .iter()
            .try_fold(zero.clone(), |sum, term| add(&sum, term)),
    }
}
