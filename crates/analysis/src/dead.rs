//! Dead rules: for each rule whether it can ever decide, and if not, what stands in its way.
//!
//! A grant decides where it grants and nothing else would, or not as well; a deny where it
//! denies what would be granted without it; a require where it asks for what nothing else
//! asks for. A rule that decides is shown with a request for which the evaluator decides
//! otherwise without it. A rule is dead when a search that leaves nothing out finds none.
//!
//! A question starts with the clauses of the rule alone. What the evaluator says of the
//! request that is found tells which other rules come into it, and only these are added
//! before it is asked again: so a question stays small however many rules there are, and
//! when nothing is found any more, the rules that were added are why.

mod clauses;
mod issuance;
mod near;
mod obstacle;
mod question;
mod trial;

use std::collections::BTreeMap;

use placet_evaluator::Engine;
use placet_model::decision::Decision;
use placet_model::ids::{LayerId, RuleId};
use placet_model::policy::{Moment, Policy, RuleKind};
use placet_model::request::Request;
use smol_str::SmolStr;

use crate::ask::Why;
use crate::claims::Effort;
use crate::granted::Layered;
use crate::spot::{Spot, spots};

/// What is said of a rule.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The rule.
    pub rule: RuleId,
    /// Whether it can decide.
    pub life: Life,
    /// Parts of it that change nothing. Only of a rule that is not dead.
    pub idle: Vec<Idle>,
}

/// Whether a rule can decide.
#[derive(Clone, Debug)]
pub enum Life {
    /// It does for this request.
    Decides(Box<Deciding>),
    /// It never does.
    Dead(Dead),
    /// It is not known. For each reason the calls that it is about.
    Unknown(Vec<(Why, SmolStr)>),
}

/// A request for which a rule decides, confirmed by the evaluator.
#[derive(Clone, Debug)]
pub struct Deciding {
    /// The request: a call that the policy alone decides, or an issuance.
    pub request: Request,
    /// What is decided.
    pub decision: Decision,
    /// What would be decided without the rule.
    pub without: Decision,
}

/// A rule that decides no call.
#[derive(Clone, Debug)]
pub struct Dead {
    /// Why.
    pub cause: Cause,
    /// What it does when a credential is issued.
    pub issuance: Issuance,
}

impl Dead {
    /// Whether the rule denies, or asks for something, where nothing is granted: such a rule
    /// stands guard, which is no mistake.
    #[must_use]
    pub fn stands_guard(&self, kind: RuleKind) -> bool {
        let Cause::Others(others) = &self.cause else {
            return false;
        };
        let mut others = others.iter();
        kind != RuleKind::Grant && others.any(|other| matches!(other, Obstacle::Layer(_)))
    }
}

/// What a rule that decides no call does when a credential is issued.
#[derive(Clone, Debug)]
pub enum Issuance {
    /// Nothing that any call depends on.
    Nothing,
    /// It narrows what is issued, or asks for more: for this request.
    Decides(Box<Deciding>),
    /// It may narrow what is issued, or ask for more: that is not known.
    Unknown,
}

/// Why a rule never decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No function does what its tool and action clauses say.
    Nowhere,
    /// These of its own clauses never hold together: the fewest.
    Contradiction(Vec<Part>),
    /// Its own duties can never be met.
    Unmeetable,
    /// These stand in its way wherever its clauses hold: without any of them it would decide.
    Others(Vec<Obstacle>),
}

/// What stands in the way of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// A deny matches.
    Deny(RuleId),
    /// A grant of the same layer holds and is as good.
    Grant(RuleId),
    /// A require asks for the same, or for what nobody can give.
    Require(RuleId),
    /// Nothing in this layer grants, or not without what the rule asks for.
    Layer(LayerId),
}

/// A part of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// In which clause it stands.
    pub clause: Clause,
    /// The part as policy text.
    pub text: SmolStr,
}

/// A clause of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// `agent`
    Agent,
    /// `user`
    User,
    /// `resource`
    Resource,
    /// One of its `when` and `unless`, in written order from 0 on.
    Condition(usize),
}

/// A part of a rule without which the rule matches exactly what it matches with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// The part.
    pub part: Part,
    /// Why it changes nothing.
    pub because: Redundancy,
}

/// Why a part of a rule changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redundancy {
    /// A condition that holds wherever the rest of the rule does.
    Implied,
    /// One of several, of which the others match all that it does, or that matches nothing.
    Covered,
}

/// Judges the rules of a policy, one by one.
pub struct Judge<'e> {
    engine: &'e Engine,
    policy: &'e Policy,
    effort: Effort,
    spots: Vec<Spot<'e>>,
    /// By spot, the rules that are about it, whatever their moment.
    about: Vec<Vec<RuleId>>,
    /// By spot, the most agents that may stand above the acting one.
    deepest: Vec<u32>,
    /// By rule, the spots that it is about.
    places: Vec<Vec<usize>>,
    names: BTreeMap<SmolStr, RuleId>,
}

impl<'e> Judge<'e> {
    /// Judges rules of the policy of an engine.
    #[must_use]
    pub fn new(engine: &'e Engine, effort: Effort) -> Self {
        let policy = engine.compiled().policy();
        let spots = spots(policy);
        let mut about = vec![Vec::new(); spots.len()];
        let mut places = vec![Vec::new(); policy.rules.len()];
        for (at, spot) in spots.iter().enumerate() {
            for (id, rule) in policy.rules.iter().enumerate() {
                if spot.is_of_whenever(rule)
                    && let (Some(rules), Some(of_rule)) = (about.get_mut(at), places.get_mut(id))
                {
                    rules.push(RuleId::new(id));
                    of_rule.push(at);
                }
            }
        }
        let deepest = about
            .iter()
            .map(|rules| {
                let rules = rules.iter();
                let rules = rules.filter_map(|id| Some((*id, policy.rules.get(id.index())?)));
                Layered::among(policy, rules).deepest()
            })
            .collect();
        let names = (0..policy.rules.len())
            .map(RuleId::new)
            .map(|id| (policy.rule_name(id), id))
            .collect();
        Self {
            engine,
            policy,
            effort,
            spots,
            about,
            deepest,
            places,
            names,
        }
    }

    /// How many rules there are.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.policy.rules.len()
    }

    /// What is to be said of a rule; an id that is not one of the policy's is about nothing.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Judged {
        let life = match self.policy.rules.get(id.index()) {
            Some(rule) if rule.moment == Some(Moment::Issuance) => self.at_issuance(id, rule),
            Some(rule) => self.life(id, rule),
            None => Life::Dead(Dead {
                cause: Cause::Nowhere,
                issuance: Issuance::Nothing,
            }),
        };
        let idle = match (&life, self.policy.rules.get(id.index())) {
            (Life::Decides(_) | Life::Unknown(_), Some(rule))
                if rule.moment != Some(Moment::Issuance) =>
            {
                self.idle(id, rule)
            }
            _ => Vec::new(),
        };
        Judged {
            rule: id,
            life,
            idle,
        }
    }

    /// What is to be said of every rule, in their order.
    #[must_use]
    pub fn all(&self) -> Vec<Judged> {
        (0..self.rules())
            .map(|at| self.rule(RuleId::new(at)))
            .collect()
    }
}
