//! Whether a loaded policy is one that a compiler could have saved.
//!
//! A checksum says that a file is as it was saved, not who saved it. So nothing in it is
//! trusted: every id points into its arena and children come before parents, every list
//! is in its documented order, texts are canonical, and expressions are typed. Graphs are
//! built from what was checked, so what is loaded decides as its policy says, and what walks
//! it meets no nonsense and always ends.

mod declarations;
mod exprs;
mod order;
mod patterns;
mod rules;
mod scope;
mod types;

use crate::policy::Policy;
use crate::walk::sizes;

/// The version of the language that this version decides by.
pub const LANGUAGE: u32 = 1;

/// How many layers a policy may have. An engine keeps for each where its walks begin, by tool
/// and action.
pub const MAX_LAYERS: usize = 64;

/// How many nodes an expression may have, shared ones counted each time.
pub const MAX_EXPR_NODES: usize = 4_096;

/// How many nodes of an expression may lie below each other.
pub const MAX_EXPR_DEPTH: usize = 256;

/// How many nodes all expressions may have, counted wherever a condition or hole stands: the
/// time that typing them takes is bounded by it, for a small policy can say much.
pub const MAX_TYPED_NODES: usize = 1 << 25;

/// How many types may lie within each other.
pub const MAX_TYPE_DEPTH: usize = 128;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Invalid {
    /// Where: `rule 3`, `pattern 7`.
    pub place: String,
    /// What is wrong there.
    pub reason: &'static str,
}

/// Checks that a policy is as its types promise.
///
/// # Errors
///
/// What is wrong first.
pub fn policy(policy: &Policy) -> Result<(), Invalid> {
    let types = types::Types::check(policy)?;
    let sizes = sizes(&policy.exprs);
    exprs::check(policy, &sizes)?;
    patterns::check(policy)?;
    declarations::check(policy, &types)?;
    let checker = scope::Checker::new(policy, &types, &sizes);
    declarations::check_expressions(policy, &checker)?;
    rules::check(policy, &checker)
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
