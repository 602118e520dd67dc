//! `action any` in a grant.

use placet_syntax::Span;
use placet_syntax::ast::{Clause, Names};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1002,
    name: "any-action",
    category: Category::Overscope,
    level: Level::Error,
    tags: &[Tag::Asi(2), Tag::Asi(3), Tag::Nhi(5), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.grants() {
        let any = |clause: &Clause| matches!(clause, Clause::Action(Names::Any)).then_some(());
        let Some((span, ())) = rule.clause(any) else {
            continue;
        };
        let covered = context.reach(rule.id).actions();
        let destructive = context.deeds(Kind::Destructive, &rule);
        let mut finding = RULE
            .says(format!("`{}` grants every action", rule.typed.name))
            .at(rule.file, span, "actions that its tools get later, too");
        if !destructive.is_empty() {
            finding = finding.note(format!(
                "among them {}",
                context.told(Kind::Destructive, &destructive)
            ));
        }
        let names: Vec<String> = covered
            .iter()
            .filter_map(|id| context.policy().actions.get(id.index()))
            .map(|action| placet_model::render::name(&action.name))
            .collect();
        // A long list says no more than `any` does.
        let fix = (!names.is_empty() && names.len() <= 8).then(|| {
            let list = names.join(", ");
            // The clause ends with `any`; what stands before it keeps its columns.
            let any = Span {
                start: span.end.saturating_sub(3),
                ..span
            };
            crate::Fix::doubtful(format!("name the actions that it covers today: {list}"))
                .edit(rule.file, any, list)
        });
        found.mend(finding.help("name the actions that the work needs"), fix);
    }
}
