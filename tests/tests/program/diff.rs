//! `diff`

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Folder, at_root, root};

const NOTES: &str = r#"
policy notes { language 1  layers main  lifetime 1h }
facts user { tenant: text }
facts context { risk: int }
group agents helpers
agent assistant in helpers
agent archivist in helpers
tool notes {
  action read   { read_note(tenant: text, id: int)   -> "note/{tenant}/{id}" }
  action delete { delete_note(tenant: text, id: int) -> "note/{tenant}/{id}" }
}
grant read-notes {
  agent in helpers  user any  tool notes  action read  resource "note/{user.tenant}/**"
  when context.risk < 50
  for 15m
}
grant delete-notes {
  agent archivist  user any  tool notes  action delete  resource "note/{user.tenant}/**"
  consent per call
}
"#;

/// The notes as they are, and as they are with some words changed.
fn notes(changes: &[(&str, &str)]) -> Folder {
    let mut text = NOTES.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let folder = Folder::new();
    folder.file("old/notes.placet", NOTES);
    folder.file("new/notes.placet", text);
    folder
}

#[test]
fn what_becomes_granted_comes_first_with_a_request_that_decide_confirms() {
    let folder = notes(&[("risk < 50", "risk < 80"), ("  consent per call", "")]);
    let shown = folder.run(&["diff", "old", "new"]).ends(0).stdout;
    insta::assert_snapshot!(shown);
    let json = folder
        .run(&[
            "diff",
            "old",
            "new",
            "--format",
            "json",
            "--fail-on",
            "widening",
        ])
        .ends(1)
        .json();
    assert_eq!(json["widens"], true);
    for kind in ["granted", "looser"] {
        confirmed(&folder, &json[kind][0]["request"]);
    }
    // The other way round it is the same, denied.
    let back = folder
        .run(&[
            "diff",
            "new",
            "old",
            "--format",
            "json",
            "--fail-on",
            "widening",
        ])
        .ends(0)
        .json();
    assert_eq!(back["denied"][0]["region"], json["granted"][0]["region"]);
    assert_eq!(back["tighter"][0]["region"], json["looser"][0]["region"]);
    folder
        .run(&["diff", "new", "old", "--fail-on", "any"])
        .ends(1);
}

/// What the old policy denies and the new one grants.
#[track_caller]
fn confirmed(folder: &Folder, request: &Value) {
    folder.file("request.json", request.to_string());
    for (policy, code) in [("old", 1), ("new", 0)] {
        folder
            .run(&[
                "decide",
                "--no-credential",
                "--policy",
                policy,
                "request.json",
            ])
            .ends(code);
    }
}

#[test]
fn other_words_for_the_same_are_no_difference() {
    let folder = notes(&[
        ("grant read-notes", "grant reading"),
        (
            "agent in helpers  user any",
            "agent assistant, archivist  user any",
        ),
        ("when context.risk < 50", "unless not (50 > context.risk)"),
        (
            "action read  resource \"note/{user.tenant}/**\"",
            "action read  resource \"note/{user.tenant}/*\"",
        ),
    ]);
    folder
        .run(&["diff", "old", "new", "--fail-on", "any"])
        .ends(0)
        .shows("no difference");
    folder.run(&["build", "new", "-o", "new.placetc"]).ends(0);
    folder
        .run(&[
            "diff",
            "old/notes.placet",
            "new.placetc",
            "--fail-on",
            "any",
        ])
        .ends(0)
        .shows("no difference");
}

#[test]
fn a_pull_request_is_told_in_markdown() {
    let folder = notes(&[("for 15m", "for 30m")]);
    let shown = folder
        .run(&["diff", "old", "new", "--format", "markdown"])
        .ends(0)
        .stdout;
    insta::assert_snapshot!(shown);
}

#[test]
fn what_is_issued_otherwise_is_said() {
    let folder = notes(&[(
        "agent assistant in helpers",
        "agent assistant in helpers\ndeny early { at issuance  action delete }",
    )]);
    folder
        .run(&["diff", "old", "new", "--fail-on", "widening"])
        .ends(1)
        .shows("unknown  what is issued, main/early");
}

#[test]
fn a_revision_is_read_from_the_repository_and_the_work_tree_left_alone() {
    let folder = notes(&[("risk < 50", "risk < 80")]);
    let git = |args: &[&str]| git(folder.path(), args);
    git(&["init", "--quiet", "--initial-branch", "main"]);
    git(&["add", "old", "new"]);
    git(&["commit", "--quiet", "--message", "notes"]);
    let text = folder.read("old/notes.placet");
    folder.file("old/notes.placet", text.replace("for 15m", "for 30m"));

    folder
        .run(&["diff", "main:old", "main:new"])
        .ends(0)
        .shows("1 region newly granted");
    folder
        .run(&["diff", "--since", "main", "old", "--fail-on", "widening"])
        .ends(1)
        .shows("for 15m -> for 30m");
    folder
        .run(&["diff", "HEAD:old/notes.placet", "old/notes.placet"])
        .ends(0)
        .shows("for 15m -> for 30m");
    folder
        .run(&["diff", "main:./new", "new", "--fail-on", "any"])
        .ends(0);
}

