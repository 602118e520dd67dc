//! What lies below an expression, for every pass that must know.

use std::collections::BTreeSet;

use crate::ids::{ExprId, HistoryId};
use crate::policy::{Binder, Expr, History, Policy};

/// How big an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many nodes it has, shared ones counted each time; saturating.
    pub nodes: usize,
    /// How many nodes lie below each other at most.
    pub depth: usize,
    /// Whether it reads what a pattern captured.
    pub captures: bool,
}

impl Size {
    /// The size of what is not there: too big for every limit.
    pub const UNKNOWN: Self = Self {
        nodes: usize::MAX,
        depth: usize::MAX,
        captures: true,
    };
}

/// The sizes of all expressions of an arena, by id.
#[must_use]
pub fn sizes(exprs: &[Expr]) -> Vec<Size> {
    let mut sizes: Vec<Size> = Vec::with_capacity(exprs.len());
    for expr in exprs {
        let mut own = Size {
            nodes: 1,
            depth: 1,
            captures: matches!(expr, Expr::Capture(_)),
        };
        expr.for_each_child(|child| {
            let of = sizes.get(child.index()).copied().unwrap_or(Size::UNKNOWN);
            own.nodes = own.nodes.saturating_add(of.nodes);
            own.depth = own.depth.max(of.depth.saturating_add(1));
            own.captures |= of.captures;
        });
        sizes.push(own);
    }
    sizes
}

/// The histories of which a number is enough: that reach back without a window, and that
/// conditions do nothing with but count them as they are. In the order of their ids.
#[must_use]
pub fn counted(policy: &Policy) -> Vec<HistoryId> {
    let history = |id: ExprId| match policy.exprs.get(id.index()) {
        Some(Expr::History(history)) => Some(*history),
        _ => None,
    };
    let mut read = BTreeSet::new();
    for expr in &policy.exprs {
        let bare_count = matches!(
            expr,
            Expr::Count {
                over: Binder { filter: None, .. },
                distinct: None,
            }
        );
        if !bare_count {
            expr.for_each_child(|child| read.extend(history(child)));
        }
    }
    let enough = |(at, declared): (usize, &History)| {
        let id = HistoryId::new(at);
        (declared.within.is_none() && !read.contains(&id)).then_some(id)
    };
    policy
        .histories
        .iter()
        .enumerate()
        .filter_map(enough)
        .collect()
}

impl Expr {
    /// Calls `visit` with each operand, in written order.
    pub fn for_each_child(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            Self::Const(_)
            | Self::Fact(_)
            | Self::AgentId
            | Self::UserId
            | Self::TaskId
            | Self::Now
            | Self::ChainDepth
            | Self::ChainRoot
            | Self::ChainAgents
            | Self::ResourcePath
            | Self::ResourceFact(..)
            | Self::Arg(_)
            | Self::Capture(_)
            | Self::Local(_)
            | Self::History(_)
            | Self::HasUser => {}
            Self::Field(of, _)
            | Self::Has(of)
            | Self::Not(of)
            | Self::Like(of, _)
            | Self::Within(of, _)
            | Self::TimeOfDay(of, _)
            | Self::Weekday(of, _)
            | Self::Lower(of)
            | Self::Email(of)
            | Self::Url(of)
            | Self::Path(of) => visit(*of),
            Self::And(left, right)
            | Self::Or(left, right)
            | Self::Compare(_, left, right)
            | Self::In(left, right)
            | Self::Contains(left, right)
            | Self::SubsetOf(left, right)
            | Self::Add(left, right)
            | Self::Sub(left, right) => {
                visit(*left);
                visit(*right);
            }
            Self::Quantifier { over, body, .. } => {
                over.for_each_child(&mut visit);
                visit(*body);
            }
            Self::Count { over, distinct } => {
                over.for_each_child(&mut visit);
                if let Some(value) = distinct {
                    visit(*value);
                }
            }
            Self::Sum { over, value, .. } => {
                over.for_each_child(&mut visit);
                visit(*value);
            }
        }
    }

    /// Replaces each operand, in written order.
    pub fn map_children(&mut self, mut map: impl FnMut(ExprId) -> ExprId) {
        match self {
            Self::Const(_)
            | Self::Fact(_)
            | Self::AgentId
            | Self::UserId
            | Self::TaskId
            | Self::Now
            | Self::ChainDepth
            | Self::ChainRoot
            | Self::ChainAgents
            | Self::ResourcePath
            | Self::ResourceFact(..)
            | Self::Arg(_)
            | Self::Capture(_)
            | Self::Local(_)
            | Self::History(_)
            | Self::HasUser => {}
            Self::Field(child, _)
            | Self::Has(child)
            | Self::Not(child)
            | Self::Like(child, _)
            | Self::Within(child, _)
            | Self::TimeOfDay(child, _)
            | Self::Weekday(child, _)
            | Self::Lower(child)
            | Self::Email(child)
            | Self::Url(child)
            | Self::Path(child) => *child = map(*child),
            Self::And(left, right)
            | Self::Or(left, right)
            | Self::Compare(_, left, right)
            | Self::In(left, right)
            | Self::Contains(left, right)
            | Self::SubsetOf(left, right)
            | Self::Add(left, right)
            | Self::Sub(left, right) => {
                *left = map(*left);
                *right = map(*right);
            }
            Self::Quantifier { over, body, .. } => {
                over.map_children(&mut map);
                *body = map(*body);
            }
            Self::Count { over, distinct } => {
                over.map_children(&mut map);
                if let Some(value) = distinct {
                    *value = map(*value);
                }
            }
            Self::Sum { over, value, .. } => {
                over.map_children(&mut map);
                *value = map(*value);
            }
        }
    }
}

impl Binder {
    fn for_each_child(&self, visit: &mut impl FnMut(ExprId)) {
        visit(self.list);
        if let Some(filter) = self.filter {
            visit(filter);
        }
    }

    fn map_children(&mut self, map: &mut impl FnMut(ExprId) -> ExprId) {
        self.list = map(self.list);
        if let Some(filter) = &mut self.filter {
            *filter = map(*filter);
        }
    }
}
