//! Claims: each proved, refuted with a request, or neither, with the reason.

use std::collections::BTreeSet;

use placet_compiler::Place;
use placet_compiler::claim::{Claim, Claims, Says};
use placet_evaluator::{Engine, Probe};
use placet_model::compiled::Compiled;
use placet_model::decision::{Decision, DutyCover, Reason};
use placet_model::graph::Truth;
use placet_model::ids::{LayerId, PatternId, RuleId};
use placet_model::policy::{Budget, Consent, Moment, Policy, Rule, RuleKind};
use placet_model::request::Request;
use smol_str::SmolStr;

use crate::ask::{Outcome, Why, ask};
use crate::build::Builder;
use crate::chain;
use crate::formula::{FALSE, Formula};
use crate::granted::{Layered, Need};
use crate::spot::{Spot, spots};
use crate::witness::{approval, consent, this_call, whole_tool};

/// How much may be done for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// The most steps of the search for one claim at one thing that a function does.
    pub steps: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { steps: 20_000 }
    }
}

/// A claim with what came of it.
#[derive(Clone, Debug)]
pub struct Proved {
    /// What it says, for people.
    pub title: SmolStr,
    /// Where its title stands.
    pub place: Place,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// Whether a claim holds.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// For every request.
    Holds,
    /// Not for this one.
    Refuted(Box<Refutation>),
    /// It is not known. For each reason the calls that it is about.
    Unknown(Vec<(Why, SmolStr)>),
}

/// A request for which a claim does not hold, confirmed by the evaluator.
#[derive(Clone, Debug)]
pub struct Refutation {
    /// The request, which the policy alone decides, or a credential that it carries.
    pub request: Request,
    /// What is decided.
    pub decision: Decision,
    /// The duty or limit that is missing, as policy text, for a claim that every request of
    /// a region needs some.
    pub lacks: Option<SmolStr>,
    /// Grants, `layer/rule`, without which the claim would hold: all of one layer, of the one
    /// with the fewest. Empty when there are too many, or that is not known.
    pub without: Vec<SmolStr>,
}

/// Proves or refutes claims about a policy.
#[must_use]
pub fn prove(compiled: &Compiled, claims: &Claims, effort: Effort) -> Vec<Proved> {
    if claims.list.is_empty() {
        return Vec::new();
    }
    let wide = Compiled::new(claims.widen(compiled.policy()), compiled.graphs().to_vec());
    let prover = Prover {
        wide: Engine::new(wide),
        own: Engine::new(compiled.clone()),
        effort,
    };
    claims
        .list
        .iter()
        .map(|claim| Proved {
            title: claim.title.clone(),
            place: claim.place,
            verdict: prover.claim(claim),
        })
        .collect()
}

/// The most grants of a layer that are looked for to say what would make a claim hold.
const MOST_BLAMED: usize = 4;

struct Prover {
    /// Decides as the policy does, and knows what the claims say.
    wide: Engine,
    /// Decides what is shown.
    own: Engine,
    effort: Effort,
}

impl Prover {
    fn policy(&self) -> &Policy {
        self.wide.compiled().policy()
    }

    fn claim(&self, claim: &Claim) -> Verdict {
        if claim.region.moment == Some(Moment::Issuance) {
            let why = Why::NotAsked("what is issued is not looked at; a call is");
            return Verdict::Unknown(vec![(why, SmolStr::default())]);
        }
        let none = BTreeSet::new();
        match self.search(claim, &none) {
            Verdict::Refuted(mut refutation) => {
                if !matches!(claim.says, Says::Always) {
                    refutation.without = self.blame(claim, &refutation);
                }
                Verdict::Refuted(refutation)
            }
            other => other,
        }
    }

    /// Looks for a request against a claim, as if some rules did not exist.
    fn search(&self, claim: &Claim, without: &BTreeSet<RuleId>) -> Verdict {
        let mut unknown: Vec<(Why, SmolStr)> = Vec::new();
        for spot in spots(self.policy()) {
            let name = spot.name(self.policy());
            for lacks in self.cases(claim) {
                match self.at(claim, lacks, &spot, without) {
                    Outcome::Yes(refutation) => return Verdict::Refuted(Box::new(refutation)),
                    Outcome::No => {}
                    Outcome::Unknown(why) => unknown.push((why, name.clone().into())),
                }
            }
        }
        unknown.sort();
        unknown.dedup();
        if unknown.is_empty() {
            Verdict::Holds
        } else {
            Verdict::Unknown(unknown)
        }
    }

    /// One question for each duty that is needed; else one alone.
    fn cases(&self, claim: &Claim) -> Vec<Option<Need>> {
        match &claim.says {
            Says::Needs(duties) => Need::all(duties).into_iter().map(Some).collect(),
            _ => vec![None],
        }
    }

