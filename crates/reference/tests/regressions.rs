//! Smallest cases in which engine and specification once differed, or could.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what is not read fails the test"
)]

use placet_evaluator::Engine;
use placet_model::request::Request;
use placet_model::wire::read_request;
use placet_reference::differential::Kind;
use placet_reference::generate::File;
use placet_reference::pipeline::compile;

const HEAD: &str = r#"
policy p { language 1  layers main  lifetime 1h }
tool t { action read { get(p: text) -> "r/{p}" } }
agent bot
"#;

const ALL: &str = "agent any  user any, none  tool any  action any  resource any";

/// Both decide so: the reason, then the rules.
fn decides(kind: Kind, policy: &str, request: &str, expected: &str) {
    let file = File {
        name: "main.placet".to_owned(),
        items: vec![HEAD.to_owned(), policy.to_owned()],
    };
    let compiled = match compile(&[file]) {
        Ok(compiled) => compiled,
        Err(problems) => panic!("{problems}"),
    };
    let incoming = read_request(request.as_bytes())
        .expect("JSON")
        .expect("a request");
    let request: Request = incoming.request;
    let engine = Engine::new(compiled);
    let shown = |outcome: &placet_reference::outcome::Outcome| {
        let rules = outcome.rules.join(" ");
        format!("{} {rules}", outcome.reason).trim().to_owned()
    };
    let (decided, specified) = (
        kind.decide(&engine, &request).1,
        kind.specify(&engine, &request),
    );
    assert_eq!(shown(&specified), expected, "specification");
    assert_eq!(decided, specified, "engine");
}

fn call(policy: &str, rest: &str, expected: &str) {
    let request = format!(
        r#"{{ "moment": "runtime", "agent": {{ "id": "bot" }},
            "call": {{ "tool": "t.get", "args": {{ "p": "x" }} }}{rest} }}"#
    );
    decides(Kind::Bare, policy, &request, expected);
}

#[test]
fn one_resource_fact_without_a_value_says_nothing_of_the_others() {
    let policy = format!(
        r#"facts resource "r/*" {{ owner: text, status: "a" | "b" }}
        grant g {{ {ALL} }}
        deny d {{ resource "r/*"  unless resource.owner == "ana" }}"#
    );
    call(
        &policy,
        r#", "resources": { "r/x": { "owner": "ana", "status": "new" } }"#,
        "granted main/g",
    );
    call(
        &policy,
        r#", "resources": { "r/x": { "status": "a" } }"#,
        "denied-by-rule main/d",
    );
}

#[test]
fn a_default_of_a_resource_fact_stands_in_for_an_unknown_resource() {
    let policy = format!(
        r#"facts resource "r/*" {{ level: int = 1 }}
        grant g {{ {ALL} }}
        deny d {{ resource "r/*"  when resource.level > 1 }}"#
    );
    call(&policy, "", "granted main/g");
    call(
        &policy,
        r#", "resources": { "r/x": { "level": 2 } }"#,
        "denied-by-rule main/d",
    );
}

#[test]
fn what_the_policy_sets_is_contradicted_at_any_moment() {
    let policy = format!(
        "facts agent at runtime {{ tier: int = 1 }}
        agent aide {{ tier = 2 }}
        grant g {{ {ALL} }}"
    );
    let issue = |tier: &str| {
        format!(
            r#"{{ "moment": "issuance", "agent": {{ "id": "aide", "facts": {{ "tier": {tier} }} }},
                "time": "2026-01-01T00:00:00Z",
                "scopes": [{{ "tool": "t", "action": "read", "resource": "r/*" }}] }}"#
        )
    };
    decides(Kind::Issuance, &policy, &issue("2"), "granted main/g");
    decides(Kind::Issuance, &policy, &issue("3"), "invalid-request");
    // The default is no value that a request may claim, either.
    decides(Kind::Issuance, &policy, &issue("1"), "invalid-request");
}

