//! A grant that reads nothing of the task.

use placet_model::policy::{Entity, Expr};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::walk;
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1105,
    name: "no-task",
    category: Category::StandingAccess,
    level: Level::Note,
    tags: &[Tag::Asi(1), Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let is_task = |fact: &placet_model::policy::Fact| fact.entity == Entity::Task;
    if !policy.facts.iter().any(is_task) {
        return;
    }
    for rule in context.grants() {
        let mut reads = |expr: &Expr| match expr {
            Expr::TaskId => true,
            Expr::Fact(id) => policy.facts.get(id.index()).is_some_and(is_task),
            _ => false,
        };
        if walk::rule_reads(policy, rule.typed, &mut reads) {
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
        found.push(
            RULE.says(format!(
                "`{}` grants {} for every task",
                rule.typed.name,
                context.named(&changing)
            ))
            .at(rule.file, rule.name(), "it reads no fact of the task")
            .help("bind it to what the task is about: a hole or a condition with `task.`"),
        );
    }
}
