//! The pattern arena: segments are canonical, and what makes several of them is last.

use super::{Invalid, ensure};
use crate::ids::PatternId;
use crate::pattern::Seg;
use crate::policy::{Extract, Pattern, Policy, Segment};
use crate::resource::MAX_SEGMENTS;

pub(super) fn check(policy: &Policy) -> Result<(), Invalid> {
    for (at, pattern) in policy.patterns.iter().enumerate() {
        let place = || format!("pattern {at}");
        let length = pattern.segments.len();
        let sized = length <= MAX_SEGMENTS && (length > 0 || pattern.tail);
        ensure(sized, place, "it has too many segments, or none")?;
        for (at, segment) in pattern.segments.iter().enumerate() {
            ensure(is_canonical(segment), place, "a segment is not canonical")?;
            let long = matches!(
                segment,
                Segment::Hole(hole) if matches!(hole.extract, Extract::Path | Extract::Url)
            );
            let last = at + 1 == length;
            ensure(last || !long, place, "`path()` or `url()` is not last")?;
        }
        let bare_address = matches!(
            pattern.segments.first(),
            Some(Segment::Hole(hole)) if hole.extract == Extract::Email
        );
        ensure(
            !bare_address,
            place,
            "a first address is not preceded by the segment `email`",
        )?;
    }
    Ok(())
}

fn is_canonical(segment: &Segment) -> bool {
    match segment {
        Segment::Literal(text) => Seg::literal(text).is_ok(),
        Segment::Glob { prefix, suffix } => matches!(
            Seg::parse(&format!("{prefix}*{suffix}")),
            Ok(Seg::Glob { prefix: p, suffix: s }) if p == *prefix && s == *suffix
        ),
        Segment::Any | Segment::Capture(_) | Segment::Hole(_) => true,
    }
}

/// The pattern with an id, if it is there.
pub(super) fn get(
    policy: &Policy,
    id: PatternId,
    place: impl FnOnce() -> String,
) -> Result<&Pattern, Invalid> {
    policy.patterns.get(id.index()).ok_or_else(|| Invalid {
        place: place(),
        reason: "it has a pattern that is not there",
    })
}

/// Whether a pattern says the same of every request: no holes, no captures.
pub(super) fn is_plain(pattern: &Pattern) -> bool {
    !pattern
        .segments
        .iter()
        .any(|segment| matches!(segment, Segment::Hole(_) | Segment::Capture(_)))
}

/// Whether a pattern can be a template: literals and holes.
pub(super) fn is_template(pattern: &Pattern) -> bool {
    !pattern.tail
        && pattern
            .segments
            .iter()
            .all(|segment| matches!(segment, Segment::Literal(_) | Segment::Hole(_)))
}

/// Whether a pattern binds each of a rule's captures exactly once.
pub(super) fn binds(pattern: &Pattern, captures: usize) -> bool {
    let mut bound: Vec<u32> = pattern
        .segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Capture(at) => Some(*at),
            _ => None,
        })
        .collect();
    bound.sort_unstable();
    bound.len() == captures && bound.into_iter().zip(0..).all(|(at, wanted)| at == wanted)
}
