//! `placet fmt`

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