#[test]
fn a_name_that_is_no_revision_is_an_error_and_never_an_option() {
    let folder = notes(&[]);
    let missing = |folder: &Folder| folder.run(&["diff", "main:old", "new"]).ends(2);
    missing(&folder).says("not a git repository");
    git(
        folder.path(),
        &["init", "--quiet", "--initial-branch", "main"],
    );
    missing(&folder).says("`main` is no revision of this repository");
    git(folder.path(), &["add", "old"]);
    git(folder.path(), &["commit", "--quiet", "--message", "notes"]);
    folder
        .run(&["diff", "main:gone", "new"])
        .ends(2)
        .says("revision `main` has no `gone`");
    for hostile in [
        "--output=pwned",
        "--exec=touch pwned",
        "-",
        "main^{/x\u{1b}[2J}",
    ] {
        let since = format!("--since={hostile}");
        folder
            .run(&["diff", &since, "old"])
            .ends(2)
            .says("no revision");
        folder
            .run(&["diff", "--", &format!("{hostile}:old"), "new"])
            .ends(2)
            .says("no revision");
    }
    assert!(!folder.path().join("pwned").exists());
}

#[track_caller]
fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(args)
        .current_dir(folder)
        .status()
        .expect("git is there");
    assert!(done.success(), "git {args:?}");
}

/// A suite, what is changed in one of its files, and what the difference begins with.
const WIDER: &[(&str, &str, &str, &str, &str)] = &[
    (
        "support-desk",
        "desk.placet",
        "context.risk < 50",
        "context.risk < 60",
        "granted",
    ),
    (
        "workspace",
        "house.placet",
        "count(removed) < 5",
        "count(removed) < 9",
        "granted",
    ),
    (
        "owasp-agentic",
        "policy.placet",
        "unless args.amount < 20.00",
        "unless args.amount < 50.00",
        "looser",
    ),
    (
        "devops",
        "production.placet",
        "approval platform-leads per call",
        "approval platform-leads",
        "looser",
    ),
];

#[test]
fn one_word_of_a_real_suite_is_told_with_a_request_that_decide_confirms() {
    for (suite, file, from, to, kind) in WIDER {
        let folder = copied(suite, file, |text| {
            assert!(text.contains(from), "{suite}: {from}");
            text.replacen(from, to, 1)
        });
        let json = folder
            .run(&[
                "diff",
                "old",
                "new",
                "--format",
                "json",
                "--fail-on",
                "widening",
            ])
            .ends(1)
            .json();
        let first = &json[kind][0];
        assert!(first.is_object(), "{suite}: {json}");
        confirmed(&folder, &first["request"]);
    }
}

#[test]
fn a_refactored_suite_is_no_difference() {
    for (suite, file, _, _, _) in WIDER {
        let folder = copied(suite, file, refactored);
        folder
            .run(&["diff", "old", "new", "--fail-on", "any"])
            .ends(0)
            .shows("no difference");
        let same = format!("policies/{suite}");
        at_root(&["diff", &same, &same, "--fail-on", "any"])
            .ends(0)
            .shows("no difference");
    }
}

#[test]
fn the_page_shows_what_is_so() {
    let page = std::fs::read_to_string(root().join("docs/reference/diff.md")).expect("a page");
    let (_, shown) = page.split_once("```text\n").expect("it shows a region");
    let (shown, _) = shown.split_once("```").expect("which ends");
    let folder = copied("support-desk", "desk.placet", |text| {
        text.replace("context.risk < 50", "context.risk < 60")
    });
    folder.run(&["diff", "old", "new"]).ends(0).shows(shown);
}

/// Rules get other names, in the reverse order, and conditions are turned round.
fn refactored(text: &str) -> String {
    let text = text
        .replace("\ngrant ", "\ngrant new-")
        .replace("\ndeny ", "\ndeny new-")
        .replace("\nrequire ", "\nrequire new-");
    let mut items: Vec<&str> = text.split("\n\n").collect();
    if let Some(rest) = items.get_mut(1..) {
        rest.reverse();
    }
    items.join("\n\n")
}

/// A suite of `policies/`, and the same with one file changed.
fn copied(suite: &str, file: &str, change: impl Fn(&str) -> String) -> Folder {
    let folder = Folder::new();
    let from = root().join("policies").join(suite);
    for entry in std::fs::read_dir(&from).expect("the suite is there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy();
        // Tests name rules.
        if !name.ends_with(".placet") || name.starts_with("tests") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it can be read");
        folder.file(&format!("old/{name}"), &text);
        let text = if name == file { change(&text) } else { text };
        folder.file(&format!("new/{name}"), text);
    }
    folder
}
