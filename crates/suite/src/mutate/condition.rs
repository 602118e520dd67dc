//! Changes of conditions.

use placet_syntax::ast::{Binder, CompareOp, Expr, Over, Quantifier};
use placet_syntax::{Span, Spanned};

use super::change::{Change, Toward, with, without};

type Changes = Vec<Change<Expr>>;

/// All changes of a condition in a text. `truer` is where it leads when the condition is
/// true more often.
pub(super) fn condition(text: &str, of: &Spanned<Expr>, truer: Toward) -> Changes {
    let mut changes = Changes::new();
    match &of.node {
        Expr::And(parts) => {
            chain(&mut changes, text, of.span, parts, true, truer);
            inside(&mut changes, parts, Expr::And, |part| {
                condition(text, part, truer)
            });
        }
        Expr::Or(parts) => {
            chain(&mut changes, text, of.span, parts, false, truer.turned());
            inside(&mut changes, parts, Expr::Or, |part| {
                condition(text, part, truer)
            });
        }
        Expr::Not(inner) => {
            changes.push(Change::at(
                of.span,
                inner.node.clone(),
                slice(text, inner.span),
                Toward::Other,
                format!("drop the `not` of `{of}`"),
            ));
            let inner_changes = condition(text, inner, truer.turned());
            changes.extend(inner_changes.into_iter().map(|change| {
                change.within(|tree| Expr::Not(Box::new(Spanned::new(tree, inner.span))))
            }));
        }
        Expr::Compare { left, op, right } => {
            compare(&mut changes, of, op, truer, |op| Expr::Compare {
                left: left.clone(),
                op,
                right: right.clone(),
            });
            changes.extend(operand(text, of));
        }
        Expr::Quantified {
            quantifier,
            binder,
            body,
        } => {
            let (other, stricter) = match quantifier.node {
                Quantifier::All => (Quantifier::Some, truer.turned()),
                Quantifier::Some => (Quantifier::All, truer),
            };
            let word = |of| match of {
                Quantifier::All => "all",
                Quantifier::Some => "some",
            };
            changes.push(Change::at(
                quantifier.span,
                Expr::Quantified {
                    quantifier: Spanned::new(other, quantifier.span),
                    binder: binder.clone(),
                    body: body.clone(),
                },
                word(other),
                Toward::Other,
                format!("`{}` → `{}` in `{of}`", word(quantifier.node), word(other)),
            ));
            let of_binder = bound(text, binder, stricter).into_iter();
            changes.extend(of_binder.map(|change| {
                change.within(|binder| Expr::Quantified {
                    quantifier: *quantifier,
                    binder,
                    body: body.clone(),
                })
            }));
            let of_body = condition(text, body, truer).into_iter();
            changes.extend(of_body.map(|change| {
                change.within(|tree| Expr::Quantified {
                    quantifier: *quantifier,
                    binder: binder.clone(),
                    body: Box::new(Spanned::new(tree, body.span)),
                })
            }));
        }
        Expr::Has(_) | Expr::Ref(_) | Expr::Call { .. } => {
            changes.push(negated(of));
            changes.extend(operand(text, of));
        }
        Expr::Value(_) | Expr::Sum { .. } | Expr::Aggregate { .. } => {
            changes.extend(operand(text, of));
        }
    }
    changes
}

/// The changes of conditions that stand inside what is no condition itself: what an
/// aggregate counts moves a comparison one way or the other.
fn operand(text: &str, of: &Spanned<Expr>) -> Changes {
    let mut changes = Changes::new();
    match &of.node {
        Expr::Compare { left, op, right } => {
            let of_left = operand(text, left).into_iter();
            changes.extend(of_left.map(|change| {
                change.within(|tree| Expr::Compare {
                    left: Box::new(Spanned::new(tree, left.span)),
                    op: *op,
                    right: right.clone(),
                })
            }));
            let of_right = operand(text, right).into_iter();
            changes.extend(of_right.map(|change| {
                change.within(|tree| Expr::Compare {
                    left: left.clone(),
                    op: *op,
                    right: Box::new(Spanned::new(tree, right.span)),
                })
            }));
        }
        Expr::Sum { first, rest } => {
            let of_first = operand(text, first).into_iter();
            changes.extend(of_first.map(|change| {
                change.within(|tree| Expr::Sum {
                    first: Box::new(Spanned::new(tree, first.span)),
                    rest: rest.clone(),
                })
            }));
            for (at, addend) in rest.iter().enumerate() {
                let of_addend = operand(text, &addend.operand).into_iter();
                changes.extend(of_addend.map(|change| {
                    change.within(|tree| {
                        let mut addend = addend.clone();
                        addend.operand.node = tree;
                        Expr::Sum {
                            first: first.clone(),
                            rest: with(rest, at, addend),
                        }
                    })
                }));
            }
        }
        Expr::Aggregate {
            function,
            over:
                Over::Each {
                    distinct,
                    binder,
                    value,
                },
        } => {
            let of_binder = bound(text, binder, Toward::Other).into_iter();
            changes.extend(of_binder.map(|change| {
                change.within(|binder| Expr::Aggregate {
                    function: *function,
                    over: Over::Each {
                        distinct: *distinct,
                        binder,
                        value: value.clone(),
                    },
                })
            }));
        }
        // A constant, a reference or the arguments of a function hold no condition, and a
        // condition that is compared is changed where it is one.
        _ => {}
    }
    changes
}

