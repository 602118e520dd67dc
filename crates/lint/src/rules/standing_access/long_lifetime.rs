//! A lifetime above the maximum.

use placet_syntax::ast::{Clause, Duty, ItemKind};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Default, Fixes, Level, Parameter, Rule, Tag};
use crate::finding::Fix;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1102,
    name: "long-lifetime",
    category: Category::StandingAccess,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::Nhi(7), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[Parameter {
        name: "max",
        about: "the longest that a grant, or the policy's default, may last",
        default: Default::Duration("8h"),
    }],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let max = context.duration(&RULE, "max");
    for rule in context.rules() {
        let Some(lifetime) = rule.typed.duties.lifetime.filter(|own| *own > max) else {
            continue;
        };
        let written = rule.clause(|clause| match clause {
            Clause::Duty(Duty::For(lifetime)) => Some(lifetime.span),
            _ => None,
        });
        let span = written.map_or(rule.name(), |(clause, _)| clause);
        let fix = written.map(|(_, lifetime)| {
            let fix = Fix::changing(format!(
                "shorten it to `for {max}`, which decides otherwise"
            ));
            fix.edit(rule.file, lifetime, max.to_string())
        });
        found.mend(
            RULE.says(format!("`{}` lasts {lifetime}", rule.typed.name))
                .at(rule.file, span, format!("at most {max} are allowed"))
                .help("grant for as long as the work takes, and issue again"),
            fix,
        );
    }
    for declared in context.items() {
        let ItemKind::Policy(policy) = &declared.item.node.kind else {
            continue;
        };
        let own = context.policy().lifetime;
        if let Some(lifetime) = policy.lifetime.as_ref().filter(|_| own > max) {
            found.push(
                RULE.says(format!("grants without `for` last {own}"))
                    .at(
                        declared.file,
                        lifetime.span,
                        format!("at most {max} are allowed"),
                    )
                    .help("let the default be short, and say where more is needed"),
            );
        }
    }
}
