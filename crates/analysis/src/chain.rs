//! Calls by agents that others delegated to: each link of the chain is issued by the engine
//! itself, so that what is found of such a call is found of one that can be made.

use placet_evaluator::Engine;
use placet_model::credential::Credential;
use placet_model::decision::{Decision, Obligations};
use placet_model::ids::GroupId;
use placet_model::json::Fields;
use placet_model::policy::{Entity, GroupKind, Moment, Policy};
use placet_model::request::{Asked, Covers, Principal, Request, ScopeRequest};
use smol_str::{SmolStr, format_smolstr};

use crate::witness::{SOME_TIME, approval, consent};

/// How many credentials are asked for, at most, before no chain is found.
const MOST_ISSUED: usize = 60;

/// Decides a call under the credential that it carries, or by the policy alone.
pub(crate) fn decided(engine: &Engine, request: &Request) -> Decision {
    if request.credential.is_some() {
        engine.decide(request)
    } else {
        engine.decide_without_credential(request)
    }
}

/// The same call under a credential that was issued for it and delegated as often as the
/// request's own says; `None` where no agents are found who can.
pub(crate) fn issued(engine: &Engine, request: &Request) -> Option<Request> {
    let held = request.credential.as_ref()?;
    let above = std::iter::successors(Some(held), |link| link.parent.as_deref()).count() - 1;
    let mut call = request.clone();
    call.credential = None;
    call.time = Some(call.time.unwrap_or(SOME_TIME));
    let scopes = scopes(engine, &call);
    if scopes.is_empty() {
        return None;
    }
    let mut chain = Chain {
        engine,
        policy: engine.compiled().policy(),
        call: &call,
        scopes,
        left: MOST_ISSUED,
    };
    let others = chain.others(above);
    let credential = chain.link(above, None, &others, &mut Vec::new())?;
    call.credential = Some(credential);
    Some(call)
}

/// The question whether a credential with some scopes may be issued for a call.
pub(crate) fn asking(policy: &Policy, call: &Request, scopes: Vec<ScopeRequest>) -> Request {
    let mut request = Request {
        asked: Asked::Scopes { scopes, ttl: None },
        context: early(policy, Entity::Context, &call.context),
        time: Some(call.time.unwrap_or(SOME_TIME)),
        consents: Vec::new(),
        approvals: Vec::new(),
        budgets: Vec::new(),
        histories: Vec::new(),
        resources: Vec::new(),
        credential: None,
        ..call.clone()
    };
    request.agent.facts = early(policy, Entity::Agent, &request.agent.facts);
    if let Some(user) = &mut request.user {
        user.facts = early(policy, Entity::User, &user.facts);
    }
    request
}

/// Facts without those that are known at a call only.
fn early(policy: &Policy, entity: Entity, facts: &Fields) -> Fields {
    let later = |name: &SmolStr| {
        let mut declared = policy.facts.iter();
        declared.any(|fact| {
            fact.entity == entity
                && fact.field.name == *name
                && fact.moment == Some(Moment::Runtime)
        })
    };
    let facts = facts.iter().filter(|(name, _)| !later(name));
    facts.cloned().collect()
}

/// What a call does, as scopes to ask for.
pub(crate) fn scopes(engine: &Engine, call: &Request) -> Vec<ScopeRequest> {
    let does = engine.decide_without_credential(call).requests;
    let scopes = does.into_iter().map(|mapped| ScopeRequest {
        tool: call.asked.called(),
        actions: vec![mapped.action],
        resources: vec![mapped.resource],
    });
    scopes.collect()
}

struct Chain<'c> {
    engine: &'c Engine,
    policy: &'c Policy,
    call: &'c Request,
    scopes: Vec<ScopeRequest>,
    left: usize,
}

impl Chain<'_> {
    /// Agents that may stand above the acting one.
    fn others(&self, above: usize) -> Vec<Principal> {
        let policy = self.policy;
        let leaf = &self.call.agent;
        let declared = policy.agents.iter().filter(|agent| agent.name != leaf.id);
        let mut others: Vec<Principal> = declared
            .map(|agent| {
                let set = |name: &SmolStr| {
                    agent.facts.iter().any(|(id, _)| {
                        let fact = policy.facts.get(id.index());
                        fact.is_some_and(|fact| fact.field.name == *name)
                    })
                };
                let facts = leaf.facts.iter().filter(|(name, _)| !set(name));
                Principal {
                    id: agent.name.clone(),
                    groups: leaf.groups.clone(),
                    facts: facts.cloned().collect(),
                }
            })
            .collect();
        let open = policy
            .groups
            .iter()
            .filter(|group| group.kind == GroupKind::Agents && group.from_request);
        let open: Vec<SmolStr> = open.map(|group| group.name.clone()).collect();
        if !open.is_empty() {
            others.extend((0..above).map(|at| Principal {
                id: format_smolstr!("delegator-{at}"),
                groups: Some(open.clone()),
                facts: leaf.facts.clone(),
            }));
        }
        others
    }

    /// The acting agent's credential under `above` more links.
    fn link(
        &mut self,
        above: usize,
        parent: Option<&Credential>,
        others: &[Principal],
        used: &mut Vec<SmolStr>,
    ) -> Option<Credential> {
        if above == 0 {
            let leaf = self.call.agent.clone();
            return self.issue(leaf, parent);
        }
        for other in others {
            if used.contains(&other.id) {
                continue;
            }
            let Some(credential) = self.issue(other.clone(), parent) else {
                continue;
            };
            used.push(other.id.clone());
            let found = self.link(above - 1, Some(&credential), others, used);
            used.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// A credential for all that the call does.
    fn issue(&mut self, agent: Principal, parent: Option<&Credential>) -> Option<Credential> {
        self.left = self.left.checked_sub(1)?;
        let mut request = asking(self.policy, self.call, self.scopes.clone());
        request.agent = agent;
        request.agent.facts = early(self.policy, Entity::Agent, &request.agent.facts);
        request.credential = parent.cloned();
        let mut decision = self.engine.decide(&request);
        if !decision.is_grant() && self.answer(&mut request, &decision.obligations) {
            decision = self.engine.decide(&request);
        }
        decision.credential.filter(|credential| {
            // All that the call does, and not a part.
            decision.reason == placet_model::decision::Reason::Granted
                && credential.scopes.len() >= self.scopes.len()
        })
    }

    /// Gives what is asked for before something is issued.
    fn answer(&self, request: &mut Request, asked: &Obligations) -> bool {
        let covers = |scope: &ScopeRequest| Covers::Scope(scope.clone());
        for scope in &self.scopes {
            if !asked.consents.is_empty() {
                let given = consent(request, covers(scope));
                request.consents.extend(given);
            }
            for duty in &asked.approvals {
                let mut groups = self.policy.groups.iter();
                if let Some(at) = groups.position(|group| group.name == duty.group) {
                    let group = GroupId::new(at);
                    let given = approval(self.policy, request, group, covers(scope));
                    request.approvals.extend(given);
                }
            }
        }
        !request.consents.is_empty() || !request.approvals.is_empty()
    }
}
