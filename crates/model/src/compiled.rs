//! A compiled policy: what decides requests, saved and loaded.
//!
//! A saved policy is
//!
//! ```text
//! PLACETC  version  length  policy        sha256
//! 7 bytes  u32      u64     length bytes  of the policy, 32 bytes
//! ```
//!
//! with little-endian numbers and the policy in postcard form. Loading trusts none of it
//! (see [`validate`]), and builds the graphs anew.

mod file;
pub mod validate;

use smol_str::SmolStr;

use crate::digest;
use crate::graph::{Graph, build::build};
use crate::policy::Policy;

pub use file::{FORMAT, LoadError, LoadErrorKind};

/// A policy set with its decision graphs: all that deciding needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled {
    policy: Policy,
    graphs: Vec<Graph>,
    digest: SmolStr,
}

impl Compiled {
    /// A policy with the graphs that it lowers to, one per layer.
    ///
    /// Whoever calls this vouches that they belong together, as the compiler does.
    #[must_use]
    pub fn new(policy: Policy, graphs: Vec<Graph>) -> Self {
        let digest = digest::sha256(&file::encode(&policy));
        Self {
            policy,
            graphs,
            digest,
        }
    }

    /// The typed policy.
    #[inline]
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The graphs, in the order of the layers.
    #[inline]
    #[must_use]
    pub fn graphs(&self) -> &[Graph] {
        &self.graphs
    }

    /// The policy's identity in decisions, `sha256:` and 64 hexadecimal digits: of
    /// everything that it says, names, documentation and annotations included, and of
    /// nothing else; not of where in which file it says so.
    #[must_use]
    pub const fn digest(&self) -> &SmolStr {
        &self.digest
    }

    /// The bytes to save. Equal policies give equal bytes.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        file::save(&file::encode(&self.policy))
    }

    /// Reads what [`save`](Self::save) gave.
    ///
    /// # Errors
    ///
    /// When the bytes are not exactly what a compiler of this version would have saved
    /// for some policy: cut short, changed, or made by hand.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let (section, checksum) = file::open(bytes)?;
        let policy = file::decode(section)?;
        validate::policy(&policy)?;
        let graphs = build(&policy);
        Ok(Self {
            policy,
            graphs,
            digest: digest::written(checksum),
        })
    }
}
