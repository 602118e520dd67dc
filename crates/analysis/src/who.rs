//! Who may do what: every request that a policy grants within a question, as regions.
//!
//! For each thing that a function does and each choice of one grant in every layer: what the
//! grants share is asked for a request that is granted. What has none is left out, what has
//! one becomes a region with it, and where it cannot be told the region stands with the
//! reason. So every request that is granted lies in some region, unless the answer says
//! where it gave up.
mod blast;
mod told;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::ids::{ActionId, ExprId, FactId, FunctionId, PatternId};
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{
    Agents, Comparison, Condition, Expr, Pattern, Policy, Rule, Segment, Users,
};
use placet_model::value::Value;
use smol_str::SmolStr;

use crate::ask::{Why, nothing};
use crate::build::Builder;
use crate::claims::Effort;
use crate::granted::Layered;
use crate::region::Region;
use crate::spot::spots;

pub use blast::{Blast, Delegate, blast};
use told::{Joined, Key};
use ways::{Gift, Given};

/// What is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The agents.
    pub agents: Agents,
    /// The users.
    pub users: Users,
    /// The functions, sorted; `None` for all.
    pub functions: Option<Vec<FunctionId>>,
    /// The actions, sorted; `None` for all.
    pub actions: Option<Vec<ActionId>>,
    /// The resources; empty for all.
    pub resources: Vec<Concrete>,
    /// Resources that are not asked about.
    pub except: Vec<Concrete>,
    /// What facts are.
    pub told: Vec<(FactId, Value)>,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            agents: Agents::All,
            users: Users::All,
            functions: None,
            actions: None,
            resources: Vec::new(),
            except: Vec::new(),
            told: Vec::new(),
        }
    }
}

/// All that is granted within a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The regions; a request may be in several.
    pub regions: Vec<Region>,
    /// What may be granted besides and is in no region, and why that is not known: nothing
    /// when the answer is complete.
    pub unknown: Vec<(Why, SmolStr)>,
    /// Whether any function does anything to resources like these.
    pub is_about_something: bool,
}

/// Tells all that a policy grants within a question.
#[must_use]
pub fn who(compiled: &Compiled, question: &Question, effort: Effort) -> Answer {
    find(compiled, question, effort).answer
}

/// An answer, and where its regions lie.
struct Found {
    answer: Answer,
    /// For each region.
    places: Vec<Place>,
}

/// The calls of a region, at least.
struct Place {
    functions: BTreeSet<FunctionId>,
    actions: BTreeSet<ActionId>,
    /// None for all resources.
    patterns: Vec<Concrete>,
}

fn find(compiled: &Compiled, question: &Question, effort: Effort) -> Found {
    let mut policy = compiled.policy().clone();
    let asked = asked(&mut policy, question);
    let engine = Engine::new(Compiled::new(policy, compiled.graphs().to_vec()));
    let own = Engine::new(compiled.clone());
    let asking = Asking {
        own: &own,
        engine: &engine,
        policy: engine.compiled().policy(),
        asked: &asked,
        effort,
    };
    asking.found()
}

/// The question as clauses of rules.
struct Asked {
    /// What is asked about.
    within: Rule,
    /// The same without what facts are, which regions need not say again.
    shown: Rule,
    /// What is not.
    without: Option<Rule>,
}

/// The question in terms of a policy, which gets the patterns and conditions for it.
fn asked(policy: &mut Policy, question: &Question) -> Asked {
    let mut pattern = |concrete: &Concrete| {
        let segments = concrete.segments().iter().map(|segment| match segment {
            Seg::Literal(text) => Segment::Literal(text.clone()),
            Seg::Any => Segment::Any,
            Seg::Glob { prefix, suffix } => Segment::Glob {
                prefix: prefix.clone(),
                suffix: suffix.clone(),
            },
        });
        let pattern = Pattern {
            segments: segments.collect(),
            tail: concrete.tail(),
        };
        let id = PatternId::new(policy.patterns.len());
        policy.patterns.push(pattern);
        id
    };
    let mut within = nothing();
    within.agents = question.agents.clone();
    within.users = question.users.clone();
    within.functions = question.functions.clone();
    within.actions = question.actions.clone();
    within.resources = question.resources.iter().map(&mut pattern).collect();
    let except: Vec<PatternId> = question.except.iter().map(&mut pattern).collect();
    let shown = within.clone();
    for (fact, value) in &question.told {
        let mut push = |expr| {
            let id = ExprId::new(policy.exprs.len());
            policy.exprs.push(expr);
            id
        };
        let fact = push(Expr::Fact(*fact));
        let value = push(Expr::Const(value.clone()));
        let expr = push(Expr::Compare(Comparison::Equal, fact, value));
        within.conditions.push(Condition {
            expr,
            unless: false,
        });
    }
    Asked {
        within,
        shown,
        without: (!except.is_empty()).then(|| Rule {
            resources: except,
            ..nothing()
        }),
    }
}
struct Asking<'p> {
    /// Decides what is shown.
    own: &'p Engine,
    /// Decides as the policy does, and knows the question.
    engine: &'p Engine,
    policy: &'p Policy,
    asked: &'p Asked,
    effort: Effort,
}

impl<'p> Asking<'p> {
    fn found(&self) -> Found {
        let mut found = Found {
            answer: Answer::default(),
            places: Vec::new(),
        };
        let answer = &mut found.answer;
        let mut gifts: BTreeMap<Gift, Given> = BTreeMap::new();
        for spot in spots(self.policy) {
            let probe = Builder::new(self.engine, spot.clone(), 0);
            let Some(within) = self.part(&probe, &spot, &self.asked.within) else {
                continue;
            };
            answer.is_about_something = true;
            match self.ways(&probe, &spot, &within) {
                Some(ways) => {
                    let deepest = Layered::of(&probe, &BTreeSet::new()).deepest();
                    for way in ways {
                        self.way(&spot, deepest, &within, &way, &mut gifts);
                    }
                }
                None => answer
                    .unknown
                    .push((Why::Budget, spot.name(self.policy).into())),
            }
        }
        let mut joined: BTreeMap<Key, Joined> = BTreeMap::new();
        for ((grants, function, action), given) in gifts {
            let joined = joined.entry(Key::of(grants, &given)).or_default();
            joined.insert((function, action), given);
        }
        answer.unknown.sort();
        answer.unknown.dedup();
        for (key, joined) in joined {
            self.regions(&key, joined, &mut found);
        }
        found
    }
}
