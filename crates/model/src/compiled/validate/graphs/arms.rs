//! The arms of a graph: those that the policy demands, where and as it demands them.

use std::collections::HashMap;

use super::{Check, Invalid};
use crate::graph::demand::{self, Demand, Planner, Step, rank, steps};
use crate::graph::kleene::{Next, Nodes, Splitter};
use crate::graph::{Atom, Key, Node, Truth};
use crate::ids::{LayerId, NodeId, PatternId, RuleId};
use crate::policy::{Policy, Rule};
use crate::walk::Size;

impl Check<'_> {
    pub(super) fn arms(&self, planner: &Planner, sizes: &[Size]) -> Result<(), Invalid> {
        let mut known: HashMap<Node, NodeId> = HashMap::new();
        for (at, node) in self.graph.nodes.iter().enumerate() {
            if matches!(node, Node::Test { .. } | Node::Truth(_)) {
                let before = known.insert(*node, NodeId::new(at));
                self.ensure(before.is_none(), NodeId::new(at), "it is there twice")?;
            }
        }
        let mut demanded = Demanded::default();
        let mut splitter = Splitter::new(self.policy, sizes, Known(known));
        for (id, rule) in demand::rules(self.policy, LayerId::new(self.at)) {
            let demand = planner.demand(id, rule);
            if demanded
                .add(self.policy, id, rule, demand, &mut splitter)
                .is_err()
            {
                return self.wrong(self.graph.root, "a test of a rule is missing");
            }
        }
        let mut walk = Walk {
            check: self,
            left: demanded.places,
            demanded,
            keys: [None; 4],
            steps: Vec::new(),
        };
        walk.node(self.graph.root)?;
        self.ensure(walk.left == 0, self.graph.root, "an arm is missing")
    }
}

/// What a layer of the policy demands of its graph.
#[derive(Default)]
struct Demanded<'a> {
    demands: Vec<Demand>,
    arms: HashMap<(RuleId, Option<PatternId>), Arm<'a>>,
    /// At how many places arms stand.
    places: usize,
}

struct Arm<'a> {
    /// Where in a chain it stands: arms are walked in this order.
    order: (u8, RuleId, usize),
    test: NodeId,
    steps: Vec<Step<'a>>,
    /// What its rule demands, by place in the demands.
    demand: usize,
}

impl<'a> Demanded<'a> {
    fn add(
        &mut self,
        policy: &'a Policy,
        id: RuleId,
        rule: &Rule,
        demand: Demand,
        splitter: &mut Splitter<'_, Known>,
    ) -> Result<(), Missing> {
        let combinations = demand.combinations();
        if combinations == 0 {
            return Ok(());
        }
        let tests = splitter.arms(id, rule, &demand)?;
        for (at, (pattern, test)) in demand::arms(rule).zip(tests).enumerate() {
            let segments = pattern.and_then(|id| policy.patterns.get(id.index()));
            let arm = Arm {
                order: (rank(rule.kind), id, at),
                test,
                steps: steps(segments),
                demand: self.demands.len(),
            };
            self.arms.insert((id, pattern), arm);
            self.places = self.places.saturating_add(combinations);
        }
        self.demands.push(demand);
        Ok(())
    }
}

/// A walk through the whole graph as a tree.
struct Walk<'a> {
    check: &'a Check<'a>,
    demanded: Demanded<'a>,
    /// How many places of arms have not been met.
    left: usize,
    /// The keys on the way, by dimension; `None` is any.
    keys: [Option<&'a Key>; 4],
    /// The steps on the way.
    steps: Vec<Step<'a>>,
}

impl<'a> Walk<'a> {
    // As deep as a graph has dimensions and segments: its shape is checked before.
    fn node(&mut self, id: NodeId) -> Result<(), Invalid> {
        match self.check.node(id)? {
            Node::Switch { on, cases, any } => {
                for (key, child) in self.check.cases(cases).unwrap_or_default() {
                    self.set(on as usize, Some(key));
                    self.node(*child)?;
                }
                self.set(on as usize, None);
                self.node(any)
            }
            Node::Segment {
                cases,
                any,
                end,
                tail,
                ..
            } => {
                for (key, child) in self.check.cases(cases).unwrap_or_default() {
                    if let Key::Segment(text) = key {
                        self.step(Step::Literal(text), *child)?;
                    }
                }
                self.step(Step::Any, any)?;
                self.step(Step::End, end)?;
                self.step(Step::Tail, tail)
            }
            // Where nothing tells segments apart, whatever follows will do.
            Node::Arm { .. } if !matches!(self.steps.last(), Some(Step::End | Step::Tail)) => {
                self.step(Step::Tail, id)
            }
            Node::Arm { .. } => self.chain(id),
            Node::End | Node::Test { .. } | Node::Truth(_) => Ok(()),
        }
    }

    fn set(&mut self, dimension: usize, key: Option<&'a Key>) {
        if let Some(place) = self.keys.get_mut(dimension) {
            *place = key;
        }
    }

    fn step(&mut self, step: Step<'a>, child: NodeId) -> Result<(), Invalid> {
        self.steps.push(step);
        self.node(child)?;
        self.steps.pop();
        Ok(())
    }

    fn chain(&mut self, first: NodeId) -> Result<(), Invalid> {
        let mut id = first;
        let mut before = None;
        while let Node::Arm {
            rule,
            pattern,
            test,
            next,
        } = self.check.node(id)?
        {
            let wrong = |reason| self.check.wrong(id, reason);
            let Some(arm) = self.demanded.arms.get(&(rule, pattern)) else {
                return wrong("the policy has no such arm");
            };
            if arm.test != test {
                return wrong("the arm is tested otherwise than its rule says");
            }
            if arm.steps != self.steps || !self.has_keys_of(arm) {
                return wrong("the arm stands where its rule does not");
            }
            if before.is_some_and(|before| before >= arm.order) {
                return wrong("arms are not in order");
            }
            before = Some(arm.order);
            let Some(left) = self.left.checked_sub(1) else {
                return wrong("arms stand at more places than the policy has");
            };
            self.left = left;
            id = next;
        }
        Ok(())
    }

    /// Whether the keys on the way are among those that an arm's rule demands.
    fn has_keys_of(&self, arm: &Arm<'_>) -> bool {
        self.demanded.demands.get(arm.demand).is_some_and(|demand| {
            let mut keys = self.keys.iter().zip(&demand.keys);
            keys.all(|(key, demanded)| match (key, demanded) {
                (None, None) => true,
                (Some(key), Some(demanded)) => demanded.binary_search(key).is_ok(),
                _ => false,
            })
        })
    }
}

/// The test nodes that a graph has.
struct Known(HashMap<Node, NodeId>);

impl Nodes for Known {
    type Id = NodeId;
    type Error = Missing;

    fn truth(&mut self, truth: Truth) -> Result<NodeId, Missing> {
        self.0.get(&Node::Truth(truth)).copied().ok_or(Missing)
    }

    fn test(&mut self, atom: Atom, next: Next<NodeId>) -> Result<NodeId, Missing> {
        let node = Node::Test {
            atom,
            yes: next.yes,
            no: next.no,
            undefined: next.undefined,
        };
        self.0.get(&node).copied().ok_or(Missing)
    }
}

/// A test node is not there.
struct Missing;
