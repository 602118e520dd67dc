//! What text may hold: characters, normal form, escapes.

use smol_str::SmolStr;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{
    code::Code,
    diagnostic::Diagnostic,
    source::{FileId, Span},
};

/// Whether a character changes the direction in which text is shown, so that what a
/// reviewer sees is not what is evaluated.
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether a character may stand in no name, pattern, string or comment as it is.
pub(crate) fn is_forbidden(c: char) -> bool {
    c.is_control() || is_bidi_control(c)
}

/// Whether a character shows nothing, or breaks lines for some readers and not for others: it
/// may stand in a string, and is written by its number there, for whoever reviews it.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    // Of the default ignorable code points of Unicode those that only hide. Joiners and
    // variation selectors (U+200C, U+200D, U+FE00 to U+FE0F) are part of words and pictures.
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// How a character that cannot be shown is named in a message: `U+202E`.
pub(crate) fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// The normal form C of a text, if the text is not in it already.
pub(crate) fn normalised(text: &str) -> Option<String> {
    (!text.is_ascii() && !is_nfc(text)).then(|| text.nfc().collect())
}

/// Whether `text` is an identifier, which needs no quotes.
pub(crate) fn is_ident(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    let starts = chars.next().is_some_and(|c| is_letter(c) || c == '_');
    let mut hyphen = false;
    let goes_on = chars.all(|c| {
        let fine = is_letter(c) || c.is_ascii_digit() || c == '_' || (c == '-' && !hyphen);
        hyphen = c == '-';
        fine
    });
    starts && goes_on && !hyphen
}

/// Whether the grammar's `LETTER` matches.
pub(crate) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        pest::unicode::LETTER(c)
    }
}

/// The text of a doc comment's line.
pub(crate) fn doc(line: &str) -> SmolStr {
    let text = line.strip_prefix("///").unwrap_or(line).trim_end();
    text.strip_prefix(' ').unwrap_or(text).into()
}

/// The value of a string literal, which is given with its quotes. Escapes that mean
/// nothing, which the scanner reports, become U+FFFD.
pub(crate) fn decode(literal: &str) -> SmolStr {
    let inner = literal.strip_prefix('"').unwrap_or(literal);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return inner.into();
    }
    let mut value = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        value.push_str(before);
        let (c, length) = escape(after);
        value.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = after.get(length..).unwrap_or_default();
    }
    value.push_str(rest);
    value.into()
}

/// What the escape means whose text after the backslash `text` begins with, and how many
/// bytes of `text` it takes.
pub(crate) fn escape(text: &str) -> (Option<char>, usize) {
    let Some(first) = text.chars().next() else {
        return (None, 0);
    };
    match first {
        '"' | '\\' => (Some(first), 1),
        'n' => (Some('\n'), 1),
        't' => (Some('\t'), 1),
        'u' => {
            let Some(digits) = text.strip_prefix("u{") else {
                return (None, 1);
            };
            let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
            if digits.as_bytes().get(length) != Some(&b'}') {
                return (None, 2 + length);
            }
            let hex = digits.get(..length).unwrap_or_default();
            let value = match length {
                1..=6 => u32::from_str_radix(hex, 16).ok(),
                _ => None,
            };
            (value.and_then(char::from_u32), 3 + length)
        }
        _ => (None, first.len_utf8()),
    }
}

/// A string literal with quotes whose value is `value`: the one spelling of it.
#[must_use]
pub fn quoted(value: &str) -> String {
    // Text that is not normalised must not be written raw: it would be refused.
    let raw = normalised(value).is_none();
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('"');
    for c in value.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            c if is_forbidden(c) || is_unseen(c) || !(raw || c.is_ascii()) => {
                literal.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// What is wrong with a quoted text that is used as a name, if anything is.
pub fn name_problem(file: FileId, span: Span, name: &str) -> Option<Diagnostic> {
    if name.is_empty() {
        return Some(
            Diagnostic::error(Code::PL0019, "a name must not be empty").at(
                file,
                span,
                "nothing can be called this",
            ),
        );
    }
    if let Some(c) = name.chars().find(|c| is_forbidden(*c)) {
        return Some(
            Diagnostic::error(
                Code::PL0006,
                format!("a name must not hold {}", code_point(c)),
            )
            .at(
                file,
                span,
                "control and bidirectional characters are in no name",
            ),
        );
    }
    let normal = normalised(name)?;
    Some(
        Diagnostic::error(Code::PL0007, "this name is not in Unicode normal form C")
            .at(file, span, "written in another form")
            .suggest(file, span, quoted(&normal), "write it in normal form C"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_written_by_its_number() {
        let check = |value: &str, literal: &str| {
            assert_eq!(quoted(value), literal);
            assert_eq!(decode(literal), value);
        };
        check("büro \"\\\n", r#""büro \"\\\n""#);
        check("a\u{2028}b\u{202e}", r#""a\u{2028}b\u{202e}""#);
        check(
            "\u{200b}\u{3164}\u{e0041}",
            r#""\u{200b}\u{3164}\u{e0041}""#,
        );
        // Joiners are part of pictures and words.
        check("👩\u{200d}🔧\u{fe0f}", "\"👩\u{200d}🔧\u{fe0f}\"");
    }
}
