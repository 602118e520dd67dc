//! `placet explain` and `placet graph`.

use crate::support::{Folder, at_root};

const SUITE: [&str; 3] = ["--no-credential", "--policy", "policies/github"];

fn request(owner: &str) -> String {
    format!(
        "{{\"moment\":\"runtime\",\"agent\":{{\"id\":\"assistant\"}},\"user\":{{\"id\":\"ana\"}},\
         \"call\":{{\"tool\":\"notes.read_note\",\"args\":{{\"owner\":\"{owner}\",\"id\":7}}}}}}"
    )
}

#[test]
fn a_denied_call_is_explained_clause_by_clause() {
    let folder = Folder::starter();
    let explain = ["explain", "--policy", ".", "--no-credential"];
    insta::assert_snapshot!(folder.run_on(&explain, request("ben")).ends(1).page());
    folder.run_on(&explain, request("ana")).ends(0);
    folder.run_on(&explain, "nope").ends(2);
}

/// An agent without a user is told that nobody can consent, and not to ask nobody.
#[test]
fn a_consent_that_nobody_can_give_is_not_asked_for() {
    let folder = Folder::new();
    folder.file(
        "p.placet",
        r#"
policy p { language 1  layers main  lifetime 1h }
agent bot
tool t { action go { go() -> "go" } }
grant go { agent bot  user any, none  tool t  action go  resource any  consent }
"#,
    );
    let request = r#"{"moment":"runtime","agent":{"id":"bot"},"call":{"tool":"t.go"}}"#;
    let arguments = ["--policy", ".", "--no-credential"];
    let decide = [&["decide"], &arguments[..]].concat();
    let decision = folder.run_on(&decide, request).ends(1).json();
    assert_eq!(decision["reason"], "consent-required");
    assert_eq!(decision["obligations"], serde_json::json!({}));
    let said = decision["explanation"]
        .as_array()
        .and_then(|lines| lines.last());
    let nobody =
        "needs consent to t.go go \"go\", which nobody can give: the agent acts for no user";
    assert_eq!(said.and_then(|line| line.as_str()), Some(nobody));
    folder
        .run_on(&[&["explain"], &arguments[..]].concat(), request)
        .ends(1)
        .shows("consent of a user, and there is none, for bot");
}

#[test]
fn what_a_credential_does_not_carry_is_explained_by_what_it_does() {
    let folder = Folder::starter();
    let issued = folder
        .run(&["decide", "--policy", ".", "issue.json"])
        .ends(0)
        .json();
    let mut request: serde_json::Value = serde_json::from_str(&request("ben")).expect("it is JSON");
    request["credential"] = issued["credential"].clone();
    folder
        .run_on(&["explain", "--policy", "."], request.to_string())
        .ends(1)
        .shows("deny (out-of-scope)")
        .shows("note/ana/**");
}

#[test]
fn an_explanation_for_machines_is_the_decision_and_more() {
    let folder = Folder::starter();
    let arguments = ["--policy", ".", "--no-credential"];
    let explained = folder
        .run_on(
            &[&["explain", "--format", "json"], &arguments[..]].concat(),
            request("ben"),
        )
        .ends(1)
        .json();
    assert_eq!(explained["reason"], "no-grant");
    let layer = &explained["asked"][0]["layers"][0];
    assert_eq!(layer["verdict"], "grants-nothing");
    let clauses = layer["rules"][0]["clauses"]
        .as_array()
        .expect("a rule has clauses");
    let failed: Vec<_> = clauses
        .iter()
        .filter(|clause| clause["holds"] == false)
        .collect();
    assert_eq!(failed.len(), 1, "{clauses:?}");
    assert!(failed[0]["needs"].is_string(), "{failed:?}");
    let decided = folder
        .run_on(&[&["decide"], &arguments[..]].concat(), request("ben"))
        .ends(1)
        .json();
    assert_eq!(decided["policy"], explained["policy"]);
}

#[test]
fn the_calls_of_a_real_suite_are_explained() {
    let calls = "policies/github/requests/release/calls.jsonl";
    let run = at_root(&[&["explain"], &SUITE[..], &[calls]].concat());
    insta::assert_snapshot!(run.page());
}

#[test]
fn graphs_are_drawn_whole_or_by_layer_with_the_way_of_a_request() {
    let folder = Folder::starter();
    let dot = folder.run(&["graph", "--policy", "."]).ends(0);
    assert!(dot.stdout.starts_with("digraph"), "{}", dot.stdout);
    let mermaid = folder
        .run(&["graph", "--policy", ".", "--format", "mermaid"])
        .ends(0);
    assert!(mermaid.stdout.contains("flowchart"), "{}", mermaid.stdout);

    let way = ["graph", "--policy", ".", "--no-credential", "--request"];
    let highlighted = folder.run(&[&way[..], &["request.json"]].concat()).ends(0);
    assert!(
        highlighted.stdout.contains("penwidth"),
        "{}",
        highlighted.stdout
    );
    assert_ne!(highlighted.stdout, dot.stdout);
    folder.file("two.jsonl", format!("{}\n{}\n", request("a"), request("b")));
    folder
        .run(&[&way[..], &["two.jsonl"]].concat())
        .ends(2)
        .says("more than one request");
    folder.file("invalid.json", "{}");
    folder
        .run(&[&way[..], &["invalid.json"]].concat())
        .ends(0)
        .says("no way is highlighted");

    folder
        .run(&["graph", "--policy", ".", "--layer", "mian"])
        .ends(2)
        .says("unknown layer `mian`")
        .says("`main`");
    let both = at_root(&["graph", "--policy", "policies/github"]).ends(0);
    assert_eq!(both.stdout.matches("digraph").count(), 2);
    let one = at_root(&["graph", "--policy", "policies/github", "--layer", "org"]).ends(0);
    assert_eq!(one.stdout.matches("digraph").count(), 1);
}
