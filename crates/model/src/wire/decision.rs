//! Decisions to JSON.

use smol_str::SmolStr;

use super::build::{Members, list, number, shown, string, texts};
use super::credential::{
    credential_to_json, scope_request_to_json, scope_to_json, scope_triple_to_json,
};
use super::json::NotJson;
use super::place::Invalid;
use crate::decision::{
    ApprovalDuty, BudgetDuty, ConsentDuty, Decision, DutyCover, MappedRequest, Obligations, Reason,
    RuleNote, ScopeOutcome, ToolAnswer,
};
use crate::json::Json;

/// A decision as JSON. Keys stand in a fixed order; what does not apply is left out, save
/// for the six that every decision has.
#[must_use]
pub fn decision_to_json(decision: &Decision) -> Json {
    let Decision {
        reason,
        rules,
        obligations,
        missing,
        explanation,
        scopes,
        requests,
        credential,
        tools,
        consulted,
        policy,
    } = decision;
    let mut json = Members::default();
    json.put("decision", string(verdict(*reason)));
    json.put("reason", string(reason.name()));
    json.put("rules", names(rules));
    json.put(
        "obligations",
        obligations_to_json(obligations, decision.asks()),
    );
    json.put("explanation", texts(explanation));
    json.put("policy", string(policy.clone()));
    json.some("missing", texts(missing));
    json.some("scopes", list(scopes, outcome_to_json));
    json.some("requests", list(requests, request_to_json));
    json.maybe("credential", credential.as_ref().map(credential_to_json));
    json.some("tools", list(tools, tool_to_json));
    json.some("consulted", texts(consulted));
    json.some("details", list(rules, note_to_json));
    json.into()
}

/// The decision on a request that is none.
#[must_use]
pub fn invalid_decision(invalid: &Invalid, policy: SmolStr) -> Decision {
    Decision {
        reason: Reason::InvalidRequest,
        rules: Vec::new(),
        obligations: Obligations::default(),
        missing: Vec::new(),
        explanation: vec![SmolStr::from(invalid.to_string())],
        scopes: Vec::new(),
        requests: Vec::new(),
        credential: None,
        tools: Vec::new(),
        consulted: Vec::new(),
        policy,
    }
}

/// What stands in a stream of decisions in the place of a line that is not JSON: a deny
/// with one more key, `error`.
#[must_use]
pub fn not_json_to_json(error: &NotJson, policy: SmolStr) -> Json {
    undecided(Reason::InvalidRequest.name(), &error.to_string(), policy)
}

/// What stands in the place of a decision that could not be made, since something that it
/// needs failed: a deny with one more key, `error`. `unavailable` is no reason of the
/// language, as it is none of a decision.
#[must_use]
pub fn unavailable_to_json(error: &str, policy: SmolStr) -> Json {
    undecided("unavailable", error, policy)
}

fn undecided(reason: &'static str, error: &str, policy: SmolStr) -> Json {
    let said = SmolStr::from(error);
    let mut json = Members::default();
    json.put("decision", string("deny"));
    json.put("reason", string(reason));
    json.put("error", string(said.clone()));
    json.put("rules", Json::Array(Vec::new()));
    json.put("obligations", Json::Object(Vec::new()));
    json.put("explanation", texts(&[said]));
    json.put("policy", string(policy));
    json.into()
}

fn verdict(reason: Reason) -> &'static str {
    if reason == Reason::Granted {
        "grant"
    } else {
        "deny"
    }
}

fn names(rules: &[RuleNote]) -> Json {
    list(rules, |rule| string(rule.name.clone()))
}

fn note_to_json(note: &RuleNote) -> Json {
    let RuleNote {
        name,
        kind,
        owner,
        doc,
    } = note;
    let mut json = Members::default();
    json.put("rule", string(name.clone()));
    json.put("kind", string(kind.name()));
    json.maybe("owner", owner.clone().map(string));
    json.maybe("doc", (!doc.is_empty()).then(|| string(doc.clone())));
    json.into()
}

