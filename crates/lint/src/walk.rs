//! Goes through the parts of conditions, written and typed.

use placet_model::ids::{ExprId, PatternId};
use placet_model::policy::{Expr, Policy, Rule, Segment};
use placet_syntax::ast::{self, Spanned};

/// Whether a part of an expression is wanted, itself included.
pub(crate) fn any(policy: &Policy, id: ExprId, wanted: &mut dyn FnMut(&Expr) -> bool) -> bool {
    let Some(expr) = policy.exprs.get(id.index()) else {
        return false;
    };
    let mut found = wanted(expr);
    expr.for_each_child(|child| found = found || any(policy, child, wanted));
    found
}

/// Whether a rule reads something wanted in a condition, a budget or a hole of a pattern.
pub(crate) fn rule_reads(
    policy: &Policy,
    rule: &Rule,
    wanted: &mut dyn FnMut(&Expr) -> bool,
) -> bool {
    let conditions = rule.conditions.iter().map(|condition| condition.expr);
    let holes = rule.resources.iter().flat_map(|id| holes(policy, *id));
    let parts: Vec<ExprId> = conditions.chain(holes).collect();
    parts.into_iter().any(|part| any(policy, part, wanted))
}

/// Whether the conditions of a rule read something wanted.
pub(crate) fn conditions_read(
    policy: &Policy,
    rule: &Rule,
    wanted: &mut dyn FnMut(&Expr) -> bool,
) -> bool {
    let mut conditions = rule.conditions.iter();
    conditions.any(|condition| any(policy, condition.expr, wanted))
}

/// The values that the holes of a pattern read.
pub(crate) fn holes(policy: &Policy, id: PatternId) -> Vec<ExprId> {
    let pattern = policy.patterns.get(id.index());
    let segments = pattern.map(|pattern| pattern.segments.as_slice());
    let holes = segments.unwrap_or_default().iter();
    holes
        .filter_map(|segment| match segment {
            Segment::Hole(hole) => Some(hole.value),
            _ => None,
        })
        .collect()
}

/// Calls `visit` with an expression and all its parts, from the outside.
pub(crate) fn tree<'e>(
    expr: &'e Spanned<ast::Expr>,
    visit: &mut dyn FnMut(&'e Spanned<ast::Expr>),
) {
    visit(expr);
    match &expr.node {
        ast::Expr::Or(parts) | ast::Expr::And(parts) => {
            for part in parts {
                tree(part, visit);
            }
        }
        ast::Expr::Not(part) => tree(part, visit),
        ast::Expr::Compare { left, right, .. } => {
            tree(left, visit);
            tree(right, visit);
        }
        ast::Expr::Sum { first, rest } => {
            tree(first, visit);
            for addend in rest {
                tree(&addend.operand, visit);
            }
        }
        ast::Expr::Quantified { binder, body, .. } => {
            self::binder(binder, visit);
            tree(body, visit);
        }
        ast::Expr::Aggregate { over, .. } => match over {
            ast::Over::Each { binder, value, .. } => {
                self::binder(binder, visit);
                if let Some(value) = value {
                    tree(value, visit);
                }
            }
            ast::Over::Whole(list) => tree(list, visit),
        },
        ast::Expr::Call { args, .. } => {
            for arg in args {
                tree(arg, visit);
            }
        }
        ast::Expr::Has(_) | ast::Expr::Value(_) | ast::Expr::Ref(_) => {}
    }
}

fn binder<'e>(binder: &'e ast::Binder, visit: &mut dyn FnMut(&'e Spanned<ast::Expr>)) {
    tree(&binder.source, visit);
    if let Some(filter) = &binder.filter {
        tree(filter, visit);
    }
}

/// The conditions of a rule's tree.
pub(crate) fn conditions(rule: &ast::Rule) -> impl Iterator<Item = &Spanned<ast::Expr>> {
    rule.clauses.iter().filter_map(|clause| match &clause.node {
        ast::Clause::When(expr) | ast::Clause::Unless(expr) => Some(expr),
        _ => None,
    })
}
