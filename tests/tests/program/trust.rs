//! What a hostile agent, or a host with bugs, might try against a decision.

use serde_json::{Value, json};

use crate::support::Folder;

const POLICY: &str = r#"
policy plant { language 1  layers main  lifetime 4h }
facts user { site: text }
agent planner
agent fitter
agent runner
group users foremen from request
tool plant {
  action read { gauge(site: text, id: int) -> "site/{site}/{id}" }
  action turn { valve(site: text, id: int, note: text?) -> "site/{site}/{id}" }
  action log {
    note(site: text, text: text) -> "log/{site}"
    pair(site: text, other: text) -> "log/{site}", "safe/{other}"
    maybe(site: text, other: text?) -> "log/{site}", "safe/{other}"
  }
}
history turns = calls tool plant.valve per task
grant plan { agent planner  user any  tool plant  action any  resource "site/**"  delegate 2 }
grant fit { agent fitter  user any  tool plant  action any  resource "site/**"  delegate 1 }
grant run {
  agent runner  user any  tool plant  action read, turn  resource "site/{user.site}/*"
  budget 2 calls
}
grant logs { agent runner  user in foremen  tool plant  action log  resource "log/*" }
require yes { action turn  consent per call }
deny pace { tool plant.valve  unless count(t in turns where t.args.id == args.id) < 2 }
"#;

fn plant() -> Folder {
    let folder = Folder::new();
    folder.file("plant.placet", POLICY);
    folder.run(&["check", "."]).ends(0);
    folder
}

/// A call of the runner's, by the policy alone.
fn call(tool: &str, args: Value) -> Value {
    json!({
        "moment": "runtime",
        "agent": { "id": "runner" },
        "user": { "id": "ana", "groups": ["foremen"], "facts": { "site": "north" } },
        "task": { "id": "T" },
        "call": { "tool": tool, "args": args },
        "histories": { "turns": [] },
        "time": "2026-11-23T10:00:00Z",
    })
}

fn decide(folder: &Folder, request: &Value) -> Value {
    let args: &[&str] = match request.get("credential") {
        None => &["decide", "-p", ".", "--no-credential"],
        Some(_) => &["decide", "-p", "."],
    };
    folder.run_on(args, request.to_string()).json()
}

fn issue(folder: &Folder, agent: &str, parent: Option<&Value>) -> Value {
    let mut request = json!({
        "moment": "issuance",
        "agent": { "id": agent },
        "user": { "id": "ana", "facts": { "site": "north" } },
        "task": { "id": "T" },
        "scopes": [{ "tool": "plant", "action": "any", "resource": "**" }],
        "time": "2026-11-23T10:00:00Z",
    });
    if let Some(parent) = parent {
        request["credential"] = parent.clone();
    }
    decide(folder, &request)["credential"].clone()
}

#[test]
fn a_credential_is_its_holders_and_nobodys_else_in_the_chain() {
    let folder = plant();
    let root = issue(&folder, "planner", None);
    let middle = issue(&folder, "fitter", Some(&root));
    let leaf = issue(&folder, "runner", Some(&middle));
    let reason = |agent: &str, credential: &Value| {
        let mut request = call("plant.gauge", json!({ "site": "north", "id": 1 }));
        request["agent"]["id"] = json!(agent);
        request["credential"] = credential.clone();
        decide(&folder, &request)["reason"].clone()
    };
    assert_eq!(reason("runner", &leaf), "granted");
    assert_eq!(reason("fitter", &leaf), "wrong-holder");
    assert_eq!(reason("planner", &leaf), "wrong-holder");
    assert_eq!(reason("runner", &middle), "wrong-holder");
    let mut circle = leaf.clone();
    circle["parent"]["parent"]["agent"]["id"] = json!("runner");
    assert_eq!(reason("runner", &circle), "invalid-request");
}

