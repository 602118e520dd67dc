//! Decisions at run time.

use placet_model::credential::Credential;
use placet_model::decision::{Obligations, Reason};
use placet_model::ids::{LayerId, RuleId};
use placet_model::policy::{Moment, Policy, RuleKind};
use placet_model::request::{Asked, Request};
use placet_model::value::Time;
use smol_str::SmolStr;

use crate::call;
use crate::duty::{Offer, Standing, Subject, least, standing};
use crate::extract;
use crate::outcome::Outcome;
use crate::rules::{self, Triple};
use crate::segment::{self, Seg, Shape, Tail};
use crate::truth::Truths;
use crate::world::World;

/// How far before its issue a credential is accepted, in microseconds.
pub const LEEWAY: i64 = 60_000_000;

/// Decides a call or triple under the request's credential; without one it is invalid.
#[must_use]
pub fn runtime(policy: &Policy, request: &Request) -> Outcome {
    if request.credential.is_none() {
        return Outcome::refusal(Reason::InvalidRequest);
    }
    decide(policy, request)
}

/// Decides a call or triple by the policy alone.
#[must_use]
pub fn runtime_without_credential(policy: &Policy, request: &Request) -> Outcome {
    if request.credential.is_some() {
        return Outcome::refusal(Reason::InvalidRequest);
    }
    decide(policy, request)
}

fn decide(policy: &Policy, request: &Request) -> Outcome {
    let Ok(mut world) = World::of(policy, Moment::Runtime, request) else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    // An invalid request is told before an unknown tool, wherever it is invalid.
    let Ok(mut ancestors) = ancestors(&world, request) else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    let asked = match &request.asked {
        Asked::Call { tool, args } => call::triples(policy, tool, args).map(|(triples, args)| {
            world.args = args;
            (triples, extract::call_digest(tool, args_of(request)))
        }),
        Asked::Triple {
            tool,
            action,
            resource,
        } => call::triple(policy, tool, action, resource).map(|triple| {
            // The arguments are not told: they may be any.
            world.args = crate::issuance::open_args(policy, triple.function);
            (vec![triple], extract::triple_digest(tool, action, resource))
        }),
        Asked::Scopes { .. } | Asked::Listing { .. } => {
            return Outcome::refusal(Reason::InvalidRequest);
        }
    };
    let (triples, digest) = match asked {
        Ok(asked) => asked,
        Err((reason, _)) => return Outcome::refusal(reason),
    };
    for ancestor in &mut ancestors {
        ancestor.args = world.args.clone();
    }
    let known = world.knows_agent() && ancestors.iter().all(|ancestor| ancestor.knows_agent());
    let mut outcome = if !known {
        Outcome::refusal(Reason::UnknownAgent)
    } else if let Some(reason) = holder_and_time(request) {
        Outcome::refusal(reason)
    } else {
        let verdicts: Vec<Verdict> = triples
            .iter()
            .map(|triple| verdict(&world, &ancestors, request, triple, &digest))
            .collect();
        combine(policy, &triples, verdicts)
    };
    // What the call is, is told whatever becomes of it.
    outcome.requests = triples
        .iter()
        .map(|triple| {
            let action = policy.actions[triple.action.index()].name.clone();
            (action, segment::written(&triple.resource).into())
        })
        .collect();
    outcome.requests.sort();
    outcome.requests.dedup();
    outcome
}

/// What becomes of one triple.
struct Verdict {
    reason: Reason,
    rules: Vec<SmolStr>,
    obligations: Obligations,
}

/// All must be granted; the first reason that applies to any is reported.
fn combine(policy: &Policy, triples: &[Triple], verdicts: Vec<Verdict>) -> Outcome {
    let reason = verdicts
        .iter()
        .map(|verdict| verdict.reason)
        .min()
        .unwrap_or(Reason::InvalidRequest);
    let mut outcome = Outcome::refusal(reason);
    let step_up = [
        Reason::ApprovalRequired,
        Reason::ConsentRequired,
        Reason::BudgetExhausted,
    ];
    for verdict in verdicts {
        if verdict.reason == reason {
            outcome.rules.extend(verdict.rules);
        }
        if verdict.reason == reason
            || (step_up.contains(&reason) && step_up.contains(&verdict.reason))
        {
            merge(&mut outcome.obligations, verdict.obligations);
        }
    }
    outcome.rules.sort();
    outcome.rules.dedup();
    if reason == Reason::Granted {
        let path = triples
            .first()
            .map(|triple| policy.functions[triple.function.index()].path.clone())
            .unwrap_or_default();
        let audience = policy
            .audiences
            .iter()
            .filter(|audience| crate::duty::covers_tool(&audience.tool, &path))
            .max_by_key(|audience| audience.tool.len());
        outcome.obligations.audiences = audience
            .map(|audience| audience.audience.clone())
            .into_iter()
            .collect();
    }
    outcome
}

