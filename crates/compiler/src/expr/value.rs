//! Values: literals, sums, and the way to everything else.

use placet_model::policy::Expr;
use placet_model::value::Value;
use placet_syntax::ast::{self, AddOp, Span, Spanned};
use placet_syntax::{Code, Diagnostic};

use super::guard::Around;
use super::{Elaborator, Typed};
use crate::report::DiagnosticAt;
use crate::resolve::constants::constant;
use crate::ty::Ty;

impl Elaborator<'_, '_, '_> {
    /// An expression of any type. Literals become the hinted type where they can.
    pub(super) fn value(&mut self, expr: &Spanned<ast::Expr>, hint: Option<&Ty>) -> Typed {
        if !self.enter(expr.span) {
            self.leave();
            return self.wrong();
        }
        let typed = self.by_kind(expr, hint);
        self.leave();
        typed
    }

    /// An expression that has been counted already.
    pub(super) fn by_kind(&mut self, expr: &Spanned<ast::Expr>, hint: Option<&Ty>) -> Typed {
        match &expr.node {
            ast::Expr::Or(_)
            | ast::Expr::And(_)
            | ast::Expr::Not(_)
            | ast::Expr::Has(_)
            | ast::Expr::Quantified { .. } => {
                let positive = self.scope.stance == super::Stance::Fits;
                Typed {
                    id: self.truth(expr, positive, Around::Tight),
                    ty: Ty::Bool,
                }
            }
            ast::Expr::Compare { left, op, right } => self.compare(left, op, right),
            ast::Expr::Sum { first, rest } => self.sum(first, rest, hint),
            ast::Expr::Aggregate { function, over } => {
                self.aggregate(function.node, over, expr.span)
            }
            ast::Expr::Value(value) => self.literal(value, expr.span, hint),
            ast::Expr::Call { name, args, fields } => {
                self.call(name, args, fields, expr.span, hint)
            }
            ast::Expr::Ref(reference) => self.reference_as(reference, expr.span, hint),
        }
    }

    fn literal(&mut self, value: &ast::Value, span: Span, hint: Option<&Ty>) -> Typed {
        let natural;
        let ty = match hint.filter(|ty| has_shape(value, ty)) {
            Some(ty) => ty,
            None => {
                natural = natural_type(value);
                &natural
            }
        };
        if let (ast::Value::List(items), true) = (value, ty.element() == Some(&Ty::Error)) {
            return self.untyped_list(items, span);
        }
        let spanned = Spanned::new(value.clone(), span);
        match constant(self.report, self.file, &spanned, ty, "value") {
            Some(value) => self.add(Expr::Const(value), ty.clone()),
            None => self.wrong(),
        }
    }

    /// `[]`, which fits every list, or a list whose members differ in type.
    fn untyped_list(&mut self, items: &[Spanned<ast::Value>], span: Span) -> Typed {
        if !items.is_empty() {
            let place = self.place(span);
            self.complain(
                Diagnostic::error(
                    Code::PL0201,
                    "the members of a list have one type, and these differ",
                )
                .here(place, "of several types"),
            );
            return self.wrong();
        }
        self.add(
            Expr::Const(Value::List([].into())),
            Ty::List(Ty::Error.into()),
        )
    }

    /// `a + b - c`, from the left. Literals take the type of the first other operand.
    fn sum(
        &mut self,
        first: &Spanned<ast::Expr>,
        rest: &[ast::Addend],
        hint: Option<&Ty>,
    ) -> Typed {
        let operands = || std::iter::once(first).chain(rest.iter().map(|addend| &addend.operand));
        let mut typed: Vec<Option<Typed>> = operands()
            .map(|operand| (!is_literal(operand)).then(|| self.value(operand, None)))
            .collect();
        let numeric = |ty: &&Ty| ty.is_numeric();
        let base = typed
            .iter()
            .flatten()
            .map(|typed| &typed.ty)
            .find(numeric)
            .or(hint.filter(numeric))
            .cloned();
        for (slot, operand) in typed.iter_mut().zip(operands()) {
            if slot.is_none() {
                *slot = Some(self.value(operand, base.as_ref()));
            }
        }
        let mut typed = typed.into_iter().flatten();
        let Some(mut total) = typed.next() else {
            return self.wrong();
        };
        let mut span = first.span;
        for (operand, addend) in typed.zip(rest) {
            total = self.add_up(&total, span, &operand, addend);
            span = span.to(addend.operand.span);
        }
        total
    }

    fn add_up(&mut self, left: &Typed, span: Span, right: &Typed, addend: &ast::Addend) -> Typed {
        let (a, b) = (left.id, right.id);
        let add = addend.op.node == AddOp::Add;
        let make = if add { Expr::Add } else { Expr::Sub };
        match (&left.ty, &right.ty) {
            (Ty::Error, _) | (_, Ty::Error) => self.wrong(),
            (Ty::Int, Ty::Int) | (Ty::Decimal, Ty::Decimal) | (Ty::Duration, Ty::Duration) => {
                self.add(make(a, b), left.ty.clone())
            }
            (Ty::Time, Ty::Duration) => self.add(make(a, b), Ty::Time),
            (Ty::Duration, Ty::Time) if add => self.add(Expr::Add(b, a), Ty::Time),
            (Ty::Time, Ty::Time) if !add => self.add(Expr::Sub(a, b), Ty::Duration),
            (l, r) => {
                let (word, joint) = if add {
                    ("added", "and")
                } else {
                    ("subtracted", "from")
                };
                let message = if add {
                    format!("{} {joint} {} cannot be {word}", l.a(), r.a())
                } else {
                    format!("{} cannot be {word} {joint} {}", r.a(), l.a())
                };
                let diagnostic = Diagnostic::error(Code::PL0205, message)
                    .here(self.place(addend.op.span), "not defined for these")
                    .also(self.place(span), format!("this is {}", l.a()))
                    .also(self.place(addend.operand.span), format!("this is {}", r.a()))
                    .note("`int`, `decimal` and `duration` can be added to their like, a `duration` to a `time`, and two times subtracted");
                self.complain(diagnostic);
                self.wrong()
            }
        }
    }
}

