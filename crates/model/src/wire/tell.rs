//! Requests to JSON: what [`read_request`](super::read_request) reads back.

use smol_str::ToSmolStr;

use super::build::{Members, list, number, shown, string, texts};
use super::credential::{
    assent_to_json, credential_to_json, principal_to_json, scope_request_to_json, task_to_json,
};
use super::request::Moment;
use crate::json::{Fields, Json};
use crate::request::{Asked, Calls, Record, Request};

/// A request as JSON.
#[must_use]
pub fn request_to_json(request: &Request) -> Json {
    let mut json = Members::default();
    let moment = match &request.asked {
        Asked::Call { .. } | Asked::Triple { .. } => Moment::Runtime,
        Asked::Scopes { .. } => Moment::Issuance,
        Asked::Listing { .. } => Moment::Listing,
    };
    json.put("moment", string(moment.name()));
    json.put("agent", principal_to_json(&request.agent));
    json.maybe("user", request.user.as_ref().map(principal_to_json));
    json.maybe("task", request.task.as_ref().map(task_to_json));
    put_asked(&mut json, &request.asked);
    json.some("context", Json::Object(request.context.clone()));
    json.maybe("time", request.time.map(shown));
    json.some(
        "resources",
        named(&request.resources, |facts| Json::Object(facts.clone())),
    );
    json.some("histories", named(&request.histories, calls_to_json));
    json.some(
        "budgets",
        named(&request.budgets, |spent| {
            list(spent, |amount| Json::Number(amount.to_smolstr()))
        }),
    );
    json.some("consents", list(&request.consents, assent_to_json));
    json.some("approvals", list(&request.approvals, assent_to_json));
    json.maybe(
        "credential",
        request.credential.as_ref().map(credential_to_json),
    );
    json.into()
}

fn put_asked(json: &mut Members, asked: &Asked) {
    match asked {
        Asked::Call { tool, args } => {
            let mut call = Members::default();
            call.put("tool", string(tool.clone()));
            call.put("args", Json::Object(args.clone()));
            json.put("call", call.into());
        }
        Asked::Triple {
            tool,
            action,
            resource,
        } => {
            json.put("tool", string(tool.clone()));
            json.put("action", string(action.clone()));
            json.put("resource", string(resource.clone()));
        }
        Asked::Scopes { scopes, ttl } => {
            json.put("scopes", list(scopes, scope_request_to_json));
            json.maybe("ttl", ttl.map(shown));
        }
        Asked::Listing { tool } => json.maybe("tool", tool.clone().map(string)),
    }
}

fn named<T>(members: &[(smol_str::SmolStr, T)], to_json: impl Fn(&T) -> Json) -> Json {
    let fields: Fields = members
        .iter()
        .map(|(name, value)| (name.clone(), to_json(value)))
        .collect();
    Json::Object(fields)
}

fn calls_to_json(calls: &Calls) -> Json {
    match calls {
        Calls::Count(count) => Json::Number(count.to_smolstr()),
        Calls::Records(records) => list(records, record_to_json),
    }
}

fn record_to_json(record: &Record) -> Json {
    let mut json = Members::default();
    json.put("seq", number(record.seq));
    json.put("time", shown(record.time));
    json.put("tool", string(record.tool.clone()));
    json.put("outcome", string(record.outcome.name()));
    json.maybe("actions", record.actions.as_deref().map(texts));
    json.maybe("resources", record.resources.as_deref().map(texts));
    json.maybe("agent", record.agent.clone().map(string));
    json.maybe("user", record.user.clone().map(string));
    json.maybe("task", record.task.clone().map(string));
    json.maybe("credential", record.credential.clone().map(string));
    json.some("args", Json::Object(record.args.clone()));
    json.some("result", Json::Object(record.result.clone()));
    json.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{read_request, to_text};

    /// A request that is read, written, and read again is the same one.
    fn check(text: &str) {
        let read = |bytes: &[u8]| match read_request(bytes) {
            Ok(Ok(incoming)) => incoming.request,
            other => panic!("{other:?}"),
        };
        let request = read(text.as_bytes());
        assert_eq!(to_text(&request_to_json(&request)), text);
        assert_eq!(
            read(to_text(&request_to_json(&request)).as_bytes()),
            request
        );
    }

    #[test]
    fn requests_are_written_as_they_are_read() {
        check(
            r#"{"moment":"runtime","agent":{"id":"a","groups":["g"],"facts":{"tier":1}},"user":{"id":"ana"},"task":{"id":"T","facts":{"p":"x"}},"call":{"tool":"t.f","args":{"n":1.50}},"context":{"risk":null},"time":"2026-01-01T00:00:00Z","resources":{"a/b":{"open":true}},"histories":{"calls":3,"reads":[{"seq":1,"time":"2026-01-01T00:00:00Z","tool":"t.f","outcome":"ok","actions":["read"],"args":{"n":1}}]},"budgets":{"main/g":[1.5]},"consents":[{"by":"ana","agent":"a","scope":{"tool":"t","action":"read","resource":"a/**"}}],"approvals":[{"by":"bo","groups":["leads"],"agent":"a","user":"ana","task":"T","scope":{"tool":"any","action":"any","resource":["a","b"]}}]}"#,
        );
        check(
            r#"{"moment":"runtime","agent":{"id":"a"},"tool":"t","action":"read","resource":"a/b"}"#,
        );
        check(
            r#"{"moment":"issuance","agent":{"id":"a"},"scopes":[{"tool":"t","action":"read","resource":"**"}],"ttl":"30m"}"#,
        );
        check(r#"{"moment":"listing","agent":{"id":"a"},"tool":"t"}"#);
    }
}
