//! `placet check`, with mistaken and hostile policies.

use crate::support::{Folder, root};

#[test]
fn a_fine_policy_is_fine() {
    let folder = Folder::starter();
    folder
        .run(&["check", "."])
        .ends(0)
        .shows("fine: 1 file with 3 rules");
    let report = folder
        .run(&["check", ".", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(report["usable"], true);
    assert_eq!(report["errors"], 0);
    let digest = report["policy"]
        .as_str()
        .expect("a usable policy has a digest");
    assert!(digest.starts_with("sha256:"), "{digest}");
}

#[test]
fn findings_have_codes_places_and_suggestions_for_machines() {
    let folder = Folder::starter();
    folder.file("more.placet", "deny d {\n  action delte\n}\n");
    let report = folder
        .run(&["check", ".", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["usable"], false);
    let found = &report["diagnostics"][0];
    assert_eq!(found["severity"], "error");
    assert_eq!(found["file"], "./more.placet");
    let span = &found["spans"][0];
    assert_eq!(span["start"]["line"], 2);
    assert_eq!(span["start"]["column"], 10);
    assert_eq!(found["suggestion"]["replacement"], "delete");
    assert!(
        found["code"]
            .as_str()
            .is_some_and(|code| code.starts_with("PL"))
    );
}

#[test]
fn all_files_together_are_one_policy_in_any_order() {
    let folder = Folder::new();
    let starter = Folder::starter();
    let text = starter.read("policy.placet");
    let (head, tail) = text.split_once("/// Nothing").expect("the starter has it");
    folder
        .file("a/one.placet", head)
        .file("b/c/two.placet", format!("/// Nothing{tail}"))
        .file("b/readme.md", "not a policy");
    let whole = starter
        .run(&["check", ".", "--format", "json"])
        .ends(0)
        .json();
    for paths in [
        &["check", ".", "--format", "json"][..],
        &["check", "a", "b", "--format", "json"],
        &[
            "check",
            "b/c/two.placet",
            "a/one.placet",
            "--format",
            "json",
        ],
        &["check", "b", "b/c", "a", "--format", "json"],
        &["check", ".", "a/one.placet", "./b/../a", "--format", "json"],
    ] {
        let parts = folder.run(paths).ends(0).json();
        assert_eq!(parts["policy"], whole["policy"], "{paths:?}");
    }
    folder.run(&["check", "b"]).ends(1);
}

#[test]
fn checking_proves_claims_and_says_what_it_does_not_run() {
    let folder = Folder::starter();
    folder.file(
        "claims.placet",
        "claim \"nothing is deleted\" { never { action delete } }\n\
         test \"t\" { agent assistant  user ana  issue notes read \"note/**\" -> grant  call notes.read_note { owner = \"ana\", id = 1 } -> grant }\n",
    );
    folder
        .run(&["check", "."])
        .ends(0)
        .shows("1 test checked: `placet test PATH…` runs it")
        .shows("1 claim proved");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let folder = Folder::new();
    folder
        .run(&["check", "nowhere"])
        .ends(2)
        .says("cannot read `nowhere`: no such file or directory");
    folder
        .run(&["check", "."])
        .ends(2)
        .says("no policy file in `.`");
}

#[test]
fn bytes_that_are_not_utf_8_are_found_with_their_place() {
    let folder = Folder::starter();
    folder.file("bad.placet", b"deny d {\n  action \xff\xfe delete }\n");
    folder
        .run(&["check", "."])
        .ends(1)
        .shows("PL0016")
        .shows("bad.placet:2:10");
}

#[test]
fn hostile_policies_are_findings_and_never_a_crash() {
    let nested = |open: &str, close: &str| {
        format!(
            "deny d {{ when {}true{} }}",
            open.repeat(10_000),
            close.repeat(10_000)
        )
    };
    let many = "deny \u{0} {".repeat(5_000);
    for (name, text) in [
        ("parentheses", nested("(", ")")),
        ("nots", nested("not ", "")),
        ("lists", nested("[", "]")),
        ("braces", "{".repeat(10_000)),
        ("blocks", "grant g { ".repeat(10_000)),
        ("quotes", "\"".repeat(100_001)),
        ("control", many),
        (
            "operators",
            format!("deny d {{ when {} }}", "1 + ".repeat(50_000)),
        ),
        ("docs", "///\n".repeat(100_000)),
        (
            "types",
            format!(
                "facts user {{ a: {}int{} }}",
                "set<".repeat(9_000),
                ">".repeat(9_000)
            ),
        ),
        ("megabytes", format!("// {}", "x".repeat(5 << 20))),
        (
            "line",
            format!("deny d {{ resource \"{}\" }}", "a/".repeat(60_000)),
        ),
        ("empty", String::new()),
        ("nul", "\u{0}".to_owned()),
    ] {
        let folder = Folder::starter();
        folder.file("hostile.placet", text);
        let started = std::time::Instant::now();
        let run = folder.run(&["check", "."]);
        assert!(
            run.code == 1 || name == "empty" && run.code == 0,
            "{name}: {run:?}"
        );
        assert!(
            run.stdout.len() < 1 << 20,
            "{name}: {} bytes",
            run.stdout.len()
        );
        let took = started.elapsed();
        assert!(took.as_secs() < 20, "{name} took {took:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_contains_itself_is_read_once() {
    let folder = Folder::starter();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop"))
        .expect("links can be made");
    folder.run(&["check", "."]).ends(0).shows("1 file with");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_an_error_and_no_gap_in_the_policy() {
    let folder = Folder::starter();
    std::os::unix::fs::symlink("nowhere", folder.path().join("denies.placet"))
        .expect("links can be made");
    folder
        .run(&["check", "."])
        .ends(2)
        .says("cannot read `./denies.placet`: no such file or directory");
}

#[test]
fn the_terminal_is_safe_from_policies() {
    let folder = Folder::starter();
    folder.file("bad.placet", "deny d { action \u{1b}[2Jdelete \u{202e} }\n");
    let run = folder.run(&["check", "."]).ends(1);
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{202e}'), "{}", run.stdout);
}

/// The object that `docs/reference/program.md` shows is what `check` writes.
#[test]
fn the_shape_of_findings_is_the_documented_one() {
    let page = std::fs::read_to_string(root().join("docs/reference/program.md"))
        .expect("the page is there");
    let shown = page
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("it shows an object");
    let mut shown: serde_json::Value = serde_json::from_str(shown).expect("it is JSON");
    let folder = Folder::starter();
    folder.file(
        "policy.placet",
        format!(
            "deny d {{\n  action delte\n}}\n{}",
            folder.read("policy.placet")
        ),
    );
    let mut written = folder
        .run(&["check", "policy.placet", "--format", "json"])
        .ends(1)
        .json();
    // The example has one rule, the starter three more.
    written["rules"] = serde_json::json!(1);
    shown["diagnostics"][0]["help"] = written["diagnostics"][0]["help"].clone();
    assert_eq!(shown, written, "{written:#}");
}
