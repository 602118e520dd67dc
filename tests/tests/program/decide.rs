//! `placet decide` and `placet list`: exit codes, streams, bad requests.

use serde_json::{Value, json};

use crate::support::{Folder, Run};

const ALONE: [&str; 4] = ["decide", "--policy", ".", "--no-credential"];

fn read_note(owner: &str) -> Value {
    json!({
        "moment": "runtime",
        "agent": { "id": "assistant" },
        "user": { "id": "ana" },
        "call": { "tool": "notes.read_note", "args": { "owner": owner, "id": 7 } },
    })
}

/// Decides by the policy alone.
fn decide(folder: &Folder, requests: impl AsRef<[u8]>) -> Run {
    folder.run_on(&ALONE, requests)
}

#[test]
fn a_grant_is_0_a_deny_is_1_and_an_error_is_2() {
    let folder = Folder::starter();
    let granted = decide(&folder, read_note("ana").to_string()).ends(0).json();
    assert_eq!(granted["decision"], "grant");
    assert_eq!(granted["reason"], "granted");
    assert_eq!(granted["rules"], json!(["main/own-notes"]));

    let denied = decide(&folder, read_note("ben").to_string()).ends(1).json();
    assert_eq!(denied["decision"], "deny");
    assert_eq!(denied["reason"], "no-grant");
    assert_eq!(denied["policy"], granted["policy"]);

    let run = decide(&folder, "hello").ends(2).says("not JSON");
    assert_eq!(run.json()["decision"], "deny");
    decide(&folder, "").ends(2).says("no request");
    folder
        .run(&["decide", "--policy", ".", "nowhere.json"])
        .ends(2)
        .says("cannot read `nowhere.json`");
    folder.file("bad.placet", "grant {");
    decide(&folder, read_note("ana").to_string())
        .ends(2)
        .says("the policy has errors");
}

#[test]
fn a_runtime_request_needs_a_credential_unless_said_aloud() {
    let folder = Folder::starter();
    let request = read_note("ana").to_string();
    let run = folder
        .run_on(&["decide", "--policy", "."], &request)
        .ends(1);
    assert_eq!(run.json()["reason"], "invalid-request");

    let issued = folder
        .run(&["decide", "--policy", ".", "issue.json"])
        .ends(0)
        .json();
    let mut with = read_note("ana");
    with["credential"] = issued["credential"].clone();
    let run = folder
        .run_on(&["decide", "--policy", "."], with.to_string())
        .ends(0);
    assert_eq!(run.json()["decision"], "grant");

    with["agent"]["id"] = json!("somebody");
    let run = folder
        .run_on(&["decide", "--policy", "."], with.to_string())
        .ends(1);
    assert_eq!(run.json()["decision"], "deny");
}

#[test]
fn a_document_may_have_many_lines_and_a_stream_has_one_request_on_each() {
    let folder = Folder::starter();
    let pretty = serde_json::to_string_pretty(&read_note("ana")).expect("it is JSON");
    decide(&folder, &pretty).ends(0);
    folder.file("pretty.json", &pretty);
    folder.run(&[&ALONE[..], &["pretty.json"]].concat()).ends(0);

    let stream = format!(
        "{}\n\n{}\nnot json\n{{\"moment\": \"never\"}}\n{}\n",
        read_note("ana"),
        read_note("ben"),
        read_note("ana")
    );
    let decisions = decide(&folder, &stream).ends(1).lines();
    let reasons: Vec<&str> = decisions
        .iter()
        .filter_map(|decision| decision["reason"].as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "granted",
            "no-grant",
            "invalid-request",
            "invalid-request",
            "granted"
        ]
    );
    let error = decisions[2]["error"]
        .as_str()
        .expect("what is not JSON is an error");
    assert!(error.contains("line 4"), "{error}");
    let granted = format!("{}\n{}\n", read_note("ana"), read_note("ana"));
    assert_eq!(decide(&folder, granted).ends(0).lines().len(), 2);
}

#[test]
fn bad_requests_are_denied_with_their_place() {
    let folder = Folder::starter();
    let check = |change: fn(&mut Value), place: &str| {
        let mut request = read_note("ana");
        change(&mut request);
        let decision = decide(&folder, request.to_string()).ends(1).json();
        assert_eq!(decision["reason"], "invalid-request", "{request}");
        assert!(
            decision["explanation"].to_string().contains(place),
            "{request}\n{decision}"
        );
    };
    check(|r| r["extra"] = json!(1), "/extra");
    check(|r| r["agent"]["role"] = json!(1), "/agent/role");
    check(|r| r["agent"] = json!("assistant"), "/agent");
    check(|r| r["call"]["args"]["more"] = json!(1), "more");
    check(|r| r["call"]["args"]["id"] = json!("7"), "id");
    check(|r| r["call"]["args"]["id"] = json!(7.5), "id");
    check(|r| r["call"]["args"]["id"] = json!(null), "id");
    check(|r| r["call"]["args"]["owner"] = json!(""), "owner");
    check(|r| r["call"]["args"]["owner"] = json!(".."), "owner");
    check(|r| r["call"]["args"]["owner"] = json!("a\u{0}"), "owner");
    check(
        |r| r["call"]["args"]["owner"] = json!("a\u{202e}b"),
        "owner",
    );
    check(|r| r["call"]["args"]["owner"] = json!("e\u{301}"), "owner");
    check(|r| r["time"] = json!("yesterday"), "/time");
    check(|r| r["scopes"] = json!([]), "/scopes");
}

