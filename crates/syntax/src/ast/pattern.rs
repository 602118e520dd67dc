//! Patterns and templates, as [`crate::pattern`] reads them from strings.

use smol_str::SmolStr;

use super::{Name, Ref, Spanned};

/// A resource pattern or template: segments, and whether `**` follows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The segments. An `email(…)` hole that stands first is preceded here by the literal
    /// segment `email`, which is not written.
    pub segments: Vec<Spanned<Segment>>,
    /// A final `**`: zero or more segments.
    pub rest: Option<Spanned<()>>,
}

/// One segment of a pattern; literal text is in its written form (`%2F`, not `/`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Text that stands for itself.
    Literal(SmolStr),
    /// `*`: any one segment.
    Any,
    /// `prefix*suffix`: one segment; at least one of the two is not empty.
    Glob {
        /// The text before the star.
        prefix: SmolStr,
        /// The text after the star.
        suffix: SmolStr,
    },
    /// `{*name}`: any one segment, which conditions know by the name.
    Capture(Name),
    /// `{ref}`, `{extractor(ref)}`, `{each ref}` or `{each extractor(ref)}`
    Hole(Hole),
}

/// A hole, filled from an argument or a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Whether each member of a list makes a resource of its own.
    pub each: bool,
    /// How segments are made of the value; as it is, if absent.
    pub extractor: Option<Spanned<Extractor>>,
    /// Where the value comes from.
    pub of: Spanned<Ref>,
}

/// How a hole makes segments of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extractor {
    /// `path(p)`: the segments of a path.
    Path,
    /// `url(u)`: scheme, host, port, path.
    Url,
    /// `email(a)`: domain, local part.
    Email,
    /// `lower(x)`: ASCII lower case.
    Lower,
}

impl Extractor {
    /// Every extractor.
    pub const ALL: [Self; 4] = [Self::Path, Self::Url, Self::Email, Self::Lower];

    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Url => "url",
            Self::Email => "email",
            Self::Lower => "lower",
        }
    }
}
