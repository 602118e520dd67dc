//! Resources: paths of segments in their one canonical spelling.
//!
//! A resource is `segment/segment/…`. A segment is text as [`check_text`] wants it, not
//! empty and neither `.` nor `..`. In *written form* exactly `%`, `/`, `*`, `{` and `}`
//! inside a segment are spelled `%25`, `%2F`, `%2A`, `%7B` and `%7D`; any other spelling
//! is refused, so that a resource has one text and texts can be compared.

use std::borrow::Cow;
use std::fmt;

use smol_str::{SmolStr, SmolStrBuilder};

use crate::text::{TextError, TextErrorKind, check_text};

/// The most segments of a resource or pattern.
pub const MAX_SEGMENTS: usize = 64;

/// The longest resource or pattern in written form, in bytes.
pub const MAX_RESOURCE_BYTES: usize = 4096;

/// The characters that are escaped in a segment, with their escapes.
pub const ESCAPES: [(char, &str); 5] = [
    ('%', "%25"),
    ('/', "%2F"),
    ('*', "%2A"),
    ('{', "%7B"),
    ('}', "%7D"),
];

/// A resource in canonical written form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource(SmolStr);

impl Resource {
    /// Reads a resource in written form; only the canonical spelling is one.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, ResourceError> {
        check_resource(text)?;
        Ok(Self(SmolStr::new(text)))
    }

    /// Joins segments in written form, as [`encode_segment`] gives them.
    ///
    /// # Errors
    ///
    /// When there are none, too many or too long ones, or one is not in written form.
    pub fn from_segments<S: AsRef<str>>(
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Self, ResourceError> {
        let mut text = SmolStrBuilder::new();
        let mut bytes = 0;
        for (count, segment) in segments.into_iter().enumerate() {
            let segment = segment.as_ref();
            if count == MAX_SEGMENTS {
                return Err(ResourceError::at(bytes, ResourceErrorKind::TooManySegments));
            }
            if count > 0 {
                text.push('/');
                bytes += 1;
            }
            check_segment(segment).map_err(|error| error.moved(bytes))?;
            bytes += segment.len();
            if bytes > MAX_RESOURCE_BYTES {
                return Err(ResourceError::at(bytes, ResourceErrorKind::TooLong));
            }
            text.push_str(segment);
        }
        if bytes == 0 {
            return Err(ResourceError::at(0, ResourceErrorKind::Empty));
        }
        Ok(Self(text.finish()))
    }

    /// A resource whose segments are known to be in written form.
    pub(crate) fn of_checked(text: SmolStr) -> Self {
        Self(text)
    }

    /// Its written form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its written form, owned.
    #[must_use]
    pub fn into_text(self) -> SmolStr {
        self.0
    }

    /// Its segments in written form, one at least.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        ResourceRef::from(self).segments()
    }
}

/// A resource in canonical written form that lies elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRef<'a>(&'a str);

impl<'a> ResourceRef<'a> {
    /// Reads a resource in written form; only the canonical spelling is one.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it, and where.
    pub fn parse(text: &'a str) -> Result<Self, ResourceError> {
        check_resource(text)?;
        Ok(Self(text))
    }

    /// Its written form.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Its segments in written form, one at least.
    #[inline]
    pub fn segments(self) -> impl Iterator<Item = &'a str> {
        split(self.0)
    }

    /// The same, owned.
    #[must_use]
    pub fn to_resource(self) -> Resource {
        Resource(self.0.into())
    }
}

impl fmt::Display for ResourceRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'a> From<&'a Resource> for ResourceRef<'a> {
    fn from(resource: &'a Resource) -> Self {
        Self(&resource.0)
    }
}

/// The segments of a text. Segments are short: looking at byte after byte is faster than a
/// search that first has to be set up.
#[inline]
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.bytes().position(|byte| byte == b'/') else {
            return rest.take();
        };
        rest = text.get(at + 1..);
        text.get(..at)
    })
}

