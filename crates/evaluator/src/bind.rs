//! A request to typed inputs, one set per link of its chain. All that makes a request
//! `invalid-request` before any rule is looked at is found here.

mod history;

use placet_model::credential::Credential;
use placet_model::ids::{GroupId, HistoryId, PatternId, ResourceFactsId};
use placet_model::json::Fields;
use placet_model::policy::{
    Agent, Entity, Fact, Field, Group, GroupKind, HistoryKey, Moment, Policy,
};
use placet_model::request::{Principal, Request};
use placet_model::resource::Resource;
use placet_model::text::check_id;
use smallvec::{SmallVec, smallvec};
use smol_str::{SmolStr, format_smolstr};

use crate::engine::Engine;
use crate::index::Index;
use crate::inputs::{Chain, Facts, Inputs, Membership, ResourceValues};
use crate::pattern;
use crate::typed::{Invalid, Slot, Strictness, brief, read};
pub(crate) use history::selects_call;
use history::{bind_history, length};

/// The longest chain of agents.
pub const MAX_CHAIN: usize = 16;

/// A request, typed.
pub(crate) struct Bound<'p> {
    /// The links: root first, the acting agent last. At issuance only the acting one is
    /// asked, but it knows the whole chain.
    pub(crate) links: SmallVec<[Inputs<'p>; 1]>,
    /// Facts that the policy does not declare, as `agent.tier`, sorted.
    pub(crate) ignored: Vec<SmolStr>,
}

/// Types a request at a moment.
pub(crate) fn bind<'p>(
    engine: &'p Engine,
    request: &Request,
    moment: Moment,
) -> Result<Bound<'p>, Invalid> {
    let (policy, index) = (engine.policy(), engine.index());
    check_ids(request)?;
    let ancestors = ancestors(request, moment)?;
    let held = match moment {
        Moment::Runtime => request.credential.as_ref(),
        Moment::Issuance => None,
    };
    // A delegated credential keeps the user and the task of its parent.
    let source = request.credential.as_ref();
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
    let user = same_principal(
        "user",
        source.map(|held| held.user.as_ref()),
        request.user.as_ref(),
    )?;
    let task = same_id(
        "task",
        source.map(|held| held.task.as_ref().map(|task| &task.id)),
        request.task.as_ref().map(|task| &task.id),
    )?;

    let mut ignored = Vec::new();
    let mut facts: Facts = smallvec![Slot::Absent; policy.facts.len()];
    let none = Fields::new();
    let given: [(Entity, &Fields, Option<&Fields>, bool); 4] = [
        (
            Entity::Agent,
            &request.agent.facts,
            held.map(|held| &held.agent.facts),
            true,
        ),
        (
            Entity::User,
            request.user.as_ref().map_or(&none, |user| &user.facts),
            source.map(|held| held.user.as_ref().map_or(&none, |user| &user.facts)),
            user.is_some(),
        ),
        (
            Entity::Task,
            request.task.as_ref().map_or(&none, |task| &task.facts),
            source.map(|held| held.task.as_ref().map_or(&none, |task| &task.facts)),
            true,
        ),
        (
            Entity::Context,
            &request.context,
            source.map(|held| &held.context),
            true,
        ),
    ];
    for (entity, fields, frozen, exists) in given {
        bind_facts(policy, moment, entity, fields, frozen, exists, &mut facts)?;
        for (name, _) in fields {
            if !policy
                .facts
                .iter()
                .any(|fact| fact.entity == entity && fact.field.name == *name)
            {
                ignored.push(format_smolstr!("{}.{}", entity.name(), brief(name)));
            }
        }
    }
    let known = index.agent(policy, &request.agent.id);
    bind_agent(
        policy,
        known,
        &request.agent.facts,
        held.map(|held| &held.agent.facts),
        &mut facts,
        "/agent/facts",
    )?;
    ignored.sort();

    let agent_groups = index.membership(
        policy,
        GroupKind::Agents,
        &request.agent.id,
        request.agent.groups.as_deref(),
    );
    check_groups(
        policy,
        GroupKind::Agents,
        &request.agent,
        &agent_groups,
        "/agent/groups",
    )?;
    let user_groups = match (&user, &request.user) {
        (Some(id), given) => {
            let groups = given.as_ref().and_then(|user| user.groups.as_deref());
            index.membership(policy, GroupKind::Users, id, groups)
        }
        (None, _) => Membership::default(),
    };
    if let Some(given) = &request.user {
        check_groups(
            policy,
            GroupKind::Users,
            given,
            &user_groups,
            "/user/groups",
        )?;
    }

    let mut chain: Chain = ancestors.iter().map(|held| held.agent.id.clone()).collect();
    chain.push(request.agent.id.clone());
    let mut leaf = Inputs {
        policy,
        moment,
        open: false,
        agent: request.agent.id.clone(),
        known: known.is_some(),
        agent_groups,
        user,
        user_groups,
        task,
        facts,
        now: request.time,
        issued: match moment {
            Moment::Runtime => held.map(|held| held.issued),
            Moment::Issuance => request.time,
        },
        chain,
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

    let mut links = SmallVec::new();
    if moment == Moment::Runtime {
        for (depth, held) in ancestors.iter().enumerate() {
            links.push(ancestor(index, &leaf, held, depth, request)?);
        }
    }
    links.push(leaf);
    Ok(Bound { links, ignored })
}

