//! `placet test`: exit codes, reports for people and machines, and what it refuses.

use crate::support::Folder;

const TESTS: &str = r#"
given ana { agent assistant  user ana }
test "own notes are read" {
  given ana
  issue notes read "note/**" -> narrowed to "note/ana/**"
  call  notes.read_note { owner = "ana", id = 1 } -> grant
}
test "<others'> \"notes\" & more stay closed" {
  given ana
  issue notes read "note/**" -> narrowed to "note/ana/**"
  call  notes.read_note { owner = "ben", id = 1 } -> deny out-of-scope
}
"#;

fn folder(tests: &str) -> Folder {
    let folder = Folder::starter();
    folder.file("tests.placet", tests);
    folder
}

#[test]
fn tests_that_pass_are_a_line_each() {
    let run = folder(TESTS).run(&["test", "."]).ends(0);
    run.shows("ok   own notes are read (2 steps)")
        .shows("passed: 2 tests");
}

#[test]
fn a_failure_names_the_rule_and_the_reason() {
    let wrong = TESTS.replace("deny out-of-scope", "grant");
    let run = folder(&wrong).run(&["test", "."]).ends(1);
    run.shows("expected grant, but it is denied")
        .shows("./tests.placet:11:")
        .shows("deny out-of-scope")
        .shows("the credential carries read \"note/ana/**\"")
        .shows("failed: 1 of 2 tests");
    // One rule that somebody breaks by hand.
    let folder = folder(TESTS);
    let policy = folder.read("policy.placet");
    let broken = policy.replace("action   read, write", "action   write");
    folder.file("policy.placet", broken);
    let run = folder.run(&["test", "."]).ends(1);
    run.shows("it is denied")
        .shows("grant main/own-notes")
        .shows("no  action write");
}

#[test]
fn machines_get_every_test_with_its_failure() {
    let wrong = TESTS.replace("deny out-of-scope", "grant");
    let report = folder(&wrong)
        .run(&["test", ".", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["passed"], false);
    assert_eq!(report["counts"]["passed"], 1);
    assert_eq!(report["counts"]["failed"], 1);
    let [good, bad] = &report["tests"].as_array().expect("tests")[..] else {
        panic!("{report}");
    };
    assert_eq!(good["result"], "passed");
    assert_eq!(good["name"], "own notes are read");
    assert_eq!(good["place"]["file"], "./tests.placet");
    assert_eq!(bad["result"], "failed");
    let failure = &bad["failure"];
    assert_eq!(failure["step"], 2);
    assert_eq!(failure["expected"], "grant");
    assert_eq!(failure["happened"], "deny out-of-scope");
    assert_eq!(failure["place"]["line"], 11);
    assert_eq!(failure["explanation"]["reason"], "out-of-scope");
}

#[test]
fn build_servers_get_junit() {
    let wrong = TESTS.replace("deny out-of-scope", "grant");
    folder(&wrong)
        .run(&["test", ".", "--format", "junit"])
        .ends(1)
        .shows("<testsuite name=\"./tests.placet\" tests=\"2\" failures=\"1\"")
        .shows("name=\"&lt;others'&gt; &quot;notes&quot; &amp; more stay closed\"")
        .shows(
            "<failure type=\"expectation\" message=\"expected grant, happened deny out-of-scope\">",
        );
}

#[test]
fn a_filter_that_selects_nothing_is_an_error() {
    let folder = folder(TESTS);
    folder
        .run(&["test", ".", "--filter", "own", "--jobs", "3"])
        .ends(0)
        .shows("passed: 1 test, 1 left out");
    folder
        .run(&["test", ".", "--filter", "typo"])
        .ends(2)
        .says("no test has `typo` in its name");
}

#[test]
fn after_a_failure_nothing_more_is_run_where_that_is_asked_for() {
    let wrong = TESTS.replace("-> grant\n", "-> deny expired\n");
    folder(&wrong)
        .run(&["test", ".", "--fail-fast"])
        .ends(1)
        .shows("failed: 1 of 2 tests, 1 not run");
}

#[test]
fn a_policy_without_tests_passes_unless_that_is_not_wanted() {
    let folder = Folder::starter();
    let policy = folder.read("policy.placet");
    let bare = policy.split("\ntest ").next().expect("a policy").to_owned();
    folder.file("policy.placet", bare);
    folder.run(&["test", "."]).ends(0).shows("no tests");
    folder.run(&["test", ".", "--fail-on-empty"]).ends(1);
}

#[test]
fn what_cannot_be_tested_says_why() {
    let folder = folder(TESTS);
    folder.file("wrong.placet", "deny d { action delte }\n");
    folder
        .run(&["test", "."])
        .ends(2)
        .says("unknown action `delte`")
        .says("the policy has errors and cannot be used");
    let folder = Folder::starter();
    folder.run(&["build", ".", "-o", "policy.placetc"]).ends(0);
    folder
        .run(&["test", "policy.placetc"])
        .ends(2)
        .says("is a compiled policy, and policy text is needed here");
}

const ROWS: &str = r#"
test "a note is read by whom it belongs to" {
  agent assistant
  user  "{row.who}"
  issue notes read "note/{row.who}/**" -> grant
  call  notes.read_note { owner = row.owner, id = row.id } -> row

  rows {
    "one's own"      { who = "ana", owner = "ana", id = 1 } -> grant
    "somebody's"     { who = "ana", owner = "ben", id = 1 } -> deny out-of-scope
    "one's own, too" { who = "ben", owner = "ben", id = 2 } -> deny out-of-scope
    "not a name"     { who = "eve", owner = 7,     id = 3 } -> deny invalid-request
  }
}
"#;

#[test]
fn rows_are_tests_of_their_own() {
    let folder = folder(ROWS);
    let run = folder
        .run(&["test", "tests.placet", "policy.placet"])
        .ends(1);
    let text = run.stdout.split(" in 0.").next().expect("a report");
    insta::assert_snapshot!(text);
    folder
        .run(&["test", ".", "--filter", "to / one's own,", "--jobs", "4"])
        .ends(1)
        .shows("failed: 1 of 1 test, 3 left out");
    folder.run(&["check", "."]).ends(0).shows("4 tests");
    let report = folder
        .run(&["test", ".", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["counts"]["passed"], 3);
    let failed = &report["tests"][2];
    assert_eq!(
        failed["name"],
        "a note is read by whom it belongs to / one's own, too"
    );
    assert_eq!(failed["place"]["line"], 11);
    assert_eq!(failed["row"]["column"], 5);
    assert_eq!(failed["failure"]["place"]["line"], 6);
    folder
        .run(&["test", ".", "--format", "junit"])
        .ends(1)
        .shows("name=\"a note is read by whom it belongs to / one's own\"")
        .shows("line=\"11\"");
}

#[test]
fn a_name_cannot_mislead_whoever_reads_a_build() {
    let tests = TESTS.replace("own notes are read", "own \\u{202e}notes\\u{1b}[2J");
    let run = folder(&tests)
        .run(&["test", ".", "--format", "junit"])
        .ends(0);
    run.shows("name=\"own \\u{202e}notes\\u{1b}[2J\"");
}
