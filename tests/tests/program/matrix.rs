//! `matrix`

use crate::support::{Folder, at_root, root};

const DESK: &str = "policies/desk";

fn desk() -> Folder {
    let folder = Folder::new();
    folder.file(
        "policies/desk/desk.placet",
        std::fs::read(root().join("tests/matrix/desk.placet")).expect("it is there"),
    );
    folder
}

/// Changes the policy.
fn change(folder: &Folder, from: &str, to: &str) {
    let text = folder.read("policies/desk/desk.placet");
    assert!(text.contains(from), "{from} in {text}");
    folder.file("policies/desk/desk.placet", text.replace(from, to));
}

#[test]
fn who_may_do_what_is_told_one_fact_a_line() {
    let shown = desk().run(&["matrix", DESK]).ends(0).stdout;
    insta::assert_snapshot!(shown);
}

#[test]
fn a_matrix_is_accepted_once_and_then_held_to() {
    let folder = desk();
    folder
        .run(&["matrix", DESK, "--snapshot"])
        .ends(2)
        .says("no accepted matrix at `policies/desk/snapshots/matrix.txt`")
        .says("--accept");
    folder
        .run(&["matrix", DESK, "--accept"])
        .ends(0)
        .shows("wrote policies/desk/snapshots/matrix.txt");
    folder
        .run(&["matrix", DESK, "--snapshot"])
        .ends(0)
        .shows("equal");
    let printed = folder.run(&["matrix", DESK]).ends(0).stdout;
    assert_eq!(printed, folder.read("policies/desk/snapshots/matrix.txt"));
    folder
        .run(&["matrix", DESK, "--snapshot", "kept/who.txt", "--accept"])
        .ends(0);
    assert_eq!(printed, folder.read("kept/who.txt"));
    // A checkout may have changed the ends of lines.
    folder.file("kept/who.txt", printed.replace('\n', "\r\n"));
    folder
        .run(&["matrix", DESK, "--snapshot", "kept/who.txt"])
        .ends(0);
}

#[test]
fn the_order_of_rules_and_files_changes_nothing() {
    let folder = desk();
    folder.run(&["matrix", DESK, "--accept"]).ends(0);
    let deny = "deny attachments { resource \"ticket/*/0\" }\n";
    change(&folder, deny, "");
    folder.file("policies/desk/a.placet", deny);
    folder.run(&["matrix", DESK, "--snapshot"]).ends(0);
}

const TESTS: &str = r#"test "a bot reads its user's tenant alone" {
  given calm

  issue desk read "ticket/**" -> narrowed to "ticket/acme/*" for 15m by triage
  call  desk.get_ticket { tenant = "acme", id = 42 } -> grant by triage
  call  desk.get_ticket { tenant = "evil", id = 42 } -> deny out-of-scope
}
"#;

/// The page for reviewers shows what the program says.
fn is_on_the_page(blocks: &[String]) {
    let page = std::fs::read_to_string(root().join("docs/reference/matrix.md"));
    let page = page.expect("the page is there");
    for block in blocks {
        assert!(
            page.contains(block),
            "docs/reference/matrix.md lacks\n{block}"
        );
    }
}

fn widen(folder: &Folder) {
    change(
        folder,
        "action   read, reply\n  resource \"ticket/{user.tenant}/*\"",
        "action   read, reply\n  resource \"ticket/*/*\"",
    );
}

#[test]
fn a_widened_rule_fails_its_test_and_shows_what_was_not_tested() {
    let folder = desk();
    folder.file("policies/desk/tests.placet", TESTS);
    folder.run(&["test", DESK]).ends(0);
    let mutants = folder.run(&["mutate", DESK, "--rule", "main/triage"]);
    let score = mutants.ends(0).stdout;
    let score = score.lines().last().unwrap_or_default();
    let seen = folder.run(&["coverage", DESK]).ends(0).stdout;
    let seen = seen.lines().last().unwrap_or_default();
    widen(&folder);
    let failure = folder.run(&["test", DESK]).ends(1).stdout;
    // The explanation follows, and how long it took.
    let failure = failure.split("\n\ngrant: ").next().unwrap_or_default();
    is_on_the_page(&[
        format!("```placet\n{TESTS}```"),
        format!("```text\n{failure}\n```"),
        format!("```text\n{seen}\n{score}\n```"),
    ]);
}

