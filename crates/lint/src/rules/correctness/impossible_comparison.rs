//! A comparison with what one of its sides can never be.

use placet_model::ids::ExprId;
use placet_model::policy::{Comparison, Expr, Policy};
use placet_model::value::{Duration, Value};
use placet_syntax::Span;
use placet_syntax::ast::{self, Spanned};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::walk;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1502,
    name: "impossible-comparison",
    category: Category::Correctness,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    for rule in context.rules() {
        let written = walk::conditions(rule.tree);
        for (condition, written) in rule.typed.conditions.iter().zip(written) {
            let mut parts = Vec::new();
            collect(policy, condition.expr, &mut parts);
            for (part, why) in parts {
                let shown = placet_model::render::expr(policy, part, &rule.typed.captures);
                found.push(
                    RULE.says(format!("`{shown}` is the same whatever is asked"))
                        .at(rule.file, place(written, &shown, context, rule.file), why)
                        .help("write what was meant: as it stands, nothing is compared"),
                );
            }
        }
    }
}

/// The smallest part of a condition that is written as it is shown, else all of it.
fn place(
    written: &Spanned<ast::Expr>,
    shown: &str,
    context: &Context<'_>,
    file: placet_syntax::FileId,
) -> Span {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut span = written.span;
    walk::tree(written, &mut |part| {
        if squeezed(context.text(file, part.span)) == shown {
            span = part.span;
        }
    });
    span
}

fn collect(policy: &Policy, id: ExprId, parts: &mut Vec<(ExprId, String)>) {
    let Some(expr) = policy.exprs.get(id.index()) else {
        return;
    };
    if let Some(why) = constant(policy, expr) {
        parts.push((id, why));
        return;
    }
    expr.for_each_child(|child| collect(policy, child, parts));
}

/// Why a comparison has one answer.
fn constant(policy: &Policy, expr: &Expr) -> Option<String> {
    match expr {
        Expr::Compare(how, left, right) => {
            if left == right {
                return Some("both sides are the same".to_owned());
            }
            if let Some(why) = bounded(policy, *how, *left, *right) {
                return Some(why);
            }
            matches!(how, Comparison::Equal | Comparison::NotEqual)
                .then(|| never(policy, *left, *right).or_else(|| never(policy, *right, *left)))?
        }
        Expr::In(one, list) => {
            let (Value::Set(members) | Value::List(members)) = literal(policy, *list)? else {
                return None;
            };
            if members.is_empty() {
                return Some("nothing is in an empty list".to_owned());
            }
            let reasons = members.iter().map(|member| unlike(policy, *one, member));
            let reasons: Option<Vec<String>> = reasons.collect();
            reasons?.into_iter().next()
        }
        Expr::Like(of, pieces) => {
            let upper = pieces.iter().any(|piece| has_upper(piece));
            (upper && is_lower(policy, *of))
                .then(|| "its left side has no capital letter".to_owned())
        }
        _ => None,
    }
}

fn literal(policy: &Policy, id: ExprId) -> Option<&Value> {
    match policy.exprs.get(id.index())? {
        Expr::Const(value) => Some(value),
        _ => None,
    }
}

/// Why a value is never a literal.
fn never(policy: &Policy, of: ExprId, other: ExprId) -> Option<String> {
    unlike(policy, of, literal(policy, other)?)
}

fn unlike(policy: &Policy, of: ExprId, value: &Value) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    if is_lower(policy, of) && has_upper(text) {
        return Some("its left side has no capital letter".to_owned());
    }
    match policy.exprs.get(of.index())? {
        Expr::AgentId | Expr::ChainRoot => {
            let requested = policy.groups.iter().any(|group| {
                group.from_request && group.kind == placet_model::policy::GroupKind::Agents
            });
            let known = policy.agents.iter().any(|agent| agent.name == *text);
            (!requested && !known).then(|| format!("no agent is called `{text}`"))
        }
        Expr::Weekday(..) => {
            let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            (!days.contains(&text.as_str())).then(|| format!("days are {}", days.join(", ")))
        }
        Expr::Field(record, field) => match policy.exprs.get(record.index())? {
            Expr::Url(_) if field == "scheme" => {
                let scheme = text.chars().all(|char| char.is_ascii_alphanumeric());
                (!scheme).then(|| "a scheme is a word without `:`".to_owned())
            }
            Expr::Email(_) if field == "domain" => {
                text.contains('@').then(|| "a domain has no `@`".to_owned())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text has no capital letters, by what it is made of.
fn is_lower(policy: &Policy, id: ExprId) -> bool {
    match policy.exprs.get(id.index()) {
        Some(Expr::Lower(_)) => true,
        Some(Expr::Field(record, field)) => match policy.exprs.get(record.index()) {
            Some(Expr::Email(_)) => field == "domain",
            Some(Expr::Url(_)) => field == "host" || field == "scheme",
            _ => false,
        },
        _ => false,
    }
}

fn has_upper(text: &str) -> bool {
    text.chars().any(|char| char.is_ascii_uppercase())
}

/// Why a comparison of sizes has one answer: counts and depths are never negative, and a time
/// of day is less than a day.
fn bounded(policy: &Policy, how: Comparison, left: ExprId, right: ExprId) -> Option<String> {
    let day = Duration(24 * 60 * 60 * 1_000_000);
    let (of, limit, how) = match (literal(policy, left), literal(policy, right)) {
        (None, Some(limit)) => (left, limit, how),
        (Some(limit), None) => (right, limit, turned(how)),
        _ => return None,
    };
    match (policy.exprs.get(of.index())?, limit) {
        (Expr::Count { .. } | Expr::ChainDepth, Value::Int(limit)) => {
            let constant = match how {
                Comparison::Less | Comparison::AtLeast => *limit <= 0,
                Comparison::AtMost | Comparison::Greater => *limit < 0,
                Comparison::Equal | Comparison::NotEqual => *limit < 0,
            };
            constant.then(|| "it is never less than 0".to_owned())
        }
        (Expr::TimeOfDay(..), Value::Duration(limit)) => {
            let over = match how {
                Comparison::Less | Comparison::AtLeast => *limit >= day,
                Comparison::Equal | Comparison::NotEqual => *limit >= day,
                Comparison::AtMost | Comparison::Greater => *limit >= day,
            };
            over.then(|| "a time of day is less than 24h".to_owned())
        }
        _ => None,
    }
}

const fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
        same => same,
    }
}
