//! Types of expressions, and values against types.

use std::collections::BTreeSet;
use std::rc::Rc;

use smol_str::SmolStr;

use super::order::ascending;
use super::{Invalid, MAX_TYPE_DEPTH, ensure};
use crate::ids::{HistoryId, TypeId};
use crate::policy::{Field, Policy, Type};
use crate::value::Value;

/// What an expression gives. Enums are texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    /// Of the members of an empty literal: fits all.
    Unknown,
    Bool,
    Int,
    Decimal,
    Text,
    Time,
    Duration,
    Ip,
    Json,
    Set(Rc<Self>),
    List(Rc<Self>),
    Record(Shape),
}

/// Which fields a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A declared record type. Equal types have one id.
    Declared(TypeId),
    /// What `url()` gives.
    Url,
    /// What `email()` gives.
    Email,
    /// A past call of a history.
    Past(HistoryId),
}

impl Ty {
    /// The type of the members of a set or list.
    pub(super) fn element(&self) -> Option<&Self> {
        match self {
            Self::Set(element) | Self::List(element) => Some(element),
            _ => None,
        }
    }

    /// Whether values of the two types can be compared.
    pub(super) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => true,
            (Self::Json, _) | (_, Self::Json) => false,
            (Self::Set(left), Self::Set(right)) | (Self::List(left), Self::List(right)) => {
                left.fits(right)
            }
            _ => self == other,
        }
    }

    /// The type of a literal; `None` when its members differ.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let element = |members: &[Value]| {
            let mut element = Self::Unknown;
            for member in members {
                let ty = Self::of(member)?;
                if !element.fits(&ty) {
                    return None;
                }
                element = ty;
            }
            Some(Rc::new(element))
        };
        Some(match value {
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Decimal(_) => Self::Decimal,
            Value::Text(_) => Self::Text,
            Value::Time(_) => Self::Time,
            Value::Duration(_) => Self::Duration,
            Value::Ip(_) => Self::Ip,
            // Members of sets are searched by their order.
            Value::Set(members) if members.array_windows::<2>().all(|[a, b]| a < b) => {
                Self::Set(element(members)?)
            }
            Value::Set(_) => return None,
            Value::List(members) => Self::List(element(members)?),
            // No expression has such a literal.
            Value::Network(_) | Value::Record(_) | Value::Json => return None,
        })
    }
}

/// The types of a policy.
pub(super) struct Types<'a> {
    policy: &'a Policy,
    types: Vec<Ty>,
}

impl<'a> Types<'a> {
    /// Checks the type arena: children come before parents, equal types have one id, and
    /// nothing is nested too deeply.
    pub(super) fn check(policy: &'a Policy) -> Result<Self, Invalid> {
        let mut types = Self {
            policy,
            types: Vec::with_capacity(policy.types.len()),
        };
        let mut known: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut depths: Vec<usize> = Vec::with_capacity(policy.types.len());
        for (at, ty) in policy.types.iter().enumerate() {
            let place = || format!("type {at}");
            let fresh = postcard::to_stdvec(ty).is_ok_and(|bytes| known.insert(bytes));
            ensure(fresh, place, "it is there twice")?;
            let mut depth = 1_usize;
            for_each_part(ty, |part| {
                let below = depths.get(part.index()).copied();
                depth = depth.max(below.unwrap_or(MAX_TYPE_DEPTH).saturating_add(1));
            });
            ensure(
                depth <= MAX_TYPE_DEPTH,
                place,
                "a part does not come before it, or lies too deep",
            )?;
            depths.push(depth);
            let own = types.ty(TypeId::new(at), ty);
            types.types.push(own);
            match ty {
                Type::Enum(members) => {
                    let ordered = ascending(members) && !members.is_empty();
                    ensure(ordered, place, "its members are not in order, each once")?;
                }
                Type::Record(fields) => types.fields(fields, place)?,
                _ => {}
            }
        }
        Ok(types)
    }

    fn ty(&self, id: TypeId, ty: &Type) -> Ty {
        match ty {
            Type::Bool => Ty::Bool,
            Type::Int => Ty::Int,
            Type::Decimal => Ty::Decimal,
            Type::Text | Type::Enum(_) => Ty::Text,
            Type::Time => Ty::Time,
            Type::Duration => Ty::Duration,
            Type::Ip => Ty::Ip,
            Type::Json => Ty::Json,
            Type::Set(element) => Ty::Set(Rc::new(self.get(*element))),
            Type::List(element) => Ty::List(Rc::new(self.get(*element))),
            Type::Record(_) => Ty::Record(Shape::Declared(id)),
        }
    }

