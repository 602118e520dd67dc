//! Sorted placements to nodes: switches, then segments, then chains of arms.

use placet_model::graph::demand::Step;
use placet_model::graph::{Dimension, Key};

use super::draft::{Draft, DraftId, Port, Shape};
use super::place::{Arm, Placement};

const DIMENSIONS: [Dimension; 4] = [
    Dimension::Function,
    Dimension::Action,
    Dimension::Agent,
    Dimension::User,
];

/// Drafts the graph of sorted placements and gives its root.
pub(super) fn build(draft: &mut Draft, arms: &[Arm], placements: &[Placement<'_>]) -> DraftId {
    Trie { draft, arms }.switches(0, placements)
}

struct Trie<'a> {
    draft: &'a mut Draft,
    arms: &'a [Arm],
}

impl Trie<'_> {
    /// The sub-graph of placements that agree in all dimensions before this one.
    fn switches(&mut self, dimension: usize, placements: &[Placement<'_>]) -> DraftId {
        let Some(on) = DIMENSIONS.get(dimension) else {
            return self.segments(0, placements);
        };
        // Open ones sort first: when the last is open, all are.
        if placements
            .last()
            .is_none_or(|last| last.key(dimension).is_none())
        {
            return self.switches(dimension + 1, placements);
        }
        let mut ports: Vec<(Port, DraftId)> = Vec::new();
        let mut any = self.draft.end();
        for group in placements.chunk_by(|left, right| left.key(dimension) == right.key(dimension))
        {
            let node = self.switches(dimension + 1, group);
            match group.first().and_then(|first| first.key(dimension)) {
                None => any = node,
                Some(key) => ports.push((Port::Case(key.clone()), node)),
            }
        }
        ports.push((Port::Any, any));
        self.draft.node(Shape::Switch(*on), ports)
    }

    /// The sub-graph of placements that agree in all keys and all steps before `depth`.
    fn segments(&mut self, depth: usize, placements: &[Placement<'_>]) -> DraftId {
        // Tails sort first: when the last is one, all are.
        if matches!(
            placements.last().and_then(|last| last.step(depth)),
            None | Some(Step::Tail)
        ) {
            return self.chain(placements);
        }
        let mut ports: Vec<(Port, DraftId)> = Vec::new();
        let none = self.draft.end();
        let (mut any, mut end, mut tail) = (none, none, none);
        for group in placements.chunk_by(|left, right| left.step(depth) == right.step(depth)) {
            match group.first().and_then(|first| first.step(depth)) {
                None | Some(Step::Tail) => tail = self.chain(group),
                Some(Step::End) => end = self.chain(group),
                Some(Step::Any) => any = self.segments(depth + 1, group),
                Some(Step::Literal(text)) => {
                    let node = self.segments(depth + 1, group);
                    ports.push((Port::Case(Key::Segment(text.into())), node));
                }
            }
        }
        ports.extend([(Port::Any, any), (Port::End, end), (Port::Tail, tail)]);
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        self.draft.node(Shape::Segment(depth), ports)
    }

    /// The arms that stand at one place, in walking order.
    fn chain(&mut self, placements: &[Placement<'_>]) -> DraftId {
        let mut next = self.draft.end();
        for placement in placements.iter().rev() {
            let Some(arm) = self.arms.get(placement.arm) else {
                continue;
            };
            let ports = vec![(Port::Test, arm.test), (Port::Next, next)];
            next = self.draft.node(Shape::Arm(arm.rule, arm.pattern), ports);
        }
        next
    }
}
