//! The stated bound on the size of a graph.

use super::super::demand::{self, Planner};
use super::super::kleene::SPLIT_NODES;
use crate::ids::LayerId;
use crate::policy::Policy;
use crate::walk::sizes;

/// How many nodes the graph of a layer has at most: the sums of [`build`](super), with the
/// combinations that arms really have.
#[must_use]
pub fn bound(policy: &Policy, layer: LayerId) -> usize {
    let sizes = sizes(&policy.exprs);
    let planner = Planner::new(policy);
    let (mut places, mut tests) = (0_usize, 4_usize);
    for (id, rule) in demand::rules(policy, layer) {
        let combinations = planner.demand(id, rule).combinations(rule);
        let mut arms = 0_usize;
        for pattern in demand::arms(rule) {
            let pattern = pattern.and_then(|id| policy.patterns.get(id.index()));
            places += combinations * (pattern.map_or(0, |pattern| 2 * pattern.segments.len()) + 6);
            arms += 1;
        }
        let size = |captured: bool| {
            rule.conditions
                .iter()
                .filter_map(|condition| sizes.get(condition.expr.index()))
                .filter(|size| size.captures == captured)
                .map(|size| size.nodes)
                .fold(0, usize::saturating_add)
        };
        let split = size(false).saturating_add(size(true).saturating_mul(arms));
        tests += 14 * arms + 27 * split.min(2 * SPLIT_NODES);
    }
    tests + places
}
