//! Patterns of rules against what the function makes: segment by segment.

use placet_model::ids::PatternId;
use placet_model::policy::{Extract, Hole, Pattern, Segment, Type};
use placet_model::resource::decode_segment;
use placet_model::value::Value;
use smol_str::SmolStr;

use super::scan::Operand;
use super::{Builder, What};
use crate::formula::{FALSE, Formula, TRUE, UNDEFINED};
use crate::input::{Input, Step, Term};
use crate::site::Site;
use crate::spot::{Place, Source};

impl Builder<'_> {
    /// A template of another policy, as if it were a pattern of a rule.
    pub(crate) fn template(&mut self, id: PatternId) -> Formula {
        self.pattern(id)
    }

    /// A pattern of a rule.
    pub(super) fn pattern(&mut self, id: PatternId) -> Formula {
        let policy = self.policy;
        let Some(pattern) = policy.patterns.get(id.index()) else {
            return Formula::Const(UNDEFINED);
        };
        let mut parts = Vec::new();
        let mut at = 0;
        for (index, segment) in pattern.segments.iter().enumerate() {
            let width = width(segment);
            let inside = width.is_some_and(|width| at + width <= self.spot.places.len());
            if !inside {
                parts.push(self.rest(pattern, index, at));
                return Formula::all(parts);
            }
            let part = self.segment(segment, at);
            if part == Formula::Const(FALSE) {
                return part;
            }
            parts.push(part);
            at += width.unwrap_or(1);
        }
        if !pattern.tail {
            if at < self.spot.places.len() {
                return Formula::Const(FALSE);
            }
            if self.spot.tail.is_some() {
                parts.push(self.rest(pattern, pattern.segments.len(), at));
            }
        }
        Formula::all(parts)
    }

    /// What a pattern of a rule asks of the resource of a site, part by part; `None` where it
    /// never matches.
    pub(crate) fn parts(site: &Site<'_>, id: PatternId) -> Option<Vec<What>> {
        let pattern = site.policy.patterns.get(id.index())?;
        let places = &site.spot.places;
        let mut parts = Vec::new();
        let mut at = 0;
        for (index, segment) in pattern.segments.iter().enumerate() {
            let width = width(segment).filter(|width| at + width <= places.len());
            let Some(width) = width else {
                let segments = pattern.segments.get(index..).unwrap_or_default();
                parts.push(What::Part(
                    Pattern {
                        segments: segments.to_vec(),
                        tail: pattern.tail,
                    },
                    at,
                ));
                return Some(parts);
            };
            match (segment, places.get(at)?) {
                (Segment::Any | Segment::Capture(_), _) => {}
                (Segment::Literal(text), Place::Literal(own)) if text != own => return None,
                (Segment::Literal(_), Place::Literal(_)) => {}
                (Segment::Glob { prefix, suffix }, Place::Literal(own)) => {
                    if !is_glob(prefix, suffix, own) {
                        return None;
                    }
                }
                _ => parts.push(one_segment(segment, at)),
            }
            at += width;
        }
        if !pattern.tail && at < places.len() {
            return None;
        }
        if !pattern.tail && site.spot.tail.is_some() {
            let segments = Vec::new();
            parts.push(What::Part(
                Pattern {
                    segments,
                    tail: false,
                },
                at,
            ));
        }
        Some(parts)
    }

    /// What is left of a pattern against what is left of the resource.
    fn rest(&mut self, pattern: &Pattern, index: usize, at: usize) -> Formula {
        let segments = pattern.segments.get(index..).unwrap_or_default().to_vec();
        let several = |segment: &Segment| matches!(segment, Segment::Hole(hole) if matches!(hole.extract, Extract::Path | Extract::Url));
        if self.spot.tail.is_none() && !segments.iter().any(several) {
            // The pattern is longer than the resource can be.
            return Formula::Const(FALSE);
        }
        let part = What::Part(
            Pattern {
                segments: segments.clone(),
                tail: pattern.tail,
            },
            at,
        );
        if let Some(known) = self.known_atom(&part) {
            return known;
        }
        let mut inputs: Vec<Input> = self.spot.inputs_from(at).cloned().collect();
        let plain = segments
            .iter()
            .all(|segment| !matches!(segment, Segment::Hole(_)));
        let in_tail = at >= self.spot.places.len();
        let paths = self
            .spot
            .tail
            .as_ref()
            .is_some_and(|tail| tail.extract == Extract::Path);
        for segment in &segments {
            if let Segment::Hole(hole) = segment {
                let mut scan = self.scan(None);
                scan.operand(hole.value);
                inputs.extend(scan.finish().0);
            }
        }
        inputs.sort();
        inputs.dedup();
        if in_tail {
            self.rests.push((segments.clone(), pattern.tail));
        }
        // Literals in front of the tail are tried as well.
        for (offset, segment) in segments.iter().enumerate() {
            if let Some(Place::Filled(source)) = self.spot.places.get(at + offset).cloned() {
                self.plain_segment(segment, &source);
            }
        }
        self.atom(part, inputs, plain && in_tail && paths)
    }

    fn segment(&mut self, segment: &Segment, at: usize) -> Formula {
        let Some(place) = self.spot.places.get(at).cloned() else {
            return Formula::Const(FALSE);
        };
        match (segment, &place) {
            (Segment::Any | Segment::Capture(_), _) => Formula::Const(TRUE),
            (Segment::Literal(text), Place::Literal(own)) => constant(text == own),
            (Segment::Glob { prefix, suffix }, Place::Literal(own)) => {
                constant(is_glob(prefix, suffix, own))
            }
            (Segment::Literal(_) | Segment::Glob { .. }, Place::Filled(source)) => {
                if let Some(known) = self.known_atom(&one_segment(segment, at)) {
                    return known;
                }
                let exact = self.plain_segment(segment, source);
                let inputs = vec![source.input.clone()];
                self.part(segment, at, inputs, exact)
            }
            (Segment::Hole(hole), _) => self.hole(segment, hole, at),
        }
    }

    /// A literal or glob against what an input gives; whether that is exact.
    fn plain_segment(&mut self, segment: &Segment, source: &Source) -> bool {
        let operand = self.source_term(source);
        match (segment, operand) {
            (Segment::Literal(text), Operand::Term(term)) => {
                self.note_text(&term, &decode_segment(text));
                true
            }
            (Segment::Literal(text), Operand::Digits(term)) => {
                self.uses.whole(&term);
                if let Ok(number) = text.parse() {
                    self.uses.note(&term, |class| {
                        class.values.insert(Value::Int(number));
                    });
                }
                true
            }
            (Segment::Glob { prefix, suffix }, Operand::Term(term)) => {
                let glob: (SmolStr, SmolStr) =
                    (decode_segment(prefix).into(), decode_segment(suffix).into());
                self.uses.whole(&term);
                self.uses.note(&term, |class| {
                    class.globs.insert(glob);
                });
                true
            }
            _ => false,
        }
    }

    /// A hole of a rule's pattern against one segment, or an address against two.
    fn hole(&mut self, segment: &Segment, hole: &Hole, at: usize) -> Formula {
        if let Some(known) = self.known_atom(&one_segment(segment, at)) {
            return known;
        }
        let mut scan = self.scan(None);
        let value = scan.operand(hole.value);
        let (mut inputs, _, _) = scan.finish();
        let width = if hole.extract == Extract::Email { 2 } else { 1 };
        let mut exact = true;
        let term = match value {
            Operand::Term(term) => {
                let many = matches!(self.kind(&term), Some(Type::Set(_) | Type::List(_)));
                if many {
                    self.uses.ask_members(&term, 1);
                    term.then(Step::Member)
                } else {
                    term
                }
            }
            _ => {
                exact = false;
                Term::of(Input::Rest)
            }
        };
        for part in 0..width {
            let Some(place) = self.spot.places.get(at + part).cloned() else {
                return Formula::Const(FALSE);
            };
            if let Place::Filled(source) = &place {
                inputs.push(source.input.clone());
            }
            if exact {
                exact &= self.hole_part(&term, hole.extract, part, &place);
            }
        }
        inputs.sort();
        inputs.dedup();
        self.part(segment, at, inputs, exact)
    }

    /// One segment that a hole gives against the one at a place; whether that is exact.
    fn hole_part(&mut self, term: &Term, extract: Extract, part: usize, place: &Place) -> bool {
        let whole = matches!(self.kind(term), Some(Type::Int));
        let own = match (extract, part) {
            (Extract::Lower, _) => term.then(Step::Lower),
            (Extract::Email, 0) => term.then(Step::Domain),
            (Extract::Email, _) => term.then(Step::Local),
            _ => term.clone(),
        };
        self.uses.whole(&own);
        self.uses.note(&own, |class| class.segment = true);
        match place {
            Place::Literal(text) if whole => {
                if let Ok(number) = text.parse() {
                    self.uses.note(&own, |class| {
                        class.values.insert(Value::Int(number));
                    });
                }
                true
            }
            Place::Literal(text) => {
                self.note_text(&own, &decode_segment(text));
                true
            }
            Place::Filled(source) => match self.source_term(source) {
                Operand::Term(other) if !whole => self.link(&own, &other),
                Operand::Digits(other) if whole => self.link(&own, &other),
                _ => false,
            },
        }
    }

    fn part(&mut self, segment: &Segment, at: usize, inputs: Vec<Input>, exact: bool) -> Formula {
        self.atom(one_segment(segment, at), inputs, exact)
    }

    /// What the function's own templates ask of its inputs.
    pub(super) fn note_shapes(&mut self) {
        for place in self.spot.places.clone() {
            let Place::Filled(source) = place else {
                continue;
            };
            self.note_given(&source.input);
            if let Some(at) = source
                .term
                .path
                .iter()
                .position(|step| *step == Step::Member)
                && source.part == 0
            {
                // The template takes the first one.
                let mut list = source.term.clone();
                list.path.truncate(at);
                self.uses.ask_members(&list, 1);
            }
            if let Operand::Term(term) | Operand::Digits(term) = self.source_term(&source) {
                self.uses.touch(&term);
                self.uses.note(&term, |class| class.segment = true);
            }
            if let Some((prefix, suffix)) = &source.shape
                && !(prefix.is_empty() && suffix.is_empty())
            {
                let segment = Segment::Glob {
                    prefix: prefix.clone(),
                    suffix: suffix.clone(),
                };
                self.plain_segment(&segment, &source);
            }
        }
        if let Some(tail) = self.spot.tail.clone() {
            self.uses.touch(&tail.term);
        }
    }

    /// That every hole of the spot's template has a value that gives segments.
    pub(super) fn filled(&mut self) -> Vec<Formula> {
        let mut goals = Vec::new();
        let mut terms: Vec<Term> = Vec::new();
        for place in &self.spot.places {
            if let Place::Filled(source) = place {
                terms.push(source.term.clone());
            }
        }
        terms.extend(self.spot.tail.as_ref().map(|tail| tail.term.clone()));
        terms.dedup();
        for term in terms {
            if matches!(term.input, Input::Arg(_)) {
                let inputs = vec![term.input.clone()];
                goals.push(self.atom(What::There(term), inputs, true));
            }
        }
        for (at, place) in self.spot.places.clone().into_iter().enumerate() {
            if let Place::Filled(source) = place
                && let Some((prefix, suffix)) = source.shape.clone()
                && !(prefix.is_empty() && suffix.is_empty())
            {
                let segment = Segment::Glob { prefix, suffix };
                let inputs = vec![source.input];
                goals.push(self.part(&segment, at, inputs, true));
            }
        }
        goals
    }

    /// That no hole of a template has a value that gives no segment.
    pub(super) fn readable(&mut self) -> Vec<Formula> {
        let policy = self.policy;
        let mut goals = Vec::new();
        let declared = self.spot.declared;
        let all = declared.lines.iter();
        for (line, template) in all.flat_map(|line| line.templates.iter().map(move |of| (line, of)))
        {
            let Some(template) = policy.patterns.get(template.index()) else {
                continue;
            };
            // Of a line that is not so, the templates are not read.
            let unread = match line.when {
                Some(when) => self.boolean(when, None).fails(),
                None => Formula::Const(FALSE),
            };
            for segment in &template.segments {
                if let Segment::Hole(hole) = segment {
                    let what = What::Gives(segment.clone());
                    let gives = self.known_atom(&what).unwrap_or_else(|| {
                        let mut scan = self.scan(None);
                        scan.operand(hole.value);
                        let (inputs, _, _) = scan.finish();
                        let exact = self.note_reading(hole);
                        self.atom(what, inputs, exact)
                    });
                    goals.push(Formula::any([unread.clone(), gives]));
                }
            }
        }
        goals
    }
}

