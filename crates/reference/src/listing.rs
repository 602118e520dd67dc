//! Listing: per tool, before arguments exist.

use placet_model::decision::{Answer, Reason};
use placet_model::ids::{FunctionId, LayerId, RuleId};
use placet_model::policy::{Moment, Policy, RuleKind};
use placet_model::request::{Asked, Request};
use smol_str::SmolStr;

use crate::duty::{Offer, Subject, covers_tool, standing};
use crate::eval::Eval;
use crate::issuance::{Applies, Pair, of_kind, open_args};
use crate::outcome::Outcome;
use crate::rules;
use crate::segment::{self, Shape};
use crate::truth::Truths;
use crate::world::{Place, World};

/// Which tools are worth showing, under the request's credential.
#[must_use]
pub fn listing(policy: &Policy, request: &Request) -> Outcome {
    if request.credential.is_none() {
        return Outcome::refusal(Reason::InvalidRequest);
    }
    list(policy, request)
}

/// Which tools are worth showing by the policy alone.
#[must_use]
pub fn listing_without_credential(policy: &Policy, request: &Request) -> Outcome {
    if request.credential.is_some() {
        return Outcome::refusal(Reason::InvalidRequest);
    }
    list(policy, request)
}

fn list(policy: &Policy, request: &Request) -> Outcome {
    let Asked::Listing { tool } = &request.asked else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    let Ok(world) = World::of(policy, Moment::Runtime, request) else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    let Ok(ancestors) = crate::runtime::ancestors(&world, request.credential.as_ref()) else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    let wanted: Vec<FunctionId> = (0..policy.functions.len())
        .map(FunctionId::new)
        .filter(|id| {
            tool.as_ref()
                .is_none_or(|tool| covers_tool(tool, &policy.functions[id.index()].path))
        })
        .collect();
    if wanted.is_empty() {
        return Outcome::refusal(Reason::UnknownTool);
    }
    if !world.knows_agent() || ancestors.iter().any(|ancestor| !ancestor.knows_agent()) {
        return Outcome::refusal(Reason::UnknownAgent);
    }
    if let Some(reason) = crate::runtime::holder_and_time(request) {
        return Outcome::refusal(reason);
    }
    let mut outcome = Outcome::refusal(Reason::Granted);
    outcome.tools = wanted
        .into_iter()
        .map(|function| {
            let answer = answer(&world, &ancestors, request, function);
            (policy.functions[function.index()].path.clone(), answer)
        })
        .filter(|(_, answer)| *answer != Answer::No)
        .collect::<Vec<(SmolStr, Answer)>>();
    outcome
}

