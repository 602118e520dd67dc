//! Whether a loaded policy is one that a compiler could have saved.
//!
//! A checksum says that a file is as it was saved, not who saved it. So nothing in it is
//! trusted: every id points into its arena and children come before parents, every list
//! is in its documented order, texts are canonical, expressions are typed, and the graphs
//! hold exactly the arms, keys and tests that the policy demands. What is loaded then
//! decides as its policy says, and what walks it meets no nonsense and always ends.

mod graphs;

use crate::graph::Graph;
use crate::policy::Policy;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Invalid {
    /// Where: `rule 3`, `graph 0, node 7`.
    pub place: String,
    /// What is wrong there.
    pub reason: &'static str,
}

/// Checks that graphs are what a valid policy lowers to.
///
/// # Errors
///
/// What is wrong first.
pub fn graphs(policy: &Policy, graphs: &[Graph]) -> Result<(), Invalid> {
    graphs::check(policy, graphs)
}

fn ensure(
    holds: bool,
    place: impl FnOnce() -> String,
    reason: &'static str,
) -> Result<(), Invalid> {
    if holds {
        Ok(())
    } else {
        Err(Invalid {
            place: place(),
            reason,
        })
    }
}