impl Builder<'_> {
    /// Values that a hole of a template can read are values to try; whether they are enough.
    fn note_reading(&mut self, hole: &Hole) -> bool {
        let Some((_, term)) = crate::spot::argument(self.policy, self.spot.declared, hole) else {
            return false;
        };
        match hole.extract {
            Extract::Text => {
                self.uses.note(&term, |class| class.segment = true);
                true
            }
            Extract::Lower => {
                let folded = term.then(Step::Lower);
                self.uses.note(&folded, |class| class.segment = true);
                true
            }
            Extract::Email => {
                self.uses.touch(&term.then(Step::Domain));
                self.uses.touch(&term.then(Step::Local));
                true
            }
            Extract::Path | Extract::Url => {
                self.uses.note(&term, |class| {
                    class.segment = true;
                    class
                        .values
                        .insert(Value::Text("https://alfa.example/".into()));
                });
                false
            }
        }
    }
}

/// How many segments one of a pattern stands for; `None` for any number.
fn width(segment: &Segment) -> Option<usize> {
    match segment {
        Segment::Hole(hole) => match hole.extract {
            Extract::Path | Extract::Url => None,
            Extract::Email => Some(2),
            Extract::Text | Extract::Lower => Some(1),
        },
        _ => Some(1),
    }
}

fn one_segment(segment: &Segment, at: usize) -> What {
    let pattern = Pattern {
        segments: vec![segment.clone()],
        tail: true,
    };
    What::Part(pattern, at)
}

const fn constant(holds: bool) -> Formula {
    Formula::Const(if holds { TRUE } else { FALSE })
}

fn is_glob(prefix: &str, suffix: &str, text: &str) -> bool {
    text.len() >= prefix.len() + suffix.len() && text.starts_with(prefix) && text.ends_with(suffix)
}
