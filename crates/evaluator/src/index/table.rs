//! A graph for walking: where each switch leads by number, and small sub-graphs written
//! out as the few arms that they hold, which are compared one after another.

use placet_model::graph::{Dimension, Graph, Node, Number, Truth};
use placet_model::ids::{NodeId, RuleId};
use placet_model::policy::RuleKind;

use super::{Row, RowId, Rule, Sort};

/// How many arms a sub-graph may hold to be written out: about as many as can be compared
/// in the time of one step of a walk that the processor did not foresee.
const FEW: usize = 8;

/// How many segments an arm that is written out may ask for.
pub(crate) const SEGMENTS: usize = 4;

/// A graph for walking.
#[derive(Debug)]
pub(crate) struct Table {
    /// Where each node leads when it is reached by no number.
    targets: Box<[Target]>,
    /// The cases of the switches that are walked: open addressing, at most half full.
    slots: Box<[Slot]>,
    /// How far a hash is shifted to be a place in `slots`.
    shift: u32,
    few: Box<[Few]>,
    /// By row, where its targets end; they begin where those of the row before end.
    ends: Box<[u32]>,
    /// Where walks begin: what lies behind the switches on function and action.
    starts: Box<[Target]>,
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target(u32);

/// A target, taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// A node to walk on from.
    Node(NodeId),
    /// Some arms, all that there are.
    Few(&'a [Few]),
}

impl Target {
    /// Nothing more to gather.
    pub(crate) const END: Self = Self(u32::MAX);
    /// Set in the place of written-out arms.
    const WRITTEN: u32 = 1 << 31;
}

/// An arm, written out with all that leads to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Few {
    pub(crate) rule: RuleId,
    pub(crate) test: NodeId,
    pub(crate) sort: Sort,
    /// Nothing more has to be tested.
    pub(crate) holds: bool,
    /// The segments; [`ANY`] where none is asked for.
    segments: [u32; SEGMENTS],
    /// How many segments the resource has, between these.
    least: u8,
    most: u8,
    user: User,
    /// How many more arms follow; the first knows them all.
    more: u8,
}

const ANY: u32 = u32::MAX;

/// What is asked of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Open,
    Some,
    None,
}

impl Few {
    /// Whether the arm stands where a request leads.
    #[inline]
    pub(crate) fn is_at(&self, place: &[Number], segments: usize, has_user: bool) -> bool {
        let fits = self
            .segments
            .iter()
            .zip(place)
            .fold(true, |fits, (own, number)| {
                fits & (*own == ANY || *own == number.0)
            });
        fits & (segments >= usize::from(self.least))
            & (segments <= usize::from(self.most))
            & match self.user {
                User::Open => true,
                User::Some => has_user,
                User::None => !has_user,
            }
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    node: NodeId,
    number: Number,
    target: Target,
}

impl Slot {
    /// No graph has a node of this number.
    const EMPTY: Self = Self {
        node: NodeId(u32::MAX),
        number: Number(0),
        target: Target::END,
    };
}

impl Table {
    /// A table of a graph.
    pub(crate) fn new(graph: &Graph, rules: &[Rule], rows: &[Row]) -> Self {
        let small = small(graph);
        let mut few = Vec::new();
        let mut targets = vec![Target::END; graph.nodes.len()];
        for (at, node) in graph.nodes.iter().enumerate() {
            let id = NodeId::new(at);
            let target = match node {
                Node::End | Node::Test { .. } | Node::Truth(_) => Target::END,
                _ if small.get(at) == Some(&true) => Target(Target::WRITTEN),
                _ => Target(id.0),
            };
            if let Some(slot) = targets.get_mut(at) {
                *slot = target;
            }
        }
        // Only what is reached from a node that is walked has to be written out.
        let mut write = |id: NodeId, targets: &mut [Target]| {
            let Some(target) = targets.get_mut(id.index()) else {
                return Target::END;
            };
            if *target == Target(Target::WRITTEN) {
                let start = few.len();
                write_out(graph, rules, id, Few::OPEN, &mut few);
                count(few.get_mut(start..).unwrap_or_default());
                *target = u32::try_from(start + 1)
                    .map_or(Target::END, |start| Target(Target::WRITTEN | start));
            }
            *target
        };
        let walked = |at: usize| small.get(at) != Some(&true);
        let mut slots = Vec::new();
        for (at, node) in graph.nodes.iter().enumerate().filter(|(at, _)| walked(*at)) {
            let (cases, onward): (_, [Option<NodeId>; 3]) = match node {
                Node::Switch { cases, any, .. } => (*cases, [Some(*any), None, None]),
                Node::Segment {
                    cases,
                    any,
                    end,
                    tail,
                    ..
                } => (*cases, [Some(*any), Some(*end), Some(*tail)]),
                Node::Arm { next, .. } => {
                    write(*next, &mut targets);
                    continue;
                }
                Node::End | Node::Test { .. } | Node::Truth(_) => continue,
            };
            for id in onward.into_iter().flatten() {
                write(id, &mut targets);
            }
            for (key, child) in graph.own(cases) {
                slots.push(Slot {
                    node: NodeId::new(at),
                    number: *key,
                    target: write(*child, &mut targets),
                });
            }
        }
        write(graph.root, &mut targets);
        let mut table = Self::filled(targets.into(), &slots, few.into());
        let mut starts = Vec::new();
        let ends = rows.iter().map(|row| {
            table.begin(graph, *row, &mut starts);
            u32::try_from(starts.len()).unwrap_or(u32::MAX)
        });
        table.ends = ends.collect();
        table.starts = starts.into();
        table
    }

