//! What rules grant, and what calls used of it.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::policy::{Policy, RuleKind};
use placet_syntax::ast::{self, ItemKind};
use smol_str::SmolStr;

use super::declared::At;
use super::finding::{Code, Finding, Severity};
use crate::ty::word;

/// What a rule grants: pairs of a function, by its path, and an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The rule, as `layer/rule`.
    pub rule: SmolStr,
    /// Its functions with the actions that it covers of each.
    pub pairs: BTreeSet<(SmolStr, SmolStr)>,
    /// Where it stands.
    pub at: Option<At>,
}

/// A call that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function, by its path.
    pub tool: SmolStr,
    /// What it did.
    pub actions: Vec<SmolStr>,
    /// The rules that decided, as `layer/rule`.
    pub rules: Vec<SmolStr>,
}

/// The grants of a policy, with their places in its trees.
#[must_use]
pub fn grants(policy: &Policy, files: &[ast::File]) -> Vec<Grant> {
    let mut places: BTreeMap<String, At> = BTreeMap::new();
    for file in files {
        let layer = file
            .layer
            .as_ref()
            .map_or("main", |layer| layer.node.name.node.as_str());
        for item in &file.items {
            if let ItemKind::Rule(rule) = &item.node.kind {
                let at = At {
                    file: file.id,
                    span: rule.name.span,
                };
                places.insert(format!("{layer}/{}", rule.name.node), at);
            }
        }
    }
    let rules = policy
        .rules
        .iter()
        .filter(|rule| rule.kind == RuleKind::Grant);
    rules
        .map(|rule| {
            let layer = policy.layers.get(rule.layer.index());
            let name = format!(
                "{}/{}",
                layer.map_or("", |layer| layer.name.as_str()),
                rule.name
            );
            let mut pairs = BTreeSet::new();
            for (at, function) in policy.functions.iter().enumerate() {
                let covers = rule
                    .functions
                    .as_ref()
                    .is_none_or(|all| all.iter().any(|id| id.index() == at));
                for line in function.lines.iter().filter(|_| covers) {
                    let does = rule
                        .actions
                        .as_ref()
                        .is_none_or(|all| all.contains(&line.action));
                    if let (true, Some(action)) = (does, policy.actions.get(line.action.index())) {
                        pairs.insert((function.path.clone(), action.name.clone()));
                    }
                }
            }
            Grant {
                at: places.get(&name).copied(),
                rule: name.into(),
                pairs,
            }
        })
        .collect()
}

/// What rules grant and no call used. What was granted by another rule counts for that one.
#[must_use]
pub fn unused(grants: &[Grant], calls: &[Call]) -> Vec<Finding> {
    let mut used: BTreeMap<&SmolStr, BTreeSet<(&SmolStr, &SmolStr)>> = BTreeMap::new();
    for call in calls {
        for rule in &call.rules {
            let pairs = call.actions.iter().map(|action| (&call.tool, action));
            used.entry(rule).or_default().extend(pairs);
        }
    }
    grants
        .iter()
        .filter_map(|grant| {
            let used = used.get(&grant.rule);
            let left: Vec<&(SmolStr, SmolStr)> = grant
                .pairs
                .iter()
                .filter(|(tool, action)| used.is_none_or(|used| !used.contains(&(tool, action))))
                .collect();
            match left.len() {
                0 => None,
                all if all == grant.pairs.len() => Some(never(grant, calls.len())),
                _ => Some(wide(grant, &left)),
            }
        })
        .collect()
}

fn never(grant: &Grant, calls: usize) -> Finding {
    Finding {
        code: Code::GrantUnused,
        severity: Severity::Warning,
        message: format!(
            "`{}` granted none of the {calls} calls that the audit tells of",
            grant.rule
        ),
        at: grant.at,
        real: None,
        about: grant.rule.clone(),
        help: "take the rule out, or look at a longer time".into(),
        write: None,
    }
}

fn wide(grant: &Grant, left: &[&(SmolStr, SmolStr)]) -> Finding {
    let kept: Vec<&(SmolStr, SmolStr)> = grant
        .pairs
        .iter()
        .filter(|pair| !left.contains(pair))
        .collect();
    let names = |of: fn(&(SmolStr, SmolStr)) -> &SmolStr, pairs: &[&(SmolStr, SmolStr)]| {
        pairs
            .iter()
            .map(|pair| of(pair).clone())
            .collect::<BTreeSet<_>>()
    };
    let tools = names(|pair| &pair.0, &kept);
    let actions = names(|pair| &pair.1, &kept);
    let shown: Vec<String> = left
        .iter()
        .take(5)
        .map(|(tool, action)| format!("`{tool}` to `{action}`"))
        .collect();
    let more = match left.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let clause = |what: &str, names: &BTreeSet<SmolStr>| {
        let names: Vec<String> = names.iter().map(|name| dotted(name)).collect();
        format!("{what} {}", names.join(", "))
    };
    Finding {
        code: Code::GrantWide,
        severity: Severity::Warning,
        message: format!(
            "`{}` grants {} that no call used: {}{more}",
            grant.rule,
            match left.len() {
                1 => "one thing".to_owned(),
                many => format!("{many} of {} things", grant.pairs.len()),
            },
            shown.join(", ")
        ),
        at: grant.at,
        real: None,
        about: grant.rule.clone(),
        help: "name what was used, if nothing else is to be".into(),
        write: Some(format!(
            "{}\n{}",
            clause("tool", &tools),
            clause("action", &actions)
        )),
    }
}

/// A dotted path as a policy writes it.
fn dotted(path: &str) -> String {
    let parts: Vec<String> = path.split('.').map(word).collect();
    parts.join(".")
}
