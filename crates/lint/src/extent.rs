//! What patterns and templates can match, whatever their holes are filled with.

use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Extract, Pattern, Segment};

/// The resources that a pattern or template may match; `None` beyond the limits of patterns.
pub(crate) fn of(pattern: &Pattern) -> Option<Concrete> {
    let mut segments = Vec::new();
    let mut tail = pattern.tail;
    for segment in &pattern.segments {
        match segment {
            Segment::Literal(text) => segments.push(Seg::parse(text).ok()?),
            Segment::Any | Segment::Capture(_) => segments.push(Seg::parse("*").ok()?),
            Segment::Glob { prefix, suffix } => {
                segments.push(Seg::parse(&format!("{prefix}*{suffix}")).ok()?);
            }
            Segment::Hole(hole) => match hole.extract {
                Extract::Text | Extract::Lower => segments.push(Seg::parse("*").ok()?),
                Extract::Email => {
                    segments.push(Seg::parse("*").ok()?);
                    segments.push(Seg::parse("*").ok()?);
                }
                Extract::Path | Extract::Url => tail = true,
            },
        }
    }
    Concrete::new(segments, tail).ok()
}

/// Whether the segments before a place of a pattern are one segment of the resource each.
pub(crate) fn is_aligned(pattern: &Pattern, at: usize) -> bool {
    let mut before = pattern.segments.iter().take(at);
    before.all(|segment| match segment {
        Segment::Hole(hole) => matches!(hole.extract, Extract::Text | Extract::Lower),
        _ => true,
    })
}
