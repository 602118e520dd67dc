//! Whole policies check without a finding, and give the same policy in any order of files
//! and items.

use placet_compiler::lower::lower;
use placet_model::compiled::Compiled;
use placet_model::policy::Policy;
use placet_syntax::{FileId, Source, parse};

use crate::support::{check_files, render};

/// The policy sets: files by name.
const SETS: [(&str, &[(&str, &str)]); 8] = [
    ("world", &[("world", include_str!("world.placet"))]),
    (
        "claims",
        &[(
            "claims",
            include_str!("../../../syntax/tests/fixtures/claims.placet"),
        )],
    ),
    (
        "github",
        &[(
            "github",
            include_str!("../../../syntax/tests/fixtures/github.placet"),
        )],
    ),
    (
        "office",
        &[(
            "office",
            include_str!("../../../syntax/tests/fixtures/office.placet"),
        )],
    ),
    (
        "org",
        &[
            (
                "org",
                include_str!("../../../syntax/tests/fixtures/org.placet"),
            ),
            (
                "platform",
                include_str!("../../../syntax/tests/fixtures/platform.placet"),
            ),
        ],
    ),
    (
        "retail",
        &[(
            "retail",
            include_str!("../../../syntax/tests/fixtures/retail.placet"),
        )],
    ),
    (
        "support",
        &[(
            "support",
            include_str!("../../../syntax/tests/fixtures/support.placet"),
        )],
    ),
    (
        "tenants",
        &[(
            "tenants",
            include_str!("../../../syntax/tests/fixtures/tenants.placet"),
        )],
    ),
];

#[test]
fn the_examples_check_without_a_finding() {
    for (name, files) in SETS {
        let (checked, sources) = check_files(files);
        let rendered = render(&checked.diagnostics, &sources);
        assert!(rendered.is_empty(), "{name}:\n{rendered}");
        assert!(checked.policy.is_some(), "{name}");
    }
}

#[test]
fn what_is_checked_is_saved_and_loaded() {
    for (name, files) in SETS {
        let policy = policy(files);
        let compiled = Compiled::new(policy.clone(), lower(&policy));
        let loaded = Compiled::load(&compiled.save()).expect(name);
        assert!(*loaded.policy() == policy, "{name}");
    }
}

#[test]
fn the_order_of_files_and_items_never_matters() {
    for (name, files) in SETS {
        let expected = policy(files);
        let mut turned: Vec<(&str, String)> = files
            .iter()
            .map(|(name, text)| (*name, reversed(text)))
            .collect();
        turned.reverse();
        let turned: Vec<(&str, &str)> = turned
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        assert!(policy(&turned) == expected, "{name}");
        assert_eq!(
            format!("{:?}", policy(&turned)),
            format!("{expected:?}"),
            "{name}"
        );
    }
}

fn policy(files: &[(&str, &str)]) -> Policy {
    let (checked, sources) = check_files(files);
    match checked.policy {
        Some(policy) => policy,
        None => panic!("{}", render(&checked.diagnostics, &sources)),
    }
}

/// The same file with its items from last to first, one beside the other.
fn reversed(text: &str) -> String {
    let source = Source::new("", text);
    let file = parse(FileId(0), &source).file;
    let mut parts: Vec<&str> = file
        .items
        .iter()
        .map(|item| source.slice(item.span))
        .collect();
    parts.reverse();
    let layer = file
        .layer
        .map(|layer| source.slice(layer.span))
        .unwrap_or_default();
    format!("{layer}\n{}", parts.join("\n\n"))
}
