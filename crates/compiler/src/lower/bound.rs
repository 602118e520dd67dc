//! The stated bound on the size of a graph.

use placet_model::graph::demand::{self, Demand, steps};
use placet_model::graph::kleene::SPLIT_NODES;
use placet_model::ids::{LayerId, RuleId};
use placet_model::policy::Policy;
use placet_model::walk::sizes;

/// How many nodes the graph of a layer has at most (see [`lower`](super)).
#[must_use]
pub fn bound(policy: &Policy, layer: LayerId) -> usize {
    let sizes = sizes(&policy.exprs);
    let mut nodes = 4_usize;
    for (at, rule) in policy.rules.iter().enumerate() {
        if rule.layer != layer {
            continue;
        }
        let combinations = Demand::of(policy, RuleId::new(at), rule).combinations();
        let mut arms = 0_usize;
        for pattern in demand::arms(rule) {
            let pattern = pattern.and_then(|id| policy.patterns.get(id.index()));
            let place = steps(pattern).len().saturating_add(5);
            nodes = nodes.saturating_add(combinations.saturating_mul(place));
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
        let split = split.min(2 * SPLIT_NODES);
        nodes = nodes.saturating_add(14 * arms).saturating_add(27 * split);
    }
    nodes
}
