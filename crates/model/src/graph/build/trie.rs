//! Arms to nodes: switches, then segments, then chains of arms.

use std::hash::BuildHasher;
use std::ops::Range;

use super::super::demand::Step;
use super::super::{Dimension, Number};
use super::{Arm, Demands, Map, Nodes, Onward, RandomState, Ways};

const DIMENSIONS: [Dimension; 4] = [
    Dimension::Function,
    Dimension::Action,
    Dimension::Agent,
    Dimension::User,
];

/// The first level at which sub-graphs of one arm are remembered by arm: there are few of
/// them above it.
const REMEMBERED: usize = 3;

/// Builds the graph of arms that are in the order of their ways.
pub(super) struct Trie<'a, N: Nodes> {
    nodes: N,
    ways: &'a Ways<'a>,
    demands: &'a Demands,
    arms: &'a [Arm<N::Id>],
    /// Sub-graphs of one arm, by arm and level.
    single: Vec<Option<N::Id>>,
    /// By arm, where its own in `single` start.
    starts: Vec<u32>,
    /// Sub-graphs of several arms, by a hash of level and arms; compared in full.
    several: Map<u64, Several<N::Id>>,
    hashes: RandomState,
    /// The arms of those.
    lists: Vec<u32>,
    /// Chains, by first arm and what follows it.
    chains: Map<(u32, N::Id), N::Id>,
    /// By level.
    rooms: Vec<Room<N::Id>>,
}

/// Lists that building a sub-graph fills.
struct Room<Id> {
    /// Arms that leave the dimension open.
    open: Vec<u32>,
    /// The others, by key.
    keyed: Vec<(Number, u32)>,
    /// The arms of one key, and of the one before it.
    list: Vec<u32>,
    before: Vec<u32>,
    cases: Vec<(Number, Id)>,
}

impl<Id> Default for Room<Id> {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            keyed: Vec::new(),
            list: Vec::new(),
            before: Vec::new(),
            cases: Vec::new(),
        }
    }
}

struct Several<Id> {
    level: usize,
    list: Range<u32>,
    node: Id,
}

impl<'a, N: Nodes> Trie<'a, N> {
    pub(super) fn new(
        nodes: N,
        ways: &'a Ways<'a>,
        demands: &'a Demands,
        arms: &'a [Arm<N::Id>],
    ) -> Self {
        let mut starts = Vec::with_capacity(arms.len());
        let mut count = 0;
        for arm in arms {
            starts.push(u32::try_from(count).unwrap_or(u32::MAX));
            // The user, its segments, the end and itself.
            count += arm.way.segments() + 3;
        }
        Self {
            nodes,
            ways,
            demands,
            arms,
            single: vec![None; count],
            starts,
            several: Map::default(),
            hashes: RandomState::default(),
            lists: Vec::new(),
            chains: Map::default(),
            rooms: Vec::new(),
        }
    }

    /// Gives the nodes and the root.
    pub(super) fn build(mut self) -> (N, N::Id) {
        let all: Vec<u32> = (0..).take(self.arms.len()).collect();
        let root = self.below(0, &all);
        (self.nodes, root)
    }

    /// The sub-graph of arms, ascending, that have come to a level: a dimension, or a segment
    /// after those.
    fn below(&mut self, level: usize, arms: &[u32]) -> N::Id {
        match arms {
            [] => self.nodes.end(),
            [arm] => self.one(level, *arm),
            _ => self.several(level, arms),
        }
    }

    fn several(&mut self, level: usize, arms: &[u32]) -> N::Id {
        let hash = self.hashes.hash_one((level, arms));
        if let Some(known) = self.several.get(&hash)
            && known.level == level
            && self
                .lists
                .get(known.list.start as usize..known.list.end as usize)
                == Some(arms)
        {
            return known.node;
        }
        let node = match DIMENSIONS.get(level) {
            Some(on) => self.switch(*on, level, arms),
            None => self.segment(level, arms),
        };
        let position = |lists: &[u32]| u32::try_from(lists.len()).unwrap_or(u32::MAX);
        let start = position(&self.lists);
        self.lists.extend_from_slice(arms);
        let list = start..position(&self.lists);
        self.several.insert(hash, Several { level, list, node });
        node
    }

    fn switch(&mut self, on: Dimension, level: usize, arms: &[u32]) -> N::Id {
        let mut room = self.room(level);
        for at in arms {
            match self.keys(*at, level) {
                None => room.open.push(*at),
                Some(keys) => room.keyed.extend(keys.iter().map(|key| (*key, *at))),
            }
        }
        let node = if room.keyed.is_empty() {
            self.below(level + 1, arms)
        } else {
            let order = |(key, at): &(Number, u32)| u64::from(key.0) << 32 | u64::from(*at);
            room.keyed.sort_unstable_by_key(order);
            for group in room.keyed.chunk_by(|(left, _), (right, _)| left == right) {
                room.list.clear();
                room.list.extend(group.iter().map(|(_, at)| *at));
                let node = match room.cases.last() {
                    Some((_, node)) if room.before == room.list => *node,
                    _ => self.below(level + 1, &room.list),
                };
                room.cases
                    .extend(group.first().map(|(key, _)| (*key, node)));
                std::mem::swap(&mut room.list, &mut room.before);
            }
            let any = self.below(level + 1, &room.open);
            self.nodes.switch(on, &room.cases, any)
        };
        self.leave(level, room);
        node
    }