fn check_resource(text: &str) -> Result<(), ResourceError> {
    check_shape(text)?;
    if is_plain(text) {
        return Ok(());
    }
    let mut start = 0;
    for segment in text.split('/') {
        check_segment(segment).map_err(|error| error.moved(start))?;
        start += segment.len() + 1;
    }
    Ok(())
}

/// Whether all segments are plain: printable ASCII, nothing that would have to be escaped,
/// none empty, and none beginning with a dot. Most are; what is not may be right all the same.
fn is_plain(text: &str) -> bool {
    let mut plain = true;
    let mut begins = true;
    for byte in text.bytes() {
        let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(ODD);
        plain &= class & (ODD | if begins { NEVER_FIRST } else { 0 }) == 0;
        begins = byte == b'/';
    }
    plain & !begins
}

/// Not a plain character.
const ODD: u8 = 1;
/// Plain, and not the first character of a segment.
const NEVER_FIRST: u8 = 2;

static CLASSES: [u8; 256] = {
    let mut classes = [ODD; 256];
    let mut byte = 0x20;
    while byte <= 0x7E {
        #[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
        {
            classes[byte] = match byte as u8 {
                b'%' | b'*' | b'{' | b'}' => ODD,
                b'/' | b'.' => NEVER_FIRST,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
};

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns a raw value into one segment in written form. Nothing is decoded: a `%` or `/`
/// of the value is a character of the segment.
///
/// # Errors
///
/// When the value cannot be a segment.
pub fn encode_segment(raw: &str) -> Result<SmolStr, ResourceError> {
    if raw.len() > MAX_RESOURCE_BYTES {
        return Err(ResourceError::at(
            MAX_RESOURCE_BYTES,
            ResourceErrorKind::TooLong,
        ));
    }
    let written = if raw.contains(is_reserved) {
        let mut written = SmolStrBuilder::new();
        for c in raw.chars() {
            match ESCAPES.iter().find(|(reserved, _)| *reserved == c) {
                Some((_, escape)) => written.push_str(escape),
                None => written.push(c),
            }
        }
        written.finish()
    } else {
        SmolStr::new(raw)
    };
    // Checked as written: an escape's last letter must not combine with what follows.
    check_segment(&written)?;
    Ok(written)
}

/// The raw value of a segment in written form.
#[must_use]
pub fn decode_segment(written: &str) -> Cow<'_, str> {
    if !written.contains('%') {
        return Cow::Borrowed(written);
    }
    let mut raw = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((unit, after)) = split_unit(rest) {
        match ESCAPES.iter().find(|(_, escape)| *escape == unit) {
            Some((reserved, _)) => raw.push(*reserved),
            None => raw.push_str(unit),
        }
        rest = after;
    }
    Cow::Owned(raw)
}

/// What is wrong with a resource or segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceError {
    /// What it is.
    pub kind: ResourceErrorKind,
    /// Where it is, in bytes from the start.
    pub offset: usize,
}

/// The kinds of [`ResourceError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceErrorKind {
    /// No segments at all.
    Empty,
    /// A segment without characters: a leading, trailing or double `/`.
    EmptySegment,
    /// A segment `.` or `..`.
    DotSegment,
    /// A character that no text may have, or one that is not normalized.
    Text(TextErrorKind),
    /// A `%` that does not start `%25`, `%2F`, `%2A`, `%7B` or `%7D`.
    BadEscape,
    /// A raw `*`, `{` or `}`, or a raw `/` where one segment is meant.
    Reserved(char),
    /// More than [`MAX_SEGMENTS`].
    TooManySegments,
    /// Longer than [`MAX_RESOURCE_BYTES`].
    TooLong,
}

impl ResourceError {
    pub(crate) const fn at(offset: usize, kind: ResourceErrorKind) -> Self {
        Self { kind, offset }
    }

