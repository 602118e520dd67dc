//! Unified diffs, coloured.

use crate::output;
use crate::render::style::{BOLD, GREEN, RED, RESET};

/// A diff as people read it.
pub(crate) fn coloured(diff: &str) -> String {
    diff.lines()
        .map(|line| {
            let line = output::printable(line);
            let style = match line.as_bytes().first() {
                _ if line.starts_with("--- ") || line.starts_with("+++ ") => BOLD,
                Some(b'-') => RED,
                Some(b'+') => GREEN,
                _ => "",
            };
            let end = if style.is_empty() { "" } else { RESET };
            format!("{style}{line}{end}\n")
        })
        .collect()
}
