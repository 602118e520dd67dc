//! Consent once, for any number of destructive calls.

use placet_model::policy::{Consent, Rule as Typed};
use placet_syntax::ast::{Clause, Duty};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::finding::Fix;
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1304,
    name: "scope-wide-consent",
    category: Category::Guardrails,
    level: Level::Warn,
    tags: &[Tag::Asi(9), Tag::Asi(2), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.rules() {
        let duties = &rule.typed.duties;
        if duties.consent != Some(Consent::Scope) {
            continue;
        }
        let open = super::open(context, &rule, Kind::Destructive, &per_call);
        if open.is_empty() {
            continue;
        }
        let span = rule.place(|clause| matches!(clause, Clause::Duty(Duty::Consent { .. })));
        let fix = Fix::changing("ask for each call: `consent per call`, which decides otherwise")
            .edit(rule.file, span, "consent per call");
        found.mend(
            RULE.says(format!(
                "one consent is good for every {} under a credential",
                context.told(Kind::Destructive, &open)
            ))
            .at(rule.file, span, "the user does not see what goes")
            .help("write `consent per call`: it binds the very arguments"),
            Some(fix),
        );
    }
}

/// Whether somebody looks at each single call.
pub(super) fn per_call(rule: &Typed) -> bool {
    let duties = &rule.duties;
    duties.consent == Some(Consent::PerCall)
        || duties.approvals.iter().any(|approval| approval.per_call)
}
