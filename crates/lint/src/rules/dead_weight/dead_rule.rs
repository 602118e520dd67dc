//! A rule whose own clauses never hold together, or that no function is covered by.

use placet_analysis::dead::{Cause, Issuance, Life};

use super::{clause_place, remove};
use crate::context::{Context, Found, listed};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::rules::correctness::pattern_matches_nothing;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1401,
    name: "dead-rule",
    category: Category::DeadWeight,
    level: Level::Error,
    tags: &[Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.rules() {
        let Some(judged) = context.judged(rule.id) else {
            continue;
        };
        let Life::Dead(dead) = &judged.life else {
            continue;
        };
        if !matches!(dead.issuance, Issuance::Nothing)
            || pattern_matches_nothing::all(context, &rule)
        {
            continue;
        }
        let (why, parts) = match &dead.cause {
            Cause::Nowhere => ("no function does what it is about".to_owned(), &[][..]),
            Cause::Contradiction(parts) => {
                let texts = parts.iter().map(|part| format!("`{}`", part.text));
                let why = match parts.len() {
                    1 => format!("{} never holds", listed(texts)),
                    _ => format!("{} never hold together", listed(texts)),
                };
                (why, parts.as_slice())
            }
            Cause::Unmeetable => ("its own duties can never be met".to_owned(), &[][..]),
            Cause::Others(_) => continue,
        };
        let mut finding = RULE
            .says(format!("`{}` matches no request", rule.typed.name))
            .at(rule.file, rule.name(), why);
        for part in parts {
            if let Some(span) = clause_place(&rule, part.clause) {
                finding = finding.see(rule.file, span, "");
            }
        }
        found.mend(
            finding.help("mend what contradicts, or take the rule away"),
            remove(context, rule.file, rule.item, &rule.typed.name),
        );
    }
}
