//! Which rules can come into a question at all, told from their clauses alone.

use placet_model::ids::PatternId;
use placet_model::policy::{Agents, Extract, Policy, Rule, Segment, Users};

/// Whether a rule matches all that another does where it is about the same, whatever is
/// known: told clause by clause, but for tools and actions.
pub(super) fn covers(wide: &Rule, narrow: &Rule) -> bool {
    fn within<T: Ord>(narrow: &[T], wide: &[T]) -> bool {
        narrow.iter().all(|one| wide.binary_search(one).is_ok())
    }
    let agents = match (&narrow.agents, &wide.agents) {
        (_, Agents::All) => true,
        (Agents::In(narrow), Agents::In(wide)) => within(narrow, wide),
        (Agents::Named(narrow), Agents::Named(wide)) => within(narrow, wide),
        _ => false,
    };
    let users = match (&narrow.users, &wide.users) {
        (_, Users::All)
        | (Users::Any | Users::In(_) | Users::Named(_), Users::Any)
        | (Users::None, Users::None) => true,
        (Users::In(narrow), Users::In(wide)) => within(narrow, wide),
        (Users::Named(narrow), Users::Named(wide)) => within(narrow, wide),
        _ => false,
    };
    let places = wide.resources.is_empty()
        || !narrow.resources.is_empty()
            && narrow
                .resources
                .iter()
                .all(|one| wide.resources.contains(one));
    let mut conditions = wide.conditions.iter();
    agents
        && users
        && places
        && conditions.all(|one| narrow.conditions.contains(one))
        && (wide.moment.is_none() || wide.moment == narrow.moment)
}

/// Whether two rules can both match a call. When that is not sure, they can.
pub(super) fn can_meet(policy: &Policy, a: &Rule, b: &Rule) -> bool {
    agents_meet(&a.agents, &b.agents)
        && users_meet(&a.users, &b.users)
        && places_meet(policy, &a.resources, &b.resources)
}

fn agents_meet(a: &Agents, b: &Agents) -> bool {
    match (a, b) {
        (Agents::Named(a), Agents::Named(b)) => share(a, b),
        _ => true,
    }
}

fn users_meet(a: &Users, b: &Users) -> bool {
    match (a, b) {
        (Users::None, Users::Any | Users::In(_) | Users::Named(_))
        | (Users::Any | Users::In(_) | Users::Named(_), Users::None) => false,
        (Users::Named(a), Users::Named(b)) => share(a, b),
        _ => true,
    }
}

fn share<T: Ord>(a: &[T], b: &[T]) -> bool {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().any(|one| many.binary_search(one).is_ok())
}

fn places_meet(policy: &Policy, a: &[PatternId], b: &[PatternId]) -> bool {
    a.is_empty()
        || b.is_empty()
        || a.iter()
            .any(|a| b.iter().any(|b| patterns_meet(policy, *a, *b)))
}

fn patterns_meet(policy: &Policy, a: PatternId, b: PatternId) -> bool {
    let patterns = &policy.patterns;
    let (Some(a), Some(b)) = (patterns.get(a.index()), patterns.get(b.index())) else {
        return true;
    };
    // Holes may give several segments, after which places no longer correspond.
    let plain = |segment: &&Segment| !matches!(segment, Segment::Hole(hole) if hole.extract != Extract::Text && hole.extract != Extract::Lower);
    let pairs = a.segments.iter().take_while(plain);
    let mut pairs = pairs.zip(b.segments.iter().take_while(plain));
    if pairs.any(|(a, b)| !segments_meet(a, b)) {
        return false;
    }
    let fixed = |pattern: &placet_model::policy::Pattern| {
        !pattern.tail && pattern.segments.iter().all(|segment| plain(&segment))
    };
    match (a.segments.len(), b.segments.len()) {
        (long, short) if long > short => !fixed(b) || !a.segments.iter().all(|of| plain(&of)),
        (short, long) if long > short => !fixed(a) || !b.segments.iter().all(|of| plain(&of)),
        _ => true,
    }
}

fn segments_meet(a: &Segment, b: &Segment) -> bool {
    let inside = |prefix: &str, suffix: &str, text: &str| {
        text.len() >= prefix.len() + suffix.len()
            && text.starts_with(prefix)
            && text.ends_with(suffix)
    };
    match (a, b) {
        (Segment::Literal(a), Segment::Literal(b)) => a == b,
        (Segment::Literal(text), Segment::Glob { prefix, suffix })
        | (Segment::Glob { prefix, suffix }, Segment::Literal(text)) => {
            inside(prefix, suffix, text)
        }
        _ => true,
    }
}