/// Both, the tightest of each, each once.
pub fn merge(into: &mut Obligations, more: Obligations) {
    into.lifetime = least(into.lifetime, more.lifetime);
    into.not_after = least(into.not_after, more.not_after);
    into.delegate = least(into.delegate, more.delegate);
    for duty in more.consents {
        match into.consents.iter_mut().find(|known| {
            (&known.by, &known.agent, &known.task) == (&duty.by, &duty.agent, &duty.task)
        }) {
            Some(known) => {
                known.covers.extend(duty.covers);
                known.covers.sort();
                known.covers.dedup();
            }
            None => into.consents.push(duty),
        }
    }
    for duty in more.approvals {
        match into
            .approvals
            .iter_mut()
            .find(|known| known.group == duty.group)
        {
            Some(known) => {
                known.covers.extend(duty.covers);
                known.covers.sort();
                known.covers.dedup();
            }
            None => into.approvals.push(duty),
        }
    }
    into.budgets.extend(more.budgets);
    into.consents.sort();
    into.approvals.sort();
    into.budgets.sort();
    into.budgets.dedup();
}

pub(crate) fn ancestors<'a>(
    world: &World<'a>,
    request: &'a Request,
) -> Result<Vec<World<'a>>, String> {
    let mut result = vec![];
    let held = request.credential.as_ref();
    let mut above = held.and_then(|credential| credential.parent.as_deref());
    while let Some(credential) = above {
        result.insert(0, world.of_ancestor(credential, request)?);
        above = credential.parent.as_deref();
    }
    Ok(result)
}

pub(crate) fn holder_and_time(request: &Request) -> Option<Reason> {
    let credential = request.credential.as_ref()?;
    let now = request.time?;
    if credential.agent.id != request.agent.id {
        return Some(Reason::WrongHolder);
    }
    untimely(credential, now)
}

/// Why a credential or one above it is not valid now.
pub(crate) fn untimely(credential: &Credential, now: Time) -> Option<Reason> {
    let chain = chain_of(credential);
    if chain
        .iter()
        .any(|held| now.0.saturating_add(LEEWAY) < held.issued.0)
    {
        return Some(Reason::NotYetValid);
    }
    chain
        .iter()
        .any(|held| now >= held.not_after)
        .then_some(Reason::Expired)
}

/// A credential and all that it was delegated from.
fn chain_of(credential: &Credential) -> Vec<&Credential> {
    let mut chain = vec![credential];
    while let Some(parent) = chain.last().and_then(|last| last.parent.as_deref()) {
        chain.push(parent);
    }
    chain
}

/// The end and depth of the best scope that covers a triple, or why there is none.
fn scope(
    policy: &Policy,
    credential: &Credential,
    now: Time,
    triple: &Triple,
) -> Result<Vec<(Time, u32)>, Reason> {
    let matches = |pattern: &SmolStr| {
        segment::pattern(pattern)
            .is_some_and(|pattern| pattern.matches(&triple.resource) == Truths::TRUE)
    };
    let covering: Vec<_> = credential
        .scopes
        .iter()
        .filter(|scope| {
            scope.tool == policy.functions[triple.function.index()].path
                && scope.action == policy.actions[triple.action.index()].name
                && matches(&scope.resource)
                && !scope.except.iter().any(matches)
        })
        .collect();
    if covering.is_empty() {
        return Err(Reason::OutOfScope);
    }
    let alive: Vec<_> = covering
        .iter()
        .filter(|scope| now < scope.not_after)
        .map(|scope| (scope.not_after, scope.delegate))
        .collect();
    if alive.is_empty() {
        return Err(Reason::Expired);
    }
    Ok(alive)
}

