//! `user any` in a grant that never asks which user it is.

use placet_model::policy::{Entity, Expr, RuleKind, Users};
use placet_syntax::ast::Clause;

use crate::context::{Context, Found, RuleAt};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::walk;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1204,
    name: "unused-user",
    category: Category::Attribution,
    level: Level::Note,
    tags: &[Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let facts = policy.facts.iter();
    if !facts.clone().any(|fact| fact.entity == Entity::User) {
        return;
    }
    for rule in context.grants() {
        if rule.typed.users != Users::Any || asks(context, &rule) {
            continue;
        }
        let span = rule.place(|clause| matches!(clause, Clause::User(_)));
        found.push(
            RULE.says(format!(
                "`{}` is the same for every user",
                rule.typed.name
            ))
            .at(rule.file, span, "a user is needed, and nothing asks which one")
            .note("an agent with more rights than its user acts for whoever asks: a confused deputy")
            .help("use what is known of the user: a hole or a condition with `user.`"),
        );
    }
}

/// Whether the grant, or a deny or require that is about all it covers, asks about the user.
fn asks(context: &Context<'_>, grant: &RuleAt<'_>) -> bool {
    let policy = context.policy();
    let mut reads = |expr: &Expr| match expr {
        Expr::UserId => true,
        Expr::Fact(id) => {
            let fact = policy.facts.get(id.index());
            // A task belongs to its user.
            fact.is_some_and(|fact| matches!(fact.entity, Entity::User | Entity::Task))
        }
        Expr::TaskId => true,
        Expr::History(id) => policy
            .histories
            .get(id.index())
            .is_some_and(|history| history.per == placet_model::policy::HistoryKey::User),
        _ => false,
    };
    if walk::rule_reads(policy, grant.typed, &mut reads) || grant.typed.duties.consent.is_some() {
        return true;
    }
    let own = context.reach(grant.id);
    context.rules().any(|other| {
        let reach = context.reach(other.id);
        other.typed.kind != RuleKind::Grant
            && reach.covers_all(own)
            && (walk::rule_reads(policy, other.typed, &mut reads)
                || other.typed.duties.consent.is_some())
    })
}
