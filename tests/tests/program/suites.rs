//! Several suites at once: which paths belong together, and what is told of all.

use crate::support::{Folder, Run};

/// A policy set of one agent, with a test that passes as long as `ana` is the user.
fn notes(name: &str, user: &str) -> String {
    format!(
        r#"policy {name} {{ language 1  layers main  lifetime 1h }}
agent assistant
tool notes {{ action read {{ read_note(owner: text) -> "note/{{owner}}" }} }}
grant own {{
  agent assistant  user any  tool notes  action read  resource "note/{{user.id}}"
}}
test "notes of {name}" {{
  agent assistant
  user  ana
  issue notes read "note/{user}" -> grant by own
}}
"#
    )
}

fn two() -> Folder {
    let folder = Folder::new();
    folder
        .file("policies/desk/policy.placet", notes("desk", "ana"))
        .file("policies/shop/rules/policy.placet", notes("shop", "ana"))
        .file("policies/desk/more/deny.placet", "deny d { user none }\n")
        .file("policies/README.md", "No policy.");
    folder
}

#[track_caller]
fn in_order(run: &Run, parts: &[&str]) {
    let mut rest = run.stdout.as_str();
    for part in parts {
        rest = match rest.split_once(part) {
            Some((_, rest)) => rest,
            None => panic!("no `{part}` in its place\n{}", run.stdout),
        };
    }
}

#[test]
fn each_folder_that_declares_a_policy_is_a_suite() {
    let folder = two();
    for paths in [&["policies"][..], &["policies/shop", "policies/desk"]] {
        let run = folder.run(&[&["test"][..], paths].concat()).ends(0);
        in_order(
            &run,
            &[
                "policies/desk\nok   notes of desk",
                "passed: 1 test in",
                "\n\npolicies/shop/rules\nok   notes of shop",
                "passed: 1 test in",
                "\n\npassed: 2 tests of 2 suites in",
            ],
        );
    }
    // The folder's own text counts: the deny is of the desk.
    let run = folder.run(&["check", "policies"]).ends(0);
    in_order(
        &run,
        &["2 files with 2 rules", "1 file with 1 rule", "usable: 2"],
    );
    let one = folder.run(&["test", "policies/desk"]).ends(0);
    assert!(one.stdout.starts_with("ok   notes of desk"), "{one:?}");
}

#[test]
fn what_belongs_to_no_suite_is_an_error_that_says_why() {
    let folder = two();
    folder.file("policies/guard.placet", "deny d { user none }\n");
    for command in ["test", "mutate", "matrix", "check"] {
        folder
            .run(&[command, "policies"])
            .ends(2)
            .says("`policies/guard.placet` belongs to no suite")
            .says("it is in none of them");
    }
    // Files that were named one by one are a suite each, and nothing is shared.
    folder
        .file("one/a.placet", notes("a", "ana"))
        .file("one/b.placet", notes("b", "ana"))
        .file("one/c.placet", "deny d { user none }\n");
    let run = folder
        .run(&["test", "one/a.placet", "one/b.placet"])
        .ends(0);
    in_order(&run, &["one/a.placet\nok", "one/b.placet\nok", "2 suites"]);
    folder
        .run(&["test", "one/a.placet", "one/b.placet", "one/c.placet"])
        .ends(2)
        .says("`one/c.placet` belongs to no suite")
        .says("`one/a.placet` and `one/b.placet` each declare a `policy`");
    // Found in a folder, they are one policy set with a policy too many.
    folder.run(&["check", "one"]).ends(1).shows("PL0702");
}

#[test]
fn below_a_suite_there_is_no_other_one() {
    let folder = two();
    folder.file("policies/desk/more/policy.placet", notes("more", "ana"));
    folder
        .run(&["check", "policies"])
        .ends(1)
        .shows("PL0702")
        .shows("not usable: 1 of 2 policy sets");
}

