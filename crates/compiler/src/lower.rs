//! Typed policy to decision graphs, one per layer.
//!
//! What is built is told by [`placet_model::graph::build`], by which a compiled policy is
//! loaded too. Here the nodes are drafted in a petgraph and frozen when all of them are
//! there: what loading puts together in one pass has been seen as a graph first.

mod draft;

use placet_model::graph::Graph;
use placet_model::graph::build::Builder;
use placet_model::ids::LayerId;
use placet_model::policy::Policy;

use draft::Draft;

/// The decision graph of each layer, in the order of the layers.
#[must_use]
pub fn lower(policy: &Policy) -> Vec<Graph> {
    let builder = Builder::new(policy);
    (0..policy.layers.len())
        .map(|layer| {
            let (draft, root) = builder.layer(LayerId::new(layer), Draft::default());
            draft.freeze(root, builder.names())
        })
        .collect()
}
