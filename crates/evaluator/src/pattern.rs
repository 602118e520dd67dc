//! Patterns of the typed policy to concrete patterns: holes filled with values.

use placet_model::ids::PatternId;
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{Extract, Hole, Pattern, Segment};
use placet_model::resource::{ResourceRef, encode_segment};
use placet_model::value::Value;
use smol_str::SmolStr;

use crate::eval::Eval;
use crate::extract;
use crate::truth::Truths;
use crate::typed::Slot;

/// The most concrete patterns that one pattern may stand for.
pub const MAX_FILLED: usize = 1024;

/// A pattern without holes as a concrete one.
pub(crate) fn fixed(pattern: &Pattern) -> Option<Concrete> {
    let mut segments = Vec::with_capacity(pattern.segments.len());
    for segment in &pattern.segments {
        segments.push(plain(segment)?);
    }
    Concrete::new(segments, pattern.tail).ok()
}

/// The region of a template before there are arguments: each hole any segment.
pub(crate) fn region(pattern: &Pattern) -> Option<Concrete> {
    let mut segments = Vec::with_capacity(pattern.segments.len());
    let mut tail = pattern.tail;
    for segment in &pattern.segments {
        match segment {
            Segment::Hole(hole) => match hole.extract {
                Extract::Path => tail = true,
                // scheme, host, port, path
                Extract::Url => {
                    segments.extend([Seg::Any, Seg::Any, Seg::Any]);
                    tail = true;
                }
                Extract::Email => segments.extend([Seg::Any, Seg::Any]),
                Extract::Text | Extract::Lower => segments.push(Seg::Any),
            },
            other => segments.push(plain(other)?),
        }
    }
    Concrete::new(segments, tail).ok()
}

/// What the holes of a rule's pattern gave. Captures are `*`.
pub(crate) struct Filled {
    /// One concrete pattern per combination of values.
    pub(crate) patterns: Vec<Concrete>,
    /// The same for combinations with a hole that has no value, which reads as any
    /// segments: where these match, the clause is undefined.
    pub(crate) undefined: Vec<Concrete>,
    /// A hole is not known yet, and reads as any segments.
    pub(crate) open: bool,
}

impl Filled {
    /// All patterns: a deny or require matches where a hole has no value.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Concrete> {
        self.patterns.iter().chain(&self.undefined)
    }
}

/// Fills the holes of a rule's pattern. `None` when it stands for too many concrete ones.
pub(crate) fn fill(eval: &Eval<'_>, id: PatternId) -> Option<Filled> {
    fill_pattern(eval, eval.inputs.policy.patterns.get(id.index())?)
}

fn fill_pattern(eval: &Eval<'_>, pattern: &Pattern) -> Option<Filled> {
    let mut open = false;
    let mut heads = vec![Head {
        segments: Vec::new(),
        tail: pattern.tail,
        undefined: false,
    }];
    for segment in &pattern.segments {
        let Segment::Hole(hole) = segment else {
            let next = plain(segment)?;
            for head in &mut heads {
                head.segments.push(next.clone());
            }
            continue;
        };
        let options = values(eval, hole);
        if heads.len() * options.len() > MAX_FILLED {
            return None;
        }
        heads = heads
            .iter()
            .flat_map(|head| {
                options.iter().map(move |option| {
                    let mut head = head.clone();
                    match option {
                        Filling::Known(segments) => head.segments.extend(segments.iter().cloned()),
                        Filling::Undefined | Filling::Open => {
                            head.undefined |= matches!(option, Filling::Undefined);
                            match hole.extract {
                                Extract::Path | Extract::Url => head.tail = true,
                                Extract::Email => head.segments.extend([Seg::Any, Seg::Any]),
                                Extract::Text | Extract::Lower => head.segments.push(Seg::Any),
                            }
                        }
                    }
                    head
                })
            })
            .collect();
        open |= options.iter().any(|option| matches!(option, Filling::Open));
    }
    let mut filled = Filled {
        patterns: Vec::new(),
        undefined: Vec::new(),
        open,
    };
    for head in heads {
        // A pattern beyond the limits of resources matches none.
        if let Ok(concrete) = Concrete::new(head.segments, head.tail) {
            let list = if head.undefined {
                &mut filled.undefined
            } else {
                &mut filled.patterns
            };
            list.push(concrete);
        }
    }
    for list in [&mut filled.patterns, &mut filled.undefined] {
        list.sort();
        list.dedup();
    }
    Some(filled)
}

/// A pattern under way.
#[derive(Clone)]
struct Head {
    segments: Vec<Seg>,
    tail: bool,
    undefined: bool,
}

/// Whether a resource matches a rule's pattern (three-valued).
pub(crate) fn matches(eval: &Eval<'_>, id: PatternId, resource: ResourceRef<'_>) -> Truths {
    matches_filled(fill(eval, id), resource)
}

/// The same for a pattern that stands by itself.
pub(crate) fn matches_pattern(eval: &Eval<'_>, of: &Pattern, resource: ResourceRef<'_>) -> Truths {
    matches_filled(fill_pattern(eval, of), resource)
}

fn matches_filled(filled: Option<Filled>, resource: ResourceRef<'_>) -> Truths {
    let Some(filled) = filled else {
        return Truths::UNDEFINED;
    };
    if filled
        .patterns
        .iter()
        .any(|pattern| pattern.matches(resource))
    {
        if filled.open {
            Truths::OPEN
        } else {
            Truths::TRUE
        }
    } else if filled
        .undefined
        .iter()
        .any(|pattern| pattern.matches(resource))
    {
        Truths::UNDEFINED
    } else {
        Truths::FALSE
    }
}

/// What one value of a hole gives.
enum Filling {
    /// Segments.
    Known(Vec<Seg>),
    /// Nothing: absent, empty, or not extractable.
    Undefined,
    /// Not known yet.
    Open,
}

fn values(eval: &Eval<'_>, hole: &Hole) -> Vec<Filling> {
    let missing = || {
        eval.trace.missing(placet_model::render::expr(
            eval.inputs.policy,
            hole.value,
            &[],
        ));
        Filling::Undefined
    };
    let value = match eval.slot(hole.value, None) {
        Slot::Known(value) => value,
        Slot::Open => return vec![Filling::Open],
        Slot::Absent | Slot::Undefined | Slot::Partial(_) => return vec![missing()],
    };
    let one = std::slice::from_ref(&value);
    let members = value.members().unwrap_or(one);
    if members.is_empty() {
        return vec![missing()];
    }
    members
        .iter()
        .map(|member| match segments(hole.extract, member) {
            Ok(texts) => Filling::Known(texts.into_iter().map(Seg::Literal).collect()),
            Err(_) => Filling::Undefined,
        })
        .collect()
}

/// The written segments of one value.
pub(crate) fn segments(how: Extract, value: &Value) -> Result<Vec<SmolStr>, String> {
    match value {
        Value::Text(text) => extract::segments(how, text).map_err(|error| error.to_string()),
        Value::Int(number) if how == Extract::Text => Ok(vec![
            encode_segment(&number.to_string()).map_err(|error| error.to_string())?,
        ]),
        _ => Err("this value has no segment".to_owned()),
    }
}

fn plain(segment: &Segment) -> Option<Seg> {
    Some(match segment {
        Segment::Literal(text) => Seg::Literal(text.clone()),
        Segment::Any | Segment::Capture(_) => Seg::Any,
        Segment::Glob { prefix, suffix } => Seg::Glob {
            prefix: prefix.clone(),
            suffix: suffix.clone(),
        },
        Segment::Hole(_) => return None,
    })
}
