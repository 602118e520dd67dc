//! Expressions: typed inputs to slots and truth sets. One evaluator serves all moments:
//! at run time nothing is open, and every truth set has one member.

mod calc;
mod loops;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use placet_model::ids::{ActionId, ExprId, FactId, FunctionId, PatternId};
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Entity, Expr, Extract, Moment, Pattern, Segment, Type};
use placet_model::render;
use placet_model::resource::ResourceRef;
use placet_model::value::Value;
use smol_str::SmolStr;

use crate::extract;
use crate::inputs::{Inputs, Read, Trace};
use crate::truth::Truths;
use crate::typed::Slot;
use calc::{add, compare, like, lower, subtract, time_of_day, url_record, weekday};

pub(crate) use calc::exact_sum;

/// The request that an expression is evaluated for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site<'a> {
    pub(crate) function: FunctionId,
    pub(crate) action: ActionId,
    pub(crate) args: Args<'a>,
    pub(crate) place: Place<'a>,
}

/// The arguments of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Args<'a> {
    /// A record.
    Known(&'a Value),
    /// Not told: the call is not made yet, or the request is a plain triple.
    Open,
}

/// The resource.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// This one.
    Exact(ResourceRef<'a>),
    /// Any in this region.
    Region(&'a Concrete),
}

/// What an expression gives to one that has to have its value.
enum Need {
    Known(Value),
    Open,
    Undefined,
}

/// Evaluates expressions at a site.
pub(crate) struct Eval<'a> {
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) site: Site<'a>,
    pub(crate) trace: &'a Trace,
    locals: RefCell<Vec<Value>>,
    /// Members looked at since the outermost quantifier or aggregate began.
    steps: Cell<usize>,
}

/// The most members that one quantifier or aggregate looks at, those of the ones within it
/// included. Beyond it the condition is undefined: nested loops over long lists would
/// otherwise take for ever.
pub const MAX_STEPS: usize = 1_000_000;

impl<'a> Eval<'a> {
    pub(crate) const fn new(inputs: &'a Inputs<'a>, site: Site<'a>, trace: &'a Trace) -> Self {
        Self {
            inputs,
            site,
            trace,
            locals: RefCell::new(Vec::new()),
            steps: Cell::new(0),
        }
    }

