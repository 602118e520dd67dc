//! What an arm demands of a request before its tests are asked: keys and segments.
//!
//! An arm stands under every combination of its keys, as far as there are few. A clause
//! whose keys would make too many is left open: it adds no keys, and an exact test
//! instead. How many are too many depends on the layer: [`MAX_KEYS`] for an arm, and fewer
//! the more arms there are, so that all places of a layer stay within [`MAX_PLACES`] as
//! long as its arms by themselves do.

use super::{Atom, Key};
use crate::ids::{ActionId, FunctionId, GroupId, LayerId, PatternId, RuleId};
use crate::policy::{Agents, Extract, Pattern, Policy, Rule, RuleKind, Segment, Users};

/// How many combinations of keys an arm may stand under at most.
pub const MAX_KEYS: usize = 256;

/// How many nodes the places of a layer's arms may need before arms are given fewer keys.
pub const MAX_PLACES: usize = 1 << 22;

/// What an arm needs at one place besides a node for each step: one for each dimension,
/// and its own.
const PLACE: usize = 5;

/// Tells what the rules of a policy demand.
pub struct Planner {
    /// By group: whether requests themselves decide who is in.
    requested: Vec<bool>,
    /// By layer: how many combinations of keys an arm may stand under.
    limits: Vec<usize>,
}

/// The demands of a rule, which all of its arms share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The keys in each dimension, in the order of [`Dimension`](super::Dimension) and
    /// sorted; `None` leaves the dimension open. No keys at all means that nothing
    /// matches.
    pub keys: [Option<Vec<Key>>; 4],
    /// What the keys do not settle, in the order in which it is tested.
    pub tests: Vec<Atom>,
}

impl Planner {
    /// A planner for a policy.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let is_open = |id: &GroupId| {
            policy
                .groups
                .get(id.index())
                .is_none_or(|group| group.from_request)
        };
        let requested = policy
            .groups
            .iter()
            .map(|group| group.from_request || group.nested.iter().any(is_open))
            .collect();
        let layers = (0..policy.layers.len()).map(LayerId::new);
        Self {
            requested,
            limits: layers.map(|layer| limit(policy, layer)).collect(),
        }
    }

    /// What a rule demands.
    #[must_use]
    pub fn demand(&self, id: RuleId, rule: &Rule) -> Demand {
        let kept = kept(rule, self.limit(rule.layer));
        let mut tests = Vec::new();
        tests.extend(rule.moment.map(Atom::Moment));
        let mut keys = [const { None }; 4];
        let exact = [
            true,
            true,
            self.is_exact(agent_groups(rule)),
            self.is_exact(user_groups(rule)),
        ];
        let test: [fn(RuleId) -> Atom; 4] =
            [Atom::Functions, Atom::Actions, Atom::Agents, Atom::Users];
        let dimensions = keys
            .iter_mut()
            .zip(clauses(rule))
            .zip(kept)
            .zip(exact)
            .zip(test);
        for ((((keys, clause), kept), exact), test) in dimensions {
            if kept {
                *keys = clause.keys();
            }
            if !exact || (!kept && clause.count().is_some()) {
                tests.push(test(id));
            }
        }
        Demand { keys, tests }
    }

    /// How many combinations of keys each arm of a layer may stand under.
    #[must_use]
    pub fn limit(&self, layer: LayerId) -> usize {
        self.limits.get(layer.index()).copied().unwrap_or(1)
    }

    /// A request is looked up under every group that its agent or user is in, by nesting
    /// too, or may be in. That is exact unless the request itself decides who is in.
    fn is_exact(&self, groups: &[GroupId]) -> bool {
        groups
            .iter()
            .all(|id| self.requested.get(id.index()) == Some(&false))
    }
}

