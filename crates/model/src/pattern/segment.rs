//! One segment of a pattern: a set of texts.
//!
//! Texts stay in written form. Written text is a row of units, escapes and characters,
//! and no unit starts another, so a prefix of whole units is a prefix of bytes; a suffix
//! must besides start between units.

use std::fmt;

use smol_str::{SmolStr, SmolStrBuilder, format_smolstr};
use unicode_normalization::{IsNormalized, is_nfc_quick};

use super::{PatternError, PatternErrorKind};
use crate::resource::{check_part, check_segment, is_unit_boundary, split_unit};

/// One segment of a pattern. Texts are in written form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seg {
    /// Exactly this segment.
    Literal(SmolStr),
    /// `*`: any one segment.
    Any,
    /// `prefix*suffix`, not both empty: the star stands for zero or more characters.
    Glob {
        /// Before the star.
        prefix: SmolStr,
        /// After it.
        suffix: SmolStr,
    },
}

impl Seg {
    /// Reads one segment in written form: a literal, `*`, or a glob.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text == "**" {
            return Err(PatternError::at(0, PatternErrorKind::TailNotLast));
        }
        let Some((prefix, suffix)) = text.split_once('*') else {
            check_segment(text)?;
            return Ok(Self::Literal(SmolStr::new(text)));
        };
        let after = prefix.len() + 1;
        if let Some(second) = suffix.find('*') {
            return Err(PatternError::at(
                after + second,
                PatternErrorKind::SecondStar,
            ));
        }
        if !prefix.is_empty() {
            check_part(prefix)?;
        }
        if let Some(first) = suffix.chars().next() {
            check_part(suffix).map_err(|error| error.moved(after))?;
            if is_nfc_quick(std::iter::once(first)) != IsNormalized::Yes || combines(first) {
                return Err(PatternError::at(after, PatternErrorKind::Combining(first)));
            }
        }
        if prefix.is_empty() && suffix.is_empty() {
            return Ok(Self::Any);
        }
        Ok(Self::Glob {
            prefix: SmolStr::new(prefix),
            suffix: SmolStr::new(suffix),
        })
    }

    /// A literal segment, checked.
    ///
    /// # Errors
    ///
    /// When the text is not one segment in written form.
    pub fn literal(written: &str) -> Result<Self, PatternError> {
        check_segment(written)?;
        Ok(Self::Literal(SmolStr::new(written)))
    }

    /// Whether a segment in written form matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Any => true,
            Self::Glob { prefix, suffix } => {
                prefix.len() + suffix.len() <= text.len()
                    && text.starts_with(prefix.as_str())
                    && ends_with(text, suffix)
            }
        }
    }

    /// What two segments share, as a union of disjoint segments.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Vec<Self> {
        match (self, other) {
            (Self::Any, shared) | (shared, Self::Any) => vec![shared.clone()],
            (Self::Literal(text), set) | (set, Self::Literal(text)) => {
                if set.matches(text) {
                    vec![Self::Literal(text.clone())]
                } else {
                    Vec::new()
                }
            }
            (
                Self::Glob { prefix, suffix },
                Self::Glob {
                    prefix: prefix2,
                    suffix: suffix2,
                },
            ) => intersect_globs((prefix, suffix), (prefix2, suffix2)),
        }
    }

    /// Whether everything that `other` matches, this one matches.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (set, Self::Literal(text)) => set.matches(text),
            (
                Self::Glob { prefix, suffix },
                Self::Glob {
                    prefix: longer,
                    suffix: longer2,
                },
            ) => longer.starts_with(prefix.as_str()) && ends_with(longer2, suffix),
            (Self::Literal(_) | Self::Glob { .. }, _) => false,
        }
    }

    /// A text that this segment matches and none of `others` does, save for those that
    /// include this segment.
    pub(super) fn fresh<'a>(&self, others: impl Iterator<Item = &'a Self>) -> SmolStr {
        let (prefix, suffix) = match self {
            Self::Literal(text) => return text.clone(),
            Self::Any => ("", ""),
            Self::Glob { prefix, suffix } => (prefix.as_str(), suffix.as_str()),
        };
        // `prefix c suffix` is matched by another segment that does not include this one
        // only if that one has `c` right after `prefix`, or right before `suffix`.
        let mut taken: Vec<&str> = Vec::new();
        for other in others {
            let (front, back) = match other {
                Self::Any => continue,
                Self::Literal(text) => (text, text),
                Self::Glob { prefix, suffix } => (prefix, suffix),
            };
            taken.extend(unit_after(front, prefix));
            taken.extend(unit_before(back, suffix));
        }
        let mut buffer = [0; 4];
        let c = candidates()
            .find(|c| !taken.contains(&&*c.encode_utf8(&mut buffer)))
            .unwrap_or('x');
        format_smolstr!("{prefix}{c}{suffix}")
    }

    /// The length of the shortest text that matches, in bytes.
    pub(super) fn min_bytes(&self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Any => 1,
            Self::Glob { prefix, suffix } => prefix.len() + suffix.len(),
        }
    }
}