    /// The room to work in at a level, empty: only one sub-graph at a time is built there.
    fn room(&mut self, level: usize) -> Room<N::Id> {
        self.rooms
            .get_mut(level)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Keeps the room for the next sub-graph at the level.
    fn leave(&mut self, level: usize, mut room: Room<N::Id>) {
        room.open.clear();
        room.keyed.clear();
        room.list.clear();
        room.before.clear();
        room.cases.clear();
        if self.rooms.len() <= level {
            self.rooms.resize_with(level + 1, Room::default);
        }
        if let Some(own) = self.rooms.get_mut(level) {
            *own = room;
        }
    }

    /// Arms that agree in all steps before this one.
    fn segment(&mut self, level: usize, arms: &[u32]) -> N::Id {
        let step = |trie: &Self, at: &u32| trie.step(*at, level);
        // Tails sort first: when the last is one, all are.
        if matches!(
            arms.last().and_then(|at| step(self, at)),
            None | Some(Step::Tail)
        ) {
            return self.chain(arms);
        }
        let mut room = self.room(level);
        let none = self.nodes.end();
        let mut onward = Onward {
            any: none,
            end: none,
            tail: none,
        };
        let mut rest = arms;
        while let Some(first) = rest.first() {
            let own = step(self, first);
            let length = rest.partition_point(|at| step(self, at) <= own);
            let (group, others) = rest.split_at(length.max(1));
            rest = others;
            match own {
                None | Some(Step::Tail) => onward.tail = self.chain(group),
                Some(Step::End) => onward.end = self.chain(group),
                Some(Step::Any) => onward.any = self.below(level + 1, group),
                Some(Step::Literal(name)) => {
                    let node = self.below(level + 1, group);
                    room.cases.push((name, node));
                }
            }
        }
        let node = self.nodes.segment(depth(level), &room.cases, onward);
        self.leave(level, room);
        node
    }

    /// The arms that stand at one place, in walking order.
    fn chain(&mut self, arms: &[u32]) -> N::Id {
        let mut next = None;
        for at in arms.iter().rev() {
            let Some(arm) = self.arms.get(*at as usize) else {
                continue;
            };
            let node = match next {
                None => self.last(*at, arm),
                Some(next) => match self.chains.get(&(*at, next)) {
                    Some(known) => *known,
                    None => {
                        let node = self.nodes.arm(arm.rule, arm.pattern, arm.test, next);
                        self.chains.insert((*at, next), node);
                        node
                    }
                },
            };
            next = Some(node);
        }
        next.unwrap_or_else(|| self.nodes.end())
    }

    /// The sub-graph of one arm that has come to a level.
    fn one(&mut self, level: usize, at: u32) -> N::Id {
        let Some(arm) = self.arms.get(at as usize) else {
            return self.nodes.end();
        };
        let place = level
            .checked_sub(REMEMBERED)
            .and_then(|level| Some(*self.starts.get(at as usize)? as usize + level));
        if let Some(known) = place.and_then(|place| self.single.get(place).copied().flatten()) {
            return known;
        }
        let node = match DIMENSIONS.get(level) {
            Some(on) => {
                let below = self.one(level + 1, at);
                match self.keys(at, level) {
                    None => below,
                    Some(keys) => {
                        let any = self.nodes.end();
                        match keys {
                            [key] => self.nodes.switch(*on, &[(*key, below)], any),
                            _ => {
                                let cases: Vec<_> = keys.iter().map(|key| (*key, below)).collect();
                                self.nodes.switch(*on, &cases, any)
                            }
                        }
                    }
                }
            }
            None => match self.step(at, level) {
                None | Some(Step::Tail) => self.last(at, arm),
                Some(step) => {
                    let below = match step {
                        Step::End => self.last(at, arm),
                        _ => self.one(level + 1, at),
                    };
                    self.alone(level, step, below)
                }
            },
        };
        if let Some(own) = place.and_then(|place| self.single.get_mut(place)) {
            *own = Some(node);
        }
        node
    }

    /// A segment that one arm stands at.
    fn alone(&mut self, level: usize, step: Step<Number>, below: N::Id) -> N::Id {
        let none = self.nodes.end();
        let mut onward = Onward {
            any: none,
            end: none,
            tail: none,
        };
        let depth = depth(level);
        match step {
            Step::Tail => onward.tail = below,
            Step::End => onward.end = below,
            Step::Any => onward.any = below,
            Step::Literal(name) => return self.nodes.segment(depth, &[(name, below)], onward),
        }
        self.nodes.segment(depth, &[], onward)
    }

    /// An arm that nothing follows.
    fn last(&mut self, at: u32, arm: &Arm<N::Id>) -> N::Id {
        let place = self.starts.get(at as usize);
        let place = place.map(|start| *start as usize + arm.way.segments() + 2);
        let known = place.and_then(|place| self.single.get(place).copied().flatten());
        known.unwrap_or_else(|| {
            let end = self.nodes.end();
            let node = self.nodes.arm(arm.rule, arm.pattern, arm.test, end);
            if let Some(own) = place.and_then(|place| self.single.get_mut(place)) {
                *own = Some(node);
            }
            node
        })
    }

    fn keys(&self, at: u32, dimension: usize) -> Option<&'a [Number]> {
        let arm = self.arms.get(at as usize)?;
        self.demands.keys(arm.demand, dimension)
    }

    fn step(&self, at: u32, level: usize) -> Option<Step<Number>> {
        let arm = self.arms.get(at as usize)?;
        self.ways.step(arm.way, level - DIMENSIONS.len())
    }
}

fn depth(level: usize) -> u16 {
    u16::try_from(level - DIMENSIONS.len()).unwrap_or(u16::MAX)
}
