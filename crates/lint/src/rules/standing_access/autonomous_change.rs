//! `user none` in a grant of something that changes something.

use placet_model::policy::Users;
use placet_syntax::ast::Clause;

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1103,
    name: "autonomous-change",
    category: Category::StandingAccess,
    level: Level::Warn,
    tags: &[Tag::Asi(3), Tag::Asi(10), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.grants() {
        if !matches!(rule.typed.users, Users::None | Users::All) {
            continue;
        }
        let duties = &rule.typed.duties;
        if !duties.approvals.is_empty() || !duties.budgets.is_empty() {
            continue;
        }
        let actions = context.reach(rule.id).actions();
        let changing: Vec<_> = actions
            .into_iter()
            .filter(|action| !context.is(Kind::Reading, *action))
            .collect();
        if changing.is_empty() {
            continue;
        }
        let span = rule.place(|clause| matches!(clause, Clause::User(_)));
        found.push(
            RULE.says(format!(
                "`{}` lets an agent {} on nobody's behalf",
                rule.typed.name,
                context.named(&changing)
            ))
            .at(
                rule.file,
                span,
                "no user has to be there, and nobody approves",
            )
            .help("ask for a user, an `approval` or a `budget`, or grant only what reads"),
        );
    }
}
