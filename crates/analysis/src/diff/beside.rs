//! What two policies may differ in beside what they grant at a call: what is issued, and how
//! budgets are shared. It is compared as it is written; where it differs that is said.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::ids::RuleId;
use placet_model::policy::{Moment, Policy, Rule};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use super::Unknown;
use crate::ask::Why;
use crate::site::told_type;

/// What is asked of in what cannot be told of credentials.
pub(super) const ISSUED: &str = "what is issued";

/// What is asked of in what cannot be told of budgets.
pub(super) const SHARED: &str = "how budgets are shared";

/// What is asked of in what cannot be told of facts of resources.
pub(super) const KNOWN: &str = "what is known of resources";

/// All that is written differently and not followed.
pub(super) fn beside(old: &Policy, new: &Policy) -> Vec<Unknown> {
    let mut found = Vec::new();
    let mut note = |asked, tool: SmolStr, what| {
        found.push(Unknown {
            asked,
            tool,
            why: Why::NotAsked(what),
        });
    };
    let at_issuance = |rule: &Rule| rule.moment == Some(Moment::Issuance);
    for name in unlike(old, new, &at_issuance) {
        note(ISSUED, name, "a rule `at issuance` of one policy alone");
    }
    let at_runtime = |rule: &Rule| rule.moment == Some(Moment::Runtime);
    for name in unlike(old, new, &at_runtime) {
        note(ISSUED, name, "a rule `at runtime` of one policy alone");
    }
    let budgets = |rule: &Rule| !rule.duties.budgets.is_empty();
    for name in unlike(old, new, &budgets) {
        note(SHARED, name, "a rule with a budget of one policy alone");
    }
    for fact in &old.facts {
        let mut others = new.facts.iter();
        let other =
            others.find(|other| other.entity == fact.entity && other.field.name == fact.field.name);
        if other.is_some_and(|other| other.fixed != fact.fixed || other.moment != fact.moment) {
            let name = format_smolstr!("{}.{}", fact.entity.name(), fact.field.name);
            note(
                ISSUED,
                name,
                "a fact that a credential holds in one policy alone",
            );
        }
    }
    for name in retyped(old, new) {
        note(KNOWN, name, "a fact of another type");
    }
    let audiences = |policy: &Policy| -> BTreeMap<SmolStr, SmolStr> {
        let all = policy.audiences.iter();
        all.map(|one| (one.tool.clone(), one.audience.clone()))
            .collect()
    };
    let (before, after) = (audiences(old), audiences(new));
    for tool in before.keys().chain(after.keys()) {
        if before.get(tool) != after.get(tool) {
            note(ISSUED, tool.clone(), "another audience");
        }
    }
    found
}

/// Facts of resources that the policies declare with different types: a request that tells
/// of one is invalid to one of them, whatever its rules read.
fn retyped(old: &Policy, new: &Policy) -> Vec<SmolStr> {
    let types = |policy: &Policy| -> BTreeMap<SmolStr, BTreeSet<String>> {
        let mut types: BTreeMap<SmolStr, BTreeSet<String>> = BTreeMap::new();
        for field in policy.resource_facts.iter().flat_map(|block| &block.fields) {
            let all = types.entry(field.name.clone()).or_default();
            all.insert(told_type(policy, field.ty));
        }
        types
    };
    let (before, after) = (types(old), types(new));
    let both = before.into_iter().filter(|(name, types)| {
        let other = after.get(name);
        other.is_some_and(|other| other != types)
    });
    both.map(|(name, _)| format_smolstr!("resource.{name}"))
        .collect()
}

/// Rules that only one of the policies has, whatever they are called.
fn unlike(old: &Policy, new: &Policy, about: &dyn Fn(&Rule) -> bool) -> Vec<SmolStr> {
    let mut left: BTreeMap<Vec<String>, Vec<SmolStr>> = BTreeMap::new();
    for (at, rule) in old.rules.iter().enumerate() {
        if about(rule) {
            let id = RuleId::new(at);
            left.entry(words(old, id, rule))
                .or_default()
                .push(old.rule_name(id));
        }
    }
    let mut only = Vec::new();
    for (at, rule) in new.rules.iter().enumerate() {
        if about(rule) {
            let id = RuleId::new(at);
            let known = left.get_mut(&words(new, id, rule)).and_then(Vec::pop);
            if known.is_none() {
                only.push(new.rule_name(id));
            }
        }
    }
    only.extend(left.into_values().flatten());
    only.sort();
    only.dedup();
    only
}

/// A rule without its name.
fn words(policy: &Policy, id: RuleId, rule: &Rule) -> Vec<String> {
    let text = render::rule(policy, id);
    let mut lines: Vec<String> = text.lines().skip(1).map(ToOwned::to_owned).collect();
    lines.sort();
    let layer = policy.layers.get(rule.layer.index());
    let guardrail = layer.is_some_and(|layer| layer.default_grant);
    lines.push(format!("{} {guardrail}", rule.kind.name()));
    lines
}
