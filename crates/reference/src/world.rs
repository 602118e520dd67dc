//! What a request tells: who acts, for whom, in which task, and every fact, typed.

use placet_model::credential::Credential;
use placet_model::ids::{FactId, GroupId, HistoryId, ResourceFactsId};
use placet_model::json::Fields;
use placet_model::policy::{Entity, Field, GroupKind, HistoryKey, Moment, Policy, Type};
use placet_model::request::{Calls, Principal, Record, Request};
use placet_model::value::{Time, Value};
use smol_str::SmolStr;

use crate::rules;
use crate::segment::{self, is_clean};
use crate::truth::Truths;
use crate::typed::{Strictness, record, slot};
use crate::value::V;

/// All that expressions and clauses read, but for the resource.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The moment; listing is a question about run time.
    pub moment: Moment,
    /// Who acts.
    pub agent: Person,
    /// For whom.
    pub user: Option<Person>,
    /// The task's id.
    pub task: Option<SmolStr>,
    /// Every declared fact.
    pub facts: Vec<V>,
    /// The time.
    pub now: Option<Time>,
    /// The agents of the chain: root first, the acting one last.
    pub chain: Vec<SmolStr>,
    /// Facts of resources, as given.
    pub resources: &'a [(SmolStr, Fields)],
    /// Every declared history.
    pub histories: Vec<V>,
    /// The lengths of those that are told by their lengths.
    pub lengths: Vec<Option<i64>>,
    /// The arguments of the call.
    pub args: Args,
}

/// An agent or user.
#[derive(Clone, Debug)]
pub struct Person {
    /// The id.
    pub id: SmolStr,
    /// The groups in the request.
    pub groups: Option<Vec<SmolStr>>,
}

/// What is asked about: a resource, when it is one, with what a pattern captured.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Decoded segments; `None` for a region of many.
    pub resource: Option<Vec<String>>,
    /// There is a call, so that what the host knows of the resource is known.
    pub called: bool,
    /// What each capture of the rule is.
    pub captures: Vec<V>,
}

/// The arguments.
#[derive(Clone, Debug)]
pub enum Args {
    /// There are none: a plain triple.
    Nothing,
    /// As given, with defaults.
    Known(V),
    /// Known at the call; these are the parameters.
    Open(Vec<Field>),
}

impl Args {
    /// What a parameter holds.
    #[must_use]
    pub fn slot(&self, name: &str) -> V {
        match self {
            Self::Nothing => V::Absent,
            Self::Known(record) => crate::eval::field(record, name),
            Self::Open(params) if params.iter().any(|param| param.name == name) => V::Open,
            Self::Open(_) => V::Absent,
        }
    }

    /// Whether a parameter is given.
    #[must_use]
    pub fn present(&self, name: &str) -> Truths {
        match self {
            Self::Open(params) => match params.iter().find(|param| param.name == name) {
                Some(param) if param.optional && param.default.is_none() => Truths::EITHER,
                Some(_) => Truths::TRUE,
                None => Truths::FALSE,
            },
            known => known.slot(name).present(),
        }
    }
}

/// Why there is no world.
pub type Invalid = String;

