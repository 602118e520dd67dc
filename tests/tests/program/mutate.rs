//! `mutate`

use crate::support::Folder;

const POLICY: &str = r#"
policy notes { language 1  layers main  lifetime 1h }
agent assistant
tool notes {
  action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" }
}
grant own-notes {
  agent    assistant
  user     any
  tool     notes
  action   read
  resource "note/{user.id}/**"
}
deny not-the-first { resource "note/*/1" }
"#;

const TESTS: &str = r#"
test "a note of somebody else stays closed" {
  agent assistant
  user  ana
  issue notes read "note/**" -> narrowed to "note/ana/**" by own-notes
  call  notes.read_note { owner = "ana", id = 7 } -> grant
}
"#;

fn notes(tests: &str) -> Folder {
    let folder = Folder::new();
    folder.file("notes.placet", format!("{POLICY}{tests}"));
    folder
}

#[test]
fn what_no_test_notices_is_shown_as_a_diff() {
    let shown = notes(TESTS).run(&["mutate", "notes.placet"]).ends(0).stdout;
    insta::assert_snapshot!(shown);
}

#[test]
fn a_score_below_what_is_asked_for_is_a_finding() {
    let folder = notes(TESTS);
    folder
        .run(&["mutate", "notes.placet", "--min", "100"])
        .ends(1)
        .shows("100 % are asked for");
    folder
        .run(&["mutate", "notes.placet", "--min", "101"])
        .ends(2);
    let json = folder
        .run(&["mutate", "notes.placet", "--min", "100", "--format", "json"])
        .ends(1)
        .stdout;
    let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(report["passed"], false);
    assert_eq!(report["survivors"][0]["grants"], "more");
    assert_eq!(report["survivors"][0]["rule"], "main/not-the-first");
    let survived = report["survivors"].as_array().map(Vec::len);
    assert_eq!(
        report["counts"]["survived"].as_u64(),
        survived.map(|n| n as u64)
    );
}

#[test]
fn nothing_is_mutated_without_tests_that_pass() {
    notes("")
        .run(&["mutate", "notes.placet"])
        .ends(2)
        .says("no tests")
        .says("help");
    notes(&TESTS.replace("id = 7", "id = 1"))
        .run(&["mutate", "notes.placet"])
        .ends(2)
        .says("fails on the policy itself");
    notes(TESTS)
        .run(&["mutate", "notes.placet", "--rule", "own-notes"])
        .ends(2)
        .says("no rule is called `own-notes`")
        .says("layer/rule");
}
