//! Arms, and the order in which they make a trie.

use std::convert::Infallible;

use placet_model::graph::Key;
use placet_model::graph::demand::{self, Demand, Planner, Step, rank};
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
pub(super) struct Arm<'a> {
    pub(super) rule: RuleId,
    pub(super) pattern: Option<PatternId>,
    pub(super) test: DraftId,
    demand: &'a Demand,
    steps: Vec<Step<'a>>,
}

impl<'a> Arm<'a> {
    /// The keys in a dimension; `None` is any.
    pub(super) fn keys(&self, dimension: usize) -> Option<&'a [Key]> {
        self.demand.keys.get(dimension)?.as_deref()
    }

    /// The step at a segment; `None` is beyond the last one.
    pub(super) fn step(&self, depth: usize) -> Option<Step<'a>> {
        self.steps.get(depth).copied()
    }
}

/// The rules of a layer in the order in which their arms are walked.
pub(super) fn demands<'a>(
    policy: &'a Policy,
    planner: &Planner,
    layer: LayerId,
) -> Vec<Demanding<'a>> {
    let mut rules: Vec<(RuleId, &Rule)> = demand::rules(policy, layer).collect();
    rules.sort_by_key(|(id, rule)| (rank(rule.kind), *id));
    rules
        .into_iter()
        .map(|(id, rule)| Demanding {
            id,
            rule,
            demand: planner.demand(id, rule),
        })
        .filter(|demanding| demanding.demand.combinations() > 0)
        .collect()
}

/// The arms of all rules with their tests drafted, in the order of their steps: what
/// belongs together in a trie is adjacent, and arms with the same steps are in the order
/// in which they are walked.
pub(super) fn arms<'a>(
    policy: &'a Policy,
    demands: &'a [Demanding<'_>],
    splitter: &mut Splitter<'_, Draft>,
) -> Vec<Arm<'a>> {
    let mut arms = Vec::new();
    for Demanding { id, rule, demand } in demands {
        let drafted: Result<_, Infallible> = splitter.arms(*id, rule, demand);
        let Ok(drafted) = drafted;
        arms.extend(demand::arms(rule).zip(drafted).map(|(pattern, test)| {
            let segments = pattern.and_then(|id| policy.patterns.get(id.index()));
            Arm {
                rule: *id,
                pattern,
                test,
                demand,
                steps: demand::steps(segments),
            }
        }));
    }
    // Stable: arms were in walking order.
    arms.sort_by(|left, right| left.steps.cmp(&right.steps));
    arms
}
