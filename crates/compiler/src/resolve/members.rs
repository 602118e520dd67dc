//! Who is in which group, directly and through nesting.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{DiGraph, NodeIndex};
use placet_model::ids::GroupId;
use placet_model::policy::GroupKind;
use placet_syntax::ast;
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::find::find_action;
use super::groups::{find_group, kind_of, kind_words};
use super::names::{check_count, check_name, each_once};
use crate::circles;
use crate::collect::{Declared, Items};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, written};
use crate::world::World;

/// Fills in who is in which group, directly and through nesting.
pub(crate) fn resolve_members<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    let mut members: BTreeMap<GroupId, BTreeSet<SmolStr>> = BTreeMap::new();
    for agent in &items.agents {
        let file = agent.file;
        for group in each_once(report, file, &agent.node.groups) {
            let place = agent.place(group.span);
            if let Some(id) = member_group(world, report, GroupKind::Agents, group, place) {
                members
                    .entry(id)
                    .or_default()
                    .insert(agent.node.name.node.clone());
            }
        }
    }
    for action in &items.actions {
        let name = &action.node.name;
        let known = find_action(world, report, name, action.place(name.span)).is_some();
        for group in each_once(report, action.file, &action.node.groups) {
            let place = action.place(group.span);
            let id = member_group(world, report, GroupKind::Actions, group, place);
            if let (Some(id), true) = (id, known) {
                members
                    .entry(id)
                    .or_default()
                    .insert(action.node.name.node.clone());
            }
        }
    }
    for group in &items.groups {
        let kind = kind_of(group.node.kind.node);
        let ast::Members::Listed(names) = &group.node.members else {
            continue;
        };
        let Some(id) = world.group(kind, &group.node.name) else {
            continue;
        };
        for name in each_once(report, group.file, names) {
            let place = group.place(name.span);
            if listed_member(world, report, kind, name, group, place) {
                members.entry(id).or_default().insert(name.node.clone());
            }
        }
    }
    for (id, names) in members {
        if let Some(group) = world.groups.get_mut(id.index()) {
            group.group.members = names.into_iter().collect();
        }
    }
    nest(world, report, items);
}

/// The group after `in` of a declaration; its members must not come from requests.
fn member_group(
    world: &World,
    report: &mut Report,
    kind: GroupKind,
    name: &ast::Name,
    place: Place,
) -> Option<GroupId> {
    let id = find_group(world, report, kind, name, place)?;
    let group = world.groups.get(id.index())?;
    if group.group.from_request && kind != GroupKind::Actions {
        let (_, word) = kind_words(kind);
        report.push(
            Diagnostic::error(Code::PL0115, format!("each request says who is in `{}`, so that no {word} can be declared in it", group.group.name))
                .here(place, "declared as a member here")
                .also(group.place, "`from request` here")
                .help("take `from request` away, or nest a declared group in it: `group agents NAME in GROUP`"),
        );
        return None;
    }
    Some(id)
}

/// Whether a listed member exists; users are known by nobody but the requests.
fn listed_member(
    world: &World,
    report: &mut Report,
    kind: GroupKind,
    name: &ast::Name,
    group: &Declared<ast::Group>,
    place: Place,
) -> bool {
    let (words, word) = kind_words(kind);
    let known = match kind {
        GroupKind::Users => {
            check_name(report, group.file, word, name);
            true
        }
        GroupKind::Agents => world.agent(name).is_some(),
        GroupKind::Actions => world.action(name).is_some(),
    };
    if known {
        return true;
    }
    if let Some(other) = world
        .group(kind, name)
        .and_then(|id| world.groups.get(id.index()))
    {
        report.push(
            Diagnostic::error(
                Code::PL0113,
                format!("`{}` is a group, and single {words} are wanted", name.node),
            )
            .here(place, "a group cannot be listed as a member")
            .also(other.place, "declared here")
            .help(format!(
                "nest it: `group {words} {} in {}`",
                written(name),
                written(&group.node.name)
            )),
        );
        return false;
    }
    match kind {
        GroupKind::Agents => {
            let names = world.agents.iter().map(|agent| agent.agent.name.as_str());
            let help = format!("declare it: `agent {}`", written(name));
            report.unknown(Code::PL0103, word, name, place, names, &help);
        }
        _ => {
            let help = "actions are the verbs of tools: `tool T { action VERB { … } }`";
            report.unknown(Code::PL0105, word, name, place, world.action_names(), help);
        }
    }
    false
}

