//! The graph while it is built: a petgraph, then flat arrays.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use placet_model::graph::build::{Nodes, Onward};
use placet_model::graph::kleene::Next;
use placet_model::graph::{Atom, Cases, Dimension, Graph, Names, Node, Number, Truth};
use placet_model::ids::{NodeId, PatternId, RuleId};

/// A node of the draft.
type DraftId = NodeIndex;

/// What a node is, apart from where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shape {
    End,
    Switch(Dimension),
    Segment(u16),
    Arm(RuleId, Option<PatternId>),
    Test(Atom),
    Truth(Truth),
}

/// What leads from a node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Case(Number),
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
    ends: HashMap<Shape, DraftId, RandomState>,
    tests: HashMap<(Atom, Next<DraftId>), DraftId, RandomState>,
}

impl Draft {
    fn node(&mut self, shape: Shape, ports: impl IntoIterator<Item = (Port, DraftId)>) -> DraftId {
        let node = self.graph.add_node(shape);
        for (port, child) in ports {
            self.graph.add_edge(node, child, port);
        }
        node
    }

    fn leaf(&mut self, shape: Shape) -> DraftId {
        let graph = &mut self.graph;
        *self
            .ends
            .entry(shape)
            .or_insert_with(|| graph.add_node(shape))
    }

    /// The nodes in flat arrays, in the order in which they were added.
    pub(super) fn freeze(&self, root: DraftId, names: Arc<Names>) -> Graph {
        let mut cases = Vec::new();
        let nodes = self.graph.node_indices();
        let nodes = nodes.map(|at| self.flat(at, &mut cases)).collect();
        cases.shrink_to_fit();
        Graph {
            nodes,
            cases,
            root: frozen(root),
            names,
        }
    }

    fn flat(&self, at: DraftId, cases: &mut Vec<(Number, NodeId)>) -> Node {
        let Some(shape) = self.graph.node_weight(at) else {
            return Node::End;
        };
        // Every shape is added with all of its ports.
        let child = |port: Port| {
            let edge = self.graph.edges(at).find(|edge| *edge.weight() == port);
            edge.map_or(NodeId(0), |edge| frozen(edge.target()))
        };
        match *shape {
            Shape::End => Node::End,
            Shape::Switch(on) => Node::Switch {
                on,
                cases: self.cases(at, cases),
                any: child(Port::Any),
            },
            Shape::Segment(depth) => Node::Segment {
                depth,
                cases: self.cases(at, cases),
                any: child(Port::Any),
                end: child(Port::End),
                tail: child(Port::Tail),
            },
            Shape::Arm(rule, pattern) => Node::Arm {
                rule,
                pattern,
                test: child(Port::Test),
                next: child(Port::Next),
            },
            Shape::Test(atom) => Node::Test {
                atom,
                yes: child(Port::Yes),
                no: child(Port::No),
                undefined: child(Port::Undefined),
            },
            Shape::Truth(truth) => Node::Truth(truth),
        }
    }

    /// Adds the cases of a node to the flat ones, sorted by key.
    fn cases(&self, at: DraftId, cases: &mut Vec<(Number, NodeId)>) -> Cases {
        let position = |cases: &[_]| u32::try_from(cases.len()).unwrap_or(u32::MAX);
        let start = position(cases);
        let own = self.graph.edges(at).filter_map(|edge| match edge.weight() {
            Port::Case(key) => Some((*key, frozen(edge.target()))),
            _ => None,
        });
        cases.extend(own);
        if let Some(own) = cases.get_mut(start as usize..) {
            own.sort_unstable();
        }
        Cases {
            start,
            end: position(cases),
        }
    }
}

fn frozen(id: DraftId) -> NodeId {
    NodeId::new(id.index())
}

impl Nodes for Draft {
    type Id = DraftId;

    fn end(&mut self) -> DraftId {
        self.leaf(Shape::End)
    }

    fn truth(&mut self, truth: Truth) -> DraftId {
        self.leaf(Shape::Truth(truth))
    }

    fn test(&mut self, atom: Atom, next: Next<DraftId>) -> DraftId {
        if let Some(known) = self.tests.get(&(atom, next)) {
            return *known;
        }
        let ports = [
            (Port::Yes, next.yes),
            (Port::No, next.no),
            (Port::Undefined, next.undefined),
        ];
        let node = self.node(Shape::Test(atom), ports);
        self.tests.insert((atom, next), node);
        node
    }

    fn arm(
        &mut self,
        rule: RuleId,
        pattern: Option<PatternId>,
        test: DraftId,
        next: DraftId,
    ) -> DraftId {
        let ports = [(Port::Test, test), (Port::Next, next)];
        self.node(Shape::Arm(rule, pattern), ports)
    }

    fn switch(&mut self, on: Dimension, cases: &[(Number, DraftId)], any: DraftId) -> DraftId {
        let cases = cases.iter().map(|(key, child)| (Port::Case(*key), *child));
        self.node(Shape::Switch(on), cases.chain([(Port::Any, any)]))
    }

    fn segment(
        &mut self,
        depth: u16,
        cases: &[(Number, DraftId)],
        onward: Onward<DraftId>,
    ) -> DraftId {
        let cases = cases.iter().map(|(key, child)| (Port::Case(*key), *child));
        let onward = [
            (Port::Any, onward.any),
            (Port::End, onward.end),
            (Port::Tail, onward.tail),
        ];
        self.node(Shape::Segment(depth), cases.chain(onward))
    }
}
