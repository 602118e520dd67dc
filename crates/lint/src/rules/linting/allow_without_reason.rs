//! `// placet: allow(RULE)` and nothing after it.

use placet_syntax::{Diagnostic, FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1901,
    name: "allow-without-reason",
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

pub(crate) fn found(file: FileId, span: Span) -> Diagnostic {
    RULE.says("nothing says why this is allowed")
        .at(file, span, "it allows nothing as long as it has no reason")
        .help("write the reason after the closing parenthesis")
}
