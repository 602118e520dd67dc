//! Streams, failures, and other processes.

use std::io::{BufRead, Write};

use placet_credential::store::Disk;
use serde_json::{Value, json};

use super::{NOON, by_policy, call, desk, issuance, issued, on_store, order};
use crate::support::{Folder, Run, program};

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
    // Another process has it and waits for requests: it does not keep the store.
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
    assert_eq!(held.ask(&request), "granted");
    let run = by_policy(&folder, &["use", "--credential", &id], &request);
    run.ends(0).shows("\"grant\"");
    assert_eq!(held.ask(&request), "granted");
    let by = [
        "revoke", "--by", "ops", "--reason", "x", "--task", "T-1", "--at", NOON,
    ];
    on_store(&folder, &by, "")
        .ends(0)
        .shows("1 live credential ends");
    assert_eq!(
        held.ask(&request),
        "revoked",
        "a program that runs on sees it"
    );
    assert_eq!(held.end(), Some(1));

    // Another process keeps it: this one waits as long as it is told to.
    let file = folder.path().join("store/store.redb");
    let kept = Disk::open(&file, std::time::Duration::ZERO).expect("nobody has it");
    let stream = format!("{request}\n{request}\n");
    let run = by_policy(
        &folder,
        &["use", "--wait", "0s", "--credential", &id],
        stream,
    )
    .ends(2);
    for decision in run.lines() {
        assert_eq!(decision["reason"], "unavailable");
        assert!(decision["error"].to_string().contains("another process"));
    }
    run.says("2 requests were not decided");
    on_store(&folder, &["credentials", "list", "--wait", "0s"], "")
        .ends(2)
        .says("another process");
    drop(kept);

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

    /// Asks, waits for the answer, and gives its reason.
    fn ask(&mut self, request: &str) -> String {
        writeln!(self.stdin, "{request}").expect("it reads");
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).expect("it answers");
        let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
        answer["reason"].as_str().unwrap_or_default().to_owned()
    }

    fn end(mut self) -> Option<i32> {
        drop(self.stdin);
        self.child.wait().expect("it ends").code()
    }
}

#[test]
fn of_calls_at_once_no_two_pass_a_limit_of_one() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let mut args = order(1);
    args["amount"] = json!(60);
    folder.file("refund.json", call("clerk", "refund", args).to_string());
    let args = [
        "use",
        "--credential",
        &id,
        "--store",
        "store",
        "--policy",
        ".",
        "refund.json",
    ];
    let running: Vec<_> = (0..4)
        .map(|_| {
            program(&args, folder.path())
                .spawn()
                .expect("the program starts")
        })
        .collect();
    let codes: Vec<Option<i32>> = running
        .into_iter()
        .map(|child| child.wait_with_output().expect("it ends").status.code())
        .collect();
    let count = |code: i32| codes.iter().filter(|one| **one == Some(code)).count();
    assert_eq!((count(0), count(1)), (1, 3), "{codes:?}");
    let verify = on_store(&folder, &["audit", "verify"], "").ends(0);
    verify.shows("5 records");
}

#[test]
fn a_reader_that_goes_away_turns_no_deny_into_a_grant() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let check = |tool: &str, code: i32| {
        folder.file("call.json", call("clerk", tool, order(1)).to_string());
        let args = [
            "use",
            "--credential",
            &id,
            "--store",
            "store",
            "--policy",
            ".",
            "call.json",
        ];
        let mut child = program(&args, folder.path())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{tool}");
    };
    check("order", 0);
    check("drop_order", 1);
}

#[test]
fn hostile_input_is_denied_or_refused_and_never_shown_raw() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let check = |request: &str, reason: &str| {
        let run = by_policy(&folder, &["use", "--credential", &id], request);
        assert_eq!(run.json()["reason"], reason, "{request}");
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
    };
    let good = call("clerk", "order", order(1)).to_string();
    check(
        &good.replace("\"runtime\"", "\"issuance\""),
        "invalid-request",
    );
    check(
        &good.replace("\"acme\"", "\"\\u001b[31m\""),
        "invalid-request",
    );
    check(
        &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        "invalid-request",
    );
    let vouched = good.replacen('{', "{\"budgets\":{\"main/refunds\":[0]},", 1);
    check(&vouched, "invalid-request");
    check(&good.replacen('{', "{\"extra\":1,", 1), "invalid-request");

    for args in [
        &["credentials", "show", "../../etc/passwd"][..],
        &["credentials", "tree", "c-\u{1b}[31m"],
        &[
            "revoke",
            "--by",
            "\u{202e}ops",
            "--reason",
            "x",
            "--task",
            "T-1",
        ],
        &["revoke", "--by", "ops", "--reason", " ", "--task", "T-1"],
        &["revoke", "--by", "ops", "--reason", "x"],
        &[
            "revoke", "--by", "ops", "--reason", "x", "--task", "T-1", "--user", "ana",
        ],
        &["audit", "verify", "--expect-head", "17"],
        &["audit", "query", "--reason", "revokd"],
        &["audit", "query", "--event", "calls"],
    ] {
        let run = on_store(&folder, args, "").ends(2);
        let raw = ['\u{1b}', '\u{202e}'];
        assert!(!run.stderr.contains(raw), "{}", run.stderr);
    }
    let big = format!("{{\"ask\": \"{}\"}}", "x".repeat(65 << 20));
    by_policy(&folder, &["consent", "--by", "ana"], big)
        .ends(2)
        .says("larger than 64 MiB");
    by_policy(&folder, &["settle", "-1", "ok"], "").ends(2);
}

#[test]
fn a_damaged_store_is_an_answer_and_no_crash() {
    let folder = desk();
    let (id, _) = issued(&folder);
    let good = folder.bytes("store/store.redb");
    let request = call("clerk", "order", order(1)).to_string();
    // All over the first pages, where the trees begin and end.
    for at in (64..good.len().min(40_000)).step_by(1_997) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        bytes[at + 1] ^= 0xff;
        folder.file("store/store.redb", bytes);
        let run = by_policy(&folder, &["use", "--credential", &id], &request);
        let reason = run.json()["reason"].clone();
        let answers = reason == "unavailable" && run.code == 2 || reason == "granted";
        assert!(answers, "{at}: {}\n{}", run.stdout, run.stderr);
    }
    folder.file("store/store.redb", &good[..good.len() / 2]);
    let run = by_policy(&folder, &["use", "--credential", &id], &request).ends(2);
    assert_eq!(run.json()["reason"], "unavailable");
}
