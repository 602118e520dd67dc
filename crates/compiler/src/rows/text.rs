//! `{row.column}` in texts.

use std::ops::Range;

use smol_str::SmolStr;

/// A hole of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    /// Its bytes in the text, with the braces.
    pub(crate) range: Range<usize>,
    /// The column; `None` where it cannot be read.
    pub(crate) column: Option<SmolStr>,
}

/// The holes of a text, in order. Other braces are no business of rows.
pub(crate) fn holes(text: &str) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + open;
        let after = text.get(start + 1..).unwrap_or_default();
        let body = after.trim_start_matches(' ');
        let Some(column) = body.strip_prefix("row.") else {
            at = start + 1;
            continue;
        };
        let length = after.len() - body.len() + "row.".len();
        let (column, end) = match column.strip_prefix('"') {
            Some(quoted) => match quoted.find('"') {
                Some(end) => (quoted.get(..end), end + 2),
                None => (None, 0),
            },
            None => {
                let end = column
                    .find(['}', ' ', '/', '{', '"'])
                    .unwrap_or(column.len());
                (column.get(..end).filter(|word| !word.is_empty()), end)
            }
        };
        let rest = body.get("row.".len() + end..).unwrap_or_default();
        let close = rest.trim_start_matches(' ');
        let spaces = rest.len() - close.len();
        if close.starts_with('}') {
            let stop = start + 1 + length + end + spaces + 1;
            holes.push(Hole {
                range: start..stop,
                column: column.map(SmolStr::new),
            });
            at = stop;
        } else {
            holes.push(Hole {
                range: start..start + 1 + length,
                column: None,
            });
            at = start + 1 + length;
        }
    }
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let found = holes(text);
        let found: Vec<(&str, Option<&str>)> = found
            .iter()
            .map(|hole| (&text[hole.range.clone()], hole.column.as_deref()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn holes_of_rows_are_found_and_other_braces_are_not() {
        check("", &[]);
        check("ticket/{tenant}/{*x}/}{", &[]);
        check("{row.a}", &[("{row.a}", Some("a"))]);
        check(
            "x/{row.a-1}/{ row.über }y",
            &[("{row.a-1}", Some("a-1")), ("{ row.über }", Some("über"))],
        );
        check("{row.\"a b}\"}", &[("{row.\"a b}\"}", Some("a b}"))]);
        check("{{row.a}}", &[("{row.a}", Some("a"))]);
        check("{rows.a} {row} {arrow.a}", &[]);
        check("{row.a.b}", &[("{row.a.b}", Some("a.b"))]);
    }

    #[test]
    fn what_begins_like_a_hole_and_is_none_is_told() {
        check("{row.}", &[("{row.}", None)]);
        check("{row.a/x", &[("{row.", None)]);
        check("{row.a", &[("{row.", None)]);
        check("{row.\"a}", &[("{row.", None)]);
        check(
            "{row.a b}{row.c}",
            &[("{row.", None), ("{row.c}", Some("c"))],
        );
    }
}
