//! `coverage`

use crate::support::{Folder, Run};

const POLICY: &str = r#"
policy notes { language 1  layers main  lifetime 1h }
facts context { risk: int }
agent assistant
agent other
tool notes {
  action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" }
  action drop { drop_note(owner: text, id: int) -> "note/{owner}/{id}" }
}
let calm = context.risk >= 0 and context.risk < 50
grant own-notes {
  agent    assistant
  user     any
  tool     notes
  action   read
  resource "note/{user.id}/**",
           "note/shared/**"
  when     calm
  budget   9 calls
}
deny not-the-first { resource "note/*/1" }
"#;

const TESTS: &str = r#"
test "a note of somebody else stays closed" {
  agent   assistant
  user    ana
  context { risk = 10 }
  issue notes read "note/ana/7" -> grant by own-notes
  call  notes.read_note { owner = "ana", id = 7 } -> grant
  call  notes.read_note { owner = "ben", id = 7 } -> deny out-of-scope
}
"#;

fn notes(tests: &str) -> Folder {
    let folder = Folder::new();
    folder.file("notes.placet", format!("{POLICY}{tests}"));
    folder
}

fn coverage(folder: &Folder, more: &[&str]) -> Run {
    let mut args = vec!["coverage", "notes.placet"];
    args.extend(more);
    folder.run(&args)
}

#[test]
fn what_was_never_seen_is_underlined() {
    let shown = coverage(&notes(TESTS), &[]).ends(0).stdout;
    insta::assert_snapshot!(shown);
}

#[test]
fn a_share_below_what_is_asked_for_is_a_finding() {
    let folder = notes(TESTS);
    coverage(&folder, &["--min", "90"])
        .ends(1)
        .shows("and 90 % are asked for");
    coverage(&folder, &["--min", "10"]).ends(0);
    coverage(&folder, &["--min", "101"]).ends(2);
    let json = coverage(&folder, &["--min", "90", "--format", "json"])
        .ends(1)
        .stdout;
    let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).expect("it is JSON"));
}

#[test]
fn a_tracefile_has_rules_as_functions_and_parts_as_branches() {
    let folder = notes(TESTS);
    let traced = coverage(&folder, &["--format", "lcov"]).ends(0).stdout;
    insta::assert_snapshot!(traced);
}

#[test]
fn a_policy_without_tests_is_not_covered() {
    let folder = notes("");
    coverage(&folder, &[])
        .ends(0)
        .shows("no tests")
        .shows("coverage 0.0 %: rules 0/2");
    coverage(&folder, &["--min", "1"]).ends(1);
}

#[test]
fn what_fails_is_a_finding_whatever_else_is_covered() {
    let folder = notes(&TESTS.replace("id = 7 } -> grant", "id = 8 } -> grant"));
    coverage(&folder, &[])
        .ends(1)
        .shows("FAIL a note of somebody else stays closed")
        .shows("`placet test` says why")
        .shows("coverage 0.0 %");
}

#[test]
fn a_filter_chooses_tests_and_errors_stop() {
    let folder = notes(TESTS);
    coverage(&folder, &["--filter", "somebody"]).ends(0);
    coverage(&folder, &["--filter", "nobody"])
        .ends(2)
        .says("no test has `nobody` in its name; there is 1 test");
    folder.file("notes.placet", format!("{POLICY}{TESTS}grant x {{ }}"));
    coverage(&folder, &[]).ends(2).says("PL0401");
}

#[test]
fn several_suites_are_each_held_to_what_is_asked_for() {
    let folder = Folder::new();
    folder.file("p/one/notes.placet", format!("{POLICY}{TESTS}"));
    folder.file("p/two/notes.placet", POLICY);
    folder
        .run(&["coverage", "p", "--min", "20"])
        .ends(1)
        .shows("p/one (rules 1/2)")
        .shows("  0.0 %  p/two (rules 0/2)");
    let json = folder
        .run(&["coverage", "p", "--format", "json"])
        .ends(0)
        .stdout;
    let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(report["counts"]["rules"], 4);
    assert_eq!(report["suites"][0]["report"]["tests"]["passed"], 1);
    let traced = folder
        .run(&["coverage", "p", "--format", "lcov"])
        .ends(0)
        .stdout;
    assert_eq!(traced.matches("end_of_record").count(), 2);
    assert!(traced.contains("SF:p/two/notes.placet\n"), "{traced}");
}

#[test]
fn names_cannot_command_a_terminal_or_a_tracefile() {
    let folder = Folder::new();
    let policy = POLICY.replace("not-the-first", "\"nöt, das erste\"");
    folder.file("büro.placet", format!("{policy}{TESTS}"));
    let text = folder.run(&["coverage", "büro.placet"]).ends(0);
    text.shows("deny main/nöt, das erste");
    let traced = folder.run(&["coverage", "büro.placet", "--format", "lcov"]);
    traced.ends(0).shows("FNDA:0,main/nöt, das erste");
}
