//! Arms to nodes: switches, then segments, then chains of arms.

use std::collections::{BTreeMap, HashMap};

use placet_model::graph::demand::Step;
use placet_model::graph::{Dimension, Key};

use super::draft::{Draft, DraftId, Port, Shape};
use super::place::Arm;

const DIMENSIONS: [Dimension; 4] = [
    Dimension::Function,
    Dimension::Action,
    Dimension::Agent,
    Dimension::User,
];

/// Drafts the graph of arms that are in the order of their steps, and gives its root.
pub(super) fn build(draft: &mut Draft, arms: &[Arm<'_>]) -> DraftId {
    let all: Vec<usize> = (0..arms.len()).collect();
    Trie { draft, arms }.switches(0, &all)
}

struct Trie<'a> {
    draft: &'a mut Draft,
    arms: &'a [Arm<'a>],
}

impl<'a> Trie<'a> {
    /// The sub-graph of arms, by place and ascending, that have all the keys on the way
    /// to it.
    fn switches(&mut self, dimension: usize, arms: &[usize]) -> DraftId {
        let Some(on) = DIMENSIONS.get(dimension) else {
            return self.segments(0, arms);
        };
        let mut open: Vec<usize> = Vec::new();
        let mut keyed: BTreeMap<&'a Key, Vec<usize>> = BTreeMap::new();
        for at in arms {
            match self.arms.get(*at).and_then(|arm| arm.keys(dimension)) {
                None => open.push(*at),
                Some(keys) => {
                    for key in keys {
                        keyed.entry(key).or_default().push(*at);
                    }
                }
            }
        }
        if keyed.is_empty() {
            return self.switches(dimension + 1, arms);
        }
        let mut ports: Vec<(Port, DraftId)> = Vec::with_capacity(keyed.len() + 1);
        // Keys that lead to the same arms lead to the same node.
        let mut known: HashMap<Vec<usize>, DraftId> = HashMap::new();
        for (key, arms) in keyed {
            let node = match known.get(&arms) {
                Some(node) => *node,
                None => {
                    let node = self.switches(dimension + 1, &arms);
                    known.insert(arms, node);
                    node
                }
            };
            ports.push((Port::Case(key.clone()), node));
        }
        ports.push((Port::Any, self.switches(dimension + 1, &open)));
        self.draft.node(Shape::Switch(*on), ports)
    }

    /// The sub-graph of arms that agree in all steps before `depth`.
    fn segments(&mut self, depth: usize, arms: &[usize]) -> DraftId {
        let all = self.arms;
        let step = |at: &usize| all.get(*at).and_then(|arm| arm.step(depth));
        // Tails sort first: when the last is one, all are.
        if matches!(arms.last().and_then(step), None | Some(Step::Tail)) {
            return self.chain(arms);
        }
        let mut ports: Vec<(Port, DraftId)> = Vec::new();
        let none = self.draft.end();
        let (mut any, mut end, mut tail) = (none, none, none);
        for group in arms.chunk_by(|left, right| step(left) == step(right)) {
            match group.first().and_then(step) {
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
    fn chain(&mut self, arms: &[usize]) -> DraftId {
        let mut next = self.draft.end();
        for at in arms.iter().rev() {
            let Some(arm) = self.arms.get(*at) else {
                continue;
            };
            let ports = vec![(Port::Test, arm.test), (Port::Next, next)];
            next = self.draft.node(Shape::Arm(arm.rule, arm.pattern), ports);
        }
        next
    }
}
