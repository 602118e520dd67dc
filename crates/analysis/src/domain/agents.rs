//! Agents: one for all that neither of two policies tells apart.

use std::collections::BTreeSet;

use placet_model::policy::{Entity, GroupKind, Policy};
use placet_model::text::check_id;
use placet_model::value::Value;
use smol_str::SmolStr;

use super::{Choice, Domain};
use crate::build::Builder;
use crate::input::{Input, Term};

impl Builder<'_> {
    pub(super) fn agents_to_try(&self) -> Domain {
        let term = Term::of(Input::Agent);
        let class = self.uses.class(&term).cloned().unwrap_or_default();
        let (texts, exact) = self.texts(&term);
        // What is made of the id may tell any two of them apart.
        let linked =
            class.terms > 1 || self.uses.below(&term).next().is_some() || !class.globs.is_empty();
        let read = self.atoms.iter().flat_map(|atom| &atom.inputs);
        let facts: BTreeSet<&SmolStr> = read
            .filter_map(|input| match input {
                Input::Fact(Entity::Agent, name) => Some(name),
                _ => None,
            })
            .collect();
        // Two policies are asked once each, however many spots there are.
        let mut policies: Vec<&Policy> = Vec::new();
        for site in &self.sites {
            if !policies
                .iter()
                .any(|known| std::ptr::eq(*known, site.policy))
            {
                policies.push(site.policy);
            }
        }
        let mut choices = Vec::new();
        let mut seen = BTreeSet::new();
        let mut names = BTreeSet::new();
        let all = policies.iter().flat_map(|policy| &policy.agents);
        for name in all.map(|agent| &agent.name) {
            if !names.insert(name) {
                continue;
            }
            let told = policies.iter().map(|policy| told_of(policy, name, &facts));
            let told: Vec<_> = told.collect();
            let named =
                (linked || class.values.contains(&Value::Text(name.clone()))).then_some(name);
            if seen.insert((told, named)) {
                choices.push(Choice::Name(name.clone()));
            }
        }
        let mut groups = policies.iter().flat_map(|policy| &policy.groups);
        if groups.any(|group| group.kind == GroupKind::Agents && group.from_request) {
            let others = texts
                .into_iter()
                .filter(|text| !names.contains(text) && check_id(text).is_ok());
            choices.extend(others.map(Choice::Name));
        }
        Domain { choices, exact }
    }
}

/// What a policy tells of an agent.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Told<'p> {
    /// The facts that it sets, among those that matter.
    set: Option<Vec<(&'p SmolStr, &'p Value)>>,
    /// The groups whose member it is.
    groups: Vec<usize>,
}

/// What a policy says of an agent: nothing is set of one that it does not know.
fn told_of<'p>(policy: &'p Policy, name: &SmolStr, facts: &BTreeSet<&SmolStr>) -> Told<'p> {
    let declared = policy
        .agents
        .binary_search_by(|agent| agent.name.cmp(name))
        .ok()
        .and_then(|at| policy.agents.get(at));
    let set = declared.map(|agent| {
        let set = agent.facts.iter().filter_map(|(id, value)| {
            let name = &policy.facts.get(id.index())?.field.name;
            facts.contains(name).then_some((name, value))
        });
        set.collect()
    });
    let groups = policy.groups.iter().enumerate();
    let groups = groups.filter(|(_, group)| {
        group.kind == GroupKind::Agents && group.members.binary_search(name).is_ok()
    });
    Told {
        set,
        groups: groups.map(|(at, _)| at).collect(),
    }
}
