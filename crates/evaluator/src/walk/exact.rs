//! The walk for the answer alone: agent, user and segments are numbers, no name is compared,
//! and nothing is noted.

use std::ops::ControlFlow;

use placet_model::graph::{Dimension, Node, Number};
use placet_model::ids::{NodeId, RuleId};
use placet_model::resource::ResourceRef;
use smallvec::SmallVec;

use crate::engine::LayerGraph;
use crate::eval::Eval;
use crate::index::{Index, RowId, SEGMENTS, Sort, Step, Table, Target};
use crate::inputs::Membership;

/// Who acts for whom, as switches look for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    pub(crate) agent: Number,
    /// `None` when there is no user.
    pub(crate) user: Option<Number>,
}

/// A resource as switches look for it.
#[derive(Clone, Debug)]
pub(crate) struct Where {
    row: RowId,
    /// The segments, and behind them as many that are unknown as there is space.
    numbers: SmallVec<[Number; SPACE]>,
    segments: usize,
}

/// How many segments are kept in place: as many as written-out arms ask for, and more.
const SPACE: usize = 8;
const _: () = assert!(SPACE >= SEGMENTS);

impl Where {
    pub(crate) fn new(index: &Index, row: RowId, resource: ResourceRef<'_>) -> Self {
        let mut numbers = SmallVec::from_buf([Number::UNKNOWN; SPACE]);
        let mut segments = 0;
        for text in resource.segments() {
            let number = index.number(text);
            match numbers.get_mut(segments) {
                Some(slot) => *slot = number,
                None => numbers.push(number),
            }
            segments += 1;
        }
        Self {
            row,
            numbers,
            segments,
        }
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

/// An arm as it was met.
#[derive(Clone, Copy)]
pub(crate) struct Met {
    pub(crate) rule: RuleId,
    pub(crate) sort: Sort,
    pub(crate) test: NodeId,
    /// Nothing more has to be tested.
    pub(crate) holds: bool,
}

/// Visits the arms of a layer that may match, until the visitor has seen enough. One that
/// stands under several groups that the agent or user is in is visited for each.
pub(crate) fn visit(
    index: &Index,
    LayerGraph { graph, table, .. }: LayerGraph<'_>,
    eval: &Eval<'_>,
    place: &Where,
    visitor: impl FnMut(Met) -> ControlFlow<()>,
) {
    let mut walk = Walk {
        table,
        eval,
        place,
        pending: SmallVec::new(),
        visitor,
    };
    for start in table.starts(place.row) {
        if walk.go(*start).is_break() {
            return;
        }
    }
    while let Some(id) = walk.pending.pop() {
        let Some(node) = graph.nodes.get(id.index()) else {
            continue;
        };
        if walk.node(index, id, node).is_break() {
            return;
        }
    }
}

/// A walk under way.
struct Walk<'a, F> {
    table: &'a Table,
    eval: &'a Eval<'a>,
    place: &'a Where,
    /// Nodes that are still to be visited.
    pending: SmallVec<[NodeId; 16]>,
    visitor: F,
}

impl<F: FnMut(Met) -> ControlFlow<()>> Walk<'_, F> {
    /// Visits what is written out, and keeps a node for later.
    #[inline]
    fn go(&mut self, target: Target) -> ControlFlow<()> {
        if target == Target::END {
            return ControlFlow::Continue(());
        }
        let few = match self.table.step(target) {
            Step::Node(id) => {
                self.pending.push(id);
                return ControlFlow::Continue(());
            }
            Step::Few(few) => few,
        };
        let has_user = self.eval.inputs.who.user.is_some();
        for one in few {
            if one.is_at(&self.place.numbers, self.place.segments, has_user) {
                (self.visitor)(Met {
                    rule: one.rule,
                    sort: one.sort,
                    test: one.test,
                    holds: one.holds,
                })?;
            }
        }
        ControlFlow::Continue(())
    }

    fn node(&mut self, index: &Index, id: NodeId, node: &Node) -> ControlFlow<()> {
        match node {
            Node::Switch { on, any, .. } => {
                self.go(self.table.target(*any))?;
                self.switch(*on, id)
            }
            Node::Segment {
                depth,
                any,
                end,
                tail,
                ..
            } => {
                self.go(self.table.target(*tail))?;
                match self.place.get(*depth) {
                    Some(number) => {
                        self.go(self.table.target(*any))?;
                        self.case(id, number)
                    }
                    None => self.go(self.table.target(*end)),
                }
            }
            Node::Arm {
                rule, test, next, ..
            } => {
                if let Some(of) = index.rule(*rule) {
                    (self.visitor)(Met {
                        rule: *rule,
                        sort: of.sort,
                        test: *test,
                        holds: false,
                    })?;
                }
                self.go(self.table.target(*next))
            }
            Node::End | Node::Test { .. } | Node::Truth(_) => ControlFlow::Continue(()),
        }
    }

    #[inline]
    fn case(&mut self, node: NodeId, number: Number) -> ControlFlow<()> {
        if number == Number::UNKNOWN {
            return ControlFlow::Continue(());
        }
        self.go(self.table.case(node, number))
    }

    fn switch(&mut self, on: Dimension, node: NodeId) -> ControlFlow<()> {
        let inputs = self.eval.inputs;
        match on {
            Dimension::Function => self.case(node, Number::function(self.eval.site.function)),
            Dimension::Action => self.case(node, Number::action(self.eval.site.action)),
            Dimension::Agent => {
                self.case(node, inputs.who.agent)?;
                self.groups(node, &inputs.agent_groups)
            }
            Dimension::User => match inputs.who.user {
                None => self.case(node, Number::NO_USER),
                Some(user) => {
                    self.case(node, Number::SOME_USER)?;
                    self.case(node, user)?;
                    self.groups(node, &inputs.user_groups)
                }
            },
        }
    }

    #[inline]
    fn groups(&mut self, node: NodeId, of: &Membership<'_>) -> ControlFlow<()> {
        of.possible()
            .try_for_each(|group| self.case(node, Number::group(group)))
    }
}
