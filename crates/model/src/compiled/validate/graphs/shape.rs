//! The shape of a graph: ids, order of children, keys, what may lead to what.

use super::{Check, Invalid};
use crate::graph::{Cases, Dimension, Key, Node};
use crate::ids::NodeId;
use crate::resource::MAX_SEGMENTS;

/// What may stand where.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After this many dimensions, before any segment.
    Switch(usize),
    /// At this segment.
    Segment(u32),
    /// In a chain of arms.
    Chain,
    /// In a test graph.
    Test,
}

impl<'a> Check<'a> {
    /// Every node has its children before it and a parent (but the root, which is last),
    /// owns its cases alone, and leads only to what may stand there.
    pub(super) fn shape(&self) -> Result<(), Invalid> {
        let nodes = &self.graph.nodes;
        let root = self.graph.root;
        let last = nodes.len().checked_sub(1) == Some(root.index());
        self.ensure(last, root, "the root is not the last node")?;
        let mut has_parent = vec![false; nodes.len()];
        let mut has_arm: Vec<bool> = Vec::with_capacity(nodes.len());
        let mut owned = 0_u32;
        for (at, node) in nodes.iter().enumerate() {
            let id = NodeId::new(at);
            let mut arm_below = matches!(node, Node::Arm { .. });
            self.for_each_child(id, node, &mut owned, |child, place, needs_arm| {
                self.ensure(child < id, id, "a child does not come before it")?;
                self.ensure(
                    self.may_stand(child, place)?,
                    id,
                    "it leads to what cannot stand there",
                )?;
                let below = has_arm.get(child.index()) == Some(&true);
                self.ensure(below || !needs_arm, id, "a case leads to nothing")?;
                arm_below |= below;
                if let Some(parent) = has_parent.get_mut(child.index()) {
                    *parent = true;
                }
                Ok(())
            })?;
            let inner = matches!(node, Node::Switch { .. } | Node::Segment { .. });
            self.ensure(arm_below || !inner, id, "it leads to no arm")?;
            has_arm.push(arm_below);
        }
        self.ensure(
            owned as usize == self.graph.cases.len(),
            root,
            "there are cases that no node owns",
        )?;
        if let Some(last) = has_parent.last_mut() {
            *last = true;
        }
        let orphan = has_parent.iter().position(|has| !has);
        self.ensure(
            orphan.is_none(),
            NodeId::new(orphan.unwrap_or_default()),
            "nothing leads to it",
        )?;
        let start = self.may_stand(root, Place::Switch(0))?;
        self.ensure(start, root, "a walk cannot start there")
    }

    /// Calls `visit` with each child, what may stand there, and whether an arm must be
    /// below it.
    fn for_each_child(
        &self,
        id: NodeId,
        node: &Node,
        owned: &mut u32,
        mut visit: impl FnMut(NodeId, Place, bool) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        match *node {
            Node::End | Node::Truth(_) => Ok(()),
            Node::Switch { on, cases, any } => {
                let after = Place::Switch(on as usize + 1);
                let own = self.own_cases(id, cases, owned, |key| fits(key, on))?;
                self.ensure(!own.is_empty(), id, "a switch has no cases")?;
                for (_, child) in own {
                    visit(*child, after, true)?;
                }
                visit(any, after, false)
            }
            Node::Segment {
                depth,
                cases,
                any,
                end,
                tail,
            } => {
                // An address makes two segments of one.
                let deep = depth as usize > 2 * MAX_SEGMENTS;
                self.ensure(!deep, id, "it looks deeper than any pattern")?;
                let after = Place::Segment(depth + 1);
                let is_segment = |key: &Key| matches!(key, Key::Segment(_));
                for (_, child) in self.own_cases(id, cases, owned, is_segment)? {
                    visit(*child, after, true)?;
                }
                visit(any, after, false)?;
                visit(end, Place::Chain, false)?;
                visit(tail, Place::Chain, false)
            }
            Node::Arm { test, next, .. } => {
                visit(test, Place::Test, false)?;
                visit(next, Place::Chain, false)
            }
            Node::Test {
                yes, no, undefined, ..
            } => {
                visit(yes, Place::Test, false)?;
                visit(no, Place::Test, false)?;
                visit(undefined, Place::Test, false)
            }
        }
    }

    /// The cases of a node: they follow those of the nodes before it.
    fn own_cases(
        &self,
        id: NodeId,
        cases: Cases,
        owned: &mut u32,
        fits: impl Fn(&Key) -> bool,
    ) -> Result<&'a [(Key, NodeId)], Invalid> {
        self.ensure(cases.start == *owned, id, "its cases are not its own")?;
        let Some(own) = self.cases(cases) else {
            return self.wrong(id, "it has cases that are not there");
        };
        *owned = cases.end;
        let sorted = own.is_sorted_by(|(left, _), (right, _)| left < right);
        self.ensure(sorted, id, "its cases are not sorted")?;
        let fit = own.iter().all(|(key, _)| fits(key));
        self.ensure(fit, id, "it has a key of another kind")?;
        Ok(own)
    }

    fn may_stand(&self, id: NodeId, place: Place) -> Result<bool, Invalid> {
        let node = self.node(id)?;
        Ok(match (place, node) {
            (Place::Test, Node::Test { .. } | Node::Truth(_)) => true,
            (Place::Test, _) => false,
            (_, Node::End | Node::Arm { .. }) => true,
            (Place::Switch(after), Node::Switch { on, .. }) => on as usize >= after,
            (Place::Switch(_), Node::Segment { depth, .. }) => depth == 0,
            (Place::Segment(at), Node::Segment { depth, .. }) => depth == at,
            _ => false,
        })
    }
}

/// Whether a key is of the kind that a switch looks at.
const fn fits(key: &Key, on: Dimension) -> bool {
    match on {
        Dimension::Function => matches!(key, Key::Function(_)),
        Dimension::Action => matches!(key, Key::Action(_)),
        Dimension::Agent => matches!(key, Key::Name(_) | Key::Group(_)),
        Dimension::User => matches!(
            key,
            Key::Name(_) | Key::Group(_) | Key::NoUser | Key::SomeUser
        ),
    }
}
