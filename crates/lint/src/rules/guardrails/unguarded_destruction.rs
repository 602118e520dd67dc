//! A destructive action that nobody confirms.

use placet_model::policy::{Expr, Policy, Rule as Typed, RuleKind};

use super::asks_somebody;
use crate::context::{Context, Found};
use crate::descriptor::{Category, Default, Fixes, Level, Parameter, Rule, Tag};
use crate::walk;
use crate::words::{Kind, starts_with_word};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1301,
    name: "unguarded-destruction",
    category: Category::Guardrails,
    level: Level::Error,
    tags: &[Tag::Asi(2), Tag::Asi(9), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[Parameter {
        name: "factors",
        about: "facts that say that the user has shown a second factor",
        default: Default::Words(&["mfa", "second_factor", "step_up", "reauthenticated"]),
    }],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let factors = context.words(&RULE, "factors");
    let holds = |rule: &Typed| asks_somebody(rule) || asks_factor(policy, rule, &factors);
    for rule in context.grants() {
        let open = super::open(context, &rule, Kind::Destructive, &holds);
        if open.is_empty() {
            continue;
        }
        found.push(
            RULE.says(format!(
                "nothing stands between `{}` and {}",
                rule.typed.name,
                context.told(Kind::Destructive, &open)
            ))
            .at(
                rule.file,
                rule.action_place(),
                "no consent, no approval, no second factor",
            )
            .help(
                "add `require … { action … consent per call }`, an approval, or a deny without MFA",
            ),
        );
    }
}

/// Whether a rule asks for a second factor.
fn asks_factor(policy: &Policy, rule: &Typed, factors: &[String]) -> bool {
    let mut reads = |expr: &Expr| {
        let Expr::Fact(id) = expr else { return false };
        let fact = policy.facts.get(id.index());
        fact.is_some_and(|fact| {
            let mut factors = factors.iter();
            factors.any(|factor| starts_with_word(&fact.field.name, factor))
        })
    };
    rule.kind != RuleKind::Require && walk::conditions_read(policy, rule, &mut reads)
}
