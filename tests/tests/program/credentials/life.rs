//! Issued, used, counted, delegated, revoked; and the whole of it as a story.

use std::process::Command;

use serde_json::{Value, json};

use super::{NOON, by_policy, call, desk, issuance, issued, on_store, order, used};
use crate::support::root;

#[test]
fn what_is_issued_is_less_and_bound_and_usable() {
    let folder = desk();
    let (id, decision) = issued(&folder);
    assert_eq!(decision["scopes"][0]["became"], "narrowed");
    assert!(decision["credential"].to_string().contains("order/acme/**"));

    let granted = used(&folder, &id, &call("clerk", "order", order(1)), 0);
    assert_eq!(granted["decision"], "grant");
    assert_eq!(
        granted["call"],
        Value::Null,
        "nothing depends on how it ends"
    );
    let other = used(&folder, &id, &call("reader", "order", order(1)), 1);
    assert_eq!(other["reason"], "wrong-holder");
    let args = json!({ "tenant": "umbrella", "id": 1 });
    let elsewhere = used(&folder, &id, &call("clerk", "order", args), 1);
    assert_eq!(elsewhere["reason"], "out-of-scope");
    assert!(elsewhere["explanation"][0].is_string(), "{elsewhere}");

    let mut exact = issuance("clerk");
    exact["scopes"] = json!([{ "tool": "shop", "action": "read", "resource": "**" }]);
    let run = by_policy(&folder, &["issue", "--exact"], exact.to_string()).ends(1);
    assert_eq!(run.json()["credential"], Value::Null);
}

#[test]
fn a_budget_is_charged_settled_and_given_back() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let refund = |amount: i64| {
        let mut args = order(1);
        args["amount"] = json!(amount);
        call("clerk", "refund", args)
    };
    let first = used(&folder, &id, &refund(60), 0);
    let seq = first["call"]["seq"].to_string();
    assert_eq!(first["call"]["settle_before"], "2026-11-24T12:15:00Z");
    assert_eq!(
        used(&folder, &id, &refund(50), 1)["reason"],
        "budget-exhausted"
    );

    let settle = |how: &[&str], code: i32| {
        let args = [&["settle", &seq], how, &["--at", "2026-11-24T12:06:00Z"]].concat();
        by_policy(&folder, &args, r#"{"done": "perhaps"}"#).ends(code)
    };
    settle(&["ok", "--result", "-"], 2).says("does not fit");
    settle(&["failed"], 0).shows("ended: failed");
    settle(&["ok"], 2).says("settled already");
    by_policy(&folder, &["settle", "99", "ok"], "")
        .ends(2)
        .says("no call 99");

    let args = ["use", "--credential", &id, "--settle", "ok"];
    let run = by_policy(&folder, &args, refund(100).to_string()).ends(0);
    assert_eq!(run.json()["call"]["outcome"], "ok");
    assert_eq!(
        used(&folder, &id, &refund(1), 1)["reason"],
        "budget-exhausted"
    );
}

