//! Who may know whom: the arrows of ARCHITECTURE.md, and no other.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate of the workspace with what it may know.
const ARROWS: &[(&str, &[&str])] = &[
    ("placet-syntax", &[]),
    ("placet-model", &[]),
    ("placet-compiler", &["placet-syntax", "placet-model"]),
    ("placet-evaluator", &["placet-model"]),
    ("placet-credential", &["placet-model", "placet-evaluator"]),
    // For development only, and nothing ships it: its interpreter reads the model (and the
    // evaluator's extractors); its differential run drives the whole pipeline.
    (
        "placet-reference",
        &[
            "placet-model",
            "placet-syntax",
            "placet-compiler",
            "placet-evaluator",
        ],
    ),
    // Witnesses are confirmed by the evaluator, and claims come from the compiler.
    (
        "placet-analysis",
        &["placet-model", "placet-compiler", "placet-evaluator"],
    ),
    (
        "placet",
        &[
            "placet-analysis",
            "placet-syntax",
            "placet-model",
            "placet-compiler",
            "placet-evaluator",
            "placet-credential",
            "placet-suite",
        ],
    ),
    (
        "placet-suite",
        &[
            "placet-syntax",
            "placet-model",
            "placet-compiler",
            "placet-evaluator",
            "placet-credential",
        ],
    ),
    // Places from the trees, meaning from the typed policy, proofs from the analysis.
    (
        "placet-lint",
        &[
            "placet-syntax",
            "placet-model",
            "placet-compiler",
            "placet-evaluator",
            "placet-analysis",
        ],
    ),
    ("placet-lsp", &["placet", "placet-lint"]),
    // Writes text and compares trees: nothing that decides knows it.
    ("placet-import", &["placet-syntax", "placet-model"]),
    (
        "placet-cli",
        &["placet", "placet-lint", "placet-lsp", "placet-import"],
    ),
];

/// What tests may know besides: the executable specification, and for the compiler and
/// the evaluator the parts that they are held against.
const TESTS_ONLY: &[(&str, &[&str])] = &[
    ("placet-compiler", &["placet-evaluator"]),
    ("placet-evaluator", &["placet-compiler", "placet-syntax"]),
    ("placet-credential", &["placet-compiler", "placet-syntax"]),
    ("placet-import", &["placet-compiler"]),
];

/// Stands outside the house and may know all of it, and nothing may know it.
const OUTSIDE: &str = "placet-tests";

#[test]
fn no_crate_knows_more_than_the_architecture_allows() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()))
        .collect();
    let in_tests: BTreeMap<&str, BTreeSet<&str>> = TESTS_ONLY
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()))
        .collect();

    let mut wrong = Vec::new();
    for (from, to, kind) in arrows() {
        if from == OUTSIDE {
            continue;
        }
        let Some(shipped) = allowed.get(from.as_str()) else {
            wrong.push(format!("{from} has no place in the architecture"));
            continue;
        };
        let fine = shipped.contains(to.as_str())
            || kind == DependencyKind::Development
                && (to == "placet-reference"
                    || in_tests
                        .get(from.as_str())
                        .is_some_and(|more| more.contains(to.as_str())));
        if !fine {
            wrong.push(format!("{from} knows {to} ({kind})"));
        }
    }
    assert!(wrong.is_empty(), "forbidden arrows:\n{}", wrong.join("\n"));
}

#[test]
fn every_crate_of_the_workspace_has_a_place() {
    let known: BTreeSet<String> = ARROWS
        .iter()
        .map(|(from, _)| (*from).to_owned())
        .chain([OUTSIDE.to_owned()])
        .collect();
    let members: BTreeSet<String> = metadata()
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    assert_eq!(known, members);
}

/// A decision point that links the evaluator alone carries no parser and no I/O library.
#[test]
fn the_decision_point_carries_no_parser() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package",
            "placet-evaluator",
        ])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo tree runs");
    let tree = String::from_utf8_lossy(&tree.stdout);
    let linked: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(linked.contains("placet-model"), "{tree}");
    for absent in [
        "placet-syntax",
        "placet-compiler",
        "pest",
        "petgraph",
        "tokio",
        "walkdir",
        "clap",
    ] {
        assert!(!linked.contains(absent), "the evaluator links {absent}");
    }
}

/// All arrows between crates of the workspace, whatever their kind.
fn arrows() -> Vec<(String, String, DependencyKind)> {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let ours: BTreeSet<String> = packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    packages
        .iter()
        .flat_map(|package| {
            package
                .dependencies
                .iter()
                .filter(|dependency| ours.contains(&dependency.name))
                .map(|dependency| {
                    (
                        package.name.to_string(),
                        dependency.name.clone(),
                        dependency.kind,
                    )
                })
        })
        .collect()
}

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata runs")
}
