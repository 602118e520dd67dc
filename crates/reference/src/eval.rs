//! Expressions: the meaning of each operator, one match arm at a time.

use placet_model::ids::ExprId;
use placet_model::policy::{Binder, Expr, Offset};
use placet_model::value::{Duration, Time, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::extract;
use crate::truth::Truths;
use crate::value::{V, compare, member, subset};
use crate::world::{Place, World};

/// Reads expressions in a world, at a place (a resource with what a pattern captured).
#[derive(Clone)]
pub struct Eval<'a> {
    /// What is known.
    pub world: &'a World<'a>,
    /// What is asked about.
    pub place: &'a Place,
    /// Variables of quantifiers and aggregates, by slot.
    locals: Vec<V>,
}

impl<'a> Eval<'a> {
    /// An evaluation without variables.
    #[must_use]
    pub const fn new(world: &'a World<'a>, place: &'a Place) -> Self {
        Self {
            world,
            place,
            locals: vec![],
        }
    }

    /// The truth of a boolean expression.
    #[must_use]
    pub fn truth(&self, id: ExprId) -> Truths {
        match self.expr(id) {
            Expr::HasUser => Truths::of(self.world.user.is_some()),
            Expr::Has(of) => self.present(*of),
            Expr::Not(of) => self.truth(*of).negated(),
            Expr::And(a, b) => match self.truth(*a) {
                Truths::FALSE => Truths::FALSE,
                left => left.and(self.truth(*b)),
            },
            Expr::Or(a, b) => match self.truth(*a) {
                Truths::TRUE => Truths::TRUE,
                left => left.or(self.truth(*b)),
            },
            Expr::Compare(how, a, b) => compare(*how, &self.value(*a), &self.value(*b)),
            Expr::In(x, xs) => is_in(&self.value(*x), &self.value(*xs)),
            Expr::Contains(xs, x) => contains(&self.value(*xs), &self.value(*x)),
            Expr::SubsetOf(xs, ys) => both(&self.value(*xs), &self.value(*ys), |xs, ys| {
                match (xs.members(), ys.members()) {
                    (Some(xs), Some(ys)) => subset(xs, ys),
                    _ => Truths::UNDEFINED,
                }
            }),
            Expr::Like(text, parts) => one(&self.value(*text), |text| match text {
                V::Scalar(Value::Text(text)) => Truths::of(like(text, parts)),
                _ => Truths::UNDEFINED,
            }),
            Expr::Within(ip, network) => one(&self.value(*ip), |ip| match ip {
                V::Scalar(Value::Ip(ip)) => Truths::of(network.contains(ip)),
                _ => Truths::UNDEFINED,
            }),
            Expr::Quantifier { all, over, body } => self.quantifier(*all, *over, *body),
            _ => self.value(id).truths(),
        }
    }

