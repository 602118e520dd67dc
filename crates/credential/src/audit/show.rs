//! Texts of a log as they may be shown: a log file may be hostile.

use placet_model::text::is_bidi_control;

/// A text without what moves a cursor or turns the direction of writing; each such
/// character becomes `\u{…}`.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    clean
}