#[test]
fn delegating_resets_no_count_and_refreshes_no_fact() {
    let folder = Folder::new();
    folder.file(
        "crew.placet",
        r#"
        policy crew { language 1  layers main  lifetime 1h }
        facts agent at runtime { healthy: bool? }
        agent chief
        agent hand
        tool crane { action lift { lift(id: int) -> "load/{id}" } }
        history lifts = calls tool crane.lift per agent
        grant lift { agent any  user none  tool crane  action lift  resource any  delegate 1 }
        deny often { agent chief  unless count(lifts) < 2 }
        deny ill { agent chief  when has agent.healthy and not agent.healthy }
        "#,
    );
    let issue = |agent: Value, parent: Option<&Value>| {
        let mut request = json!({
            "moment": "issuance",
            "agent": agent,
            "scopes": [{ "tool": "crane", "action": "any", "resource": "**" }],
            "time": "2026-11-23T10:00:00Z",
        });
        if let Some(parent) = parent {
            request["credential"] = parent.clone();
        }
        decide(&folder, &request)["credential"].clone()
    };
    let healthy = json!({ "id": "chief", "facts": { "healthy": true } });
    let chief = issue(healthy, None);
    assert_eq!(chief["agent"]["facts"], Value::Null);
    let hand = issue(json!({ "id": "hand" }), Some(&chief));
    let reason = |by: [&str; 2]| {
        let lift = |seq: usize| {
            json!({ "seq": seq, "time": "2026-11-23T09:00:00Z", "tool": "crane.lift",
                    "outcome": "ok", "agent": by[seq] })
        };
        let request = json!({
            "moment": "runtime",
            "agent": { "id": "hand" },
            "call": { "tool": "crane.lift", "args": { "id": 1 } },
            "histories": { "lifts": [lift(0), lift(1)] },
            "time": "2026-11-23T10:00:00Z",
            "credential": hand,
        });
        decide(&folder, &request)["reason"].clone()
    };
    assert_eq!(reason(["hand", "hand"]), "granted");
    assert_eq!(reason(["chief", "hand"]), "granted");
    assert_eq!(reason(["chief", "chief"]), "denied-by-rule");
}

#[test]
fn a_consent_is_the_users_for_the_users_own_request() {
    let folder = plant();
    let mut request = call("plant.valve", json!({ "site": "north", "id": 1 }));
    let asked = decide(&folder, &request);
    assert_eq!(asked["reason"], "consent-required");
    let digest = &asked["obligations"]["ask"]["consents"][0]["call"];
    let mut reason = |change: Value| {
        let mut consent = json!({ "by": "ana", "agent": "runner", "task": "T", "call": digest });
        for (key, value) in change.as_object().expect("changes are an object") {
            consent[key] = value.clone();
        }
        request["consents"] = json!([consent]);
        decide(&folder, &request)["reason"].clone()
    };
    assert_eq!(reason(json!({})), "granted");
    assert_eq!(reason(json!({ "user": "ana" })), "granted");
    assert_eq!(reason(json!({ "user": "ben" })), "consent-required");
    assert_eq!(reason(json!({ "by": "ben" })), "consent-required");
    assert_eq!(reason(json!({ "agent": "fitter" })), "consent-required");
    assert_eq!(reason(json!({ "task": "U" })), "consent-required");
    assert_eq!(
        reason(json!({ "not_after": "2026-11-23T10:00:00Z" })),
        "consent-required"
    );
}

#[test]
fn groups_that_the_request_does_not_tell_are_named_as_missing() {
    let folder = plant();
    let mut request = call("plant.note", json!({ "site": "north", "text": "x" }));
    assert_eq!(decide(&folder, &request)["reason"], "granted");
    request["user"] = json!({ "id": "ana" });
    let denied = decide(&folder, &request);
    assert_eq!(denied["reason"], "no-grant");
    assert_eq!(denied["missing"], json!(["user groups"]));
}

#[test]
fn what_was_spent_is_never_negative() {
    let folder = plant();
    let mut request = call("plant.gauge", json!({ "site": "north", "id": 1 }));
    let mut reason = |spent: Value| {
        request["budgets"] = json!({ "main/run": [spent] });
        decide(&folder, &request)["reason"].clone()
    };
    assert_eq!(reason(json!(1)), "granted");
    assert_eq!(reason(json!(2)), "budget-exhausted");
    assert_eq!(reason(json!(-5)), "invalid-request");
}

#[test]
fn a_history_reads_the_arguments_of_the_calls_that_it_selects_only() {
    let folder = plant();
    let mut request = call("plant.valve", json!({ "site": "north", "id": 1 }));
    let mut reason = |tool: &str, args: Value| {
        request["histories"]["turns"] = json!([
            { "seq": 1, "time": "2026-11-23T09:00:00Z", "tool": tool, "outcome": "ok", "args": args },
        ]);
        decide(&folder, &request)["reason"].clone()
    };
    assert_eq!(
        reason("plant.valve", json!({ "id": 1 })),
        "consent-required"
    );
    assert_eq!(
        reason("plant.valve", json!({ "id": "one" })),
        "invalid-request"
    );
    assert_eq!(
        reason("crane.lift", json!({ "id": "one" })),
        "consent-required"
    );
    assert_eq!(reason("plant.valve", json!({})), "denied-by-rule");
}

