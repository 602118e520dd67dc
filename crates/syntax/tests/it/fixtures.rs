//! Real policies parse without a finding.

use placet_syntax::format;

use crate::{
    render::{parsed, rendered},
    roundtrip::comments,
};

pub(crate) const FIXTURES: [(&str, &str); 8] = [
    ("claims", include_str!("../fixtures/claims.placet")),
    ("github", include_str!("../fixtures/github.placet")),
    ("office", include_str!("../fixtures/office.placet")),
    ("org", include_str!("../fixtures/org.placet")),
    ("platform", include_str!("../fixtures/platform.placet")),
    ("retail", include_str!("../fixtures/retail.placet")),
    ("support", include_str!("../fixtures/support.placet")),
    ("tenants", include_str!("../fixtures/tenants.placet")),
];

#[test]
fn the_examples_parse_without_a_finding() {
    for (name, text) in FIXTURES {
        let found = parsed(text);
        assert!(found.diagnostics.is_empty(), "{name}: {}", rendered(text));
        assert!(!found.file.recovered, "{name}");
        assert!(!found.file.items.is_empty(), "{name}");
    }
}

#[test]
fn the_examples_have_one_spelling() {
    for (name, text) in FIXTURES {
        let found = parsed(text);
        let formatted = format(&found).unwrap();
        insta::assert_snapshot!(format!("formatted_{name}"), &formatted);
        let again = parsed(&formatted);
        assert_eq!(again.file, found.file, "{name}");
        assert_eq!(format(&again).unwrap(), formatted, "{name}");
        assert_eq!(comments(&again), comments(&found), "{name}");
    }
}

#[test]
fn keywords_are_names_where_no_keyword_can_stand() {
    let text = "
tool tool.action {
  action action {
    grant(type: text, action: text, for: text, when: text, user: text, in: int, not: bool)
      -> \"{type}/{action}/{for}/{when}/{user}/{in}/{not}\" returns { returns: text }
    returns(function: text) -> \"x/{function}\"
  }
  function function(when: \"for\" | \"in\") {
    when when args.when == \"for\" -> \"when\"
    returns -> \"returns\"
  }
}
group actions in in and = grant, deny
grant grant {
  agent agent, when
  user user, for
  tool tool.action.grant
  action action, at
  resource any
  when args.for == args.in and args.not and not args.not and has args.has and args.or in args.and
  for 1m
}
test \"test\" {
  agent agent in agent { agent = \"agent\" }
  user none
  issue tool for, as \"x\" for 1m as as -> grant for 1m by by
  call tool.action.grant { when = 1, type = 2, \"not\" = 3 } with with -> deny deny by grant fails
}
";
    let found = parsed(text);
    assert!(found.diagnostics.is_empty(), "{}", rendered(text));
    let formatted = format(&found).unwrap();
    assert_eq!(parsed(&formatted).file, found.file);
}

#[test]
fn rows_stand_in_columns_where_they_fit() {
    let text = r#"
test "t" { agent bot rows { "a" {} "longer" {} -> deny no-grant } }
test "columns" {
  // before the rows
  rows { // beside the bracket
    // before a row
    "its own" { who = "ana", tenant = "acme", id = 1 } -> grant by a // beside it
    "another tenant's" { who = "ben", tenant = "globex corporation", id = 1001 } -> deny out-of-scope

    "é日" { who = "ben", /* none */ tenant = [1, { a = row.b }], id = -1 }
    // at the end
  }
  call f { a = row.tenant, b = row."two words", c = [row.id] } -> row
  after row.wait
  issue t read "x/{row.id}" for row.ttl -> grant for row.ttl
}
test "other columns" { rows {
  "a" { x = 1, y = 2 } -> grant fails "bb" { y = 1, x = 2 } -> grant result { a = row.x }
}}
test "too wide" { rows {
  "a row with a long name" { first = "some words in a cell", second = "some more words in a cell" } -> grant by some-rule
  "a" { first = "x", second = "y" } -> deny denied-by-rule by some-rule
}}
"#;
    let text = text.replace("/* none */ ", "");
    let found = parsed(&text);
    assert!(found.diagnostics.is_empty(), "{}", rendered(&text));
    let formatted = format(&found).unwrap();
    insta::assert_snapshot!(&formatted);
    let again = parsed(&formatted);
    assert_eq!(again.file, found.file);
    assert_eq!(format(&again).unwrap(), formatted);
}

#[test]
fn rows_are_words_like_any_other_elsewhere() {
    let text = "
tool rows.row { action row { row(row: text, rows: int) -> \"row/{row}\" } }
agent rows in row
test \"row\" {
  agent rows in rows { row = 1, rows = [row.row, row.rows] }
  issue rows.row row \"x\" for row.row as row -> grant by row, rows
  rows { \"rows\" { row = 1, rows = 2 } -> deny row by rows }
  revoke rows
}
";
    let found = parsed(text);
    assert!(found.diagnostics.is_empty(), "{}", rendered(text));
}
