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
