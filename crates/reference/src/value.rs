//! Values as the interpreter knows them: with what is missing, unreadable or still open
//! in its place, however deep.

use placet_model::policy::Comparison;
use placet_model::value::Value;
use smol_str::SmolStr;

use crate::truth::Truths;

/// A value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum V {
    /// Not in the input: undefined to read, and `has` says no.
    Absent,
    /// In the input but of no use (an unknown enum value), or the result of a
    /// computation that failed: undefined.
    Undefined,
    /// Known at the call only.
    Open,
    /// A value without parts.
    Scalar(Value),
    /// A set; equal members may repeat.
    Set(Vec<V>),
    /// A list.
    List(Vec<V>),
    /// A record; absent fields do not occur. One with an undefined part, however deep, can
    /// be asked for its other parts, but is itself undefined.
    Record(Vec<(SmolStr, V)>),
}

impl V {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<SmolStr>) -> Self {
        Self::Scalar(Value::Text(text.into()))
    }

    /// A typed value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Set(members) => Self::Set(members.iter().map(Self::of).collect()),
            Value::List(members) => Self::List(members.iter().map(Self::of).collect()),
            Value::Record(fields) => Self::Record(
                fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Self::of(value)))
                    .collect(),
            ),
            scalar => Self::Scalar(scalar.clone()),
        }
    }

    /// What reading it gives: what is absent, or not whole, reads as undefined.
    #[must_use]
    pub fn read(self) -> Self {
        if self == Self::Absent || self.lacks_a_part() {
            Self::Undefined
        } else {
            self
        }
    }

    /// Whether it, or a part of it, is undefined.
    #[must_use]
    pub fn lacks_a_part(&self) -> bool {
        match self {
            Self::Undefined => true,
            Self::Absent | Self::Open | Self::Scalar(_) => false,
            Self::Set(members) | Self::List(members) => members.iter().any(Self::lacks_a_part),
            Self::Record(fields) => fields.iter().any(|(_, value)| value.lacks_a_part()),
        }
    }

    /// Whether the input holds it.
    #[must_use]
    pub fn present(&self) -> Truths {
        match self {
            Self::Absent => Truths::FALSE,
            Self::Open => Truths::EITHER,
            _ => Truths::TRUE,
        }
    }

    /// Whether it is undefined for certain.
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        matches!(self, Self::Absent | Self::Undefined)
    }

    /// The truth of a boolean.
    #[must_use]
    pub fn truths(self) -> Truths {
        match self.read() {
            Self::Scalar(Value::Bool(known)) => Truths::of(known),
            Self::Open => Truths::OPEN,
            _ => Truths::UNDEFINED,
        }
    }

    /// The members of a set or list.
    #[must_use]
    pub fn members(&self) -> Option<&[Self]> {
        match self {
            Self::Set(members) | Self::List(members) => Some(members),
            _ => None,
        }
    }
}

/// Whether two values are equal.
#[must_use]
pub fn equal(a: &V, b: &V) -> Truths {
    match (a, b) {
        (V::Absent | V::Undefined, _) | (_, V::Absent | V::Undefined) => Truths::UNDEFINED,
        (V::Open, _) | (_, V::Open) => Truths::OPEN,
        (V::Scalar(a), V::Scalar(b)) => Truths::of(a == b),
        (V::Set(a), V::Set(b)) => subset(a, b).and(subset(b, a)),
        (V::List(a), V::List(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .fold(Truths::TRUE, |all, (a, b)| all.and(equal(a, b))),
        (V::Record(a), V::Record(b)) => {
            let same_fields = a.len() == b.len()
                && a.iter()
                    .all(|(name, _)| b.iter().any(|(other, _)| name == other));
            if !same_fields {
                return Truths::FALSE;
            }
            a.iter().fold(Truths::TRUE, |all, (name, value)| {
                let other = b.iter().find(|(other, _)| other == name);
                all.and(other.map_or(Truths::FALSE, |(_, other)| equal(value, other)))
            })
        }
        _ => Truths::FALSE,
    }
}

/// Whether two values compare so.
#[must_use]
pub fn compare(how: Comparison, a: &V, b: &V) -> Truths {
    let ordering = match how {
        Comparison::Equal => return equal(a, b),
        Comparison::NotEqual => return equal(a, b).negated(),
        _ => match (a, b) {
            (V::Absent | V::Undefined, _) | (_, V::Absent | V::Undefined) => {
                return Truths::UNDEFINED;
            }
            (V::Open, _) | (_, V::Open) => return Truths::OPEN,
            (V::Scalar(a), V::Scalar(b)) => a.cmp(b),
            _ => return Truths::UNDEFINED,
        },
    };
    Truths::of(match how {
        Comparison::Less => ordering.is_lt(),
        Comparison::AtMost => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}

/// Whether a value is among these.
#[must_use]
pub fn member(value: &V, of: &[V]) -> Truths {
    of.iter()
        .fold(Truths::FALSE, |any, other| any.or(equal(value, other)))
}

/// Whether all of these are among those.
#[must_use]
pub fn subset(these: &[V], those: &[V]) -> Truths {
    these
        .iter()
        .fold(Truths::TRUE, |all, value| all.and(member(value, those)))
}
