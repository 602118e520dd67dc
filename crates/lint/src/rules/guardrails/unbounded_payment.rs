//! Money moves without a budget.

use placet_model::policy::Rule as Typed;

use super::scope_wide_consent::per_call;
use super::sending_after_reading::asks_past;
use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1303,
    name: "unbounded-payment",
    category: Category::Guardrails,
    level: Level::Error,
    tags: &[Tag::Asi(2), Tag::Asi(8), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let holds =
        |rule: &Typed| !rule.duties.budgets.is_empty() || asks_past(policy, rule) || per_call(rule);
    for rule in context.grants() {
        let open = super::open(context, &rule, Kind::Paying, &holds);
        if open.is_empty() {
            continue;
        }
        found.push(
            RULE.says(format!(
                "`{}` grants {} without a budget",
                rule.typed.name,
                context.told(Kind::Paying, &open)
            ))
            .at(
                rule.file,
                rule.action_place(),
                "any number of times, and each for any amount that its conditions let through",
            )
            .help("add `budget 500.00 of args.amount`, or a running total over a history"),
        );
    }
}