    fn at(
        &self,
        claim: &Claim,
        lacks: Option<Need>,
        spot: &Spot<'_>,
        without: &BTreeSet<RuleId>,
    ) -> Outcome<Refutation> {
        // Whether the spot is meant at all is cheap to tell.
        let probe = Builder::new(&self.wide, spot.clone(), 0);
        if !probe.is_about(&claim.region) {
            return Outcome::No;
        }
        let layered = Layered::of(&probe, without);
        let always = matches!(claim.says, Says::Always);
        if layered.is_barren() && !always {
            return Outcome::No;
        }
        let deepest = layered.deepest();
        let mut build = Builder::new(&self.wide, spot.clone(), deepest);
        let region = match claim.says {
            Says::Only(who) => {
                let arms = build.rule(&claim.region, &mut |build, arm| {
                    build.boolean(who, arm).holds().negated()
                });
                arms.not_false()
            }
            _ => build.clauses(&claim.region).not_false(),
        };
        if region == Formula::Const(FALSE) {
            return Outcome::No;
        }
        let mut goals = vec![region];
        if always {
            goals.push(layered.refused(&mut build));
        } else {
            goals.extend(layered.granted(&mut build, lacks));
        }
        goals.push(build.known());
        goals.extend(build.applies());
        build.uses.settle();
        let mut steps = self.effort.steps;
        let outcome = ask(&build, goals, &mut steps, &mut |request| {
            self.confirm(claim, lacks, &build, request, without)
        });
        match outcome {
            Outcome::No if always && deepest > 0 => {
                Outcome::Unknown(Why::NotAsked("calls by agents that others delegated to"))
            }
            other => other,
        }
    }

    /// The refutation that a request is, if the evaluator says so.
    fn confirm(
        &self,
        claim: &Claim,
        lacks: Option<Need>,
        build: &Builder<'_>,
        mut request: Request,
        without: &BTreeSet<RuleId>,
    ) -> Option<Refutation> {
        if request.credential.is_some() {
            request = chain::issued(&self.own, &request)?;
        }
        let always = matches!(claim.says, Says::Always);
        if !always {
            self.give(&mut request, build, lacks);
        }
        let refutes = |request: &Request| self.refutes(claim, lacks, request, without);
        if !refutes(&request) {
            return None;
        }
        shorten(&mut request, &refutes);
        Some(Refutation {
            decision: chain::decided(&self.own, &request),
            request,
            lacks: lacks.map(|need| need.shown(self.policy())),
            without: Vec::new(),
        })
    }

    /// Gives a request all consents and approvals that rules may ask for, but for the one
    /// that is to be missing.
    fn give(&self, request: &mut Request, build: &Builder<'_>, lacks: Option<Need>) {
        let policy = self.policy();
        let mut covers = Vec::new();
        match lacks {
            Some(Need::Consent(Consent::Scope)) => {}
            Some(Need::Consent(Consent::PerCall)) => covers.push(whole_tool(request)),
            _ => covers.push(this_call(request)),
        }
        request.consents = covers
            .into_iter()
            .filter_map(|covers| consent(request, covers))
            .collect();
        let rules = policy.rules.iter().filter(|rule| build.is_about(rule));
        let mut groups: Vec<_> = rules
            .clone()
            .flat_map(|rule| &rule.duties.approvals)
            .map(|approval| approval.group)
            .collect();
        groups.sort();
        groups.dedup();
        let mut approvals = Vec::new();
        for group in groups {
            let covers = match lacks {
                Some(Need::Approval(need)) if need.group == group => {
                    if !need.per_call {
                        continue;
                    }
                    whole_tool(request)
                }
                _ => this_call(request),
            };
            approvals.extend(approval(policy, request, group, covers));
        }
        request.approvals = approvals;
        if let Some(need @ Need::Budget(_)) = lacks {
            // What has the budget is spent, so that only what has none is left.
            for (at, rule) in policy.rules.iter().enumerate() {
                if build.is_about(rule) && need.is_met_by(policy, rule) {
                    let spent = rule.duties.budgets.iter().map(|budget| match budget {
                        Budget::Calls(calls) => (*calls).into(),
                        Budget::Amount { limit, .. } => *limit,
                    });
                    request
                        .budgets
                        .push((policy.rule_name(RuleId::new(at)), spent.collect()));
                }
            }
        }
    }

    /// Whether a request is one against a claim.
    fn refutes(
        &self,
        claim: &Claim,
        lacks: Option<Need>,
        request: &Request,
        without: &BTreeSet<RuleId>,
    ) -> bool {
        let decision = chain::decided(&self.wide, request);
        let decided = match claim.says {
            Says::Always => matches!(decision.reason, Reason::DeniedByRule | Reason::NoGrant),
            _ => decision.reason == Reason::Granted,
        };
        let used = |rule: &RuleId| {
            let name = self.policy().rule_name(*rule);
            decision.rules.iter().any(|note| note.name == name)
        };
        decided
            && !without.iter().any(used)
            && lacks.is_none_or(|need| !self.carries(&decision, need))
            && self.is_inside(claim, request)
    }

