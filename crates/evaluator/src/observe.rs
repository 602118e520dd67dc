//! What requests show of rules: which of their clauses and conditions were seen true and
//! false *where they decided*, so that with the other value the rule would have matched
//! otherwise.
//!
//! It reads the typed policy, rule by rule, and so knows nothing of graphs. All truths are
//! those of the one evaluator; what stands beside it here is only how they combine.

mod logic;
mod weigh;

use placet_model::decision::{Decision, Reason};
use placet_model::ids::{ActionId, ExprId, FunctionId, PatternId, RuleId};
use placet_model::pattern::{Concrete, covers};
use placet_model::policy::Rule;
use placet_model::question::{Asking, Question};

use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::pattern::{self, Filled};
use crate::runtime;
use crate::truth::Truths;
use crate::{issuance, listing, walk};
use logic::Plan;
use weigh::{Arm, Scene};

/// A part of a rule that can be seen to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The agent clause.
    Agent,
    /// The user clause.
    User,
    /// The tool clause.
    Tool,
    /// The action clause.
    Action,
    /// The tool and the action clause together, where both fail and nothing else does.
    ToolAndAction,
    /// The moment that the rule is pinned to.
    Moment,
    /// The resource clause, which fails when none of its patterns matches.
    Resource,
    /// One of its patterns, by its place in the rule: it matches.
    Pattern(usize),
    /// A condition atom, by its place in [`Observer::atoms`].
    Atom(usize),
}

/// As what a part was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// It was true, and the rule would have matched otherwise were it false.
    True,
    /// It was false, and the rule would have matched otherwise were it true.
    False,
    /// It could not be told, and the rule would match otherwise by what it is.
    Undefined,
}

/// A condition that is no `and`, `or` or `not` of others, in one clause of a rule. Equal
/// ones in one clause are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Which condition of the rule it stands in.
    pub condition: usize,
    /// The expression.
    pub expr: ExprId,
}

/// What one function and action of a request showed of a rule.
#[derive(Clone, Debug)]
pub struct Glimpse<'g> {
    /// The rule.
    pub rule: RuleId,
    /// The function.
    pub function: FunctionId,
    /// The action.
    pub action: ActionId,
    /// Before there is a call: the resources, as far as the rule tells them apart.
    pub region: Option<&'g Concrete>,
    /// Whether the rule matched: a grant in some, a deny or require in every completion of
    /// what is open.
    pub matched: bool,
    /// The parts that decided, sorted, each with a value once.
    pub seen: &'g [(Part, Seen)],
}

/// Looks at the rules of a policy while requests are decided.
pub struct Observer<'e> {
    engine: &'e Engine,
    plans: Vec<Plan>,
}

impl Engine {
    /// Somebody who looks at the rules while requests are decided.
    #[must_use]
    pub fn observer(&self) -> Observer<'_> {
        Observer {
            engine: self,
            plans: logic::plans(self.policy()),
        }
    }
}

