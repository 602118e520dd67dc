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