/// Closes groups under nesting and refuses cycles.
fn nest(world: &mut World, report: &mut Report, items: &Items) {
    let mut graph: DiGraph<GroupId, Place> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..world.groups.len())
        .map(|at| graph.add_node(GroupId::new(at)))
        .collect();
    let node = |id: GroupId| nodes.get(id.index()).copied();
    for group in &items.groups {
        let kind = kind_of(group.node.kind.node);
        let inner = world.group(kind, &group.node.name).and_then(node);
        for name in each_once(report, group.file, &group.node.groups) {
            let place = group.place(name.span);
            let outer = find_group(world, report, kind, name, place).and_then(node);
            if let (Some(outer), Some(inner)) = (outer, inner) {
                graph.add_edge(outer, inner, place);
            }
        }
    }
    let sorted = circles::sort(&graph, |node| group_name(world, &graph, node));
    for circle in &sorted.circles {
        report_circle(world, report, &graph, circle);
    }
    let mut closed: BTreeMap<GroupId, BTreeSet<GroupId>> = BTreeMap::new();
    let mut total = 0;
    for outer in sorted.order {
        let Some(id) = graph.node_weight(outer) else {
            continue;
        };
        let mut all = BTreeSet::new();
        for inner in graph.neighbors(outer) {
            if let Some(inner) = graph.node_weight(inner) {
                all.insert(*inner);
                all.extend(closed.get(inner).into_iter().flatten());
            }
        }
        total += all.len();
        if total > limits::NESTED {
            let place = world
                .groups
                .get(id.index())
                .map_or(Place::default(), |group| group.place);
            check_count(report, "groups in groups", total, limits::NESTED, place);
            return;
        }
        closed.insert(*id, all);
    }
    for (id, nested) in closed {
        if let Some(group) = world.groups.get_mut(id.index()) {
            group.group.nested = nested.into_iter().collect();
        }
    }
    actions_in_groups(world, report);
}

fn group_name<'w>(world: &'w World, graph: &DiGraph<GroupId, Place>, node: NodeIndex) -> &'w str {
    let id = graph.node_weight(node);
    let group = id.and_then(|id| world.groups.get(id.index()));
    group.map_or("", |group| group.group.name.as_str())
}

fn report_circle(
    world: &World,
    report: &mut Report,
    graph: &DiGraph<GroupId, Place>,
    circle: &[NodeIndex],
) {
    // Edges lead from a group to those nested in it; policies are written the other way.
    let mut inward = circle.to_vec();
    inward.reverse();
    inward.rotate_right(1);
    let names: Vec<&str> = inward
        .iter()
        .map(|node| group_name(world, graph, *node))
        .collect();
    let mut diagnostic = Diagnostic::error(Code::PL0114, "groups are nested in a circle")
        .note(circles::shown(&names, "in"))
        .help("take one of the `in` away");
    let outer = inward.iter().cycle().skip(1);
    let places: Vec<Place> = inward
        .iter()
        .zip(outer)
        .filter_map(|(inner, outer)| graph.edge_weight(graph.find_edge(*outer, *inner)?).copied())
        .collect();
    for (at, place) in circles::pointed_at(&places).iter().enumerate() {
        diagnostic = if at == 0 {
            diagnostic.here(*place, "this closes the circle")
        } else {
            diagnostic.also(*place, "through this")
        };
    }
    report.push(diagnostic);
}

/// Each action with all its groups.
fn actions_in_groups(world: &mut World, report: &mut Report) {
    let mut groups: BTreeMap<SmolStr, BTreeSet<GroupId>> = BTreeMap::new();
    let mut total = 0;
    for (at, outer) in world.groups.iter().enumerate() {
        if outer.group.kind != GroupKind::Actions {
            continue;
        }
        let nested = outer.group.nested.iter();
        let inner = nested.filter_map(|id| world.groups.get(id.index()));
        for group in inner.chain([outer]) {
            total += group.group.members.len();
            if total > limits::NESTED {
                let place = outer.place;
                check_count(report, "actions in groups", total, limits::NESTED, place);
                return;
            }
            for member in &group.group.members {
                groups
                    .entry(member.clone())
                    .or_default()
                    .insert(GroupId::new(at));
            }
        }
    }
    for action in &mut world.actions {
        let all = groups.remove(&action.action.name).unwrap_or_default();
        action.action.groups = all.into_iter().collect();
    }
}