    /// Whether a decision comes with a duty or limit.
    fn carries(&self, decision: &Decision, need: Need) -> bool {
        let obligations = &decision.obligations;
        let per_call = |covers: &[DutyCover]| {
            covers
                .iter()
                .any(|cover| matches!(cover, DutyCover::Call(_)))
        };
        let policy = self.policy();
        match need {
            Need::Consent(wanted) => obligations
                .consents
                .iter()
                .any(|duty| wanted == Consent::Scope || per_call(&duty.covers)),
            Need::Approval(wanted) => obligations.approvals.iter().any(|duty| {
                policy
                    .groups
                    .get(wanted.group.index())
                    .is_some_and(|group| group.name == duty.group)
                    && (!wanted.per_call || per_call(&duty.covers))
            }),
            Need::Budget(_) => policy.rules.iter().enumerate().any(|(at, rule)| {
                let name = policy.rule_name(RuleId::new(at));
                need.is_met_by(policy, rule)
                    && obligations.budgets.iter().any(|duty| duty.rule == name)
            }),
            Need::Lifetime(most) => obligations.lifetime.is_some_and(|own| own <= most),
            Need::Delegate(most) => obligations.delegate.is_some_and(|own| own <= most),
        }
    }

    /// Whether a request is inside the region of a claim, and not one of those who may.
    fn is_inside(&self, claim: &Claim, request: &Request) -> bool {
        let Ok(probe) = Probe::new(&self.wide, request) else {
            return false;
        };
        let region = &claim.region;
        let arms: Vec<Option<PatternId>> = if region.resources.is_empty() {
            vec![None]
        } else {
            region.resources.iter().copied().map(Some).collect()
        };
        let is_inside = |triple: usize| {
            arms.iter().any(|arm| {
                let inside = probe.clauses(triple, region, *arm) != Truth::False;
                let may = match claim.says {
                    Says::Only(who) => probe.truth(triple, who, *arm) == Truth::True,
                    _ => false,
                };
                inside && !may
            })
        };
        match claim.says {
            // What else a call does may be what is refused.
            Says::Always => (0..probe.triples()).all(is_inside),
            _ => (0..probe.triples()).any(is_inside),
        }
    }

    /// Grants without which a claim would hold: of the layer with the fewest of them.
    fn blame(&self, claim: &Claim, first: &Refutation) -> Vec<SmolStr> {
        let policy = self.policy();
        let mut best: Option<BTreeSet<RuleId>> = None;
        for layer in (0..policy.layers.len()).map(LayerId::new) {
            let own = |rule: &Rule| rule.layer == layer && rule.kind == RuleKind::Grant;
            let used = |decision: &Decision| {
                let mut rules = policy.rules.iter().enumerate();
                rules.find_map(|(at, rule)| {
                    let id = RuleId::new(at);
                    let name = policy.rule_name(id);
                    (own(rule) && decision.rules.iter().any(|note| note.name == name)).then_some(id)
                })
            };
            let mut dropped = BTreeSet::from_iter(used(&first.decision));
            if dropped.is_empty() {
                continue;
            }
            loop {
                if dropped.len() > MOST_BLAMED {
                    break;
                }
                match self.search(claim, &dropped) {
                    Verdict::Holds => {
                        if best.as_ref().is_none_or(|best| dropped.len() < best.len()) {
                            best = Some(dropped);
                        }
                        break;
                    }
                    Verdict::Refuted(next) => match used(&next.decision) {
                        Some(rule) if dropped.insert(rule) => {}
                        _ => break,
                    },
                    Verdict::Unknown(_) => break,
                }
            }
        }
        let best = best.unwrap_or_default();
        best.into_iter()
            .map(|rule| policy.rule_name(rule))
            .collect()
    }
}

/// Takes away what a request can do without.
pub(crate) fn shorten(request: &mut Request, still: &dyn Fn(&Request) -> bool) {
    let attempt = |request: &mut Request, change: &dyn Fn(&mut Request)| {
        let mut less = request.clone();
        change(&mut less);
        if less != *request && still(&less) {
            *request = less;
        }
    };
    attempt(request, &|request| request.consents.clear());
    attempt(request, &|request| request.approvals.clear());
    attempt(request, &|request| request.budgets.clear());
    let approvals = request.approvals.len();
    for at in (0..approvals).rev() {
        attempt(request, &|request| {
            if at < request.approvals.len() {
                request.approvals.remove(at);
            }
        });
    }
    attempt(request, &|request| request.resources.clear());
    attempt(request, &|request| request.histories.clear());
    attempt(request, &|request| request.task = None);
    attempt(request, &|request| request.time = None);
    attempt(request, &|request| request.context.clear());
    attempt(request, &|request| request.agent.groups = None);
}
