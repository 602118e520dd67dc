//! Parts of rules, one by one, for a given request: what is asked by whoever reasons about
//! whole policies, and has to mean by each part exactly what a decision means by it.

use placet_model::decision::Decision;
use placet_model::graph::Truth;
use placet_model::ids::{ActionId, ExprId, FunctionId, PatternId};
use placet_model::policy::{Moment, Pattern, Rule, Segment};
use placet_model::question::{Asking, Question};
use placet_model::resource::{Resource, ResourceRef};
use placet_model::value::Value;
use rust_decimal::Decimal;

use crate::bind::{self, Bound};
use crate::call::{self, Touched, Triple};
use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Read, Trace};
use crate::runtime::{self, leaf};
use crate::truth::Truths;
use crate::typed::Slot;
use crate::{pattern, walk};

/// A call with its inputs typed, without a credential, of which parts of rules can be asked.
pub struct Probe<'p> {
    bound: Bound<'p>,
    args: Option<Value>,
    triples: Vec<Triple<'static>>,
    trace: Trace,
}

impl<'p> Probe<'p> {
    /// All that a call does, as a decision sees it.
    ///
    /// # Errors
    ///
    /// The refusal, when no rule would be asked.
    pub fn new(
        engine: &'p Engine,
        request: impl Into<Question<'p>>,
    ) -> Result<Self, Box<Decision>> {
        let trace = Trace::default();
        let prepared = runtime::prepare(engine, &request.into(), &trace)
            .map_err(|refusal| Box::new(engine.refused(&refusal)))?;
        Ok(Self {
            bound: prepared.bound,
            args: prepared.args,
            triples: prepared.triples.iter().map(Triple::to_owned).collect(),
            trace,
        })
    }

    /// One thing that a call does, taken as given: whether its arguments make it so is not
    /// asked.
    ///
    /// # Errors
    ///
    /// The refusal, when an input is not of its type.
    pub fn at(
        engine: &'p Engine,
        request: impl Into<Question<'p>>,
        function: FunctionId,
        action: ActionId,
        resource: Resource,
    ) -> Result<Self, Box<Decision>> {
        let refused = |refusal| Box::new(engine.refused(&refusal));
        let policy = engine.policy();
        let request = request.into();
        let bound = bind::bind(engine, &request, Moment::Runtime)
            .map_err(|invalid| refused(invalid.into()))?;
        let args = match request.asked {
            Asking::Call { args, .. } => Some(
                call::arguments(policy, function, args)
                    .map_err(|invalid| refused(invalid.into()))?,
            ),
            _ => None,
        };
        let triple = Triple {
            function,
            action,
            resource: Touched::Made(resource),
        };
        Ok(Self {
            bound,
            args,
            triples: vec![triple],
            trace: Trace::default(),
        })
    }

    /// All that was read for the answers so far, sorted: whoever takes an answer for others
    /// with the same inputs has to have counted on these.
    #[must_use]
    pub fn consulted(&self) -> Vec<Read> {
        self.trace.reads()
    }

    /// How many things the call does; they are numbered from 0.
    #[must_use]
    pub fn triples(&self) -> usize {
        self.triples.len()
    }

    /// The resource of one of them.
    #[must_use]
    pub fn resource(&self, triple: usize) -> Option<ResourceRef<'_>> {
        self.triples.get(triple).map(|triple| triple.resource.get())
    }

    /// The function and the action of one of them.
    #[must_use]
    pub fn does(&self, triple: usize) -> Option<(FunctionId, ActionId)> {
        let triple = self.triples.get(triple)?;
        Some((triple.function, triple.action))
    }

    /// A boolean expression; `arm` is the pattern that gives its captures.
    #[must_use]
    pub fn truth(&self, triple: usize, expr: ExprId, arm: Option<PatternId>) -> Truth {
        self.eval(triple)
            .map_or(Truth::Undefined, |eval| one(eval.truth(expr, arm)))
    }

    /// The agent clause of a rule.
    #[must_use]
    pub fn agents(&self, rule: &Rule) -> Truth {
        self.eval(0)
            .map_or(Truth::Undefined, |eval| one(walk::agents(&eval, rule)))
    }

    /// The user clause of a rule.
    #[must_use]
    pub fn users(&self, rule: &Rule) -> Truth {
        self.eval(0)
            .map_or(Truth::Undefined, |eval| one(walk::users(&eval, rule)))
    }

    /// All clauses of a rule together, by one of its patterns.
    #[must_use]
    pub fn clauses(&self, triple: usize, rule: &Rule, arm: Option<PatternId>) -> Truth {
        let Some(eval) = self.eval(triple) else {
            return Truth::Undefined;
        };
        let moment = rule
            .moment
            .map_or(Truths::TRUE, |moment| eval.is_moment(moment));
        let all = [
            walk::agents(&eval, rule),
            walk::users(&eval, rule),
            walk::functions(&eval, rule),
            walk::actions(&eval, rule),
            moment,
            walk::resource(&eval, arm),
            walk::conditions(&eval, rule, arm),
        ];
        one(all.into_iter().fold(Truths::TRUE, Truths::and))
    }

    /// Some segments of a rule's pattern, with its tail or another, against the resource from
    /// one of its segments on.
    #[must_use]
    pub fn part(&self, triple: usize, of: &Pattern, at: usize) -> Truth {
        let (Some(eval), Some(resource)) = (self.eval(triple), self.resource(triple)) else {
            return Truth::Undefined;
        };
        // Something in front of both: there are no empty resources.
        let front = "x";
        let rest = std::iter::once(front).chain(resource.segments().skip(at));
        let mut whole = of.clone();
        whole.segments.insert(0, Segment::Literal(front.into()));
        match Resource::from_segments(rest) {
            Ok(rest) => one(pattern::matches_pattern(&eval, &whole, (&rest).into())),
            Err(_) => Truth::Undefined,
        }
    }

    /// What an expression spends of a budget; `None` where it is undefined.
    #[must_use]
    pub fn amount(&self, expr: ExprId) -> Option<Decimal> {
        match self.eval(0)?.slot(expr, None) {
            Slot::Known(Value::Int(amount)) => Some(Decimal::from(amount)),
            Slot::Known(Value::Decimal(amount)) => Some(amount),
            _ => None,
        }
    }

    /// Whether every hole of a line's templates has a reading or no value at all: else the
    /// call is invalid.
    #[must_use]
    pub fn reads(&self, of: &Segment) -> bool {
        let Segment::Hole(hole) = of else {
            return true;
        };
        let Some(eval) = self.eval(0) else {
            return false;
        };
        match eval.slot(hole.value, None) {
            Slot::Known(value) => {
                let one = std::slice::from_ref(&value);
                value
                    .members()
                    .unwrap_or(one)
                    .iter()
                    .all(|member| pattern::segments(hole.extract, member).is_ok())
            }
            _ => true,
        }
    }

    fn eval(&self, triple: usize) -> Option<Eval<'_>> {
        let triple = self.triples.get(triple)?;
        let inputs = leaf(&self.bound);
        let site = Site {
            function: triple.function,
            action: triple.action,
            args: self.args.as_ref().map_or(Args::Open, Args::Known),
            place: Place::Exact(triple.resource.get()),
        };
        Some(Eval::new(inputs, site, &self.trace))
    }
}

/// Of a plain triple the arguments are open, and what they may be counts as undefined.
fn one(truths: Truths) -> Truth {
    if truths.is_true() {
        Truth::True
    } else if truths.is_false() {
        Truth::False
    } else {
        Truth::Undefined
    }
}
