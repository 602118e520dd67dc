//! The language reference says what is so.

use std::path::Path;

use placet::model::{graph, pattern};
use placet::{explain, syntax};
use placet_compiler::limits;

fn reference() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/language.md");
    std::fs::read_to_string(path).expect("there is a language reference")
}

/// A row of the tables of limits that begins with a name has this value.
#[track_caller]
fn check(name: &str, value: usize) {
    let text = reference();
    let row = text
        .lines()
        .find(|line| line.starts_with(&format!("| {name}")))
        .unwrap_or_else(|| panic!("no limit `{name}`"));
    let said = row.split(" | ").nth(1).expect("a row has a value");
    assert_eq!(said.replace(',', ""), value.to_string(), "{row}");
}

#[test]
fn limits_of_policies_are_those_of_the_code() {
    check("bytes of one file", syntax::limits::FILE_BYTES);
    check("levels of nesting", syntax::limits::NESTING);
    check("findings of syntax", syntax::limits::DIAGNOSTICS);
    check("findings of checking", limits::DIAGNOSTICS);
    check("segments of a pattern", syntax::limits::SEGMENTS);
    check("bytes of a string", syntax::limits::STRING_BYTES);
    check("rules of a policy set", limits::RULES);
    check("histories", limits::HISTORIES);
    check("declarations of each", limits::DECLARATIONS);
    check("layers", limits::LAYERS);
    check("patterns of one rule", limits::PATTERNS);
    check("names in one clause", limits::NAMES);
    check("conditions of one rule", limits::CLAUSES);
    check("fields of a record", limits::FIELDS);
    check("members of a list", limits::LIST);
    check("memberships that nesting", limits::NESTED);
    check("functions that all `tool`", limits::COVERED);
    check("functions whose calls", limits::HISTORY_FUNCTIONS);
    check("parts of all conditions of one", limits::EXPANSION);
    check("parts of all conditions of a", limits::EXPANSION_TOTAL);
    check("levels of a condition", limits::DEPTH.into());
}

#[test]
fn limits_of_deciding_are_those_of_the_code() {
    check("requests that one call", explain::MAX_REQUESTS);
    check("concrete patterns", explain::MAX_FILLED);
    check("patterns that one intersection", pattern::MAX_SPLIT);
    check("members that one quantifier", explain::MAX_STEPS);
    check("ways to combine", explain::MAX_ALTERNATIVES);
    check("keys under which", graph::demand::MAX_KEYS);
}

#[test]
fn every_reason_is_in_the_reference() {
    let text = reference();
    for reason in placet::Reason::ALL {
        assert!(text.contains(&format!("| `{reason}` |")), "{reason}");
    }
}

/// Every fenced example that is whole parses without an error.
#[test]
fn the_examples_of_the_reference_parse() {
    let text = reference();
    let mut examples = 0;
    for part in text.split("```placet\n").skip(1) {
        let example = part.split("```").next().unwrap_or_default();
        if example.contains('…') {
            continue;
        }
        let source = syntax::Source::new("reference", example);
        let parsed = syntax::parse(syntax::FileId(0), &source);
        assert!(!parsed.has_errors(), "{example}\n{:#?}", parsed.diagnostics);
        examples += 1;
    }
    assert!(examples > 5, "{examples}");
}
