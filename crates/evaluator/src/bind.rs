//! A request to typed inputs, one set per link of its chain. All that makes a request
//! `invalid-request` before any rule is looked at is found here.

mod facts;
mod groups;
mod history;
#[cfg(test)]
mod lent;

use placet_model::credential::Credential;
use placet_model::ids::{HistoryId, PatternId, ResourceFactsId};
use placet_model::policy::{Agent, Entity, GroupKind, HistoryKey, Moment, Policy};
use placet_model::question::{Given, Names, Question};
use placet_model::resource::Resource;
use placet_model::text::check_id;
use smol_str::SmolStr;

use crate::engine::Engine;
use crate::inputs::{Inputs, Membership, ResourceValues, absent};
use crate::pattern;
use crate::typed::{Invalid, Slot, brief, given_twice};
use crate::walk::exact::Who;
use facts::{bind_agent, bind_facts, typed_field};
pub(crate) use facts::{frozen, ignored, is_frozen};
use groups::check_groups;
pub use groups::is_in;
pub(crate) use groups::{is_member, membership};
pub(crate) use history::selects_call;
use history::{bind_history, length};

/// The longest chain of agents.
pub const MAX_CHAIN: usize = 16;

/// A request, typed.
pub(crate) struct Bound<'p> {
    /// The links of the chain. At issuance only the acting agent is asked, but it knows the
    /// whole chain.
    pub(crate) links: Links<'p>,
}

/// The inputs of the acting agent, and of those that it acts for.
pub(crate) struct Links<'p> {
    acting: Inputs<'p>,
    /// Root first.
    above: Vec<Inputs<'p>>,
}

impl<'p> Links<'p> {
    pub(crate) const fn acting(&self) -> &Inputs<'p> {
        &self.acting
    }

    /// Root first, the acting agent last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Inputs<'p>> {
        self.above.iter().chain([&self.acting])
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Inputs<'p>> {
        self.above.iter_mut().chain([&mut self.acting])
    }

    /// The agent acts for no other.
    pub(crate) const fn is_root(&self) -> bool {
        self.above.is_empty()
    }
}

/// Types a request at a moment.
pub(crate) fn bind<'p>(
    engine: &'p Engine,
    request: &Question<'p>,
    moment: Moment,
) -> Result<Bound<'p>, Invalid> {
    let (policy, index) = (engine.policy(), engine.index());
    check_ids(request)?;
    once("/resources", request.resources)?;
    once("/histories", request.histories)?;
    once("/budgets", request.budgets)?;
    let ancestors = ancestors(request, moment)?;
    let held = match moment {
        Moment::Runtime => request.credential,
        Moment::Issuance => None,
    };
    // A delegated credential keeps the user and the task of its parent.
    let source = request.credential;
    if source.is_some() && request.time.is_none() {
        return Err(Invalid::new(
            "/time",
            "missing: a credential cannot be checked without a time",
        ));
    }
    if moment == Moment::Issuance && request.time.is_none() {
        return Err(Invalid::new(
            "/time",
            "missing: a credential cannot be issued without a time",
        ));
    }
    let user = same_id(
        "user",
        source.map(|held| held.user.as_ref().map(|user| user.id.as_str())),
        request.user.map(|user| user.id),
    )?;
    let task = same_id(
        "task",
        source.map(|held| held.task.as_ref().map(|task| task.id.as_str())),
        request.task.map(|task| task.id),
    )?;

    let mut facts = absent(policy.facts.len());
    let given = [
        (
            Entity::Agent,
            request.agent.facts,
            held.map(|held| Given::from(&held.agent.facts)),
            true,
        ),
        (
            Entity::User,
            request.user.map_or(Given::NONE, |user| user.facts),
            source.map(|held| {
                held.user
                    .as_ref()
                    .map_or(Given::NONE, |user| (&user.facts).into())
            }),
            user.is_some(),
        ),
        (
            Entity::Task,
            request.task.map_or(Given::NONE, |task| task.facts),
            source.map(|held| {
                held.task
                    .as_ref()
                    .map_or(Given::NONE, |task| (&task.facts).into())
            }),
            true,
        ),
        (
            Entity::Context,
            request.context,
            source.map(|held| Given::from(&held.context)),
            true,
        ),
    ];
    for (entity, fields, frozen, exists) in given {
        bind_facts(engine, moment, entity, fields, frozen, exists, &mut facts)?;
    }
    let acting = index.name(request.agent.id);
    let known = acting.agent(policy);
    bind_agent(
        policy,
        known,
        request.agent.facts,
        held.map(|held| Given::from(&held.agent.facts)),
        &mut facts,
        "/agent/facts",
    )?;

    let agent_groups = index.membership(
        policy,
        GroupKind::Agents,
        request.agent.id,
        &acting,
        request.agent.groups,
    );
    check_groups(
        policy,
        GroupKind::Agents,
        request.agent,
        &agent_groups,
        "/agent/groups",
    )?;
    let (user_groups, user_number) = match user {
        Some(id) => {
            let name = index.name(id);
            let groups = request.user.and_then(|user| user.groups);
            let groups = index.membership(policy, GroupKind::Users, id, &name, groups);
            (groups, Some(name.number()))
        }
        None => (Membership::default(), None),
    };
    if let Some(given) = request.user {
        check_groups(
            policy,
            GroupKind::Users,
            given,
            &user_groups,
            "/user/groups",
        )?;
    }

    let mut leaf = Inputs {
        policy,
        moment,
        open: false,
        agent: request.agent.id,
        known: known.is_some(),
        agent_groups,
        user,
        user_groups,
        who: Who {
            agent: acting.number(),
            user: user_number,
        },
        task,
        facts,
        now: request.time,
        issued: match moment {
            Moment::Runtime => held.map(|held| held.issued),
            Moment::Issuance => request.time,
        },
        above: ancestors
            .iter()
            .map(|held| held.agent.id.as_str())
            .collect(),
        histories: Vec::new(),
        lengths: policy
            .histories
            .iter()
            .map(|history| length(history, moment, request))
            .collect(),
        resources: bind_resources(policy, request)?,
    };
    leaf.histories = (0..policy.histories.len())
        .map(|at| bind_history(&leaf, HistoryId::new(at), request))
        .collect::<Result<_, _>>()?;

    let mut above = Vec::new();
    if moment == Moment::Runtime {
        for (depth, held) in ancestors.iter().enumerate() {
            above.push(ancestor(engine, &leaf, held, depth, request)?);
        }
    }
    let links = Links {
        acting: leaf,
        above,
    };
    Ok(Bound { links })
}

