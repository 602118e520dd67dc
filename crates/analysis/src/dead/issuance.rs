//! What a rule does when a credential is issued: tried with what is asked for to make the
//! calls that the rule is about. What is found is confirmed; that there is nothing to find
//! follows only where the clauses of the rule never hold.

use std::collections::BTreeSet;

use placet_model::decision::Decision;
use placet_model::ids::RuleId;
use placet_model::policy::{Moment, Rule, RuleKind};
use placet_model::request::Request;
use smol_str::SmolStr;

use super::clauses::taken_apart;
use super::obstacle::Asked;
use super::question::cases;
use super::trial::{Tried, is_tighter};
use super::{Cause, Dead, Deciding, Issuance, Judge, Life, Obstacle, near};
use crate::ask::Why;
use crate::chain::{asking, scopes};
use crate::formula::Formula;
use crate::granted::Need;

impl Judge<'_> {
    /// What a rule does that is asked when a credential is issued, and then alone.
    pub(super) fn at_issuance(&self, id: RuleId, rule: &Rule) -> Life {
        let spots = self.places.get(id.index());
        let spots: Vec<usize> = spots.into_iter().flatten().copied().collect();
        let dead = |cause| {
            Life::Dead(Dead {
                cause,
                issuance: Issuance::Nothing,
            })
        };
        if spots.is_empty() {
            return dead(Cause::Nowhere);
        }
        let open = whenever(rule);
        if let cause @ Cause::Contradiction(_) = self.own_cause(&open, &spots) {
            return dead(cause);
        }
        match self.when_issued(id, rule) {
            Issuance::Decides(deciding) => Life::Decides(deciding),
            _ => {
                let why = Why::NotAsked("whether nothing is issued otherwise without it");
                Life::Unknown(vec![(why, SmolStr::default())])
            }
        }
    }

    /// What a deny or require that decides no call does when a credential is issued.
    pub(super) fn beside_calls(&self, id: RuleId, rule: &Rule, others: &[Obstacle]) -> Issuance {
        // One that matches whatever the rule does, known or not, has the same effect.
        let narrow = taken_apart(self.policy, rule);
        let places = |id: RuleId| self.places.get(id.index()).map(Vec::as_slice);
        let covers = |other: RuleId| {
            let wide = self.policy.rules.get(other.index());
            let own = places(id).unwrap_or_default().iter();
            let theirs = places(other).unwrap_or_default();
            wide.is_some_and(|wide| near::covers(&taken_apart(self.policy, wide), &narrow))
                && own.clone().all(|spot| theirs.contains(spot))
        };
        let covered = others.iter().any(|other| match (other, rule.kind) {
            (Obstacle::Deny(id), _) => covers(*id),
            (Obstacle::Require(id), RuleKind::Require) => {
                let require = self.policy.rules.get(id.index());
                let asks = |require: &Rule| {
                    let mut needs = Need::all(&rule.duties).into_iter();
                    needs.all(|need| need.is_met_by(self.policy, require))
                };
                require.is_some_and(asks) && covers(*id)
            }
            _ => false,
        });
        if covered || self.is_about_nothing_issued(id, rule) {
            return Issuance::Nothing;
        }
        self.when_issued(id, rule)
    }

    /// Whether nothing is ever issued that a rule is about: some layer has no grant for it
    /// even if all conditions held.
    fn is_about_nothing_issued(&self, id: RuleId, rule: &Rule) -> bool {
        let bare = |rule: &Rule| Rule {
            conditions: Vec::new(),
            ..whenever(rule)
        };
        let own = bare(rule);
        let spots = self.places.get(id.index());
        spots.into_iter().flatten().all(|spot| {
            let about = self.about.get(*spot).map(Vec::as_slice).unwrap_or_default();
            let layers = self.policy.layers.iter().enumerate();
            let mut layers = layers.filter(|(_, layer)| !layer.default_grant);
            layers.any(|(at, _)| {
                let Some(mut build) = self.builder(*spot) else {
                    return true;
                };
                let mut goals = self.matching(&mut build, &own);
                let grants = about
                    .iter()
                    .filter_map(|id| self.policy.rules.get(id.index()))
                    .filter(|rule| rule.kind == RuleKind::Grant && rule.layer.index() == at)
                    .filter(|grant| near::can_meet(self.policy, rule, grant));
                let ways: Vec<Formula> = grants
                    .map(|grant| build.clauses(&bare(grant)).holds())
                    .collect();
                goals.push(Formula::any(ways));
                self.is_none(build, goals)
            })
        })
    }

    /// What a deny or require does when a credential is issued.
    fn when_issued(&self, id: RuleId, rule: &Rule) -> Issuance {
        let open = whenever(rule);
        let spots = self.places.get(id.index());
        for spot in spots.into_iter().flatten() {
            for need in cases(&open) {
                let asked = Asked {
                    rule: &open,
                    spot: *spot,
                    need,
                };
                let mut found = None;
                self.here(asked, &BTreeSet::new(), &mut |request| {
                    if request.credential.is_some() {
                        return None;
                    }
                    let tried = self.issue(id, &request);
                    if let Tried::Decides(deciding) = &tried {
                        found = Some(deciding.clone());
                    }
                    Some(tried)
                });
                if let Some(deciding) = found {
                    return Issuance::Decides(deciding);
                }
            }
        }
        Issuance::Unknown
    }

    /// Asks for all that a call does, with a rule and as if it were not written.
    fn issue(&self, id: RuleId, call: &Request) -> Tried {
        let scopes = scopes(self.engine, call);
        let mut request = asking(self.policy, call, scopes);
        let without = self.satisfied(&mut request, &[id]);
        if !without.is_grant() {
            return Tried::Stopped(self.stopping(&without));
        }
        let decision = self.engine.decide(&request);
        let scopes = |decision: &Decision| -> Vec<_> {
            let outcomes = decision.scopes.iter();
            outcomes
                .flat_map(|outcome| &outcome.scopes)
                .map(|scope| {
                    let except = scope.except.clone();
                    (scope.not_after, scope.delegate, except)
                })
                .collect()
        };
        let less = scopes(&decision) != scopes(&without);
        if less || is_tighter(&decision.obligations, &without.obligations) {
            return Tried::Decides(Box::new(Deciding {
                request,
                decision,
                without,
            }));
        }
        Tried::Stopped(BTreeSet::new())
    }
}

/// A rule as if it were asked at any moment.
fn whenever(rule: &Rule) -> Rule {
    Rule {
        moment: rule.moment.filter(|moment| *moment != Moment::Issuance),
        ..rule.clone()
    }
}
