//! Policy to graphs: the arms of a layer, put together to a trie of keys and steps.
//!
//! Every arm stands under each combination of its keys and then along the steps of its
//! pattern. Arms are sorted once by their steps and then dealt out to keys dimension by
//! dimension, so building takes about as long as sorting does. A sub-graph follows from the
//! list of arms in it, so one that has been built is known by its list, and equal ones are
//! shared without a look at their nodes.
//!
//! # Size
//!
//! No rule set makes a graph exponential: [`bound`] is
//!
//! ```text
//! nodes ≤ 4 + max(MAX_PLACES, Σ arms (segments + 6))
//!           + Σ rules (14 × arms + 27 × min(split, 2 × SPLIT_NODES))
//! ```
//!
//! where an address counts as two segments, and `split` counts the expression nodes of a
//! rule's conditions, once for those that read no captures and once per pattern for those
//! that do. The places of all layers together, and all that is split, are bounded as well
//! ([`MAX_PLACES`](demand::MAX_PLACES), [`SPLIT_ALL`](super::kleene::SPLIT_ALL)). Whatever would
//! exceed a limit becomes one exact test instead, so the answers are the same.

mod bound;
mod flat;
mod trie;
mod ways;

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::demand::{self, Planner, rank};
use super::kleene::{Next, Splitter, split_limit};
use super::{Atom, Dimension, Graph, Names, Number, Truth};
use crate::ids::{LayerId, PatternId, RuleId};
use crate::policy::{Policy, Rule};
use crate::walk::{Size, sizes};

pub use bound::bound;
use flat::Flat;
use trie::Trie;
use ways::{Way, Ways};

/// Keys come from the policy, so nobody who asks can make them collide.
pub(super) type Map<K, V> = HashMap<K, V, RandomState>;

/// Where the nodes of a graph are put while it is built, children before parents.
pub trait Nodes {
    /// Names a node.
    type Id: Copy + Eq + Hash;

    /// Nothing more to gather; always the same node.
    fn end(&mut self) -> Self::Id;

    /// The end of a test graph; one for each truth value.
    fn truth(&mut self, truth: Truth) -> Self::Id;

    /// The test of an atom; equal ones are the same node.
    fn test(&mut self, atom: Atom, next: Next<Self::Id>) -> Self::Id;

    /// An arm.
    fn arm(
        &mut self,
        rule: RuleId,
        pattern: Option<PatternId>,
        test: Self::Id,
        next: Self::Id,
    ) -> Self::Id;

    /// A switch with its cases, sorted by key.
    fn switch(&mut self, on: Dimension, cases: &[(Number, Self::Id)], any: Self::Id) -> Self::Id;

    /// A segment with its cases, sorted by key.
    fn segment(
        &mut self,
        depth: u16,
        cases: &[(Number, Self::Id)],
        onward: Onward<Self::Id>,
    ) -> Self::Id;
}

/// Where a segment leads besides its cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Onward<Id> {
    /// Patterns that leave the segment open.
    pub any: Id,
    /// Patterns that end before it.
    pub end: Id,
    /// Patterns that say `**` from there on.
    pub tail: Id,
}

/// The decision graph of each layer, in the order of the layers.
#[must_use]
pub fn build(policy: &Policy) -> Vec<Graph> {
    let builder = Builder::new(policy);
    (0..policy.layers.len())
        .map(|layer| {
            let (nodes, root) = builder.layer(LayerId::new(layer), Flat::default());
            nodes.freeze(root, builder.names())
        })
        .collect()
}

/// Builds the graphs of a policy.
pub struct Builder<'a> {
    policy: &'a Policy,
    planner: Planner,
    sizes: Vec<Size>,
    /// How many expression nodes a rule may split.
    split: usize,
    ways: Ways<'a>,
}

/// A rule with one of its patterns.
struct Arm<Id> {
    rule: RuleId,
    pattern: Option<PatternId>,
    /// The first node of its tests.
    test: Id,
    way: Way,
    /// What its rule demands, by place.
    demand: u32,
}

/// What the rules of a layer demand.
#[derive(Default)]
struct Demands {
    keys: Vec<Number>,
    /// By rule and dimension, where in `keys` its own are.
    ranges: Vec<[Option<Range<u32>>; 4]>,
}

impl<'a> Builder<'a> {
    /// A builder for a policy.
    #[must_use]
    pub fn new(policy: &'a Policy) -> Self {
        let sizes = sizes(&policy.exprs);
        Self {
            policy,
            planner: Planner::new(policy),
            split: split_limit(policy, &sizes),
            sizes,
            ways: Ways::new(policy),
        }
    }

    /// The names that keys of the graphs stand for.
    #[must_use]
    pub fn names(&self) -> Arc<Names> {
        self.ways.names()
    }

    /// Puts the nodes of a layer's graph somewhere, and gives the root, which is last.
    pub fn layer<N: Nodes>(&self, layer: LayerId, nodes: N) -> (N, N::Id) {
        let mut ranked = [const { Vec::new() }; 3];
        for (id, rule) in demand::rules(self.policy, layer) {
            if let Some(rules) = ranked.get_mut(usize::from(rank(rule.kind))) {
                rules.push((id, rule));
            }
        }
        let mut demands = Demands::default();
        let mut arms = Vec::new();
        let mut splitter = Splitter::new(self.policy, &self.sizes, self.split, nodes);
        for (id, rule) in ranked.into_iter().flatten() {
            let demand = self.planner.demand(id, rule);
            let Some(place) = demands.add(&demand, rule, &self.ways) else {
                continue;
            };
            let mut patterns = demand::arms(rule);
            splitter.arms(id, rule, &demand.tests, |test| {
                let pattern = patterns.next().flatten();
                arms.push(Arm {
                    rule: id,
                    pattern,
                    test,
                    way: self.ways.way(pattern),
                    demand: place,
                });
            });
        }
        // Arms on one way stay in the order in which they are walked.
        arms.sort_by_key(|arm| arm.way.rank);
        Trie::new(splitter.into_nodes(), &self.ways, &demands, &arms).build()
    }
}

impl Demands {
    /// Adds what a rule demands and gives its place; nothing when nothing can match.
    fn add<'a>(&mut self, demand: &demand::Demand, rule: &'a Rule, ways: &Ways<'a>) -> Option<u32> {
        let mut start = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let counts = demand.keys(rule, |name| ways.number(name), &mut self.keys);
        if counts.contains(&Some(0)) {
            self.keys.truncate(start as usize);
            return None;
        }
        let ranges = counts.map(|count| {
            let count = u32::try_from(count?).unwrap_or(u32::MAX);
            let range = start..start.saturating_add(count);
            start = range.end;
            Some(range)
        });
        self.ranges.push(ranges);
        u32::try_from(self.ranges.len() - 1).ok()
    }

    /// The keys in a dimension; `None` is any.
    fn keys(&self, demand: u32, dimension: usize) -> Option<&[Number]> {
        let ranges = self.ranges.get(demand as usize)?;
        let range = ranges.get(dimension)?.as_ref()?;
        self.keys.get(range.start as usize..range.end as usize)
    }
}