    /// The value of an expression; never absent.
    #[must_use]
    pub fn value(&self, id: ExprId) -> V {
        let expr = self.expr(id);
        match expr {
            Expr::Add(a, b) => arithmetic(self.value(*a), self.value(*b), add),
            Expr::Sub(a, b) => arithmetic(self.value(*a), self.value(*b), sub),
            Expr::Count { over, distinct } => self.count(*over, *distinct),
            Expr::Sum {
                over,
                value,
                distinct,
                zero,
            } => self.sum(*over, *value, *distinct, zero),
            Expr::TimeOfDay(time, offset) => mapped(self.value(*time), |value| match value {
                V::Scalar(Value::Time(time)) => local(time, *offset)
                    .map(|local| V::Scalar(Value::Duration(Duration(local.rem_euclid(DAY))))),
                _ => None,
            }),
            Expr::Weekday(time, offset) => mapped(self.value(*time), |value| match value {
                V::Scalar(Value::Time(time)) => {
                    let days = local(time, *offset)?.div_euclid(DAY);
                    // The epoch was a Thursday.
                    let names = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];
                    let name = usize::try_from(days.rem_euclid(7)).ok()?;
                    names.get(name).map(|name| V::text(*name))
                }
                _ => None,
            }),
            Expr::Lower(text) => lower(self.value(*text)),
            Expr::Email(text) => extracted(self.value(*text), extract::email),
            Expr::Url(text) => extracted(self.value(*text), extract::url),
            Expr::Path(text) => extracted(self.value(*text), extract::path),
            Expr::HasUser
            | Expr::Has(_)
            | Expr::Not(_)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Compare(..)
            | Expr::In(..)
            | Expr::Contains(..)
            | Expr::SubsetOf(..)
            | Expr::Like(..)
            | Expr::Within(..)
            | Expr::Quantifier { .. } => {
                let truths = self.truth(id);
                if !truths.is_settled() {
                    V::Open
                } else if truths == Truths::UNDEFINED {
                    V::Undefined
                } else {
                    V::Scalar(Value::Bool(truths.may_be_true()))
                }
            }
            _ => self.slot(id).read(),
        }
    }

    /// Whether the input holds what an expression names. It is not told of what could not
    /// be computed, nor of its parts.
    fn present(&self, id: ExprId) -> Truths {
        match self.expr(id) {
            Expr::Arg(name) => self.world.args.present(name),
            Expr::Field(of, _) if self.present(*of) == Truths::UNDEFINED => Truths::UNDEFINED,
            Expr::Const(_)
            | Expr::Fact(_)
            | Expr::AgentId
            | Expr::UserId
            | Expr::TaskId
            | Expr::Now
            | Expr::ChainDepth
            | Expr::ChainRoot
            | Expr::ChainAgents
            | Expr::ResourcePath
            | Expr::ResourceFact(..)
            | Expr::Capture(_)
            | Expr::Local(_)
            | Expr::History(_)
            | Expr::Field(..) => self.slot(id).present(),
            _ => match self.value(id) {
                V::Undefined => Truths::UNDEFINED,
                value => value.present(),
            },
        }
    }

    /// What the input holds under a name.
    #[must_use]
    pub fn slot(&self, id: ExprId) -> V {
        let world = self.world;
        let text = |text: Option<&SmolStr>| text.map_or(V::Absent, |text| V::text(text.clone()));
        match self.expr(id) {
            Expr::Const(value) => V::of(value),
            Expr::Fact(fact) => world.facts[fact.index()].clone(),
            Expr::AgentId => text(Some(&world.agent.id)),
            Expr::UserId => text(world.user.as_ref().map(|user| &user.id)),
            Expr::TaskId => text(world.task.as_ref()),
            Expr::Now => world
                .now
                .map_or(V::Absent, |now| V::Scalar(Value::Time(now))),
            Expr::ChainDepth => {
                let depth = world.chain.len() - 1;
                V::Scalar(Value::Int(i64::try_from(depth).unwrap_or(i64::MAX)))
            }
            Expr::ChainRoot => text(world.chain.first()),
            Expr::ChainAgents => V::List(world.chain.iter().cloned().map(V::text).collect()),
            Expr::ResourcePath => match &self.place.resource {
                Some(resource) => V::text(crate::segment::written(resource)),
                None => V::Open,
            },
            Expr::ResourceFact(set, name) => match &self.place.resource {
                Some(resource) if self.place.called => world.resource_fact(*set, name, resource),
                _ => V::Open,
            },
            Expr::Arg(name) => world.args.slot(name),
            Expr::Capture(index) => self.place.captures[*index as usize].clone(),
            Expr::Local(slot) => self.locals[*slot as usize].clone(),
            Expr::History(history) => world.histories[history.index()].clone(),
            Expr::Field(of, name) => field(&self.slot(*of), name),
            _ => self.value(id),
        }
    }

    fn quantifier(&self, all: bool, over: Binder, body: ExprId) -> Truths {
        let list = self.value(over.list);
        let Some(members) = list.members() else {
            return if list == V::Open {
                Truths::OPEN
            } else {
                Truths::UNDEFINED
            };
        };
        members.iter().fold(Truths::of(all), |result, element| {
            let inner = self.with(over.slot, element);
            let counts = over
                .filter
                .map_or(Truths::TRUE, |filter| inner.truth(filter));
            let holds = inner.truth(body);
            if all {
                result.and(counts.negated().or(holds))
            } else {
                result.or(counts.and(holds))
            }
        })
    }

    /// The elements that count, or why they cannot be told.
    fn selected(&self, over: Binder) -> Result<Vec<Self>, V> {
        let list = self.value(over.list);
        let Some(members) = list.members() else {
            return Err(if list == V::Open {
                V::Open
            } else {
                V::Undefined
            });
        };
        let mut open = false;
        let mut selected = vec![];
        // A set counts each member once, however often it was given.
        let mut seen: Vec<&V> = vec![];
        for element in members {
            if matches!(list, V::Set(_)) {
                let known = seen.iter().fold(Truths::FALSE, |any, other| {
                    any.or(crate::value::equal(element, other))
                });
                if known == Truths::UNDEFINED {
                    return Err(V::Undefined);
                }
                if known == Truths::TRUE {
                    continue;
                }
                seen.push(element);
            }
            let inner = self.with(over.slot, element);
            let counts = over
                .filter
                .map_or(Truths::TRUE, |filter| inner.truth(filter));
            if counts == Truths::UNDEFINED {
                return Err(V::Undefined);
            }
            open |= !counts.is_settled();
            if counts == Truths::TRUE {
                selected.push(inner);
            }
        }
        if open { Err(V::Open) } else { Ok(selected) }
    }

    fn count(&self, over: Binder, distinct: Option<ExprId>) -> V {
        if let (None, None, Expr::History(history)) = (
            over.filter,
            distinct,
            &self.world.policy.exprs[over.list.index()],
        ) && let Some(length) = self.world.length(*history)
        {
            return V::Scalar(Value::Int(length));
        }
        let selected = match self.selected(over) {
            Ok(selected) => selected,
            Err(why) => return why,
        };
        let number = match distinct {
            None => selected.len(),
            Some(value) => {
                let values = selected.iter().map(|inner| inner.value(value)).collect();
                match different(values) {
                    Ok(values) => values.len(),
                    Err(why) => return why,
                }
            }
        };
        V::Scalar(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn sum(&self, over: Binder, value: ExprId, distinct: bool, zero: &Value) -> V {
        let selected = match self.selected(over) {
            Ok(selected) => selected,
            Err(why) => return why,
        };
        let mut values: Vec<V> = selected.iter().map(|inner| inner.value(value)).collect();
        if distinct {
            values = match different(values) {
                Ok(values) => values,
                Err(why) => return why,
            };
        }
        if values.iter().any(V::is_undefined) {
            return V::Undefined;
        }
        if values.contains(&V::Open) {
            return V::Open;
        }
        // Whole numbers have an exact total, whatever the order; it fits or is undefined.
        let whole: Option<i128> = values.iter().try_fold(0_i128, |sum, value| match value {
            V::Scalar(Value::Int(number)) => sum.checked_add(i128::from(*number)),
            V::Scalar(Value::Duration(duration)) => sum.checked_add(i128::from(duration.0)),
            _ => None,
        });
        let fits = |sum: Option<i128>| sum.and_then(|sum| i64::try_from(sum).ok());
        match zero {
            Value::Int(_) => fits(whole).map_or(V::Undefined, |sum| V::Scalar(Value::Int(sum))),
            Value::Duration(_) => fits(whole).map_or(V::Undefined, |sum| {
                V::Scalar(Value::Duration(Duration(sum)))
            }),
            _ => values
                .into_iter()
                .fold(V::of(zero), |sum, value| arithmetic(sum, value, add)),
        }
    }

    fn with(&self, slot: u32, element: &V) -> Self {
        let mut inner = self.clone();
        inner.locals.truncate(slot as usize);
        inner.locals.push(element.clone());
        inner
    }

    fn expr(&self, id: ExprId) -> &'a Expr {
        &self.world.policy.exprs[id.index()]
    }
}

