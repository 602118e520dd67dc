//! Graphs against their policy.
//!
//! First the shape: ids, order of children, keys, what may lead to what. Then the whole
//! graph is walked as a tree, and every arm met must be one that the policy demands under
//! exactly those keys and segments, with exactly the test graph that its rule splits to.
//! Ways through the tree differ in keys or segments, and arms at one place are strictly
//! ordered, so no arm is met twice at one place: when as many are met as are demanded,
//! they are all there. Each inner node has an arm below it, so the walk is as short as
//! the demand is; it ends at once when more is met.

mod arms;
mod shape;

use super::{Invalid, ensure};
use crate::graph::demand::Planner;
use crate::graph::{Cases, Graph, Key, Node};
use crate::ids::NodeId;
use crate::policy::Policy;
use crate::walk::sizes;

pub(super) fn check(policy: &Policy, graphs: &[Graph]) -> Result<(), Invalid> {
    let one_each = graphs.len() == policy.layers.len();
    ensure(
        one_each,
        || "graphs".to_owned(),
        "there is not one per layer",
    )?;
    let sizes = sizes(&policy.exprs);
    let planner = Planner::new(policy);
    for (at, graph) in graphs.iter().enumerate() {
        let check = Check { policy, graph, at };
        check.shape()?;
        check.arms(&planner, &sizes)?;
    }
    Ok(())
}

/// The check of one graph.
struct Check<'a> {
    policy: &'a Policy,
    graph: &'a Graph,
    at: usize,
}

impl<'a> Check<'a> {
    fn ensure(&self, holds: bool, node: NodeId, reason: &'static str) -> Result<(), Invalid> {
        let place = || format!("graph {}, node {}", self.at, node.0);
        ensure(holds, place, reason)
    }

    fn wrong<T>(&self, node: NodeId, reason: &'static str) -> Result<T, Invalid> {
        Err(Invalid {
            place: format!("graph {}, node {}", self.at, node.0),
            reason,
        })
    }

    fn node(&self, id: NodeId) -> Result<Node, Invalid> {
        match self.graph.nodes.get(id.index()) {
            Some(node) => Ok(*node),
            None => self.wrong(id, "there is no such node"),
        }
    }

    fn cases(&self, cases: Cases) -> Option<&'a [(Key, NodeId)]> {
        self.graph
            .cases
            .get(cases.start as usize..cases.end as usize)
    }
}