    /// The type with an id that is in the arena.
    pub(super) fn get(&self, id: TypeId) -> Ty {
        self.types.get(id.index()).cloned().unwrap_or(Ty::Json)
    }

    /// Checks fields that are sorted by name.
    pub(super) fn fields(
        &self,
        fields: &[Field],
        place: impl Fn() -> String,
    ) -> Result<(), Invalid> {
        let ordered = ascending(fields.iter().map(|field| &field.name));
        ensure(ordered, &place, "its fields are not in order, each once")?;
        fields
            .iter()
            .try_for_each(|field| self.field(field, &place))
    }

    /// Checks a single field: its type is there, and its default is of that type.
    pub(super) fn field(&self, field: &Field, place: impl Fn() -> String) -> Result<(), Invalid> {
        let known = field.ty.index() < self.policy.types.len();
        ensure(known, &place, "a field has a type that is not there")?;
        let fits = field
            .default
            .as_ref()
            .is_none_or(|value| self.holds(field.ty, value));
        ensure(fits, &place, "a default is not of its type")
    }

    /// Whether a value is one of a type.
    pub(super) fn holds(&self, id: TypeId, value: &Value) -> bool {
        let Some(ty) = self.policy.types.get(id.index()) else {
            return false;
        };
        match (ty, value) {
            (Type::Bool, Value::Bool(_))
            | (Type::Int, Value::Int(_))
            | (Type::Decimal, Value::Decimal(_))
            | (Type::Text, Value::Text(_))
            | (Type::Time, Value::Time(_))
            | (Type::Duration, Value::Duration(_))
            | (Type::Ip, Value::Ip(_))
            | (Type::Json, Value::Json) => true,
            (Type::Enum(known), Value::Text(text)) => known.binary_search(text).is_ok(),
            (Type::Set(of), Value::Set(members)) | (Type::List(of), Value::List(members)) => {
                members.iter().all(|member| self.holds(*of, member))
            }
            (Type::Record(fields), Value::Record(values)) => {
                let known = values.iter().all(|(name, value)| {
                    find(fields, name).is_some_and(|field| self.holds(field.ty, value))
                });
                let complete = fields.iter().all(|field| {
                    field.optional || field.default.is_some() || value.field(&field.name).is_some()
                });
                known && complete
            }
            _ => false,
        }
    }

    /// The fields of a declared record type.
    pub(super) fn record(&self, id: TypeId) -> Option<&'a [Field]> {
        match self.policy.types.get(id.index()) {
            Some(Type::Record(fields)) => Some(fields),
            _ => None,
        }
    }

    /// The type of a field of a record.
    pub(super) fn field_of(&self, shape: Shape, name: &str) -> Option<Ty> {
        let texts = || Rc::new(Ty::Text);
        Some(match (shape, name) {
            (Shape::Declared(id), _) => self.get(find(self.record(id)?, name)?.ty),
            (Shape::Email, "domain" | "local") => Ty::Text,
            (Shape::Url, "scheme" | "host" | "query") => Ty::Text,
            (Shape::Url, "port") => Ty::Int,
            (Shape::Url, "path") => Ty::List(texts()),
            (Shape::Past(_), "seq") => Ty::Int,
            (Shape::Past(_), "time") => Ty::Time,
            (Shape::Past(_), "actions" | "resources") => Ty::Set(texts()),
            (Shape::Past(_), "tool" | "agent" | "user" | "task" | "credential" | "outcome") => {
                Ty::Text
            }
            (Shape::Past(id), "args" | "result") => {
                let history = self.policy.histories.get(id.index())?;
                self.get(if name == "args" {
                    history.args
                } else {
                    history.result
                })
            }
            _ => return None,
        })
    }
}

/// The field with a name.
pub(super) fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields
        .binary_search_by(|field| field.name.as_str().cmp(name))
        .ok()
        .and_then(|at| fields.get(at))
}

fn for_each_part(ty: &Type, mut visit: impl FnMut(TypeId)) {
    match ty {
        Type::Set(element) | Type::List(element) => visit(*element),
        Type::Record(fields) => fields.iter().for_each(|field| visit(field.ty)),
        _ => {}
    }
}

/// Whether all texts may name something.
pub(super) fn are_names<'a>(names: impl IntoIterator<Item = &'a SmolStr>) -> bool {
    names
        .into_iter()
        .all(|name| crate::text::check_text(name).is_ok())
}