/// A field of a record. Of a list of records: the list of those present.
#[must_use]
pub fn field(of: &V, name: &str) -> V {
    match of {
        V::Record(fields) => fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or(V::Absent, |(_, value)| value.clone()),
        V::List(members) | V::Set(members) => V::List(
            members
                .iter()
                .map(|member| field(member, name))
                .filter(|value| *value != V::Absent)
                .map(V::read)
                .collect(),
        ),
        V::Open => V::Open,
        V::Undefined => V::Undefined,
        _ => V::Absent,
    }
}

/// Each value once, or why that cannot be told.
fn different(values: Vec<V>) -> Result<Vec<V>, V> {
    if values.iter().any(V::is_undefined) {
        return Err(V::Undefined);
    }
    if values.contains(&V::Open) {
        return Err(V::Open);
    }
    let mut result: Vec<V> = vec![];
    for value in values {
        match member(&value, &result) {
            Truths::FALSE => result.push(value),
            Truths::TRUE => {}
            _ => return Err(V::Undefined),
        }
    }
    Ok(result)
}

fn is_in(x: &V, xs: &V) -> Truths {
    both(x, xs, |x, xs| match xs.members() {
        Some(members) => member(x, members),
        None => Truths::UNDEFINED,
    })
}

fn contains(xs: &V, x: &V) -> Truths {
    both(xs, x, |xs, x| match (xs, x) {
        (V::Scalar(Value::Text(text)), V::Scalar(Value::Text(part))) => {
            Truths::of(text.contains(part.as_str()))
        }
        _ => is_in(x, xs),
    })
}