#[test]
fn a_widened_rule_shows_as_new_grants_before_anything_else() {
    let folder = desk();
    folder.run(&["matrix", DESK, "--accept"]).ends(0);
    let before = folder.read("policies/desk/snapshots/matrix.txt");
    widen(&folder);
    let run = folder.run(&["matrix", DESK, "--snapshot"]).ends(1);
    assert!(run.stdout.starts_with("new grants\n"), "{}", run.stdout);
    insta::assert_snapshot!(run.stdout);
    let after = folder.run(&["matrix", DESK]).stdout;
    let diff = difference(&before, &after);
    insta::assert_snapshot!("the_file_as_a_review_shows_it", diff);
    is_on_the_page(&[
        format!("```text\n{}```", run.stdout),
        format!("```diff\n{}\n```", diff.trim_end()),
    ]);
}

#[test]
fn each_kind_of_change_has_its_list() {
    check(
        "reply, refund  when context.risk >= 80",
        "reply, refund  when context.risk >= 5",
        "new denies\n",
    );
    check(
        "for      15m",
        "for      30d",
        "grants by other rules or limits\n",
    );
    check("  approval leads per call\n", "", "other conditions\n");
    check(
        "  for      15m\n",
        "  for      15m\n  consent\n",
        "grants that became conditional\n",
    );
    check(
        "action   read, reply\n",
        "action   read, reply, delete\n",
        "new grants on conditions\n",
    );
    check("deny attachments", "deny others", "denies by other rules\n");
    check(
        "  action delete { delete_ticket(tenant: text, id: int) -> \"ticket/{tenant}/{id}\" }\n",
        "",
        "not asked any more\n",
    );
    check(
        "given calm",
        "given quiet",
        "removed\n  given calm, agent triage-bot, user ana | read\n",
    );
}

#[track_caller]
fn check(from: &str, to: &str, shown: &str) {
    let folder = desk();
    folder.run(&["matrix", DESK, "--accept"]).ends(0);
    change(&folder, from, to);
    folder
        .run(&["matrix", DESK, "--snapshot"])
        .ends(1)
        .shows(shown);
    let report = folder
        .run(&["matrix", DESK, "--snapshot", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["equal"], false);
    folder.run(&["matrix", DESK, "--accept"]).ends(0);
    folder.run(&["matrix", DESK, "--snapshot"]).ends(0);
}

#[test]
fn machines_get_every_cell() {
    let report = desk()
        .run(&["matrix", DESK, "--format", "json"])
        .ends(0)
        .json();
    let cells = report["cells"].as_array().expect("cells are a list");
    let granted: Vec<_> = cells
        .iter()
        .filter(|cell| cell["answer"] == "grant")
        .collect();
    assert_eq!(granted.len(), 2, "{granted:#?}");
    for cell in granted {
        assert_eq!(cell["who"], "given calm, agent triage-bot, user ana");
        assert_eq!(cell["rules"][0], "main/triage");
        assert_eq!(cell["lifetime"], "15m");
    }
}

#[test]
fn what_cannot_be_told_is_an_error_with_what_to_do() {
    let folder = desk();
    folder
        .run(&["matrix", DESK, "--limit", "3"])
        .ends(2)
        .says("the limit is 3")
        .says("--limit");
    folder.file("policies/desk/snapshots/matrix.txt", "no matrix\n");
    folder
        .run(&["matrix", DESK, "--snapshot"])
        .ends(1)
        .shows("line 1 is none of a matrix");
    change(&folder, "action   refund\n", "action   refnd\n");
    folder.run(&["matrix", DESK]).ends(2).says("refnd");
}

#[test]
fn the_stored_matrices_are_equal_through_the_program() {
    for policy in ["policies/banking", "policies/github"] {
        at_root(&["matrix", policy, "--snapshot"])
            .ends(0)
            .shows("equal");
    }
}

/// What changed, as a review shows it.
fn difference(before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(1)
        .to_string()
}