impl<'a> World<'a> {
    /// Reads a request: the acting agent's world.
    ///
    /// # Errors
    ///
    /// Says why the request is invalid.
    pub fn of(policy: &'a Policy, moment: Moment, request: &'a Request) -> Result<Self, Invalid> {
        let credential = request.credential.as_ref();
        // A delegation is asked for by the next agent of the chain.
        let delegating = moment == Moment::Issuance;
        check_ids(request)?;
        if request.time.is_none() && (credential.is_some() || moment == Moment::Issuance) {
            return Err("time is missing".to_owned());
        }
        let above = match credential {
            Some(credential) if !delegating => credential.parent.as_deref(),
            other => other,
        };
        let last = match credential {
            Some(credential) if !delegating => &credential.agent.id,
            _ => &request.agent.id,
        };
        check_chain(request, last, above)?;
        let user = match (credential, &request.user) {
            (None, given) => given.as_ref().map(person),
            (Some(credential), given) => match (&credential.user, given) {
                (None, None) => None,
                (None, Some(_)) => return Err("the credential has no user".to_owned()),
                (Some(held), None) => Some(Person {
                    id: held.id.clone(),
                    groups: None,
                }),
                (Some(held), Some(given)) if held.id == given.id => Some(person(given)),
                (Some(_), Some(_)) => return Err("the credential is for another user".to_owned()),
            },
        };
        let task = match (credential.map(|credential| &credential.task), &request.task) {
            (None, given) => given.as_ref().map(|task| task.id.clone()),
            (Some(held), None) => held.as_ref().map(|task| task.id.clone()),
            (Some(Some(held)), Some(given)) if held.id == given.id => Some(held.id.clone()),
            (Some(_), Some(_)) => return Err("the credential is for another task".to_owned()),
        };
        let mut world = World {
            policy,
            moment,
            agent: person(&request.agent),
            user,
            task,
            facts: vec![],
            now: request.time,
            chain: above.map(agents_of).unwrap_or_default(),
            resources: &request.resources,
            histories: vec![],
            lengths: vec![],
            args: Args::Nothing,
        };
        world.chain.push(request.agent.id.clone());
        world.check_groups()?;
        let held = |entity| held_facts(credential, entity, delegating);
        for (at, fact) in policy.facts.iter().enumerate() {
            let entity = fact.entity;
            let given = given_facts(request, entity);
            let fixed = fact.fixed || entity == Entity::Task;
            let frozen = if fixed { held(entity) } else { None };
            world
                .facts
                .push(world.fact(FactId::new(at), given, frozen)?);
        }
        for (at, history) in policy.histories.iter().enumerate() {
            let told = request
                .histories
                .iter()
                .find(|(name, _)| *name == history.name);
            world.lengths.push(match told {
                Some((_, Calls::Count(count))) if moment == Moment::Runtime => {
                    i64::try_from(*count).ok()
                }
                _ => None,
            });
            world
                .histories
                .push(world.history(HistoryId::new(at), request)?);
        }
        check_resources(policy, request)?;
        Ok(world)
    }

    /// The world of an agent further up the chain: its facts and groups are those that
    /// its credential holds; all else is as for the acting agent.
    ///
    /// # Errors
    ///
    /// Says why the credential is invalid.
    pub fn of_ancestor(
        &self,
        credential: &'a Credential,
        request: &Request,
    ) -> Result<Self, Invalid> {
        let mut world = self.clone();
        world.agent = person(&credential.agent);
        world.chain = agents_of(credential);
        for (at, fact) in self.policy.facts.iter().enumerate() {
            if fact.entity == Entity::Agent {
                world.facts[at] =
                    world.fact(FactId::new(at), Some(&credential.agent.facts), None)?;
            }
        }
        for at in 0..self.policy.histories.len() {
            if self.policy.histories[at].per == HistoryKey::Agent {
                world.histories[at] = world.history(HistoryId::new(at), request)?;
                world.lengths[at] = None;
            }
        }
        Ok(world)
    }

    /// Whether the acting agent is declared, or in a group of the request.
    #[must_use]
    pub fn knows_agent(&self) -> bool {
        let declared = self
            .policy
            .agents
            .iter()
            .any(|agent| agent.name == self.agent.id);
        let named = self.agent.groups.iter().flatten().any(|name| {
            self.policy.groups.iter().any(|group| {
                group.kind == GroupKind::Agents && group.from_request && group.name == *name
            })
        });
        declared || named
    }

    /// Whether a person is in a group, or in one nested in it.
    #[must_use]
    pub fn in_group(&self, person: &Person, group: GroupId) -> Truths {
        let group = &self.policy.groups[group.index()];
        let directly = |group: &placet_model::policy::Group| {
            if group.from_request {
                match &person.groups {
                    Some(groups) => Truths::of(groups.contains(&group.name)),
                    None => Truths::UNDEFINED,
                }
            } else {
                Truths::of(group.members.contains(&person.id))
            }
        };
        group
            .nested
            .iter()
            .map(|nested| &self.policy.groups[nested.index()])
            .fold(directly(group), |any, nested| any.or(directly(nested)))
    }

