//! Groups of agents, users and actions: their kinds and names.

use std::collections::BTreeMap;

use placet_model::ids::GroupId;
use placet_model::policy::{Group, GroupKind};
use placet_syntax::ast;
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::names::{check_count, check_name, twice};
use crate::collect::Items;
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, written};
use crate::world::{GroupDecl, World};

/// Fills in the groups, without their members.
pub(crate) fn resolve_groups<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    let mut groups: BTreeMap<(GroupKind, SmolStr), GroupDecl> = BTreeMap::new();
    for group in &items.groups {
        let node = group.node;
        let place = group.place(node.name.span);
        check_name(report, group.file, "group", &node.name);
        let kind = kind_of(node.kind.node);
        let key = (kind, node.name.node.clone());
        if let Some(first) = groups.get(&key) {
            report.push(twice("group", &node.name, place, first.place));
            continue;
        }
        let from_request = matches!(node.members, ast::Members::FromRequest(_));
        groups.insert(key, new_group(kind, &node.name, from_request, place));
        if let (ast::Members::FromRequest(at), GroupKind::Actions) = (&node.members, kind) {
            report.push(
                Diagnostic::error(Code::PL0115, "actions cannot come with a request")
                    .here(
                        group.place(at.span),
                        "only agents and users have groups in requests",
                    )
                    .help("list them: `group actions NAME = VERB, …`"),
            );
        }
    }
    // `action delete in destructive` makes the group when nothing else declares it.
    for action in &items.actions {
        for name in &action.node.groups {
            let place = action.place(name.span);
            groups
                .entry((GroupKind::Actions, name.node.clone()))
                .or_insert_with(|| {
                    check_name(report, action.file, "group", name);
                    new_group(GroupKind::Actions, name, false, place)
                });
        }
    }
    world.groups = groups.into_values().collect();
    if let Some(extra) = world.groups.get(limits::DECLARATIONS) {
        check_count(
            report,
            "groups",
            world.groups.len(),
            limits::DECLARATIONS,
            extra.place,
        );
    }
}

fn new_group(kind: GroupKind, name: &ast::Name, from_request: bool, place: Place) -> GroupDecl {
    GroupDecl {
        group: Group {
            kind,
            name: name.node.clone(),
            from_request,
            members: Vec::new(),
            nested: Vec::new(),
        },
        place,
    }
}

/// The kind of group in the model's words.
pub(crate) const fn kind_of(kind: ast::GroupKind) -> GroupKind {
    match kind {
        ast::GroupKind::Agents => GroupKind::Agents,
        ast::GroupKind::Users => GroupKind::Users,
        ast::GroupKind::Actions => GroupKind::Actions,
    }
}

/// A group's kind as policies write it, and one member's.
pub(crate) const fn kind_words(kind: GroupKind) -> (&'static str, &'static str) {
    match kind {
        GroupKind::Agents => ("agents", "agent"),
        GroupKind::Users => ("users", "user"),
        GroupKind::Actions => ("actions", "action"),
    }
}

/// Finds a group of a kind by its name, or says why there is none.
pub(crate) fn find_group(
    world: &World,
    report: &mut Report,
    kind: GroupKind,
    name: &str,
    place: Place,
) -> Option<GroupId> {
    if let Some(id) = world.group(kind, name) {
        return Some(id);
    }
    if report.is_full() {
        return None;
    }
    let (words, word) = kind_words(kind);
    let other = world.groups.iter().find(|group| group.group.name == name);
    if let Some(other) = other {
        let (other_words, _) = kind_words(other.group.kind);
        report.push(
            Diagnostic::error(
                Code::PL0113,
                format!("`{name}` is a group of {other_words}, and a group of {words} is wanted"),
            )
            .here(place, format!("no {word} can be in it"))
            .also(other.place, "declared here"),
        );
        return None;
    }
    let known = world
        .groups
        .iter()
        .filter(|group| group.group.kind == kind)
        .map(|group| group.group.name.as_str());
    let is_agent = kind == GroupKind::Agents && world.agent(name).is_some();
    let is_action = kind == GroupKind::Actions && world.action(name).is_some();
    let help = if is_agent || is_action {
        format!("`{name}` is one {word}: leave out `in`")
    } else if kind == GroupKind::Actions {
        format!("declare it: `group actions {} = VERB, …`", written(name))
    } else {
        format!(
            "declare it: `group {words} {}`, with `from request` if each request says who is in it",
            written(name)
        )
    };
    report.unknown(
        Code::PL0104,
        &format!("group of {words}"),
        name,
        place,
        known,
        &help,
    );
    None
}
