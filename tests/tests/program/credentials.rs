//! A credential's life through the program: `issue`, `use`, `settle`, `delegate`,
//! `consent`, `revoke`, `credentials`, `keys`.

mod audit;
mod consent;
mod life;
mod naming;
mod store;

use serde_json::{Value, json};

use crate::support::{Folder, Run};

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