/// What may become of a region: all of it granted, none of it, or neither.
fn answer(
    world: &World<'_>,
    ancestors: &[World<'_>],
    request: &Request,
    function: FunctionId,
) -> Answer {
    let mut bound = world.clone();
    bound.args = open_args(world.policy, function);
    let lines = &world.policy.functions[function.index()].lines;
    let mut yes = true;
    let mut no = true;
    for line in lines {
        let place = Place::default();
        let applies = line
            .when
            .map_or(Truths::TRUE, |when| Eval::new(&bound, &place).truth(when));
        if !applies.may_be_true() {
            continue;
        }
        for template in &line.templates {
            let region = rules::template(world.policy, *template);
            let pair = Pair {
                world: bound.clone(),
                function,
                action: line.action,
            };
            let above: Vec<Pair<'_>> = ancestors
                .iter()
                .map(|ancestor| {
                    let mut world = ancestor.clone();
                    world.args = bound.args.clone();
                    Pair {
                        world,
                        function,
                        action: line.action,
                    }
                })
                .collect();
            match region_answer(&pair, &above, request, &region) {
                Answer::Yes => no = false,
                Answer::No => yes = false,
                Answer::Depends => {
                    yes = false;
                    no = false;
                }
            }
        }
    }
    match (yes, no) {
        (_, true) => Answer::No,
        (true, false) => Answer::Yes,
        (false, false) => Answer::Depends,
    }
}

fn region_answer(pair: &Pair<'_>, above: &[Pair<'_>], request: &Request, region: &Shape) -> Answer {
    let policy = pair.world.policy;
    let mut certain = true;
    let mut region_parts = vec![region.clone()];
    // The credential is a layer too.
    let mut link = request.credential.as_ref();
    while let Some(credential) = link {
        let scopes: Vec<_> = credential
            .scopes
            .iter()
            .filter(|scope| {
                scope.tool == policy.functions[pair.function.index()].path
                    && scope.action == policy.actions[pair.action.index()].name
                    && pair.world.now.is_some_and(|now| now < scope.not_after)
            })
            .filter_map(|scope| Some((segment::pattern(&scope.resource)?, &scope.except)))
            .collect();
        certain &= scopes
            .iter()
            .any(|(shape, except)| except.is_empty() && shape.includes(region));
        region_parts = region_parts
            .iter()
            .flat_map(|part| scopes.iter().flat_map(|(shape, _)| shape.intersect(part)))
            .collect();
        link = credential.parent.as_deref();
    }
    if region_parts.is_empty() {
        return Answer::No;
    }
    for pair in above.iter().chain([pair]) {
        for id in (0..policy.rules.len()).map(RuleId::new) {
            if policy.rules[id.index()].kind != RuleKind::Deny {
                continue;
            }
            match pair.applies(id, region) {
                Applies::Wholly => return Answer::No,
                Applies::Perhaps => certain = false,
                Applies::Never => {}
            }
        }
    }
    let mut chains: Vec<&Pair<'_>> = above.iter().collect();
    chains.push(pair);
    for (at, who) in chains.iter().enumerate() {
        let acting = at + 1 == chains.len();
        for (layer, declared) in policy.layers.iter().enumerate() {
            let layer = LayerId::new(layer);
            let requires: Vec<RuleId> = of_kind(policy, layer, RuleKind::Require);
            let mut holds = declared.default_grant && !acting;
            let mut may = holds;
            let grants: Vec<Option<RuleId>> = if declared.default_grant {
                vec![None]
            } else {
                of_kind(policy, layer, RuleKind::Grant)
                    .into_iter()
                    .map(Some)
                    .collect()
            };
            for grant in grants {
                let (possible, certainly) = match grant {
                    None => (true, true),
                    Some(id) => (
                        region_parts
                            .iter()
                            .any(|part| !who.grantable(id, part).is_empty()),
                        who.covers(id, region),
                    ),
                };
                if !possible {
                    continue;
                }
                if !acting {
                    may = true;
                    holds |= certainly;
                    continue;
                }
                let offer =
                    grant.map_or_else(Offer::of_guardrail, |id| Offer::of_grant(&who.world, id));
                let (met, hopeless) = duties(who, request, offer, &requires, region);
                may |= !hopeless;
                holds |= certainly && met;
            }
            if !may {
                return Answer::No;
            }
            certain &= holds;
        }
    }
    if certain {
        Answer::Yes
    } else {
        Answer::Depends
    }
}

/// Whether an offer's duties are met on a whole region, and whether they are met nowhere.
fn duties(
    pair: &Pair<'_>,
    request: &Request,
    offer: Offer,
    requires: &[RuleId],
    region: &Shape,
) -> (bool, bool) {
    let policy = pair.world.policy;
    let subject = Subject {
        tool: policy.functions[pair.function.index()].path.clone(),
        action: policy.actions[pair.action.index()].name.clone(),
        region: region.clone(),
        call: Some("".into()),
    };
    let mut tightened = offer;
    for require in requires {
        if pair.applies(*require, region) != Applies::Never {
            tightened = tightened.tightened(&pair.world, *require);
        }
    }
    let met = standing(&pair.world, request, &tightened, &subject).missing() == 0;
    (met, false)
}
