//! What text is allowed to be: everything that names something.
//!
//! Ids, names, resource segments and literals of patterns are not empty, in Unicode
//! Normalization Form C, and free of control characters and of characters that change
//! the direction of writing, so that two texts that look the same on a reviewer's screen
//! by reordering or by hidden characters never differ.

use std::fmt;

use unicode_normalization::is_nfc;

/// The longest id that is accepted, in bytes.
pub const MAX_ID_BYTES: usize = 2048;

/// Checks a text that names something.
///
/// # Errors
///
/// The first thing that is wrong with it, and where.
pub fn check_text(text: &str) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::at(0, TextErrorKind::Empty));
    }
    let printable = |so_far, byte| so_far & matches!(byte, 0x20..=0x7E);
    if text.bytes().fold(true, printable) {
        return Ok(());
    }
    if let Some((offset, kind)) = text.char_indices().find_map(hidden) {
        return Err(TextError::at(offset, kind));
    }
    if text.is_ascii() || is_nfc(text) {
        Ok(())
    } else {
        Err(TextError::at(first_difference(text), TextErrorKind::NotNfc))
    }
}

/// Checks an id: a text of at most [`MAX_ID_BYTES`].
///
/// # Errors
///
/// The first thing that is wrong with it, and where.
pub fn check_id(id: &str) -> Result<(), TextError> {
    if id.len() > MAX_ID_BYTES {
        return Err(TextError::at(MAX_ID_BYTES, TextErrorKind::TooLong));
    }
    check_text(id)
}

/// Whether a character changes the direction of writing.
#[must_use]
pub const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextError {
    /// What it is.
    pub kind: TextErrorKind,
    /// Where it is, in bytes from the start.
    pub offset: usize,
}

/// The kinds of [`TextError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextErrorKind {
    /// Nothing is there.
    Empty,
    /// A control character (general category Cc).
    Control(char),
    /// A character that changes the direction of writing.
    Bidi(char),
    /// Not in Normalization Form C.
    NotNfc,
    /// An id longer than [`MAX_ID_BYTES`].
    TooLong,
}

impl TextError {
    const fn at(offset: usize, kind: TextErrorKind) -> Self {
        Self { kind, offset }
    }
}

impl fmt::Display for TextErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty text"),
            Self::Control(c) => write!(f, "control character U+{:04X}", u32::from(*c)),
            Self::Bidi(c) => write!(f, "bidirectional control character U+{:04X}", u32::from(*c)),
            Self::NotNfc => f.write_str("text is not in Unicode Normalization Form C"),
            Self::TooLong => write!(f, "longer than {MAX_ID_BYTES} bytes"),
        }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TextErrorKind::Empty | TextErrorKind::TooLong => self.kind.fmt(f),
            _ => write!(f, "{} at byte {}", self.kind, self.offset),
        }
    }
}

impl std::error::Error for TextError {}

fn hidden((offset, c): (usize, char)) -> Option<(usize, TextErrorKind)> {
    if c.is_control() {
        Some((offset, TextErrorKind::Control(c)))
    } else if is_bidi_control(c) {
        Some((offset, TextErrorKind::Bidi(c)))
    } else {
        None
    }
}

/// Where a text and its normal form part.
fn first_difference(text: &str) -> usize {
    use unicode_normalization::UnicodeNormalization;
    let mut normal = text.nfc();
    text.char_indices()
        .find(|(_, c)| normal.next() != Some(*c))
        .map_or(text.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_normal_and_hide_nothing() {
        let check = |text: &str, said: &str| {
            let got = check_text(text).map_or_else(|error| error.to_string(), |()| "ok".to_owned());
            assert_eq!(got, said, "{text:?}");
        };
        check("ana", "ok");
        check("a b ~!", "ok");
        check("Zürich", "ok");
        check("日本", "ok");
        check(
            "e\u{301}",
            "text is not in Unicode Normalization Form C at byte 0",
        );
        check(
            "xe\u{301}",
            "text is not in Unicode Normalization Form C at byte 1",
        );
        check("\u{301}", "ok");
        check("", "empty text");
        check("a\0", "control character U+0000 at byte 1");
        check("a\n", "control character U+000A at byte 1");
        check("a\u{7F}", "control character U+007F at byte 1");
        check("é\u{85}", "control character U+0085 at byte 2");
        for c in [
            '\u{61C}', '\u{200E}', '\u{200F}', '\u{202A}', '\u{202E}', '\u{2066}', '\u{2069}',
        ] {
            check(
                &format!("a{c}"),
                &format!(
                    "bidirectional control character U+{:04X} at byte 1",
                    u32::from(c)
                ),
            );
        }
        // The Kelvin sign is a look-alike that normalization replaces.
        check(
            "\u{212A}",
            "text is not in Unicode Normalization Form C at byte 0",
        );
    }

    #[test]
    fn ids_are_limited() {
        assert_eq!(check_id(&"a".repeat(MAX_ID_BYTES)), Ok(()));
        let long = check_id(&"a".repeat(MAX_ID_BYTES + 1));
        assert_eq!(
            long.map_err(|error| error.kind),
            Err(TextErrorKind::TooLong)
        );
    }
}
