//! `agent any` in a grant.

use placet_syntax::ast::{Clause, Names};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1004,
    name: "any-agent",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::Asi(10), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.grants() {
        let any = |clause: &Clause| matches!(clause, Clause::Agent(Names::Any)).then_some(());
        if let Some((span, ())) = rule.clause(any) {
            found.push(
                RULE.says(format!("`{}` is for every agent", rule.typed.name))
                    .at(rule.file, span, "agents that are declared later, too")
                    .help("name the agents, or a group of them"),
            );
        }
    }
}
