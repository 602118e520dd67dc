//! A rule without a doc comment.

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1602,
    name: "missing-doc",
    category: Category::Hygiene,
    level: Level::Note,
    tags: &[Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.rules() {
        if rule.item.node.docs.is_empty() {
            found.push(
                RULE.says(format!(
                    "`{}` does not say why it is there",
                    rule.typed.name
                ))
                .at(rule.file, rule.name(), "no doc comment")
                .note("explanations, reviews and the audit show the comment beside the decision")
                .help("write a line above it that begins with `///`"),
            );
        }
    }
}