fn verdict(
    world: &World<'_>,
    ancestors: &[World<'_>],
    request: &Request,
    triple: &Triple,
    digest: &SmolStr,
) -> Verdict {
    let refusal = |reason, rules: Vec<SmolStr>| Verdict {
        reason,
        rules,
        obligations: Obligations::default(),
    };
    let mut held = None;
    if let (Some(credential), Some(now)) = (&request.credential, request.time) {
        for link in chain_of(credential) {
            match scope(world.policy, link, now, triple) {
                Ok(alive) => {
                    if held.is_none() {
                        held = Some((credential.issued, alive));
                    }
                }
                Err(reason) => return refusal(reason, vec![]),
            }
        }
    }
    // Denies first: a later reason must not mask one.
    let everyone: Vec<&World<'_>> = ancestors.iter().chain([world]).collect();
    let mut denies: Vec<SmolStr> = everyone
        .iter()
        .flat_map(|world| matching(world, None, RuleKind::Deny, triple))
        .map(|id| world.policy.rule_name(id))
        .collect();
    denies.sort();
    denies.dedup();
    if !denies.is_empty() {
        return refusal(Reason::DeniedByRule, denies);
    }
    for ancestor in ancestors {
        if default_deny(world.policy)
            .any(|layer| matching(ancestor, Some(layer), RuleKind::Grant, triple).is_empty())
        {
            return refusal(Reason::NoGrant, vec![]);
        }
    }
    let path = world.policy.functions[triple.function.index()].path.clone();
    let subject = Subject {
        tool: path,
        action: world.policy.actions[triple.action.index()].name.clone(),
        region: Shape {
            segs: triple.resource.iter().cloned().map(Seg::Lit).collect(),
            tail: Tail::End,
        },
        call: Some(digest.clone()),
        at_call: true,
    };
    let mut layers: Vec<Vec<(Offer, Standing)>> = vec![];
    for at in 0..world.policy.layers.len() {
        let layer = LayerId::new(at);
        let requires = matching(world, Some(layer), RuleKind::Require, triple);
        let mut offers = if world.policy.layers[at].default_grant {
            vec![Offer::of_guardrail()]
        } else {
            matching(world, Some(layer), RuleKind::Grant, triple)
                .into_iter()
                .map(|id| Offer::of_grant(world, id))
                .collect()
        };
        for require in requires {
            offers = offers
                .into_iter()
                .map(|offer| offer.tightened(world, require))
                .collect();
        }
        if offers.is_empty() {
            return refusal(Reason::NoGrant, vec![]);
        }
        layers.push(
            offers
                .into_iter()
                .map(|offer| {
                    let standing = standing(world, request, &offer, &subject);
                    (offer, standing)
                })
                .collect(),
        );
    }
    choose(world, held, layers)
}

/// One scope, when there is a credential, and one offer of each layer.
type Way<'o> = (Option<(Time, u32)>, Vec<&'o (Offer, Standing)>);

