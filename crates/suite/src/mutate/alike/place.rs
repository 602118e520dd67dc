//! Whether what a template makes lies in a pattern of a rule.

use placet_model::policy::{Extract, Pattern, Policy, Segment};
use smol_str::SmolStr;

use super::formula::{Atoms, Formula, Key};

/// The resources that a template makes.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The segments that are there in any case: a literal, or whatever the call says.
    segments: Vec<Option<SmolStr>>,
    /// More may follow.
    rest: bool,
}

impl Made {
    pub(super) fn by(template: &Pattern) -> Self {
        let mut made = Self {
            segments: Vec::new(),
            rest: template.tail,
        };
        for segment in &template.segments {
            match segment {
                Segment::Literal(text) => made.segments.push(Some(text.clone())),
                Segment::Hole(hole) => match hole.extract {
                    Extract::Text | Extract::Lower => made.segments.push(None),
                    Extract::Email => made.segments.extend([None, None]),
                    // These stand last.
                    Extract::Path | Extract::Url => made.rest = true,
                },
                Segment::Any | Segment::Glob { .. } | Segment::Capture(_) => {
                    made.segments.push(None);
                }
            }
        }
        made
    }

    /// Whether it lies in a pattern, and which segment each capture is, where that is known.
    pub(super) fn within(
        &self,
        atoms: &mut Atoms,
        policy: &Policy,
        pattern: &Pattern,
        captures: usize,
    ) -> (Formula, Vec<Option<usize>>) {
        let mut captured = vec![None; captures];
        let mut parts = Vec::new();
        let mut at = 0;
        for (index, segment) in pattern.segments.iter().enumerate() {
            let width = match segment {
                Segment::Hole(hole) => match hole.extract {
                    Extract::Text | Extract::Lower => Some(1),
                    Extract::Email => Some(2),
                    Extract::Path | Extract::Url => None,
                },
                _ => Some(1),
            };
            match width {
                Some(width) if at + width <= self.segments.len() => {
                    if let Segment::Capture(capture) = segment
                        && let Some(place) = captured.get_mut(*capture as usize)
                    {
                        *place = Some(at);
                    }
                    parts.push(self.segment(atoms, policy, at, segment));
                    at += width;
                }
                // Too long for all that the template makes.
                Some(_) if !self.rest => return (Formula::NEVER, captured),
                // What follows is not looked into.
                _ => {
                    let rest = pattern.segments.get(index..).unwrap_or_default();
                    let rest: Vec<Segment> = rest
                        .iter()
                        .map(|segment| atoms.segment(policy, segment))
                        .collect();
                    parts.push(atoms.uncertain(Key::Segment(at, rest, pattern.tail)));
                    return (Formula::all(parts), captured);
                }
            }
        }
        if !pattern.tail {
            if at < self.segments.len() {
                return (Formula::NEVER, captured);
            }
            if self.rest {
                parts.push(atoms.certain(Key::Segment(at, Vec::new(), false)));
            }
        }
        (Formula::all(parts), captured)
    }

    fn segment(&self, atoms: &mut Atoms, policy: &Policy, at: usize, of: &Segment) -> Formula {
        let here = self.segments.get(at).and_then(Option::as_ref);
        match (of, here) {
            (Segment::Any | Segment::Capture(_), _) => Formula::Known(true),
            (Segment::Literal(text), Some(here)) => Formula::Known(text == here),
            (Segment::Literal(_) | Segment::Glob { .. }, _) => {
                let segment = atoms.segment(policy, of);
                atoms.certain(Key::Segment(at, vec![segment], true))
            }
            (Segment::Hole(_), _) => {
                let segment = atoms.segment(policy, of);
                atoms.uncertain(Key::Segment(at, vec![segment], true))
            }
        }
    }
}
