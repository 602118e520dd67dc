//! The types of expressions where they stand.
//!
//! Equal expressions share an id, so `args.id` of one rule may be a number and of another
//! a text, and a variable's type is its binder's: an expression is typed once for each
//! place that holds it. Guards are not checked again: what is absent at run time is
//! undefined, which every rule kind survives.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::types::{Shape, Ty, Types, find};
use super::{Invalid, MAX_TYPED_NODES, ensure};
use crate::ids::{ExprId, FunctionId, TypeId};
use crate::policy::{Binder, Comparison, Expr, Extract, Function, Pattern, Policy, Rule, Segment};
use crate::value::Value;
use crate::walk::Size;

/// Where an expression stands, and so what it may read.
#[derive(Clone, Copy)]
pub(super) enum Stand<'a> {
    /// In a condition or budget: everything.
    Rule(&'a Rule),
    /// In a hole of a rule's pattern: facts and ids.
    Hole,
    /// In a template or line of a function: its arguments.
    Function(&'a Function),
}

/// Types expressions.
pub(super) struct Checker<'a> {
    policy: &'a Policy,
    types: &'a Types<'a>,
    sizes: &'a [Size],
    /// The type of each literal, which may be long and stand in many places.
    literals: Vec<Option<Ty>>,
    /// How many nodes may still be typed.
    left: Cell<usize>,
    /// Every parameter, by name.
    params: HashMap<&'a str, Params>,
}

/// The parameters of one name.
struct Params {
    ty: TypeId,
    /// Whether all functions that have it agree on its type.
    agree: bool,
}

/// What is wrong with an expression.
type Wrong = &'static str;

impl<'a> Checker<'a> {
    pub(super) fn new(policy: &'a Policy, types: &'a Types<'a>, sizes: &'a [Size]) -> Self {
        let mut params: HashMap<&str, Params> = HashMap::new();
        for function in &policy.functions {
            let fields = function.params.and_then(|id| types.record(id));
            for field in fields.unwrap_or_default() {
                params
                    .entry(&field.name)
                    .and_modify(|known| known.agree &= known.ty == field.ty)
                    .or_insert(Params {
                        ty: field.ty,
                        agree: true,
                    });
            }
        }
        let literal = |expr: &Expr| match expr {
            Expr::Const(value) => Ty::of(value),
            _ => None,
        };
        Self {
            policy,
            types,
            sizes,
            literals: policy.exprs.iter().map(literal).collect(),
            left: Cell::new(MAX_TYPED_NODES),
            params,
        }
    }

    /// How many nodes an expression has.
    pub(super) fn nodes(&self, id: ExprId) -> usize {
        self.sizes.get(id.index()).unwrap_or(&Size::UNKNOWN).nodes
    }

    /// Checks that an expression is true or false.
    pub(super) fn condition(
        &self,
        id: ExprId,
        stand: Stand<'_>,
        place: impl FnOnce() -> String,
    ) -> Result<(), Invalid> {
        match self.ty(id, stand, &mut Vec::new()) {
            Ok(Ty::Bool) => Ok(()),
            Ok(_) => ensure(false, place, "a condition is neither true nor false"),
            Err(reason) => ensure(false, place, reason),
        }
    }

    /// Checks that an expression is a number.
    pub(super) fn number(
        &self,
        id: ExprId,
        stand: Stand<'_>,
        place: impl FnOnce() -> String,
    ) -> Result<(), Invalid> {
        match self.ty(id, stand, &mut Vec::new()) {
            Ok(Ty::Int | Ty::Decimal) => Ok(()),
            Ok(_) => ensure(false, place, "a budget is of what is no number"),
            Err(reason) => ensure(false, place, reason),
        }
    }

