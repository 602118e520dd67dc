//! Resources and patterns as lists of decoded segments, by the textbook definitions.

use crate::truth::Truths;

/// A segment of an instantiated pattern; texts are decoded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seg {
    /// Exactly this.
    Lit(String),
    /// Starts with the first, ends with the second, which do not overlap. Both are empty
    /// for `*`.
    Glob(String, String),
    /// One segment that nobody can tell: the hole's value is undefined.
    Undefined,
    /// One segment that is known at the call only.
    Open,
}

/// How an instantiated pattern ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tail {
    /// After its segments.
    End,
    /// Any further segments: `**`.
    Rest,
    /// Further segments that nobody can tell.
    Undefined,
    /// Further segments that are known at the call only.
    Open,
}

/// A pattern whose holes have been filled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// Its segments.
    pub segs: Vec<Seg>,
    /// Its end.
    pub tail: Tail,
}

impl Seg {
    /// `*`
    #[must_use]
    pub const fn any() -> Self {
        Self::Glob(String::new(), String::new())
    }

    /// Whether a segment matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> Truths {
        match self {
            Self::Lit(literal) => Truths::of(literal == text),
            Self::Glob(prefix, suffix) => Truths::of(
                text.len() >= prefix.len() + suffix.len()
                    && text.starts_with(prefix.as_str())
                    && text.ends_with(suffix.as_str()),
            ),
            Self::Undefined => Truths::UNDEFINED,
            Self::Open => Truths::OPEN,
        }
    }

    /// The segments that both match, as a union. Only definite segments are asked.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Vec<Self> {
        match (self, other) {
            (Self::Lit(text), other) | (other, Self::Lit(text)) => {
                if other.matches(text).may_be_true() {
                    vec![Self::Lit(text.clone())]
                } else {
                    vec![]
                }
            }
            (Self::Glob(p1, s1), Self::Glob(p2, s2)) => globs(p1, s1, p2, s2),
            _ => vec![Self::any()],
        }
    }
}

/// The texts with two prefixes and two suffixes: those that are long enough, and the few
/// short ones in which the longer prefix and the longer suffix overlap.
fn globs(p1: &str, s1: &str, p2: &str, s2: &str) -> Vec<Seg> {
    let (short_prefix, prefix) = if p1.len() < p2.len() {
        (p1, p2)
    } else {
        (p2, p1)
    };
    let (short_suffix, suffix) = if s1.len() < s2.len() {
        (s1, s2)
    } else {
        (s2, s1)
    };
    if !prefix.starts_with(short_prefix) || !suffix.ends_with(short_suffix) {
        return vec![];
    }
    let whole = Seg::Glob(prefix.to_owned(), suffix.to_owned());
    let mut result = vec![whole.clone()];
    // Every text that both match and the whole does not is shorter than prefix + suffix,
    // begins with the one and ends in the other: try each overlap.
    for overlap in 1..=prefix.len().min(suffix.len()) {
        let Some(rest) = suffix.get(overlap..) else {
            continue;
        };
        let text = format!("{prefix}{rest}");
        let first = Seg::Glob(p1.to_owned(), s1.to_owned());
        let second = Seg::Glob(p2.to_owned(), s2.to_owned());
        let both = first.matches(&text).and(second.matches(&text)) == Truths::TRUE;
        let literal = Seg::Lit(text.clone());
        if both && whole.matches(&text) == Truths::FALSE && !result.contains(&literal) {
            result.push(literal);
        }
    }
    result
}

impl Shape {
    /// `**`
    #[must_use]
    pub const fn all() -> Self {
        Self {
            segs: vec![],
            tail: Tail::Rest,
        }
    }

    /// Whether a resource matches.
    #[must_use]
    pub fn matches(&self, resource: &[String]) -> Truths {
        let length = match self.tail {
            Tail::End => Truths::of(resource.len() == self.segs.len()),
            Tail::Rest => Truths::of(resource.len() >= self.segs.len()),
            Tail::Undefined if resource.len() >= self.segs.len() => Truths::UNDEFINED,
            Tail::Open if resource.len() >= self.segs.len() => Truths::OPEN,
            Tail::Undefined | Tail::Open => Truths::FALSE,
        };
        self.segs
            .iter()
            .zip(resource)
            .fold(length, |all, (seg, text)| all.and(seg.matches(text)))
    }

    /// The resources that match, or may: what cannot be told is taken for `*` and `**`.
    #[must_use]
    pub fn widest(&self) -> Self {
        Self {
            segs: self
                .segs
                .iter()
                .map(|seg| match seg {
                    Seg::Undefined | Seg::Open => Seg::any(),
                    definite => definite.clone(),
                })
                .collect(),
            tail: match self.tail {
                Tail::End => Tail::End,
                _ => Tail::Rest,
            },
        }
    }