    pub(crate) const fn moved(self, by: usize) -> Self {
        Self::at(self.offset + by, self.kind)
    }
}

impl From<TextError> for ResourceError {
    fn from(error: TextError) -> Self {
        Self::at(error.offset, ResourceErrorKind::Text(error.kind))
    }
}

impl fmt::Display for ResourceErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty resource"),
            Self::EmptySegment => f.write_str("empty segment"),
            Self::DotSegment => f.write_str("segments `.` and `..` are not allowed"),
            Self::Text(kind) => kind.fmt(f),
            Self::BadEscape => f.write_str(
                "`%` must be written `%25`; only `%25`, `%2F`, `%2A`, `%7B` and `%7D` are escapes",
            ),
            Self::Reserved(c) => match ESCAPES.iter().find(|(reserved, _)| reserved == c) {
                Some((_, escape)) => write!(f, "`{c}` must be written `{escape}`"),
                None => write!(f, "`{c}` is not allowed"),
            },
            Self::TooManySegments => write!(f, "more than {MAX_SEGMENTS} segments"),
            Self::TooLong => write!(f, "longer than {MAX_RESOURCE_BYTES} bytes"),
        }
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ResourceErrorKind::Empty
            | ResourceErrorKind::TooManySegments
            | ResourceErrorKind::TooLong => self.kind.fmt(f),
            _ => write!(f, "{} at byte {}", self.kind, self.offset),
        }
    }
}

impl std::error::Error for ResourceError {}

/// Checks what concerns a whole path: length and number of segments.
pub(crate) fn check_shape(text: &str) -> Result<(), ResourceError> {
    if text.is_empty() {
        return Err(ResourceError::at(0, ResourceErrorKind::Empty));
    }
    if text.len() > MAX_RESOURCE_BYTES {
        return Err(ResourceError::at(
            MAX_RESOURCE_BYTES,
            ResourceErrorKind::TooLong,
        ));
    }
    let segments = text.bytes().filter(|byte| *byte == b'/').count() + 1;
    if segments <= MAX_SEGMENTS {
        return Ok(());
    }
    let offset = text.match_indices('/').nth(MAX_SEGMENTS - 1);
    Err(ResourceError::at(
        offset.map_or(text.len(), |(offset, _)| offset),
        ResourceErrorKind::TooManySegments,
    ))
}

/// Checks one whole segment in written form.
pub(crate) fn check_segment(written: &str) -> Result<(), ResourceError> {
    match written {
        "" => Err(ResourceError::at(0, ResourceErrorKind::EmptySegment)),
        "." | ".." => Err(ResourceError::at(0, ResourceErrorKind::DotSegment)),
        _ => check_part(written),
    }
}

/// Checks a nonempty part of a segment in written form.
pub(crate) fn check_part(written: &str) -> Result<(), ResourceError> {
    check_text(written)?;
    if !written.contains(is_reserved) {
        return Ok(());
    }
    for (offset, c) in written.char_indices().filter(|(_, c)| is_reserved(*c)) {
        let rest = written.get(offset..).unwrap_or_default();
        if c != '%' {
            return Err(ResourceError::at(offset, ResourceErrorKind::Reserved(c)));
        }
        if !ESCAPES.iter().any(|(_, escape)| rest.starts_with(escape)) {
            return Err(ResourceError::at(offset, ResourceErrorKind::BadEscape));
        }
    }
    Ok(())
}

/// The first unit of a written text, an escape or a character, and what follows it.
pub(crate) fn split_unit(written: &str) -> Option<(&str, &str)> {
    let first = written.chars().next()?;
    let size = if first == '%' { 3 } else { first.len_utf8() };
    written.split_at_checked(size.min(written.len()))
}

