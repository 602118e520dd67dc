//! Where arms stand: every combination of keys, then the steps of the pattern.

use std::convert::Infallible;

use placet_model::graph::Key;
use placet_model::graph::demand::{self, Demand, Step, rank};
use placet_model::graph::kleene::Splitter;
use placet_model::ids::{LayerId, PatternId, RuleId};
use placet_model::policy::{Policy, Rule};

use super::draft::{Draft, DraftId};

/// A rule and what its arms demand.
pub(super) struct Demanding<'a> {
    id: RuleId,
    rule: &'a Rule,
    demand: Demand,
}

/// A rule with one of its patterns, and the first node of its tests.
pub(super) struct Arm {
    pub(super) rule: RuleId,
    pub(super) pattern: Option<PatternId>,
    pub(super) test: DraftId,
    /// Its rule, by place in the demands.
    demanding: usize,
}

/// One place of an arm. Sorted, places make the trie: what belongs together is adjacent,
/// and arms at one place are in the order in which they are walked.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placement<'a> {
    /// By dimension; `None`, which sorts first, is any key.
    keys: [Option<&'a Key>; 4],
    steps: &'a [Step<'a>],
    /// The arm, by place in the arms.
    pub(super) arm: usize,
}

impl<'a> Placement<'a> {
    /// The key in a dimension; `None` is any.
    pub(super) fn key(&self, dimension: usize) -> Option<&'a Key> {
        self.keys.get(dimension).copied().flatten()
    }

    /// The step at a segment; `None` is beyond the last one.
    pub(super) fn step(&self, depth: usize) -> Option<Step<'a>> {
        self.steps.get(depth).copied()
    }
}

/// The rules of a layer in the order in which their arms are walked.
pub(super) fn demands(policy: &Policy, layer: LayerId) -> Vec<Demanding<'_>> {
    // Rules are sorted by layer.
    let start = policy.rules.partition_point(|rule| rule.layer < layer);
    let mut rules: Vec<(RuleId, &Rule)> = policy
        .rules
        .iter()
        .enumerate()
        .skip(start)
        .take_while(|(_, rule)| rule.layer == layer)
        .map(|(at, rule)| (RuleId::new(at), rule))
        .collect();
    rules.sort_by_key(|(id, rule)| (rank(rule.kind), *id));
    rules
        .into_iter()
        .map(|(id, rule)| Demanding {
            id,
            rule,
            demand: Demand::of(policy, id, rule),
        })
        .collect()
}

/// The arms of all rules, in walking order, with their tests drafted.
pub(super) fn arms(demands: &[Demanding<'_>], splitter: &mut Splitter<'_, Draft>) -> Vec<Arm> {
    let mut arms = Vec::new();
    for (at, demanding) in demands.iter().enumerate() {
        if demanding.demand.combinations() == 0 {
            continue;
        }
        let drafted: Result<_, Infallible> =
            splitter.arms(demanding.id, demanding.rule, &demanding.demand);
        let Ok(drafted) = drafted;
        let patterns = demand::arms(demanding.rule);
        arms.extend(patterns.zip(drafted).map(|(pattern, test)| Arm {
            rule: demanding.id,
            pattern,
            test,
            demanding: at,
        }));
    }
    arms
}

/// The steps of each arm.
pub(super) fn ways<'a>(policy: &'a Policy, arms: &[Arm]) -> Vec<Vec<Step<'a>>> {
    arms.iter()
        .map(|arm| {
            let pattern = arm
                .pattern
                .and_then(|pattern| policy.patterns.get(pattern.index()));
            demand::steps(pattern)
        })
        .collect()
}

/// All places of all arms, sorted.
pub(super) fn placements<'a>(
    demands: &'a [Demanding<'_>],
    arms: &[Arm],
    ways: &'a [Vec<Step<'a>>],
) -> Vec<Placement<'a>> {
    let mut placements = Vec::new();
    for (at, (arm, steps)) in arms.iter().zip(ways).enumerate() {
        let Some(demanding) = demands.get(arm.demanding) else {
            continue;
        };
        placements.extend(
            combinations(&demanding.demand)
                .into_iter()
                .map(|keys| Placement {
                    keys,
                    steps,
                    arm: at,
                }),
        );
    }
    // No two are equal, so the sort need not be stable.
    placements.sort_unstable();
    placements
}

fn combinations(demand: &Demand) -> Vec<[Option<&Key>; 4]> {
    let mut combinations = vec![[None; 4]];
    for (dimension, keys) in demand.keys.iter().enumerate() {
        let Some(keys) = keys else {
            continue;
        };
        combinations = combinations
            .into_iter()
            .flat_map(|combination| {
                keys.iter().map(move |key| {
                    let mut combination = combination;
                    if let Some(place) = combination.get_mut(dimension) {
                        *place = Some(key);
                    }
                    combination
                })
            })
            .collect();
    }
    combinations
}
