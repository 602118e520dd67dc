//! What an agent could do at worst: by itself, and through those to whom it may delegate.
//!
//! A call at the end of a chain is decided for every agent of the chain, so that nothing that
//! is delegated goes beyond what the first one may do by itself. What delegation adds is
//! who does it.

use std::collections::BTreeSet;

use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::credential::Credential;
use placet_model::decision::Decision;
use placet_model::ids::{ActionId, FunctionId, GroupId};
use placet_model::pattern::Concrete;
use placet_model::policy::{Agents, GroupKind};
use placet_model::render;
use placet_model::request::{Asked, Assent, Principal, Request, ScopeRequest, Task};
use smol_str::{SmolStr, format_smolstr};

use super::{Answer, Found, Question, find};
use crate::claims::Effort;
use crate::region::Witness;
use crate::witness::{SOME_TIME, approval, consent, this_call, whole_tool};

/// What an agent could do.
#[derive(Clone, Debug, PartialEq)]
pub struct Blast {
    /// By itself.
    pub answer: Answer,
    /// To whom it may delegate some of it.
    pub delegates: Vec<Delegate>,
}

/// An agent to which another one may delegate.
#[derive(Clone, Debug, PartialEq)]
pub struct Delegate {
    /// The agent, or `in GROUP` for whoever requests put into a group.
    pub agent: SmolStr,
    /// How many links may follow, from the first agent on.
    pub depth: u32,
    /// What may be delegated: tools with actions.
    pub calls: Vec<(SmolStr, SmolStr)>,
    /// A call at the end of such a chain that the evaluator grants, credentials and all; when
    /// there is none it is not known whether the two ever meet.
    pub witness: Option<Box<Witness>>,
}

/// Tells what an agent could do at worst.
#[must_use]
pub fn blast(compiled: &Compiled, question: &Question, effort: Effort) -> Blast {
    let own = find(compiled, question, effort);
    let policy = compiled.policy();
    let engine = Engine::new(compiled.clone());
    let mut delegates = Vec::new();
    let is_own = |name: &SmolStr| matches!(&question.agents, Agents::Named(names) if names.as_slice() == [name.clone()]);
    let declared = policy.agents.iter().filter(|agent| !is_own(&agent.name));
    let declared = declared.map(|agent| {
        let agents = Agents::Named(vec![agent.name.clone()]);
        (render::name(&agent.name).into(), agents)
    });
    let groups = policy.groups.iter().enumerate();
    let groups = groups.filter(|(_, group)| group.kind == GroupKind::Agents && group.from_request);
    let groups = groups.map(|(at, group)| {
        let name = format_smolstr!("in {}", render::name(&group.name));
        let id = GroupId::new(at);
        (name, Agents::In(vec![id]))
    });
    for (agent, agents) in declared.chain(groups) {
        delegates.extend(delegate(&engine, &own, question, agent, agents, effort));
    }
    Blast {
        answer: own.answer,
        delegates,
    }
}

/// What may be delegated to others, if anything.
fn delegate(
    engine: &Engine,
    own: &Found,
    question: &Question,
    agent: SmolStr,
    agents: Agents,
    effort: Effort,
) -> Option<Delegate> {
    let policy = engine.compiled().policy();
    let regions = own.answer.regions.iter().zip(&own.places);
    let delegable: Vec<_> = regions.filter(|(region, _)| region.delegate > 0).collect();
    let functions = delegable.iter().flat_map(|(_, place)| &place.functions);
    let actions = delegable.iter().flat_map(|(_, place)| &place.actions);
    let functions: BTreeSet<FunctionId> = functions.copied().collect();
    let actions: BTreeSet<ActionId> = actions.copied().collect();
    if functions.is_empty() {
        return None;
    }
    let question = Question {
        agents,
        users: question.users.clone(),
        functions: Some(functions.into_iter().collect()),
        actions: Some(actions.into_iter().collect()),
        ..Question::default()
    };
    let theirs = find(engine.compiled(), &question, effort);
    let mut depth = 0;
    let mut calls = BTreeSet::new();
    let mut witness = None;
    for (region, place) in delegable {
        for (their, other) in theirs.answer.regions.iter().zip(&theirs.places) {
            if !meets(&place.patterns, &other.patterns) {
                continue;
            }
            let mut some = false;
            for id in place.functions.intersection(&other.functions) {
                let Some(function) = policy.functions.get(id.index()) else {
                    continue;
                };
                for line in &function.lines {
                    let both = [place, other];
                    if both
                        .iter()
                        .all(|place| place.actions.contains(&line.action))
                        && let Some(action) = policy.actions.get(line.action.index())
                    {
                        calls.insert((function.path.clone(), action.name.clone()));
                        some = true;
                    }
                }
            }
            if !some {
                continue;
            }
            depth = depth.max(region.delegate);
            if let (None, Some(first), Some(second)) = (&witness, &region.witness, &their.witness) {
                witness = chain(engine, &first.request, &second.request);
            }
        }
    }
    (!calls.is_empty()).then(|| Delegate {
        agent,
        depth,
        calls: calls.into_iter().collect(),
        witness: witness.map(Box::new),
    })
}