#[test]
fn hostile_requests_never_crash_hang_or_are_granted() {
    let folder = Folder::starter();
    let request = |args: &str| {
        format!(
            "{{\"moment\":\"runtime\",\"agent\":{{\"id\":\"assistant\"}},\"user\":{{\"id\":\"ana\"}},\
             \"call\":{{\"tool\":\"notes.read_note\",\"args\":{args}}}}}"
        )
    };
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let mut invalid_utf8 = request("{\"owner\":\"X\",\"id\":1}").into_bytes();
    for byte in &mut invalid_utf8 {
        if *byte == b'X' {
            *byte = 0xff;
        }
    }
    let cases: Vec<(&str, Vec<u8>, i32)> = vec![
        ("deep args", request(&deep("[", "]")).into(), 1),
        (
            "deep objects",
            request(&deep("{\"a\":", "}").replace(":}", ":1}")).into(),
            1,
        ),
        ("deep alone", deep("[", "]").into(), 1),
        ("open brackets", "[".repeat(100_000).into(), 2),
        (
            "duplicate key",
            request("{\"owner\":\"ana\",\"owner\":\"ben\",\"id\":1}").into(),
            1,
        ),
        (
            "ten megabytes",
            request(&format!(
                "{{\"owner\":\"{}\",\"id\":1}}",
                "a".repeat(10 << 20)
            ))
            .into(),
            1,
        ),
        (
            "many keys",
            request(&format!(
                "{{{}\"id\":1}}",
                (0..200_000)
                    .map(|at| format!("\"k{at}\":0,"))
                    .collect::<String>()
            ))
            .into(),
            1,
        ),
        (
            "huge number",
            request("{\"owner\":\"ana\",\"id\":1e999999999}").into(),
            1,
        ),
        (
            "long number",
            request(&format!(
                "{{\"owner\":\"ana\",\"id\":{}}}",
                "9".repeat(100_000)
            ))
            .into(),
            1,
        ),
        (
            "beyond 64 bits",
            request("{\"owner\":\"ana\",\"id\":9223372036854775808}").into(),
            1,
        ),
        (
            "encoded slash",
            request("{\"owner\":\"ana%2F..%2Fben\",\"id\":1}").into(),
            1,
        ),
        (
            "slash",
            request("{\"owner\":\"ana/../ben\",\"id\":1}").into(),
            1,
        ),
        ("star", request("{\"owner\":\"*\",\"id\":1}").into(), 1),
        (
            "cyrillic a",
            request("{\"owner\":\"\u{430}na\",\"id\":1}").into(),
            1,
        ),
        ("invalid UTF-8", invalid_utf8, 2),
        (
            "lone surrogate",
            request("{\"owner\":\"\\ud800\",\"id\":1}").into(),
            2,
        ),
        ("null", b"null".to_vec(), 1),
        ("array", b"[]".to_vec(), 1),
        ("zeroes", vec![0; 100_000], 2),
    ];
    for (name, bytes, code) in cases {
        let started = std::time::Instant::now();
        let run = decide(&folder, &bytes);
        assert_eq!(run.code, code, "{name}: {}", run.page());
        assert!(!run.stdout.contains("\"grant\""), "{name}: {}", run.stdout);
        assert!(
            run.stdout.len() < 100_000,
            "{name}: {} bytes",
            run.stdout.len()
        );
        let took = started.elapsed();
        assert!(took.as_secs() < 20, "{name} took {took:?}");
    }
    // What all of them are variations of, also behind a byte order mark.
    let fine = request("{\"owner\":\"ana\",\"id\":1}");
    decide(&folder, &fine).ends(0);
    decide(&folder, format!("\u{feff}{fine}")).ends(0);
}

