//! Which of the grants that match is taken: one of each layer, the best together.

use placet_model::decision::{Obligations, Reason};
use placet_model::ids::RuleId;
use placet_model::pattern::{Concrete, Seg};
use placet_model::question::Question;
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

use super::{Prepared, Verdict};
use crate::call::Triple;
use crate::duties::{self, Offer, Standing, Subject, least, merge};
use crate::engine::Engine;
use crate::eval::Eval;
use crate::inputs::Read;

/// Picks one holding offer of each layer, the best alternative; or says what is missing.
pub(super) fn choose(
    engine: &Engine,
    request: &Question<'_>,
    prepared: &Prepared<'_>,
    triple: &Triple,
    eval: &Eval<'_>,
    held: &[(Time, u32)],
    layers: Vec<(bool, Vec<RuleId>, Vec<RuleId>)>,
) -> Verdict {
    let policy = engine.policy();
    let inputs = eval.inputs;
    let segments = triple
        .resource
        .get()
        .segments()
        .map(|text| Seg::Literal(text.into()))
        .collect();
    let Ok(here) = Concrete::new(segments, false) else {
        return Verdict::refused(Reason::InvalidRequest, Vec::new());
    };
    let path = policy
        .functions
        .get(triple.function.index())
        .map(|function| &function.path);
    let action = policy
        .actions
        .get(triple.action.index())
        .map(|action| &action.name);
    let subject = Subject {
        tool: path.map(SmolStr::as_str).unwrap_or_default(),
        action: action.map(SmolStr::as_str).unwrap_or_default(),
        region: &here,
        call: Some(&prepared.digest),
        at_call: true,
    };
    let end_of = |lifetime: Option<Duration>| match (inputs.issued, lifetime) {
        (Some(issued), Some(lifetime)) => Some(issued.plus(lifetime).unwrap_or(Time(i64::MAX))),
        _ => None,
    };
    let mut reason = Reason::Granted;
    let mut rules = Vec::new();
    let mut unmet = Obligations::default();
    let mut holding: Vec<Vec<(Offer, Standing)>> = Vec::new();
    for (guardrail, grants, requires) in layers {
        let mut alive = Vec::new();
        for offer in offers(engine, guardrail, &grants, &requires) {
            if let (Some(end), Some(now), Some(lifetime)) =
                (end_of(offer.lifetime), inputs.now, offer.lifetime)
            {
                eval.trace.read(Read::Lapsed(lifetime.0));
                if now >= end {
                    continue;
                }
            }
            let standing = duties::standing(eval, request, &offer, &subject);
            alive.push((offer, standing));
        }
        if alive.iter().any(|(_, standing)| standing.missing() == 0) {
            alive.retain(|(_, standing)| standing.missing() == 0);
            holding.push(alive);
            continue;
        }
        let nearest = alive
            .into_iter()
            .min_by(|(a, x), (b, y)| (x.missing(), &a.name).cmp(&(y.missing(), &b.name)));
        match nearest {
            Some((offer, standing)) => {
                reason = reason.min(standing.reason());
                rules.extend(offer.rules);
                merge(&mut unmet, standing.unmet);
            }
            None => reason = Reason::Expired,
        }
    }
    if reason == Reason::Expired {
        return Verdict::refused(reason, Vec::new());
    }
    if reason != Reason::Granted {
        return Verdict {
            reason,
            rules,
            obligations: unmet,
        };
    }
    best(holding, held, end_of)
}

/// The offers of a layer: each grant tightened by every require.
fn offers(engine: &Engine, guardrail: bool, grants: &[RuleId], requires: &[RuleId]) -> Vec<Offer> {
    let policy = engine.policy();
    let mut offers: Vec<Offer> = if guardrail {
        vec![Offer::guardrail()]
    } else {
        grants.iter().map(|id| Offer::grant(policy, *id)).collect()
    };
    for offer in &mut offers {
        for id in requires {
            if let Some(rule) = policy.rules.get(id.index()) {
                offer.tighten(*id, &rule.duties);
            }
        }
    }
    offers
}

/// Of all ways to take one scope and one holding offer of each layer, the one that ends
/// last, then lives longest, then delegates deepest, then has the first names. Limits are
/// minima, so each criterion is met layer by layer: what falls short of the best that all
/// layers can reach is left out.
fn best(
    mut holding: Vec<Vec<(Offer, Standing)>>,
    held: &[(Time, u32)],
    end_of: impl Fn(Option<Duration>) -> Option<Time>,
) -> Verdict {
    let mut scopes: Vec<Option<(Time, u32)>> = if held.is_empty() {
        vec![None]
    } else {
        held.iter().copied().map(Some).collect()
    };
    let not_after = narrow(
        &mut holding,
        &mut scopes,
        |offer| end_of(offer.lifetime),
        |scope| scope.map(|(end, _)| end),
    );
    let lifetime = narrow(&mut holding, &mut scopes, |offer| offer.lifetime, |_| None);
    let delegate = narrow(
        &mut holding,
        &mut scopes,
        |offer| offer.delegate,
        |scope| scope.map(|(_, depth)| depth),
    );
    let mut verdict = Verdict {
        reason: Reason::Granted,
        rules: Vec::new(),
        obligations: Obligations {
            lifetime,
            not_after,
            delegate,
            ..Obligations::default()
        },
    };
    for layer in holding {
        if let Some((offer, standing)) = layer
            .into_iter()
            .min_by(|(a, _), (b, _)| a.name.cmp(&b.name))
        {
            verdict.rules.extend(offer.rules);
            merge(&mut verdict.obligations, standing.met);
        }
    }
    verdict
}

/// Leaves in each layer what reaches the best limit that all layers together can, and
/// gives that limit.
fn narrow<T: Ord + Copy>(
    holding: &mut [Vec<(Offer, Standing)>],
    scopes: &mut Vec<Option<(Time, u32)>>,
    of_offer: impl Fn(&Offer) -> Option<T>,
    of_scope: impl Fn(Option<(Time, u32)>) -> Option<T>,
) -> Option<T> {
    // `None` is no limit at all, the best there is.
    let highest = |limits: &mut dyn Iterator<Item = Option<T>>| -> Option<T> {
        let mut top: Option<T> = None;
        for limit in limits {
            top = Some(limit?.max(top.unwrap_or(limit?)));
        }
        top
    };
    let mut limit = highest(&mut scopes.iter().map(|scope| of_scope(*scope)));
    for layer in holding.iter() {
        limit = least(
            limit,
            highest(&mut layer.iter().map(|(offer, _)| of_offer(offer))),
        );
    }
    let reaches = |own: Option<T>| match (own, limit) {
        (Some(own), Some(limit)) => own >= limit,
        (None, _) | (_, None) => true,
    };
    scopes.retain(|scope| reaches(of_scope(*scope)));
    for layer in holding {
        layer.retain(|(offer, _)| reaches(of_offer(offer)));
    }
    limit
}