/// The changes of which members count. `more` is where it leads when more of them do.
fn bound(text: &str, binder: &Binder, more: Toward) -> Vec<Change<Binder>> {
    let Some(filter) = &binder.filter else {
        return Vec::new();
    };
    let dropped = Binder {
        filter: None,
        ..binder.clone()
    };
    let from_source = Span {
        start: binder.source.span.end,
        end: filter.span.end,
    };
    let mut changes = vec![Change::at(
        from_source,
        dropped,
        "",
        more,
        format!("drop `where {filter}`"),
    )];
    let of_filter = condition(text, filter, more).into_iter();
    changes.extend(of_filter.map(|change| {
        change.within(|tree| Binder {
            filter: Some(Box::new(Spanned::new(tree, filter.span))),
            ..binder.clone()
        })
    }));
    changes
}

/// The changes of a chain of `and` or `or` itself. Without a part, and with the other word,
/// a chain of `and` is true more often and a chain of `or` less often: `toward` is that.
fn chain(
    changes: &mut Changes,
    text: &str,
    span: Span,
    parts: &[Spanned<Expr>],
    and: bool,
    toward: Toward,
) {
    let (word, other) = if and { ("and", "or") } else { ("or", "and") };
    let gaps = || {
        let after = parts.iter().skip(1);
        parts.iter().zip(after).map(|(before, after)| Span {
            start: before.span.end,
            end: after.span.start,
        })
    };
    let tree = |parts: Vec<Spanned<Expr>>, and: bool| match parts.as_slice() {
        [one] => one.node.clone(),
        _ if and => Expr::And(parts),
        _ => Expr::Or(parts),
    };
    changes.push(Change {
        tree: tree(parts.to_vec(), !and),
        what: format!("`{word}` → `{other}`"),
        toward,
        span,
        edits: gaps()
            .map(|gap| (gap, slice(text, gap).replacen(word, other, 1)))
            .collect(),
    });
    for (at, part) in parts.iter().enumerate() {
        let what = match &part.node {
            Expr::Has(_) if and => "guard",
            _ if and => "condition",
            _ => "alternative",
        };
        // The first goes with the word after it, the others with the word before them.
        let taken = match at.checked_sub(1).and_then(|before| parts.get(before)) {
            Some(before) => Span {
                start: before.span.end,
                end: part.span.end,
            },
            None => Span {
                start: part.span.start,
                end: parts.get(1).map_or(part.span.end, |next| next.span.start),
            },
        };
        changes.push(Change {
            tree: tree(without(parts, at), and),
            what: format!("drop the {what} `{part}`"),
            toward,
            span: part.span,
            edits: vec![(taken, String::new())],
        });
    }
}

fn inside(
    changes: &mut Changes,
    parts: &[Spanned<Expr>],
    whole: fn(Vec<Spanned<Expr>>) -> Expr,
    of: impl Fn(&Spanned<Expr>) -> Changes,
) {
    for (at, part) in parts.iter().enumerate() {
        let of_part = of(part).into_iter();
        changes.extend(of_part.map(|change| {
            change.within(|tree| whole(with(parts, at, Spanned::new(tree, part.span))))
        }));
    }
}

/// The changes of how two values are compared.
fn compare(
    changes: &mut Changes,
    of: &Spanned<Expr>,
    op: &Spanned<CompareOp>,
    truer: Toward,
    tree: impl Fn(Spanned<CompareOp>) -> Expr,
) {
    let (other, toward) = match op.node {
        CompareOp::Equal => (CompareOp::NotEqual, Toward::Other),
        CompareOp::NotEqual => (CompareOp::Equal, Toward::Other),
        CompareOp::Less => (CompareOp::LessOrEqual, truer),
        CompareOp::LessOrEqual => (CompareOp::Less, truer.turned()),
        CompareOp::Greater => (CompareOp::GreaterOrEqual, truer),
        CompareOp::GreaterOrEqual => (CompareOp::Greater, truer.turned()),
        CompareOp::In
        | CompareOp::Like
        | CompareOp::Contains
        | CompareOp::Within
        | CompareOp::SubsetOf => {
            changes.push(negated(of));
            return;
        }
    };
    changes.push(Change::at(
        op.span,
        tree(Spanned::new(other, op.span)),
        other.as_str(),
        toward,
        format!("`{}` → `{}` in `{of}`", op.as_str(), other.as_str()),
    ));
}

fn negated(of: &Spanned<Expr>) -> Change<Expr> {
    let tree = Expr::Not(Box::new(of.clone()));
    let text = tree.to_string();
    Change::at(of.span, tree, text, Toward::Other, format!("negate `{of}`"))
}

fn slice(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or_default()
}
