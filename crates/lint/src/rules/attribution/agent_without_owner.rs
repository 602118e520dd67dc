//! A declared agent without `owner`.

use placet_syntax::ast::ItemKind;

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1201,
    name: "agent-without-owner",
    category: Category::Attribution,
    level: Level::Warn,
    tags: &[Tag::Asi(3), Tag::Nhi(1), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for declared in context.items() {
        let ItemKind::Agent(agent) = &declared.item.node.kind else {
            continue;
        };
        let facts = &agent.facts.entries;
        if facts.iter().any(|entry| entry.key.node == "owner") {
            continue;
        }
        found.push(
            RULE.says(format!("nobody answers for `{}`", agent.name.node))
                .at(declared.file, agent.name.span, "it has no owner")
                .help("write who answers for it: `{ owner = \"team\" }`"),
        );
    }
}
