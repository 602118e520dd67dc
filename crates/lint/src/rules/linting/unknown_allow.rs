//! `// placet: allow(NAME)` where no rule is called so, and what else is said to the linter that it
//! does not know.

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

pub(crate) fn unreadable(file: FileId, span: Span) -> Diagnostic {
    RULE.says("this is said to the linter, and it cannot read it")
        .at(file, span, "it allows nothing")
        .help("write `// placet: allow(RULE) reason`, or `allow-file(RULE) reason`")
}
