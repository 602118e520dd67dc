//! A credential's life through the program: `issue`, `use`, `settle`, `delegate`,
//! `consent`, `revoke`, `credentials`, `keys`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Folder, Run, program, root};

/// A desk that refunds: a budget, a consent, approvals of two kinds, a sub-agent.
const POLICY: &str = r#"
policy desk { language 1  layers main  lifetime 1h }

facts task { tenant: text }

agent clerk
agent reader

group users managers from request
group users auditors = eve

tool shop {
  audience "https://shop.example.com"
  action read { order(tenant: text, id: int) -> "order/{tenant}/{id}" }
  action pay {
    refund(tenant: text, id: int, amount: decimal) -> "order/{tenant}/{id}" returns { done: bool }
  }
  action drop { drop_order(tenant: text, id: int) -> "order/{tenant}/{id}" }
  action export { export(tenant: text) -> "export/{tenant}" }
  action audit { books(tenant: text) -> "books/{tenant}" }
}

/// Orders of the task's tenant, also for a reader.
grant read-orders {
  agent clerk  user any  tool shop  action read  resource "order/{task.tenant}/**"
  delegate 1  for 30m
}

grant read-for-another {
  agent reader  user any  tool shop  action read  resource "order/{task.tenant}/**"
  when chain.depth == 1  for 10m
}

grant refunds {
  agent clerk  user any  tool shop  action pay  resource "order/{task.tenant}/**"
  budget 100 of args.amount  for 30m
}

grant drops {
  agent clerk  user any  tool shop  action drop  resource "order/{task.tenant}/**"
  consent per call  approval managers per call  for 30m
}

grant exports {
  agent clerk  user any  tool shop  action export  resource "export/{task.tenant}"
  consent  for 30m
}

grant books {
  agent clerk  user any  tool shop  action audit  resource "books/{task.tenant}"
  approval auditors per call  for 30m
}
"#;

const NOON: &str = "2026-11-24T12:00:00Z";

/// A folder with the policy; its store is `store`.
fn desk() -> Folder {
    let folder = Folder::new();
    folder.file("policy.placet", POLICY);
    folder
}

/// Runs a command on the store.
fn on_store(folder: &Folder, args: &[&str], stdin: impl AsRef<[u8]>) -> Run {
    folder.run_on(&[args, &["--store", "store"]].concat(), stdin)
}

/// Runs a command that decides.
fn by_policy(folder: &Folder, args: &[&str], stdin: impl AsRef<[u8]>) -> Run {
    on_store(
        folder,
        &[args, &["--policy", "policy.placet"]].concat(),
        stdin,
    )
}

fn issuance(agent: &str) -> Value {
    json!({
        "moment": "issuance",
        "agent": { "id": agent },
        "user": { "id": "ana" },
        "task": { "id": "T-1", "facts": { "tenant": "acme" } },
        "scopes": [{ "tool": "shop", "action": ["read", "pay", "drop", "audit"], "resource": "**" }],
        "time": NOON,
    })
}

fn call(agent: &str, tool: &str, args: Value) -> Value {
    json!({
        "moment": "runtime",
        "agent": { "id": agent },
        "user": { "id": "ana" },
        "task": { "id": "T-1", "facts": { "tenant": "acme" } },
        "call": { "tool": format!("shop.{tool}"), "args": args },
        "time": "2026-11-24T12:05:00Z",
    })
}

fn order(id: i64) -> Value {
    json!({ "tenant": "acme", "id": id })
}

/// A credential of the clerk: its id, and the decision that issued it.
fn issued(folder: &Folder) -> (String, Value) {
    let decision = by_policy(folder, &["issue"], issuance("clerk").to_string())
        .ends(0)
        .json();
    let id = decision["credential"]["id"].as_str().expect("it has an id");
    (id.to_owned(), decision.clone())
}