    /// Whether nothing in it waits for the call.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.tail != Tail::Open && !self.segs.contains(&Seg::Open)
    }

    /// Whether everything in it is known.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.is_closed() && self.tail != Tail::Undefined && !self.segs.contains(&Seg::Undefined)
    }

    /// The segment pattern at a place, when there can be a segment.
    fn at(&self, place: usize) -> Option<Seg> {
        match self.segs.get(place) {
            Some(seg) => Some(seg.clone()),
            None if self.tail == Tail::Rest => Some(Seg::any()),
            None => None,
        }
    }

    /// The resources that both match, as a union of definite shapes.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Vec<Self> {
        let length = self.segs.len().max(other.segs.len());
        let tail = if self.tail == Tail::Rest && other.tail == Tail::Rest {
            Tail::Rest
        } else {
            Tail::End
        };
        let mut result = vec![vec![]];
        for place in 0..length {
            let (Some(a), Some(b)) = (self.at(place), other.at(place)) else {
                return vec![];
            };
            let choices = a.intersect(&b);
            result = result
                .into_iter()
                .flat_map(|start: Vec<Seg>| {
                    choices.iter().map(move |choice| {
                        let mut longer = start.clone();
                        longer.push(choice.clone());
                        longer
                    })
                })
                .collect();
        }
        result.into_iter().map(|segs| Self { segs, tail }).collect()
    }

    /// Whether everything that `other` matches is matched.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        covers(&[(self.clone(), vec![])], other)
    }

    /// Whether a shape is this one, or this one is `**`: enough, but not necessary, for
    /// including it.
    fn plainly_includes(&self, other: &Self) -> bool {
        self == other || (self.segs.is_empty() && self.tail == Tail::Rest)
    }

    /// The one resource that it matches, when it has literal segments only.
    #[must_use]
    pub fn resource(&self) -> Option<Vec<String>> {
        if self.tail != Tail::End {
            return None;
        }
        self.segs
            .iter()
            .map(|seg| match seg {
                Seg::Lit(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    }

    /// The pattern in written form.
    #[must_use]
    pub fn written(&self) -> String {
        let mut parts: Vec<String> = self
            .segs
            .iter()
            .map(|seg| match seg {
                Seg::Lit(text) => encode(text),
                Seg::Glob(prefix, suffix) => format!("{}*{}", encode(prefix), encode(suffix)),
                Seg::Undefined | Seg::Open => "*".to_owned(),
            })
            .collect();
        if self.tail != Tail::End {
            parts.push("**".to_owned());
        }
        parts.join("/")
    }
}

/// A region: what a shape matches and none of its exceptions does.
pub type Region = (Shape, Vec<Shape>);

/// Whether regions together hold all that a shape matches.
#[must_use]
pub fn covers(regions: &[Region], shape: &Shape) -> bool {
    // The plain cases need no search.
    if regions
        .iter()
        .any(|(held, except)| except.is_empty() && held.plainly_includes(shape))
    {
        return true;
    }
    if regions.is_empty() {
        return false;
    }
    let others: Vec<&Shape> = regions
        .iter()
        .flat_map(|(held, except)| except.iter().chain([held]))
        .collect();
    let outside = |resource: &[String]| {
        !regions.iter().any(|(held, except)| {
            held.matches(resource) == Truths::TRUE
                && except
                    .iter()
                    .all(|cut| cut.matches(resource) != Truths::TRUE)
        })
    };
    find(shape, &others, &outside).is_none()
}

/// A resource that lies within a shape and passes a test, where the test looks at nothing
/// but which of the other shapes match; `None` when there is none.
///
/// Tries one resource of every kind that the shapes can tell apart: at each place every
/// literal, every beginning of a glob with every end, apart and overlapping, and a text
/// that nobody mentions; and every length up to one beyond the longest shape.
#[must_use]
pub fn find(
    within: &Shape,
    others: &[&Shape],
    test: &dyn Fn(&[String]) -> bool,
) -> Option<Vec<String>> {
    let shapes: Vec<&Shape> = others.iter().copied().chain([within]).collect();
    let longest = shapes.iter().map(|shape| shape.segs.len()).max()? + 1;
    let texts: Vec<Vec<String>> = (0..longest).map(|at| kinds(&shapes, at)).collect();
    let mut starts: Vec<Vec<String>> = vec![vec![]];
    for (at, texts) in texts.iter().enumerate() {
        let mut next = vec![];
        for start in &starts {
            for text in texts {
                let fits = match within.at(at) {
                    Some(seg) => seg.matches(text) == Truths::TRUE,
                    None => false,
                };
                if !fits {
                    continue;
                }
                let mut resource = start.clone();
                resource.push(text.clone());
                if within.matches(&resource) == Truths::TRUE && test(&resource) {
                    return Some(resource);
                }
                next.push(resource);
            }
        }
        starts = next;
    }
    None
}

/// One text of every kind that the segments at a place tell apart.
fn kinds(shapes: &[&Shape], at: usize) -> Vec<String> {
    const FRESH: &str = "\u{2205}";
    let mut texts = vec![FRESH.to_owned()];
    let mut prefixes = vec![String::new()];
    let mut suffixes = vec![String::new()];
    for seg in shapes.iter().filter_map(|shape| shape.segs.get(at)) {
        match seg {
            Seg::Lit(text) => texts.push(text.clone()),
            Seg::Glob(prefix, suffix) => {
                prefixes.push(prefix.clone());
                suffixes.push(suffix.clone());
            }
            Seg::Undefined | Seg::Open => {}
        }
    }
    for prefix in &prefixes {
        for suffix in &suffixes {
            texts.push(format!("{prefix}{FRESH}{suffix}"));
            for rest in (0..=suffix.len()).filter_map(|at| suffix.get(at..)) {
                let text = format!("{prefix}{rest}");
                if text.ends_with(suffix.as_str()) {
                    texts.push(text);
                }
            }
        }
    }
    texts.retain(|text| is_segment(text));
    texts.sort();
    texts.dedup();
    texts
}

/// Reads a resource in written form into decoded segments.
#[must_use]
pub fn resource(written: &str) -> Option<Vec<String>> {
    written
        .split('/')
        .map(|part| {
            let text = decode(part)?;
            let raw = part.contains(['*', '{', '}']);
            (!raw && is_segment(&text)).then_some(text)
        })
        .collect()
}

/// Reads a pattern in written form: literals, `*`, globs, a final `**`.
#[must_use]
pub fn pattern(written: &str) -> Option<Shape> {
    let (body, tail) = match written.strip_suffix("**") {
        Some("") => return Some(Shape::all()),
        Some(body) => (body.strip_suffix('/')?, Tail::Rest),
        None => (written, Tail::End),
    };
    let segs = body
        .split('/')
        .map(|part| {
            if part.contains(['{', '}']) {
                return None;
            }
            let Some((prefix, suffix)) = part.split_once('*') else {
                let text = decode(part)?;
                return is_segment(&text).then_some(Seg::Lit(text));
            };
            let (prefix, suffix) = (decode(prefix)?, decode(suffix)?);
            let good = !part[part.find('*')? + 1..].contains('*')
                && is_clean(&prefix)
                && is_clean(&suffix);
            good.then_some(Seg::Glob(prefix, suffix))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Shape { segs, tail })
}

/// The written form of a resource.
#[must_use]
pub fn written(segments: &[String]) -> String {
    let parts: Vec<String> = segments.iter().map(|text| encode(text)).collect();
    parts.join("/")
}

/// Whether a text can be a segment.
#[must_use]
pub fn is_segment(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && is_clean(text)
}

/// Whether a text is in NFC, without control and bidirectional control characters.
#[must_use]
pub fn is_clean(text: &str) -> bool {
    let bidirectional = |c: char| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    unicode_normalization::is_nfc(text) && !text.chars().any(|c| c.is_control() || bidirectional(c))
}

const ESCAPES: [(char, &str); 5] = [
    ('%', "%25"),
    ('/', "%2F"),
    ('*', "%2A"),
    ('{', "%7B"),
    ('}', "%7D"),
];

/// Encodes exactly `% / * { }`.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut result = String::new();
    for c in text.chars() {
        match ESCAPES.iter().find(|(plain, _)| *plain == c) {
            Some((_, escape)) => result.push_str(escape),
            None => result.push(c),
        }
    }
    result
}

/// Undoes [`encode`]; any other `%` is refused.
#[must_use]
pub fn decode(written: &str) -> Option<String> {
    let mut result = String::new();
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        if c == '%' {
            let (plain, escape) = ESCAPES
                .iter()
                .find(|(_, escape)| rest.starts_with(escape))?;
            result.push(*plain);
            rest = &rest[escape.len()..];
        } else {
            result.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::{Shape, pattern, resource};

    fn meet(a: &str, b: &str) -> Vec<String> {
        let read = |text| pattern(text).expect("a pattern");
        let shapes = read(a).intersect(&read(b));
        shapes.iter().map(Shape::written).collect()
    }

    #[test]
    fn intersections() {
        assert_eq!(meet("a/**", "*/b"), ["a/b"]);
        assert_eq!(meet("**", "**"), ["**"]);
        assert_eq!(meet("a/**", "a"), ["a"]);
        assert_eq!(meet("a", "b"), Vec::<String>::new());
        assert_eq!(meet("a*", "*b"), ["a*b"]);
        assert_eq!(meet("ab*", "*bc"), ["ab*bc", "abc"]);
        assert_eq!(
            meet("aa*", "*aa"),
            ["aa*aa", "aaa", "aa"].map(String::from).to_vec()
        );
        assert_eq!(meet("*/x", "a/**"), ["a/x"]);
    }

    #[test]
    fn resources_are_canonical_or_refused() {
        for bad in [
            "", "a//b", "a/..", ".", "%2f", "%20", "a*", "{x}", "a/", "e\u{301}",
        ] {
            assert_eq!(resource(bad), None, "{bad}");
        }
        assert_eq!(resource("a/%2F").expect("canonical"), ["a", "/"]);
    }
}
