//! What was found, told as regions: as few as say the same.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::ids::{ActionId, FunctionId, PatternId, RuleId};
use placet_model::policy::{Policy, Rule};
use placet_model::value::Duration;
use smol_str::SmolStr;

use super::ways::{Given, Part};
use super::{Asking, Found, Place};
use crate::region::{Area, Duty, Except, Region, loose};

/// What tells regions apart; all else is joined.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    grants: Vec<RuleId>,
    patterns: Vec<Vec<PatternId>>,
    denies: Vec<(Option<RuleId>, Vec<PatternId>)>,
    /// With whether they ask it of all.
    requires: Vec<(RuleId, Vec<PatternId>, bool)>,
    /// Whether there is a witness.
    confirmed: bool,
}

impl Key {
    pub(super) fn of(grants: Vec<RuleId>, given: &Given) -> Self {
        let list = |patterns: &BTreeSet<PatternId>| patterns.iter().copied().collect();
        Self {
            grants,
            patterns: given.patterns.iter().map(list).collect(),
            denies: given
                .denies
                .iter()
                .map(|(id, patterns)| (*id, list(patterns)))
                .collect(),
            requires: given
                .requires
                .iter()
                .map(|(id, (patterns, of_all))| (*id, list(patterns), *of_all == given.spots))
                .collect(),
            confirmed: given.witness.is_some(),
        }
    }
}

pub(super) type Joined = BTreeMap<(FunctionId, ActionId), Given>;

impl Asking<'_> {
    /// The regions of calls that are alike: as few as say which function does what.
    pub(super) fn regions(&self, key: &Key, mut joined: Joined, found: &mut Found) {
        let mut blocks: Vec<(BTreeSet<FunctionId>, BTreeSet<ActionId>)> = Vec::new();
        for (function, action) in joined.keys() {
            let block = blocks.iter_mut().find_map(|(functions, actions)| {
                let functions_too: BTreeSet<_> = functions.iter().chain([function]).collect();
                let actions_too: BTreeSet<_> = actions.iter().chain([action]).collect();
                let all_are = functions_too.iter().all(|function| {
                    actions_too.iter().all(|action| {
                        joined.contains_key(&(**function, **action))
                            || !self.does(**function, **action)
                    })
                });
                all_are.then_some((functions, actions))
            });
            match block {
                Some((functions, actions)) => {
                    functions.insert(*function);
                    actions.insert(*action);
                }
                None => blocks.push((BTreeSet::from([*function]), BTreeSet::from([*action]))),
            }
        }
        for (functions, actions) in blocks {
            let mut region = self.region(key, &functions, &actions);
            let inside = |does: &(FunctionId, ActionId)| {
                functions.contains(&does.0) && actions.contains(&does.1)
            };
            let mut given = joined.iter_mut().filter(|(does, _)| inside(does));
            if key.confirmed {
                let witness = given.find_map(|(_, given)| given.witness.take());
                region.witness = witness.map(Box::new);
            } else {
                region.unknown = given
                    .filter_map(|(_, given)| given.unknown.take())
                    .collect();
                region.unknown.sort();
            }
            let some = key.patterns.iter().find(|patterns| !patterns.is_empty());
            let patterns = some.into_iter().flatten();
            found.places.push(Place {
                functions,
                actions,
                patterns: patterns
                    .filter_map(|id| loose(self.policy.patterns.get(id.index())?))
                    .collect(),
            });
            found.answer.regions.push(region);
        }
    }

    fn does(&self, function: FunctionId, action: ActionId) -> bool {
        let function = self.policy.functions.get(function.index());
        function.is_some_and(|function| function.lines.iter().any(|line| line.action == action))
    }

    fn region(
        &self,
        key: &Key,
        functions: &BTreeSet<FunctionId>,
        actions: &BTreeSet<ActionId>,
    ) -> Region {
        let policy = self.policy;
        let rule = |id: RuleId| policy.rules.get(id.index());
        let grants: Vec<&Rule> = key.grants.iter().filter_map(|id| rule(*id)).collect();
        let parts: Vec<Part<'_>> = std::iter::once(&self.asked.shown)
            .chain(grants.iter().copied())
            .zip(key.patterns.iter().cloned())
            .collect();
        let area = Area::of(policy, functions.clone(), actions.clone(), &parts);
        let mut region = area.region();
        region.rules = key.grants.iter().map(|id| policy.rule_name(*id)).collect();
        for (id, patterns) in &key.denies {
            let denying = match id {
                Some(id) => rule(*id),
                None => self.asked.without.as_ref(),
            };
            region.except.extend(denying.map(|rule| Except {
                clauses: area.clauses(rule, patterns),
                rule: id.map(|id| policy.rule_name(id)),
            }));
        }
        let mut limits = Limits::default();
        for (grant, id) in grants.iter().zip(&key.grants) {
            limits.lower(
                Some(grant.duties.lifetime.unwrap_or(policy.lifetime)),
                Some(grant.duties.delegate.unwrap_or(0)),
            );
            region.duties.extend(duty(policy, *id, Vec::new()));
        }
        for (id, patterns, of_all) in &key.requires {
            let Some(require) = rule(*id) else { continue };
            let of = if *of_all {
                limits.lower(require.duties.lifetime, require.duties.delegate);
                Vec::new()
            } else {
                area.clauses(require, patterns)
            };
            region.duties.extend(duty(policy, *id, of));
        }
        region.lifetime = limits.lifetime;
        region.delegate = limits.delegate.unwrap_or(0);
        region
    }
}

/// The least of limits.
#[derive(Default)]
struct Limits {
    lifetime: Option<Duration>,
    delegate: Option<u32>,
}

impl Limits {
    fn lower(&mut self, lifetime: Option<Duration>, delegate: Option<u32>) {
        self.lifetime = [self.lifetime, lifetime].into_iter().flatten().min();
        self.delegate = [self.delegate, delegate].into_iter().flatten().min();
    }
}

/// What a rule asks of some requests; limits of all are told otherwise.
fn duty(policy: &Policy, id: RuleId, of: Vec<SmolStr>) -> Option<Duty> {
    let mut rule = policy.rules.get(id.index())?.clone();
    if of.is_empty() {
        rule.duties.lifetime = None;
        rule.duties.delegate = None;
    }
    let needs = placet_model::render::duties(policy, &rule);
    (!needs.is_empty()).then(|| Duty {
        needs: needs.into_iter().map(SmolStr::from).collect(),
        of,
        rule: policy.rule_name(id),
    })
}
