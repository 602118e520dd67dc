//! Decisions about the example policies: each line of `tests/decisions/NAME.jsonl` is a
//! request, and the snapshot shows it with what became of it. `NAME` lists the policy
//! files, joined by `+`. A line without a credential is decided by the policy alone,
//! unless it asks for one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use placet::json::Moment;
use placet::{Decision, Engine};

#[test]
fn claims_of_one_history_bound_payments_of_another() {
    check("claims");
}

#[test]
fn the_method_of_a_call_chooses_its_action() {
    check("github");
}

#[test]
fn every_recipient_and_attachment_of_a_call_has_to_be_granted() {
    check("office");
}

#[test]
fn guardrails_bound_an_orchestrator_and_its_sub_agents() {
    check("org+platform");
}

#[test]
fn what_the_host_knows_of_an_order_decides() {
    check("retail");
}

#[test]
fn a_credential_is_narrowed_to_the_tenant_and_ends() {
    check("support");
}

fn check(name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = root.join("../crates/syntax/tests/fixtures");
    let texts = name.split('+').map(|file| {
        let path = fixtures.join(file).with_extension("placet");
        (file.to_owned(), read(&path))
    });
    let policy = placet::compile(texts).expect("the examples compile");
    let engine = Engine::new(policy);
    let cases = read(&root.join("decisions").join(format!("{name}.jsonl")));
    let mut shown = String::new();
    for line in cases.lines() {
        let incoming = placet::json::read_request(line.as_bytes())
            .expect("each line is JSON")
            .expect("each line is a request");
        let request = &incoming.request;
        let by_policy = request.credential.is_none() && incoming.moment != Moment::Issuance;
        let explanation = if by_policy {
            engine.explain_without_credential(request)
        } else {
            engine.explain(request)
        };
        let credential = line.find(",\"credential\":").unwrap_or(line.len());
        let asked = line.get(..credential).unwrap_or(line);
        write!(shown, "{asked}\n{}\n", summary(&explanation.decision)).expect("strings take all");
        for line in &explanation.decision.explanation {
            writeln!(shown, "    {line}").expect("strings take all");
        }
        shown.push('\n');
    }
    insta::with_settings!({ omit_expression => true, snapshot_path => root.join("snapshots") }, {
        insta::assert_snapshot!(format!("decisions-{name}"), shown);
    });
}

fn summary(decision: &Decision) -> String {
    let rules: Vec<&str> = decision
        .rules
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    let verdict = if decision.is_grant() { "grant" } else { "deny" };
    let mut text = format!("  -> {verdict} {} by {}", decision.reason, rules.join(", "));
    if !decision.missing.is_empty() {
        write!(text, "; missing {}", decision.missing.join(", ")).expect("strings take all");
    }
    text.trim_end_matches(" by ").to_owned()
}

fn read(path: &PathBuf) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
