//! Ids: positions in the arenas of a [`Policy`](crate::policy::Policy) or a
//! [`Graph`](crate::graph::Graph), each its own type so that a rule is never taken
//! for a node.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The position as an index.
            #[inline]
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of a position.
            ///
            /// Positions beyond `u32` do not exist: every arena is limited far below.
            #[inline]
            #[must_use]
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )+};
}

ids! {
    /// A layer, in the order in which the policy block lists them.
    LayerId,
    /// A type in the type arena.
    TypeId,
    /// A declared fact of agent, user, task or context.
    FactId,
    /// A set of facts that a host knows of resources.
    ResourceFactsId,
    /// A group of agents, users or actions.
    GroupId,
    /// A declared agent.
    AgentId,
    /// An action.
    ActionId,
    /// A function, or a tool that takes plain triples.
    FunctionId,
    /// A declared history.
    HistoryId,
    /// An expression in the expression arena; children come before parents.
    ExprId,
    /// A pattern or template in the pattern arena.
    PatternId,
    /// A rule.
    RuleId,
    /// A node of a decision graph; children come before parents.
    NodeId,
}
