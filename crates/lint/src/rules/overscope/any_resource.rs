//! `resource any` or `"**"` in a grant.

use placet_syntax::ast::{Clause, Resources};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1003,
    name: "any-resource",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.grants() {
        let all = |clause: &Clause| match clause {
            Clause::Resource(Resources::Any) => Some(None),
            Clause::Resource(Resources::Listed(patterns)) => {
                let mut patterns = patterns.iter();
                let all = patterns.find(|pattern| pattern.node == "**")?;
                Some(Some(all.span))
            }
            _ => None,
        };
        if let Some((clause, pattern)) = rule.clause(all) {
            found.push(
                RULE.says(format!("`{}` grants every resource", rule.typed.name))
                    .at(
                        rule.file,
                        pattern.unwrap_or(clause),
                        "whatever its tools can reach",
                    )
                    .help("write a pattern with the user's or the task's part in it"),
            );
        }
    }
}
