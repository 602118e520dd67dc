//! `not not x`, `not (a == b)`, `x == true`, `unless not x`.

use placet_syntax::ast::{Clause, CompareOp, Expr, Spanned, Value};
use placet_syntax::{FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule};
use crate::finding::Fix;
use crate::walk;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1604,
    name: "roundabout-condition",
    category: Category::Hygiene,
    level: Level::Note,
    tags: &[],
    since: "0.1.0",
    fixes: Fixes::Safe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.rules() {
        for clause in &rule.tree.clauses {
            let (word, other, expr) = match &clause.node {
                Clause::When(expr) => ("when", "unless", expr),
                Clause::Unless(expr) => ("unless", "when", expr),
                _ => continue,
            };
            if let (Expr::Not(inner), "unless") = (&expr.node, word)
                && !matches!(inner.node, Expr::Not(_))
            {
                let plain = context.text(rule.file, inner.span);
                let text = format!(
                    "{other} {}",
                    bare(context, rule.file, expr.span, inner.span, plain)
                );
                report(
                    rule.file,
                    clause.span,
                    &text,
                    "a negation of a negation",
                    found,
                );
                continue;
            }
            walk::tree(expr, &mut |part| {
                if let Some((text, why)) = shorter(context, rule.file, part) {
                    report(rule.file, part.span, &text, why, found);
                }
            });
        }
    }
}

fn report(file: FileId, span: Span, text: &str, why: &str, found: &mut Found) {
    let fix = Fix::safe(format!("write `{text}`")).edit(file, span, text);
    found.mend(
        RULE.says("this can be said more plainly")
            .at(file, span, why)
            .help(format!("write `{text}`")),
        Some(fix),
    );
}

/// What a negation is of, with its parentheses if it has any: spans leave them out.
fn bare(context: &Context<'_>, file: FileId, whole: Span, inner: Span, plain: &str) -> String {
    let after = Span {
        start: inner.end,
        end: whole.end,
    };
    match context.text(file, after).contains(')') {
        true => format!("({plain})"),
        false => plain.to_owned(),
    }
}

/// A plainer text for a part of a condition, and what is roundabout in it.
fn shorter(
    context: &Context<'_>,
    file: FileId,
    part: &Spanned<Expr>,
) -> Option<(String, &'static str)> {
    let text = |expr: &Spanned<Expr>| context.text(file, expr.span).to_owned();
    match &part.node {
        Expr::Not(inner) => match &inner.node {
            Expr::Not(twice) => Some((text(twice), "a negation of a negation")),
            Expr::Compare { left, op, right } => {
                let turned = match op.node {
                    CompareOp::Equal => CompareOp::NotEqual,
                    CompareOp::NotEqual => CompareOp::Equal,
                    CompareOp::Less => CompareOp::GreaterOrEqual,
                    CompareOp::LessOrEqual => CompareOp::Greater,
                    CompareOp::Greater => CompareOp::LessOrEqual,
                    CompareOp::GreaterOrEqual => CompareOp::Less,
                    _ => return None,
                };
                let text = format!("{} {} {}", text(left), turned.as_str(), text(right));
                Some((text, "a comparison that is turned around"))
            }
            _ => None,
        },
        Expr::Compare { left, op, right } => {
            let (of, value) = match (&left.node, &right.node) {
                (_, Expr::Value(Value::Bool(value))) => (left, *value),
                (Expr::Value(Value::Bool(value)), _) => (right, *value),
                _ => return None,
            };
            let same = match op.node {
                CompareOp::Equal => value,
                CompareOp::NotEqual => !value,
                _ => return None,
            };
            // Only what is one word keeps its meaning beside `not` and other operators.
            matches!(of.node, Expr::Ref(_) | Expr::Call { .. }).then(|| {
                let plain = text(of);
                let text = if same { plain } else { format!("not {plain}") };
                (text, "it is true or false by itself")
            })
        }
        _ => None,
    }
}