    /// What the host knows of a resource under a name.
    #[must_use]
    pub fn resource_fact(&self, set: ResourceFactsId, name: &str, resource: &[String]) -> V {
        let set = &self.policy.resource_facts[set.index()];
        let Some(field) = set.fields.iter().find(|field| field.name == name) else {
            return V::Absent;
        };
        let written = segment::written(resource);
        let nothing = vec![];
        let given = self
            .resources
            .iter()
            .find(|(resource, _)| *resource == written)
            .map_or(&nothing, |(_, facts)| facts);
        slot(self.policy, field, given, Strictness::Facts).unwrap_or(V::Undefined)
    }

    fn check_groups(&self) -> Result<(), Invalid> {
        let people = [
            (GroupKind::Agents, Some(&self.agent)),
            (GroupKind::Users, self.user.as_ref()),
        ];
        for (kind, person) in people {
            let Some(person) = person else { continue };
            for name in person.groups.iter().flatten() {
                let declared = self
                    .policy
                    .groups
                    .iter()
                    .position(|group| group.kind == kind && group.name == *name);
                let Some(at) = declared else { continue };
                let outside = self.in_group(person, GroupId::new(at)) != Truths::TRUE;
                if !self.policy.groups[at].from_request && outside {
                    return Err(format!("`{}` is not in `{name}`", person.id));
                }
            }
        }
        Ok(())
    }

    /// The value of a fact: what the policy sets, else what is frozen, else what is given.
    fn fact(
        &self,
        id: FactId,
        given: Option<&Fields>,
        frozen: Option<&Fields>,
    ) -> Result<V, Invalid> {
        let fact = &self.policy.facts[id.index()];
        let nothing = vec![];
        let bare = Field {
            default: None,
            ..fact.field.clone()
        };
        let read = |fields: Option<&Fields>, field| {
            slot(
                self.policy,
                field,
                fields.unwrap_or(&nothing),
                Strictness::Facts,
            )
        };
        let supplied = read(given, &bare)?;
        if let Some(frozen) = frozen {
            let kept = read(Some(frozen), &bare)?;
            if supplied != V::Absent && !same(&supplied, &kept) {
                return Err(format!("`{}` contradicts the credential", bare.name));
            }
        }
        let set = self
            .policy
            .agents
            .iter()
            .filter(|agent| fact.entity == Entity::Agent && agent.name == self.agent.id)
            .flat_map(|agent| &agent.facts)
            .find(|(set, _)| *set == id)
            .map(|(_, value)| V::of(value));
        if let Some(set) = set {
            let kept = read(frozen, &bare)?;
            for told in [&supplied, &kept] {
                if *told != V::Absent && !same(told, &set) {
                    return Err(format!("`{}` contradicts the policy", bare.name));
                }
            }
            return Ok(set);
        }
        let value = read(frozen.or(given), &fact.field)?;
        Ok(match fact.moment {
            Some(Moment::Runtime) if self.moment == Moment::Issuance => V::Open,
            Some(Moment::Issuance) if self.moment == Moment::Runtime => V::Absent,
            _ => value,
        })
    }

    /// How long a history is, where the request tells no more of it. What is kept per agent
    /// is counted for the acting one.
    #[must_use]
    pub fn length(&self, id: HistoryId) -> Option<i64> {
        self.lengths[id.index()]
    }

