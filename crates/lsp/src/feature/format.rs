//! A text the one way that it is written.

use ls_types::TextEdit;
use placet::syntax::{self, FileId, Span};

use crate::set::Set;

/// The edit that formats a text: none when it is so already or does not parse.
pub(crate) fn format(set: &Set, file: FileId) -> Vec<TextEdit> {
    let Some(source) = set.checked.sources.get(file) else {
        return Vec::new();
    };
    match syntax::format(&syntax::parse(file, source)) {
        Some(formatted) if formatted != source.text => {
            let whole = set.range(file, Span::new(0, source.text.len()));
            vec![TextEdit::new(whole, formatted)]
        }
        _ => Vec::new(),
    }
}
