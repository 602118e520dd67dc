//! What an arm demands of a request before its tests are asked: keys and segments.
//!
//! An arm stands under every combination of its keys, at most [`KEYS_PER_ARM`] of them.
//! A clause whose keys would make more is left open: it adds no keys, and an exact test
//! instead.

use super::{Atom, Key};
use crate::ids::{GroupId, PatternId, RuleId};
use crate::policy::{Agents, Extract, Pattern, Policy, Rule, RuleKind, Segment, Users};

/// How many combinations of keys an arm may stand under.
pub const KEYS_PER_ARM: usize = 64;

/// The demands of a rule, which all of its arms share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The keys in each dimension, in the order of [`Dimension`](super::Dimension);
    /// `None` leaves the dimension open. No keys at all means that nothing matches.
    pub keys: [Option<Vec<Key>>; 4],
    /// What the keys do not settle, in the order in which it is tested.
    pub tests: Vec<Atom>,
}

impl Demand {
    /// The demands of a rule.
    #[must_use]
    pub fn of(policy: &Policy, id: RuleId, rule: &Rule) -> Self {
        let mut tests = Vec::new();
        if let Some(moment) = rule.moment {
            tests.push(Atom::Moment(moment));
        }
        let functions = rule
            .functions
            .as_ref()
            .map(|ids| ids.iter().map(|id| Key::Function(*id)).collect());
        let actions = rule
            .actions
            .as_ref()
            .map(|ids| ids.iter().map(|id| Key::Action(*id)).collect());
        let (agents, agents_exact) = match &rule.agents {
            Agents::All => (None, true),
            Agents::In(groups) => by_groups(policy, groups),
            Agents::Named(names) => (Some(names.iter().cloned().map(Key::Name).collect()), true),
        };
        let (users, users_exact) = match &rule.users {
            Users::All => (None, true),
            Users::Any => (Some(vec![Key::SomeUser]), true),
            Users::None => (Some(vec![Key::NoUser]), true),
            Users::In(groups) => by_groups(policy, groups),
            Users::Named(names) => (Some(names.iter().cloned().map(Key::Name).collect()), true),
        };
        let mut product = 1;
        let mut bounded = |keys, exact, test| {
            let (keys, exact) = bound(keys, exact, &mut product);
            if !exact {
                tests.push(test);
            }
            keys
        };
        let keys = [
            bounded(functions, true, Atom::Functions(id)),
            bounded(actions, true, Atom::Actions(id)),
            bounded(agents, agents_exact, Atom::Agents(id)),
            bounded(users, users_exact, Atom::Users(id)),
        ];
        Self { keys, tests }
    }

    /// Under how many combinations of keys each arm stands.
    #[must_use]
    pub fn combinations(&self) -> usize {
        self.keys
            .iter()
            .flatten()
            .map(Vec::len)
            .fold(1, usize::saturating_mul)
    }
}

/// Keeps a dimension's keys while the combinations stay within [`KEYS_PER_ARM`].
fn bound(keys: Option<Vec<Key>>, exact: bool, product: &mut usize) -> (Option<Vec<Key>>, bool) {
    let Some(keys) = keys else {
        return (None, exact);
    };
    let combined = product.saturating_mul(keys.len());
    if combined > KEYS_PER_ARM {
        return (None, false);
    }
    *product = combined;
    (Some(keys), exact)
}

/// A request is looked up under every group that its agent or user is in, by nesting
/// too, or may be in. That is exact unless the request itself decides who is in.
fn by_groups(policy: &Policy, ids: &[GroupId]) -> (Option<Vec<Key>>, bool) {
    let open = |id: &GroupId| {
        policy
            .groups
            .get(id.index())
            .is_none_or(|group| group.from_request)
    };
    let exact = !ids.iter().any(|id| {
        let nested = policy.groups.get(id.index()).map(|group| &group.nested);
        open(id) || nested.is_some_and(|nested| nested.iter().any(open))
    });
    (Some(ids.iter().map(|id| Key::Group(*id)).collect()), exact)
}

/// A step of an arm's way through the segments of a resource; the last one, and only the
/// last one, is [`Step::Tail`] or [`Step::End`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step<'a> {
    /// Whatever follows.
    Tail,
    /// Nothing follows.
    End,
    /// Any one segment.
    Any,
    /// This segment.
    Literal(&'a str),
}

/// The way of an arm: through a pattern, or straight to the tail when it has none.
#[must_use]
pub fn steps(pattern: Option<&Pattern>) -> Vec<Step<'_>> {
    let Some(pattern) = pattern else {
        return vec![Step::Tail];
    };
    let mut steps = Vec::with_capacity(pattern.segments.len() + 1);
    for segment in &pattern.segments {
        match segment {
            Segment::Literal(text) => steps.push(Step::Literal(text)),
            Segment::Any | Segment::Glob { .. } | Segment::Capture(_) => steps.push(Step::Any),
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => steps.push(Step::Any),
                Extract::Email => steps.extend([Step::Any, Step::Any]),
                // As many segments as the value has; nothing but `**` can follow.
                Extract::Path | Extract::Url => {
                    steps.push(Step::Tail);
                    return steps;
                }
            },
        }
    }
    steps.push(if pattern.tail { Step::Tail } else { Step::End });
    steps
}

/// The test that a pattern needs besides its steps: globs and holes do.
#[must_use]
pub fn pattern_test(policy: &Policy, id: PatternId) -> Option<Atom> {
    let exact = policy.patterns.get(id.index()).is_some_and(|pattern| {
        pattern
            .segments
            .iter()
            .all(|segment| !matches!(segment, Segment::Glob { .. } | Segment::Hole(_)))
    });
    (!exact).then_some(Atom::Resource(id))
}

/// The order in which rules are walked, before their ids: denies first, since a walk may
/// end at one that matches, then requires, then grants.
#[must_use]
pub const fn rank(kind: RuleKind) -> u8 {
    match kind {
        RuleKind::Deny => 0,
        RuleKind::Require => 1,
        RuleKind::Grant => 2,
    }
}

/// The arms of a rule: one per pattern, or one for all resources.
pub fn arms(rule: &Rule) -> impl Iterator<Item = Option<PatternId>> + '_ {
    let all = rule.resources.is_empty().then_some(None);
    all.into_iter()
        .chain(rule.resources.iter().copied().map(Some))
}
