//! The names in conditions.

use placet::syntax::ast::{Binder, Expr, Over, Ref, Span, Spanned, Value};
use smallvec::smallvec;

use super::items::Walk;
use super::{Owner, Role, Symbol, Written};

impl Walk<'_> {
    pub(super) fn expr(&mut self, expr: &Spanned<Expr>) {
        match &expr.node {
            Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|part| self.expr(part)),
            Expr::Not(inner) => self.expr(inner),
            Expr::Compare { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Sum { first, rest } => {
                self.expr(first);
                rest.iter().for_each(|addend| self.expr(&addend.operand));
            }
            Expr::Has(of) => self.reference(&of.node, Written::Alone),
            Expr::Quantified { binder, body, .. } => {
                self.within(binder, Some(body));
            }
            Expr::Aggregate { over, .. } => match over {
                Over::Each { binder, value, .. } => self.within(binder, value.as_deref()),
                Over::Whole(of) => self.expr(of),
            },
            Expr::Value(value) => self.value(value, expr.span),
            Expr::Call { name, args, .. } => {
                if self.known.lets.contains(&name.node) {
                    self.uses(name, Symbol::Let(name.node.clone()));
                }
                args.iter().for_each(|arg| self.expr(arg));
            }
            Expr::Ref(reference) => self.reference(reference, Written::Alone),
        }
    }

    /// The texts of a value.
    pub(super) fn value(&mut self, value: &Value, span: Span) {
        match value {
            Value::Text(text) => self.text(span, text),
            Value::List(items) => items
                .iter()
                .for_each(|item| self.value(&item.node, item.span)),
            Value::Object(object) => {
                for entry in &object.entries {
                    self.value(&entry.value.node, entry.value.span);
                }
            }
            Value::Number(_) | Value::Duration(_) | Value::Bool(_) | Value::Cell(_) => {}
        }
    }

    /// A binder with what its variable is known in.
    fn within(&mut self, binder: &Binder, body: Option<&Spanned<Expr>>) {
        self.expr(&binder.source);
        let span = binder.name.span.to(binder.source.span);
        self.declares_local(&binder.name, span);
        if let Some(filter) = &binder.filter {
            self.expr(filter);
        }
        if let Some(body) = body {
            self.expr(body);
        }
        self.locals.pop();
    }

    /// A reference; what its last fields stand for in the type of a value is not followed.
    pub(super) fn reference(&mut self, reference: &Ref, written: Written) {
        let root = &reference.root;
        let local = self.locals.iter().rfind(|(name, _)| *name == root.node);
        if let Some((_, symbol)) = local {
            let symbol = symbol.clone();
            self.note(root.span, smallvec![symbol], Role::Uses, written);
            return;
        }
        let field = reference.fields.first();
        match (root.as_str(), field) {
            ("args", Some(field)) => {
                let symbols = self.known.parameters(&self.tools, &field.node);
                self.note(field.span, symbols, Role::Uses, written);
            }
            ("agent" | "user" | "task", Some(field)) if field.node == "id" => {}
            ("resource", Some(field)) if field.node == "path" => {}
            (word, Some(field)) => match Owner::named(word) {
                Some(owner) => {
                    let symbol = Symbol::Fact(owner, field.node.clone());
                    self.note(field.span, smallvec![symbol], Role::Uses, written);
                }
                None => self.global(reference, written),
            },
            (_, None) => self.global(reference, written),
        }
    }

    fn global(&mut self, reference: &Ref, written: Written) {
        let root = &reference.root;
        let symbol = if self.known.lets.contains(&root.node) {
            Symbol::Let(root.node.clone())
        } else if self.known.histories.contains(&root.node) {
            Symbol::History(root.node.clone())
        } else {
            return;
        };
        self.note(root.span, smallvec![symbol], Role::Uses, written);
    }
}