    /// A history: the records of the request that its declaration selects.
    fn history(&self, id: HistoryId, request: &Request) -> Result<V, Invalid> {
        let history = &self.policy.histories[id.index()];
        let given = request
            .histories
            .iter()
            .find(|(name, _)| *name == history.name);
        let records = match given {
            Some((_, Calls::Records(records))) => records,
            _ if self.moment == Moment::Issuance => return Ok(V::Open),
            None => return Ok(V::Absent),
            // Nothing but its length is told.
            Some((_, Calls::Count(_))) => return Ok(V::Undefined),
        };
        let mut result: Vec<(i64, V)> = vec![];
        let mut untold = false;
        for record in records {
            let selected = self.selects(id, record);
            if selected == Some(false) {
                continue;
            }
            match (self.record(id, record)?, selected) {
                (value, Some(true)) if !value.lacks_a_part() => result.push((record.seq, value)),
                _ => untold = true,
            }
        }
        result.sort_by_key(|(seq, _)| *seq);
        if result.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err("two records have one place in the order".to_owned());
        }
        let result = result.into_iter().map(|(_, value)| value).collect();
        Ok(if self.moment == Moment::Issuance {
            V::Open
        } else if untold {
            V::Undefined
        } else {
            V::List(result)
        })
    }

    fn record(&self, id: HistoryId, given: &Record) -> Result<V, Invalid> {
        let history = &self.policy.histories[id.index()];
        let text = |text: &SmolStr| V::text(text.clone());
        let texts = |texts: &Vec<SmolStr>| V::Set(texts.iter().map(text).collect());
        let typed = |ty: placet_model::ids::TypeId, fields: &Fields| {
            let Type::Record(declared) = &self.policy.types[ty.index()] else {
                return Ok(V::Undefined);
            };
            record(self.policy, declared, fields, Strictness::Facts, true)
        };
        let optional = [
            ("actions", given.actions.as_ref().map(texts)),
            ("resources", given.resources.as_ref().map(texts)),
            ("agent", given.agent.as_ref().map(text)),
            ("user", given.user.as_ref().map(text)),
            ("task", given.task.as_ref().map(text)),
            ("credential", given.credential.as_ref().map(text)),
        ];
        let mut fields: Vec<(SmolStr, V)> = vec![
            ("seq".into(), V::Scalar(Value::Int(given.seq))),
            ("time".into(), V::Scalar(Value::Time(given.time))),
            ("tool".into(), text(&given.tool)),
            ("outcome".into(), V::text(given.outcome.name())),
            ("args".into(), typed(history.args, &given.args)?),
            ("result".into(), typed(history.result, &given.result)?),
        ];
        for (name, value) in optional {
            fields.extend(value.map(|value| (name.into(), value)));
        }
        Ok(V::Record(fields))
    }

    /// Whether a history is about a record; `None` when that cannot be told.
    fn selects(&self, id: HistoryId, record: &Record) -> Option<bool> {
        let policy = self.policy;
        let history = &policy.histories[id.index()];
        let by_outcome = Some(history.outcomes.contains(&record.outcome));
        let by_tool = history.functions.as_ref().map_or(Some(true), |functions| {
            let function = policy.function(&record.tool);
            Some(function.is_some_and(|function| functions.contains(&function)))
        });
        let by_action = history.actions.as_ref().map_or(Some(true), |selected| {
            let done = record.actions.as_ref()?;
            Some(done.iter().any(|name| {
                let action = policy.action(name);
                action.is_some_and(|action| selected.contains(&action))
            }))
        });
        let touches = |written: &SmolStr| {
            let Some(resource) = segment::resource(written) else {
                return false;
            };
            history
                .resources
                .iter()
                .any(|pattern| rules::plain(policy, *pattern).matches(&resource) == Truths::TRUE)
        };
        let by_resource = if history.resources.is_empty() {
            Some(true)
        } else {
            let touched = record.resources.as_ref();
            touched.map(|touched| touched.iter().any(touches))
        };
        // A record that does not say whose it is, is taken at its supplier's word.
        let of_us = |theirs: &Option<SmolStr>, ours: Option<&SmolStr>| {
            Some(theirs.is_none() || theirs.as_ref() == ours)
        };
        let by_key = match history.per {
            HistoryKey::Agent => of_us(&record.agent, Some(&self.agent.id)),
            HistoryKey::User => of_us(&record.user, self.user.as_ref().map(|user| &user.id)),
            HistoryKey::Task => of_us(&record.task, self.task.as_ref()),
            HistoryKey::Credential | HistoryKey::Chain => Some(true),
        };
        let in_window = history.within.map_or(Some(true), |within| {
            let now = self.now?;
            let start = now.0.saturating_sub(within.0);
            Some(start <= record.time.0 && record.time <= now)
        });
        let all = [
            by_outcome,
            by_tool,
            by_action,
            by_resource,
            by_key,
            in_window,
        ];
        if all.contains(&Some(false)) {
            Some(false)
        } else if all.contains(&None) {
            None
        } else {
            Some(true)
        }
    }
}

