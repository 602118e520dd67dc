//! Conditions.
//!
//! The grammar nests six rules for every operand. What stands for itself is passed over in
//! a loop, and each construct has a function of its own: both keep the stack small.

use super::Lower;
use crate::{
    ast::{self, Expr, Spanned},
    grammar::{Pair, Parts, Rule},
};

impl Lower<'_> {
    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Option<Spanned<Expr>> {
        let outer = self.span(&pair);
        let (pair, in_parentheses) = significant(pair);
        let span = match in_parentheses {
            // The parentheses belong to the place of what they hold.
            true => outer,
            false => self.span(&pair),
        };
        let parts = Parts::of(pair.clone());
        let expr = match pair.as_rule() {
            Rule::expr => Expr::Or(self.operands(parts)?),
            Rule::conj => Expr::And(self.operands(parts)?),
            Rule::neg => self.not(parts)?,
            Rule::cmp => self.compare(parts)?,
            Rule::sum => self.sum(parts)?,
            Rule::has => self.has(parts)?,
            Rule::quantified => self.quantified(parts)?,
            Rule::aggregate => self.aggregate(parts)?,
            Rule::value => Expr::Value(self.value(pair)?.node),
            Rule::call => self.call(parts)?,
            Rule::reference => Expr::Ref(self.reference(pair)?.node),
            _ => return None,
        };
        Some(Spanned::new(expr, span))
    }

    fn boxed(&mut self, parts: &mut Parts<'_>) -> Option<Box<Spanned<Expr>>> {
        Some(Box::new(self.expr(parts.next()?)?))
    }

    fn operands(&mut self, parts: Parts<'_>) -> Option<Vec<Spanned<Expr>>> {
        parts.map(|operand| self.expr(operand)).collect()
    }

    fn not(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        Some(Expr::Not(self.boxed(&mut parts)?))
    }

    fn compare(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        let left = self.boxed(&mut parts)?;
        let op = parts.next()?;
        let op = self.at(&op, compare_op(op.as_str())?);
        let right = self.boxed(&mut parts)?;
        Some(Expr::Compare { left, op, right })
    }

    fn sum(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        let first = self.boxed(&mut parts)?;
        let mut rest = Vec::new();
        while let Some(op) = parts.next() {
            let sign = match op.as_str() {
                "+" => ast::AddOp::Add,
                _ => ast::AddOp::Subtract,
            };
            rest.push(ast::Addend {
                op: self.at(&op, sign),
                operand: self.expr(parts.next()?)?,
            });
        }
        Some(Expr::Sum { first, rest })
    }

    fn has(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        Some(Expr::Has(self.reference(parts.next()?)?))
    }

    fn quantified(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        let quantifier = parts.next()?;
        let word = match quantifier.as_str() {
            "all" => ast::Quantifier::All,
            _ => ast::Quantifier::Some,
        };
        Some(Expr::Quantified {
            quantifier: self.at(&quantifier, word),
            binder: self.binder(parts.next()?)?,
            body: self.boxed(&mut parts)?,
        })
    }

    fn aggregate(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        let aggregator = parts.next()?;
        let function = match aggregator.as_str() {
            "count" => ast::Aggregate::Count,
            _ => ast::Aggregate::Sum,
        };
        let function = self.at(&aggregator, function);
        let over = match parts.next_if(Rule::each_member) {
            Some(each) => self.each_member(Parts::of(each))?,
            None => ast::Over::Whole(self.boxed(&mut parts)?),
        };
        Some(Expr::Aggregate { function, over })
    }

    fn call(&mut self, mut parts: Parts<'_>) -> Option<Expr> {
        let name = self.name(parts.next()?)?;
        let mut args = Vec::new();
        while let Some(arg) = parts.next_if(Rule::expr) {
            args.push(self.expr(arg)?);
        }
        let fields = self.all(parts, |lower, field| {
            let word = Parts::of(field).next()?;
            lower.name(word)
        });
        Some(Expr::Call { name, args, fields })
    }

    pub(super) fn reference(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Ref>> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let root = self.name(parts.next()?)?;
        let fields = self.all(parts, Self::name);
        Some(Spanned::new(ast::Ref { root, fields }, span))
    }

    fn binder(&mut self, pair: Pair<'_>) -> Option<ast::Binder> {
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let source = self.boxed(&mut parts)?;
        let filter = match parts.next() {
            Some(filter) => Some(Box::new(self.expr(filter)?)),
            None => None,
        };
        Some(ast::Binder {
            name,
            source,
            filter,
        })
    }

    fn each_member(&mut self, mut parts: Parts<'_>) -> Option<ast::Over> {
        let distinct = parts.next_if(Rule::distinct).is_some();
        let binder = self.binder(parts.next()?)?;
        let value = match parts.next() {
            Some(value) => Some(Box::new(self.expr(value)?)),
            None => None,
        };
        Some(ast::Over::Each {
            distinct,
            binder,
            value,
        })
    }
}

/// The pair that says something: passes over rules with one operand, which stand for it,
/// and over parentheses. Also says whether there were parentheses.
fn significant(mut pair: Pair<'_>) -> (Pair<'_>, bool) {
    let mut in_parentheses = false;
    loop {
        let is_chain = matches!(
            pair.as_rule(),
            Rule::expr | Rule::conj | Rule::cmp | Rule::sum
        );
        let mut parts = Parts::of(pair.clone());
        let (first, is_one) = (parts.next(), parts.next().is_none());
        match (pair.as_rule(), first) {
            (Rule::parenthesis, Some(inner)) => {
                in_parentheses = true;
                pair = inner;
            }
            // The other alternative of a negation is another negation under `not`.
            (Rule::neg, Some(inner)) if inner.as_rule() == Rule::cmp => pair = inner,
            (_, Some(inner)) if is_chain && is_one => pair = inner,
            _ => return (pair, in_parentheses),
        }
    }
}

fn compare_op(text: &str) -> Option<ast::CompareOp> {
    if text.starts_with("subset") {
        return Some(ast::CompareOp::SubsetOf);
    }
    ast::CompareOp::ALL
        .into_iter()
        .find(|op| op.as_str() == text)
}