/// The credentials above the acting agent's own, root first.
fn ancestors<'p>(request: &Question<'p>, moment: Moment) -> Result<Vec<&'p Credential>, Invalid> {
    let mut above: Vec<&'p Credential> = Vec::new();
    let mut next = request.credential;
    if moment == Moment::Runtime {
        next = next.and_then(|held| held.parent.as_deref());
    }
    while let Some(held) = next {
        if above.len() + 1 >= MAX_CHAIN {
            return Err(Invalid::new(
                "/credential",
                format!("a chain has at most {MAX_CHAIN} agents"),
            ));
        }
        above.push(held);
        next = held.parent.as_deref();
    }
    above.reverse();
    let top = request.credential;
    // At run time the last link is the credential's own agent. That another one shows it,
    // even one further up the chain, is for the check of the holder.
    let last = match (moment, top) {
        (Moment::Runtime, Some(held)) => held.agent.id.as_str(),
        _ => request.agent.id,
    };
    for (at, held) in above.iter().enumerate() {
        let agent = &held.agent.id;
        let again = above
            .iter()
            .skip(at + 1)
            .any(|other| other.agent.id == *agent)
            || agent == last;
        if again {
            return Err(Invalid::new(
                "/credential",
                format!("agent `{}` is in the chain twice", brief(agent)),
            ));
        }
        let same = top.is_none_or(|top| {
            top.user.as_ref().map(|user| &user.id) == held.user.as_ref().map(|user| &user.id)
                && top.task.as_ref().map(|task| &task.id) == held.task.as_ref().map(|task| &task.id)
        });
        if !same {
            return Err(Invalid::new(
                "/credential",
                "the credentials of a chain are not all for one user and one task",
            ));
        }
    }
    Ok(above)
}

fn check_ids(request: &Question<'_>) -> Result<(), Invalid> {
    let check = |place: &str, id: &str| {
        check_id(id).map_err(|error| Invalid::new(place, error.to_string()))
    };
    check("/agent/id", request.agent.id)?;
    if let Some(user) = request.user {
        check("/user/id", user.id)?;
    }
    if let Some(task) = request.task {
        check("/task/id", task.id)?;
    }
    Ok(())
}

/// Of each name there is one.
fn once<T>(place: &str, given: &[(SmolStr, T)]) -> Result<(), Invalid> {
    if given.len() < 2 {
        return Ok(());
    }
    let mut names: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    match names.array_windows::<2>().find(|[one, next]| one == next) {
        Some([name, _]) => Err(given_twice(name).under(name).below(place)),
        None => Ok(()),
    }
}

