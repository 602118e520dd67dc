//! A condition a part of which has no value, whatever is asked.

use placet_evaluator::extract;
use placet_model::ids::ExprId;
use placet_model::policy::{Expr, HistoryKey, Policy, Users};
use placet_model::value::Value;

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::walk;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1501,
    name: "never-defined",
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
            let Some((part, why)) = hollow(policy, condition.expr, &rule.typed.users) else {
                continue;
            };
            let shown = placet_model::render::expr(policy, part, &rule.typed.captures);
            let then = match rule.typed.kind {
                placet_model::policy::RuleKind::Grant => {
                    "a grant never matches by what is undefined"
                }
                _ => "a deny or require matches by what is undefined",
            };
            found.push(
                RULE.says(format!(
                    "`{shown}` is never defined in `{}`",
                    rule.typed.name
                ))
                .at(rule.file, written.span, why)
                .note(then)
                .help("write what has a value"),
            );
        }
    }
}

/// A part without a value, and why it has none.
fn hollow(policy: &Policy, id: ExprId, users: &Users) -> Option<(ExprId, String)> {
    let expr = policy.exprs.get(id.index())?;
    let text = |id: &ExprId| match policy.exprs.get(id.index()) {
        Some(Expr::Const(Value::Text(text))) => Some(text.as_str()),
        _ => None,
    };
    let integer = |id: &ExprId| match policy.exprs.get(id.index()) {
        Some(Expr::Const(Value::Int(value))) => Some(*value),
        _ => None,
    };
    let own = match expr {
        Expr::Email(of) => text(of)
            .filter(|text| extract::email(text).is_err())
            .map(|text| format!("`{text}` is no bare address")),
        Expr::Url(of) => text(of)
            .filter(|text| extract::url(text).is_err())
            .map(|text| format!("`{text}` is no URL with a host")),
        Expr::Path(of) => text(of)
            .filter(|text| extract::path(text).is_err())
            .map(|text| format!("`{text}` is no path that stays below its start")),
        Expr::Add(left, right) => integer(left)
            .zip(integer(right))
            .filter(|(left, right)| left.checked_add(*right).is_none())
            .map(|_| "the sum does not fit".to_owned()),
        Expr::Sub(left, right) => integer(left)
            .zip(integer(right))
            .filter(|(left, right)| left.checked_sub(*right).is_none())
            .map(|_| "the difference does not fit".to_owned()),
        Expr::History(of) => policy
            .histories
            .get(of.index())
            .filter(|history| history.per == HistoryKey::User && *users == Users::None)
            .map(|_| "it is kept per user, and here there is none".to_owned()),
        _ => None,
    };
    if let Some(why) = own {
        return Some((id, why));
    }
    let mut inside = None;
    expr.for_each_child(|child| {
        if inside.is_none() {
            inside = hollow(policy, child, users);
        }
    });
    inside
}
