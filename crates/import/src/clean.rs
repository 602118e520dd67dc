//! Text of others, made fit to stand in a policy that people review.

use placet_model::text::{check_id, is_bidi_control};
use placet_syntax::is_unseen;
use unicode_normalization::UnicodeNormalization;

/// The text on one line, without anything that is not seen: control characters become spaces,
/// characters that change the direction of writing or show nothing are dropped, runs of white
/// space become one space.
pub(crate) fn one_line(text: &str) -> String {
    begin(text, usize::MAX)
}

/// The beginning of a text on one line, cut to at most so many characters. What is behind it is
/// not looked at, however long it is.
pub(crate) fn brief(text: &str, most: usize) -> String {
    // More than is kept, so that composing letters and dropping a space leave enough to see
    // that something is cut.
    cut(&begin(text, 2 * most + 16), most)
}

/// What comes of about so many characters of a text.
fn begin(text: &str, most: usize) -> String {
    let visible = text.nfc().filter(|c| !is_hidden(*c));
    let mut line = String::new();
    for c in visible {
        if line.len() >= most.saturating_mul(4) {
            break;
        }
        match c.is_control() || c.is_whitespace() {
            true if line.is_empty() || line.ends_with(' ') => {}
            true => line.push(' '),
            false => line.push(c),
        }
    }
    // What was dropped may have stood between letters that compose.
    let line: String = line.trim_end().nfc().collect();
    line
}

/// The beginning of a cleaned text, at most so many characters: whole sentences if that leaves
/// enough, else whole words and `…`.
pub(crate) fn cut(line: &str, most: usize) -> String {
    let Some((end, _)) = line.char_indices().nth(most) else {
        return line.to_owned();
    };
    let kept = line.get(..end).unwrap_or_default();
    let sentence = kept.rmatch_indices(". ").map(|(at, _)| at + 1).next();
    if let Some(sentence) = sentence.filter(|at| *at * 3 >= kept.len()) {
        return kept.get(..sentence).unwrap_or_default().to_owned();
    }
    let word = kept.rfind(' ').filter(|at| *at * 2 >= kept.len());
    let kept = kept.get(..word.unwrap_or(end)).unwrap_or_default();
    format!("{}…", kept.trim_end())
}

/// Lines of at most so many characters, broken between words; a longer word has its own line.
pub(crate) fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A name of others in a sentence of ours.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", brief(name, 80))
}

/// Why something of a server cannot be a name in a policy, if it cannot: no text, too long, or
/// with characters that are not seen, so that two names look alike to whoever reviews them.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    if let Err(why) = check_id(name) {
        return Some(format!("is no text: {why}"));
    }
    let unseen = name.chars().find(|c| is_hidden(*c) || is_unseen(*c))?;
    Some(format!(
        "holds U+{:04X}, which is not seen",
        u32::from(unseen)
    ))
}

/// Whether a character shows nothing or changes how others are shown: text can be hidden in
/// these from people and not from models.
fn is_hidden(c: char) -> bool {
    let joins = matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    is_bidi_control(c) || joins || (is_unseen(c) && !breaks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_not_there() {
        let check = |text: &str, line: &str| assert_eq!(one_line(text), line, "{text:?}");
        check("  Reads\r\n\ta file. ", "Reads a file.");
        check("a\u{202e}b\u{200b}c\u{e0041}", "abc");
        check("\u{1b}[31mred", "[31mred");
        check("e\u{301}", "é");
        check("e\u{200b}\u{301}", "é");
        check("\u{2028}\u{0}", "");
    }

    #[test]
    fn long_texts_end_at_a_sentence_or_a_word() {
        let check = |text: &str, most, kept: &str| assert_eq!(cut(text, most), kept, "{text}");
        check("Short.", 10, "Short.");
        check("One thing. Another thing.", 15, "One thing.");
        check("No. Another much longer thing", 22, "No. Another much…");
        let hidden = "\u{200b}".repeat(100);
        assert_eq!(brief(&format!("a{hidden} b{hidden}c"), 9), "a bc");
        assert_eq!(brief(&"e\u{301} ".repeat(100), 4), "é é…");
        check("unbrokenunbroken", 5, "unbro…");
        check("éééééééé", 3, "ééé…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("a bb ccc dddddd", 6), ["a bb", "ccc", "dddddd"]);
        assert_eq!(wrap("", 6), Vec::<String>::new());
    }
}