fn obligations_to_json(obligations: &Obligations, asks: bool) -> Json {
    let Obligations {
        lifetime,
        not_after,
        delegate,
        consents,
        approvals,
        budgets,
        audiences,
    } = obligations;
    let mut assents = Members::default();
    assents.some(
        "consents",
        Json::Array(consents.iter().flat_map(consent_to_json).collect()),
    );
    assents.some(
        "approvals",
        Json::Array(approvals.iter().flat_map(approval_to_json).collect()),
    );
    let mut json = Members::default();
    json.maybe("lifetime", lifetime.map(shown));
    json.maybe("not_after", not_after.map(shown));
    json.maybe("delegate", delegate.map(|depth| number(i64::from(depth))));
    // Asked for, or used: never to be mixed up.
    json.some(if asks { "ask" } else { "used" }, assents.into());
    json.some("budgets", list(budgets, budget_to_json));
    json.some("audiences", texts(audiences));
    json.into()
}

/// One record for each thing to be covered, as `consents` of a request takes it; none where
/// nobody can give it.
fn consent_to_json(duty: &ConsentDuty) -> Vec<Json> {
    let ConsentDuty {
        by,
        agent,
        task,
        covers,
    } = duty;
    let Some(by) = by else {
        return Vec::new();
    };
    let record = |cover: &DutyCover| {
        let mut json = Members::default();
        json.put("by", string(by.clone()));
        json.put("agent", string(agent.clone()));
        json.maybe("task", task.clone().map(string));
        put_cover(&mut json, cover);
        json.into()
    };
    covers.iter().map(record).collect()
}

/// One record for each thing to be covered, as `approvals` of a request takes it once
/// `by` is added.
fn approval_to_json(duty: &ApprovalDuty) -> Vec<Json> {
    let ApprovalDuty {
        group,
        agent,
        user,
        task,
        covers,
    } = duty;
    let record = |cover: &DutyCover| {
        let mut json = Members::default();
        json.put("group", string(group.clone()));
        json.put("agent", string(agent.clone()));
        json.maybe("user", user.clone().map(string));
        json.maybe("task", task.clone().map(string));
        put_cover(&mut json, cover);
        json.into()
    };
    covers.iter().map(record).collect()
}

fn put_cover(json: &mut Members, cover: &DutyCover) {
    match cover {
        DutyCover::Call(digest) => json.put("call", string(digest.clone())),
        DutyCover::Scope(tool, action, resource) => {
            json.put("scope", scope_triple_to_json(tool, action, resource));
        }
    }
}

fn budget_to_json(budget: &BudgetDuty) -> Json {
    let BudgetDuty {
        rule,
        index,
        limit,
        charge,
        spent,
    } = budget;
    let mut json = Members::default();
    json.put("rule", string(rule.clone()));
    json.put("index", number(i64::from(*index)));
    json.put("limit", string(limit.clone()));
    json.maybe("charge", charge.clone().map(string));
    json.maybe("spent", spent.clone().map(string));
    json.into()
}

fn request_to_json(request: &MappedRequest) -> Json {
    let MappedRequest { action, resource } = request;
    let mut json = Members::default();
    json.put("action", string(action.clone()));
    json.put("resource", string(resource.clone()));
    json.into()
}

fn outcome_to_json(outcome: &ScopeOutcome) -> Json {
    let ScopeOutcome {
        requested,
        became,
        reason,
        scopes,
        rules,
    } = outcome;
    let mut json = Members::default();
    json.put("requested", scope_request_to_json(requested));
    json.put("became", string(became.name()));
    json.put("reason", string(reason.name()));
    json.put("scopes", list(scopes, scope_to_json));
    json.put("rules", names(rules));
    json.into()
}

fn tool_to_json(answer: &ToolAnswer) -> Json {
    let ToolAnswer {
        tool,
        answer,
        depends_on,
    } = answer;
    let mut json = Members::default();
    json.put("tool", string(tool.clone()));
    json.put("answer", string(answer.name()));
    json.some("depends_on", texts(depends_on));
    json.into()
}
