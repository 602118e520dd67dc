//! Typed policy to decision graphs, one per layer.
//!
//! Every arm (a rule with one of its patterns) stands under each combination of its keys
//! and then along the steps of its pattern; the graph is a trie of keys and steps, built
//! back to front and with equal nodes shared. What an arm demands is not decided here but
//! in [`placet_model::graph::demand`] and [`placet_model::graph::kleene`], against which
//! loading checks a graph.
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
//! that do. Whatever would exceed a limit becomes one exact test instead, so the answers
//! are the same.

mod bound;
mod draft;
mod place;
mod trie;

pub use bound::bound;

use placet_model::graph::Graph;
use placet_model::graph::demand::Planner;
use placet_model::graph::kleene::Splitter;
use placet_model::ids::LayerId;
use placet_model::policy::Policy;
use placet_model::walk::{Size, sizes};

use draft::Draft;

/// The decision graph of each layer, in the order of the layers.
#[must_use]
pub fn lower(policy: &Policy) -> Vec<Graph> {
    let sizes = sizes(&policy.exprs);
    let planner = Planner::new(policy);
    let layers = 0..policy.layers.len();
    layers
        .map(|layer| lower_layer(policy, &planner, &sizes, LayerId::new(layer)))
        .collect()
}

fn lower_layer(policy: &Policy, planner: &Planner, sizes: &[Size], layer: LayerId) -> Graph {
    let demands = place::demands(policy, planner, layer);
    let mut splitter = Splitter::new(policy, sizes, Draft::default());
    let arms = place::arms(policy, &demands, &mut splitter);
    let mut draft = splitter.into_nodes();
    let root = trie::build(&mut draft, &arms);
    draft.freeze(root)
}
