//! Fixtures: `given` blocks of the policy set as what they set up, inclusions followed.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::json::{Fields, Json};
use placet_model::request::Principal;
use placet_model::value::Time;
use placet_syntax::ast::{self, Given, ItemKind, Setup};
use smol_str::{SmolStr, format_smolstr};

/// What a fixture sets up.
#[derive(Clone, Debug, Default)]
pub(super) struct Fixture {
    /// Agents, by id: each is one that may act.
    pub(super) agents: BTreeMap<SmolStr, Principal>,
    /// The user, or that there is none; `None` when it says nothing of users.
    pub(super) user: Option<Option<Principal>>,
    pub(super) task: Option<(SmolStr, Fields)>,
    pub(super) context: Option<Fields>,
    pub(super) time: Option<Time>,
    pub(super) resources: BTreeMap<SmolStr, Fields>,
}

/// The fixtures of a policy set, by name: those that say who acts, for whom, in which task
/// or in which circumstances.
pub(super) fn fixtures(files: &[ast::File]) -> BTreeMap<SmolStr, Fixture> {
    let givens: BTreeMap<&SmolStr, &Given> = files
        .iter()
        .flat_map(|file| &file.items)
        .filter_map(|item| match &item.kind {
            ItemKind::Given(given) => Some((&given.name.node, given)),
            _ => None,
        })
        .collect();
    givens
        .keys()
        .map(|name| {
            let mut fixture = Fixture::default();
            fixture.add(&givens, name, &mut BTreeSet::new());
            ((*name).clone(), fixture)
        })
        .filter(|(_, fixture)| fixture.says_who())
        .collect()
}

impl Fixture {
    fn says_who(&self) -> bool {
        !self.agents.is_empty()
            || self.user.is_some()
            || self.task.is_some()
            || self.context.is_some()
    }

    /// Adds what a block sets. One that includes itself is an error of the policy; here it
    /// is added once.
    fn add<'a>(
        &mut self,
        givens: &BTreeMap<&'a SmolStr, &'a Given>,
        name: &SmolStr,
        seen: &mut BTreeSet<&'a SmolStr>,
    ) {
        let Some((name, given)) = givens.get_key_value(name) else {
            return;
        };
        if !seen.insert(*name) {
            return;
        }
        for line in &given.setup {
            match &line.node {
                Setup::Given(names) => {
                    for name in names {
                        self.add(givens, &name.node, seen);
                    }
                }
                Setup::At(text) => self.time = Time::parse(text),
                Setup::Agent(agent) => {
                    self.agents
                        .insert(agent.name.node.clone(), principal(agent));
                }
                Setup::UserNone => self.user = Some(None),
                Setup::User(user) => self.user = Some(Some(principal(user))),
                Setup::Task { name, facts } => {
                    self.task = Some((name.node.clone(), fields(facts)));
                }
                Setup::Context(facts) => self.context = Some(fields(facts)),
                Setup::Resource { resource, facts } => {
                    self.resources.insert(resource.node.clone(), fields(facts));
                }
            }
        }
        seen.remove(*name);
    }
}

fn principal(entity: &ast::Entity) -> Principal {
    Principal {
        id: entity.name.node.clone(),
        groups: Some(
            entity
                .groups
                .iter()
                .map(|group| group.node.clone())
                .collect(),
        ),
        facts: fields(&entity.facts),
    }
}

fn fields(object: &ast::Object) -> Fields {
    object
        .entries
        .iter()
        .map(|entry| (entry.key.node.clone(), json(&entry.value)))
        .collect()
}

/// A constant as a request would carry it.
fn json(value: &ast::Value) -> Json {
    match value {
        ast::Value::Text(text) => Json::String(text.clone()),
        ast::Value::Number(number) => Json::Number(number.text.clone()),
        ast::Value::Duration(duration) => {
            let unit = match duration.unit {
                ast::Unit::Seconds => 's',
                ast::Unit::Minutes => 'm',
                ast::Unit::Hours => 'h',
                ast::Unit::Days => 'd',
            };
            Json::String(format_smolstr!("{}{unit}", duration.count))
        }
        ast::Value::Bool(truth) => Json::Bool(*truth),
        ast::Value::List(items) => Json::Array(items.iter().map(|item| json(item)).collect()),
        ast::Value::Object(object) => Json::Object(fields(object)),
        // Fixtures have no rows: an error of the policy.
        ast::Value::Cell(_) => Json::Null,
    }
}