fn used(folder: &Folder, id: &str, request: &Value, code: i32) -> Value {
    by_policy(folder, &["use", "--credential", id], request.to_string())
        .ends(code)
        .json()
}

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
fn a_credential_is_named_by_id_token_or_as_a_whole() {
    let folder = desk();
    let decision = by_policy(
        &folder,
        &["issue", "--token"],
        issuance("clerk").to_string(),
    )
    .ends(0)
    .json();
    let check = |credential: Value, reason: &str| {
        let mut request = call("clerk", "order", order(1));
        request["credential"] = credential.clone();
        let run = by_policy(&folder, &["use"], request.to_string());
        assert_eq!(run.json()["reason"], reason, "{credential}");
        run.json()
    };
    let whole = decision["credential"].clone();
    check(whole["id"].clone(), "granted");
    check(decision["token"].clone(), "granted");
    check(whole.clone(), "granted");
    check(decision.clone(), "granted");

    let mut wider = whole.clone();
    wider["scopes"][0]["resource"] = json!("**");
    check(wider, "invalid-request");
    let mut nameless = whole.clone();
    nameless["id"] = Value::Null;
    check(nameless, "invalid-request");
    let token = decision["token"].as_str().expect("there is a token");
    check(
        json!(format!("{}A", &token[..token.len() - 2])),
        "invalid-request",
    );
    check(
        json!(format!(
            "{}.aaaaaaaaaaaaa",
            whole["id"].as_str().expect("an id")
        )),
        "invalid-request",
    );
    for hostile in [
        "../../etc/passwd",
        "c-",
        "a.b.c",
        "c-\u{1b}[31m",
        "",
        "\u{202e}",
    ] {
        let decision = check(json!(hostile), "invalid-request");
        assert!(decision["explanation"].to_string().contains("/credential"));
    }
    check(json!(17), "invalid-request");
    check(Value::Null, "invalid-request");
    check(json!({}), "invalid-request");
    // Named twice, and by an argument that is nothing.
    let mut request = call("clerk", "order", order(1));
    let run = by_policy(
        &folder,
        &["use", "--credential", "../x"],
        request.to_string(),
    )
    .ends(1);
    assert_eq!(run.json()["reason"], "invalid-request");
    request["credential"] = whole["id"].clone();
    let id = whole["id"].as_str().expect("an id");
    let run = by_policy(&folder, &["use", "--credential", id], request.to_string()).ends(1);
    assert!(run.stdout.contains("named twice"), "{}", run.stdout);
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
fn consents_and_approvals_are_given_by_whom_they_are_asked() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let drop = call("clerk", "drop_order", order(1));
    let denied = used(&folder, &id, &drop, 1);
    assert_eq!(denied["reason"], "approval-required");
    let give = |args: &[&str], code: i32| {
        let args = [&["consent", "--at", NOON], args].concat();
        by_policy(&folder, &args, denied.to_string()).ends(code)
    };
    give(&["--by", "bob"], 2).says("nothing of it is `bob`'s to give");
    give(&["--by", "bob"], 2).says("--groups managers");
    give(&["--by", "bob", "--groups", "auditors"], 2).says("`bob` is not in `auditors`");
    give(&["--by", "clerk", "--groups", "managers"], 2).says("is an agent");
    let run = give(
        &["--by", "ana", "--groups", "managers", "--format", "json"],
        0,
    )
    .json();
    assert_eq!(run["recorded"][0]["kind"], "consent");
    assert_eq!(
        run["remaining"]["approvals"][0]["group"], "managers",
        "not the user's own"
    );
    give(
        &[
            "--by",
            "bob",
            "--groups",
            "managers",
            "--until",
            "2026-11-24T13:00:00Z",
        ],
        0,
    )
    .shows("recorded approval");
    assert_eq!(used(&folder, &id, &drop, 0)["decision"], "grant");
    assert_eq!(
        used(&folder, &id, &drop, 1)["reason"],
        "approval-required",
        "both are spent"
    );

    // Members of this group are named by the policy.
    let books = call("clerk", "books", json!({ "tenant": "acme" }));
    let denied = used(&folder, &id, &books, 1);
    let ask = denied["obligations"]["ask"].to_string();
    by_policy(&folder, &["consent", "--by", "bob", "--at", NOON], &ask).ends(2);
    by_policy(&folder, &["consent", "--by", "eve", "--at", NOON], &ask).ends(0);
    assert_eq!(used(&folder, &id, &books, 0)["decision"], "grant");
}

