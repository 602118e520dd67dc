//! The first minutes with the program: help, `init`, mistakes on the command line.

use crate::support::Folder;

#[test]
fn without_arguments_it_says_what_it_can_do() {
    let run = Folder::new().run(&[]).ends(2);
    assert!(run.stderr.contains("Usage: placet <COMMAND>"), "{run:?}");
    Folder::new().run(&["--help"]).ends(0).shows("Exit codes:");
    Folder::new().run(&["--version"]).ends(0).shows("placet 0.");
}

#[test]
fn a_mistaken_command_line_is_an_error_with_a_suggestion() {
    let folder = Folder::new();
    folder.run(&["chek"]).ends(2).says("'check'");
    folder.run(&["decide"]).ends(2).says("--policy");
    folder.run(&["check"]).ends(2).says("<PATHS>");
    folder
        .run(&["fmt", "--check", "--diff", "x"])
        .ends(2)
        .says("cannot be used with");
}

#[test]
fn init_writes_a_policy_and_requests_and_overwrites_nothing() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.run(&["init", "demo"]).ends(0).page());
    let before = folder.read("demo/policy.placet");

    folder
        .run(&["init", "demo"])
        .ends(2)
        .says("`demo/policy.placet` exists already");
    assert_eq!(before, folder.read("demo/policy.placet"));

    let other = Folder::new();
    other.file("request.json", "mine");
    other.run(&["init"]).ends(2).says("`./request.json` exists");
    assert_eq!(other.read("request.json"), "mine");
    assert!(!other.path().join("policy.placet").exists(), "all or none");
}

#[test]
fn init_tells_machines_what_it_wrote() {
    let folder = Folder::new();
    let told = folder.run(&["init", "demo", "--format", "json"]).ends(0);
    assert_eq!(
        told.json(),
        serde_json::json!({
            "version": 1,
            "written": ["demo/policy.placet", "demo/request.json", "demo/issue.json"],
        })
    );
    let again = folder.run(&["init", "demo", "--format", "json"]).ends(2);
    assert_eq!(
        again.json(),
        serde_json::json!({
            "version": 1,
            "written": [],
            "error": "`demo/policy.placet` exists already",
            "help": "choose another folder, or move the file away",
        })
    );
}