/// No agent occurs twice in a chain, and its user and task stay the same.
fn check_chain(
    request: &Request,
    last: &SmolStr,
    above: Option<&Credential>,
) -> Result<(), Invalid> {
    // At run time the last agent is the credential's; who shows it is another question.
    let mut agents = vec![last.clone()];
    let mut next = above;
    let user = |held: &Credential| held.user.as_ref().map(|user| user.id.clone());
    let task = |held: &Credential| held.task.as_ref().map(|task| task.id.clone());
    while let Some(held) = next {
        if agents.contains(&held.agent.id) {
            return Err(format!("`{}` is in the chain twice", held.agent.id));
        }
        agents.push(held.agent.id.clone());
        if let Some(own) = &request.credential
            && (user(own) != user(held) || task(own) != task(held))
        {
            return Err("a chain is for one user and one task".to_owned());
        }
        next = held.parent.as_deref();
    }
    Ok(())
}

/// The agents of a credential's chain, root first.
#[must_use]
pub fn agents_of(credential: &Credential) -> Vec<SmolStr> {
    let mut agents = credential
        .parent
        .as_ref()
        .map(|parent| agents_of(parent))
        .unwrap_or_default();
    agents.push(credential.agent.id.clone());
    agents
}

fn person(principal: &Principal) -> Person {
    Person {
        id: principal.id.clone(),
        groups: principal.groups.clone(),
    }
}

fn given_facts(request: &Request, entity: Entity) -> Option<&Fields> {
    match entity {
        Entity::Agent => Some(&request.agent.facts),
        Entity::User => request.user.as_ref().map(|user| &user.facts),
        Entity::Task => request.task.as_ref().map(|task| &task.facts),
        Entity::Context => Some(&request.context),
    }
}

/// The frozen facts of an entity. The agent of a delegation is a new one.
fn held_facts(
    credential: Option<&Credential>,
    entity: Entity,
    delegating: bool,
) -> Option<&Fields> {
    static NOTHING: Fields = Vec::new();
    let credential = credential?;
    match entity {
        Entity::Agent if delegating => None,
        Entity::Agent => Some(&credential.agent.facts),
        Entity::User => Some(
            credential
                .user
                .as_ref()
                .map_or(&NOTHING, |user| &user.facts),
        ),
        Entity::Task => Some(
            credential
                .task
                .as_ref()
                .map_or(&NOTHING, |task| &task.facts),
        ),
        Entity::Context => Some(&credential.context),
    }
}

/// Whether two inputs say the same, where what is undefined is like all that is.
fn same(a: &V, b: &V) -> bool {
    match (a, b) {
        (V::Record(a), V::Record(b)) => {
            let among = |name: &SmolStr, value| {
                b.iter()
                    .any(|(other, theirs)| name == other && same(value, theirs))
            };
            a.len() == b.len() && a.iter().all(|(name, value)| among(name, value))
        }
        (a, b) => a == b || crate::value::equal(a, b) == Truths::TRUE,
    }
}

fn check_ids(request: &Request) -> Result<(), Invalid> {
    let mut names = vec![&request.agent.id];
    names.extend(request.user.as_ref().map(|user| &user.id));
    names.extend(request.task.as_ref().map(|task| &task.id));
    for name in names {
        if name.is_empty() || !is_clean(name) {
            return Err(format!("`{}` is not a name", name.escape_debug()));
        }
    }
    Ok(())
}

fn check_resources(policy: &Policy, request: &Request) -> Result<(), Invalid> {
    for (written, facts) in &request.resources {
        let Some(resource) = segment::resource(written) else {
            return Err(format!("`{}` is not a resource", written.escape_debug()));
        };
        for set in &policy.resource_facts {
            let inside = set
                .patterns
                .iter()
                .any(|pattern| rules::plain(policy, *pattern).matches(&resource) == Truths::TRUE);
            if inside {
                for field in &set.fields {
                    slot(policy, field, facts, Strictness::Facts)?;
                }
            }
        }
    }
    Ok(())
}
