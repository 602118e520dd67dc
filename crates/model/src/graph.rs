//! The frozen decision graph of one layer.
//!
//! Inner nodes test one thing; the walk starts at the root and gathers *arms*: a rule
//! with one of its resource patterns. A switch leads on to the child of the matching
//! key and to `any`, so the cost of a walk follows the keys that a request has, not
//! the number of rules, and every arm is stored under few keys: the graph is linear in
//! the policy. Under an arm stands a test graph with three ends; equal test graphs,
//! and equal sub-graphs at large, are shared.
//!
//! Children come before their parents in `nodes`, so a walk always ends.
//!
//! A graph follows from its policy: what an arm demands of a request, its keys and its
//! tests, is told by [`demand`] and [`kleene`], and [`build`] puts the arms together. The
//! compiler builds with it and so does loading a compiled policy, which holds no graphs.

pub mod build;
pub mod demand;
pub mod kleene;
mod names;

use std::sync::Arc;

use smol_str::SmolStr;

use crate::ids::{ActionId, ExprId, FunctionId, GroupId, NodeId, PatternId, RuleId};
use crate::policy::Moment;

pub use names::Names;

/// The decision graph of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// The nodes: children before parents.
    pub nodes: Vec<Node>,
    /// The cases of all switches; each switch owns a range, sorted by key.
    pub cases: Vec<(Number, NodeId)>,
    /// Where every walk starts.
    pub root: NodeId,
    /// The names that keys stand for. All graphs of a policy have the same.
    pub names: Arc<Names>,
}

impl Graph {
    /// The cases that a switch or segment owns.
    #[inline]
    #[must_use]
    pub fn own(&self, cases: Cases) -> &[(Number, NodeId)] {
        self.cases
            .get(cases.start as usize..cases.end as usize)
            .unwrap_or_default()
    }

    /// Where a switch or segment leads for a key.
    #[must_use]
    pub fn case(&self, cases: Cases, key: Number) -> Option<NodeId> {
        let own = self.own(cases);
        let at = own.binary_search_by_key(&key, |(other, _)| *other).ok()?;
        own.get(at).map(|(_, child)| *child)
    }

    /// What a key of a switch is; of a segment when there is no dimension.
    #[must_use]
    pub fn key(&self, on: Option<Dimension>, number: Number) -> Key<'_> {
        let name = || self.names.text(number).map_or("", SmolStr::as_str);
        match on {
            None => Key::Segment(name()),
            Some(Dimension::Function) => Key::Function(FunctionId(number.0)),
            Some(Dimension::Action) => Key::Action(ActionId(number.0)),
            Some(Dimension::Agent | Dimension::User) => match number {
                Number::NO_USER => Key::NoUser,
                Number::SOME_USER => Key::SomeUser,
                _ => number
                    .as_group()
                    .map_or_else(|| Key::Name(name()), Key::Group),
            },
        }
    }
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// Nothing more to gather here.
    End,
    /// Goes on to the case of each key that the request has in this dimension, and to
    /// `any`. Who is in several groups may so come to one arm more than once.
    Switch {
        /// What is looked at.
        on: Dimension,
        /// The cases.
        cases: Cases,
        /// Rules that leave this dimension open.
        any: NodeId,
    },
    /// Looks at one segment of the resource: goes on to the case of its text and to
    /// `any`; to `end` when there is no such segment; to `tail` always.
    Segment {
        /// Which segment, from 0.
        depth: u16,
        /// Children by literal text.
        cases: Cases,
        /// Patterns with `*`, a glob, a capture or a hole here.
        any: NodeId,
        /// Patterns that end before this segment.
        end: NodeId,
        /// Patterns that say `**` from here on, and rules without patterns.
        tail: NodeId,
    },
    /// An arm, whose tests decide whether it matches; then goes on to `next`.
    Arm {
        /// The rule.
        rule: RuleId,
        /// Which of its patterns; `None` for rules that cover all resources.
        pattern: Option<PatternId>,
        /// The first node of its test graph: [`Node::Test`] or [`Node::Truth`].
        test: NodeId,
        /// The next arm gathered at this place.
        next: NodeId,
    },
    /// Tests one atom.
    Test {
        /// What is tested.
        atom: Atom,
        /// When true.
        yes: NodeId,
        /// When false.
        no: NodeId,
        /// When undefined.
        undefined: NodeId,
    },
    /// The end of a test graph.
    Truth(Truth),
}