#[test]
fn an_error_in_one_suite_does_not_hide_the_others() {
    let folder = two();
    folder
        .file("policies/desk/more/deny.placet", "deny d { action reed }\n")
        .file("policies/zoo/policy.placet", notes("zoo", "ben"));
    let run = folder.run(&["test", "policies"]).ends(2);
    in_order(
        &run,
        &[
            "policies/desk\n",
            "policies/shop/rules\nok ",
            "policies/zoo\nFAIL",
            "failed: 1 of 2 tests, in 1 of 3 suites, and 1 suite could not be run",
        ],
    );
    run.says("policies/desk: the policy has errors and cannot be used");

    let report = folder
        .run(&["test", "policies", "--format", "json"])
        .ends(2)
        .json();
    assert_eq!(report["passed"], false);
    assert_eq!(report["counts"]["passed"], 1);
    assert_eq!(report["counts"]["failed"], 1);
    let suites = report["suites"].as_array().expect("suites");
    assert_eq!(suites[0]["suite"], "policies/desk");
    assert_eq!(
        suites[0]["error"],
        "the policy has errors and cannot be used"
    );
    assert_eq!(suites[1]["report"]["passed"], true);
    assert_eq!(suites[2]["report"]["tests"][0]["result"], "failed");

    folder
        .run(&["test", "policies", "--format", "junit"])
        .ends(2)
        .shows("tests=\"3\" failures=\"1\" errors=\"1\"")
        .shows("<testsuite name=\"policies/desk\" tests=\"1\" failures=\"0\" errors=\"1\"")
        .shows("<testsuite name=\"policies/zoo/policy.placet\" tests=\"1\" failures=\"1\"");
}

#[test]
fn filters_and_failures_are_of_all_suites() {
    let folder = two();
    let run = folder
        .run(&["test", "policies", "--filter", "shop"])
        .ends(0)
        .shows("passed: 1 test of 1 suite, 1 left out");
    assert!(!run.stdout.contains("desk"), "{run:?}");
    folder
        .run(&["test", "policies", "--filter", "typo"])
        .ends(2)
        .says("no test has `typo` in its name; there are 2 tests");

    folder.file("policies/desk/policy.placet", notes("desk", "ben"));
    folder
        .run(&["test", "policies", "--fail-fast"])
        .ends(1)
        .shows("--   notes of shop")
        .shows("failed: 1 of 2 tests, in 1 of 2 suites, 1 not run");

    let bare = notes("desk", "ana");
    let bare = bare.split("test ").next().expect("a policy").to_owned();
    folder.file("policies/desk/policy.placet", bare);
    folder.run(&["test", "policies"]).ends(0);
    folder.run(&["test", "policies", "--fail-on-empty"]).ends(1);
}

#[test]
fn each_suite_has_its_score() {
    let folder = two();
    let run = folder.run(&["mutate", "policies"]).ends(0);
    in_order(
        &run,
        &[
            "policies/desk\n",
            "policies/shop/rules\n",
            " %  policies/desk\n",
            " %  policies/shop/rules\nscore ",
        ],
    );
    let report = folder
        .run(&["mutate", "policies", "--min", "100", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["passed"], false);
    let sum = |key: &str| -> u64 {
        let suites = report["suites"].as_array().expect("suites");
        let of = |suite: &serde_json::Value| suite["report"]["counts"][key].as_u64();
        suites.iter().map(|suite| of(suite).expect("a count")).sum()
    };
    for key in ["killed", "survived"] {
        assert_eq!(report["counts"][key], sum(key), "{key}");
    }
    // A rule that one of them has.
    let run = folder
        .run(&["mutate", "policies", "--rule", "main/d"])
        .ends(0);
    assert!(!run.stdout.contains("shop"), "{run:?}");
    folder
        .run(&["mutate", "policies", "--rule", "main/e"])
        .ends(2)
        .says("no rule is called `main/e`");
}

#[test]
fn each_suite_keeps_its_matrix() {
    let folder = two();
    folder
        .run(&["matrix", "policies", "--snapshot"])
        .ends(2)
        .says("policies/desk: no accepted matrix at `policies/desk/snapshots/matrix.txt`");
    folder
        .run(&["matrix", "policies", "--accept"])
        .ends(0)
        .shows("accepted: 2 of 2 suites");
    folder
        .run(&["matrix", "policies", "--snapshot"])
        .ends(0)
        .shows("equal: 2 suites");
    folder.file("policies/desk/more/deny.placet", "deny d { user any }\n");
    folder
        .run(&["matrix", "policies", "--snapshot"])
        .ends(1)
        .shows("new denies")
        .shows("different: 1 of 2 suites");
    let report = folder
        .run(&["matrix", "policies", "--snapshot", "--format", "json"])
        .ends(1)
        .json();
    assert_eq!(report["equal"], false);
    assert_eq!(report["suites"][1]["report"]["equal"], true);
    folder
        .run(&["matrix", "policies", "--snapshot", "all.txt"])
        .ends(2)
        .says("2 suites cannot be kept in one file");
}