/// Whether a byte offset of a written text lies between units, not inside an escape.
pub(crate) fn is_unit_boundary(written: &str, offset: usize) -> bool {
    let bytes = written.as_bytes();
    let percent = |back: usize| {
        offset
            .checked_sub(back)
            .and_then(|at| bytes.get(at))
            .is_some_and(|byte| *byte == b'%')
    };
    written.is_char_boundary(offset) && !percent(1) && !percent(2)
}

const fn is_reserved(c: char) -> bool {
    matches!(c, '%' | '/' | '*' | '{' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_one_spelling() {
        let check = |text: &str, said: &str| {
            let got = Resource::parse(text).map_or_else(|error| error.to_string(), |_| "ok".into());
            assert_eq!(got, said, "{text:?}");
        };
        check("ticket/acme/42", "ok");
        check("Ticket/Zürich/a b", "ok");
        check(".../.x/x.", "ok");
        check("a%2Fb/%25/%2A%7B%7D", "ok");
        check("", "empty resource");
        check("/a", "empty segment at byte 0");
        check("a//b", "empty segment at byte 2");
        check("a/", "empty segment at byte 2");
        check("a/../b", "segments `.` and `..` are not allowed at byte 2");
        check("a/.", "segments `.` and `..` are not allowed at byte 2");
        check("a/b*", "`*` must be written `%2A` at byte 3");
        check("a/{b}", "`{` must be written `%7B` at byte 2");
        let escape =
            "`%` must be written `%25`; only `%25`, `%2F`, `%2A`, `%7B` and `%7D` are escapes";
        check("a/%", &format!("{escape} at byte 2"));
        check("a/%2f", &format!("{escape} at byte 2"));
        check("a/x%41", &format!("{escape} at byte 3"));
        check("a/%2E%2E", &format!("{escape} at byte 2"));
        check("a/\0", "control character U+0000 at byte 2");
        check(
            "a/\u{202E}b",
            "bidirectional control character U+202E at byte 2",
        );
        check(
            "a/e\u{301}",
            "text is not in Unicode Normalization Form C at byte 2",
        );
        check(&["a"; MAX_SEGMENTS].join("/"), "ok");
        check(&["a"; MAX_SEGMENTS + 1].join("/"), "more than 64 segments");
        check(&"a".repeat(MAX_RESOURCE_BYTES), "ok");
        check(
            &"a".repeat(MAX_RESOURCE_BYTES + 1),
            "longer than 4096 bytes",
        );
    }

    #[test]
    fn an_argument_is_one_segment_or_none() {
        let check = |raw: &str, written: Option<&str>| {
            let got = encode_segment(raw).ok();
            assert_eq!(got.as_deref(), written, "{raw:?}");
            if let Some(written) = got {
                assert_eq!(decode_segment(&written), raw);
                assert!(Resource::parse(&written).is_ok());
            }
        };
        check("acme", Some("acme"));
        check("a/b", Some("a%2Fb"));
        check("a%2Fb", Some("a%252Fb"));
        check("{*}", Some("%7B%2A%7D"));
        check("%2e%2e", Some("%252e%252e"));
        check("...", Some("..."));
        check("../etc", Some("..%2Fetc"));
        check(".", None);
        check("..", None);
        check("", None);
        check("a\tb", None);
        check("e\u{301}", None);
        // Written, `%2A` and the accent would normalize to another text.
        check("*\u{301}", None);
        check(&"/".repeat(MAX_RESOURCE_BYTES + 1), None);
    }

    #[test]
    fn segments_join_to_the_resource_that_they_came_from() {
        let check = |segments: &[&str], text: Option<&str>| {
            let joined = Resource::from_segments(segments).ok();
            assert_eq!(joined.as_ref().map(Resource::as_str), text);
            if let Some(joined) = joined {
                assert!(joined.segments().eq(segments.iter().copied()));
            }
        };
        check(&["a", "b%2F"], Some("a/b%2F"));
        check(&[], None);
        check(&["a/b"], None);
        check(&["a", ""], None);
        check(&["a"; MAX_SEGMENTS + 1], None);
    }
}
