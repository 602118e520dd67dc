//! A request that was found, tried by the evaluator with and without the rule: either the
//! rule decides, or the decisions tell what stood in its way.

use std::collections::BTreeSet;

use placet_model::decision::{Decision, DutyCover, Obligations, Reason};
use placet_model::ids::{LayerId, RuleId};
use placet_model::policy::{Budget, Consent, Duties, Rule, RuleKind};
use placet_model::request::{Asked, Covers, Request};

use super::{Deciding, Judge, Obstacle};
use crate::chain;
use crate::witness::{approval, consent, this_call, whole_tool};

/// What came of a trial.
pub(super) enum Tried {
    /// The rule decides.
    Decides(Box<Deciding>),
    /// These may stand in its way.
    Stopped(BTreeSet<Obstacle>),
}

/// How often duties are looked at anew after some were met.
const ROUNDS: usize = 4;

impl Judge<'_> {
    /// Tries a request for a rule.
    pub(super) fn attempt(&self, id: RuleId, rule: &Rule, mut request: Request) -> Tried {
        let without = [id];
        let deciding = |request: &Request, decision, without| {
            Tried::Decides(Box::new(Deciding {
                request: request.clone(),
                decision,
                without,
            }))
        };
        match rule.kind {
            RuleKind::Grant => {
                self.meet(&mut request, &rule.duties);
                let decision = self.satisfied(&mut request, &[]);
                if !decision.is_grant() {
                    return Tried::Stopped(self.stopping(&decision));
                }
                let mut other = self.engine.decide_as_if_without(&request, &without);
                // Of rivals with budgets that are spent only the grant is left.
                let mut rivals = BTreeSet::new();
                let mut mine = decision;
                while other.is_grant() && !is_shorter(&other.obligations, &mine.obligations) {
                    let used = self.rules_of(&other);
                    let own = |id: &RuleId| {
                        self.policy.rules.get(id.index()).is_some_and(|other| {
                            other.kind == RuleKind::Grant && other.layer == rule.layer
                        })
                    };
                    let Some(rival) = used.into_iter().find(own) else {
                        break;
                    };
                    if !rivals.insert(rival) || !self.spend(&mut request, rival) {
                        break;
                    }
                    mine = chain::decided(self.engine, &request);
                    other = self.engine.decide_as_if_without(&request, &without);
                }
                let more = !other.is_grant() || is_shorter(&other.obligations, &mine.obligations);
                if mine.is_grant() && more {
                    return deciding(&request, mine, other);
                }
                Tried::Stopped(rivals.into_iter().map(Obstacle::Grant).collect())
            }
            RuleKind::Deny => {
                let other = self.satisfied(&mut request, &without);
                if !other.is_grant() {
                    return Tried::Stopped(self.stopping(&other));
                }
                let decision = chain::decided(self.engine, &request);
                if decision.reason == Reason::DeniedByRule {
                    return deciding(&request, decision, other);
                }
                Tried::Stopped(BTreeSet::new())
            }
            RuleKind::Require => {
                let other = self.satisfied(&mut request, &without);
                if !other.is_grant() {
                    return Tried::Stopped(self.stopping(&other));
                }
                let decision = chain::decided(self.engine, &request);
                let more = is_tighter(&decision.obligations, &other.obligations);
                if !decision.is_grant() || more {
                    return deciding(&request, decision, other);
                }
                let mut obstacles = self.layers();
                let used = self.rules_of(&other).into_iter();
                obstacles.extend(used.filter_map(|id| self.requiring(id)));
                Tried::Stopped(obstacles)
            }
        }
    }

    /// The decision, as if some rules were not written, after all that is asked for was
    /// given that somebody can give.
    pub(super) fn satisfied(&self, request: &mut Request, without: &[RuleId]) -> Decision {
        let mut decision = self.engine.decide_as_if_without(&*request, without);
        for _ in 0..ROUNDS {
            let asks = matches!(
                decision.reason,
                Reason::ApprovalRequired | Reason::ConsentRequired
            );
            if !asks || !self.answer(request, &decision.obligations) {
                break;
            }
            decision = self.engine.decide_as_if_without(&*request, without);
        }
        decision
    }

    /// Gives what is asked for; whether there was anything to give.
    fn answer(&self, request: &mut Request, asked: &Obligations) -> bool {
        let before = request.consents.len() + request.approvals.len();
        for duty in &asked.consents {
            let given = consent(request, covering(request, is_per_call(&duty.covers)));
            request.consents.extend(given);
        }
        for duty in &asked.approvals {
            let groups = self.policy.groups.iter();
            let group = groups
                .enumerate()
                .find(|(_, group)| group.name == duty.group);
            if let Some((at, _)) = group {
                let group = placet_model::ids::GroupId::new(at);
                let covers = covering(request, is_per_call(&duty.covers));
                let given = approval(self.policy, request, group, covers);
                request.approvals.extend(given);
            }
        }
        request.consents.len() + request.approvals.len() > before
    }

    /// Gives what a rule itself asks for.
    fn meet(&self, request: &mut Request, duties: &Duties) {
        if let Some(asked) = duties.consent {
            let covers = covering(request, asked == Consent::PerCall);
            let given = consent(request, covers);
            request.consents.extend(given);
        }
        for asked in &duties.approvals {
            let covers = covering(request, asked.per_call);
            let given = approval(self.policy, request, asked.group, covers);
            request.approvals.extend(given);
        }
    }

    /// Spends the budgets of a rule; whether it has any.
    fn spend(&self, request: &mut Request, id: RuleId) -> bool {
        let budgets = self.policy.rules.get(id.index());
        let spent: Vec<_> = budgets
            .into_iter()
            .flat_map(|rule| &rule.duties.budgets)
            .map(|budget| match budget {
                Budget::Calls(calls) => (*calls).into(),
                Budget::Amount { limit, .. } => *limit,
            })
            .collect();
        let any = !spent.is_empty();
        if any {
            request.budgets.push((self.policy.rule_name(id), spent));
        }
        any
    }

    /// What stood in the way of a grant, going by a denial.
    pub(super) fn stopping(&self, denial: &Decision) -> BTreeSet<Obstacle> {
        let rules = self.rules_of(denial).into_iter();
        match denial.reason {
            Reason::DeniedByRule => rules.map(Obstacle::Deny).collect(),
            Reason::NoGrant => self.layers(),
            Reason::ApprovalRequired | Reason::ConsentRequired | Reason::BudgetExhausted => {
                let mut obstacles: BTreeSet<Obstacle> =
                    rules.filter_map(|id| self.requiring(id)).collect();
                // A grant that asks for less may be there.
                obstacles.extend(self.layers());
                obstacles
            }
            _ => BTreeSet::new(),
        }
    }

    fn requiring(&self, id: RuleId) -> Option<Obstacle> {
        let rule = self.policy.rules.get(id.index())?;
        (rule.kind == RuleKind::Require).then_some(Obstacle::Require(id))
    }

    /// All layers that need a grant.
    fn layers(&self) -> BTreeSet<Obstacle> {
        let layers = self.policy.layers.iter().enumerate();
        layers
            .filter(|(_, layer)| !layer.default_grant)
            .map(|(at, _)| Obstacle::Layer(LayerId::new(at)))
            .collect()
    }

    /// The rules that a decision names.
    fn rules_of(&self, decision: &Decision) -> Vec<RuleId> {
        let notes = decision.rules.iter();
        notes
            .filter_map(|note| self.names.get(&note.name).copied())
            .collect()
    }
}

