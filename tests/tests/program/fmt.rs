//! `placet fmt`

use serde_json::json;

use crate::support::{Folder, root};

const CROOKED: &str = "deny  d{ action delete\n\n\n when   true } // why\n";

#[test]
fn formatting_is_done_once() {
    let folder = Folder::starter();
    folder.file("crooked.placet", CROOKED);
    folder
        .run(&["fmt", "."])
        .ends(0)
        .shows("formatted ./crooked.placet");
    let once = folder.read("crooked.placet");
    assert!(once.contains("// why"), "{once}");
    let again = folder.run(&["fmt", "."]).ends(0);
    assert_eq!(again.stdout, "");
    assert_eq!(folder.read("crooked.placet"), once);
    folder.run(&["fmt", "--check", "."]).ends(0);
    folder.run(&["fmt", "--diff", "."]).ends(0);
}

#[test]
fn looking_changes_nothing() {
    let folder = Folder::starter();
    folder.file("crooked.placet", CROOKED);
    folder
        .run(&["fmt", "--check", "."])
        .ends(1)
        .shows("./crooked.placet is not formatted");
    insta::assert_snapshot!(
        folder
            .run(&["fmt", "--diff", "crooked.placet"])
            .ends(1)
            .page()
    );
    assert_eq!(folder.read("crooked.placet"), CROOKED);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let folder = Folder::new();
    let run = folder.run_on(&["fmt", "-"], CROOKED).ends(0);
    let again = folder.run_on(&["fmt", "-"], &run.stdout).ends(0);
    assert_eq!(run.stdout, again.stdout);
    folder.run_on(&["fmt", "--check", "-"], CROOKED).ends(1);
    folder.run_on(&["fmt", "--check", "-"], &run.stdout).ends(0);
}

#[test]
fn what_does_not_parse_is_left_alone_and_the_others_are_formatted() {
    let folder = Folder::new();
    folder
        .file("a.placet", "deny {{{\n")
        .file("b.placet", CROOKED);
    folder
        .run(&["fmt", "a.placet", "b.placet"])
        .ends(2)
        .says("1 file has syntax errors and was left alone")
        .shows("formatted b.placet");
    assert_eq!(folder.read("a.placet"), "deny {{{\n");
}

#[test]
fn the_projects_own_policies_are_formatted() {
    for suite in ["policies", "crates/cli/src/command/starter"] {
        let path = root().join(suite);
        if path.exists() {
            let path = path.to_string_lossy().into_owned();
            Folder::new().run(&["fmt", "--check", &path]).ends(0);
        }
    }
}

#[test]
fn machines_are_told_of_every_file() {
    let folder = Folder::new();
    folder
        .file("a.placet", CROOKED)
        .file("b.placet", "deny d { action drop }\n");
    let fmt = |args: &[&str]| folder.run(&[&["fmt", "--format", "json"], args].concat());
    assert_eq!(
        fmt(&["--check", "."]).ends(1).json(),
        json!({
            "version": 1, "changed": 1, "unparsed": 0,
            "files": [
                { "file": "./a.placet", "became": "would-change" },
                { "file": "./b.placet", "became": "unchanged" },
            ],
        })
    );
    let told = fmt(&["--diff", "."]).ends(1).json();
    let diff = told["files"][0]["diff"].as_str().expect("a diff");
    assert!(diff.contains("\n-deny  d{ action delete\n"), "{diff}");
    assert_eq!(told["files"][1].get("diff"), None);
    assert_eq!(folder.read("a.placet"), CROOKED);

    let piped = folder.run_on(&["fmt", "--format", "json", "-"], CROOKED);
    let piped = piped.ends(0).json();
    assert_eq!(
        fmt(&["."]).ends(0).json()["files"][0]["became"],
        "formatted"
    );
    assert_eq!(piped["files"][0]["text"], folder.read("a.placet"));
    assert_eq!(fmt(&["."]).ends(0).json()["changed"], 0);

    folder.file("c.placet", "deny {{{\n");
    let run = fmt(&["."]).ends(2).says("was left alone");
    let told = run.json();
    assert_eq!(told["unparsed"], 1);
    assert_eq!(told["error"], "1 file has syntax errors and was left alone");
    assert_eq!(told["files"][2]["became"], "unparsed");
    let code = &told["files"][2]["diagnostics"][0]["code"];
    assert!(
        code.as_str().is_some_and(|code| code.starts_with("PL00")),
        "{code}"
    );
    let told = fmt(&["nowhere"]).ends(2).json();
    assert!(
        told["error"]
            .as_str()
            .is_some_and(|error| error.contains("nowhere"))
    );
}
