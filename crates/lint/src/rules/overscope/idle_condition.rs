//! A grant whose condition never narrows it.

use placet_analysis::dead::Clause;

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::rules::dead_weight::{clause_place, condition_fix};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1007,
    name: "idle-condition",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.grants() {
        let Some(judged) = context.judged(rule.id) else {
            continue;
        };
        for idle in &judged.idle {
            if !matches!(idle.part.clause, Clause::Condition(_)) {
                continue;
            }
            let span = clause_place(&rule, idle.part.clause).unwrap_or(rule.name());
            found.mend(
                RULE.says(format!(
                    "`{}` never narrows `{}`",
                    idle.part.text, rule.typed.name
                ))
                .at(
                    rule.file,
                    span,
                    "it is true for every request that the rest matches",
                )
                .help("write what was meant: as it stands, nothing is asked"),
                condition_fix(context, &rule, idle),
            );
        }
    }
}
