//! `// placet: allow(RULE) reason` where the rule finds nothing.

use placet_syntax::{Diagnostic, FileId, Span};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1902,
    name: "unused-allow",
    category: Category::Linting,
    level: Level::Warn,
    tags: &[Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Safe,
    parameters: &[],
    check,
};

/// Found where comments are applied, when all other rules have looked.
const fn check(_: &Context<'_>, _: &mut Found) {}

pub(crate) fn found(file: FileId, span: Span, name: &str) -> Diagnostic {
    RULE.says(format!("nothing here needs `{name}` to be allowed"))
        .at(
            file,
            span,
            "the rule finds nothing where this would allow it",
        )
        .help("take it away: what comes here later should be seen")
}