/// What an assent covers that is just enough.
fn covering(request: &Request, per_call: bool) -> Covers {
    match &request.asked {
        Asked::Scopes { scopes, .. } => match scopes.first() {
            Some(scope) => Covers::Scope(scope.clone()),
            None => whole_tool(request),
        },
        _ if per_call => this_call(request),
        _ => whole_tool(request),
    }
}

fn is_per_call(covers: &[DutyCover]) -> bool {
    let mut covers = covers.iter();
    covers.any(|cover| matches!(cover, DutyCover::Call(_)))
}

/// Whether obligations last shorter than others, or may be handed on less. Which consents and
/// approvals they use says little: of grants that all hold one is taken by name.
fn is_shorter(one: &Obligations, other: &Obligations) -> bool {
    fn less<T: Ord + Copy>(one: Option<T>, other: Option<T>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => one < other,
            (one, None) => one.is_some(),
            (None, Some(_)) => false,
        }
    }
    less(one.lifetime, other.lifetime) || less(one.delegate, other.delegate)
}

/// Whether obligations are tighter than others in any way.
pub(super) fn is_tighter(one: &Obligations, other: &Obligations) -> bool {
    let consents = |of: &Obligations| {
        let wanted = of.consents.iter().map(|duty| is_per_call(&duty.covers));
        wanted.max()
    };
    let approvals = one.approvals.iter().any(|duty| {
        let same = other.approvals.iter().filter(|own| own.group == duty.group);
        let same = same.map(|own| is_per_call(&own.covers)).max();
        same < Some(is_per_call(&duty.covers))
    });
    let budgets = one.budgets.iter().any(|duty| {
        let mut own = other.budgets.iter();
        !own.any(|own| (&own.rule, own.index) == (&duty.rule, duty.index))
    });
    is_shorter(one, other) || consents(other) < consents(one) || approvals || budgets
}
