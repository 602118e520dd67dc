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
    end: Option<NodeId>,
    /// Of false, undefined and true.
    truths: [Option<NodeId>; 3],
    tests: Map<(Atom, Next<NodeId>), NodeId>,
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

fn add(nodes: &mut Vec<Node>, node: Node) -> NodeId {
    let id = NodeId::new(nodes.len());
    nodes.push(node);
    id
}

impl Nodes for Flat {
    type Id = NodeId;

    fn end(&mut self) -> NodeId {
        let nodes = &mut self.nodes;
        *self.end.get_or_insert_with(|| add(nodes, Node::End))
    }

    fn truth(&mut self, truth: Truth) -> NodeId {
        let nodes = &mut self.nodes;
        let [of_false, of_undefined, of_true] = &mut self.truths;
        let known = match truth {
            Truth::False => of_false,
            Truth::Undefined => of_undefined,
            Truth::True => of_true,
        };
        *known.get_or_insert_with(|| add(nodes, Node::Truth(truth)))
    }

    fn test(&mut self, atom: Atom, next: Next<NodeId>) -> NodeId {
        let nodes = &mut self.nodes;
        *self.tests.entry((atom, next)).or_insert_with(|| {
            let node = Node::Test {
                atom,
                yes: next.yes,
                no: next.no,
                undefined: next.undefined,
            };
            add(nodes, node)
        })
    }

    fn arm(
        &mut self,
        rule: RuleId,
        pattern: Option<PatternId>,
        test: NodeId,
        next: NodeId,
    ) -> NodeId {
        add(
            &mut self.nodes,
            Node::Arm {
                rule,
                pattern,
                test,
                next,
            },
        )
    }

    fn switch(&mut self, on: Dimension, cases: &[(Number, NodeId)], any: NodeId) -> NodeId {
        let cases = self.cases(cases);
        add(&mut self.nodes, Node::Switch { on, cases, any })
    }

    fn segment(
        &mut self,
        depth: u16,
        cases: &[(Number, NodeId)],
        onward: Onward<NodeId>,
    ) -> NodeId {
        let cases = self.cases(cases);
        add(
            &mut self.nodes,
            Node::Segment {
                depth,
                cases,
                any: onward.any,
                end: onward.end,
                tail: onward.tail,
            },
        )
    }
}
