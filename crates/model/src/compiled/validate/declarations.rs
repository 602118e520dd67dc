//! Everything that is declared but rules: layers, facts, groups, agents, actions, tools,
//! histories.

use super::order::{ascending, ids, named};
use super::patterns::{self, is_plain, is_template};
use super::scope::{Checker, Stand};
use super::types::{Types, are_names, find};
use super::{Invalid, LANGUAGE, MAX_LAYERS, ensure};
use crate::ids::{ActionId, FactId, FunctionId, GroupId, TypeId};
use crate::policy::{Entity, GroupKind, Policy, Type};
use smol_str::SmolStr;

pub(super) fn check(policy: &Policy, types: &Types<'_>) -> Result<(), Invalid> {
    head(policy)?;
    facts(policy, types)?;
    groups(policy)?;
    agents(policy, types)?;
    tools(policy, types)?;
    histories(policy, types)
}

fn head(policy: &Policy) -> Result<(), Invalid> {
    let place = || "policy".to_owned();
    ensure(
        policy.language == LANGUAGE,
        place,
        "it is in a version of the language that this version does not know",
    )?;
    ensure(
        are_names([&policy.name]),
        place,
        "its name is not canonical",
    )?;
    ensure(policy.lifetime.0 >= 0, place, "its lifetime is negative")?;
    ensure(
        policy.layers.len() <= MAX_LAYERS,
        place,
        "it has too many layers",
    )?;
    let mut names: Vec<_> = policy.layers.iter().map(|layer| &layer.name).collect();
    ensure(
        are_names(names.iter().copied()),
        place,
        "a layer's name is not canonical",
    )?;
    names.sort_unstable();
    ensure(ascending(names), place, "two layers have one name")?;
    // Without one, what no rule forbids would be granted.
    let denies = policy.layers.iter().any(|layer| !layer.default_grant);
    ensure(denies, place, "no layer denies by default")
}

fn facts(policy: &Policy, types: &Types<'_>) -> Result<(), Invalid> {
    named(
        "facts",
        policy
            .facts
            .iter()
            .map(|fact| (fact.entity, &fact.field.name)),
    )?;
    for (at, fact) in policy.facts.iter().enumerate() {
        types.field(&fact.field, || format!("fact {at}"))?;
    }
    let owner = policy
        .facts
        .iter()
        .find(|fact| fact.entity == Entity::Agent && fact.field.name == "owner");
    let text = owner.and_then(|fact| policy.types.get(fact.field.ty.index()));
    ensure(
        text == Some(&Type::Text),
        || "facts".to_owned(),
        "agents have no owner",
    )?;
    for (at, facts) in policy.resource_facts.iter().enumerate() {
        let place = || format!("facts of resources {at}");
        types.fields(&facts.fields, place)?;
        ensure(
            !facts.patterns.is_empty(),
            place,
            "they are of no resources",
        )?;
        for id in &facts.patterns {
            let plain = is_plain(patterns::get(policy, *id, place)?);
            ensure(plain, place, "a pattern has a hole or a capture")?;
        }
    }
    Ok(())
}

fn groups(policy: &Policy) -> Result<(), Invalid> {
    let groups = &policy.groups;
    named(
        "groups",
        groups.iter().map(|group| (group.kind, &group.name)),
    )?;
    // Which groups are nested in the one at hand: equal to its place plus one.
    let mut marks = vec![0_usize; groups.len()];
    for (at, group) in groups.iter().enumerate() {
        let place = || format!("group {at}");
        ensure(are_names([&group.name]), place, "its name is not canonical")?;
        ensure(
            ascending(&group.members),
            place,
            "its members are not in order, each once",
        )?;
        ensure(
            group.members.is_empty() || !group.from_request,
            place,
            "it has members, and they come with requests",
        )?;
        ensure(
            ids(&group.nested, GroupId::index, groups.len()),
            place,
            "its nested groups are not in order or not there",
        )?;
        let mark = at + 1;
        for id in &group.nested {
            if let Some(place) = marks.get_mut(id.index()) {
                *place = mark;
            }
        }
        let nested = || group.nested.iter().filter_map(|id| groups.get(id.index()));
        let same = nested().all(|nested| nested.kind == group.kind);
        ensure(same, place, "a nested group is of another kind")?;
        let marked = |id: &GroupId| marks.get(id.index()) == Some(&mark);
        let closed =
            !marked(&GroupId::new(at)) && nested().all(|one| one.nested.iter().all(marked));
        ensure(
            closed,
            place,
            "its nested groups are not closed, or go in a circle",
        )?;
    }
    Ok(())
}

