//! Who and what there is at a step of a test.

use std::collections::BTreeMap;

use placet_compiler::scenario::{Entity, Set};
use placet_model::credential::Credential;
use placet_model::json::Fields;
use placet_model::request::{Asked, Principal, Request, Task};
use placet_model::value::Time;
use smol_str::SmolStr;

/// When the clock starts: 2026-01-01T00:00:00Z.
const START: Time = Time(1_767_225_600_000_000);

/// Who and what there is. Setting something up again changes what is written and leaves
/// the rest.
pub(super) struct World {
    /// The time.
    pub(super) now: Time,
    /// What the host knows of resources.
    pub(super) resources: Vec<(SmolStr, Fields)>,
    agents: BTreeMap<SmolStr, Known>,
    users: BTreeMap<SmolStr, Known>,
    tasks: BTreeMap<SmolStr, Known>,
    context: Fields,
    agent: Said,
    user: Said,
    task: Said,
}

/// What is known of an agent, user or task.
#[derive(Clone, Default)]
struct Known {
    groups: Option<Vec<SmolStr>>,
    facts: Fields,
}

/// Who is said to act, and whether that was said since anything was issued: then it holds
/// even against the credential, else a call is its holder's.
#[derive(Default)]
struct Said {
    id: Option<SmolStr>,
    anew: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: START,
            resources: Vec::new(),
            agents: BTreeMap::new(),
            users: BTreeMap::new(),
            tasks: BTreeMap::new(),
            context: Fields::new(),
            agent: Said::default(),
            user: Said::default(),
            task: Said::default(),
        }
    }
}

impl World {
    pub(super) fn set(&mut self, set: &Set) {
        match set {
            Set::At(time) => self.now = *time,
            Set::Agent { entity, acts } => {
                know(&mut self.agents, entity);
                if *acts {
                    self.agent.say(Some(&entity.id));
                }
            }
            Set::User(None) => self.user.say(None),
            Set::User(Some(entity)) => {
                know(&mut self.users, entity);
                self.user.say(Some(&entity.id));
            }
            Set::Task(entity) => {
                know(&mut self.tasks, entity);
                self.task.say(Some(&entity.id));
            }
            Set::Context(facts) => merge(&mut self.context, facts),
            Set::Resource(path, facts) => {
                match self.resources.iter_mut().find(|(known, _)| known == path) {
                    Some((_, known)) => merge(known, facts),
                    None => self.resources.push((path.clone(), facts.clone())),
                }
            }
        }
    }

    /// Something was issued: from now on calls are its holder's.
    pub(super) const fn issued(&mut self) {
        self.agent.anew = false;
        self.user.anew = false;
        self.task.anew = false;
    }

    /// What is asked by whoever acts: under a credential by its holder, for its user and in
    /// its task, unless somebody or something else has been said since.
    pub(super) fn request(&self, credential: Option<&Credential>, asked: Asked) -> Request {
        let agent = self.agent.of(credential.map(|held| Some(&held.agent.id)));
        let user = self
            .user
            .of(credential.map(|held| held.user.as_ref().map(|user| &user.id)));
        let task = self
            .task
            .of(credential.map(|held| held.task.as_ref().map(|task| &task.id)));
        Request {
            agent: agent.map(|id| self.agent(id)).unwrap_or_default(),
            user: user.map(|id| principal(&self.users, id)),
            task: task.map(|id| Task {
                id: id.clone(),
                facts: self
                    .tasks
                    .get(id)
                    .map(|task| task.facts.clone())
                    .unwrap_or_default(),
            }),
            asked,
            context: self.context.clone(),
            time: Some(self.now),
            resources: Vec::new(),
            histories: Vec::new(),
            budgets: Vec::new(),
            consents: Vec::new(),
            approvals: Vec::new(),
            credential: None,
        }
    }

    /// An agent, as the test sets it up.
    pub(super) fn agent(&self, id: &SmolStr) -> Principal {
        principal(&self.agents, id)
    }

    /// The groups that a line of the test gives a user.
    pub(super) fn user_groups(&self, id: &str) -> Option<&Vec<SmolStr>> {
        self.users.get(id)?.groups.as_ref()
    }
}

impl Said {
    fn say(&mut self, id: Option<&SmolStr>) {
        self.id = id.cloned();
        self.anew = true;
    }

    fn of<'a>(&'a self, held: Option<Option<&'a SmolStr>>) -> Option<&'a SmolStr> {
        match held {
            Some(held) if !self.anew => held,
            _ => self.id.as_ref(),
        }
    }
}

/// Whoever is not said to be in a group is in none that comes with requests.
fn principal(known: &BTreeMap<SmolStr, Known>, id: &SmolStr) -> Principal {
    let known = known.get(id).cloned().unwrap_or_default();
    Principal {
        id: id.clone(),
        groups: Some(known.groups.unwrap_or_default()),
        facts: known.facts,
    }
}

fn know(all: &mut BTreeMap<SmolStr, Known>, entity: &Entity) {
    let known = all.entry(entity.id.clone()).or_default();
    if entity.groups.is_some() {
        known.groups.clone_from(&entity.groups);
    }
    merge(&mut known.facts, &entity.facts);
}

fn merge(into: &mut Fields, facts: &Fields) {
    for (name, value) in facts {
        match into.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.clone_from(value),
            None => into.push((name.clone(), value.clone())),
        }
    }
}
