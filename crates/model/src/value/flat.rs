//! Values as they are saved: parts in postfix order, so that reading never recurses and
//! nesting is limited before anything deep exists.

use std::net::IpAddr;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Duration, Time, Value};

/// How many sets, lists and records may lie within each other in a saved value.
pub const MAX_VALUE_DEPTH: usize = 64;

/// A saved value.
#[derive(Serialize, Deserialize)]
pub(super) struct Flat(Vec<Part>);

#[derive(Serialize, Deserialize)]
enum Part {
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(SmolStr),
    Time(Time),
    Duration(Duration),
    Ip(IpAddr),
    Network(ipnet::IpNet),
    /// The parts before it: so many members.
    Set(u32),
    List(u32),
    /// The fields' names; the parts before it are their values.
    Record(Vec<SmolStr>),
    Json,
}

/// Why saved parts are no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FlatError {
    #[error("a saved value is nested too deeply")]
    TooDeep,
    #[error("the parts of a saved value do not add up")]
    Parts,
    #[error("the members of a saved set or record are not in order")]
    Order,
}

impl From<Value> for Flat {
    fn from(value: Value) -> Self {
        let mut parts = Vec::new();
        flatten(&value, &mut parts);
        Self(parts)
    }
}

fn flatten(value: &Value, parts: &mut Vec<Part>) {
    let count = |members: &[Value]| u32::try_from(members.len()).unwrap_or(u32::MAX);
    match value {
        Value::Bool(truth) => parts.push(Part::Bool(*truth)),
        Value::Int(number) => parts.push(Part::Int(*number)),
        Value::Decimal(number) => parts.push(Part::Decimal(*number)),
        Value::Text(text) => parts.push(Part::Text(text.clone())),
        Value::Time(time) => parts.push(Part::Time(*time)),
        Value::Duration(duration) => parts.push(Part::Duration(*duration)),
        Value::Ip(address) => parts.push(Part::Ip(*address)),
        Value::Network(network) => parts.push(Part::Network(*network)),
        Value::Set(members) => {
            members.iter().for_each(|member| flatten(member, parts));
            parts.push(Part::Set(count(members)));
        }
        Value::List(members) => {
            members.iter().for_each(|member| flatten(member, parts));
            parts.push(Part::List(count(members)));
        }
        Value::Record(fields) => {
            fields.iter().for_each(|(_, value)| flatten(value, parts));
            let names = fields.iter().map(|(name, _)| name.clone()).collect();
            parts.push(Part::Record(names));
        }
        Value::Json => parts.push(Part::Json),
    }
}

impl TryFrom<Flat> for Value {
    type Error = FlatError;

    fn try_from(flat: Flat) -> Result<Self, FlatError> {
        let mut stack = Stack(Vec::new());
        for part in flat.0 {
            let leaf = match part {
                Part::Bool(truth) => Self::Bool(truth),
                Part::Int(number) => Self::Int(number),
                Part::Decimal(number) => Self::Decimal(number),
                Part::Text(text) => Self::Text(text),
                Part::Time(time) => Self::Time(time),
                Part::Duration(duration) => Self::Duration(duration),
                Part::Ip(address) => Self::Ip(address),
                Part::Network(network) => Self::Network(network),
                Part::Json => Self::Json,
                Part::Set(count) => {
                    let (members, depth) = stack.take(count as usize)?;
                    if !members.is_sorted_by(|left, right| left < right) {
                        return Err(FlatError::Order);
                    }
                    stack.0.push((Self::Set(members.into()), depth));
                    continue;
                }
                Part::List(count) => {
                    let (members, depth) = stack.take(count as usize)?;
                    stack.0.push((Self::List(members.into()), depth));
                    continue;
                }
                Part::Record(names) => {
                    if !names.is_sorted_by(|left, right| left < right) {
                        return Err(FlatError::Order);
                    }
                    let (values, depth) = stack.take(names.len())?;
                    let fields: Arc<[_]> = names.into_iter().zip(values).collect();
                    stack.0.push((Self::Record(fields), depth));
                    continue;
                }
            };
            stack.0.push((leaf, 0));
        }
        match (stack.0.pop(), stack.0.is_empty()) {
            (Some((value, _)), true) => Ok(value),
            _ => Err(FlatError::Parts),
        }
    }
}

/// Values that belong to no whole yet, with their depth.
struct Stack(Vec<(Value, usize)>);

impl Stack {
    fn take(&mut self, count: usize) -> Result<(Vec<Value>, usize), FlatError> {
        let at = self.0.len().checked_sub(count).ok_or(FlatError::Parts)?;
        let mut depth = 1;
        let mut members = Vec::with_capacity(count);
        for (member, below) in self.0.drain(at..) {
            depth = depth.max(below + 1);
            members.push(member);
        }
        if depth > MAX_VALUE_DEPTH {
            return Err(FlatError::TooDeep);
        }
        Ok((members, depth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: Vec<Part>) -> Result<Value, FlatError> {
        Value::try_from(Flat(parts))
    }

    #[test]
    fn values_come_back_as_they_were_saved() {
        let inner = Value::Record(Arc::from([
            ("a".into(), Value::set(vec![Value::Int(2), Value::Int(1)])),
            ("b".into(), Value::Json),
        ]));
        let value = Value::List(Arc::from([
            inner,
            Value::Text("x".into()),
            Value::Bool(true),
        ]));
        let bytes = postcard::to_stdvec(&value).expect("saved");
        assert_eq!(postcard::from_bytes::<Value>(&bytes), Ok(value));
    }

    #[test]
    fn hostile_nesting_is_an_error() {
        let nested = |depth: usize| {
            let mut parts = vec![Part::Int(1)];
            parts.extend((0..depth).map(|_| Part::List(1)));
            read(parts).map(|_| ())
        };
        assert_eq!(nested(MAX_VALUE_DEPTH), Ok(()));
        assert_eq!(nested(MAX_VALUE_DEPTH + 1), Err(FlatError::TooDeep));
        assert_eq!(nested(1_000_000), Err(FlatError::TooDeep));
    }

    #[test]
    fn parts_that_make_no_value_are_errors() {
        assert_eq!(read(vec![]), Err(FlatError::Parts));
        assert_eq!(read(vec![Part::Json, Part::Json]), Err(FlatError::Parts));
        assert_eq!(read(vec![Part::Set(1)]), Err(FlatError::Parts));
        assert_eq!(read(vec![Part::List(u32::MAX)]), Err(FlatError::Parts));
        let unsorted = vec![Part::Int(2), Part::Int(1), Part::Set(2)];
        assert_eq!(read(unsorted), Err(FlatError::Order));
        let twice = vec![Part::Int(2), Part::Int(2), Part::Set(2)];
        assert_eq!(read(twice), Err(FlatError::Order));
        let names = vec!["b".into(), "a".into()];
        let unsorted = vec![Part::Int(1), Part::Int(2), Part::Record(names)];
        assert_eq!(read(unsorted), Err(FlatError::Order));
    }
}
