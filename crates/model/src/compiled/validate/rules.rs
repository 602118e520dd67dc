//! Rules: their clauses, conditions and duties.

use std::collections::{BTreeSet, HashSet};

use foldhash::fast::RandomState;
use smol_str::SmolStr;

use super::declarations::are_groups;
use super::order::{ascending, ids, named};
use super::patterns::{self, binds};
use super::scope::{Checker, Stand};
use super::types::are_names;
use super::{Invalid, MAX_EXPR_NODES, ensure};
use crate::ids::{ActionId, FunctionId};
use crate::policy::{Agents, Budget, GroupKind, Policy, Rule, RuleKind, Users};

pub(super) fn check(policy: &Policy, checker: &Checker<'_>) -> Result<(), Invalid> {
    named(
        "rules",
        policy.rules.iter().map(|rule| (rule.layer, &rule.name)),
    )?;
    let agents = policy.agents.iter().map(|agent| agent.name.as_str());
    let agents: HashSet<&str, RandomState> = agents.collect();
    for (at, rule) in policy.rules.iter().enumerate() {
        let place = || format!("rule {at}");
        kind(policy, rule, place)?;
        clauses(policy, rule, &agents, place)?;
        resources(policy, rule, checker, place)?;
        conditions(rule, checker, place)?;
        duties(policy, rule, checker, place)?;
    }
    Ok(())
}

fn kind(policy: &Policy, rule: &Rule, place: impl Fn() -> String) -> Result<(), Invalid> {
    ensure(are_names([&rule.name]), &place, "its name is not canonical")?;
    let Some(layer) = policy.layers.get(rule.layer.index()) else {
        return ensure(false, place, "its layer is not there");
    };
    let grant = rule.kind == RuleKind::Grant;
    ensure(
        !(grant && layer.default_grant),
        &place,
        "it grants in a layer of guardrails",
    )?;
    ensure(
        !(grant && rule.moment.is_some()),
        place,
        "it grants at one moment only",
    )
}

fn clauses(
    policy: &Policy,
    rule: &Rule,
    agents: &HashSet<&str, RandomState>,
    place: impl Fn() -> String,
) -> Result<(), Invalid> {
    let agents = match &rule.agents {
        Agents::All => true,
        Agents::In(groups) => ascending(groups) && are_groups(policy, groups, GroupKind::Agents),
        Agents::Named(names) => {
            let declared = |name: &SmolStr| agents.contains(name.as_str());
            ascending(names) && names.iter().all(declared)
        }
    };
    ensure(agents, &place, "its agents are not in order or not there")?;
    let users = match &rule.users {
        Users::All | Users::Any | Users::None => true,
        Users::In(groups) => ascending(groups) && are_groups(policy, groups, GroupKind::Users),
        Users::Named(names) => ascending(names) && are_names(names),
    };
    ensure(users, &place, "its users are not in order or not there")?;
    let functions = rule.functions.as_deref().unwrap_or_default();
    let actions = rule.actions.as_deref().unwrap_or_default();
    ensure(
        ids(functions, FunctionId::index, policy.functions.len())
            && ids(actions, ActionId::index, policy.actions.len()),
        place,
        "its tools or actions are not in order or not there",
    )
}

fn resources(
    policy: &Policy,
    rule: &Rule,
    checker: &Checker<'_>,
    place: impl Fn() -> String,
) -> Result<(), Invalid> {
    let mut captures: Vec<_> = rule.captures.iter().collect();
    captures.sort_unstable();
    ensure(ascending(captures), &place, "two captures have one name")?;
    ensure(
        rule.captures.is_empty() || !rule.resources.is_empty(),
        &place,
        "it captures where no pattern is",
    )?;
    if rule.resources.len() > 1 {
        let once: BTreeSet<_> = rule.resources.iter().collect();
        let once = once.len() == rule.resources.len();
        ensure(once, &place, "it has a pattern twice")?;
    }
    for id in &rule.resources {
        let pattern = patterns::get(policy, *id, &place)?;
        ensure(
            binds(pattern, rule.captures.len()),
            &place,
            "a pattern does not bind its captures",
        )?;
        checker.holes(pattern, Stand::Hole, &place)?;
    }
    Ok(())
}

fn conditions(
    rule: &Rule,
    checker: &Checker<'_>,
    place: impl Fn() -> String,
) -> Result<(), Invalid> {
    let nodes = rule
        .conditions
        .iter()
        .map(|condition| checker.nodes(condition.expr))
        .fold(0, usize::saturating_add);
    ensure(
        nodes <= MAX_EXPR_NODES,
        &place,
        "its conditions are too big",
    )?;
    for condition in &rule.conditions {
        checker.condition(condition.expr, Stand::Rule(rule), &place)?;
    }
    Ok(())
}

fn duties(
    policy: &Policy,
    rule: &Rule,
    checker: &Checker<'_>,
    place: impl Fn() -> String,
) -> Result<(), Invalid> {
    let duties = &rule.duties;
    let none = duties.lifetime.is_none()
        && duties.delegate.is_none()
        && duties.consent.is_none()
        && duties.approvals.is_empty()
        && duties.budgets.is_empty();
    ensure(
        rule.kind != RuleKind::Deny || none,
        &place,
        "a deny has duties",
    )?;
    ensure(
        duties.lifetime.is_none_or(|lifetime| lifetime.0 >= 0),
        &place,
        "its lifetime is negative",
    )?;
    let groups: Vec<_> = duties
        .approvals
        .iter()
        .map(|approval| approval.group)
        .collect();
    ensure(
        ascending(&duties.approvals) && are_groups(policy, &groups, GroupKind::Users),
        &place,
        "its approvals are not in order or not by groups of users",
    )?;
    for budget in &duties.budgets {
        if let Budget::Amount { limit, of } = budget {
            ensure(!limit.is_sign_negative(), &place, "a budget is negative")?;
            checker.number(*of, Stand::Rule(rule), &place)?;
        }
    }
    Ok(())
}