/// Whether an expression is made of literals alone, and so takes its type from around it.
pub(super) fn is_literal(expr: &Spanned<ast::Expr>) -> bool {
    match &expr.node {
        ast::Expr::Value(_) => true,
        ast::Expr::Sum { first, rest } => {
            is_literal(first) && rest.iter().all(|addend| is_literal(&addend.operand))
        }
        _ => false,
    }
}

/// Whether a literal is written like one of a type. It may still be wrong as one.
fn has_shape(value: &ast::Value, ty: &Ty) -> bool {
    match (value, ty) {
        (ast::Value::Text(_), Ty::Text | Ty::Enum(_) | Ty::Time | Ty::Ip) => true,
        (ast::Value::Number(number), Ty::Int) => number.is_integer(),
        (ast::Value::Number(_), Ty::Decimal) => true,
        (ast::Value::Duration(_), Ty::Duration) => true,
        (ast::Value::Bool(_), Ty::Bool) => true,
        (ast::Value::List(items), Ty::Set(element) | Ty::List(element)) => {
            **element != Ty::Error && items.iter().all(|item| has_shape(&item.node, element))
        }
        _ => false,
    }
}

/// The type of a literal that nothing else gives a type.
fn natural_type(value: &ast::Value) -> Ty {
    match value {
        ast::Value::Text(_) => Ty::Text,
        ast::Value::Number(number) if number.is_integer() => Ty::Int,
        ast::Value::Number(_) => Ty::Decimal,
        ast::Value::Duration(_) => Ty::Duration,
        ast::Value::Bool(_) => Ty::Bool,
        ast::Value::Object(_) | ast::Value::Cell(_) => Ty::Error,
        ast::Value::List(items) => {
            let types: Vec<Ty> = items.iter().map(|item| natural_type(&item.node)).collect();
            let element = if types.contains(&Ty::Decimal) && types.iter().all(Ty::is_numeric) {
                Ty::Decimal
            } else {
                match types.split_first() {
                    Some((first, rest)) if rest.iter().all(|ty| ty == first) => first.clone(),
                    _ => Ty::Error,
                }
            };
            Ty::List(element.into())
        }
    }
}
