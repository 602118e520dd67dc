//! A part of a deny or require, or one of several in a grant, without which the rule is the same.

use placet_analysis::dead::{Clause, Redundancy};
use placet_model::policy::RuleKind;

use super::{clause_place, condition_fix};
use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1404,
    name: "redundant-clause",
    category: Category::DeadWeight,
    level: Level::Warn,
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
        for idle in &judged.idle {
            let condition = matches!(idle.part.clause, Clause::Condition(_));
            // A grant whose condition says nothing is an affair of its own.
            if condition && rule.typed.kind == RuleKind::Grant {
                continue;
            }
            let span = clause_place(&rule, idle.part.clause).unwrap_or(rule.name());
            let why = match idle.because {
                Redundancy::Implied => "it holds wherever the rest of the rule does",
                Redundancy::Covered => "the others match all that it does",
            };
            found.mend(
                RULE.says(format!(
                    "`{}` changes nothing in `{}`",
                    idle.part.text, rule.typed.name
                ))
                .at(rule.file, span, why)
                .help("take it away, or write what was meant"),
                condition_fix(context, &rule, idle),
            );
        }
    }
}
