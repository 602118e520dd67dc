//! `delegate` above the maximum, or of what cannot be taken back.

use placet_syntax::ast::{Clause, Duty};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Default, Fixes, Level, Parameter, Rule, Tag};
use crate::finding::Fix;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1104,
    name: "deep-delegation",
    category: Category::StandingAccess,
    level: Level::Warn,
    tags: &[Tag::Asi(3), Tag::Asi(8), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[Parameter {
        name: "max",
        about: "how many further agents rights may be handed on to, one after the other",
        default: Default::Count(2),
    }],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let max = context.count(&RULE, "max");
    for rule in context.grants() {
        let depth = rule.typed.duties.delegate.unwrap_or_default();
        if u64::from(depth) <= max {
            continue;
        }
        let written = rule.clause(|clause| match clause {
            Clause::Duty(Duty::Delegate(depth)) => Some(depth.span),
            _ => None,
        });
        let span = written.map_or(rule.name(), |(clause, _)| clause);
        let fix = written.map(|(_, depth)| {
            let title = format!("shorten the chain to `delegate {max}`, which decides otherwise");
            Fix::changing(title).edit(rule.file, depth, max.to_string())
        });
        found.mend(
            RULE.says(format!(
                "`{}` may be handed on {depth} times",
                rule.typed.name
            ))
            .at(rule.file, span, format!("at most {max} are allowed"))
            .help("let sub-agents get what they need from a grant of their own"),
            fix,
        );
    }
}