#[test]
fn a_sub_agent_gets_less_and_ends_with_its_parent() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let delegate = |holder: &str, code: i32| {
        let args = ["delegate", "--credential", &id, "--holder", holder];
        by_policy(&folder, &args, issuance("reader").to_string())
            .ends(code)
            .json()
    };
    assert_eq!(delegate("reader", 1)["reason"], "wrong-holder");
    let child = delegate("clerk", 0);
    let child = child["credential"]["id"]
        .as_str()
        .expect("it has an id")
        .to_owned();
    assert!(child.starts_with(&format!("{id}.")), "{child}");
    assert_eq!(
        used(&folder, &child, &call("reader", "order", order(1)), 0)["decision"],
        "grant"
    );
    let drop = call("reader", "drop_order", order(1));
    assert_eq!(used(&folder, &child, &drop, 1)["reason"], "out-of-scope");

    let look = |args: &[&str]| {
        let args = [args, &["--at", "2026-11-24T12:05:00Z"]].concat();
        on_store(&folder, &args, "").ends(0)
    };
    assert_eq!(look(&["credentials", "list"]).stdout.lines().count(), 2);
    look(&["credentials", "tree", &child]).shows(&format!("└─ {child}"));
    let show = look(&["credentials", "show", &child, "--format", "json"]).json();
    assert_eq!(show["parent"], id.as_str());
    assert_eq!(show["state"], "live");
    assert_eq!(show["credential"]["agent"]["id"], "reader");

    let args = [
        "revoke",
        "--by",
        "ops",
        "--reason",
        "leak",
        "--at",
        "2026-11-24T12:05:00Z",
    ];
    let run = on_store(
        &folder,
        &[&args[..], &["--credential", &id, "--format", "json"]].concat(),
        "",
    );
    let report = run.ends(0).json();
    assert_eq!((&report["epoch"], &report["ended"]), (&json!(1), &json!(2)));
    assert_eq!(
        used(&folder, &child, &call("reader", "order", order(1)), 1)["reason"],
        "revoked"
    );
    look(&["credentials", "list"]).shows("no live credential");
    let all = look(&["credentials", "list", "--all", "--format", "json"]).lines();
    assert!(all.iter().all(|one| one["state"] == "revoked"), "{all:?}");
    let unknown = format!("c-{}", "a".repeat(26));
    on_store(
        &folder,
        &[&args[..], &["--credential", &unknown]].concat(),
        "",
    )
    .ends(2)
    .says("no credential");
}

#[test]
fn revocations_end_what_they_name() {
    let check = |what: &[&str], ended: i64| {
        let folder = desk();
        let (id, decision) = issued(&folder);
        let digest = decision["policy"].as_str().expect("it has a digest");
        let args = [
            "revoke", "--by", "ops", "--reason", "x", "--at", NOON, "--format", "json",
        ];
        let what: Vec<&str> = what
            .iter()
            .map(|word| match *word {
                "ID" => id.as_str(),
                "DIGEST" => digest,
                word => word,
            })
            .collect();
        let run = on_store(&folder, &[&args[..], &what].concat(), "").ends(0);
        assert_eq!(run.json()["ended"], ended, "{what:?}");
        let decision = by_policy(
            &folder,
            &["use", "--credential", &id],
            call("clerk", "order", order(1)).to_string(),
        );
        let reason = decision.json()["reason"].clone();
        assert_eq!(reason == "revoked", ended == 1, "{what:?}: {reason}");
    };
    check(&["--credential", "ID"], 1);
    check(&["--chain", "ID"], 1);
    check(&["--task", "T-1"], 1);
    check(&["--task", "T-2"], 0);
    check(&["--agent", "clerk"], 1);
    check(&["--user", "ana"], 1);
    check(&["--policy-digest", "DIGEST"], 1);
    check(&["--issued-before", "2026-11-24T12:00:01Z"], 1);
    check(&["--issued-before", NOON], 0);
}

/// The same as `.ci/run` does: a whole life over a real policy, of which the README shows
/// parts.
#[test]
#[cfg(unix)]
fn the_story_holds() {
    let out = Command::new(root().join("tests/story/run"))
        .env("PLACET", env!("CARGO_BIN_EXE_placet-under-test"))
        .output()
        .expect("there is a shell");
    let told = String::from_utf8_lossy(&out.stdout);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}\n{said}");
    assert!(told.contains("The story is told."), "{told}");

    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is one");
    let told: Vec<String> = told.lines().map(without_ids).collect();
    let mut shown = 0;
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for line in block.lines() {
            assert!(
                told.contains(&without_ids(line)),
                "the story does not say\n{line}"
            );
            shown += 1;
        }
    }
    assert!(shown > 10, "the README shows {shown} lines of the story");
}

/// A line in which no id and no digest tells one run from another.
fn without_ids(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if bare.starts_with("c-") && bare.len() >= 28 {
            "ID"
        } else if bare.starts_with("sha256:") {
            "DIGEST"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
