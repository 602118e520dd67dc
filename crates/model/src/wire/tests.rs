//! Requests in, decisions out, and credentials both ways.

use proptest::prelude::*;
use smol_str::SmolStr;

use super::limits::{MAX_CHAIN, MAX_SCOPES};
use super::*;
use crate::credential::{Credential, Scope};
use crate::decision::*;
use crate::digest::call_digest;
use crate::json::{Fields, Json};
use crate::policy::RuleKind;
use crate::request::{Asked, Assent, Covers, Principal, Request, ScopeRequest, Task};
use crate::value::{Duration, Time};

/// What a document is read as: the request, or what is wrong and where.
fn read(text: &str) -> Result<Request, String> {
    match read_request(text.as_bytes()) {
        Ok(Ok(incoming)) => Ok(incoming.request),
        Ok(Err(invalid)) => Err(invalid.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn says(text: &str, said: &str) {
    let got = read(text).map_or_else(|error| error, |_| "ok".to_owned());
    assert_eq!(got, said, "{text}");
}

/// A runtime request with these members besides.
fn runtime(members: &str, said: &str) {
    let text = format!(
        r#"{{"moment":"runtime","agent":{{"id":"bot"}},"call":{{"tool":"t.f"}}{members}}}"#
    );
    says(&text, said);
}

/// An issuance request with these scopes.
fn issuance(scopes: &str, said: &str) {
    says(
        &format!(r#"{{"moment":"issuance","agent":{{"id":"bot"}},"scopes":{scopes}}}"#),
        said,
    );
}

const FULL: &str = r#"{
  "moment": "runtime",
  "agent": { "id": "triage-bot", "groups": ["night-shift"], "facts": { "tier": 1 } },
  "user":  { "id": "ana", "groups": ["support-staff"], "facts": { "tenant": "acme" } },
  "task":  { "id": "T-1", "facts": { "purpose": "triage" } },
  "call":  { "tool": "zendesk.get_ticket", "args": { "tenant": "acme", "id": 42 } },
  "context": { "risk": 10 }, "time": "2026-11-23T10:00:00Z",
  "resources": { "ticket/acme/42": { "owner": "ana" } },
  "histories": { "payments": [
    { "seq": 1, "time": "2026-11-23T09:00:00Z", "tool": "bank.pay", "outcome": "ok",
      "actions": ["pay"], "resources": ["account/1"], "agent": "triage-bot", "user": "ana",
      "task": "T-1", "credential": "c", "args": { "amount": 1.50 }, "result": { "id": "x" } }
  ] },
  "budgets": { "main/pay": [2, 10.50] },
  "consents": [{ "by": "ana", "agent": "triage-bot", "task": "T-1",
    "scope": { "tool": "any", "action": "any", "resource": "**" } }],
  "approvals": [{ "group": "managers", "by": "bob", "groups": ["managers"], "agent": "triage-bot",
    "user": "ana", "not_after": "2026-11-24T00:00:00+01:00",
    "call": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }],
  "credential": {}
}"#;

#[test]
fn a_full_request_is_read() {
    insta::assert_debug_snapshot!(read(FULL).unwrap());
}

#[test]
fn absence_is_absence() {
    runtime("", "ok");
    let least = read(r#"{"moment":"listing","agent":{"id":"bot"}}"#).unwrap();
    assert_eq!(least.asked, Asked::Listing { tool: None });
    let nulls = r#"{"moment":"listing","agent":{"id":"bot","groups":null,"facts":null},
        "user":null,"task":null,"call":null,"tool":null,"context":null,"time":null,
        "resources":null,"histories":null,"consents":null,"approvals":null,"budgets":null,
        "credential":null,"scopes":null,"ttl":null}"#;
    assert_eq!(read(nulls).unwrap(), least);
    let empty = read(r#"{"moment":"listing","agent":{"id":"bot","groups":[]}}"#).unwrap();
    assert_eq!(empty.agent.groups, Some(Vec::new()));
    assert_eq!(least.agent.groups, None);
}

#[test]
fn envelopes_are_closed() {
    says("[]", "an object is needed here, not an array");
    says("{}", "`moment` is missing");
    says(r#"{"moment":"runtime"}"#, "`agent` is missing");
    says(
        r#"{"moment":"runtime","agnet":{"id":"a"}}"#,
        "/agnet: unknown key `agnet`; did you mean `agent`?",
    );
    says(
        r#"{"moment":"run","agent":{"id":"a"}}"#,
        "/moment: unknown moment `run`; known are `runtime`, `issuance` and `listing`",
    );
    says(
        r#"{"moment":"runtme","agent":{"id":"a"}}"#,
        "/moment: unknown moment `runtme`; did you mean `runtime`?",
    );
    runtime(
        r#","usr":null"#,
        "/usr: unknown key `usr`; did you mean `user`?",
    );
    runtime(
        r#","user":{"id":"ana","name":"Ana"}"#,
        "/user/name: unknown key `name`; known are `id`, `groups` and `facts`",
    );
    runtime(
        r#","user":"ana""#,
        "/user: an object is needed here, not a string",
    );
    runtime(r#","user":{}"#, "/user: `id` is missing");
    runtime(
        r#","user":{"id":7}"#,
        "/user/id: a string is needed here, not a number",
    );
    runtime(r#","user":{"id":""}"#, "/user/id: empty text");
    runtime(
        r#","user":{"id":"a\u0000"}"#,
        "/user/id: control character U+0000 at byte 1",
    );
    runtime(
        r#","user":{"id":"a\u202eb"}"#,
        "/user/id: bidirectional control character U+202E at byte 1",
    );
    runtime(
        r#","user":{"id":"e\u0301"}"#,
        "/user/id: text is not in Unicode Normalization Form C at byte 0",
    );
    runtime(
        r#","user":{"id":"a","groups":["g",1]}"#,
        "/user/groups/1: a string is needed here, not a number",
    );
    runtime(
        r#","context":[]"#,
        "/context: an object is needed here, not an array",
    );
    runtime(
        r#","context":{"a":{"b":1,"b":2}}"#,
        "/context/a/b: duplicate key `b`",
    );
    runtime(
        r#","time":"tomorrow""#,
        "/time: `tomorrow` is not a time; write it like `2026-11-23T10:00:00Z` (RFC 3339)",
    );
    runtime(
        r#","resources":{"a/../b":{}}"#,
        "/resources/a~1..~1b: segments `.` and `..` are not allowed at byte 2",
    );
    runtime(
        r#","resources":{"a":[]}"#,
        "/resources/a: an object is needed here, not an array",
    );
    runtime(
        r#","budgets":{"main/r":[1e40]}"#,
        "/budgets/main~1r/0: `1e40` is too large or too precise",
    );
}

#[test]
fn contradictions_are_refused() {
    runtime(
        r#","tool":"t""#,
        "/tool: `tool` cannot stand beside `call`: one of them says what is asked",
    );
    runtime(
        r#","ttl":"30m""#,
        "/ttl: `ttl` is for issuance; a runtime request has `call`, or `tool`, `action`, `resource`",
    );
    let asks = |moment: &str, members: &str, said: &str| {
        says(
            &format!(r#"{{"moment":"{moment}","agent":{{"id":"a"}}{members}}}"#),
            said,
        );
    };
    asks(
        "runtime",
        "",
        "nothing is asked: `call` is missing, or `tool`, `action` and `resource`",
    );
    asks(
        "runtime",
        r#","tool":"t""#,
        "`action` and `resource` are missing: `tool`, `action` and `resource` belong together",
    );
    asks(
        "runtime",
        r#","tool":"t","action":"read","resource":"a/b""#,
        "ok",
    );
    asks(
        "runtime",
        r#","tool":"t","action":"read","resource":"a/*""#,
        "/resource: `*` must be written `%2A` at byte 2",
    );
    asks("issuance", "", "`scopes` is missing");
    asks(
        "issuance",
        r#","call":{"tool":"t"}"#,
        "/call: `call` is for run time; an issuance request has `scopes`",
    );
    asks("listing", r#","tool":"t""#, "ok");
    asks(
        "listing",
        r#","call":{"tool":"t"}"#,
        "/call: `call` makes no sense at listing, which takes `tool` only",
    );
}

#[test]
fn scopes_are_checked() {
    issuance(
        r#"[{"tool":"any","action":["read","write"],"resource":["a/**","b*/*"]}]"#,
        "ok",
    );
    issuance("[]", "/scopes: no scope is asked for");
    issuance("{}", "/scopes: an array is needed here, not an object");
    issuance(
        r#"[{"tool":"t","action":"a"}]"#,
        "/scopes/0: `resource` is missing",
    );
    issuance(
        r#"[{"tool":"t","action":[],"resource":"**"}]"#,
        "/scopes/0/action: this must not be an empty array",
    );
    issuance(
        r#"[{"tool":"t","action":["any","read"],"resource":"**"}]"#,
        "/scopes/0/action: `any` stands alone",
    );
    issuance(
        r#"[{"tool":"t","action":"read","resource":["a","a/**/b"]}]"#,
        "/scopes/0/resource/1: `**` is a whole segment and the last one at byte 2",
    );
    let scope = r#"{"tool":"t","action":"a","resource":"**"}"#;
    let many = vec![scope; MAX_SCOPES + 1].join(",");
    issuance(
        &format!("[{many}]"),
        "/scopes: 1001 members, more than 1000",
    );
    let ttl = |ttl: &str, said: &str| {
        says(
            &format!(
                r#"{{"moment":"issuance","agent":{{"id":"a"}},"scopes":[{scope}],"ttl":{ttl}}}"#
            ),
            said,
        );
    };
    ttl(r#""30m""#, "ok");
    ttl(r#""0s""#, "/ttl: a credential lasts longer than nothing");
    ttl("30", "/ttl: a string is needed here, not a number");
    ttl(
        r#""30 minutes""#,
        "/ttl: `30 minutes` is not a duration; write it like `30m` (`s`, `m`, `h` or `d`)",
    );
}

#[test]
fn records_and_assents_are_checked() {
    let record = r#"{"seq":1,"time":"2026-01-01T00:00:00Z","tool":"t.f","outcome":"ok"}"#;
    runtime(&format!(r#","histories":{{"h":[{record}]}}"#), "ok");
    runtime(
        &format!(r#","histories":{{"h":[{record},{record}]}}"#),
        "/histories/h/1/seq: `seq` 1 occurs twice; it orders the calls strictly",
    );
    runtime(
        r#","histories":{"h":[{"seq":1}]}"#,
        "/histories/h/0: `time` is missing",
    );
    runtime(
        r#","histories":{"h":[{"seq":1.0}]}"#,
        "/histories/h/0/seq: `1.0` is not a whole number of 64 bits without point and exponent",
    );
    runtime(
        &format!(
            r#","histories":{{"h":[{}]}}"#,
            record.replace("\"ok\"", "\"okay\"")
        ),
        "/histories/h/0/outcome: unknown outcome `okay`; known are `pending`, `ok`, `failed` and `denied`",
    );
    runtime(r#","histories":{"h":null}"#, "ok");
    runtime(r#","histories":{"h":3}"#, "ok");
    runtime(
        r#","histories":{"h":-1}"#,
        "/histories/h: no history has a negative number of calls",
    );
    runtime(
        r#","histories":{"h":1.0}"#,
        "/histories/h: `1.0` is not a whole number of 64 bits without point and exponent",
    );
    runtime(
        r#","consents":[{"by":"ana","agent":"bot"}]"#,
        "/consents/0: `call` or `scope` is missing: what it covers",
    );
    runtime(
        r#","consents":[{"by":"ana","agent":"bot","call":"sha256:00"}]"#,
        "/consents/0/call: a digest is `sha256:` and 64 lower-case hexadecimal digits",
    );
    runtime(
        r#","approvals":[{"agent":"bot","scope":{"tool":"t","action":"a","resource":"**"}}]"#,
        "/approvals/0: `by` is missing",
    );
}

#[test]
fn credentials_are_read_from_decisions_too() {
    let credential = to_text(&credential_to_json(&sample()));
    runtime(&format!(r#","credential":{credential}"#), "ok");
    runtime(
        &format!(
            r#","credential":{{"decision":"grant","reason":"granted","credential":{credential}}}"#
        ),
        "ok",
    );
    runtime(r#","credential":{}"#, "ok");
    runtime(
        r#","credential":{"decision":"deny","reason":"no-grant"}"#,
        "/credential: this decision carries no credential",
    );
    runtime(
        r#","credential":{"scopes":[]}"#,
        "/credential: `version` is missing",
    );
    runtime(
        &format!(
            r#","credential":{}"#,
            credential.replace(r#""version":1"#, r#""version":2"#)
        ),
        "/credential/version: version 2 of credentials is not known here; this is version 1",
    );
    runtime(
        &format!(
            r#","credential":{}"#,
            credential.replace(r#""delegate":1"#, r#""delegate":-1"#)
        ),
        "/credential/scopes/0/delegate: a depth of delegation is needed here, not a number",
    );
}

#[test]
fn chains_are_limited() {
    let chain = |links: usize| {
        let mut credential = sample();
        credential.parent = None;
        for _ in 1..links {
            let parent = std::mem::replace(&mut credential, sample());
            credential.parent = Some(Box::new(parent));
        }
        read_credential(credential_to_json(&credential)).map_err(|invalid| invalid.message)
    };
    assert!(chain(MAX_CHAIN).is_ok());
    assert_eq!(
        chain(MAX_CHAIN + 1),
        Err("a chain has at most 16 credentials".into())
    );
}

#[test]
fn decisions_are_written_in_one_order() {
    let digest = call_digest("bank.pay", &Vec::new());
    let deny = Decision {
        reason: Reason::ApprovalRequired,
        rules: vec![RuleNote {
            name: "main/pay".into(),
            kind: RuleKind::Grant,
            owner: Some("payments".into()),
            doc: "Pays invoices.".into(),
        }],
        obligations: Obligations {
            consents: vec![ConsentDuty {
                by: Some("ana".into()),
                agent: "bot".into(),
                task: Some("T-1".into()),
                covers: vec![DutyCover::Scope(
                    "bank".into(),
                    "pay".into(),
                    "account/**".into(),
                )],
            }],
            approvals: vec![ApprovalDuty {
                group: "managers".into(),
                agent: "bot".into(),
                user: Some("ana".into()),
                task: None,
                covers: vec![DutyCover::Call(digest)],
            }],
            budgets: vec![BudgetDuty {
                rule: "main/pay".into(),
                index: 0,
                limit: "500.00 of args.amount".into(),
                charge: Some("20".into()),
                spent: None,
            }],
            ..Obligations::default()
        },
        missing: vec!["context.mfa".into()],
        explanation: vec!["needs approval".into()],
        scopes: Vec::new(),
        requests: vec![MappedRequest {
            action: "pay".into(),
            resource: "account/DE00".into(),
        }],
        credential: None,
        tools: Vec::new(),
        consulted: vec!["task.purpose".into()],
        policy: "sha256:00".into(),
    };
    insta::assert_snapshot!("deny", to_pretty_text(&decision_to_json(&deny)));

    let grant = Decision {
        reason: Reason::Granted,
        obligations: Obligations {
            lifetime: Some(Duration(900_000_000)),
            not_after: Some(Time(0)),
            delegate: Some(0),
            audiences: vec!["https://a.example".into()],
            consents: deny.obligations.consents.clone(),
            ..Obligations::default()
        },
        missing: Vec::new(),
        scopes: vec![ScopeOutcome {
            requested: ScopeRequest {
                tool: "any".into(),
                actions: vec!["read".into(), "write".into()],
                resources: vec!["**".into()],
            },
            became: Became::Narrowed,
            reason: Reason::Granted,
            scopes: sample().scopes,
            rules: deny.rules.clone(),
        }],
        credential: Some(sample()),
        tools: vec![ToolAnswer {
            tool: "t.f".into(),
            answer: Answer::Depends,
            depends_on: vec!["args.id".into()],
        }],
        ..deny
    };
    insta::assert_snapshot!("grant", to_pretty_text(&decision_to_json(&grant)));

    let invalid = Invalid {
        pointer: "/agent".into(),
        message: "`id` is missing".into(),
    };
    assert_eq!(
        to_text(&decision_to_json(&invalid_decision(
            &invalid,
            "sha256:00".into()
        ))),
        r#"{"decision":"deny","reason":"invalid-request","rules":[],"obligations":{},"explanation":["/agent: `id` is missing"],"policy":"sha256:00"}"#
    );
    let error = read_json(b"{nope").unwrap_err();
    insta::assert_snapshot!(
        "not-json",
        to_text(&not_json_to_json(&error, "sha256:00".into()))
    );
}

#[test]
fn what_is_asked_for_can_be_recorded_word_for_word() {
    let duty = ConsentDuty {
        by: Some("ana".into()),
        agent: "bot".into(),
        task: None,
        covers: vec![
            DutyCover::Scope("t".into(), "a".into(), "x/**".into()),
            DutyCover::Call(call_digest("t", &Vec::new())),
        ],
    };
    let decision = Decision {
        reason: Reason::ConsentRequired,
        obligations: Obligations {
            consents: vec![duty],
            ..Obligations::default()
        },
        ..invalid_decision(
            &Invalid {
                pointer: String::new(),
                message: String::new(),
            },
            "sha256:00".into(),
        )
    };
    let member = |json: &Json, key: &str| match json {
        Json::Object(fields) => fields
            .iter()
            .find(|(name, _)| name == key)
            .unwrap()
            .1
            .clone(),
        other => panic!("{other:?}"),
    };
    let ask = member(&member(&decision_to_json(&decision), "obligations"), "ask");
    runtime(
        &format!(r#","consents":{}"#, to_text(&member(&ask, "consents"))),
        "ok",
    );
}

#[test]
fn hostile_requests_end_in_an_answer() {
    let large = format!(r#","context":{{"a":"{}"}}"#, "x".repeat(10 << 20));
    runtime(&large, "ok");
    let long = "k".repeat(1 << 20);
    let said = read(&format!(r#"{{"{long}":1}}"#)).unwrap_err();
    assert!(said.len() < 1000, "{}", said.len());
    let deep = format!(
        r#","context":{{"a":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let said = read(&format!(
        r#"{{"moment":"listing","agent":{{"id":"a"}}{deep}}}"#
    ))
    .unwrap_err();
    assert!(said.ends_with("nested deeper than 64 levels"), "{said}");
    says("nope", "not JSON, line 1, column 1: null expected");
}

fn sample() -> Credential {
    Credential {
        id: None,
        agent: Principal {
            id: "bot".into(),
            groups: None,
            facts: Vec::new(),
        },
        user: None,
        task: None,
        context: Vec::new(),
        issued: Time(0),
        not_after: Time(60_000_000),
        policy: "sha256:00".into(),
        scopes: vec![Scope {
            tool: "t.f".into(),
            action: "read".into(),
            resource: "a/**".into(),
            except: vec!["a/b".into()],
            not_after: Time(60_000_000),
            delegate: 1,
            rules: vec!["main/r".into()],
            residual: vec!["args.id > 1".into()],
        }],
        consents: Vec::new(),
        approvals: Vec::new(),
        parent: None,
    }
}

fn id() -> impl Strategy<Value = SmolStr> {
    "[a-zé/\"\\\\ ]{1,6}".prop_map(SmolStr::from)
}

fn pattern() -> impl Strategy<Value = SmolStr> {
    prop::sample::select(&["**", "a", "a/*", "a%2F/x*y/**"]).prop_map(SmolStr::new)
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        prop::sample::select(&["0", "-1.50", "1e400", "12345678901234567890.0"])
            .prop_map(|number| Json::Number(number.into())),
        any::<String>().prop_map(|text| Json::String(text.into())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            fields_of(inner).prop_map(Json::Object),
        ]
    })
}

fn fields_of(value: impl Strategy<Value = Json>) -> impl Strategy<Value = Fields> {
    prop::collection::vec((any::<String>(), value), 0..3).prop_map(|members| {
        let mut fields: Fields = Vec::new();
        for (name, value) in members {
            if fields.iter().all(|(earlier, _)| *earlier != name) {
                fields.push((name.into(), value));
            }
        }
        fields
    })
}

fn principal() -> impl Strategy<Value = Principal> {
    let groups = prop::option::of(prop::collection::vec(id(), 0..3));
    (id(), groups, fields_of(json())).prop_map(|(id, groups, facts)| Principal {
        id,
        groups,
        facts,
    })
}

/// Times that RFC 3339 can write.
fn time() -> impl Strategy<Value = Time> {
    (-62_000_000_000_000_000..250_000_000_000_000_000_i64).prop_map(Time)
}

fn scope() -> impl Strategy<Value = Scope> {
    let texts = || prop::collection::vec(any::<String>().prop_map(SmolStr::from), 0..3);
    (
        (
            id(),
            id(),
            pattern(),
            prop::collection::vec(pattern(), 0..3),
        ),
        (time(), any::<u32>(), texts(), texts()),
    )
        .prop_map(
            |((tool, action, resource, except), (not_after, delegate, rules, residual))| Scope {
                tool,
                action,
                resource,
                except,
                not_after,
                delegate,
                rules,
                residual,
            },
        )
}

fn assent() -> impl Strategy<Value = Assent> {
    let scope = (
        id(),
        prop::collection::vec(id(), 1..3),
        prop::collection::vec(pattern(), 1..3),
    )
        .prop_map(|(tool, actions, resources)| {
            Covers::Scope(ScopeRequest {
                tool,
                actions,
                resources,
            })
        });
    let call = id().prop_map(|tool| Covers::Call(call_digest(&tool, &Vec::new())));
    (
        (
            id(),
            prop::option::of(prop::collection::vec(id(), 0..2)),
            id(),
        ),
        (
            prop::option::of(id()),
            prop::option::of(id()),
            prop_oneof![scope, call],
        ),
        prop::option::of(time()),
    )
        .prop_map(
            |((by, groups, agent), (user, task, covers), not_after)| Assent {
                by,
                groups,
                agent,
                user,
                task,
                covers,
                not_after,
            },
        )
}

fn credential() -> impl Strategy<Value = Credential> {
    let task = (id(), fields_of(json())).prop_map(|(id, facts)| Task { id, facts });
    let one = (
        (
            principal(),
            prop::option::of(principal()),
            prop::option::of(task),
            fields_of(json()),
        ),
        (time(), time(), id(), prop::collection::vec(scope(), 0..3)),
        (
            prop::collection::vec(assent(), 0..2),
            prop::collection::vec(assent(), 0..2),
        ),
    )
        .prop_map(
            |(
                (agent, user, task, context),
                (issued, not_after, policy, scopes),
                (consents, approvals),
            )| {
                Credential {
                    id: Some("c-1".into()),
                    agent,
                    user,
                    task,
                    context,
                    issued,
                    not_after,
                    policy,
                    scopes,
                    consents,
                    approvals,
                    parent: None,
                }
            },
        );
    prop::collection::vec(one, 1..3).prop_map(|links| {
        links
            .into_iter()
            .reduce(|parent, child| Credential {
                parent: Some(Box::new(parent)),
                ..child
            })
            .unwrap()
    })
}

/// Pieces of JSON that may or may not add up to JSON.
const JSON_LIKE: &str = r#"(\[){0,3}(\{"a"( )?:){0,2}("[a\\"\\\\/bu0-9é😀]{0,3}"|"(\\\\u[d0-9][8c0-9][0-9f]{2}){1,2}"|-?[0-9]{1,2}(\.[0-9]{0,2})?([eE](-[0-9]{0,2}|\+?0?))?|true|nul{1,2}|,|\n){1,2}(\}){0,2}(,[0-9"])?(\]){0,3}"#;

proptest! {
    #[test]
    fn credentials_come_back_as_they_went(credential in credential()) {
        let text = to_pretty_text(&credential_to_json(&credential));
        let json = read_json(text.as_bytes()).unwrap().unwrap();
        prop_assert_eq!(read_credential(json).unwrap(), Some(credential));
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = read_request(&bytes);
    }

    #[test]
    fn two_readers_agree_on_what_is_json(text in JSON_LIKE) {
        let duplicates = matches!(read_json(text.as_bytes()), Ok(Err(_)));
        let other = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(
            read_json(text.as_bytes()).is_ok(),
            other.is_ok() || duplicates,
            "{}", text
        );
    }

    #[test]
    fn requests_that_are_broken_somewhere_get_an_answer(at in 0..FULL.len(), byte in any::<u8>()) {
        let mut bytes = FULL.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = read_request(&bytes);
        let _ = read_request(&FULL.as_bytes()[..at]);
    }

    #[test]
    fn json_comes_back_as_it_went(json in json()) {
        prop_assert_eq!(read_json(to_text(&json).as_bytes()), Ok(Ok(json)));
    }
}

/// What reading an `ask` and writing it again gives, or the first thing wrong with it.
fn asks(json: &str, expected: &str) {
    let json = read_json(json.as_bytes())
        .expect("tests are JSON")
        .expect("and shallow");
    let read = match read_ask(json) {
        Ok(asked) => to_text(&asked_for_to_json(&asked)),
        Err(invalid) => invalid.to_string(),
    };
    assert_eq!(read, expected);
}

#[test]
fn what_a_decision_asks_for_can_be_read() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let consent = format!(r#"{{"by":"ana","agent":"bot","task":"T-1","call":"{digest}"}}"#);
    let approval = r#"{"group":"managers","agent":"bot","user":"ana","scope":{"tool":"t.f","action":"read","resource":"a/**"}}"#;
    let asked = format!(r#"{{"consents":[{consent}],"approvals":[{approval}]}}"#);
    asks(&asked, &asked);
    asks(
        &format!(r#"{{"decision":"deny","obligations":{{"lifetime":"1h","ask":{asked}}}}}"#),
        &asked,
    );
    asks(r#"{"decision":"grant"}"#, "{}");
    asks(r#"{"decision":"deny","obligations":{}}"#, "{}");
    asks(
        r#"{"obligations":{"ask":{"consent":[]}}}"#,
        "/obligations/ask/consent: unknown key `consent`; did you mean `consents`?",
    );
    asks(
        r#"{"approvals":[{"agent":"bot","call":"sha256:00"}]}"#,
        "/approvals/0/call: a digest is `sha256:` and 64 lower-case hexadecimal digits",
    );
    asks("[]", "an object is needed here, not an array");
}
