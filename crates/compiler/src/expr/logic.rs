//! `and`, `or`, `not`, and what is true or false.

use placet_model::ids::ExprId;
use placet_model::policy::Expr;
use placet_syntax::ast::{self, Spanned};
use placet_syntax::{Code, Diagnostic};

use super::Elaborator;
use super::guard::Around;
use crate::report::DiagnosticAt;
use crate::ty::Ty;

impl Elaborator<'_, '_, '_> {
    /// An expression that must be true or false. `positive` says what absence should
    /// make of it, for suggestions.
    pub(super) fn truth(
        &mut self,
        expr: &Spanned<ast::Expr>,
        positive: bool,
        around: Around,
    ) -> ExprId {
        if !self.enter(expr.span) {
            self.leave();
            return self.nothing;
        }
        let id = match &expr.node {
            ast::Expr::And(operands) => self.chain(operands, positive, true),
            ast::Expr::Or(operands) => self.chain(operands, positive, false),
            ast::Expr::Not(operand) if is_leaf(&operand.node) => {
                // `not has x or not x` reads better than `not (has x and x)`.
                let inner = self.in_atom(expr.span, positive, around, |this| this.leaf(operand));
                self.exprs.add(Expr::Not(inner))
            }
            ast::Expr::Not(operand) => {
                let inner = self.truth(operand, !positive, Around::Tight);
                self.exprs.add(Expr::Not(inner))
            }
            ast::Expr::Has(reference) => self.has(reference),
            ast::Expr::Quantified {
                quantifier,
                binder,
                body,
            } => self.quantified(quantifier.node, binder, body, expr.span, (positive, around)),
            _ => self.in_atom(expr.span, positive, around, |this| this.leaf(expr)),
        };
        self.leave();
        id
    }

    fn leaf(&mut self, expr: &Spanned<ast::Expr>) -> ExprId {
        let typed = self.by_kind(expr, Some(&Ty::Bool));
        self.expect_bool(&typed.ty, expr);
        typed.id
    }

    /// A chain of `and` or `or`: each operand may rely on those left of it.
    fn chain(&mut self, operands: &[Spanned<ast::Expr>], positive: bool, and: bool) -> ExprId {
        let known = self.present.len();
        let around = if and { Around::And } else { Around::Free };
        let mut ids = Vec::with_capacity(operands.len());
        for operand in operands {
            let id = self.truth(operand, positive, around);
            let implied = self.implied(id, and);
            self.present.extend(implied);
            ids.push(id);
        }
        self.present.truncate(known);
        let join = if and { Expr::And } else { Expr::Or };
        self.exprs.chain(&ids, join).unwrap_or(self.nothing)
    }

    fn expect_bool(&mut self, ty: &Ty, expr: &Spanned<ast::Expr>) {
        if matches!(ty, Ty::Bool | Ty::Error) {
            return;
        }
        let place = self.place(expr.span);
        let written = self.report.text(place);
        let help = match ty {
            Ty::Text | Ty::Enum(_) => format!("compare it: `{written} == \"…\"`"),
            Ty::Int | Ty::Decimal => format!("compare it: `{written} > 0`"),
            Ty::Set(_) | Ty::List(_) => format!("ask for its members: `count({written}) > 0`"),
            _ => "compare it with something".to_owned(),
        };
        self.complain(
            Diagnostic::error(
                Code::PL0202,
                format!("a condition is true or false, and this is {}", ty.a()),
            )
            .here(place, "neither true nor false")
            .help(help),
        );
    }
}

/// Whether an expression has no conditions as parts.
const fn is_leaf(expr: &ast::Expr) -> bool {
    !matches!(
        expr,
        ast::Expr::And(_)
            | ast::Expr::Or(_)
            | ast::Expr::Not(_)
            | ast::Expr::Has(_)
            | ast::Expr::Quantified { .. }
    )
}
