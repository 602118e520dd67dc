//! What a captured segment is compared with: the samples in which the comparison holds.

use std::collections::BTreeSet;

use placet_model::ids::{ExprId, FactId, PatternId};
use placet_model::json::Json;
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Entity, Expr, Extract, Policy, Rule, Segment};
use placet_model::request::Request;
use placet_model::resource::encode_segment;
use placet_model::value::Value;
use smol_str::SmolStr;

/// The texts that a rule's conditions compare its captures with, as far as they are told.
pub(super) fn compared(policy: &Policy, who: &Request, rule: &Rule) -> BTreeSet<(u32, SmolStr)> {
    let mut found = BTreeSet::new();
    if rule.captures.is_empty() {
        return found;
    }
    let mut pending: Vec<ExprId> = rule.conditions.iter().map(|one| one.expr).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = pending.pop() {
        let Some(expr) = policy.exprs.get(id.index()).filter(|_| seen.insert(id)) else {
            continue;
        };
        expr.for_each_child(|child| pending.push(child));
        let (Expr::Compare(_, a, b) | Expr::In(a, b) | Expr::Contains(b, a)) = expr else {
            continue;
        };
        let captured = |id: &ExprId| match policy.exprs.get(id.index()) {
            Some(Expr::Capture(at)) => Some(*at),
            _ => None,
        };
        for (one, other) in [(a, b), (b, a)] {
            if let Some(capture) = captured(one) {
                found.extend(
                    texts(policy, who, *other)
                        .into_iter()
                        .map(|text| (capture, text)),
                );
            }
        }
    }
    found
}

/// A region of a pattern with a captured segment that is this text.
pub(super) fn set(
    policy: &Policy,
    pattern: PatternId,
    capture: u32,
    region: &Concrete,
    text: &str,
) -> Option<Concrete> {
    let mut depth = 0;
    for segment in &policy.patterns.get(pattern.index())?.segments {
        match segment {
            Segment::Capture(at) if *at == capture => {
                let mut segments = region.segments().to_vec();
                *segments.get_mut(depth)? = Seg::Literal(encode_segment(text).ok()?);
                return Concrete::new(segments, region.tail()).ok();
            }
            Segment::Hole(hole) if hole.extract == Extract::Email => depth += 2,
            _ => depth += 1,
        }
    }
    None
}

fn texts(policy: &Policy, who: &Request, id: ExprId) -> Vec<SmolStr> {
    match policy.exprs.get(id.index()) {
        Some(Expr::Const(Value::Text(text))) => vec![text.clone()],
        Some(Expr::Const(value)) => value
            .members()
            .unwrap_or_default()
            .iter()
            .filter_map(|member| match member {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        Some(Expr::UserId) => who.user.iter().map(|user| user.id.clone()).collect(),
        Some(Expr::AgentId) => vec![who.agent.id.clone()],
        Some(Expr::TaskId) => who.task.iter().map(|task| task.id.clone()).collect(),
        Some(Expr::Fact(fact)) => told(policy, who, *fact),
        _ => Vec::new(),
    }
}

/// The texts of a fact that a request tells.
fn told(policy: &Policy, who: &Request, id: FactId) -> Vec<SmolStr> {
    let Some(fact) = policy.facts.get(id.index()) else {
        return Vec::new();
    };
    let fields = match fact.entity {
        Entity::Agent => Some(&who.agent.facts),
        Entity::User => who.user.as_ref().map(|user| &user.facts),
        Entity::Task => who.task.as_ref().map(|task| &task.facts),
        Entity::Context => Some(&who.context),
    };
    let value = fields
        .into_iter()
        .flatten()
        .find(|(name, _)| *name == fact.field.name);
    match value {
        Some((_, Json::String(text))) => vec![text.clone()],
        Some((_, Json::Array(items))) => items
            .iter()
            .filter_map(|item| match item {
                Json::String(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
