//! The exact algebra of resource patterns: matching, intersection, inclusion,
//! difference and witnesses.
//!
//! A [`Concrete`] pattern has no holes and no captures; a [`Region`] is a pattern
//! without some others. All operations are exact over the resources of at most
//! [`MAX_SEGMENTS`] segments, whatever their characters.
//!
//! # Why this is cheap
//!
//! Segments are texts over a practically endless alphabet. Between prefix and suffix of
//! a glob there is always a character that no other pattern mentions, and the text with
//! that character is matched by exactly those segments that include the whole glob. So a
//! union of patterns covers a pattern of a given length exactly when *one* of them does,
//! and no search is needed: inclusion, emptiness and witnesses cost the product of the
//! number of patterns and their size. Only the intersection of crossing globs (`ab*` and
//! `*bc` share `ab*bc`, and `abc` besides) can split, and that is limited by
//! [`MAX_SPLIT`].

mod region;
mod segment;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use smol_str::{SmolStr, SmolStrBuilder};

pub use self::region::Region;
pub use self::segment::Seg;
use crate::resource::{
    MAX_RESOURCE_BYTES, MAX_SEGMENTS, Resource, ResourceError, ResourceErrorKind, ResourceRef,
    check_shape,
};

/// The most patterns that one intersection may split into.
pub const MAX_SPLIT: usize = 256;

/// A pattern of resources without holes or captures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Concrete {
    segments: Vec<Seg>,
    tail: bool,
}

impl Concrete {
    /// The pattern `**` of all resources.
    pub const ALL: Self = Self {
        segments: Vec::new(),
        tail: true,
    };

    /// A pattern of these segments; `tail` adds `**`.
    ///
    /// # Errors
    ///
    /// When it is empty or beyond [`MAX_SEGMENTS`] or [`MAX_RESOURCE_BYTES`].
    pub fn new(segments: Vec<Seg>, tail: bool) -> Result<Self, PatternError> {
        let kind = if segments.is_empty() && !tail {
            ResourceErrorKind::Empty
        } else if segments.len() > MAX_SEGMENTS {
            ResourceErrorKind::TooManySegments
        } else if length(&segments) > MAX_RESOURCE_BYTES {
            ResourceErrorKind::TooLong
        } else {
            return Ok(Self { segments, tail });
        };
        Err(ResourceError::at(0, kind).into())
    }

    /// Reads a pattern in written form, such as `ticket/*/x*y/**`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (body, tail) = match text.strip_suffix("**") {
            Some("") => return Ok(Self::ALL),
            Some(front) => match front.strip_suffix('/') {
                Some(body) => (body, true),
                None => (text, false),
            },
            None => (text, false),
        };
        if tail && body.is_empty() {
            return Err(ResourceError::at(0, ResourceErrorKind::EmptySegment).into());
        }
        check_shape(body)?;
        let mut segments = Vec::new();
        let mut start = 0;
        for part in body.split('/') {
            segments.push(Seg::parse(part).map_err(|error| error.moved(start))?);
            start += part.len() + 1;
        }
        Self::new(segments, tail)
    }

    /// The segments before a final `**`.
    #[must_use]
    pub fn segments(&self) -> &[Seg] {
        &self.segments
    }

    /// Whether it ends in `**`: zero or more further segments.
    #[must_use]
    pub fn tail(&self) -> bool {
        self.tail
    }

    /// The one resource that it matches, when it has literal segments only.
    #[must_use]
    pub fn as_resource(&self) -> Option<Resource> {
        let literal = |segment: &Seg| matches!(segment, Seg::Literal(_));
        (!self.tail && self.segments.iter().all(literal))
            .then(|| Resource::of_checked(smol_str::format_smolstr!("{self}")))
    }

    /// Whether a resource matches.
    #[must_use]
    pub fn matches<'r>(&self, resource: impl Into<ResourceRef<'r>>) -> bool {
        let mut texts = resource.into().segments();
        for segment in &self.segments {
            if !texts.next().is_some_and(|text| segment.matches(text)) {
                return false;
            }
        }
        self.tail || texts.next().is_none()
    }

    /// What two patterns share, as a union of disjoint patterns; empty when they share
    /// nothing, `None` when the union would have more than [`MAX_SPLIT`] members.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Vec<Self>> {
        let count = self.segments.len().max(other.segments.len());
        if !self.reaches(count) || !other.reaches(count) {
            return Some(Vec::new());
        }
        let mut found: Vec<Vec<Seg>> = vec![Vec::with_capacity(count)];
        for depth in 0..count {
            let shared = self.at(depth).intersect(other.at(depth));
            if found.len() * shared.len() > MAX_SPLIT {
                // A later segment may still leave nothing at all.
                let nothing = (depth..count)
                    .any(|later| self.at(later).intersect(other.at(later)).is_empty());
                return nothing.then(Vec::new);
            }
            found = extend(found, &shared);
        }
        let tail = self.tail && other.tail;
        // What is longer than any resource can be matches none.
        found.retain(|segments| length(segments) <= MAX_RESOURCE_BYTES);
        Some(
            found
                .into_iter()
                .map(|segments| Self { segments, tail })
                .collect(),
        )
    }

    /// Whether two patterns share a resource.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let count = self.segments.len().max(other.segments.len());
        self.reaches(count)
            && other.reaches(count)
            && (0..count).all(|depth| !self.at(depth).intersect(other.at(depth)).is_empty())
    }

    /// Whether every resource that `other` matches, this one matches too.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        covers(std::slice::from_ref(self), other)
    }

    /// Whether resources of this many segments can match.
    fn reaches(&self, count: usize) -> bool {
        count == self.segments.len() || (self.tail && count > self.segments.len())
    }

    /// The segment at a depth; beyond the written ones, any.
    fn at(&self, depth: usize) -> &Seg {
        self.segments.get(depth).unwrap_or(&Seg::Any)
    }

    /// Whether every resource of `count` segments that `other` matches, this one matches.
    fn includes_at(&self, other: &Self, count: usize) -> bool {
        self.reaches(count) && (0..count).all(|depth| self.at(depth).includes(other.at(depth)))
    }
}

