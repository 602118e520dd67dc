//! What a policy lets the trail show in clear.

use placet_model::json::{Fields, Json};
use placet_model::policy::{Entity, Policy};
use placet_model::request::{Asked, Principal, Request};
use smol_str::{SmolStr, format_smolstr};

/// The arguments and facts of a request that the policy marks `@loggable`, as they came:
/// `args.amount`, then facts such as `context.risk`. Facts that the request does not tell
/// are taken from its credential, if that has them.
#[must_use]
pub fn clear(policy: &Policy, request: &Request, function: &str) -> Fields {
    let mut fields = Fields::new();
    let mut put = |of: &str, name: &SmolStr, value: Option<&Json>| {
        if let Some(value) = value.filter(|value| **value != Json::Null) {
            fields.push((format_smolstr!("{of}.{name}"), value.clone()));
        }
    };
    if let Asked::Call { args, .. } = &request.asked {
        let function = policy
            .function(function)
            .and_then(|id| policy.functions.get(id.index()));
        for name in function.map_or(&[][..], |function| &function.loggable) {
            put("args", name, get(args, name));
        }
    }
    for fact in policy.facts.iter().filter(|fact| fact.loggable) {
        let name = &fact.field.name;
        put(fact.entity.name(), name, told(request, fact.entity, name));
    }
    fields
}

fn told<'r>(request: &'r Request, entity: Entity, name: &str) -> Option<&'r Json> {
    let held = request.credential.as_ref();
    let of = |principal: &'r Principal| get(&principal.facts, name);
    match entity {
        Entity::Agent => of(&request.agent).or_else(|| of(&held?.agent)),
        Entity::User => {
            let user = request.user.as_ref().and_then(of);
            user.or_else(|| of(held?.user.as_ref()?))
        }
        Entity::Task => {
            let task = request.task.as_ref();
            task.and_then(|task| get(&task.facts, name))
                .or_else(|| get(&held?.task.as_ref()?.facts, name))
        }
        Entity::Context => get(&request.context, name).or_else(|| get(&held?.context, name)),
    }
}

fn get<'f>(fields: &'f Fields, name: &str) -> Option<&'f Json> {
    fields
        .iter()
        .find_map(|(known, value)| (known == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use placet_model::wire::{read_request, to_text};
    use placet_syntax::{Source, Sources};

    use super::*;

    const POLICY: &str = r#"
        policy shop { language 1  layers main  lifetime 1h }
        @loggable            facts task    { purpose: text }
        @loggable("risk")    facts context { risk: int, secret: text? }
        facts user { tenant: text }
        agent buyer
        @loggable("amount", "to")
        tool pay {
          action send { transfer(to: text, amount: decimal, note: text?) -> "account/{to}" }
          action read { balance(of: text) -> "account/{of}" }
        }
        grant base { agent buyer  user any  tool pay  action any  resource any }
    "#;

    #[test]
    fn what_is_marked_is_shown_and_nothing_else() {
        let mut sources = Sources::default();
        let id = sources.add(Source::new("shop.placet", POLICY));
        let parsed = placet_syntax::parse(id, sources.get(id).expect("it"));
        let compiled = placet_compiler::compile(&sources, &[parsed.file]);
        let compiled = compiled.compiled.expect("a policy");
        let check = |request: &str, shown: &str| {
            let read = read_request(request.as_bytes());
            let Ok(Ok(incoming)) = read else {
                panic!("{request} {read:?}")
            };
            let request = incoming.request;
            let tool = match &request.asked {
                Asked::Call { tool, .. } | Asked::Triple { tool, .. } => tool.clone(),
                _ => SmolStr::default(),
            };
            let clear = clear(compiled.policy(), &request, &tool);
            assert_eq!(to_text(&Json::Object(clear)), shown, "{request:?}");
        };
        let around = r#""moment":"runtime","agent":{"id":"buyer"},
            "user":{"id":"ana","facts":{"tenant":"acme"}},"time":"2026-11-24T10:00:00Z",
            "context":{"secret":"s","risk":5}"#;
        check(
            &format!(
                r#"{{{around},"task":{{"id":"T","facts":{{"purpose":"buy"}}}},"call":
                {{"tool":"pay.transfer","args":{{"to":"b","note":"private","amount":1.50}}}}}}"#
            ),
            r#"{"args.amount":1.50,"args.to":"b","task.purpose":"buy","context.risk":5}"#,
        );
        // Facts of the credential; and what is absent is left out.
        check(
            &format!(
                r#"{{{around},"call":{{"tool":"pay.transfer","args":{{"amount":null}}}},
                "credential":{{"version":1,"agent":{{"id":"buyer"}},"task":{{"id":"T","facts":
                {{"purpose":"sell"}}}},"issued":"2026-11-24T10:00:00Z",
                "not_after":"2026-11-24T11:00:00Z","policy":"sha256:{zeros}","scopes":[]}}}}"#,
                zeros = "0".repeat(64)
            ),
            r#"{"task.purpose":"sell","context.risk":5}"#,
        );
        check(
            &format!(r#"{{{around},"call":{{"tool":"pay.balance","args":{{"of":"b"}}}}}}"#),
            r#"{"context.risk":5}"#,
        );
    }
}