/// Picks one holding offer of each layer, the best alternative; or says what is missing.
fn choose(
    world: &World<'_>,
    held: Option<(Time, Vec<(Time, u32)>)>,
    layers: Vec<Vec<(Offer, Standing)>>,
) -> Verdict {
    let issued = held.as_ref().map(|(issued, _)| *issued);
    let ended = |offer: &Offer| match (issued, offer.lifetime, world.now) {
        (Some(issued), Some(lifetime), Some(now)) => {
            issued.plus(lifetime).is_some_and(|end| now >= end)
        }
        _ => false,
    };
    let mut short = Verdict {
        reason: Reason::Granted,
        rules: vec![],
        obligations: Obligations::default(),
    };
    for offers in &layers {
        let holds =
            |(offer, standing): &(Offer, Standing)| standing.missing() == 0 && !ended(offer);
        if offers.iter().any(holds) {
            continue;
        }
        let alive = offers.iter().filter(|(offer, _)| !ended(offer));
        let nearest =
            alive.min_by_key(|(offer, standing)| (standing.missing(), offer.grant.clone()));
        match nearest {
            Some((offer, standing)) => {
                short.reason = short.reason.min(standing.reason());
                short.rules.extend(offer.rules.iter().cloned());
                merge(&mut short.obligations, standing.unmet.clone());
            }
            None => {
                short.reason = Reason::Expired;
            }
        }
    }
    if short.reason != Reason::Granted {
        if short.reason == Reason::Expired {
            short.rules = vec![];
            short.obligations = Obligations::default();
        }
        short.rules.sort();
        return short;
    }
    // Every way to take one holding offer of each layer and one scope.
    let scopes: Vec<Option<(Time, u32)>> = match &held {
        Some((_, scopes)) => scopes.iter().copied().map(Some).collect(),
        None => vec![None],
    };
    let mut ways: Vec<Way<'_>> = scopes.into_iter().map(|scope| (scope, vec![])).collect();
    for offers in &layers {
        ways = ways
            .into_iter()
            .flat_map(|(scope, way)| {
                offers
                    .iter()
                    .filter(|(offer, standing)| standing.missing() == 0 && !ended(offer))
                    .map(move |offer| {
                        let mut way = way.clone();
                        way.push(offer);
                        (scope, way)
                    })
            })
            .collect();
    }
    let limits = |(scope, way): &Way<'_>| {
        let lifetime = way
            .iter()
            .fold(None, |all, (offer, _)| least(all, offer.lifetime));
        let delegate = way
            .iter()
            .fold(scope.map(|(_, depth)| depth), |all, (offer, _)| {
                least(all, offer.delegate)
            });
        let end = match (issued, lifetime) {
            (Some(issued), Some(lifetime)) => issued.plus(lifetime),
            _ => None,
        };
        let not_after = least(end, scope.map(|(end, _)| end));
        (lifetime, delegate, not_after)
    };
    let names = |way: &[&(Offer, Standing)]| -> Vec<Option<SmolStr>> {
        way.iter().map(|(offer, _)| offer.grant.clone()).collect()
    };
    let best = ways.iter().min_by(|a, b| {
        let (lifetime_a, delegate_a, end_a) = limits(a);
        let (lifetime_b, delegate_b, end_b) = limits(b);
        end_b
            .cmp(&end_a)
            .then(lifetime_b.cmp(&lifetime_a))
            .then(delegate_b.cmp(&delegate_a))
            .then_with(|| names(&a.1).cmp(&names(&b.1)))
    });
    let Some(best) = best else {
        return short;
    };
    let (lifetime, delegate, not_after) = limits(best);
    let mut verdict = Verdict {
        reason: Reason::Granted,
        rules: vec![],
        obligations: Obligations {
            lifetime,
            delegate,
            not_after,
            ..Obligations::default()
        },
    };
    for (offer, standing) in &best.1 {
        verdict.rules.extend(offer.rules.iter().cloned());
        merge(&mut verdict.obligations, standing.met.clone());
    }
    verdict.rules.sort();
    verdict.rules.dedup();
    verdict
}

/// The rules of a kind that match, of one layer or of all.
#[must_use]
pub fn matching(
    world: &World<'_>,
    layer: Option<LayerId>,
    kind: RuleKind,
    triple: &Triple,
) -> Vec<RuleId> {
    (0..world.policy.rules.len())
        .map(RuleId::new)
        .filter(|id| {
            let rule = &world.policy.rules[id.index()];
            rule.kind == kind && layer.is_none_or(|layer| rule.layer == layer)
        })
        .filter(|id| {
            let truth = rules::matches(world, *id, triple);
            match kind {
                RuleKind::Grant => truth == Truths::TRUE,
                RuleKind::Deny | RuleKind::Require => truth != Truths::FALSE,
            }
        })
        .collect()
}

fn default_deny(policy: &Policy) -> impl Iterator<Item = LayerId> {
    policy
        .layers
        .iter()
        .enumerate()
        .filter(|(_, layer)| !layer.default_grant)
        .map(|(at, _)| LayerId::new(at))
}

fn args_of(request: &Request) -> &placet_model::json::Fields {
    static NOTHING: placet_model::json::Fields = Vec::new();
    match &request.asked {
        Asked::Call { args, .. } => args,
        _ => &NOTHING,
    }
}