/// Whether a union of patterns matches everything that `pattern` matches.
#[must_use]
pub fn covers(union: &[Concrete], pattern: &Concrete) -> bool {
    uncovered(pattern, union).is_none()
}

/// Whether nothing is left of `pattern` without `except`; [`covers`] by its other name.
#[must_use]
pub fn is_empty_difference(pattern: &Concrete, except: &[Concrete]) -> bool {
    covers(except, pattern)
}

/// A resource that `pattern` matches and none of `except` does; `None` when there is none.
///
/// Where the patterns leave a choice it is short and made of lower-case letters. It is
/// longer than [`MAX_RESOURCE_BYTES`] only when `pattern` nearly is.
#[must_use]
pub fn witness(pattern: &Concrete, except: &[Concrete]) -> Option<Resource> {
    let count = uncovered(pattern, except)?;
    let mut text = SmolStrBuilder::new();
    for depth in 0..count {
        if depth > 0 {
            text.push('/');
        }
        let others = except
            .iter()
            .filter(|other| other.reaches(count))
            .map(|other| other.at(depth));
        text.push_str(&pattern.at(depth).fresh(others));
    }
    Some(Resource::of_checked(text.finish()))
}

impl From<&Resource> for Concrete {
    fn from(resource: &Resource) -> Self {
        Self {
            segments: resource
                .segments()
                .map(|text| Seg::Literal(SmolStr::new(text)))
                .collect(),
            tail: false,
        }
    }
}

impl FromStr for Concrete {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Concrete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, segment) in self.segments.iter().enumerate() {
            if depth > 0 {
                f.write_str("/")?;
            }
            segment.fmt(f)?;
        }
        match (self.tail, self.segments.is_empty()) {
            (true, true) => f.write_str("**"),
            (true, false) => f.write_str("/**"),
            (false, _) => Ok(()),
        }
    }
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// What it is.
    pub kind: PatternErrorKind,
    /// Where it is, in bytes from the start.
    pub offset: usize,
}

/// The kinds of [`PatternError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternErrorKind {
    /// What would be wrong in a resource too.
    Resource(ResourceErrorKind),
    /// A second `*` in one segment.
    SecondStar,
    /// A `**` that is not the last segment.
    TailNotLast,
    /// The text after a `*` starts with a character that can combine with what the star
    /// stands for, so that the whole would not be normalized.
    Combining(char),
}

impl PatternError {
    pub(crate) const fn at(offset: usize, kind: PatternErrorKind) -> Self {
        Self { kind, offset }
    }

    const fn moved(self, by: usize) -> Self {
        Self::at(self.offset + by, self.kind)
    }
}

impl From<ResourceError> for PatternError {
    fn from(error: ResourceError) -> Self {
        Self::at(error.offset, PatternErrorKind::Resource(error.kind))
    }
}

impl fmt::Display for PatternErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(ResourceErrorKind::Empty) => f.write_str("empty pattern"),
            Self::Resource(kind) => kind.fmt(f),
            Self::SecondStar => f.write_str("a segment has at most one `*`"),
            Self::TailNotLast => f.write_str("`**` is a whole segment and the last one"),
            Self::Combining(c) => write!(
                f,
                "U+{:04X} after `*` combines with the character before it",
                u32::from(*c)
            ),
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PatternErrorKind::Resource(
                ResourceErrorKind::Empty
                | ResourceErrorKind::TooManySegments
                | ResourceErrorKind::TooLong,
            ) => self.kind.fmt(f),
            _ => write!(f, "{} at byte {}", self.kind, self.offset),
        }
    }
}

impl std::error::Error for PatternError {}

/// The least number of segments at which something of `pattern` is outside of `union`.
fn uncovered(pattern: &Concrete, union: &[Concrete]) -> Option<usize> {
    let least = pattern.segments.len().max(1);
    let most = if pattern.tail {
        // Beyond the longest pattern only tails match, and they match alike.
        let longest = union.iter().map(|other| other.segments.len()).max();
        longest.map_or(least, |longest| least.max(longest + 1).min(MAX_SEGMENTS))
    } else {
        least
    };
    (least..=most).find(|count| !union.iter().any(|other| other.includes_at(pattern, *count)))
}

/// The length of the shortest resource that matches, in bytes.
fn length(segments: &[Seg]) -> usize {
    segments
        .iter()
        .map(Seg::min_bytes)
        .sum::<usize>()
        .saturating_add(segments.len().saturating_sub(1))
}

/// Every prefix with every continuation.
fn extend(prefixes: Vec<Vec<Seg>>, shared: &[Seg]) -> Vec<Vec<Seg>> {
    if let [only] = shared {
        return prefixes
            .into_iter()
            .map(|mut prefix| {
                prefix.push(only.clone());
                prefix
            })
            .collect();
    }
    prefixes
        .iter()
        .flat_map(|prefix| {
            shared.iter().map(move |segment| {
                let mut longer = prefix.clone();
                longer.push(segment.clone());
                longer
            })
        })
        .collect()
}
