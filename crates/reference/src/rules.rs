//! When a rule matches: all of its clauses, one arm for each of its patterns.

use placet_model::ids::{ActionId, FunctionId, PatternId, RuleId};
use placet_model::policy::{Agents, Extract, Hole, Policy, Rule, Segment, Users};
use placet_model::value::Value;

use crate::eval::Eval;
use crate::extract;
use crate::segment::{Seg, Shape, Tail, decode, is_segment};
use crate::truth::Truths;
use crate::value::V;
use crate::world::{Place, World};

/// What is asked at run time: one function, one action, one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Triple {
    /// The function.
    pub function: FunctionId,
    /// The action.
    pub action: ActionId,
    /// Decoded segments.
    pub resource: Vec<String>,
}

/// Where each capture of a rule stands.
pub type Captures = Vec<(u32, usize)>;

/// Whether a rule matches a triple.
#[must_use]
pub fn matches(world: &World<'_>, id: RuleId, triple: &Triple) -> Truths {
    let rule = &world.policy.rules[id.index()];
    let heads = heads(world, rule, triple.function, triple.action);
    // What is false stays false in a conjunction: here and below, the rest need not be read.
    if heads == Truths::FALSE {
        return heads;
    }
    let arms = if rule.resources.is_empty() {
        let place = Place {
            resource: Some(triple.resource.clone()),
            called: true,
            captures: vec![],
        };
        conditions(world, rule, &place)
    } else {
        rule.resources
            .iter()
            .flat_map(|pattern| shapes(world, *pattern))
            .fold(Truths::FALSE, |any, (shape, captures)| {
                let arm = shape.matches(&triple.resource);
                if arm == Truths::FALSE {
                    return any;
                }
                let place = Place {
                    resource: Some(triple.resource.clone()),
                    called: true,
                    captures: captured(rule, &captures, |at| triple.resource.get(at).cloned()),
                };
                any.or(arm.and(conditions(world, rule, &place)))
            })
    };
    heads.and(arms)
}

/// The clauses that do not look at the resource or at facts.
#[must_use]
pub fn heads(world: &World<'_>, rule: &Rule, function: FunctionId, action: ActionId) -> Truths {
    let moment = rule.moment.is_none_or(|moment| moment == world.moment);
    let functions = rule
        .functions
        .as_ref()
        .is_none_or(|functions| functions.contains(&function));
    let actions = rule
        .actions
        .as_ref()
        .is_none_or(|actions| actions.contains(&action));
    Truths::of(moment && functions && actions)
        .and(agents(world, &rule.agents))
        .and(users(world, &rule.users))
}

/// The `when` and `unless` clauses.
#[must_use]
pub fn conditions(world: &World<'_>, rule: &Rule, place: &Place) -> Truths {
    let mut all = Truths::TRUE;
    for condition in &rule.conditions {
        let truth = Eval::new(world, place).truth(condition.expr);
        all = all.and(if condition.unless {
            truth.negated()
        } else {
            truth
        });
        if all == Truths::FALSE {
            break;
        }
    }
    all
}

/// What the captures of a rule are, given the segments that are known.
#[must_use]
pub fn captured(
    rule: &Rule,
    captures: &Captures,
    segment: impl Fn(usize) -> Option<String>,
) -> Vec<V> {
    (0..rule.captures.len())
        .map(|capture| {
            captures
                .iter()
                .find(|(bound, _)| *bound as usize == capture)
                .and_then(|(_, at)| segment(*at))
                .map_or(V::Open, V::text)
        })
        .collect()
}

fn agents(world: &World<'_>, clause: &Agents) -> Truths {
    match clause {
        Agents::All => Truths::TRUE,
        Agents::Named(names) => Truths::of(names.contains(&world.agent.id)),
        Agents::In(groups) => groups.iter().fold(Truths::FALSE, |any, group| {
            any.or(world.in_group(&world.agent, *group))
        }),
    }
}

fn users(world: &World<'_>, clause: &Users) -> Truths {
    match (clause, &world.user) {
        (Users::All, _) => Truths::TRUE,
        (Users::Any, user) => Truths::of(user.is_some()),
        (Users::None, user) => Truths::of(user.is_none()),
        (Users::Named(_) | Users::In(_), None) => Truths::FALSE,
        (Users::Named(names), Some(user)) => Truths::of(names.contains(&user.id)),
        (Users::In(groups), Some(user)) => groups.iter().fold(Truths::FALSE, |any, group| {
            any.or(world.in_group(user, *group))
        }),
    }
}

