//! `tool any` in a grant.

use placet_syntax::ast::{Clause, Tools};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1001,
    name: "any-tool",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(2), Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.grants() {
        let any = |clause: &Clause| matches!(clause, Clause::Tool(Tools::Any)).then_some(());
        if let Some((span, ())) = rule.clause(any) {
            found.push(
                RULE.says(format!("`{}` grants every tool", rule.typed.name))
                    .at(rule.file, span, "tools that are declared later, too")
                    .help("name the servers or functions that the work needs"),
            );
        }
    }
}