#[test]
fn nested_loops_over_long_arguments_come_to_an_end() {
    let folder = Folder::new();
    folder.file(
        "sums.placet",
        r#"
        policy sums { language 1  layers main  lifetime 1h }
        agent adder
        tool sums { action add { three(a: list<int>, b: list<int>, c: list<int>) -> "sum" } }
        grant add {
          agent adder  user none  tool sums  action add  resource any
          when all x in args.a: all y in args.b: all z in args.c: x + y + z < 100
        }
        deny sevens {
          action add
          when some x in args.a: some y in args.b: some z in args.c: x + y + z == 7
        }
        "#,
    );
    let reason = |length: usize| {
        let list = vec![1; length];
        let request = json!({
            "moment": "runtime",
            "agent": { "id": "adder" },
            "call": { "tool": "sums.three", "args": { "a": list, "b": list, "c": list } },
        });
        decide(&folder, &request)["reason"].clone()
    };
    assert_eq!(reason(50), "granted");
    // What takes too long is undefined: no grant, and a deny all the same.
    assert_eq!(reason(2_000), "denied-by-rule");
}

#[test]
fn a_tool_whose_every_call_does_what_is_never_granted_is_not_shown() {
    let folder = plant();
    let mut request = call("", json!({}));
    request["moment"] = json!("listing");
    request.as_object_mut().expect("it is one").remove("call");
    let listed = folder
        .run_on(
            &["list", "-p", ".", "--no-credential", "--format", "json"],
            request.to_string(),
        )
        .json();
    let answers: Vec<_> = listed["tools"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|tool| format!("{} {}", tool["tool"], tool["answer"]).replace('"', ""))
        .collect();
    assert_eq!(
        answers,
        [
            "plant.gauge depends",
            "plant.maybe depends",
            "plant.note yes",
            "plant.valve depends",
        ]
    );
}

#[test]
fn leaving_the_arguments_out_of_a_request_does_not_lift_a_deny_that_reads_them() {
    let folder = Folder::new();
    folder.file(
        "mail.placet",
        r#"
        policy mail { language 1  layers main  lifetime 1h }
        agent clerk
        tool mail { action send { post(to: text, cc: text?) -> "box/{to}" } }
        grant send { agent clerk  user none  tool mail  action send  resource any }
        deny copies { action send  when has args.cc }
        "#,
    );
    let triple = json!({
        "moment": "runtime",
        "agent": { "id": "clerk" },
        "tool": "mail.post", "action": "send", "resource": "box/ana",
    });
    assert_eq!(decide(&folder, &triple)["reason"], "denied-by-rule");
    let call = json!({
        "moment": "runtime",
        "agent": { "id": "clerk" },
        "call": { "tool": "mail.post", "args": { "to": "ana" } },
    });
    assert_eq!(decide(&folder, &call)["reason"], "granted");
}

#[test]
fn a_part_without_a_value_is_present_and_hides_no_other_part() {
    let folder = Folder::new();
    folder.file(
        "office.placet",
        r#"
        policy office { language 1  layers main  lifetime 1h }
        facts context { device: { kind: "laptop" | "phone", locked: bool?, owner: text? } }
        agent clerk
        tool files { action read { open(name: text) -> "file/{name}" } }
        tool seals { action seal { stamp(name: text) -> "file/{name}" } }
        tool locks { action lock { turn(name: text) -> "file/{name}" } }
        tool posts { action send { post(name: text) -> "file/{name}" } }
        grant all { agent clerk  user none  tool any  action any  resource any }
        deny unlocked { tool locks  when not has context.device.locked }
        deny unowned { tool seals  when not has context.device.owner or context.device.owner == "" }
        deny phones { tool posts  when context.device.kind == "phone" }
        "#,
    );
    let reasons = |device: Value| {
        ["files.open", "locks.turn", "seals.stamp", "posts.post"].map(|tool| {
            let request = json!({
                "moment": "runtime",
                "agent": { "id": "clerk" },
                "call": { "tool": tool, "args": { "name": "a" } },
                "context": { "device": device },
            });
            decide(&folder, &request)["reason"].clone()
        })
    };
    assert_eq!(
        reasons(json!({ "kind": "laptop", "locked": true, "owner": "ana" })),
        ["granted", "granted", "granted", "granted"]
    );
    // Nobody knows this kind: what reads it is undefined, and the rest is as it was told.
    assert_eq!(
        reasons(json!({ "kind": "toaster", "locked": true, "owner": "ana" })),
        ["granted", "granted", "granted", "denied-by-rule"]
    );
    assert_eq!(
        reasons(json!({ "kind": "toaster" })),
        [
            "granted",
            "denied-by-rule",
            "denied-by-rule",
            "denied-by-rule"
        ]
    );
}
