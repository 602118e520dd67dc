//! Whether a rule decides for some call: asked of its own clauses first, and again with all
//! that stood in the way.

use std::collections::BTreeSet;

use placet_model::ids::RuleId;
use placet_model::policy::{Rule, RuleKind};
use placet_model::request::Request;
use smol_str::SmolStr;

use super::obstacle::{Asked, shared};
use super::trial::Tried;
use super::{Cause, Dead, Deciding, Issuance, Judge, Life, Obstacle};
use crate::ask::{Outcome, Why, ask};
use crate::build::Builder;
use crate::chain;
use crate::formula::Formula;
use crate::granted::{Need, duties};

/// What came of a question at one spot.
pub(super) enum Here {
    Decides(Box<Deciding>),
    /// It does not, because of these; of none when its own clauses rule it out.
    Never(BTreeSet<Obstacle>),
    Unknown(Why),
}

impl<'e> Judge<'e> {
    /// Whether a rule decides for some call.
    pub(super) fn life(&self, id: RuleId, rule: &Rule) -> Life {
        let spots = self.places.get(id.index());
        let spots: Vec<usize> = spots.into_iter().flatten().copied().collect();
        let mut unknown: Vec<(Why, SmolStr)> = Vec::new();
        let mut obstacles = BTreeSet::new();
        for spot in &spots {
            for need in cases(rule) {
                let asked = Asked {
                    rule,
                    spot: *spot,
                    need,
                };
                let came = self.here(asked, &obstacles, &mut |request| {
                    let request = match request.credential {
                        Some(_) => chain::issued(self.engine, &request)?,
                        None => request,
                    };
                    Some(self.attempt(id, rule, request))
                });
                match came {
                    Here::Decides(deciding) => return Life::Decides(deciding),
                    Here::Never(because) => obstacles.extend(because),
                    Here::Unknown(why) => {
                        let spot = self.spots.get(*spot);
                        let name = spot.map(|spot| spot.name(self.policy)).unwrap_or_default();
                        unknown.push((why, name.into()));
                    }
                }
            }
        }
        if !unknown.is_empty() {
            unknown.sort();
            unknown.dedup();
            return Life::Unknown(unknown);
        }
        let cause = if spots.is_empty() {
            Cause::Nowhere
        } else if obstacles.is_empty() {
            self.own_cause(rule, &spots)
        } else {
            Cause::Others(obstacles.into_iter().collect())
        };
        let issuance = match &cause {
            // What holds in no completion cuts nothing and asks for nothing.
            Cause::Nowhere | Cause::Contradiction(_) => Issuance::Nothing,
            _ if rule.kind == RuleKind::Grant => Issuance::Nothing,
            Cause::Unmeetable => self.beside_calls(id, rule, &[]),
            Cause::Others(others) => self.beside_calls(id, rule, others),
        };
        Life::Dead(Dead { cause, issuance })
    }

    /// Whether a rule decides for some call at a spot, which `trial` tells of a request.
    pub(super) fn here(
        &self,
        asked: Asked<'_>,
        known: &BTreeSet<Obstacle>,
        trial: &mut dyn FnMut(Request) -> Option<Tried>,
    ) -> Here {
        let about = self.about.get(asked.spot).map(Vec::as_slice);
        let about = about.unwrap_or_default();
        let matters = |obstacle: &Obstacle| match obstacle {
            Obstacle::Deny(id) | Obstacle::Grant(id) | Obstacle::Require(id) => {
                about.binary_search(id).is_ok()
            }
            Obstacle::Layer(_) => true,
        };
        let mut active: BTreeSet<Obstacle> = known.iter().copied().filter(matters).collect();
        let mut steps = self.effort.steps;
        loop {
            let Some(mut build) = self.builder(asked.spot) else {
                return Here::Never(BTreeSet::new());
            };
            let goals = self.goals(&mut build, asked, &active);
            let mut more: BTreeSet<Obstacle> = BTreeSet::new();
            let outcome = ask(
                &build,
                goals,
                &mut steps,
                &mut |request| match trial(request)? {
                    Tried::Decides(deciding) => Some(Some(deciding)),
                    Tried::Stopped(by) => {
                        let new = |one: &Obstacle| {
                            let own = *one == Obstacle::Layer(asked.rule.layer)
                                && asked.rule.kind == RuleKind::Grant;
                            !own && !active.contains(one)
                        };
                        more = by.into_iter().filter(new).collect();
                        (!more.is_empty()).then_some(None)
                    }
                },
            );
            match outcome {
                Outcome::Yes(Some(deciding)) => return Here::Decides(deciding),
                Outcome::Yes(None) => active.append(&mut more),
                Outcome::No => return Here::Never(self.fewest(asked, active)),
                Outcome::Unknown(why) => return Here::Unknown(why),
            }
        }
    }

    /// Of obstacles that rule a rule out together, those that do so still when each that is
    /// not needed is left out.
    fn fewest(&self, asked: Asked<'_>, all: BTreeSet<Obstacle>) -> BTreeSet<Obstacle> {
        let mut kept = all.clone();
        for obstacle in all.into_iter().rev() {
            kept.remove(&obstacle);
            if !self.is_ruled_out(asked, &kept) {
                kept.insert(obstacle);
            }
        }
        kept
    }

    fn is_ruled_out(&self, asked: Asked<'_>, by: &BTreeSet<Obstacle>) -> bool {
        let Some(mut build) = self.builder(asked.spot) else {
            return true;
        };
        let goals = self.goals(&mut build, asked, by);
        let mut steps = self.effort.steps;
        matches!(
            ask(&build, goals, &mut steps, &mut |_| Some(())),
            Outcome::No
        )
    }

    pub(super) fn builder(&self, spot: usize) -> Option<Builder<'e>> {
        let deepest = self.deepest.get(spot).copied().unwrap_or(0);
        let spot = self.spots.get(spot)?.clone();
        Some(Builder::new(self.engine, spot, deepest))
    }

    /// What has to be true so that a rule decides, while nothing but this is in its way.
    fn goals(
        &self,
        build: &mut Builder<'e>,
        asked: Asked<'_>,
        obstacles: &BTreeSet<Obstacle>,
    ) -> Vec<Formula> {
        let mut goals = self.matching(build, asked.rule);
        if asked.rule.kind == RuleKind::Grant {
            goals.push(duties(build, &asked.rule.duties));
        }
        for obstacle in obstacles {
            goals.push(self.cleared(build, asked, *obstacle));
        }
        build.uses.settle();
        goals
    }

    /// That a rule matches a call.
    pub(super) fn matching(&self, build: &mut Builder<'e>, rule: &Rule) -> Vec<Formula> {
        let clauses = build.clauses(rule);
        let mut goals = vec![if rule.kind == RuleKind::Grant {
            clauses.holds()
        } else {
            clauses.not_false()
        }];
        goals.push(build.known());
        goals.extend(build.applies());
        goals
    }
}

/// One question for each duty of a require, else one alone.
pub(super) fn cases(rule: &Rule) -> Vec<Option<Need>> {
    if rule.kind == RuleKind::Require {
        Need::all(&rule.duties).into_iter().map(shared).collect()
    } else {
        vec![None]
    }
}
