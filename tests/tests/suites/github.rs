//! GitHub: seven situations, each a credential and the calls that an agent makes with it.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::shown;
use crate::suite::{Suite, each, word};

const SITUATIONS: [&str; 6] = ["code", "public", "release", "review", "triage", "security"];

#[test]
fn what_agents_may_do() {
    let suite = Suite::open("github");
    for situation in SITUATIONS {
        let request = suite.json(&format!("requests/{situation}/issue.json"));
        shown!(suite, situation, story(&suite, situation, &request));
    }
}

#[test]
fn a_helper_reads_what_its_parent_may_read() {
    let suite = Suite::open("github");
    let parent = suite.issue(&suite.json("requests/code/issue.json"));
    let mut request = suite.json("requests/help/issue.json");
    request["credential"] = parent;
    shown!(suite, "help", story(&suite, "help", &request));
}

#[test]
fn a_maintainer_lets_a_reviewed_change_in() {
    let suite = Suite::open("github");
    let credential = suite.issue(&suite.json("requests/release/issue.json"));
    let mut merge = suite.lines("requests/release/calls.jsonl").remove(0);
    merge["credential"] = credential;
    let asked = suite.decide(&merge);
    assert_eq!(word(&asked, "/reason"), "approval-required", "{asked:#}");

    let mut approvals: Vec<Value> = each(&asked, "/obligations/ask/approvals")
        .cloned()
        .collect();
    for approval in &mut approvals {
        approval["by"] = json!("marta");
        approval["groups"] = json!(["maintainers"]);
    }
    merge["approvals"] = json!(approvals);
    let granted = suite.decide(&merge);
    assert_eq!(word(&granted, "/decision"), "grant", "{granted:#}");

    // The user on whose behalf the agent acts cannot approve it.
    merge["approvals"][0]["by"] = json!("ana");
    assert_eq!(word(&suite.decide(&merge), "/reason"), "approval-required");
    merge["approvals"] = json!(approvals);
    merge["credential"]["issued"] = json!("2026-11-27T10:00:00Z");
    merge["credential"]["not_after"] = json!("2026-11-27T10:30:00Z");
    for scope in 0..each(&merge, "/credential/scopes").count() {
        merge["credential"]["scopes"][scope]["not_after"] = json!("2026-11-27T10:30:00Z");
    }
    merge["time"] = json!("2026-11-27T10:05:00Z");
    let friday = suite.decide(&merge);
    assert_eq!(word(&friday, "/rules/0"), "org/weekend", "{friday:#}");
}

#[test]
fn decisions_in_words() {
    let suite = Suite::open("github");
    for situation in ["review", "triage"] {
        let request = suite.text(&format!("requests/{situation}/issue.json"));
        let text = suite.says("decide", &[], &request);
        shown!(suite, format!("issue-{situation}"), text);
    }
    for (situation, command) in [
        ("release", "decide"),
        ("release", "explain"),
        ("review", "explain"),
        ("security", "explain"),
    ] {
        let calls = suite.text(&format!("requests/{situation}/calls.jsonl"));
        let text = suite.says(command, &["--no-credential"], &calls);
        shown!(suite, format!("{command}-{situation}"), text);
    }
}

/// What was asked for, what became of it, and each call with its decision.
fn story(suite: &Suite, situation: &str, request: &Value) -> String {
    let mut text = String::new();
    let issued = suite.decide(request);
    writeln!(
        text,
        "{} for {}",
        word(request, "/agent/id"),
        request
            .pointer("/user/id")
            .map_or("nobody", |_| word(request, "/user/id"))
    )
    .expect("strings take all");
    for scope in each(&issued, "/scopes") {
        writeln!(
            text,
            "asks {} {} {}: {} ({})",
            scope["requested"]["tool"],
            scope["requested"]["action"],
            scope["requested"]["resource"],
            word(scope, "/became"),
            word(scope, "/reason")
        )
        .expect("strings take all");
    }
    text.push('\n');
    for mut call in suite.lines(&format!("requests/{situation}/calls.jsonl")) {
        call["credential"] = issued["credential"].clone();
        let decision = suite.decide(&call);
        let rules: Vec<&str> = each(&decision, "/rules")
            .filter_map(Value::as_str)
            .collect();
        writeln!(
            text,
            "{} {}\n  {}  {}",
            word(&call, "/call/tool"),
            call["call"]["args"],
            word(&decision, "/reason"),
            rules.join(", ")
        )
        .expect("strings take all");
    }
    text
}