    fn get(&self, id: ExprId) -> Option<&'a Expr> {
        self.inputs.policy.exprs.get(id.index())
    }

    fn text(&self, id: ExprId) -> String {
        render::expr(self.inputs.policy, id, &[])
    }

    /// The truth of a boolean expression; `captures` is the pattern that gives them.
    pub(crate) fn truth(&self, id: ExprId, captures: Option<PatternId>) -> Truths {
        let Some(expr) = self.get(id) else {
            return Truths::UNDEFINED;
        };
        let both = |a: ExprId, b: ExprId, test: &dyn Fn(&Value, &Value) -> Option<bool>| {
            self.both(a, b, captures, test)
        };
        match expr {
            Expr::HasUser => {
                self.trace.read(Read::User);
                Truths::of(self.inputs.user.is_some())
            }
            Expr::Has(of) => self.presence(*of, captures),
            Expr::Not(a) => self.truth(*a, captures).not(),
            Expr::And(a, b) => {
                let left = self.truth(*a, captures);
                if left.is_false() {
                    left
                } else {
                    left.and(self.truth(*b, captures))
                }
            }
            Expr::Or(a, b) => {
                let left = self.truth(*a, captures);
                if left.is_true() {
                    left
                } else {
                    left.or(self.truth(*b, captures))
                }
            }
            Expr::Compare(how, a, b) => both(*a, *b, &|a, b| Some(compare(*how, a, b))),
            Expr::In(a, b) => both(*a, *b, &|a, b| self.has_member(b, a)),
            Expr::Contains(a, b) => both(*a, *b, &|a, b| match (a, b) {
                (Value::Text(a), Value::Text(b)) => Some(a.contains(b.as_str())),
                (a, b) => self.has_member(a, b),
            }),
            Expr::SubsetOf(a, b) => both(*a, *b, &|a, b| {
                let whole: BTreeSet<&Value> = b.members()?.iter().collect();
                let members = a.members()?;
                let in_loop = !self.locals.borrow().is_empty();
                if in_loop && !self.may_step(whole.len().saturating_add(members.len())) {
                    return None;
                }
                Some(members.iter().all(|member| whole.contains(member)))
            }),
            Expr::Like(a, parts) => self.one(*a, captures, |a| match a {
                Value::Text(text) => Some(like(text, parts)),
                _ => None,
            }),
            Expr::Within(a, net) => self.one(*a, captures, |a| match a {
                Value::Ip(address) => Some(net.contains(&address.to_canonical())),
                _ => None,
            }),
            Expr::Quantifier { all, over, body } => self.quantifier(*all, *over, *body, captures),
            _ => self.one(id, captures, |value| match value {
                Value::Bool(holds) => Some(*holds),
                _ => None,
            }),
        }
    }

    /// The value of an expression.
    pub(crate) fn slot(&self, id: ExprId, captures: Option<PatternId>) -> Slot {
        let Some(expr) = self.get(id) else {
            return Slot::Undefined;
        };
        match expr {
            Expr::Const(value) => Slot::Known(value.clone()),
            Expr::Fact(fact) => {
                self.read_fact(*fact);
                let slot = self.inputs.fact(*fact);
                if slot == Slot::Open {
                    self.trace.open(self.text(id));
                }
                slot
            }
            Expr::AgentId => {
                self.trace.read(Read::Agent);
                text_slot(Some(self.inputs.agent))
            }
            Expr::UserId => {
                self.trace.read(Read::User);
                text_slot(self.inputs.user)
            }
            Expr::TaskId => {
                self.trace.read(Read::Task);
                match self.inputs.task {
                    None if self.inputs.open => self.opened("task.id"),
                    task => text_slot(task),
                }
            }
            Expr::Now => {
                self.trace.read(Read::Now);
                match self.inputs.now {
                    Some(now) => Slot::Known(Value::Time(now)),
                    None if self.inputs.open => self.opened("now"),
                    None => Slot::Absent,
                }
            }
            Expr::ChainDepth => {
                self.trace.read(Read::Chain);
                let depth = self.inputs.above.len();
                Slot::Known(Value::Int(i64::try_from(depth).unwrap_or(i64::MAX)))
            }
            Expr::ChainRoot => {
                self.trace.read(Read::Chain);
                text_slot(self.inputs.chain().next())
            }
            Expr::ChainAgents => {
                self.trace.read(Read::Chain);
                Slot::Known(self.inputs.chain_value())
            }
            Expr::ResourcePath => {
                self.trace.read(Read::Resource);
                match self.site.place {
                    Place::Exact(resource) => Slot::Known(Value::Text(resource.as_str().into())),
                    Place::Region(region) => match region.as_resource() {
                        Some(resource) => Slot::Known(Value::Text(resource.into_text())),
                        None => self.opened("resource.path"),
                    },
                }
            }
            Expr::ResourceFact(block, name) => match self.site.place {
                Place::Exact(resource) => {
                    self.trace.read(Read::ResourceFacts(*block));
                    self.inputs.resource_fact(resource.as_str(), *block, name)
                }
                Place::Region(region) => match region.as_resource() {
                    Some(resource) if self.inputs.open && self.inputs.tells(resource.as_str()) => {
                        self.inputs.resource_fact(resource.as_str(), *block, name)
                    }
                    _ => self.opened(self.text(id)),
                },
            },
            Expr::Arg(name) => match self.site.args {
                Args::Known(record) => {
                    self.trace.read(Read::Arg(name.clone()));
                    record
                        .field(name)
                        .map_or(Slot::Absent, |value| Slot::Known(value.clone()))
                }
                Args::Open => {
                    let declared = self.parameter(name);
                    if declared.is_some() {
                        self.opened(self.text(id))
                    } else {
                        Slot::Absent
                    }
                }
            },
            Expr::Capture(index) => self.captured(*index, captures),
            Expr::Local(slot) => self
                .locals
                .borrow()
                .get(*slot as usize)
                .map_or(Slot::Undefined, |value| Slot::Known(value.clone())),
            Expr::History(history) => {
                self.trace.read(Read::History(*history));
                let slot = self.inputs.history(*history);
                if slot == Slot::Open {
                    self.trace.open(self.text(id));
                }
                slot
            }
            Expr::Field(of, name) => self.slot(*of, captures).field(name),
            Expr::Add(a, b) => self.arithmetic(*a, *b, captures, add),
            Expr::Sub(a, b) => self.arithmetic(*a, *b, captures, subtract),
            Expr::Count { over, distinct } => self.count(*over, *distinct, captures),
            Expr::Sum {
                over,
                value,
                distinct,
                zero,
            } => self.sum(*over, *value, *distinct, zero, captures),
            Expr::TimeOfDay(of, offset) => self.map(*of, captures, |value| match value {
                Value::Time(time) => Some(Value::Duration(time_of_day(*time, *offset)?)),
                _ => None,
            }),
            Expr::Weekday(of, offset) => self.map(*of, captures, |value| match value {
                Value::Time(time) => Some(Value::Text(weekday(*time, *offset)?.into())),
                _ => None,
            }),
            Expr::Lower(of) => self.map(*of, captures, lower),
            Expr::Email(of) => self.map(*of, captures, |value| {
                let Value::Text(text) = value else {
                    return None;
                };
                let parts = extract::email_parts(text).ok()?;
                Some(Value::Record(
                    [
                        ("domain".into(), Value::Text(parts.domain)),
                        ("local".into(), Value::Text(parts.local)),
                    ]
                    .into(),
                ))
            }),
            Expr::Url(of) => self.map(*of, captures, url_record),
            Expr::Path(of) => self.map(*of, captures, |value| {
                let Value::Text(text) = value else {
                    return None;
                };
                let parts = extract::path_parts(text).ok()?;
                Some(Value::List(parts.into_iter().map(Value::Text).collect()))
            }),
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
                let truths = self.truth(id, captures);
                if truths.is_true() || truths.is_false() {
                    Slot::Known(Value::Bool(truths.is_true()))
                } else if truths == Truths::UNDEFINED {
                    Slot::Undefined
                } else {
                    Slot::Open
                }
            }
        }
    }

    /// A slot that has to have a value, or what reads it is undefined: notes the input
    /// that is missing.
    fn need(&self, id: ExprId, captures: Option<PatternId>) -> Need {
        match self.slot(id, captures) {
            Slot::Known(value) => Need::Known(value),
            Slot::Open => Need::Open,
            Slot::Absent | Slot::Undefined | Slot::Partial(_) => {
                if self.trace.is_on() && self.is_input(id) {
                    self.trace.missing(self.text(id));
                }
                Need::Undefined
            }
        }
    }

    /// Whether an expression reads one input. What is computed is missing only because
    /// an input is, and of a variable nobody knows which element it was.
    fn is_input(&self, id: ExprId) -> bool {
        match self.get(id) {
            Some(Expr::Field(of, _)) => self.is_input(*of),
            Some(expr) => matches!(
                expr,
                Expr::Fact(_)
                    | Expr::AgentId
                    | Expr::UserId
                    | Expr::TaskId
                    | Expr::Now
                    | Expr::ResourceFact(..)
                    | Expr::Arg(_)
                    | Expr::History(_)
            ),
            None => false,
        }
    }

    fn opened(&self, what: impl Into<SmolStr>) -> Slot {
        self.trace.open(what);
        Slot::Open
    }

    /// The parameter of the function at hand.
    fn parameter(&self, name: &str) -> Option<&'a placet_model::policy::Field> {
        let policy = self.inputs.policy;
        let params = policy.functions.get(self.site.function.index())?.params?;
        match policy.types.get(params.index())? {
            Type::Record(fields) => fields.iter().find(|field| field.name == name),
            _ => None,
        }
    }

    /// Whether the input holds what an expression names. Of a part of what could not be
    /// computed nobody knows; neither answer may then switch a deny off.
    fn presence(&self, id: ExprId, captures: Option<PatternId>) -> Truths {
        // A parameter that every call has is present before there is a call.
        if let (Some(Expr::Arg(name)), Args::Open) = (self.get(id), self.site.args)
            && let Some(parameter) = self.parameter(name)
            && (!parameter.optional || parameter.default.is_some())
        {
            return Truths::TRUE;
        }
        match self.slot(id, captures) {
            Slot::Absent => Truths::FALSE,
            Slot::Undefined if !self.is_input(id) => Truths::UNDEFINED,
            Slot::Undefined | Slot::Partial(_) | Slot::Known(_) => Truths::TRUE,
            Slot::Open => Truths::EITHER,
        }
    }

    fn captured(&self, index: u32, captures: Option<PatternId>) -> Slot {
        self.trace.read(Read::Resource);
        let Some(pattern) = captures.and_then(|id| self.inputs.policy.patterns.get(id.index()))
        else {
            return Slot::Undefined;
        };
        let Some(at) = capture_position(pattern, index) else {
            return Slot::Undefined;
        };
        match self.site.place {
            Place::Exact(resource) => match resource.segments().nth(at) {
                Some(text) => Slot::Known(Value::Text(decoded(text))),
                None => Slot::Undefined,
            },
            Place::Region(region) => match region.segments().get(at) {
                Some(Seg::Literal(text)) => Slot::Known(Value::Text(decoded(text))),
                _ => self.opened("resource"),
            },
        }
    }

    /// The value of a literal, or of a fact that has one, as it lies there: what most
    /// conditions compare.
    fn given(&self, id: ExprId) -> Option<&'a Value> {
        match self.get(id)? {
            Expr::Const(value) => Some(value),
            Expr::Fact(fact) => {
                let Slot::Known(value) = self.inputs.facts.get(fact.index())? else {
                    return None;
                };
                self.read_fact(*fact);
                Some(value)
            }
            _ => None,
        }
    }

    fn read_fact(&self, fact: FactId) {
        if !self.trace.is_on() {
            return;
        }
        self.trace.read(Read::Fact(fact));
        let declared = self.inputs.policy.facts.get(fact.index());
        if declared.is_some_and(|fact| fact.entity == Entity::User) {
            self.trace.read(Read::User);
        }
    }

    fn one(
        &self,
        a: ExprId,
        captures: Option<PatternId>,
        test: impl Fn(&Value) -> Option<bool>,
    ) -> Truths {
        if let Some(value) = self.given(a) {
            return test(value).map_or(Truths::UNDEFINED, Truths::of);
        }
        match self.need(a, captures) {
            Need::Known(value) => test(&value).map_or(Truths::UNDEFINED, Truths::of),
            Need::Open => Truths::OPEN,
            Need::Undefined => Truths::UNDEFINED,
        }
    }

    fn both(
        &self,
        a: ExprId,
        b: ExprId,
        captures: Option<PatternId>,
        test: &dyn Fn(&Value, &Value) -> Option<bool>,
    ) -> Truths {
        if let (Some(a), Some(b)) = (self.given(a), self.given(b)) {
            return test(a, b).map_or(Truths::UNDEFINED, Truths::of);
        }
        match (self.need(a, captures), self.need(b, captures)) {
            (Need::Undefined, _) | (_, Need::Undefined) => Truths::UNDEFINED,
            (Need::Open, _) | (_, Need::Open) => Truths::OPEN,
            (Need::Known(a), Need::Known(b)) => test(&a, &b).map_or(Truths::UNDEFINED, Truths::of),
        }
    }

    fn map(
        &self,
        of: ExprId,
        captures: Option<PatternId>,
        with: impl Fn(&Value) -> Option<Value>,
    ) -> Slot {
        match self.need(of, captures) {
            Need::Known(value) => with(&value).map_or(Slot::Undefined, Slot::Known),
            Need::Open => Slot::Open,
            Need::Undefined => Slot::Undefined,
        }
    }

    fn arithmetic(
        &self,
        a: ExprId,
        b: ExprId,
        captures: Option<PatternId>,
        with: fn(&Value, &Value) -> Option<Value>,
    ) -> Slot {
        match (self.need(a, captures), self.need(b, captures)) {
            (Need::Undefined, _) | (_, Need::Undefined) => Slot::Undefined,
            (Need::Open, _) | (_, Need::Open) => Slot::Open,
            (Need::Known(a), Need::Known(b)) => with(&a, &b).map_or(Slot::Undefined, Slot::Known),
        }
    }

    /// Whether this is the moment that a rule is pinned to.
    pub(crate) fn is_moment(&self, moment: Moment) -> Truths {
        Truths::of(self.inputs.moment == moment)
    }
}

fn text_slot(text: Option<&str>) -> Slot {
    text.map_or(Slot::Absent, |text| Slot::Known(Value::Text(text.into())))
}

fn decoded(written: &str) -> SmolStr {
    placet_model::resource::decode_segment(written).into()
}

/// Which segment of a resource a capture is. Only an e-mail hole makes more than one
/// segment before it; paths and URLs stand last.
fn capture_position(pattern: &Pattern, index: u32) -> Option<usize> {
    let mut at = 0;
    for segment in &pattern.segments {
        match segment {
            Segment::Capture(capture) if *capture == index => return Some(at),
            Segment::Hole(hole) if hole.extract == Extract::Email => at += 2,
            _ => at += 1,
        }
    }
    None
}
