//! Circles in what must have none: nested groups, lets, fixtures.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The most names that a message shows of one circle.
const SHOWN: usize = 8;

/// A graph taken apart.
pub(crate) struct Sorted {
    /// The nodes that are in no circle, each after all that it leads to.
    pub(crate) order: Vec<NodeIndex>,
    /// For each knot of circles a shortest one through its first node: each node leads to
    /// the next, and the last to the first.
    pub(crate) circles: Vec<Vec<NodeIndex>>,
}

/// Takes a graph apart; `name` says which node of a knot is its first. Works without
/// recursion, so that no chain is too long for it.
pub(crate) fn sort<N, E, K: Ord>(graph: &DiGraph<N, E>, name: impl Fn(NodeIndex) -> K) -> Sorted {
    let mut sorted = Sorted {
        order: Vec::new(),
        circles: Vec::new(),
    };
    for component in kosaraju_scc(graph) {
        match component.as_slice() {
            [node] if !graph.contains_edge(*node, *node) => sorted.order.push(*node),
            knot => {
                let first = knot.iter().copied().min_by_key(|node| name(*node));
                sorted
                    .circles
                    .extend(first.map(|first| circle(graph, knot, first)));
            }
        }
    }
    sorted
}

/// A shortest circle through a node, inside its knot.
fn circle<N, E>(graph: &DiGraph<N, E>, knot: &[NodeIndex], first: NodeIndex) -> Vec<NodeIndex> {
    let inside: BTreeSet<NodeIndex> = knot.iter().copied().collect();
    let mut reached_from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut open = VecDeque::from([first]);
    while let Some(node) = open.pop_front() {
        if graph.contains_edge(node, first) {
            let mut path = vec![node];
            let mut at = node;
            while let Some(before) = reached_from.get(&at) {
                path.push(*before);
                at = *before;
            }
            path.reverse();
            return path;
        }
        let mut next: Vec<NodeIndex> = graph.neighbors(node).collect();
        next.sort();
        for target in next {
            if target != first && inside.contains(&target) && !reached_from.contains_key(&target) {
                reached_from.insert(target, node);
                open.push_back(target);
            }
        }
    }
    vec![first]
}

/// A circle in words, with a word between its names: `` `a` uses `b` uses `a` ``.
pub(crate) fn shown(names: &[&str], word: &str) -> String {
    let mut parts: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    if names.len() > SHOWN {
        parts.push("…".to_owned());
    }
    parts.extend(parts.first().cloned());
    parts.join(&format!(" {word} "))
}

/// The part of a circle that a message points at.
pub(crate) fn pointed_at<T>(circle: &[T]) -> &[T] {
    circle.get(..SHOWN).unwrap_or(circle)
}