impl Observer<'_> {
    /// The condition atoms of a rule, clause by clause in the order in which they are
    /// written.
    #[must_use]
    pub fn atoms(&self, rule: RuleId) -> Vec<Atom> {
        let atoms = self.plans.get(rule.index()).map(|plan| &plan.atoms);
        let atoms = atoms.into_iter().flatten();
        atoms
            .map(|atom| Atom {
                condition: atom.condition,
                expr: atom.expr,
            })
            .collect()
    }

    /// Tells what a request showed of each rule, given the decision about it. Nothing,
    /// where no rule was asked: the request was invalid, the credential revoked, ended or
    /// another's, or it was out of scope.
    pub fn watch<'a>(
        &self,
        request: impl Into<Question<'a>>,
        decision: &Decision,
        see: &mut dyn FnMut(&Glimpse<'_>),
    ) {
        let request = &request.into();
        match request.asked {
            Asking::Call { .. } | Asking::Triple { .. } => {
                let asked = !matches!(
                    decision.reason,
                    Reason::InvalidRequest
                        | Reason::UnknownTool
                        | Reason::UnknownAction
                        | Reason::UnknownAgent
                        | Reason::WrongHolder
                        | Reason::Revoked
                        | Reason::NotYetValid
                        | Reason::OutOfScope
                );
                if asked {
                    self.call(request, see);
                }
            }
            // What is refused as a whole has no outcomes of scopes.
            Asking::Scopes { .. } if decision.scopes.is_empty() => {}
            Asking::Scopes { .. } => {
                issuance::visit(
                    self.engine,
                    request,
                    &mut |inputs, function, action, region| {
                        self.region(inputs, function, action, region, see);
                    },
                );
            }
            Asking::Listing { .. } if !decision.is_grant() => {}
            Asking::Listing { .. } => {
                listing::visit(
                    self.engine,
                    request,
                    &mut |inputs, function, action, region| {
                        self.region(inputs, function, action, region, see);
                    },
                );
            }
        }
    }

    fn call(&self, request: &Question<'_>, see: &mut dyn FnMut(&Glimpse<'_>)) {
        let trace = Trace::default();
        let Ok(prepared) = runtime::prepare(self.engine, request, &trace) else {
            return;
        };
        if prepared.held.iter().any(Result::is_err) {
            return;
        }
        let args = prepared.args.as_ref().map_or(Args::Open, Args::Known);
        for triple in &prepared.triples {
            let site = Site {
                function: triple.function,
                action: triple.action,
                args,
                place: Place::Exact(triple.resource.get()),
            };
            for link in prepared.bound.links.iter() {
                self.exact(link, site, see);
            }
        }
    }

    /// All rules at one resource: their patterns are alternatives.
    fn exact(&self, inputs: &Inputs<'_>, site: Site<'_>, see: &mut dyn FnMut(&Glimpse<'_>)) {
        let trace = Trace::default();
        let eval = Eval::new(inputs, site, &trace);
        for (id, rule, plan) in self.rules() {
            let Some(scene) = Scene::near(&eval, rule, plan, true) else {
                continue;
            };
            let mut arms = Vec::new();
            if rule.resources.is_empty() {
                arms.push(scene.weigh(&eval, Arm::ALL));
            }
            for (at, pattern) in rule.resources.iter().enumerate() {
                let resource = walk::resource(&eval, Some(*pattern));
                arms.push(scene.weigh(&eval, Arm::new(at, *pattern, resource)));
            }
            let matched = arms.iter().any(|arm| arm.matched);
            let seen = weigh::alternatives(arms);
            if matched || !seen.is_empty() {
                see(&Glimpse {
                    rule: id,
                    function: site.function,
                    action: site.action,
                    region: None,
                    matched,
                    seen: &seen,
                });
            }
        }
    }

    /// All rules in one region: each of their patterns makes a part of it.
    fn region(
        &self,
        inputs: &Inputs<'_>,
        function: FunctionId,
        action: ActionId,
        region: &Concrete,
        see: &mut dyn FnMut(&Glimpse<'_>),
    ) {
        let trace = Trace::default();
        let eval = Eval::new(inputs, open_site(function, action, region), &trace);
        for (id, rule, plan) in self.rules() {
            let Some(scene) = Scene::near(&eval, rule, plan, false) else {
                continue;
            };
            for (arm, part) in arms(&eval, rule, region) {
                let eval = Eval::new(inputs, open_site(function, action, &part), &trace);
                let weighed = scene.weigh(&eval, arm);
                if weighed.matched || !weighed.seen.is_empty() {
                    see(&Glimpse {
                        rule: id,
                        function,
                        action,
                        region: Some(&part),
                        matched: weighed.matched,
                        seen: &weigh::alternatives(vec![weighed]),
                    });
                }
            }
        }
    }

    fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule, &Plan)> {
        let rules = self.engine.policy().rules.iter().zip(&self.plans);
        rules
            .enumerate()
            .map(|(at, (rule, plan))| (RuleId::new(at), rule, plan))
    }
}

const fn open_site(function: FunctionId, action: ActionId, region: &Concrete) -> Site<'_> {
    Site {
        function,
        action,
        args: Args::Open,
        place: Place::Region(region),
    }
}

/// The parts of a region that a rule's patterns make, and the rest of it.
fn arms(eval: &Eval<'_>, rule: &Rule, region: &Concrete) -> Vec<(Arm, Concrete)> {
    if rule.resources.is_empty() {
        return vec![(Arm::ALL, region.clone())];
    }
    let mut arms = Vec::new();
    let mut all: Vec<Concrete> = Vec::new();
    let mut open = false;
    for (at, id) in rule.resources.iter().enumerate() {
        // One that stands for too many patterns is refused before it decides anything.
        let Some(filled) = pattern::fill(eval, *id) else {
            return Vec::new();
        };
        open |= filled.open;
        parts(&mut arms, at, *id, &filled, region);
        all.extend(filled.all().cloned());
    }
    if let Some(first) = rule.resources.first()
        && !open
        && !covers(&all, region)
    {
        arms.push((Arm::new(0, *first, Truths::FALSE), region.clone()));
    }
    arms
}

fn parts(
    arms: &mut Vec<(Arm, Concrete)>,
    at: usize,
    id: PatternId,
    filled: &Filled,
    region: &Concrete,
) {
    let lists = [
        (&filled.patterns, Truths::TRUE),
        (&filled.undefined, Truths::UNDEFINED),
    ];
    for (patterns, truths) in lists {
        let truths = if filled.open { Truths::OPEN } else { truths };
        for pattern in patterns {
            for part in pattern.intersect(region).unwrap_or_default() {
                arms.push((Arm::new(at, id, truths), part));
            }
        }
    }
}