#[test]
fn a_record_outside_the_window_is_outside_whatever_else_it_does_not_say() {
    let policy = format!(
        r#"history past = calls tool t.get resource "r/*" per agent within 5m
        grant g {{ {ALL}  when count(past) == 0 }}"#
    );
    let history = |time: &str| {
        format!(
            r#", "time": "2026-01-01T00:10:00Z", "histories": {{ "past": [
                {{ "seq": 1, "time": "{time}", "tool": "t.get", "outcome": "ok" }}] }}"#
        )
    };
    call(&policy, &history("2026-01-01T00:00:00Z"), "granted main/g");
    // Within it nobody can tell what was touched, so the history is undefined.
    call(&policy, &history("2026-01-01T00:09:00Z"), "no-grant");
}

#[test]
fn a_value_without_a_type_is_found_behind_one_without_a_value() {
    let policy = format!(
        r#"facts context {{ roles: set<"a" | "b">?, meta: {{ f: "a" | "b", g: int }}? }}
        grant g {{ {ALL} }}"#
    );
    for good in [
        r#"{ "roles": ["z"] }"#,
        r#"{ "meta": { "f": "z", "g": 1 } }"#,
    ] {
        call(
            &policy,
            &format!(r#", "context": {good}"#),
            "granted main/g",
        );
    }
    for bad in [
        r#"{ "roles": ["z", 1] }"#,
        r#"{ "meta": { "f": "z", "g": "1" } }"#,
    ] {
        call(
            &policy,
            &format!(r#", "context": {bad}"#),
            "invalid-request",
        );
    }
}

#[test]
fn consent_to_each_call_hides_no_consent_to_the_scope() {
    let policy = format!(
        "grant g {{ {ALL}  consent }}
        require q {{ consent per call }}"
    );
    let issue = |consents: &str| {
        format!(
            r#"{{ "moment": "issuance", "agent": {{ "id": "bot" }}, "user": {{ "id": "ana" }},
                "time": "2026-01-01T00:00:00Z", "consents": [{consents}],
                "scopes": [{{ "tool": "t", "action": "read", "resource": "r/*" }}] }}"#
        )
    };
    decides(
        Kind::Issuance,
        &policy,
        &issue(""),
        "consent-required main/g main/q",
    );
    let consent = r#"{ "by": "ana", "agent": "bot",
        "scope": { "tool": "t", "action": "read", "resource": "r/*" } }"#;
    decides(
        Kind::Issuance,
        &policy,
        &issue(consent),
        "granted main/g main/q",
    );
}

#[test]
fn a_total_that_fits_is_defined_in_whatever_order_its_terms_come() {
    let policy = format!(
        "facts context {{ levels: list<int> }}
        grant g {{ {ALL}  when sum(e in context.levels: e) > 5 or sum(distinct e in context.levels: e) > 5 }}"
    );
    let most = i64::MAX;
    for levels in [
        format!("{most}, 1, -1"),
        format!("-1, 1, {most}"),
        format!("1, {most}, -1"),
    ] {
        let rest = format!(r#", "context": {{ "levels": [{levels}] }}"#);
        call(&policy, &rest, "granted main/g");
    }
    call(
        &policy,
        &format!(r#", "context": {{ "levels": [{most}, 1] }}"#),
        "no-grant",
    );
}

#[test]
fn decimals_that_are_written_in_two_ways_have_one_digest() {
    let digest = |first: &str, second: &str| {
        let facts = "facts context { score: decimal }";
        let grant = format!("grant g {{ {ALL} }}");
        let items = [HEAD, facts, &grant, first, second]
            .map(str::to_owned)
            .to_vec();
        let file = File {
            name: "main.placet".to_owned(),
            items,
        };
        compile(&[file]).map(|compiled| compiled.digest().clone())
    };
    let (one, other) = (
        "deny a { when context.score == 1.0 }",
        "deny b { when context.score < 1.00 }",
    );
    assert_eq!(digest(one, other), digest(other, one));
}
