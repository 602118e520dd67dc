//! Conditions.

use super::Lower;
use crate::{
    ast::{self, Expr, Spanned},
    grammar::{Pair, Parts, Rule},
};

impl Lower<'_> {
    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Option<Spanned<Expr>> {
        let span = self.span(&pair);
        let expr = match pair.as_rule() {
            Rule::expr => return self.chain(pair, Expr::Or),
            Rule::conj => return self.chain(pair, Expr::And),
            Rule::parenthesis => {
                // The parentheses belong to the place of what they hold.
                let inner = self.expr(Parts::of(pair).next()?)?;
                return Some(Spanned::new(inner.node, span));
            }
            Rule::neg => {
                let inner = Parts::of(pair).next()?;
                if inner.as_rule() == Rule::cmp {
                    return self.expr(inner);
                }
                Expr::Not(Box::new(self.expr(inner)?))
            }
            Rule::cmp => {
                let mut parts = Parts::of(pair);
                let left = self.expr(parts.next()?)?;
                let Some(op) = parts.next() else {
                    return Some(left);
                };
                Expr::Compare {
                    left: Box::new(left),
                    op: self.at(&op, compare_op(op.as_str())?),
                    right: Box::new(self.expr(parts.next()?)?),
                }
            }
            Rule::sum => {
                let mut parts = Parts::of(pair);
                let first = self.expr(parts.next()?)?;
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
                if rest.is_empty() {
                    return Some(first);
                }
                Expr::Sum {
                    first: Box::new(first),
                    rest,
                }
            }
            Rule::has => Expr::Has(self.reference(Parts::of(pair).next()?)?),
            Rule::quantified => {
                let mut parts = Parts::of(pair);
                let quantifier = parts.next()?;
                let word = match quantifier.as_str() {
                    "all" => ast::Quantifier::All,
                    _ => ast::Quantifier::Some,
                };
                Expr::Quantified {
                    quantifier: self.at(&quantifier, word),
                    binder: self.binder(parts.next()?)?,
                    body: Box::new(self.expr(parts.next()?)?),
                }
            }
            Rule::aggregate => {
                let mut parts = Parts::of(pair);
                let aggregator = parts.next()?;
                let function = match aggregator.as_str() {
                    "count" => ast::Aggregate::Count,
                    _ => ast::Aggregate::Sum,
                };
                let function = self.at(&aggregator, function);
                let over = parts.next()?;
                let over = match over.as_rule() {
                    Rule::each_member => self.each_member(Parts::of(over))?,
                    _ => ast::Over::Whole(Box::new(self.expr(over)?)),
                };
                Expr::Aggregate { function, over }
            }
            Rule::value => Expr::Value(self.value(pair)?.node),
            Rule::call => {
                let mut parts = Parts::of(pair);
                let name = self.name(parts.next()?)?;
                let mut args = Vec::new();
                while let Some(arg) = parts.next_if(Rule::expr) {
                    args.push(self.expr(arg)?);
                }
                let fields = self.all(parts, |lower, field| {
                    let word = Parts::of(field).next()?;
                    lower.name(word)
                });
                Expr::Call { name, args, fields }
            }
            Rule::reference => Expr::Ref(self.reference(pair)?.node),
            _ => return None,
        };
        Some(Spanned::new(expr, span))
    }

    /// Operands joined by one connective; a single one stands for itself.
    fn chain(
        &mut self,
        pair: Pair<'_>,
        join: fn(Vec<Spanned<Expr>>) -> Expr,
    ) -> Option<Spanned<Expr>> {
        let span = self.span(&pair);
        let mut operands = Vec::new();
        for operand in Parts::of(pair) {
            operands.push(self.expr(operand)?);
        }
        if operands.len() == 1 {
            return operands.pop();
        }
        Some(Spanned::new(join(operands), span))
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
        let source = Box::new(self.expr(parts.next()?)?);
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

fn compare_op(text: &str) -> Option<ast::CompareOp> {
    if text.starts_with("subset") {
        return Some(ast::CompareOp::SubsetOf);
    }
    ast::CompareOp::ALL
        .into_iter()
        .find(|op| op.as_str() == text)
}
