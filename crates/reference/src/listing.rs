//! Listing: per tool, before arguments exist.

use placet_model::credential::Scope;
use placet_model::decision::{Answer, Reason};
use placet_model::ids::{FunctionId, LayerId, PatternId, RuleId};
use placet_model::policy::{Expr, Moment, Policy, RuleKind, Segment, Type};
use placet_model::request::{Asked, Request};
use smol_str::SmolStr;

use crate::duty::{Offer, Subject, covers_tool, standing};
use crate::eval::Eval;
use crate::issuance::{Applies, Pair, of_kind, open_args};
use crate::outcome::Outcome;
use crate::rules;
use crate::segment::{self, Region, Shape};
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
    let Ok(ancestors) = crate::runtime::ancestors(&world, request) else {
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
        .filter(|(path, answer)| *answer != Answer::No || tool.as_ref() == Some(path))
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
                Answer::No
                    if applies == Truths::TRUE && every_call(world.policy, function, *template) =>
                {
                    return Answer::No;
                }
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

/// Whether each call makes a request of a template: its arguments are there, and one each.
fn every_call(policy: &Policy, function: FunctionId, template: PatternId) -> bool {
    let params = policy.functions[function.index()]
        .params
        .map(|params| &policy.types[params.index()]);
    let Some(Type::Record(params)) = params else {
        return false;
    };
    let segments = &policy.patterns[template.index()].segments;
    segments.iter().all(|segment| {
        let Segment::Hole(hole) = segment else {
            return true;
        };
        let Expr::Arg(name) = &policy.exprs[hole.value.index()] else {
            return false;
        };
        params.iter().any(|param| {
            let many = matches!(policy.types[param.ty.index()], Type::Set(_) | Type::List(_));
            param.name == *name && !many && (param.default.is_some() || !param.optional)
        })
    })
}

fn region_answer(pair: &Pair<'_>, above: &[Pair<'_>], request: &Request, region: &Shape) -> Answer {
    let policy = pair.world.policy;
    let mut certain = true;
    let mut parts = vec![region.clone()];
    // The credential is a layer too, and each above it another.
    let mut link = request.credential.as_ref();
    while let Some(credential) = link {
        let scopes: Vec<Region> = credential
            .scopes
            .iter()
            .filter(|scope| {
                scope.tool == policy.functions[pair.function.index()].path
                    && scope.action == policy.actions[pair.action.index()].name
                    && pair.world.now.is_some_and(|now| now < scope.not_after)
            })
            .filter_map(region_of)
            .collect();
        let whole: Vec<Region> = scopes
            .iter()
            .filter(|(_, except)| except.is_empty())
            .cloned()
            .collect();
        certain &= segment::covers(&whole, region);
        parts = parts
            .iter()
            .flat_map(|part| {
                scopes.iter().flat_map(|(shape, except)| {
                    let cuts: Vec<Region> =
                        except.iter().map(|cut| (cut.clone(), vec![])).collect();
                    let mut both = shape.intersect(part);
                    both.retain(|part| !segment::covers(&cuts, part));
                    both
                })
            })
            .collect();
        link = credential.parent.as_deref();
    }
    if parts.is_empty() {
        return Answer::No;
    }
    let everyone: Vec<&Pair<'_>> = above.iter().chain([pair]).collect();
    for who in &everyone {
        for id in (0..policy.rules.len()).map(RuleId::new) {
            if policy.rules[id.index()].kind != RuleKind::Deny {
                continue;
            }
            match who.applies(id, region) {
                Applies::Wholly => return Answer::No,
                Applies::Perhaps => certain = false,
                Applies::Never => {}
            }
        }
    }
    for (at, who) in everyone.iter().enumerate() {
        let acting = at + 1 == everyone.len();
        for layer in (0..policy.layers.len()).map(LayerId::new) {
            match layer_answer(who, layer, acting, request, region, &parts) {
                Answer::No => return Answer::No,
                Answer::Depends => certain = false,
                Answer::Yes => {}
            }
        }
    }
    if certain {
        Answer::Yes
    } else {
        Answer::Depends
    }
}

fn region_of(scope: &Scope) -> Option<Region> {
    let except = scope.except.iter().map(|cut| segment::pattern(cut));
    Some((
        segment::pattern(&scope.resource)?,
        except.collect::<Option<_>>()?,
    ))
}

/// What a layer says of a region.
fn layer_answer(
    who: &Pair<'_>,
    layer: LayerId,
    acting: bool,
    request: &Request,
    region: &Shape,
    parts: &[Shape],
) -> Answer {
    let policy = who.world.policy;
    let grants: Vec<Option<RuleId>> = if policy.layers[layer.index()].default_grant {
        vec![None]
    } else {
        of_kind(policy, layer, RuleKind::Grant)
            .into_iter()
            .filter(|id| {
                parts
                    .iter()
                    .any(|part| !who.grantable(*id, part).is_empty())
            })
            .map(Some)
            .collect()
    };
    let mut may = false;
    let mut certain: Vec<Region> = vec![];
    for grant in grants {
        let shapes = match grant {
            None => vec![Shape::all()],
            Some(id) => who.certain(id, region),
        };
        let regions = shapes.into_iter().map(|shape| (shape, vec![]));
        if !acting {
            // Duties and lifetimes are the acting agent's.
            may = true;
            certain.extend(regions);
            continue;
        }
        let (least, most) = offers(who, layer, grant, region);
        if lapsed(who, request, &least) {
            continue;
        }
        may = true;
        if !lapsed(who, request, &most) && duties_met(who, request, &most, region) {
            certain.extend(regions);
        }
    }
    if !may {
        Answer::No
    } else if segment::covers(&certain, region) {
        Answer::Yes
    } else {
        Answer::Depends
    }
}

/// What a grant offers with the requires that apply for certain, and with all that may.
fn offers(who: &Pair<'_>, layer: LayerId, grant: Option<RuleId>, region: &Shape) -> (Offer, Offer) {
    let bare = grant.map_or_else(Offer::of_guardrail, |id| Offer::of_grant(&who.world, id));
    let (mut least, mut most) = (bare.clone(), bare);
    for require in of_kind(who.world.policy, layer, RuleKind::Require) {
        match who.applies(require, region) {
            Applies::Never => continue,
            Applies::Wholly => least = least.tightened(&who.world, require),
            Applies::Perhaps => {}
        }
        most = most.tightened(&who.world, require);
    }
    (least, most)
}

/// Whether an offer has ended under the credential.
fn lapsed(who: &Pair<'_>, request: &Request, offer: &Offer) -> bool {
    let issued = request.credential.as_ref().map(|held| held.issued);
    match (issued, offer.lifetime, who.world.now) {
        (Some(issued), Some(lifetime), Some(now)) => {
            issued.plus(lifetime).is_some_and(|end| now >= end)
        }
        _ => false,
    }
}

/// Whether the duties of an offer are met for every call that touches a region.
fn duties_met(pair: &Pair<'_>, request: &Request, offer: &Offer, region: &Shape) -> bool {
    let policy = pair.world.policy;
    let subject = Subject {
        tool: policy.functions[pair.function.index()].path.clone(),
        action: policy.actions[pair.action.index()].name.clone(),
        region: region.clone(),
        call: None,
        at_call: true,
    };
    standing(&pair.world, request, offer, &subject).missing() == 0
}
