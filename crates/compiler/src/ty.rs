//! Types as the checker sees them: structural, and with a type of what is wrong already.

use std::fmt;
use std::sync::Arc;

use placet_model::value::Value;
use smol_str::SmolStr;

/// A type. `Error` is the type of what has been complained of; it fits everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ty {
    Error,
    Bool,
    Int,
    Decimal,
    Text,
    Time,
    Duration,
    Ip,
    Json,
    /// Members sorted, each once.
    Enum(Arc<[SmolStr]>),
    Set(Arc<Ty>),
    List(Arc<Ty>),
    /// Fields sorted by name, each once.
    Record(Arc<[Field]>),
}

/// A fact, parameter or record member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field {
    pub(crate) name: SmolStr,
    pub(crate) ty: Ty,
    pub(crate) optional: bool,
    pub(crate) default: Option<Value>,
}

impl Field {
    /// One that is always there.
    pub(crate) fn required(name: &str, ty: Ty) -> Self {
        Self {
            name: name.into(),
            ty,
            optional: false,
            default: None,
        }
    }

    /// Whether reading it needs a guard.
    pub(crate) const fn may_be_absent(&self) -> bool {
        self.optional && self.default.is_none()
    }
}

impl Ty {
    /// A record type of these fields.
    pub(crate) fn record(mut fields: Vec<Field>) -> Self {
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        Self::Record(fields.into())
    }

    /// An enum of these members.
    pub(crate) fn enumeration(members: &[&str]) -> Self {
        let mut members: Vec<SmolStr> = members.iter().copied().map(SmolStr::from).collect();
        members.sort();
        Self::Enum(members.into())
    }

    pub(crate) const fn is_error(&self) -> bool {
        matches!(self, Self::Error)
    }

    /// `int` or `decimal`.
    pub(crate) const fn is_numeric(&self) -> bool {
        matches!(self, Self::Int | Self::Decimal)
    }

    /// `text` or an enum: at run time both are texts.
    pub(crate) const fn is_textual(&self) -> bool {
        matches!(self, Self::Text | Self::Enum(_))
    }

    /// What `<` compares.
    pub(crate) const fn is_ordered(&self) -> bool {
        matches!(
            self,
            Self::Int | Self::Decimal | Self::Time | Self::Duration
        )
    }

    /// The type of the members of a set or list.
    pub(crate) fn element(&self) -> Option<&Self> {
        match self {
            Self::Set(element) | Self::List(element) => Some(element),
            _ => None,
        }
    }

    /// The field of a record type.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        match self {
            Self::Record(fields) => fields
                .binary_search_by(|field| field.name.as_str().cmp(name))
                .ok()
                .and_then(|at| fields.get(at)),
            _ => None,
        }
    }

    /// Whether values of the two types can be equal at all.
    pub(crate) fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Error, _) | (_, Self::Error) => true,
            (Self::Enum(a), Self::Enum(b)) => a.iter().any(|member| b.contains(member)),
            (Self::Text, Self::Enum(_)) | (Self::Enum(_), Self::Text) => true,
            (Self::Json, _) | (_, Self::Json) => false,
            (Self::Set(a), Self::Set(b)) | (Self::List(a), Self::List(b)) => a.comparable(b),
            (a, b) => a == b,
        }
    }

    /// Whether a value of this type can stand where `wanted` is asked for.
    pub(crate) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Error, _) | (_, Self::Error) => true,
            (Self::Enum(_), Self::Text) => true,
            (Self::Enum(a), Self::Enum(b)) => a.iter().all(|member| b.contains(member)),
            (Self::Set(a), Self::Set(b)) | (Self::List(a), Self::List(b)) => a.fits(b),
            (a, b) => a == b,
        }
    }

    /// With its article, as a sentence needs it: "an `int`".
    pub(crate) fn a(&self) -> String {
        let article = match self {
            Self::Int | Self::Ip => "an",
            _ => "a",
        };
        match self {
            Self::Enum(_) => format!("one of `{self}`"),
            Self::Record(_) => "a record".to_owned(),
            Self::Error => "something unknown".to_owned(),
            _ => format!("{article} `{self}`"),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("?"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Decimal => f.write_str("decimal"),
            Self::Text => f.write_str("text"),
            Self::Time => f.write_str("time"),
            Self::Duration => f.write_str("duration"),
            Self::Ip => f.write_str("ip"),
            Self::Json => f.write_str("json"),
            Self::Enum(members) => {
                for (at, member) in members.iter().enumerate() {
                    let bar = if at == 0 { "" } else { " | " };
                    write!(f, "{bar}\"{member}\"")?;
                }
                Ok(())
            }
            Self::Set(element) => write!(f, "set<{element}>"),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Record(fields) => {
                f.write_str("{ ")?;
                for (at, field) in fields.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    let optional = if field.optional { "?" } else { "" };
                    write!(f, "{comma}{}: {}{optional}", field.name, field.ty)?;
                }
                f.write_str(" }")
            }
        }
    }
}
