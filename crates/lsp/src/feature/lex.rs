//! Where in a text one is, told from what stands before: for texts that do not parse, since
//! somebody is writing them.

/// What stands before a place, back to where the item begins.
#[derive(Debug, Default)]
pub(super) struct Before<'t> {
    /// Words and signs, but for what is being written.
    pub(super) tokens: Vec<&'t str>,
    /// How many braces are open.
    pub(super) depth: usize,
    /// What is being written: part of a word, or of a text without its first quote.
    pub(super) partial: &'t str,
    pub(super) inside: Inside,
}

/// What a place is inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Inside {
    #[default]
    Code,
    Text,
    Comment,
}

/// Reads a text up to a place.
pub(super) fn before(text: &str) -> Before<'_> {
    let mut found = Before::default();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return found;
        };
        if rest.starts_with("//") {
            let Some((_, after)) = rest.split_once('\n') else {
                found.inside = Inside::Comment;
                return found;
            };
            rest = after;
            continue;
        }
        let length = match first {
            '"' => match text_length(rest) {
                Some(length) => length,
                None => {
                    found.inside = Inside::Text;
                    found.partial = rest.get(1..).unwrap_or_default();
                    return found;
                }
            },
            _ if is_word(first) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                if end == rest.len() {
                    found.partial = rest;
                    return found;
                }
                end
            }
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match token {
            "{" => found.depth += 1,
            "}" => {
                found.depth = found.depth.saturating_sub(1);
                if found.depth == 0 {
                    // An item has ended.
                    found.tokens.clear();
                    rest = after;
                    continue;
                }
            }
            _ => {}
        }
        found.tokens.push(token);
        rest = after;
    }
}

/// The bytes of a text literal with its quotes; `None` if it does not end on its line.
fn text_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return Some(at),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