impl fmt::Display for Seg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Any => f.write_str("*"),
            Self::Glob { prefix, suffix } => write!(f, "{prefix}*{suffix}"),
        }
    }
}

fn intersect_globs(
    (prefix, suffix): (&SmolStr, &SmolStr),
    (prefix2, suffix2): (&SmolStr, &SmolStr),
) -> Vec<Seg> {
    let (long, short) = by_length(prefix, prefix2);
    let (long2, short2) = by_length(suffix, suffix2);
    if !long.starts_with(short.as_str()) || !ends_with(long2, short2) {
        return Vec::new();
    }
    let mut found = vec![Seg::Glob {
        prefix: long.clone(),
        suffix: long2.clone(),
    }];
    // When each glob gives one of the long ends, these may overlap in a shorter text, as
    // far as that text is long enough for both globs.
    let least = (prefix.len() + suffix.len()).max(prefix2.len() + suffix2.len());
    let mut rest = long2.as_str();
    while let Some((_, after)) = split_unit(rest) {
        rest = after;
        let shared = long2.len() - rest.len();
        if long.len() + rest.len() < least {
            break;
        }
        let overlap = long2.get(..shared).unwrap_or_default();
        if ends_with(long, overlap) {
            let mut text = SmolStrBuilder::new();
            text.push_str(long);
            text.push_str(rest);
            let text = text.finish();
            if text != "." && text != ".." {
                found.push(Seg::Literal(text));
            }
        }
    }
    found
}

fn by_length<'a>(a: &'a SmolStr, b: &'a SmolStr) -> (&'a SmolStr, &'a SmolStr) {
    if a.len() >= b.len() { (a, b) } else { (b, a) }
}

/// Whether a written text ends with these units.
fn ends_with(text: &str, suffix: &str) -> bool {
    text.ends_with(suffix) && is_unit_boundary(text, text.len() - suffix.len())
}

/// The unit that follows `prefix` in `text`, if it starts so.
fn unit_after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    split_unit(text.strip_prefix(prefix)?).map(|(unit, _)| unit)
}

/// The unit that stands before `suffix` in `text`, if it ends so.
fn unit_before<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    if !ends_with(text, suffix) {
        return None;
    }
    let front = text.strip_suffix(suffix)?;
    let last = front.char_indices().next_back()?.0;
    let start = (0..=last)
        .rev()
        .find(|start| is_unit_boundary(front, *start))?;
    front.get(start..)
}

/// Characters that never combine with their neighbours, the readable ones first. There
/// are far more of them than patterns in a region.
fn candidates() -> impl Iterator<Item = char> {
    ('x'..='z')
        .chain('a'..='w')
        .chain('0'..='9')
        .chain('\u{4E00}'..='\u{9FFF}')
        .chain('\u{20000}'..='\u{2A6DF}')
}

/// Whether a character can combine with one before it although it is normalized itself.
fn combines(c: char) -> bool {
    unicode_normalization::char::canonical_combining_class(c) != 0
}
