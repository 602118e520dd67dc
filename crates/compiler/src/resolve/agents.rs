//! Agents and the facts that the policy sets.

use std::collections::BTreeMap;

use placet_model::policy::{Agent, Entity, GroupKind};
use placet_model::value::Value;
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::constants::object_fields;
use super::names::{check_count, check_name, twice};
use crate::collect::Items;
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, closest, written};
use crate::ty::Field;
use crate::world::{AgentDecl, World};

/// Fills in agents with their facts.
pub(crate) fn resolve_agents<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    let fields: Vec<Field> = world
        .facts_of(Entity::Agent)
        .map(|fact| fact.field.clone())
        .collect();
    let mut agents: BTreeMap<SmolStr, AgentDecl> = BTreeMap::new();
    for agent in &items.agents {
        let name = &agent.node.name;
        let place = agent.place(name.span);
        check_name(report, agent.file, "agent", name);
        if let Some(first) = agents.get(&name.node) {
            report.push(twice("agent", name, place, first.place));
            continue;
        }
        let (values, _) = object_fields(
            report,
            agent.file,
            &agent.node.facts,
            &fields,
            (Code::PL0102, "agent fact"),
            "fact",
        );
        let facts: Vec<_> = values
            .into_iter()
            .filter_map(|(name, value): (SmolStr, Value)| {
                world.fact(Entity::Agent, &name).map(|(id, _)| (id, value))
            })
            .collect();
        agents.insert(
            name.node.clone(),
            AgentDecl {
                agent: Agent {
                    name: name.node.clone(),
                    facts,
                },
                place,
            },
        );
    }
    world.agents = agents.into_values().collect();
    if let Some(extra) = world.agents.get(limits::DECLARATIONS) {
        check_count(
            report,
            "agents",
            world.agents.len(),
            limits::DECLARATIONS,
            extra.place,
        );
    }
}

/// The declared agent that a misspelt one most likely means, or what to write.
pub(crate) fn unknown_agent(world: &World, report: &mut Report, name: &str, place: Place) {
    if report.is_full() {
        return;
    }
    if world.group(GroupKind::Agents, name).is_some() {
        report.push(
            Diagnostic::error(
                Code::PL0103,
                format!("`{name}` is a group of agents, not an agent"),
            )
            .here(place, "a group stands after `in`")
            .replace(place.before(), "in ", format!("write `in {name}`")),
        );
        return;
    }
    let agents = || world.agents.iter().map(|agent| agent.agent.name.as_str());
    let groups = world
        .groups
        .iter()
        .filter(|group| group.group.kind == GroupKind::Agents)
        .map(|group| group.group.name.as_str());
    let help = match closest(name, groups) {
        Some(group) if closest(name, agents()).is_none() => {
            format!("for the group, write `in {group}`")
        }
        _ => format!(
            "declare it: `agent {}`; agents that only requests know are named by their group: `in GROUP`",
            written(name)
        ),
    };
    report.unknown(Code::PL0103, "agent", name, place, agents(), &help);
}