/// The credentials above the acting agent's own, root first.
fn ancestors(request: &Request, moment: Moment) -> Result<Vec<&Credential>, Invalid> {
    let mut above = Vec::new();
    let mut next = request.credential.as_ref();
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
    let top = request.credential.as_ref();
    // At run time the last link is the credential's own agent. That another one shows it,
    // even one further up the chain, is for the check of the holder.
    let last = match (moment, top) {
        (Moment::Runtime, Some(held)) => &held.agent.id,
        _ => &request.agent.id,
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

fn check_ids(request: &Request) -> Result<(), Invalid> {
    let user = request.user.as_ref().map(|user| ("/user/id", &user.id));
    let task = request.task.as_ref().map(|task| ("/task/id", &task.id));
    for (place, id) in [Some(("/agent/id", &request.agent.id)), user, task]
        .into_iter()
        .flatten()
    {
        check_id(id).map_err(|error| Invalid::new(place, error.to_string()))?;
    }
    Ok(())
}

fn same_principal(
    what: &str,
    held: Option<Option<&Principal>>,
    given: Option<&Principal>,
) -> Result<Option<SmolStr>, Invalid> {
    same_id(
        what,
        held.map(|held| held.map(|held| &held.id)),
        given.map(|given| &given.id),
    )
}

/// An id that comes from the credential, where there is one.
fn same_id(
    what: &str,
    held: Option<Option<&SmolStr>>,
    given: Option<&SmolStr>,
) -> Result<Option<SmolStr>, Invalid> {
    match (held, given) {
        (None, given) => Ok(given.cloned()),
        (Some(held), None) => Ok(held.cloned()),
        (Some(Some(held)), Some(given)) if held == given => Ok(Some(held.clone())),
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

/// Types the facts of one entity: frozen ones come from the credential.
fn bind_facts(
    policy: &Policy,
    moment: Moment,
    entity: Entity,
    given: &Fields,
    frozen: Option<&Fields>,
    exists: bool,
    facts: &mut [Slot],
) -> Result<(), Invalid> {
    let place = match entity {
        Entity::Agent => "/agent/facts",
        Entity::User => "/user/facts",
        Entity::Task => "/task/facts",
        Entity::Context => "/context",
    };
    for (fact, slot) in policy.facts.iter().zip(facts.iter_mut()) {
        if fact.entity != entity {
            continue;
        }
        let typed =
            typed_field(policy, &fact.field, given).map_err(|invalid| invalid.below(place))?;
        let value = match frozen {
            Some(frozen) if is_frozen(fact) => {
                let held = typed_field(policy, &fact.field, frozen)
                    .map_err(|invalid| invalid.below(place).below("/credential"))?;
                if typed != Slot::Absent && typed != held {
                    return Err(Invalid::here(format!(
                        "contradicts the `{}` that the credential holds",
                        fact.field.name
                    ))
                    .under(&fact.field.name)
                    .below(place));
                }
                held
            }
            _ => typed,
        };
        *slot = match (moment, fact.moment) {
            (Moment::Issuance, Some(Moment::Runtime)) => Slot::Open,
            (Moment::Runtime, Some(Moment::Issuance)) => Slot::Absent,
            _ if !exists => Slot::Absent,
            _ => match (value, &fact.field.default) {
                (Slot::Absent, Some(default)) => Slot::Known(default.clone()),
                (value, _) => value,
            },
        };
    }
    Ok(())
}

/// Task facts and `fixed` facts do not change under a credential.
pub(crate) fn is_frozen(fact: &Fact) -> bool {
    fact.fixed || fact.entity == Entity::Task
}

/// A fact or other field among what was given.
fn typed_field(policy: &Policy, field: &Field, given: &Fields) -> Result<Slot, Invalid> {
    match given.iter().find(|(name, _)| *name == field.name) {
        Some((_, json)) => read(policy, field.ty, json, Strictness::Facts)
            .map_err(|invalid| invalid.under(&field.name)),
        None => Ok(Slot::Absent),
    }
}

/// Facts that the policy itself sets for a declared agent. What a request says of them is
/// compared whether the moment knows the fact or not.
fn bind_agent(
    policy: &Policy,
    known: Option<&Agent>,
    given: &Fields,
    frozen: Option<&Fields>,
    facts: &mut [Slot],
    place: &str,
) -> Result<(), Invalid> {
    let Some(agent) = known else {
        return Ok(());
    };
    for (id, value) in &agent.facts {
        let (Some(fact), Some(slot)) = (policy.facts.get(id.index()), facts.get_mut(id.index()))
        else {
            continue;
        };
        let name = &fact.field.name;
        let frozen = frozen.filter(|_| is_frozen(fact));
        for fields in std::iter::once(given).chain(frozen) {
            let told =
                typed_field(policy, &fact.field, fields).map_err(|invalid| invalid.below(place))?;
            if told != Slot::Absent && told != Slot::Known(value.clone()) {
                return Err(Invalid::here(format!(
                    "contradicts the `{name}` that the policy sets for agent `{}`",
                    brief(&agent.name)
                ))
                .under(name)
                .below(place));
            }
        }
        *slot = Slot::Known(value.clone());
    }
    Ok(())
}

/// A declared agent.
pub(crate) fn declared<'p>(policy: &'p Policy, id: &str) -> Option<&'p Agent> {
    policy
        .agents
        .binary_search_by(|agent| agent.name.as_str().cmp(id))
        .ok()
        .and_then(|at| policy.agents.get(at))
}

/// Whether somebody is in a group of users, or one nested in it: by the policy, or where
/// its members come with requests, by what is said of them. Not known is no.
#[must_use]
pub fn is_in(policy: &Policy, group: &str, who: &str, said: Option<&[SmolStr]>) -> bool {
    membership(policy, GroupKind::Users, who, said)
        .sure
        .iter()
        .filter_map(|id| policy.groups.get(id.index()))
        .any(|sure| sure.name == group)
}

/// In which groups an agent or user is. Who decides calls asks the index.
pub(crate) fn membership(
    policy: &Policy,
    kind: GroupKind,
    id: &str,
    given: Option<&[SmolStr]>,
) -> Membership {
    let mut result = Membership::default();
    for (at, group) in policy.groups.iter().enumerate() {
        if group.kind == kind {
            result.add(GroupId::new(at), is_member(policy, group, id, given));
        }
    }
    result
}

/// Whether somebody is in a group or one nested in it; `None` when it was not told.
pub(crate) fn is_member(
    policy: &Policy,
    group: &Group,
    id: &str,
    given: Option<&[SmolStr]>,
) -> Option<bool> {
    let nested = group
        .nested
        .iter()
        .filter_map(|id| policy.groups.get(id.index()));
    let mut answer = Some(false);
    for one in std::iter::once(group).chain(nested) {
        let direct = if one.from_request {
            given.map(|given| given.contains(&one.name))
        } else {
            let member = one.members.binary_search_by(|name| name.as_str().cmp(id));
            Some(member.is_ok())
        };
        match direct {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

/// A request cannot put anybody into a group whose members the policy names.
fn check_groups(
    policy: &Policy,
    kind: GroupKind,
    principal: &Principal,
    membership: &Membership,
    place: &str,
) -> Result<(), Invalid> {
    for (at, name) in principal.groups.iter().flatten().enumerate() {
        let group = policy
            .groups
            .iter()
            .position(|group| group.kind == kind && group.name == *name)
            .map(GroupId::new);
        let Some(id) = group else { continue };
        let from_request = policy
            .groups
            .get(id.index())
            .is_some_and(|group| group.from_request);
        if !from_request && membership.sure.binary_search(&id).is_err() {
            return Err(Invalid::new(
                format!("{place}/{at}"),
                format!(
                    "the policy names the members of group `{name}`, and `{}` is not among them",
                    brief(&principal.id)
                ),
            ));
        }
    }
    Ok(())
}

fn bind_resources(
    policy: &Policy,
    request: &Request,
) -> Result<Vec<(SmolStr, ResourceValues)>, Invalid> {
    let mut resources = Vec::with_capacity(request.resources.len());
    for (name, facts) in &request.resources {
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
                let slot = typed_field(policy, field, facts).map_err(under)?;
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
    index: &Index,
    leaf: &Inputs<'p>,
    held: &Credential,
    depth: usize,
    request: &Request,
) -> Result<Inputs<'p>, Invalid> {
    let policy = leaf.policy;
    let mut link = leaf.clone();
    link.agent = held.agent.id.clone();
    let known = index.agent(policy, &held.agent.id);
    link.known = known.is_some();
    link.agent_groups = index.membership(
        policy,
        GroupKind::Agents,
        &held.agent.id,
        held.agent.groups.as_deref(),
    );
    bind_facts(
        policy,
        Moment::Runtime,
        Entity::Agent,
        &held.agent.facts,
        None,
        true,
        &mut link.facts,
    )?;
    bind_agent(
        policy,
        known,
        &held.agent.facts,
        None,
        &mut link.facts,
        "/credential/parent/agent/facts",
    )?;
    link.issued = Some(held.issued);
    link.chain.truncate(depth + 1);
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

/// The facts of one entity that a credential has to carry, as they were given.
pub(crate) fn frozen(policy: &Policy, entity: Entity, given: &Fields, all: bool) -> Fields {
    given
        .iter()
        .filter(|(name, _)| {
            policy.facts.iter().any(|fact| {
                fact.entity == entity
                    && fact.field.name == *name
                    && (is_frozen(fact) || (all && fact.moment != Some(Moment::Runtime)))
            })
        })
        .cloned()
        .collect()
}