/// A rule pattern with its holes filled: one shape for each choice of set members.
#[must_use]
pub fn shapes(world: &World<'_>, pattern: PatternId) -> Vec<(Shape, Captures)> {
    let pattern = &world.policy.patterns[pattern.index()];
    let end = if pattern.tail { Tail::Rest } else { Tail::End };
    let start = Shape {
        segs: vec![],
        tail: end,
    };
    let mut result = vec![(start, vec![])];
    for segment in &pattern.segments {
        let choices: Vec<(Vec<Seg>, Option<Tail>)> = match segment {
            Segment::Hole(hole) => filled(world, hole),
            Segment::Capture(_) => vec![(vec![Seg::any()], None)],
            plain => vec![(vec![plain_segment(plain)], None)],
        };
        let mut next = vec![];
        for (shape, captures) in result {
            for (segs, tail) in &choices {
                let mut shape: Shape = shape.clone();
                let mut captures: Captures = captures.clone();
                if let Segment::Capture(capture) = segment {
                    captures.push((*capture, shape.segs.len()));
                }
                shape.segs.extend(segs.iter().cloned());
                shape.tail = tail.unwrap_or(shape.tail);
                next.push((shape, captures));
            }
        }
        result = next;
    }
    result
}

/// A pattern without holes: of resource facts, of histories.
#[must_use]
pub fn plain(policy: &Policy, pattern: PatternId) -> Shape {
    let pattern = &policy.patterns[pattern.index()];
    Shape {
        segs: pattern.segments.iter().map(plain_segment).collect(),
        tail: if pattern.tail { Tail::Rest } else { Tail::End },
    }
}

/// A template as a pattern: what any call may make of it.
#[must_use]
pub fn template(policy: &Policy, pattern: PatternId) -> Shape {
    let pattern = &policy.patterns[pattern.index()];
    let mut segs = vec![];
    let mut tail = if pattern.tail { Tail::Rest } else { Tail::End };
    for segment in &pattern.segments {
        match segment {
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => segs.push(Seg::any()),
                Extract::Email => segs.extend([Seg::any(), Seg::any()]),
                Extract::Path => tail = Tail::Rest,
                Extract::Url => {
                    segs.extend([Seg::any(), Seg::any(), Seg::any()]);
                    tail = Tail::Rest;
                }
            },
            plain => segs.push(plain_segment(plain)),
        }
    }
    Shape { segs, tail }
}

fn plain_segment(segment: &Segment) -> Seg {
    let decoded = |text: &str| decode(text).expect("the compiler writes canonical patterns");
    match segment {
        Segment::Literal(text) => Seg::Lit(decoded(text)),
        Segment::Glob { prefix, suffix } => Seg::Glob(decoded(prefix), decoded(suffix)),
        Segment::Any | Segment::Capture(_) | Segment::Hole(_) => Seg::any(),
    }
}

/// The ways to fill a hole: segments, and a new end where they are many.
fn filled(world: &World<'_>, hole: &Hole) -> Vec<(Vec<Seg>, Option<Tail>)> {
    let place = Place::default();
    let value = Eval::new(world, &place).value(hole.value);
    let values = match &value {
        V::Set(members) | V::List(members) if members.is_empty() => vec![V::Undefined],
        V::Set(members) | V::List(members) => members.clone(),
        _ => vec![value],
    };
    values
        .into_iter()
        .map(|value| match (value, hole.extract) {
            (V::Open, Extract::Path | Extract::Url) => (vec![], Some(Tail::Open)),
            (V::Open, Extract::Email) => (vec![Seg::Open, Seg::Open], None),
            (V::Open, _) => (vec![Seg::Open], None),
            (value, extract) => match segments(&value, extract) {
                Some(texts) => (texts.into_iter().map(Seg::Lit).collect(), None),
                None => match extract {
                    Extract::Path | Extract::Url => (vec![], Some(Tail::Undefined)),
                    Extract::Email => (vec![Seg::Undefined, Seg::Undefined], None),
                    _ => (vec![Seg::Undefined], None),
                },
            },
        })
        .collect()
}

/// The decoded segments that a value becomes; `None` when it becomes none.
#[must_use]
pub fn segments(value: &V, extract: Extract) -> Option<Vec<String>> {
    let text = match value {
        V::Scalar(Value::Text(text)) => text.to_string(),
        V::Scalar(Value::Int(number)) => number.to_string(),
        _ => return None,
    };
    let texts = match extract {
        Extract::Text => vec![text],
        Extract::Lower => vec![text.to_ascii_lowercase()],
        Extract::Path | Extract::Url | Extract::Email => extract::segments(extract, &text)?,
    };
    let good = texts.iter().all(|text| is_segment(text));
    good.then_some(texts)
}
