//! The page about requests is true: its examples are read, its limits are the limits.

use super::limits::*;
use super::*;
use crate::json::Json;
use crate::resource::{MAX_RESOURCE_BYTES, MAX_SEGMENTS};
use crate::text::MAX_ID_BYTES;

const PAGE: &str = include_str!("../../../../docs/reference/requests.md");

/// The examples: what stands after `json` on the fence, and the text.
fn examples() -> Vec<(&'static str, &'static str)> {
    PAGE.split("\n```json ")
        .skip(1)
        .map(|rest| {
            let (kind, rest) = rest.split_once('\n').unwrap();
            (kind, rest.split_once("\n```").unwrap().0)
        })
        .collect()
}

fn json(text: &str) -> Json {
    read_json(text.as_bytes()).unwrap().unwrap()
}

fn keys(json: &Json) -> Vec<&str> {
    match json {
        Json::Object(fields) => fields.iter().map(|(name, _)| name.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_example_is_what_it_says() {
    let all = examples();
    assert!(all.len() >= 14);
    for (kind, text) in all {
        match kind.split_once(' ').unwrap_or((kind, "")) {
            ("request", "") => {
                read_request(text.as_bytes()).unwrap().unwrap();
            }
            ("credential", "") => {
                let credential = read_credential(json(text)).unwrap().unwrap();
                assert_eq!(credential_to_json(&credential), json(text));
            }
            ("decision", "") => {
                let known = [
                    "decision",
                    "reason",
                    "rules",
                    "obligations",
                    "explanation",
                    "policy",
                    "scopes",
                ];
                assert!(known.starts_with(&keys(&json(text))), "{text}");
            }
            ("invalid", said) => {
                let invalid = read_request(text.as_bytes()).unwrap().unwrap_err();
                assert_eq!(invalid.to_string(), said);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn assents_that_the_page_asks_for_can_be_recorded() {
    let member = |json: Json, key: &str| match json {
        Json::Object(fields) => fields
            .into_iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value),
        _ => None,
    };
    let mut seen = 0;
    for (_, text) in examples()
        .into_iter()
        .filter(|(kind, _)| *kind == "decision")
    {
        let ask = member(json(text), "obligations").and_then(|json| member(json, "ask"));
        let Some(ask) = ask else { continue };
        let consents = to_text(&member(ask.clone(), "consents").unwrap());
        let approvals = to_text(&member(ask, "approvals").unwrap())
            .replace("{\"group\"", "{\"by\":\"bob\",\"group\"");
        let request = format!(
            r#"{{"moment":"listing","agent":{{"id":"a"}},"consents":{consents},"approvals":{approvals}}}"#
        );
        read_request(request.as_bytes()).unwrap().unwrap();
        seen += 1;
    }
    assert_eq!(seen, 1);
}

#[test]
fn every_limit_is_on_the_page() {
    let check = |what: &str, value: usize| {
        let digits = value.to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        assert!(
            PAGE.contains(&format!("| {what} | {grouped} ")),
            "{what} {grouped}"
        );
    };
    assert!(PAGE.contains(&format!("| one request | {} MiB |", MAX_INPUT_BYTES >> 20)));
    check("nested arrays and objects", MAX_DEPTH);
    check("JSON values in one request", MAX_VALUES);
    check("one id", MAX_ID_BYTES);
    check("one resource or pattern", MAX_RESOURCE_BYTES);
    check("segments of a resource or pattern", MAX_SEGMENTS);
    check("groups of one agent, user or approver", MAX_GROUPS);
    check("scopes asked for", MAX_SCOPES);
    check(
        "pairs of action and pattern over all scopes",
        MAX_SCOPE_PAIRS,
    );
    check("resources with facts", MAX_RESOURCES);
    check("histories", MAX_HISTORIES);
    check("records over all histories", MAX_RECORDS);
    check("rules whose spent budgets are told", MAX_BUDGETS);
    check("consents, and approvals", MAX_ASSENTS);
    check("credentials in a chain", MAX_CHAIN);
    check("scopes of one credential", MAX_CREDENTIAL_SCOPES);
}