#[test]
fn listing_answers_from_any_request() {
    let folder = Folder::starter();
    let listing = json!({
        "moment": "listing",
        "agent": { "id": "assistant" },
        "user": { "id": "ana" },
    });
    let decision = folder
        .run_on(&["list", "--policy", "."], listing.to_string())
        .ends(0)
        .json();
    let tools: Vec<&str> = decision["tools"]
        .as_array()
        .expect("a listing lists")
        .iter()
        .filter_map(|tool| tool["tool"].as_str())
        .collect();
    assert!(tools.contains(&"notes.read_note"), "{decision}");
    assert!(
        !tools.contains(&"notes.delete_note"),
        "what is never granted is not shown"
    );

    let of_a_call = folder
        .run_on(&["list", "--policy", "."], read_note("ben").to_string())
        .ends(0)
        .json();
    assert_eq!(of_a_call["tools"], decision["tools"]);
}

#[test]
fn answers_come_as_soon_as_their_requests() {
    use std::io::{BufRead, BufReader, Write};
    let folder = Folder::starter();
    let mut child = crate::support::program(&ALONE, folder.path())
        .spawn()
        .expect("the program starts");
    let mut requests = child.stdin.take().expect("a pipe");
    let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
    for _ in 0..3 {
        writeln!(requests, "{}", read_note("ana")).expect("it listens");
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("it answers");
        assert!(answer.contains("\"granted\""), "{answer}");
    }
    drop(requests);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = Folder::starter();
    let mut child = crate::support::program(&ALONE, folder.path())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let mut requests = child.stdin.take().expect("a pipe");
    let line = format!("{}\n", read_note("ana"));
    std::thread::spawn(move || {
        use std::io::Write;
        while requests.write_all(line.as_bytes()).is_ok() {}
    });
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn people_can_read_decisions_too() {
    let folder = Folder::starter();
    let write = json!({
        "moment": "runtime",
        "agent": { "id": "assistant" },
        "user": { "id": "ana" },
        "task": { "id": "T-1" },
        "call": {
            "tool": "notes.write_note",
            "args": { "owner": "ana", "id": 7, "body": "hello" },
        },
    });
    let issue = json!({
        "moment": "issuance",
        "agent": { "id": "assistant" },
        "user": { "id": "ana" },
        "scopes": [
            { "tool": "notes", "action": "read", "resource": "note/**" },
            { "tool": "notes", "action": "delete", "resource": "note/ana/7" },
        ],
        "ttl": "30m",
        "time": "2026-11-23T10:00:00Z",
    });
    let stream = format!(
        "{}\n{}\n{write}\n{issue}\nnope\n",
        read_note("ana"),
        read_note("ben")
    );
    let run = folder.run_on(&[&ALONE[..], &["--format", "text"]].concat(), stream);
    insta::assert_snapshot!(run.ends(1).page());
}

#[test]
fn a_decision_tells_what_the_call_is_whatever_becomes_of_it() {
    let folder = Folder::new();
    folder.file(
        "files.placet",
        r#"
        policy files { language 1  layers main  lifetime 1h }
        agent clerk
        tool files {
          function move(from: text, to: list<text>) {
            delete -> "file/{from}"
            write  -> "file/{each to}"
          }
          action read { see(name: text) -> "file/{name}" }
        }
        grant all { agent clerk  user none  tool files  action any  resource "file/*" }
        deny kept { action delete  resource "file/kept" }
        "#,
    );
    let requests = |agent: &str, args: Value| {
        let request = json!({
            "moment": "runtime",
            "agent": { "id": agent },
            "call": { "tool": "files.move", "args": args },
        });
        let decision = decide(&folder, request.to_string()).json();
        let told: Vec<String> = decision["requests"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|request| format!("{} {}", request["action"], request["resource"]))
            .collect();
        let reason = decision["reason"].as_str().expect("a reason");
        format!("{reason}: {}", told.join(", ")).replace('"', "")
    };
    assert_eq!(
        requests("clerk", json!({ "from": "a/b", "to": ["z", "y", "z"] })),
        "granted: delete file/a%2Fb, write file/y, write file/z"
    );
    assert_eq!(
        requests("clerk", json!({ "from": "kept", "to": ["y"] })),
        "denied-by-rule: delete file/kept, write file/y"
    );
    assert_eq!(
        requests("ghost", json!({ "from": "kept", "to": ["y"] })),
        "unknown-agent: delete file/kept, write file/y"
    );
    assert_eq!(
        requests("clerk", json!({ "from": "kept" })),
        "invalid-request: "
    );
    let triple = json!({
        "moment": "runtime",
        "agent": { "id": "clerk" },
        "tool": "files.see", "action": "read", "resource": "file/a",
    });
    let decision = decide(&folder, triple.to_string()).ends(0).json();
    assert_eq!(
        decision["requests"],
        json!([{ "action": "read", "resource": "file/a" }])
    );
}

#[test]
fn a_grant_charges_every_budget_of_its_rules_in_the_order_in_which_they_are_written() {
    let folder = Folder::new();
    folder.file(
        "bank.placet",
        r#"
        policy bank { language 1  layers main  lifetime 1h }
        agent payer
        tool bank { action pay { pay(to: text, amount: decimal, fee: decimal) -> "account/{to}" } }
        grant pay {
          agent payer  user none  tool bank  action pay  resource any
          budget 500.00 of args.amount
          budget 20.00 of args.fee
          budget 10 calls
        }
        require less { tool bank  budget 300 of args.amount }
        "#,
    );
    let mut request = json!({
        "moment": "runtime",
        "agent": { "id": "payer" },
        "call": { "tool": "bank.pay", "args": { "to": "x", "amount": 100.50, "fee": 1 } },
        "budgets": { "main/pay": [0.50, 0, 4] },
    });
    let charged = |request: &Value| {
        let decision = decide(&folder, request.to_string()).json();
        decision["obligations"]["budgets"].clone()
    };
    let one = |rule: &str, index: usize, limit: &str, charge: &str, spent: Option<&str>| {
        let mut budget = json!({ "rule": rule, "index": index, "limit": limit, "charge": charge });
        if let Some(spent) = spent {
            budget["spent"] = json!(spent);
        }
        budget
    };
    assert_eq!(
        charged(&request),
        json!([
            one("main/less", 0, "300 of args.amount", "100.5", None),
            one("main/pay", 0, "500.00 of args.amount", "100.5", Some("0.5")),
            one("main/pay", 1, "20.00 of args.fee", "1", Some("0")),
            one("main/pay", 2, "10 calls", "1", Some("4")),
        ])
    );
    request["budgets"] = json!({ "main/pay": [450, 3, 10] });
    assert_eq!(
        charged(&request),
        json!([
            one("main/pay", 0, "500.00 of args.amount", "100.5", Some("450")),
            one("main/pay", 2, "10 calls", "1", Some("10")),
        ])
    );
}

#[test]
fn a_scope_that_no_call_of_a_function_could_use_is_not_issued() {
    let folder = Folder::new();
    folder.file(
        "hub.placet",
        r#"
        policy hub { language 1  layers main  lifetime 1h }
        agent dev
        tool hub {
          action read {
            issue(repo: text, id: int)  -> "repo/{repo}/issue/{id}"
            file(repo: text, at: text)  -> "repo/{repo}/file/{path(at)}"
            profile(name: text)         -> "person/{name}"
            mail(to: text)              -> "{email(to)}"
          }
          action drop { wipe(repo: text) -> "repo/{repo}" }
        }
        grant read { agent dev  user none  tool hub  action read  resource any }
        grant mine { agent dev  user none  tool hub  action drop  resource "repo/mine/**", "person/*" }
        "#,
    );
    let issued = |action: Value, resource: Value| {
        let request = json!({
            "moment": "issuance",
            "agent": { "id": "dev" },
            "scopes": [{ "tool": "hub", "action": action, "resource": resource }],
            "time": "2026-11-23T10:00:00Z",
        });
        let decision = decide(&folder, request.to_string()).json();
        let outcome = &decision["scopes"][0];
        let scopes: Vec<String> = outcome["scopes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|scope| format!("{} {}", scope["tool"], scope["resource"]))
            .collect();
        let line = format!(
            "{} {}: {}",
            outcome["became"],
            outcome["reason"],
            scopes.join(", ")
        );
        line.replace('"', "")
    };
    let check = |action: &str, resource: &str, wanted: &str| {
        assert_eq!(issued(json!(action), json!(resource)), wanted);
    };
    check(
        "read",
        "repo/**",
        "granted granted: hub.file repo/**, hub.issue repo/**",
    );
    check(
        "read",
        "repo/*/issue/7",
        "granted granted: hub.issue repo/*/issue/7",
    );
    check(
        "read",
        "repo/a/file",
        "granted granted: hub.file repo/a/file",
    );
    check("read", "person/*", "granted granted: hub.profile person/*");
    check("read", "email/**", "granted granted: hub.mail email/**");
    check("read", "team/**", "denied no-grant: ");
    check("read", "repo/*/issue/*/*", "denied no-grant: ");
    // The grant speaks of persons, and `wipe` can touch none.
    check("drop", "**", "narrowed granted: hub.wipe repo/mine/**");
    check("drop", "person/*", "denied no-grant: ");
    // What was named and cannot be used anywhere is missed.
    assert_eq!(
        issued(json!(["read", "drop"]), json!("person/*")),
        "narrowed granted: hub.profile person/*"
    );
    assert_eq!(
        issued(json!("read"), json!(["person/*", "team/*"])),
        "narrowed granted: hub.profile person/*"
    );
    assert_eq!(
        issued(json!("any"), json!("person/*")),
        "granted granted: hub.profile person/*"
    );
}
