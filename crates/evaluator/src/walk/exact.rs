//! The walk for the answer alone: agent, user and segments are numbers, no name is compared,
//! and nothing is noted.

use std::ops::ControlFlow;

use placet_model::graph::{Dimension, Node, Number};
use placet_model::ids::NodeId;
use placet_model::resource::Resource;
use smallvec::SmallVec;

use super::Arm;
use crate::engine::LayerGraph;
use crate::eval::Eval;
use crate::index::{Index, SEGMENTS, Step, Table, Target};
use crate::inputs::Inputs;

/// Who acts for whom, as switches look for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    agent: Number,
    /// `None` when there is no user.
    user: Option<Number>,
}

/// A resource as switches look for it.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    /// The segments, and as many that are unknown as written-out arms may ask for.
    numbers: SmallVec<[Number; 8]>,
    segments: usize,
}

impl Who {
    pub(crate) fn new(index: &Index, inputs: &Inputs<'_>) -> Self {
        Self {
            agent: index.number(&inputs.agent),
            user: inputs.user.as_ref().map(|user| index.number(user)),
        }
    }
}

impl Where {
    pub(crate) fn new(index: &Index, resource: &Resource) -> Self {
        let mut numbers: SmallVec<[Number; 8]> =
            resource.segments().map(|text| index.number(text)).collect();
        let segments = numbers.len();
        if segments < SEGMENTS {
            numbers.resize(SEGMENTS, Number::UNKNOWN);
        }
        Self { numbers, segments }
    }

    fn get(&self, depth: u16) -> Option<Number> {
        let depth = usize::from(depth);
        if depth < self.segments {
            self.numbers.get(depth).copied()
        } else {
            None
        }
    }
}

/// Visits the arms of a layer that may match, until the visitor has seen enough. One that
/// stands under several groups that the agent or user is in is visited for each.
pub(crate) fn visit(
    LayerGraph { graph, table, .. }: LayerGraph<'_>,
    eval: &Eval<'_>,
    who: Who,
    place: &Where,
    mut visitor: impl FnMut(Arm) -> ControlFlow<()>,
) {
    let mut pending = Pending {
        table,
        targets: SmallVec::new(),
    };
    pending.push(table.target(graph.root));
    while let Some(target) = pending.targets.pop() {
        let id = match table.step(target) {
            Step::Node(id) => id,
            Step::Few(few) => {
                for one in few {
                    if one.is_at(&place.numbers, place.segments, who.user.is_some()) {
                        let found = Arm {
                            rule: one.rule,
                            pattern: one.pattern,
                            test: one.test,
                        };
                        if visitor(found).is_break() {
                            return;
                        }
                    }
                }
                continue;
            }
        };
        match graph.nodes.get(id.index()) {
            Some(Node::Switch { on, any, .. }) => {
                pending.push(table.target(*any));
                pending.switch(eval, *on, id, who);
            }
            Some(Node::Segment {
                depth,
                any,
                end,
                tail,
                ..
            }) => {
                pending.push(table.target(*tail));
                match place.get(*depth) {
                    Some(number) => {
                        pending.push(table.target(*any));
                        pending.case(id, number);
                    }
                    None => pending.push(table.target(*end)),
                }
            }
            Some(Node::Arm {
                rule,
                pattern,
                test,
                next,
            }) => {
                let found = Arm {
                    rule: *rule,
                    pattern: *pattern,
                    test: *test,
                };
                if visitor(found).is_break() {
                    return;
                }
                pending.push(table.target(*next));
            }
            Some(Node::End | Node::Test { .. } | Node::Truth(_)) | None => {}
        }
    }
}

/// What is still to be visited.
struct Pending<'a> {
    table: &'a Table,
    targets: SmallVec<[Target; 32]>,
}

impl Pending<'_> {
    #[inline]
    fn push(&mut self, target: Target) {
        if target != Target::END {
            self.targets.push(target);
        }
    }

    #[inline]
    fn case(&mut self, node: NodeId, number: Number) {
        if number != Number::UNKNOWN {
            self.push(self.table.case(node, number));
        }
    }

    fn switch(&mut self, eval: &Eval<'_>, on: Dimension, node: NodeId, who: Who) {
        let inputs = eval.inputs;
        match on {
            Dimension::Function => self.case(node, Number::function(eval.site.function)),
            Dimension::Action => self.case(node, Number::action(eval.site.action)),
            Dimension::Agent => {
                self.case(node, who.agent);
                for group in inputs.agent_groups.possible() {
                    self.case(node, Number::group(group));
                }
            }
            Dimension::User => match who.user {
                None => self.case(node, Number::NO_USER),
                Some(user) => {
                    self.case(node, Number::SOME_USER);
                    self.case(node, user);
                    for group in inputs.user_groups.possible() {
                        self.case(node, Number::group(group));
                    }
                }
            },
        }
    }
}
