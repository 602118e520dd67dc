//! Printing and parsing are inverse, and comments survive.

use placet_syntax::{
    Parsed,
    ast::{Clause, ItemKind},
    format, print,
};
use proptest::prelude::*;

use crate::{
    render::{parsed, rendered},
    trees,
};

/// The texts of the comments, in order.
pub(crate) fn comments(parsed: &Parsed) -> Vec<String> {
    let comments = parsed.comments.iter();
    comments.map(|comment| comment.text.to_string()).collect()
}

/// Ends lines with comments, or puts them on lines of their own, at some of the spaces that
/// are in no string and no doc comment.
fn with_comments(text: &str, places: &[usize]) -> String {
    let (mut out, mut space, mut in_string, mut escaped) = (String::new(), 0, false, false);
    for line in text.split_inclusive('\n') {
        let is_doc = line.trim_start().starts_with("///");
        for c in line.chars() {
            match c {
                '"' if !escaped && !is_doc => in_string = !in_string,
                ' ' | '\n' if !in_string && (!is_doc || c == '\n') => {
                    if places.contains(&space) && !is_doc {
                        out.push_str(&format!(" // c{space}\n"));
                    }
                    if places.contains(&(space + 1)) && space % 3 == 0 {
                        out.push_str(&format!("\n// own {space}\n\n"));
                    }
                    space += 1;
                }
                _ => {}
            }
            escaped = in_string && c == '\\' && !escaped;
            out.push(c);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 5000 }))]

    #[test]
    fn a_printed_tree_parses_to_the_same_tree(file in trees::file()) {
        let text = print(&file);
        let found = parsed(&text);
        prop_assert!(found.diagnostics.is_empty(), "{}", rendered(&text));
        prop_assert_eq!(&found.file, &file, "{}", text);
        prop_assert_eq!(format(&found), Some(text));
    }

    #[test]
    fn formatting_keeps_comments_and_settles_at_once(file in trees::file(), places in trees::places(60)) {
        let text = with_comments(&print(&file), &places);
        let found = parsed(&text);
        prop_assert!(found.diagnostics.is_empty(), "{}", rendered(&text));
        prop_assert_eq!(&found.file, &file, "{}", text);
        let formatted = format(&found).unwrap();
        let again = parsed(&formatted);
        prop_assert!(again.diagnostics.is_empty(), "{}", rendered(&formatted));
        prop_assert_eq!(&again.file, &file, "{}\n=====\n{}", text, formatted);
        prop_assert_eq!(comments(&again), comments(&found), "{}\n=====\n{}", text, formatted);
        prop_assert_eq!(format(&again).unwrap(), formatted, "{}", text);
    }

    #[test]
    fn a_condition_in_a_message_reads_as_it_is_written(expr in trees::expr()) {
        let text = format!("deny d {{ when {expr} }}");
        let found = parsed(&text);
        prop_assert!(found.diagnostics.is_empty(), "{}", rendered(&text));
        let ItemKind::Rule(rule) = &found.file.items[0].kind else {
            panic!("not a rule");
        };
        let Clause::When(when) = &rule.clauses[0].node else {
            panic!("not a condition");
        };
        prop_assert_eq!(&when.node, &expr, "{}", text);
    }

    #[test]
    fn recovery_reads_what_the_grammar_reads(file in trees::file()) {
        let text = print(&file) + "\n!junk\n";
        let found = parsed(&text);
        let errors: Vec<&str> = found.diagnostics.iter().map(|found| found.message.as_str()).collect();
        prop_assert_eq!(errors.len(), 1, "{}", rendered(&text));
        prop_assert_eq!(&found.file.items, &file.items, "{}", text);
        prop_assert_eq!(&found.file.layer, &file.layer, "{}", text);
        prop_assert_eq!(format(&found), None);
    }
}