#[test]
fn a_consent_may_come_first() {
    let folder = desk();
    let mut request = issuance("clerk");
    request["scopes"] = json!([{ "tool": "shop", "action": "export", "resource": "export/acme" }]);
    let asked = by_policy(&folder, &["issue"], request.to_string())
        .ends(1)
        .json();
    assert_eq!(asked["reason"], "consent-required");
    let scope = [
        "consent", "--by", "ana", "--at", NOON, "--agent", "clerk", "--task", "T-1",
    ];
    let args = [
        &scope[..],
        &["--scope", "shop.export", "export", "export/*"],
    ]
    .concat();
    by_policy(&folder, &args, "")
        .ends(0)
        .shows("recorded consent 1");
    let granted = by_policy(&folder, &["issue"], request.to_string()).ends(0);
    assert_eq!(granted.json()["credential"]["consents"][0]["by"], "ana");
    // What asks for nothing, and what is no decision.
    let run = by_policy(&folder, &["consent", "--by", "ana"], granted.stdout);
    run.ends(2).says("asks for no consent");
    by_policy(&folder, &["consent", "--by", "ana"], "[]")
        .ends(2)
        .says("an object is needed here");
    by_policy(&folder, &["consent", "--by", "ana"], "nope")
        .ends(2)
        .says("not JSON");
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

#[test]
fn streams_are_answered_line_by_line() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let stream = format!(
        "{}\nnot json\n{}\n{{\"moment\": 1}}\n{}\n",
        call("clerk", "order", order(1)),
        call("clerk", "drop_order", order(1)),
        call("clerk", "order", order(2)),
    );
    let decisions = by_policy(&folder, &["use", "--credential", &id], stream)
        .ends(1)
        .lines();
    let reasons: Vec<&str> = decisions
        .iter()
        .filter_map(|decision| decision["reason"].as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "granted",
            "invalid-request",
            "approval-required",
            "invalid-request",
            "granted"
        ]
    );
    assert!(decisions[1]["error"].to_string().contains("line 2"));
    let run = by_policy(
        &folder,
        &["issue"],
        format!("{}\n{}\n", issuance("clerk"), issuance("x")),
    );
    let decisions = run.ends(1).lines();
    assert_eq!(decisions[0]["decision"], "grant");
    assert_eq!(decisions[1]["reason"], "unknown-agent");
}

#[test]
fn a_store_that_cannot_be_had_denies() {
    let folder = desk();
    let request = call("clerk", "order", order(1)).to_string();
    let unknown = format!("c-{}", "a".repeat(26));
    let none = |run: Run| {
        let decision = run.ends(2).says("no store at `store`").json();
        assert_eq!(decision["decision"], "deny");
        assert_eq!(decision["reason"], "unavailable");
        assert!(decision["error"].is_string() && decision["policy"].is_string());
    };
    none(by_policy(
        &folder,
        &["use", "--credential", &unknown],
        &request,
    ));
    for look in [
        &["credentials", "list"][..],
        &["audit", "verify"],
        &["keys", "list"],
    ] {
        let run = on_store(&folder, look, "").ends(2);
        assert!(run.stderr.contains("`placet issue"), "{}", run.stderr);
    }
    assert!(
        !folder.path().join("store").exists(),
        "looking makes no store"
    );

    let (id, _) = issued(&folder);
    // Another process has it: this one waits as long as it is told to.
    let args = [
        "use",
        "--lines",
        "--credential",
        &id,
        "--store",
        "store",
        "--policy",
        ".",
    ];
    let mut held = Held::start(&folder, &args);
    held.ask(&request);
    let run = by_policy(&folder, &["use", "--credential", &id], &request);
    run.ends(0).shows("\"grant\"");
    held.ask(&request);
    held.end();

    folder.file("store/store.redb", "not a store");
    let run = by_policy(&folder, &["use", "--credential", &id], &request).ends(2);
    assert_eq!(run.json()["reason"], "unavailable");
}

/// A program that waits for the next request.
struct Held {
    child: std::process::Child,
    stdin: std::process::ChildStdin,
    stdout: std::io::BufReader<std::process::ChildStdout>,
}