    /// Checks that the holes of a pattern can be filled.
    pub(super) fn holes(
        &self,
        pattern: &Pattern,
        stand: Stand<'_>,
        place: impl Fn() -> String,
    ) -> Result<(), Invalid> {
        for segment in &pattern.segments {
            let Segment::Hole(hole) = segment else {
                continue;
            };
            let ty = match self.ty(hole.value, stand, &mut Vec::new()) {
                Ok(ty) => ty,
                Err(reason) => return ensure(false, place, reason),
            };
            let many = ty.element().is_some();
            let each = match stand {
                Stand::Function(_) => hole.each == many,
                Stand::Rule(_) | Stand::Hole => !hole.each,
            };
            ensure(each, &place, "`each` stands in the wrong hole")?;
            let one = ty.element().unwrap_or(&ty);
            let fits = match hole.extract {
                Extract::Text => matches!(one, Ty::Text | Ty::Int),
                Extract::Lower | Extract::Path | Extract::Url | Extract::Email => *one == Ty::Text,
            };
            ensure(fits, &place, "a hole is of another type")?;
        }
        Ok(())
    }

    // No deeper than `MAX_EXPR_DEPTH`, and over no more than `MAX_EXPR_NODES`: checked
    // before.
    fn ty(&self, id: ExprId, stand: Stand<'_>, locals: &mut Vec<Ty>) -> Result<Ty, Wrong> {
        let Some(expr) = self.policy.exprs.get(id.index()) else {
            return Err("it has an expression that is not there");
        };
        let left = self.left.get().checked_sub(1);
        self.left
            .set(left.ok_or("all conditions and holes are too big")?);
        match expr {
            Expr::Const(_) => {
                let literal = self.literals.get(id.index()).cloned().flatten();
                literal.ok_or("a literal has no type")
            }
            Expr::Local(slot) => (locals.get(*slot as usize).cloned())
                .ok_or("a variable is read where nothing binds it"),
            Expr::Fact(_)
            | Expr::AgentId
            | Expr::UserId
            | Expr::TaskId
            | Expr::Now
            | Expr::ChainDepth
            | Expr::ChainRoot
            | Expr::ChainAgents
            | Expr::HasUser
            | Expr::ResourcePath
            | Expr::ResourceFact(..)
            | Expr::Arg(_)
            | Expr::Capture(_)
            | Expr::History(_) => self.input(expr, stand),
            Expr::Field(of, name) => {
                let of = self.ty(*of, stand, locals)?;
                self.field(&of, name)
            }
            Expr::Has(of) => {
                self.ty(*of, stand, locals)?;
                Ok(Ty::Bool)
            }
            Expr::Not(of) => self.expect(*of, stand, locals, &Ty::Bool, Ty::Bool),
            Expr::And(left, right) | Expr::Or(left, right) => {
                self.expect(*left, stand, locals, &Ty::Bool, Ty::Bool)?;
                self.expect(*right, stand, locals, &Ty::Bool, Ty::Bool)
            }
            Expr::Compare(comparison, left, right) => {
                let left = self.ty(*left, stand, locals)?;
                compare(*comparison, &left, &self.ty(*right, stand, locals)?)
            }
            Expr::In(left, right) => {
                let left = self.ty(*left, stand, locals)?;
                contains(&self.ty(*right, stand, locals)?, &left)
            }
            Expr::Contains(left, right) => {
                let left = self.ty(*left, stand, locals)?;
                match (left, self.ty(*right, stand, locals)?) {
                    (Ty::Text, Ty::Text) => Ok(Ty::Bool),
                    (left, right) => contains(&left, &right),
                }
            }
            Expr::SubsetOf(left, right) => {
                let left = self.ty(*left, stand, locals)?;
                match left.element() {
                    Some(member) => contains(&self.ty(*right, stand, locals)?, member),
                    None => Err("only sets and lists have subsets"),
                }
            }
            Expr::Like(of, _) => self.expect(*of, stand, locals, &Ty::Text, Ty::Bool),
            Expr::Within(of, _) => self.expect(*of, stand, locals, &Ty::Ip, Ty::Bool),
            Expr::Add(left, right) => {
                let left = self.ty(*left, stand, locals)?;
                add(&left, &self.ty(*right, stand, locals)?)
            }
            Expr::Sub(left, right) => {
                let left = self.ty(*left, stand, locals)?;
                subtract(&left, &self.ty(*right, stand, locals)?)
            }
            Expr::Quantifier { over, body, .. } => self.bind(over, stand, locals, |locals| {
                self.expect(*body, stand, locals, &Ty::Bool, Ty::Bool)
            }),
            Expr::Count { over, distinct } => self.bind(over, stand, locals, |locals| {
                if let Some(value) = distinct {
                    self.ty(*value, stand, locals)?;
                }
                Ok(Ty::Int)
            }),
            Expr::Sum {
                over, value, zero, ..
            } => self.bind(over, stand, locals, |locals| {
                let ty = self.ty(*value, stand, locals)?;
                match (&ty, zero) {
                    (Ty::Int, Value::Int(_))
                    | (Ty::Decimal, Value::Decimal(_))
                    | (Ty::Duration, Value::Duration(_)) => Ok(ty),
                    _ => Err("a sum is of what cannot be added up"),
                }
            }),
            Expr::TimeOfDay(of, offset) => {
                offset_fits(*offset)?;
                self.expect(*of, stand, locals, &Ty::Time, Ty::Duration)
            }
            Expr::Weekday(of, offset) => {
                offset_fits(*offset)?;
                self.expect(*of, stand, locals, &Ty::Time, Ty::Text)
            }
            Expr::Lower(of) => self.lower(*of, stand, locals),
            Expr::Email(of) => self.expect(*of, stand, locals, &Ty::Text, Ty::Record(Shape::Email)),
            Expr::Url(of) => self.expect(*of, stand, locals, &Ty::Text, Ty::Record(Shape::Url)),
            Expr::Path(of) => {
                self.expect(*of, stand, locals, &Ty::Text, Ty::List(Rc::new(Ty::Text)))
            }
        }
    }