/// Whether some resource may be of both.
fn meets(some: &[Concrete], others: &[Concrete]) -> bool {
    some.is_empty()
        || others.is_empty()
        || some
            .iter()
            .any(|one| others.iter().any(|other| one.overlaps(other)))
}

/// A call at the end of a chain of two agents, made of a call of each.
fn chain(engine: &Engine, first: &Request, second: &Request) -> Option<Witness> {
    let mut second = second.clone();
    if first.agent.id == second.agent.id {
        // Both are anybody of some group.
        second.agent.id = format_smolstr!("{}-2", second.agent.id);
    }
    let second = &second;
    let tries = [(first, second), (second, first)];
    tries.into_iter().find_map(|(one, other)| {
        let mut call = together(one, other);
        call.time = call.time.or(Some(SOME_TIME));
        let parent = issued(engine, &call, &first.agent, None)?;
        let credential = issued(engine, &call, &second.agent, Some(parent))?;
        call.agent = second.agent.clone();
        give(engine, &mut call);
        call.credential = Some(credential);
        let decision = engine.decide(&call);
        decision.is_grant().then_some(Witness {
            request: call,
            decision,
        })
    })
}

/// The credential of an agent for what a call does.
fn issued(
    engine: &Engine,
    call: &Request,
    agent: &Principal,
    parent: Option<Credential>,
) -> Option<Credential> {
    let alone: Decision = engine.decide_without_credential(call);
    let mut asking = call.clone();
    asking.agent = agent.clone();
    give(engine, &mut asking);
    asking.asked = Asked::Scopes {
        scopes: vec![ScopeRequest {
            tool: call.asked.called(),
            actions: alone
                .requests
                .iter()
                .map(|one| one.action.clone())
                .collect(),
            resources: alone
                .requests
                .iter()
                .map(|one| one.resource.clone())
                .collect(),
        }],
        ttl: None,
    };
    asking.credential = parent;
    // What is known of resources and calls comes with the call.
    asking.resources.clear();
    asking.histories.clear();
    engine.decide(&asking).credential
}

/// Gives a request all assents that rules may ask for.
fn give(engine: &Engine, request: &mut Request) {
    let policy = engine.compiled().policy();
    let covers = [this_call(request), whole_tool(request)];
    let consents = covers.iter().cloned();
    request.consents = consents
        .filter_map(|covers| consent(request, covers))
        .collect();
    let groups: BTreeSet<_> = policy
        .rules
        .iter()
        .flat_map(|rule| &rule.duties.approvals)
        .map(|approval| approval.group)
        .collect();
    let mut approvals: Vec<Assent> = Vec::new();
    for group in groups {
        let all = covers.iter().cloned();
        approvals.extend(all.filter_map(|covers| approval(policy, request, group, covers)));
    }
    request.approvals = approvals;
}

/// A request with what another one says besides.
fn together(one: &Request, other: &Request) -> Request {
    let mut both = one.clone();
    match (&mut both.user, &other.user) {
        (Some(own), Some(theirs)) => add(own, theirs),
        (None, Some(theirs)) => both.user = Some(theirs.clone()),
        _ => {}
    }
    match (&mut both.task, &other.task) {
        (Some(own), Some(theirs)) => missing(&mut own.facts, &theirs.facts),
        (None, Some(theirs)) => {
            both.task = Some(Task {
                id: theirs.id.clone(),
                facts: theirs.facts.clone(),
            });
        }
        _ => {}
    }
    missing(&mut both.context, &other.context);
    missing(&mut both.resources, &other.resources);
    missing(&mut both.histories, &other.histories);
    both.time = both.time.or(other.time);
    both
}

fn add(own: &mut Principal, theirs: &Principal) {
    missing(&mut own.facts, &theirs.facts);
    if let Some(more) = &theirs.groups {
        let groups = own.groups.get_or_insert_default();
        for group in more {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
    }
}

fn missing<T: Clone>(own: &mut Vec<(SmolStr, T)>, theirs: &[(SmolStr, T)]) {
    for (name, value) in theirs {
        if !own.iter().any(|(known, _)| known == name) {
            own.push((name.clone(), value.clone()));
        }
    }
}
