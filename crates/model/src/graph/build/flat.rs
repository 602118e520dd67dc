//! Nodes put straight into the arrays of a frozen graph.

use std::sync::Arc;

use super::super::{Atom, Cases, Dimension, Graph, Names, Node, Number, Truth};
use super::{Map, Next, Nodes, Onward};
use crate::ids::{NodeId, PatternId, RuleId};

/// A graph that is not finished.
#[derive(Default)]
pub(super) struct Flat {
    nodes: Vec<Node>,
    cases: Vec<(Number, NodeId)>,
    /// The ends and tests that there are.
    known: Map<Node, NodeId>,
}

impl Flat {
    pub(super) fn freeze(mut self, root: NodeId, names: Arc<Names>) -> Graph {
        self.nodes.shrink_to_fit();
        self.cases.shrink_to_fit();
        Graph {
            nodes: self.nodes,
            cases: self.cases,
            root,
            names,
        }
    }

    fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        self.nodes.push(node);
        id
    }

    fn shared(&mut self, node: Node) -> NodeId {
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        let id = self.add(node);
        self.known.insert(node, id);
        id
    }

    fn cases(&mut self, cases: &[(Number, NodeId)]) -> Cases {
        let position = |cases: &[_]| u32::try_from(cases.len()).unwrap_or(u32::MAX);
        let start = position(&self.cases);
        self.cases.extend_from_slice(cases);
        Cases {
            start,
            end: position(&self.cases),
        }
    }
}

impl Nodes for Flat {
    type Id = NodeId;

    fn end(&mut self) -> NodeId {
        self.shared(Node::End)
    }

    fn truth(&mut self, truth: Truth) -> NodeId {
        self.shared(Node::Truth(truth))
    }

    fn test(&mut self, atom: Atom, next: Next<NodeId>) -> NodeId {
        self.shared(Node::Test {
            atom,
            yes: next.yes,
            no: next.no,
            undefined: next.undefined,
        })
    }

    fn arm(
        &mut self,
        rule: RuleId,
        pattern: Option<PatternId>,
        test: NodeId,
        next: NodeId,
    ) -> NodeId {
        self.add(Node::Arm {
            rule,
            pattern,
            test,
            next,
        })
    }

    fn switch(&mut self, on: Dimension, cases: &[(Number, NodeId)], any: NodeId) -> NodeId {
        let cases = self.cases(cases);
        self.add(Node::Switch { on, cases, any })
    }

    fn segment(
        &mut self,
        depth: u16,
        cases: &[(Number, NodeId)],
        onward: Onward<NodeId>,
    ) -> NodeId {
        let cases = self.cases(cases);
        self.add(Node::Segment {
            depth,
            cases,
            any: onward.any,
            end: onward.end,
            tail: onward.tail,
        })
    }
}