fn one(value: &V, then: impl FnOnce(&V) -> Truths) -> Truths {
    match value {
        V::Open => Truths::OPEN,
        value if value.is_undefined() => Truths::UNDEFINED,
        value => then(value),
    }
}

fn both(a: &V, b: &V, then: impl FnOnce(&V, &V) -> Truths) -> Truths {
    if a.is_undefined() || b.is_undefined() {
        Truths::UNDEFINED
    } else if *a == V::Open || *b == V::Open {
        Truths::OPEN
    } else {
        then(a, b)
    }
}

fn mapped(value: V, then: impl FnOnce(V) -> Option<V>) -> V {
    match value {
        V::Open => V::Open,
        value if value.is_undefined() => V::Undefined,
        value => then(value).unwrap_or(V::Undefined),
    }
}

fn arithmetic(a: V, b: V, then: fn(&Value, &Value) -> Option<Value>) -> V {
    if a.is_undefined() || b.is_undefined() {
        return V::Undefined;
    }
    match (a, b) {
        (V::Open, _) | (_, V::Open) => V::Open,
        (V::Scalar(a), V::Scalar(b)) => then(&a, &b).map_or(V::Undefined, V::Scalar),
        _ => V::Undefined,
    }
}

fn add(a: &Value, b: &Value) -> Option<Value> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b)?),
        (Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(exact(*a, *b)?),
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(Duration(a.0.checked_add(b.0)?))
        }
        (Value::Time(a), Value::Duration(b)) | (Value::Duration(b), Value::Time(a)) => {
            Value::Time(Time(a.0.checked_add(b.0)?))
        }
        _ => return None,
    })
}

fn sub(a: &Value, b: &Value) -> Option<Value> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_sub(*b)?),
        (Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(exact(*a, -*b)?),
        (Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(Duration(a.0.checked_sub(b.0)?))
        }
        (Value::Time(a), Value::Time(b)) => Value::Duration(Duration(a.0.checked_sub(b.0)?)),
        (Value::Time(a), Value::Duration(b)) => Value::Time(Time(a.0.checked_sub(b.0)?)),
        _ => return None,
    })
}

/// A sum; none when it would lose digits.
#[must_use]
pub fn exact(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    let back = sum.checked_sub(b)? == a && sum.checked_sub(a)? == b;
    back.then(|| sum.normalize())
}

const DAY: i64 = 86_400_000_000;

fn local(time: Time, offset: Offset) -> Option<i64> {
    time.0.checked_add(i64::from(offset) * 60_000_000)
}

fn lower(value: V) -> V {
    match value {
        V::Scalar(Value::Text(text)) => V::text(text.to_ascii_lowercase()),
        V::Set(members) => V::Set(members.into_iter().map(lower).collect()),
        V::List(members) => V::List(members.into_iter().map(lower).collect()),
        V::Open => V::Open,
        _ => V::Undefined,
    }
}

/// What an extractor makes of a text; over sets and lists it maps.
fn extracted(value: V, how: fn(&str) -> Option<V>) -> V {
    match value {
        V::Scalar(Value::Text(text)) => how(&text).unwrap_or(V::Undefined),
        V::Set(members) => V::Set(
            members
                .into_iter()
                .map(|text| extracted(text, how))
                .collect(),
        ),
        V::List(members) => V::List(
            members
                .into_iter()
                .map(|text| extracted(text, how))
                .collect(),
        ),
        V::Open => V::Open,
        _ => V::Undefined,
    }
}

/// Whether a text is the parts in order with anything in between.
fn like(text: &str, parts: &[SmolStr]) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    let Some(after) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    if rest.is_empty() {
        return after.is_empty();
    }
    // A star stands here: try every place at which the rest may start.
    let places = after.char_indices().map(|(at, _)| at).chain([after.len()]);
    places
        .into_iter()
        .any(|at| after.get(at..).is_some_and(|after| like(after, rest)))
}
