//! `// placet: allow(NAME)` where no rule is called so.

use placet_syntax::{Diagnostic, FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1903,
    name: "unknown-allow",
    category: Category::Linting,
    level: Level::Error,
    tags: &[Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

/// Found where comments are applied, when all other rules have looked.
const fn check(_: &Context<'_>, _: &mut Found) {}

pub(crate) fn found(file: FileId, span: Span, name: &str, meant: Option<&str>) -> Diagnostic {
    let finding =
        RULE.says(format!("no rule is called `{name}`"))
            .at(file, span, "it allows nothing");
    match meant {
        Some(meant) => finding.suggest(file, span, meant, format!("did you mean `{meant}`?")),
        None => finding.help("`placet explain-code` lists all rules"),
    }
}
