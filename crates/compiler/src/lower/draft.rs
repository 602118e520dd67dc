//! The graph while it is built: a petgraph with equal nodes shared, then flat arrays.

use std::collections::HashMap;
use std::convert::Infallible;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsPostOrder, EdgeRef};
use placet_model::graph::kleene::{Next, Nodes};
use placet_model::graph::{Atom, Cases, Dimension, Graph, Key, Node, Truth};
use placet_model::ids::{NodeId, PatternId, RuleId};

/// A node of the draft.
pub(super) type DraftId = NodeIndex;

/// What a node is, apart from where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    End,
    Switch(Dimension),
    Segment(u32),
    Arm(RuleId, Option<PatternId>),
    Test(Atom),
    Truth(Truth),
}

/// What leads from a node to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Port {
    Case(Key),
    Any,
    End,
    Tail,
    Test,
    Next,
    Yes,
    No,
    Undefined,
}

/// A graph under construction. A node is added after its children, so there is no cycle.
#[derive(Default)]
pub(super) struct Draft {
    graph: DiGraph<Shape, Port>,
    known: HashMap<(Shape, Vec<(Port, DraftId)>), DraftId>,
}

impl Draft {
    /// The node of this shape with these children, made only if there is none yet.
    pub(super) fn node(&mut self, shape: Shape, ports: Vec<(Port, DraftId)>) -> DraftId {
        let graph = &mut self.graph;
        *self
            .known
            .entry((shape, ports))
            .or_insert_with_key(|(shape, ports)| {
                let node = graph.add_node(shape.clone());
                for (port, child) in ports {
                    graph.add_edge(node, *child, port.clone());
                }
                node
            })
    }

    /// Nothing more.
    pub(super) fn end(&mut self) -> DraftId {
        self.node(Shape::End, Vec::new())
    }

    /// What is reachable from `root`, in flat arrays with children before parents.
    pub(super) fn freeze(&self, root: DraftId) -> Graph {
        let mut ids: Vec<NodeId> = vec![NodeId(0); self.graph.node_count()];
        let mut frozen = Graph {
            nodes: Vec::new(),
            cases: Vec::new(),
            root: NodeId(0),
        };
        let mut walk = DfsPostOrder::new(&self.graph, root);
        while let Some(at) = walk.next(&self.graph) {
            let node = self.flat(at, &ids, &mut frozen.cases);
            frozen.root = NodeId::new(frozen.nodes.len());
            frozen.nodes.push(node);
            if let Some(id) = ids.get_mut(at.index()) {
                *id = frozen.root;
            }
        }
        frozen
    }

    /// A node whose children have been frozen under `ids`.
    fn flat(&self, at: DraftId, ids: &[NodeId], cases: &mut Vec<(Key, NodeId)>) -> Node {
        let Some(shape) = self.graph.node_weight(at) else {
            return Node::End;
        };
        let frozen = |id: DraftId| ids.get(id.index()).copied().unwrap_or(NodeId(0));
        // Every shape is added with all of its ports.
        let child = |port: &Port| {
            self.graph
                .edges(at)
                .find(|edge| edge.weight() == port)
                .map_or(NodeId(0), |edge| frozen(edge.target()))
        };
        match shape {
            Shape::End => Node::End,
            Shape::Switch(on) => Node::Switch {
                on: *on,
                cases: self.cases(at, frozen, cases),
                any: child(&Port::Any),
            },
            Shape::Segment(depth) => Node::Segment {
                depth: *depth,
                cases: self.cases(at, frozen, cases),
                any: child(&Port::Any),
                end: child(&Port::End),
                tail: child(&Port::Tail),
            },
            Shape::Arm(rule, pattern) => Node::Arm {
                rule: *rule,
                pattern: *pattern,
                test: child(&Port::Test),
                next: child(&Port::Next),
            },
            Shape::Test(atom) => Node::Test {
                atom: *atom,
                yes: child(&Port::Yes),
                no: child(&Port::No),
                undefined: child(&Port::Undefined),
            },
            Shape::Truth(truth) => Node::Truth(*truth),
        }
    }

    /// Adds the cases of a node to the flat ones, sorted by key.
    fn cases(
        &self,
        at: DraftId,
        frozen: impl Fn(DraftId) -> NodeId,
        cases: &mut Vec<(Key, NodeId)>,
    ) -> Cases {
        let position = |cases: &[_]| u32::try_from(cases.len()).unwrap_or(u32::MAX);
        let mut own: Vec<(Key, NodeId)> = self
            .graph
            .edges(at)
            .filter_map(|edge| match edge.weight() {
                Port::Case(key) => Some((key.clone(), frozen(edge.target()))),
                _ => None,
            })
            .collect();
        own.sort_unstable();
        let start = position(cases);
        cases.append(&mut own);
        Cases {
            start,
            end: position(cases),
        }
    }
}

impl Nodes for Draft {
    type Id = DraftId;
    type Error = Infallible;

    fn truth(&mut self, truth: Truth) -> Result<DraftId, Infallible> {
        Ok(self.node(Shape::Truth(truth), Vec::new()))
    }

    fn test(&mut self, atom: Atom, next: Next<DraftId>) -> Result<DraftId, Infallible> {
        let ports = vec![
            (Port::Yes, next.yes),
            (Port::No, next.no),
            (Port::Undefined, next.undefined),
        ];
        Ok(self.node(Shape::Test(atom), ports))
    }
}
