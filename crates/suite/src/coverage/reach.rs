//! How far clauses reach, as far as it can be read off the typed policy for certain.

use placet_model::policy::{Agents, Extract, GroupKind, Pattern, Policy, Segment};

/// Whether it is one segment whatever the inputs are.
fn is_single(segment: &Segment) -> bool {
    match segment {
        Segment::Hole(hole) => matches!(hole.extract, Extract::Text | Extract::Lower),
        _ => true,
    }
}

/// Whether no resource is in both, for certain: their first segments differ.
pub(super) fn apart(one: &Pattern, other: &Pattern) -> bool {
    let segments = one.segments.iter().zip(&other.segments);
    let mut placed = segments.take_while(|(one, other)| is_single(one) && is_single(other));
    placed.any(|pair| match pair {
        (Segment::Literal(one), Segment::Literal(other)) => one != other,
        _ => false,
    })
}

/// Whether every resource that a template makes is in the pattern, for certain.
pub(super) fn covers(pattern: &Pattern, template: &Pattern) -> bool {
    let (wide, narrow) = (&pattern.segments, &template.segments);
    let long_enough = match pattern.tail {
        true => narrow.len() >= wide.len(),
        false => narrow.len() == wide.len() && !template.tail,
    };
    let mut segments = wide.iter().zip(narrow);
    long_enough
        && segments.all(|(wide, narrow)| {
            is_single(narrow)
                && match wide {
                    Segment::Any | Segment::Capture(_) => true,
                    Segment::Literal(_) => wide == narrow,
                    _ => false,
                }
        })
}

/// Whether no agent can be known that is not covered.
pub(super) fn covers_all_agents(policy: &Policy, agents: &Agents) -> bool {
    let mut groups = policy.groups.iter();
    if groups.any(|group| group.kind == GroupKind::Agents && group.from_request) {
        return false;
    }
    let mut known = policy.agents.iter();
    match agents {
        Agents::All => true,
        Agents::Named(names) => known.all(|agent| names.contains(&agent.name)),
        Agents::In(groups) => known.all(|agent| {
            let mut groups = groups.iter().filter_map(|id| policy.groups.get(id.index()));
            groups.any(|group| {
                let nested = group.nested.iter();
                let mut nested = nested.filter_map(|id| policy.groups.get(id.index()));
                group.members.contains(&agent.name)
                    || nested.any(|group| group.members.contains(&agent.name))
            })
        }),
    }
}