/// An id that comes from the credential, where there is one.
fn same_id<'p>(
    what: &str,
    held: Option<Option<&'p str>>,
    given: Option<&'p str>,
) -> Result<Option<&'p str>, Invalid> {
    match (held, given) {
        (None, given) => Ok(given),
        (Some(held), None) => Ok(held),
        (Some(Some(held)), Some(given)) if held == given => Ok(Some(held)),
        (Some(held), Some(given)) => {
            let holder = held.map_or_else(
                || format!("no {what}"),
                |held| format!("{what} `{}`", brief(held)),
            );
            Err(Invalid::new(
                format!("/{what}/id"),
                format!("the credential is for {holder}, not for `{}`", brief(given)),
            ))
        }
    }
}

fn bind_resources(
    policy: &Policy,
    request: &Question<'_>,
) -> Result<Vec<(SmolStr, ResourceValues)>, Invalid> {
    let mut resources = Vec::with_capacity(request.resources.len());
    for (name, facts) in request.resources {
        let under = |invalid: Invalid| invalid.under(name).below("/resources");
        let resource =
            Resource::parse(name).map_err(|error| under(Invalid::here(error.to_string())))?;
        let mut values = Vec::new();
        for (at, block) in policy.resource_facts.iter().enumerate() {
            if !within_any(policy, &block.patterns, &resource) {
                continue;
            }
            // Each fact by itself: one without a value says nothing of the others.
            let mut slots = Vec::with_capacity(block.fields.len());
            for field in &block.fields {
                let slot = typed_field(policy, field, facts.into()).map_err(under)?;
                slots.push((field.name.clone(), slot));
            }
            values.push((ResourceFactsId::new(at), slots));
        }
        resources.push((name.clone(), values));
    }
    resources.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(resources)
}

fn within_any(policy: &Policy, patterns: &[PatternId], resource: &Resource) -> bool {
    patterns
        .iter()
        .filter_map(|id| policy.patterns.get(id.index()))
        .any(|pattern| pattern::fixed(pattern).is_some_and(|concrete| concrete.matches(resource)))
}

/// The inputs of an agent further up the chain: its own groups and facts as they were
/// when its credential was issued, all else as now. Facts `at runtime` were not known then,
/// so that for it they are missing.
fn ancestor<'p>(
    engine: &'p Engine,
    leaf: &Inputs<'p>,
    held: &'p Credential,
    depth: usize,
    request: &Question<'_>,
) -> Result<Inputs<'p>, Invalid> {
    let (policy, index) = (engine.policy(), engine.index());
    let mut link = leaf.clone();
    link.agent = &held.agent.id;
    let name = index.name(&held.agent.id);
    let known = name.agent(policy);
    link.known = known.is_some();
    link.who.agent = name.number();
    link.agent_groups = index.membership(
        policy,
        GroupKind::Agents,
        &held.agent.id,
        &name,
        held.agent.groups.as_deref().map(Names::Read),
    );
    // Nothing of the acting agent's own.
    for (id, _) in &index.facts(Entity::Agent).names {
        if let Some(slot) = link.facts.get_mut(id.index()) {
            *slot = Slot::Absent;
        }
    }
    bind_facts(
        engine,
        Moment::Runtime,
        Entity::Agent,
        (&held.agent.facts).into(),
        None,
        true,
        &mut link.facts,
    )?;
    bind_agent(
        policy,
        known,
        (&held.agent.facts).into(),
        None,
        &mut link.facts,
        "/credential/parent/agent/facts",
    )?;
    link.issued = Some(held.issued);
    link.above.truncate(depth);
    for (at, history) in policy.histories.iter().enumerate() {
        // What is kept per agent is this agent's own: delegating resets no count.
        if history.per == HistoryKey::Agent {
            let own = bind_history(&link, HistoryId::new(at), request)?;
            if let Some(slot) = link.histories.get_mut(at) {
                *slot = own;
            }
            // A number is that of the acting agent.
            if let Some(length) = link.lengths.get_mut(at) {
                *length = None;
            }
        }
    }
    Ok(link)
}

/// A declared agent.
pub(crate) fn declared<'p>(policy: &'p Policy, id: &str) -> Option<&'p Agent> {
    policy
        .agents
        .binary_search_by(|agent| agent.name.as_str().cmp(id))
        .ok()
        .and_then(|at| policy.agents.get(at))
}
