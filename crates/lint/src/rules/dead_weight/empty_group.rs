//! A group without members.

use placet_model::ids::GroupId;
use placet_model::policy::{GroupKind, Policy};
use placet_syntax::ast::{self, ItemKind};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1406,
    name: "empty-group",
    category: Category::DeadWeight,
    level: Level::Warn,
    tags: &[Tag::Nhi(1), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    for declared in context.items() {
        let ItemKind::Group(group) = &declared.item.node.kind else {
            continue;
        };
        let kind = match group.kind.node {
            ast::GroupKind::Agents => GroupKind::Agents,
            ast::GroupKind::Users => GroupKind::Users,
            ast::GroupKind::Actions => GroupKind::Actions,
        };
        let mut groups = policy.groups.iter().enumerate();
        let id = groups.find(|(_, own)| own.kind == kind && own.name == group.name.node);
        let Some((at, _)) = id else { continue };
        if may_have_members(policy, GroupId::new(at)) {
            continue;
        }
        found.push(
            RULE.says(format!("nobody can be in `{}`", group.name.node))
                .at(
                    declared.file,
                    group.name.span,
                    "no declaration puts anything into it, and no request does",
                )
                .help("name its members, write `from request`, or take it away"),
        );
    }
}

fn may_have_members(policy: &Policy, id: GroupId) -> bool {
    let Some(group) = policy.groups.get(id.index()) else {
        return true;
    };
    let has = |group: &placet_model::policy::Group| group.from_request || !group.members.is_empty();
    let mut nested = group
        .nested
        .iter()
        .filter_map(|id| policy.groups.get(id.index()));
    // Members of groups of actions stand with the actions.
    let mut actions = policy.actions.iter();
    has(group) || nested.any(has) || actions.any(|action| action.groups.contains(&id))
}