    /// Adds what lies behind the switches on function and action, which stand first.
    fn begin(&self, graph: &Graph, row: Row, starts: &mut Vec<Target>) {
        let mut pending = vec![self.target(graph.root)];
        while let Some(target) = pending.pop() {
            if target == Target::END {
                continue;
            }
            let switch = match self.step(target) {
                Step::Node(id) => graph.nodes.get(id.index()).map(|node| (id, node)),
                Step::Few(_) => None,
            };
            let (id, any, number) = match switch {
                Some((id, Node::Switch { on, any, .. })) => match on {
                    Dimension::Function => (id, any, Number::function(row.function)),
                    Dimension::Action => (id, any, Number::action(row.action)),
                    Dimension::Agent | Dimension::User => {
                        starts.push(target);
                        continue;
                    }
                },
                _ => {
                    starts.push(target);
                    continue;
                }
            };
            pending.push(self.target(*any));
            pending.push(self.case(id, number));
        }
    }

    /// Where the walks for a row begin.
    #[inline]
    pub(crate) fn starts(&self, row: RowId) -> &[Target] {
        let at = row.index();
        let start = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some(0),
        };
        let range = start.zip(self.ends.get(at).copied());
        range
            .and_then(|(start, end)| self.starts.get(start as usize..end as usize))
            .unwrap_or_default()
    }

    fn filled(targets: Box<[Target]>, cases: &[Slot], few: Box<[Few]>) -> Self {
        let size = (cases.len() * 2).next_power_of_two().max(2);
        let mut table = Self {
            targets,
            slots: vec![Slot::EMPTY; size].into(),
            shift: u64::BITS - size.trailing_zeros(),
            few,
            ends: Box::default(),
            starts: Box::default(),
        };
        for case in cases {
            let mut at = table.place(case.node, case.number);
            while let Some(there) = table.slots.get_mut(at) {
                if there.node == Slot::EMPTY.node {
                    *there = *case;
                    break;
                }
                at = (at + 1) & (size - 1);
            }
        }
        table
    }