    fn expect(
        &self,
        id: ExprId,
        stand: Stand<'_>,
        locals: &mut Vec<Ty>,
        wanted: &Ty,
        gives: Ty,
    ) -> Result<Ty, Wrong> {
        if self.ty(id, stand, locals)? == *wanted {
            Ok(gives)
        } else {
            Err("an operand is of another type")
        }
    }

    /// What a function of texts gives; over a set or list it gives one of those.
    /// `lower` maps over sets and lists.
    fn lower(&self, id: ExprId, stand: Stand<'_>, locals: &mut Vec<Ty>) -> Result<Ty, Wrong> {
        let of = self.ty(id, stand, locals)?;
        if of == Ty::Text || of.element() == Some(&Ty::Text) {
            Ok(of)
        } else {
            Err("an operand is of another type")
        }
    }

    fn bind(
        &self,
        over: &Binder,
        stand: Stand<'_>,
        locals: &mut Vec<Ty>,
        body: impl FnOnce(&mut Vec<Ty>) -> Result<Ty, Wrong>,
    ) -> Result<Ty, Wrong> {
        let list = self.ty(over.list, stand, locals)?;
        let element = list.element().ok_or("a variable ranges over no list")?;
        if over.slot as usize != locals.len() {
            return Err("a variable has another's place");
        }
        locals.push(element.clone());
        if let Some(filter) = over.filter {
            self.expect(filter, stand, locals, &Ty::Bool, Ty::Bool)?;
        }
        let ty = body(locals)?;
        locals.pop();
        Ok(ty)
    }

    fn field(&self, of: &Ty, name: &str) -> Result<Ty, Wrong> {
        let unknown = "it reads a field that is not there";
        match (of, of.element()) {
            (Ty::Record(shape), _) => self.types.field_of(*shape, name).ok_or(unknown),
            (_, Some(Ty::Record(shape))) => (self.types.field_of(*shape, name))
                .map(|ty| Ty::List(Rc::new(ty)))
                .ok_or(unknown),
            _ => Err("it reads a field of what is no record"),
        }
    }

