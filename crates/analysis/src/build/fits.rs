//! Whether what a request tells fits what two policies declare, where they declare it
//! differently.

use std::collections::BTreeSet;

use placet_model::policy::{Entity, GroupKind};
use smol_str::SmolStr;

use super::{Builder, What};
use crate::formula::Formula;
use crate::input::{Input, Term};
use crate::site::{Site, told_type};
use crate::values::fresh;

impl Builder<'_> {
    /// Whether two sites declare something differently.
    pub(crate) fn is_contested(&self, input: &Input) -> bool {
        let mut declared = self.sites.iter().map(|site| site.declared(input));
        let Some(first) = declared.next() else {
            return false;
        };
        let mut others = declared.filter(|other| *other != first);
        match input {
            // What a policy does not declare it does not read, and takes whatever it is.
            Input::Fact(..) | Input::Known(..) | Input::History(_) => {
                let known = |text: &String| !text.is_empty();
                known(&first) && others.any(|other| known(&other))
            }
            Input::Arg(_) | Input::AgentIn(_) | Input::UserIn(_) => others.next().is_some(),
            _ => false,
        }
    }

    /// That what a request tells fits what the policy declares, where another policy declares
    /// it differently; to be asked when all other atoms are known.
    pub(crate) fn fits(&mut self) -> Vec<Formula> {
        let read = self.atoms.iter().flat_map(|atom| &atom.inputs);
        let mut asked: BTreeSet<Input> = read.cloned().collect();
        for site in &self.sites {
            let parameters = site.spot.parameters(site.policy).iter();
            asked.extend(parameters.map(|field| Input::Arg(field.name.clone())));
        }
        asked.extend(self.retyped());
        asked.extend(self.stranger());
        asked.retain(|input| self.is_contested(input));
        let mut goals = Vec::new();
        for input in asked {
            let mut inputs = vec![input.clone()];
            match &input {
                Input::Fact(Entity::Agent, _) => inputs.push(Input::Agent),
                Input::Fact(Entity::User, _) => inputs.push(Input::User),
                // Whom a group has may depend on the others that come with requests.
                Input::AgentIn(_) => {
                    inputs.extend([Input::Agent, Input::AgentTold]);
                    inputs.extend(self.open_groups(GroupKind::Agents).map(Input::AgentIn));
                }
                Input::UserIn(_) => {
                    inputs.extend([Input::User, Input::UserTold]);
                    inputs.extend(self.open_groups(GroupKind::Users).map(Input::UserIn));
                }
                Input::Fact(..) | Input::Arg(_) => {}
                _ => continue,
            }
            inputs.sort();
            inputs.dedup();
            self.uses.touch(&Term::of(input.clone()));
            goals.push(self.atom(What::Fits(input), inputs, true));
        }
        goals
    }

    /// Facts that policies declare with different types: a request that tells of one is
    /// invalid to one of them, whatever its rules read.
    fn retyped(&self) -> Vec<Input> {
        let Some((first, others)) = self.sites.split_first() else {
            return Vec::new();
        };
        let mut others = others.iter().map(|site| site.policy);
        let Some(other) = others.find(|policy| !std::ptr::eq(*policy, first.policy)) else {
            return Vec::new();
        };
        let facts = first.policy.facts.iter().filter(|fact| {
            let mut namesakes = other.facts.iter();
            let namesake = namesakes.find(|namesake| {
                namesake.entity == fact.entity && namesake.field.name == fact.field.name
            });
            namesake.is_some_and(|namesake| {
                told_type(other, namesake.field.ty) != told_type(first.policy, fact.field.ty)
            })
        });
        facts
            .map(|fact| Input::Fact(fact.entity, fact.field.name.clone()))
            .collect()
    }

    /// An argument that no policy declares, where only some take such: it stands for all.
    fn stranger(&self) -> Option<Input> {
        let is_open = |site: &&Site<'_>| site.spot.declared.open;
        let open = self.sites.iter().filter(is_open).count();
        if open == 0 || open == self.sites.len() {
            return None;
        }
        let is_declared = |name: &SmolStr| {
            self.sites.iter().any(|site| {
                let mut parameters = site.spot.parameters(site.policy).iter();
                parameters.any(|field| field.name == *name)
            })
        };
        let name = (0..).map(fresh).find(|name| !is_declared(name))?;
        Some(Input::Arg(name))
    }

    /// The groups with members from requests of all sites.
    fn open_groups(&self, kind: GroupKind) -> impl Iterator<Item = SmolStr> {
        let groups = self.sites.iter().flat_map(|site| &site.policy.groups);
        groups
            .filter(move |group| group.kind == kind && group.from_request)
            .map(|group| group.name.clone())
    }
}