fn agents(policy: &Policy, types: &Types<'_>) -> Result<(), Invalid> {
    named("agents", policy.agents.iter().map(|agent| &agent.name))?;
    for (at, agent) in policy.agents.iter().enumerate() {
        let place = || format!("agent {at}");
        ensure(are_names([&agent.name]), place, "its name is not canonical")?;
        let known: Vec<FactId> = agent.facts.iter().map(|(id, _)| *id).collect();
        ensure(
            ids(&known, FactId::index, policy.facts.len()),
            place,
            "its facts are not in order or not there",
        )?;
        for (id, value) in &agent.facts {
            let fits = policy.facts.get(id.index()).is_some_and(|fact| {
                fact.entity == Entity::Agent && types.holds(fact.field.ty, value)
            });
            ensure(fits, place, "a fact is not of agents, or not of its type")?;
        }
    }
    Ok(())
}

fn tools(policy: &Policy, types: &Types<'_>) -> Result<(), Invalid> {
    named("actions", policy.actions.iter().map(|action| &action.name))?;
    for (at, action) in policy.actions.iter().enumerate() {
        let place = || format!("action {at}");
        ensure(
            are_names([&action.name]),
            place,
            "its name is not canonical",
        )?;
        ensure(
            ids(&action.groups, GroupId::index, policy.groups.len())
                && are_groups(policy, &action.groups, GroupKind::Actions),
            place,
            "its groups are not in order or not groups of actions",
        )?;
    }
    named(
        "audiences",
        policy.audiences.iter().map(|audience| &audience.tool),
    )?;
    named(
        "functions",
        policy.functions.iter().map(|function| &function.path),
    )?;
    for (at, function) in policy.functions.iter().enumerate() {
        let place = || format!("function {at}");
        ensure(
            are_names([&function.path]),
            place,
            "its path is not canonical",
        )?;
        let record = |ty: Option<TypeId>| ty.is_none_or(|id| types.record(id).is_some());
        ensure(
            record(function.params) && record(function.returns),
            place,
            "its parameters or results are no record",
        )?;
        let params = function.params.and_then(|id| types.record(id));
        let declared = |name: &SmolStr| params.is_some_and(|params| find(params, name).is_some());
        ensure(
            ascending(&function.loggable) && function.loggable.iter().all(declared),
            place,
            "what may be logged of it is not in order or no parameter",
        )?;
        for line in &function.lines {
            let known = line.action.index() < policy.actions.len();
            ensure(known, place, "it has an action that is not there")?;
            for id in &line.templates {
                let template = patterns::get(policy, *id, place)?;
                let fits = match function.params {
                    Some(_) => is_template(template),
                    None => is_plain(template),
                };
                ensure(fits, place, "a template has what templates cannot have")?;
            }
        }
    }
    Ok(())
}

fn histories(policy: &Policy, types: &Types<'_>) -> Result<(), Invalid> {
    named(
        "histories",
        policy.histories.iter().map(|history| &history.name),
    )?;
    for (at, history) in policy.histories.iter().enumerate() {
        let place = || format!("history {at}");
        let functions = history.functions.as_deref().unwrap_or_default();
        let actions = history.actions.as_deref().unwrap_or_default();
        ensure(
            ids(functions, FunctionId::index, policy.functions.len())
                && ids(actions, ActionId::index, policy.actions.len())
                && ascending(&history.outcomes),
            place,
            "what it selects is not in order or not there",
        )?;
        ensure(
            types.record(history.args).is_some() && types.record(history.result).is_some(),
            place,
            "its arguments or results are no record",
        )?;
        ensure(
            history.within.is_none_or(|within| within.0 >= 0),
            place,
            "its window is negative",
        )?;
        for id in &history.resources {
            let plain = is_plain(patterns::get(policy, *id, place)?);
            ensure(plain, place, "a pattern has a hole or a capture")?;
        }
    }
    Ok(())
}

/// Checks the conditions and holes of functions.
pub(super) fn check_expressions(policy: &Policy, checker: &Checker<'_>) -> Result<(), Invalid> {
    for (at, function) in policy.functions.iter().enumerate() {
        let place = || format!("function {at}");
        let stand = Stand::Function(function);
        for line in &function.lines {
            if let Some(when) = line.when {
                checker.condition(when, stand, place)?;
            }
            for id in &line.templates {
                checker.holes(patterns::get(policy, *id, place)?, stand, place)?;
            }
        }
    }
    Ok(())
}

/// Whether all groups are there and of a kind.
pub(super) fn are_groups(policy: &Policy, ids: &[GroupId], kind: GroupKind) -> bool {
    ids.iter().all(|id| {
        policy
            .groups
            .get(id.index())
            .is_some_and(|group| group.kind == kind)
    })
}
