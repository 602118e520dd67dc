//! Offline: published keys and a compiled policy decide, and nobody is asked.

use placet_compiler::compile;
use placet_evaluator::Engine;
use placet_model::request::Request;
use placet_model::wire::read_request;
use placet_syntax::{Source, Sources, parse};

use super::*;

const POLICY: &str = r#"
    policy support { language 1  layers main  lifetime 1h }
    agent triage-bot
    agent reader
    agent rеader // The second letter is Cyrillic.
    tool zendesk {
      audience "https://zendesk.example.com/mcp"
      action read { get_ticket(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
    }
    grant triage {
      agent triage-bot  user any  tool zendesk  action read  resource "ticket/**"  delegate 1
    }
    grant sub-agents {
      agent reader, rеader  user any  tool zendesk  action read  resource "ticket/acme/**"
    }
"#;

fn engine() -> Engine {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("support.placet", POLICY));
    let tree = parse(file, sources.get(file).unwrap());
    let compilation = compile(&sources, &[tree.file]);
    Engine::new(compilation.compiled.unwrap())
}

fn request(agent: &str, rest: &str) -> Request {
    let text = format!(
        r#"{{ "agent": {{ "id": "{agent}" }}, "user": {{ "id": "ana" }},
              "task": {{ "id": "T-1" }}, {rest} }}"#
    );
    read_request(text.as_bytes()).unwrap().unwrap().request
}

fn issue(engine: &Engine, agent: &str, parent: Option<&Held>) -> Held {
    let mut request = request(
        agent,
        r#""moment": "issuance", "time": "2026-11-23T10:00:00Z",
           "scopes": [{ "tool": "zendesk", "action": "read", "resource": "ticket/**" }]"#,
    );
    request.credential = parent.map(|parent| parent.credential.clone());
    let mut credential = engine.decide(&request).credential.unwrap();
    let id = parent.map_or_else(|| CredentialId::root(1), |parent| parent.id.child(2));
    credential.id = Some(id.as_str().into());
    Held {
        id,
        credential,
        epoch: Epoch(0),
        key: None,
    }
}

#[test]
fn the_policy_decides_by_what_a_token_carries() {
    let engine = engine();
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let root = issue(&engine, "triage-bot", None);
    let leaf = issue(&engine, "reader", Some(&root));
    let check = |held: &Held, agent: &str, tenant: &str, at: &str, expected: &str| {
        let token = issuer()
            .sign(&key, held, |tool| engine.audience(tool))
            .unwrap();
        let mut request = request(
            agent,
            &format!(
                r#""moment": "runtime", "time": "{at}", "call": {{ "tool": "zendesk.get_ticket",
                   "args": {{ "tenant": "{tenant}", "id": 1 }} }}"#
            ),
        );
        let reason = match verifier(&[&key]).verify(&token, time(at), None) {
            Ok(verified) => {
                request.credential = Some(verified.credential);
                engine.decide(&request).reason
            }
            Err(error) => error.reason(),
        };
        assert_eq!(reason.name(), expected, "{agent} {tenant} {at}");
    };
    let during = "2026-11-23T10:30:00Z";
    check(&root, "triage-bot", "evil", during, "granted");
    check(&leaf, "reader", "acme", during, "granted");
    check(&leaf, "reader", "evil", during, "out-of-scope");
    check(&leaf, "triage-bot", "acme", during, "wrong-holder");
    check(&leaf, "r\u{435}ader", "acme", during, "wrong-holder");
    check(
        &leaf,
        "reader",
        "acme",
        "2026-11-23T09:58:59Z",
        "not-yet-valid",
    );
    check(
        &leaf,
        "reader",
        "acme",
        "2026-11-23T10:59:59.999999Z",
        "granted",
    );
    check(&leaf, "reader", "acme", "2026-11-23T11:00:00Z", "expired");
}
