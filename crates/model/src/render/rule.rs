//! Clauses and whole rules.

use smol_str::SmolStr;

use super::text;
use crate::ids::{ActionId, FunctionId, GroupId, RuleId};
use crate::policy::{Agents, Budget, Consent, Moment, Policy, Rule, RuleKind, Users};

pub(super) fn agents(policy: &Policy, agents: &Agents) -> String {
    match agents {
        Agents::All => "agent any".to_owned(),
        Agents::In(ids) => format!("agent in {}", groups(policy, ids)),
        Agents::Named(ids) => format!("agent {}", names(ids)),
    }
}

pub(super) fn users(policy: &Policy, users: &Users) -> String {
    match users {
        Users::All => "user any, none".to_owned(),
        Users::Any => "user any".to_owned(),
        Users::None => "user none".to_owned(),
        Users::In(ids) => format!("user in {}", groups(policy, ids)),
        Users::Named(ids) => format!("user {}", names(ids)),
    }
}

pub(super) fn tools(policy: &Policy, functions: Option<&[FunctionId]>) -> String {
    let Some(functions) = functions else {
        return "tool any".to_owned();
    };
    let mut shown: Vec<String> = Vec::new();
    let mut covered: Vec<bool> = vec![false; policy.functions.len()];
    for id in functions {
        let Some(function) = policy.functions.get(id.index()) else {
            shown.push(format!("?{}", id.0));
            continue;
        };
        if covered.get(id.index()) == Some(&true) {
            continue;
        }
        let tool = whole_tool(policy, functions, &function.path);
        for id in below(policy, tool) {
            if let Some(covered) = covered.get_mut(id.index()) {
                *covered = true;
            }
        }
        let words: Vec<String> = tool.split('.').map(text::name).collect();
        shown.push(words.join("."));
    }
    format!("tool {}", shown.join(", "))
}

/// The shortest tool path above `path` (or itself) whose functions are all listed.
fn whole_tool<'a>(policy: &Policy, listed: &[FunctionId], path: &'a str) -> &'a str {
    path.match_indices('.')
        .filter_map(|(dot, _)| path.get(..dot))
        .find(|tool| below(policy, tool).all(|id| listed.binary_search(&id).is_ok()))
        .unwrap_or(path)
}

/// The functions that a tool path covers: itself and all below it.
fn below(policy: &Policy, tool: &str) -> impl Iterator<Item = FunctionId> {
    let prefix = format!("{tool}.");
    let start = policy
        .functions
        .partition_point(|function| function.path.as_str() < prefix.as_str());
    let under = policy
        .functions
        .iter()
        .enumerate()
        .skip(start)
        .take_while(move |(_, function)| function.path.starts_with(&prefix))
        .map(|(at, _)| FunctionId::new(at));
    policy.function(tool).into_iter().chain(under)
}

pub(super) fn actions(policy: &Policy, actions: Option<&[ActionId]>) -> String {
    let Some(actions) = actions else {
        return "action any".to_owned();
    };
    let names: Vec<String> = actions
        .iter()
        .map(|id| match policy.actions.get(id.index()) {
            Some(action) => text::name(&action.name),
            None => format!("?{}", id.0),
        })
        .collect();
    format!("action {}", names.join(", "))
}

pub(super) fn resources(policy: &Policy, rule: &Rule) -> String {
    if rule.resources.is_empty() {
        return "resource any".to_owned();
    }
    let patterns: Vec<String> = rule
        .resources
        .iter()
        .map(|id| text::string(&super::pattern(policy, *id, &rule.captures)))
        .collect();
    format!("resource {}", patterns.join(", "))
}

pub(super) fn duties(policy: &Policy, rule: &Rule) -> Vec<String> {
    let duties = &rule.duties;
    let mut shown = Vec::new();
    match duties.consent {
        None => {}
        Some(Consent::Scope) => shown.push("consent".to_owned()),
        Some(Consent::PerCall) => shown.push("consent per call".to_owned()),
    }
    for approval in &duties.approvals {
        let per_call = if approval.per_call { " per call" } else { "" };
        let group = groups(policy, &[approval.group]);
        shown.push(format!("approval {group}{per_call}"));
    }
    for budget in &duties.budgets {
        shown.push(match budget {
            Budget::Calls(calls) => format!("budget {calls} calls"),
            Budget::Amount { limit, of } => {
                let of = super::expr(policy, *of, &rule.captures);
                format!("budget {limit} of {of}")
            }
        });
    }
    if let Some(depth) = duties.delegate {
        shown.push(format!("delegate {depth}"));
    }
    if let Some(lifetime) = duties.lifetime {
        shown.push(format!("for {lifetime}"));
    }
    shown
}

pub(super) fn whole(policy: &Policy, id: RuleId) -> String {
    let Some(rule) = policy.rules.get(id.index()) else {
        return format!("?{}", id.0);
    };
    // In a deny or require an absent clause covers everything.
    let all = rule.kind == RuleKind::Grant;
    let mut clauses: Vec<String> = Vec::new();
    if all || rule.agents != Agents::All {
        clauses.push(agents(policy, &rule.agents));
    }
    if all || rule.users != Users::All {
        clauses.push(users(policy, &rule.users));
    }
    if all || rule.functions.is_some() {
        clauses.push(tools(policy, rule.functions.as_deref()));
    }
    if all || rule.actions.is_some() {
        clauses.push(actions(policy, rule.actions.as_deref()));
    }
    if all || !rule.resources.is_empty() {
        clauses.push(resources(policy, rule));
    }
    match rule.moment {
        None => {}
        Some(Moment::Issuance) => clauses.push("at issuance".to_owned()),
        Some(Moment::Runtime) => clauses.push("at runtime".to_owned()),
    }
    for condition in &rule.conditions {
        clauses.push(super::condition(policy, rule, condition));
    }
    clauses.extend(duties(policy, rule));
    let mut out = format!("{} {} {{\n", rule.kind.name(), text::name(&rule.name));
    for clause in clauses {
        out.push_str("  ");
        out.push_str(&clause);
        out.push('\n');
    }
    out.push('}');
    out
}

fn groups(policy: &Policy, ids: &[GroupId]) -> String {
    let names: Vec<String> = ids
        .iter()
        .map(|id| match policy.groups.get(id.index()) {
            Some(group) => text::name(&group.name),
            None => format!("?{}", id.0),
        })
        .collect();
    names.join(", ")
}

fn names(names: &[SmolStr]) -> String {
    let names: Vec<String> = names.iter().map(|name| text::name(name)).collect();
    names.join(", ")
}