    /// The type of an input, where it may be read.
    fn input(&self, expr: &Expr, stand: Stand<'_>) -> Result<Ty, Wrong> {
        let policy = self.policy;
        let ty = match (expr, stand) {
            (Expr::Arg(name), Stand::Function(function)) => self.param(function, name),
            (Expr::Arg(name), Stand::Rule(rule)) => self.argument(rule, name),
            (Expr::Arg(_), Stand::Hole) | (_, Stand::Function(_)) => None,
            (Expr::Fact(id), _) => {
                (policy.facts.get(id.index())).map(|fact| self.types.get(fact.field.ty))
            }
            (Expr::AgentId | Expr::UserId | Expr::TaskId | Expr::ChainRoot, _) => Some(Ty::Text),
            (Expr::Now, _) => Some(Ty::Time),
            (Expr::ChainDepth, _) => Some(Ty::Int),
            (Expr::ChainAgents, _) => Some(Ty::List(Rc::new(Ty::Text))),
            (Expr::HasUser, _) => Some(Ty::Bool),
            (Expr::ResourcePath, Stand::Rule(_)) => Some(Ty::Text),
            (Expr::ResourceFact(id, name), Stand::Rule(_)) => {
                (policy.resource_facts.get(id.index()))
                    .and_then(|facts| find(&facts.fields, name))
                    .map(|field| self.types.get(field.ty))
            }
            (Expr::Capture(at), Stand::Rule(rule)) => {
                rule.captures.get(*at as usize).map(|_| Ty::Text)
            }
            (Expr::History(id), Stand::Rule(_)) => (policy.histories.get(id.index()))
                .map(|_| Ty::List(Rc::new(Ty::Record(Shape::Past(*id))))),
            _ => None,
        };
        ty.ok_or("it reads what is not there, or may not be read here")
    }

    fn param(&self, function: &Function, name: &str) -> Option<Ty> {
        let params = self.types.record(function.params?)?;
        Some(self.types.get(find(params, name)?.ty))
    }

    /// The one type that an argument has in all functions that a rule covers.
    fn argument(&self, rule: &Rule, name: &str) -> Option<Ty> {
        let params = self.params.get(name)?;
        if params.agree {
            return Some(self.types.get(params.ty));
        }
        let covers = |function: &Function| {
            rule.actions.as_ref().is_none_or(|actions| {
                (function.lines.iter()).any(|line| actions.binary_search(&line.action).is_ok())
            })
        };
        let all: Vec<FunctionId>;
        let functions = match &rule.functions {
            Some(functions) => functions,
            None => {
                all = (0..self.policy.functions.len())
                    .map(FunctionId::new)
                    .collect();
                &all
            }
        };
        let mut types = functions
            .iter()
            .filter_map(|id| self.policy.functions.get(id.index()))
            .filter(|function| covers(function))
            .filter_map(|function| find(self.types.record(function.params?)?, name))
            .map(|field| field.ty);
        let first = types.next()?;
        types.all(|ty| ty == first).then(|| self.types.get(first))
    }
}

fn compare(comparison: Comparison, left: &Ty, right: &Ty) -> Result<Ty, Wrong> {
    let ordered = matches!(left, Ty::Int | Ty::Decimal | Ty::Time | Ty::Duration);
    let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if left.fits(right) && (ordered || equality) {
        Ok(Ty::Bool)
    } else {
        Err("what is compared is of two types, or has no order")
    }
}

fn contains(whole: &Ty, part: &Ty) -> Result<Ty, Wrong> {
    match whole.element() {
        Some(element) if element.fits(part) => Ok(Ty::Bool),
        _ => Err("a member is looked for where none of its type can be"),
    }
}

fn add(left: &Ty, right: &Ty) -> Result<Ty, Wrong> {
    match (left, right) {
        (Ty::Int, Ty::Int) | (Ty::Decimal, Ty::Decimal) | (Ty::Duration, Ty::Duration) => {
            Ok(left.clone())
        }
        (Ty::Time, Ty::Duration) => Ok(Ty::Time),
        _ => Err("what is added does not add up"),
    }
}

fn subtract(left: &Ty, right: &Ty) -> Result<Ty, Wrong> {
    match (left, right) {
        (Ty::Time, Ty::Time) => Ok(Ty::Duration),
        _ => add(left, right),
    }
}

fn offset_fits(minutes: i16) -> Result<(), Wrong> {
    if minutes.unsigned_abs() < 24 * 60 {
        Ok(())
    } else {
        Err("an offset from UTC is a day or more")
    }
}