    /// How many entries it has.
    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.targets.len() + self.slots.len() + self.few.len() + self.ends.len() + self.starts.len()
    }

    /// Where a node leads.
    #[inline]
    pub(crate) fn target(&self, node: NodeId) -> Target {
        self.targets
            .get(node.index())
            .copied()
            .unwrap_or(Target::END)
    }

    /// Where a switch leads for a number.
    #[inline]
    pub(crate) fn case(&self, node: NodeId, number: Number) -> Target {
        let mut at = self.place(node, number);
        loop {
            let Some(slot) = self.slots.get(at) else {
                return Target::END;
            };
            if slot.node == node && slot.number == number {
                return slot.target;
            }
            if slot.node == Slot::EMPTY.node {
                return Target::END;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// What is at a target.
    #[inline]
    pub(crate) fn step(&self, target: Target) -> Step<'_> {
        if target.0 & Target::WRITTEN == 0 {
            return Step::Node(NodeId(target.0));
        }
        let start = (target.0 & !Target::WRITTEN) as usize;
        let few = start.checked_sub(1).and_then(|start| self.few.get(start..));
        let count = few
            .and_then(|few| few.first())
            .map_or(0, |first| usize::from(first.more) + 1);
        Step::Few(few.and_then(|few| few.get(..count)).unwrap_or_default())
    }

    #[inline]
    const fn place(&self, node: NodeId, number: Number) -> usize {
        let key = (node.0 as u64) << 32 | number.0 as u64;
        // A multiplication folded onto itself: every bit of the key reaches the high bits.
        let wide = (key ^ 0x9E37_79B9_7F4A_7C15) as u128 * 0xD6E8_FEB8_6659_FD93_u128;
        (((wide >> 64) as u64 ^ wide as u64) >> self.shift) as usize
    }
}

impl Few {
    /// Asks for nothing yet.
    const OPEN: Self = Self {
        rule: RuleId(u32::MAX),
        test: NodeId(u32::MAX),
        sort: Sort {
            kind: RuleKind::Deny,
            duties: false,
        },
        holds: false,
        segments: [ANY; SEGMENTS],
        least: 0,
        most: u8::MAX,
        user: User::Open,
        more: 0,
    };
}

/// By node, whether all below it can be written out.
fn small(graph: &Graph) -> Vec<bool> {
    // How many arms there are below a node; `None` when they cannot be written out.
    let mut arms: Vec<Option<usize>> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let below = |id: NodeId| arms.get(id.index()).copied().flatten();
        let sum = |ids: &mut dyn Iterator<Item = NodeId>| ids.map(below).sum::<Option<usize>>();
        let count = match node {
            Node::End => Some(0),
            Node::Arm { next, .. } => below(*next).map(|more| more + 1),
            Node::Switch {
                on: Dimension::User,
                cases: of,
                any,
            } => {
                let of = graph.own(*of);
                let plain = of
                    .iter()
                    .all(|(key, _)| matches!(*key, Number::NO_USER | Number::SOME_USER));
                plain
                    .then(|| sum(&mut of.iter().map(|(_, id)| *id).chain([*any])))
                    .flatten()
            }
            Node::Segment {
                depth,
                cases: of,
                any,
                end,
                tail,
            } => {
                let of = graph.own(*of);
                let near = usize::from(*depth) < SEGMENTS || of.is_empty();
                (near && *depth < u16::from(u8::MAX))
                    .then(|| sum(&mut of.iter().map(|(_, id)| *id).chain([*any, *end, *tail])))
                    .flatten()
            }
            Node::Switch { .. } | Node::Test { .. } | Node::Truth(_) => None,
        };
        arms.push(count.filter(|count| *count <= FEW));
    }
    arms.into_iter().map(|count| count.is_some()).collect()
}

/// Writes out the arms below a node, each with what leads to it.
fn write_out(graph: &Graph, rules: &[Rule], id: NodeId, so_far: Few, few: &mut Vec<Few>) {
    match graph.nodes.get(id.index()) {
        Some(Node::Arm {
            rule, test, next, ..
        }) => {
            // A loaded graph has no rule that its policy has not.
            if let Some(of) = rules.get(rule.index()) {
                few.push(Few {
                    rule: *rule,
                    test: *test,
                    sort: of.sort,
                    holds: holds(graph, *test),
                    ..so_far
                });
            }
            write_out(graph, rules, *next, so_far, few);
        }
        Some(Node::Switch { cases, any, .. }) => {
            write_out(graph, rules, *any, so_far, few);
            for (key, child) in graph.own(*cases) {
                let user = if *key == Number::NO_USER {
                    User::None
                } else {
                    User::Some
                };
                write_out(graph, rules, *child, Few { user, ..so_far }, few);
            }
        }
        Some(Node::Segment {
            depth,
            cases,
            any,
            end,
            tail,
        }) => {
            let here = u8::try_from(*depth).unwrap_or(u8::MAX);
            let beyond = Few {
                least: so_far.least.max(here.saturating_add(1)),
                ..so_far
            };
            write_out(graph, rules, *tail, so_far, few);
            write_out(graph, rules, *any, beyond, few);
            let ends = Few {
                most: so_far.most.min(here),
                ..so_far
            };
            write_out(graph, rules, *end, ends, few);
            for (key, child) in graph.own(*cases) {
                let mut next = beyond;
                if let Some(segment) = next.segments.get_mut(usize::from(*depth)) {
                    *segment = key.0;
                }
                write_out(graph, rules, *child, next, few);
            }
        }
        _ => {}
    }
}

/// Whether a test graph has no tests, and holds.
fn holds(graph: &Graph, test: NodeId) -> bool {
    matches!(
        graph.nodes.get(test.index()),
        Some(Node::Truth(Truth::True))
    )
}

/// Tells each arm how many follow it.
fn count(few: &mut [Few]) {
    for (more, arm) in few.iter_mut().rev().enumerate() {
        arm.more = u8::try_from(more).unwrap_or(u8::MAX);
    }
}
