//! Quantifiers and aggregates: variables that range over sets, lists and histories.

use placet_model::ids::ExprId;
use placet_model::policy::{Binder, Expr};
use placet_model::value::{Duration, Value};
use placet_syntax::ast::{self, Aggregate, Quantifier, Span, Spanned};
use placet_syntax::{Code, Diagnostic};

use super::guard::{Around, Member};
use super::{Elaborator, Typed};
use crate::report::DiagnosticAt;
use crate::ty::Ty;

impl Elaborator<'_, '_, '_> {
    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        binder: &ast::Binder,
        body: &Spanned<ast::Expr>,
        span: Span,
        (positive, around): (bool, Around),
    ) -> ExprId {
        let known = self.present.len();
        let (over, _) = self.in_atom(span, positive, around, |this| this.bind(binder, positive));
        let body = self.truth(body, positive, Around::Tight);
        self.present.truncate(known);
        self.forget_local();
        match over {
            Some(over) => self.exprs.add(Expr::Quantifier {
                all: quantifier == Quantifier::All,
                over,
                body,
            }),
            None => self.nothing,
        }
    }

    /// Binds a variable; the caller forgets it again. `None` when the source is wrong.
    fn bind(&mut self, binder: &ast::Binder, positive: bool) -> (Option<Binder>, Ty) {
        let source = self.value(&binder.source, None);
        let element = self.members(&source, binder.source.span);
        let place = self.place(binder.name.span);
        let slot = self.slots;
        let ty = element.unwrap_or(Ty::Error);
        self.declare_local(&binder.name, ty.clone(), place);
        let filter = binder.filter.as_ref().map(|filter| {
            let id = self.truth(filter, positive, Around::Free);
            let implied = self.implied(id, true);
            self.present.extend(implied);
            id
        });
        let bound = Binder {
            slot,
            list: source.id,
            filter,
        };
        ((!source.ty.is_error()).then_some(bound), ty)
    }

    /// The type of the members of a set or list, or an error.
    fn members(&mut self, source: &Typed, span: Span) -> Option<Ty> {
        if source.ty.is_error() {
            return None;
        }
        let element = source.ty.element().cloned();
        if element.is_none() {
            self.complain(
                Diagnostic::error(
                    Code::PL0210,
                    format!(
                        "a set, list or history is wanted, and this is {}",
                        source.ty.a()
                    ),
                )
                .here(self.place(span), "has no members"),
            );
        }
        element
    }

    pub(super) fn aggregate(&mut self, function: Aggregate, over: &ast::Over, span: Span) -> Typed {
        match over {
            ast::Over::Whole(source) => self.whole(function, source),
            ast::Over::Each {
                distinct,
                binder,
                value,
            } => self.each(function, *distinct, binder, value.as_deref(), span),
        }
    }

    /// `count(xs)`, `sum(xs)`
    fn whole(&mut self, function: Aggregate, source: &Spanned<ast::Expr>) -> Typed {
        let list = self.value(source, None);
        let Some(element) = self.members(&list, source.span) else {
            return self.wrong();
        };
        let over = Binder {
            slot: self.slots,
            list: list.id,
            filter: None,
        };
        match function {
            Aggregate::Count => self.add(
                Expr::Count {
                    over,
                    distinct: None,
                },
                Ty::Int,
            ),
            Aggregate::Sum => {
                let value = self.add(Expr::Local(over.slot), element);
                self.sum_of(over, value, false, source.span)
            }
        }
    }

    fn each(
        &mut self,
        function: Aggregate,
        distinct: bool,
        binder: &ast::Binder,
        value: Option<&Spanned<ast::Expr>>,
        span: Span,
    ) -> Typed {
        let known = self.present.len();
        let (over, element) = self.bind(binder, true);
        let variable = over.map_or(self.nothing, |over| self.exprs.add(Expr::Local(over.slot)));
        let outer = self.member;
        self.member = over
            .filter(|_| self.expanding.is_empty())
            .map(|over| Member {
                slot: over.slot,
                end: self.place(Span::at(end_of(binder))),
                filtered: binder.filter.is_some(),
            });
        let typed = match value {
            Some(value) => self.value(value, None),
            None => Typed {
                id: variable,
                ty: element,
            },
        };
        self.member = outer;
        self.present.truncate(known);
        self.forget_local();
        let Some(over) = over else {
            return self.wrong();
        };
        match (function, value) {
            (Aggregate::Sum, _) => self.sum_of(
                over,
                typed,
                distinct,
                value.map_or(span, |value| value.span),
            ),
            (Aggregate::Count, Some(value)) if !distinct => {
                self.counted_value(binder, value, &typed.ty);
                self.wrong()
            }
            (Aggregate::Count, _) => {
                let distinct = distinct.then_some(typed.id);
                self.add(Expr::Count { over, distinct }, Ty::Int)
            }
        }
    }

    /// `count(x in xs: v)` counts nothing by `v`.
    fn counted_value(&mut self, binder: &ast::Binder, value: &Spanned<ast::Expr>, ty: &Ty) {
        let name = &binder.name.node;
        let help = if matches!(ty, Ty::Bool) {
            format!(
                "to count those for which it is true, write `where`: `count({name} in … where …)`"
            )
        } else {
            format!("to count different values, write `count(distinct {name} in …: …)`")
        };
        self.complain(
            Diagnostic::error(
                Code::PL0215,
                "`count` counts members, and has no use for a value",
            )
            .here(self.place(value.span), "not used")
            .help(help),
        );
    }

    fn sum_of(&mut self, over: Binder, value: Typed, distinct: bool, span: Span) -> Typed {
        let zero = match value.ty {
            Ty::Int => Value::Int(0),
            Ty::Decimal => Value::Decimal(rust_decimal::Decimal::ZERO),
            Ty::Duration => Value::Duration(Duration(0)),
            Ty::Error => return self.wrong(),
            ref other => {
                self.complain(
                    Diagnostic::error(Code::PL0205, format!("{} cannot be summed", other.a()))
                        .here(self.place(span), "not a number or duration")
                        .help("name what is added up: `sum(x in xs: x.amount)`"),
                );
                return self.wrong();
            }
        };
        let sum = Expr::Sum {
            over,
            value: value.id,
            distinct,
            zero,
        };
        self.add(sum, value.ty)
    }
}

/// One past the last byte of a binder.
fn end_of(binder: &ast::Binder) -> usize {
    let last = binder.filter.as_ref().unwrap_or(&binder.source);
    last.span.end as usize
}