impl Held {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let mut child = program(args, folder.path())
            .spawn()
            .expect("the program starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            stdin,
            stdout,
        }
    }

    /// Asks and waits for the answer.
    fn ask(&mut self, request: &str) {
        use std::io::{BufRead, Write};
        writeln!(self.stdin, "{request}").expect("it reads");
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).expect("it answers");
        assert!(answer.contains("\"grant\""), "{answer}");
    }

    fn end(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().expect("it ends").success());
    }
}

#[test]
fn keys_are_listed_rotated_and_published() {
    let folder = desk();
    let decision = by_policy(
        &folder,
        &["issue", "--token", "--issuer", "https://placet.example.com"],
        issuance("clerk").to_string(),
    );
    let token = decision.ends(0).json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let jwks = on_store(&folder, &["keys", "jwks"], "").ends(0);
    assert_eq!(jwks.json()["keys"].as_array().map(Vec::len), Some(1));
    folder.file("jwks.json", &jwks.stdout);
    on_store(&folder, &["keys", "rotate", "--algorithm", "ES256"], "")
        .ends(0)
        .shows("signs");
    let list = on_store(&folder, &["keys", "list"], "").ends(0);
    assert_eq!(list.stdout.lines().count(), 2, "{}", list.stdout);
    on_store(&folder, &["keys", "rotate", "--purpose", "audit"], "").ends(0);
    on_store(
        &folder,
        &[
            "keys",
            "rotate",
            "--purpose",
            "audit",
            "--algorithm",
            "ES256",
        ],
        "",
    )
    .ends(2)
    .says("EdDSA alone");

    // The old key still verifies: here, and where there is no store.
    let mut request = call("clerk", "order", order(1));
    request["credential"] = json!(token);
    let args = ["use", "--issuer", "https://placet.example.com"];
    by_policy(&folder, &args, request.to_string()).ends(0);
    let offline = ["decide", "--policy", "policy.placet", "--keys", "jwks.json"];
    let whose = ["--issuer", "https://placet.example.com", "--audience"];
    let decide = |audience: &str, request: &Value, code: i32| {
        let args = [&offline[..], &whose, &[audience]].concat();
        folder.run_on(&args, request.to_string()).ends(code).json()["reason"].clone()
    };
    assert_eq!(decide("https://shop.example.com", &request, 0), "granted");
    assert_eq!(
        decide("https://other.example.com", &request, 1),
        "invalid-request"
    );
    request["time"] = json!("2026-11-24T18:00:00Z");
    assert_eq!(decide("https://shop.example.com", &request, 1), "expired");
    let alone = folder
        .run_on(&["decide", "--policy", "."], request.to_string())
        .ends(1);
    assert!(alone.stdout.contains("--keys"), "{}", alone.stdout);
}

#[test]
fn the_audit_tells_what_was_changed() {
    let folder = desk();
    let (id, _) = issued(&folder);
    used(&folder, &id, &call("clerk", "order", order(1)), 0);
    let good = on_store(&folder, &["audit", "verify", "--format", "json"], "")
        .ends(0)
        .json();
    assert_eq!(good["records"], 2);
    let head = format!(
        "{}:{}",
        good["head"]["seq"],
        good["head"]["hash"].as_str().expect("it has a hash")
    );
    let jwks = on_store(&folder, &["keys", "jwks", "--purpose", "audit"], "")
        .ends(0)
        .stdout;
    folder.file("audit.json", jwks);
    let verify = [
        "audit",
        "verify",
        "--keys",
        "audit.json",
        "--expect-head",
        &head,
    ];
    on_store(&folder, &verify, "")
        .ends(0)
        .shows("2 records in 1 segment");

    let log = "store/audit/00000000000000000001.jsonl";
    let text = folder.read(log);
    folder.file(log, text.replacen("12:05:00Z", "12:06:00Z", 1));
    on_store(&folder, &verify, "").ends(1).shows("record    2");
    let request = call("clerk", "order", order(1)).to_string();
    let run = by_policy(&folder, &["use", "--credential", &id], request).ends(2);
    assert_eq!(run.json()["reason"], "unavailable");
    folder.file(log, text);
    on_store(&folder, &verify, "").ends(0);
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