/// A range of [`Graph::cases`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cases {
    /// The first case.
    pub start: u32,
    /// One past the last case.
    pub end: u32,
}

/// What a switch looks at. Switches stand in this order on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// The function that is called: [`Key::Function`].
    Function,
    /// The action: [`Key::Action`].
    Action,
    /// The agent: [`Key::Name`], [`Key::Group`].
    Agent,
    /// The user: [`Key::NoUser`], [`Key::SomeUser`], [`Key::Name`], [`Key::Group`].
    User,
}

/// A key of a case, as a number. Keys of one switch are of one dimension, so numbers need
/// not tell dimensions apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u32);

impl Number {
    /// There is a user.
    pub const SOME_USER: Self = Self(u32::MAX - 1);
    /// There is no user.
    pub const NO_USER: Self = Self(u32::MAX - 2);
    /// The key of no case.
    pub const UNKNOWN: Self = Self(u32::MAX - 3);
    /// Set in the numbers of groups; not in those of names, which come first.
    const GROUP: u32 = 1 << 31;

    /// A function.
    #[inline]
    #[must_use]
    pub const fn function(id: FunctionId) -> Self {
        Self(id.0)
    }

    /// An action.
    #[inline]
    #[must_use]
    pub const fn action(id: ActionId) -> Self {
        Self(id.0)
    }

    /// A group that the agent or user is in, or may be in (membership undefined).
    #[inline]
    #[must_use]
    pub const fn group(id: GroupId) -> Self {
        Self(id.0 | Self::GROUP)
    }

    const fn as_group(self) -> Option<GroupId> {
        if self.0 & Self::GROUP == 0 {
            None
        } else {
            Some(GroupId(self.0 & !Self::GROUP))
        }
    }
}

/// What a key of a case stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    /// A function.
    Function(FunctionId),
    /// An action.
    Action(ActionId),
    /// An agent or user by id.
    Name(&'a str),
    /// A group that the agent or user is in, or may be in (membership undefined).
    Group(GroupId),
    /// There is no user.
    NoUser,
    /// There is a user.
    SomeUser,
    /// A literal segment in written form.
    Segment(&'a str),
}

/// What a test node tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// The agent clause of a rule; stands where the switches cannot be exact.
    Agents(RuleId),
    /// The user clause of a rule; likewise.
    Users(RuleId),
    /// The tool clause of a rule; only where its keys were too many for the switches.
    Functions(RuleId),
    /// The action clause of a rule; likewise.
    Actions(RuleId),
    /// Whether the resource matches a pattern; stands where globs and holes are.
    Resource(PatternId),
    /// Whether this is the moment that the rule is pinned to.
    Moment(Moment),
    /// An expression that is neither `and`, `or` nor `not`.
    Condition {
        /// The expression.
        expr: ExprId,
        /// The pattern that gives its captures; `None` when it reads none.
        captures: Option<PatternId>,
    },
    /// All conditions of a rule at once; stands where the rule's patterns and conditions
    /// together are too many to split.
    Conditions {
        /// The rule.
        rule: RuleId,
        /// The pattern that gives the captures; `None` when the conditions read none.
        captures: Option<PatternId>,
    },
}

/// One of three truth values (Kleene's strong logic).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// Does not hold.
    False,
    /// Cannot be told.
    Undefined,
    /// Holds.
    True,
}
