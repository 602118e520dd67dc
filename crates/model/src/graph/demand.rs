//! What an arm demands of a request before its tests are asked: keys and segments.
//!
//! An arm stands under every combination of its keys, as far as there are few. A clause
//! whose keys would make too many is left open: it adds no keys, and an exact test
//! instead. How many are too many depends on the policy: [`MAX_KEYS`] for an arm, and fewer
//! the more arms there are, so that all places of a policy stay within [`MAX_PLACES`] as
//! long as its arms by themselves do.

use smol_str::SmolStr;

use super::{Atom, Number};
use crate::ids::{ActionId, FunctionId, GroupId, LayerId, PatternId, RuleId};
use crate::policy::{Agents, Extract, Pattern, Policy, Rule, RuleKind, Segment, Users};

/// How many combinations of keys an arm may stand under at most.
pub const MAX_KEYS: usize = 256;

/// How many nodes the places of all arms may need before arms are given fewer keys.
pub const MAX_PLACES: usize = 1 << 22;

/// What an arm needs at one place besides a node for each step: one for each dimension,
/// and its own.
const PLACE: usize = 5;

/// Tells what the rules of a policy demand.
pub struct Planner {
    /// By group: whether requests themselves decide who is in.
    requested: Vec<bool>,
    /// How many combinations of keys an arm may stand under.
    limit: usize,
}

/// What a rule demands, which all of its arms share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Which dimensions, in the order of [`Dimension`](super::Dimension), keep their keys;
    /// one that does not is open.
    kept: [bool; 4],
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
        Self {
            requested,
            limit: limit(policy),
        }
    }

    /// What a rule demands.
    #[must_use]
    pub fn demand(&self, id: RuleId, rule: &Rule) -> Demand {
        let kept = kept(rule, self.limit);
        let mut tests = Vec::new();
        tests.extend(rule.moment.map(Atom::Moment));
        let exact = [
            true,
            true,
            self.is_exact(agent_groups(rule)),
            self.is_exact(user_groups(rule)),
        ];
        let test: [fn(RuleId) -> Atom; 4] =
            [Atom::Functions, Atom::Actions, Atom::Agents, Atom::Users];
        let dimensions = clauses(rule).into_iter().zip(kept).zip(exact).zip(test);
        for (((clause, kept), exact), test) in dimensions {
            if !exact || (!kept && clause.count().is_some()) {
                tests.push(test(id));
            }
        }
        Demand { kept, tests }
    }

    /// How many combinations of keys each arm may stand under.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
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
    /// Under how many combinations of keys each arm of the rule stands; under none when
    /// nothing matches.
    #[must_use]
    pub fn combinations(&self, rule: &Rule) -> usize {
        self.counts(rule)
            .into_iter()
            .flatten()
            .fold(1, usize::saturating_mul)
    }

    /// How many keys there are in each dimension; `None` leaves it open.
    fn counts(&self, rule: &Rule) -> [Option<usize>; 4] {
        let mut kept = self.kept.into_iter();
        clauses(rule).map(|clause| {
            let kept = kept.next() == Some(true);
            clause.count().filter(|_| kept)
        })
    }

    /// Adds the keys of each dimension to a list, sorted, and gives how many there are;
    /// `None` leaves the dimension open. `number` tells the number of a name.
    pub(super) fn keys<'r>(
        &self,
        rule: &'r Rule,
        mut number: impl FnMut(&'r SmolStr) -> Number,
        keys: &mut Vec<Number>,
    ) -> [Option<usize>; 4] {
        let counts = self.counts(rule);
        for (clause, count) in clauses(rule).iter().zip(counts) {
            if count.is_some() {
                clause.keys(&mut number, keys);
            }
        }
        counts
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

/// The most keys for an arm with which all places stay few.
fn limit(policy: &Policy) -> usize {
    let spans: Vec<(&Rule, usize)> = policy
        .rules
        .iter()
        .map(|rule| {
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

impl<'a> Clause<'a> {
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

    /// Adds its keys, sorted.
    fn keys(&self, number: &mut impl FnMut(&'a SmolStr) -> Number, keys: &mut Vec<Number>) {
        match self {
            Self::Functions(functions) => {
                let functions = functions.iter().flatten();
                keys.extend(functions.map(|id| Number::function(*id)));
            }
            Self::Actions(actions) => {
                let actions = actions.iter().flatten();
                keys.extend(actions.map(|id| Number::action(*id)));
            }
            Self::Agents(Agents::All) | Self::Users(Users::All) => {}
            Self::Agents(Agents::In(groups)) | Self::Users(Users::In(groups)) => {
                keys.extend(groups.iter().map(|id| Number::group(*id)));
            }
            Self::Agents(Agents::Named(names)) | Self::Users(Users::Named(names)) => {
                keys.extend(names.iter().map(number));
            }
            Self::Users(Users::Any) => keys.push(Number::SOME_USER),
            Self::Users(Users::None) => keys.push(Number::NO_USER),
        }
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
pub(super) enum Step<Name> {
    /// Whatever follows.
    Tail,
    /// Nothing follows.
    End,
    /// Any one segment.
    Any,
    /// This segment.
    Literal(Name),
}

impl<Name> Step<Name> {
    /// The step with its name as something else.
    pub(super) fn map<Other>(self, name: impl FnOnce(Name) -> Other) -> Step<Other> {
        match self {
            Self::Tail => Step::Tail,
            Self::End => Step::End,
            Self::Any => Step::Any,
            Self::Literal(of) => Step::Literal(name(of)),
        }
    }
}

/// Visits the steps of an arm's way: through a pattern, or straight to the tail when it has
/// none.
pub(super) fn steps<'a>(pattern: Option<&'a Pattern>, mut visit: impl FnMut(Step<&'a SmolStr>)) {
    let Some(pattern) = pattern else {
        return visit(Step::Tail);
    };
    for segment in &pattern.segments {
        match segment {
            Segment::Literal(text) => visit(Step::Literal(text)),
            Segment::Any | Segment::Glob { .. } | Segment::Capture(_) => visit(Step::Any),
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => visit(Step::Any),
                Extract::Email => [Step::Any, Step::Any].into_iter().for_each(&mut visit),
                // As many segments as the value has; nothing but `**` can follow.
                Extract::Path | Extract::Url => return visit(Step::Tail),
            },
        }
    }
    visit(if pattern.tail { Step::Tail } else { Step::End });
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