impl Demand {
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

/// The rules of a layer.
pub fn rules(policy: &Policy, layer: LayerId) -> impl Iterator<Item = (RuleId, &Rule)> {
    // Rules are sorted by layer.
    let start = policy.rules.partition_point(|rule| rule.layer < layer);
    let rules = policy.rules.iter().enumerate().skip(start);
    rules
        .take_while(move |(_, rule)| rule.layer == layer)
        .map(|(at, rule)| (RuleId::new(at), rule))
}

/// The most keys for an arm with which all places of a layer stay few.
fn limit(policy: &Policy, layer: LayerId) -> usize {
    let spans: Vec<(&Rule, usize)> = rules(policy, layer)
        .map(|(_, rule)| {
            let places = arms(rule).map(|pattern| {
                let pattern = pattern.and_then(|id| policy.patterns.get(id.index()));
                pattern.map_or(1, |pattern| 2 * pattern.segments.len() + 1) + PLACE
            });
            (rule, places.sum())
        })
        .collect();
    let places = |limit: usize| {
        spans
            .iter()
            .map(|(rule, span)| span.saturating_mul(combinations(rule, limit)))
            .fold(0, usize::saturating_add)
    };
    let limits = std::iter::successors(Some(MAX_KEYS), |limit| Some(limit / 4));
    limits
        .take_while(|limit| *limit > 1)
        .find(|limit| places(*limit) <= MAX_PLACES)
        .unwrap_or(1)
}

/// How many combinations of keys a rule's arms stand under within a limit.
fn combinations(rule: &Rule, limit: usize) -> usize {
    let kept = kept(rule, limit);
    clauses(rule)
        .iter()
        .zip(kept)
        .filter(|(_, kept)| *kept)
        .filter_map(|(clause, _)| clause.count())
        .fold(1, usize::saturating_mul)
}

/// Which dimensions keep their keys within a limit: in order, each that still fits.
fn kept(rule: &Rule, limit: usize) -> [bool; 4] {
    let mut product = 1_usize;
    clauses(rule).map(|clause| {
        let combined = product.saturating_mul(clause.count().unwrap_or(1));
        let fits = combined <= limit;
        if fits {
            product = combined;
        }
        fits
    })
}

/// A clause of a rule as keys of a dimension.
enum Clause<'a> {
    Functions(&'a Option<Vec<FunctionId>>),
    Actions(&'a Option<Vec<ActionId>>),
    Agents(&'a Agents),
    Users(&'a Users),
}

const fn clauses(rule: &Rule) -> [Clause<'_>; 4] {
    [
        Clause::Functions(&rule.functions),
        Clause::Actions(&rule.actions),
        Clause::Agents(&rule.agents),
        Clause::Users(&rule.users),
    ]
}

impl Clause<'_> {
    /// How many keys it has; `None` when it covers all.
    fn count(&self) -> Option<usize> {
        match self {
            Self::Functions(functions) => functions.as_ref().map(Vec::len),
            Self::Actions(actions) => actions.as_ref().map(Vec::len),
            Self::Agents(Agents::All) | Self::Users(Users::All) => None,
            Self::Agents(Agents::In(groups)) | Self::Users(Users::In(groups)) => Some(groups.len()),
            Self::Agents(Agents::Named(names)) | Self::Users(Users::Named(names)) => {
                Some(names.len())
            }
            Self::Users(Users::Any | Users::None) => Some(1),
        }
    }

    /// Its keys, sorted; `None` when it covers all.
    fn keys(&self) -> Option<Vec<Key>> {
        Some(match self {
            Self::Functions(functions) => {
                let functions = functions.as_ref()?;
                functions.iter().map(|id| Key::Function(*id)).collect()
            }
            Self::Actions(actions) => {
                let actions = actions.as_ref()?;
                actions.iter().map(|id| Key::Action(*id)).collect()
            }
            Self::Agents(Agents::All) | Self::Users(Users::All) => return None,
            Self::Agents(Agents::In(groups)) | Self::Users(Users::In(groups)) => {
                groups.iter().map(|id| Key::Group(*id)).collect()
            }
            Self::Agents(Agents::Named(names)) | Self::Users(Users::Named(names)) => {
                names.iter().cloned().map(Key::Name).collect()
            }
            Self::Users(Users::Any) => vec![Key::SomeUser],
            Self::Users(Users::None) => vec![Key::NoUser],
        })
    }
}

fn agent_groups(rule: &Rule) -> &[GroupId] {
    match &rule.agents {
        Agents::In(groups) => groups,
        Agents::All | Agents::Named(_) => &[],
    }
}

fn user_groups(rule: &Rule) -> &[GroupId] {
    match &rule.users {
        Users::In(groups) => groups,
        Users::All | Users::Any | Users::None | Users::Named(_) => &[],
    }
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
