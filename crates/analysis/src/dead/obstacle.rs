//! What may stand in the way of a rule, as what has to be true so that it does not.

use placet_model::ids::{LayerId, RuleId};
use placet_model::policy::{Moment, Policy, Rule, RuleKind};

use super::{Judge, Obstacle, near};
use crate::build::Builder;
use crate::formula::{FALSE, Formula, TRUE};
use crate::granted::{Need, duties};

/// A rule at a spot, and for a require the duty of which is asked whether it is new.
#[derive(Clone, Copy)]
pub(super) struct Asked<'r> {
    pub(super) rule: &'r Rule,
    pub(super) spot: usize,
    pub(super) need: Option<Need>,
}

impl<'e> Judge<'e> {
    /// That an obstacle is not in the way.
    pub(super) fn cleared(
        &self,
        build: &mut Builder<'e>,
        asked: Asked<'_>,
        obstacle: Obstacle,
    ) -> Formula {
        let rule = |id: RuleId| self.policy.rules.get(id.index());
        match obstacle {
            Obstacle::Deny(id) => {
                rule(id).map_or(Formula::Const(TRUE), |deny| build.clauses(deny).fails())
            }
            Obstacle::Require(id) => rule(id).map_or(Formula::Const(TRUE), |require| {
                let asks = asked
                    .need
                    .is_some_and(|need| need.is_met_by(self.policy, require));
                let met = if asks {
                    Formula::Const(FALSE)
                } else {
                    duties(build, &require.duties)
                };
                if met == Formula::Const(TRUE) {
                    return met;
                }
                Formula::any([build.clauses(require).fails(), met])
            }),
            Obstacle::Layer(layer) => self.granting(build, asked, layer, asked.need),
            Obstacle::Grant(id) => rule(id).map_or(Formula::Const(TRUE), |rival| {
                let holds = build.clauses(rival).holds();
                let better = self.better(build, asked, rival);
                Formula::any([holds.negated(), better])
            }),
        }
    }

    /// That some grant of a layer holds, without this.
    fn granting(
        &self,
        build: &mut Builder<'e>,
        asked: Asked<'_>,
        layer: LayerId,
        without: Option<Need>,
    ) -> Formula {
        let about = self.about.get(asked.spot).into_iter().flatten();
        let grants = about
            .filter_map(|id| self.policy.rules.get(id.index()))
            .filter(|grant| grant.layer == layer && grant.kind == RuleKind::Grant)
            .filter(|grant| near::can_meet(self.policy, asked.rule, grant))
            .filter(|grant| without.is_none_or(|need| !need.is_met_by(self.policy, grant)));
        let ways: Vec<Formula> = grants
            .map(|grant| {
                let holds = build.clauses(grant).holds();
                if holds == Formula::Const(FALSE) {
                    return holds;
                }
                Formula::all([holds, duties(build, &grant.duties)])
            })
            .collect();
        Formula::any(ways)
    }

    /// That a grant gives something here that a rival does not: some duty or limit of the
    /// rival that it does not have, and that nothing else asks for.
    fn better(&self, build: &mut Builder<'e>, asked: Asked<'_>, rival: &Rule) -> Formula {
        let ways: Vec<Formula> = worse(self.policy, asked.rule, rival)
            .into_iter()
            .map(|need| match need {
                Need::Budget(_) => Formula::Const(TRUE),
                need => self.spared(build, asked, need),
            })
            .collect();
        Formula::any(ways)
    }

    /// That neither requires nor other layers ask for this.
    fn spared(&self, build: &mut Builder<'e>, asked: Asked<'_>, need: Need) -> Formula {
        let mut parts = Vec::new();
        for (at, layer) in self.policy.layers.iter().enumerate() {
            let id = LayerId::new(at);
            if !layer.default_grant && id != asked.rule.layer {
                parts.push(self.granting(build, asked, id, Some(need)));
            }
        }
        let about = self.about.get(asked.spot).into_iter().flatten();
        let requires = about
            .filter_map(|id| self.policy.rules.get(id.index()))
            .filter(|rule| rule.kind == RuleKind::Require && need.is_met_by(self.policy, rule))
            .filter(|rule| rule.moment != Some(Moment::Issuance))
            .filter(|rule| near::can_meet(self.policy, asked.rule, rule));
        for require in requires {
            parts.push(build.clauses(require).fails());
        }
        Formula::all(parts)
    }
}

/// In what a rival is worse than a grant: its duties and limits that the grant does not have
/// as tight.
pub(super) fn worse(policy: &Policy, grant: &Rule, rival: &Rule) -> Vec<Need> {
    let mut effective = rival.duties.clone();
    effective.lifetime = effective.lifetime.or(Some(policy.lifetime));
    effective.delegate = effective.delegate.or(Some(0));
    let mut needs = Need::all(&effective);
    // A budget is the rule's own, and never as good as none.
    needs.retain(|need| matches!(need, Need::Budget(_)) || !need.is_met_by(policy, grant));
    needs
}

/// What a need is to those who may ask for the same already; a budget is the rule's own.
pub(super) const fn shared(need: Need) -> Option<Need> {
    match need {
        Need::Budget(_) => None,
        other => Some(other),
    }
}
