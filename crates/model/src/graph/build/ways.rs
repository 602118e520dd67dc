//! Names and the steps of patterns, as numbers.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use smol_str::SmolStr;

use super::super::demand::{Step, steps};
use super::super::{Names, Number};
use super::Map;
use crate::ids::PatternId;
use crate::policy::{Agents, Policy, Users};

/// The ways of arms through segments, and the names that stand on them or are keys.
pub(super) struct Ways<'a> {
    names: Arc<Names>,
    /// By name, the place at which it was met first.
    met: Map<&'a str, usize>,
    /// By that place.
    numbers: Vec<Number>,
    steps: Vec<Step<Number>>,
    /// By pattern; the last is the one of arms without a pattern.
    ways: Vec<Way>,
}

/// The way of an arm. Ways with the same steps have the same rank, and ranks are in the
/// order of steps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    pub(super) rank: u32,
    start: u32,
    length: u32,
}

impl Way {
    /// How many steps it has, the last one not counted: that is no segment.
    pub(super) const fn segments(self) -> usize {
        self.length.saturating_sub(1) as usize
    }

    fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.length) as usize
    }
}

/// Names in the order in which they are met.
#[derive(Default)]
struct Met<'a> {
    places: Map<&'a str, usize>,
    names: Vec<&'a SmolStr>,
}

impl<'a> Met<'a> {
    fn place(&mut self, name: &'a SmolStr) -> usize {
        let names = &mut self.names;
        *self.places.entry(name).or_insert_with(|| {
            names.push(name);
            names.len() - 1
        })
    }
}

impl<'a> Ways<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        let mut used = vec![false; policy.patterns.len()];
        let mut met = Met::default();
        for rule in &policy.rules {
            for id in &rule.resources {
                if let Some(used) = used.get_mut(id.index()) {
                    *used = true;
                }
            }
            if let Agents::Named(names) = &rule.agents {
                names.iter().for_each(|name| _ = met.place(name));
            }
            if let Users::Named(names) = &rule.users {
                names.iter().for_each(|name| _ = met.place(name));
            }
        }
        let patterns = policy.patterns.iter().zip(&used);
        let patterns = patterns.map(|(pattern, used)| used.then_some(Some(pattern)));
        let mut places: Vec<Step<usize>> = Vec::new();
        let mut ways = Vec::with_capacity(used.len() + 1);
        for pattern in patterns.chain([Some(None)]) {
            let start = places.len();
            if let Some(pattern) = pattern {
                steps(pattern, |step| {
                    places.push(step.map(|name| met.place(name)));
                });
            }
            ways.push(Way {
                rank: 0,
                start: u32::try_from(start).unwrap_or(u32::MAX),
                length: u32::try_from(places.len() - start).unwrap_or(u32::MAX),
            });
        }
        let (names, numbers) = Names::of(&met.names);
        let number = |place: usize| numbers.get(place).copied().unwrap_or(Number::UNKNOWN);
        let mut all = Self {
            names: Arc::new(names),
            met: met.places,
            steps: places.iter().map(|step| step.map(number)).collect(),
            numbers,
            ways,
        };
        all.rank();
        all
    }

    /// Ranks the ways by their steps.
    fn rank(&mut self) {
        let mut order: Vec<(usize, Way)> = self.ways.iter().copied().enumerate().collect();
        let steps = |way: &Way| self.steps.get(way.range()).unwrap_or_default();
        order.sort_unstable_by(|(_, left), (_, right)| steps(left).cmp(steps(right)));
        let mut rank = 0;
        let mut before: Option<Way> = None;
        let mut ranked = self.ways.clone();
        for (at, way) in order {
            let after =
                before.is_some_and(|before| steps(&before).cmp(steps(&way)) != Ordering::Equal);
            rank += u32::from(after);
            before = Some(way);
            if let Some(own) = ranked.get_mut(at) {
                own.rank = rank;
            }
        }
        self.ways = ranked;
    }

    pub(super) fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    /// The number of a name that a rule has.
    pub(super) fn number(&self, name: &SmolStr) -> Number {
        let place = self.met.get(name.as_str());
        place
            .and_then(|place| self.numbers.get(*place))
            .copied()
            .unwrap_or(Number::UNKNOWN)
    }

    /// The way of an arm: through a pattern, or straight to the tail when it has none.
    pub(super) fn way(&self, pattern: Option<PatternId>) -> Way {
        let way = match pattern {
            Some(id) => self.ways.get(id.index()),
            None => self.ways.last(),
        };
        way.copied().unwrap_or_default()
    }

    /// A step of a way; `None` is beyond the last one.
    pub(super) fn step(&self, way: Way, depth: usize) -> Option<Step<Number>> {
        self.steps.get(way.range())?.get(depth).copied()
    }
}
