//! Expectations and decisions in the words of tests.

use std::collections::BTreeSet;

use placet_compiler::scenario::{Limit, Want};
use placet_model::decision::{Answer, Became, Decision, RuleNote, ToolAnswer};
use placet_model::value::Duration;
use smol_str::SmolStr;

/// What is expected, as it can be written, rules by their full names.
pub(crate) fn want(want: &Want) -> String {
    match want {
        Want::Answer(answer) => answer.name().to_owned(),
        Want::Grant(limit) => format!("grant{}", limits(limit)),
        Want::Narrowed { to, limit } => format!("narrowed to {}{}", quoted(to), limits(limit)),
        Want::Deny { reason, by } => format!("deny {reason}{}", rules(by)),
    }
}

fn limits(limit: &Limit) -> String {
    let lasts = limit.lifetime;
    let lasts = lasts.map(|length| format!(" for {length}"));
    lasts.unwrap_or_default() + &rules(&limit.by)
}

fn rules(names: &[SmolStr]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!(" by {}", quoted(names))
}

/// What was decided about an issuance or a call, as it would be expected.
pub(crate) fn decision(decision: &Decision) -> String {
    let by = rules(&names(&decision.rules));
    if !decision.is_grant() {
        return format!("deny {}{by}", decision.reason);
    }
    let lasts = lifetime(decision).map(|length| format!(" for {length}"));
    let lasts = lasts.unwrap_or_default();
    if is_whole(decision) {
        format!("grant{lasts}{by}")
    } else {
        let left: Vec<SmolStr> = patterns(decision).into_iter().collect();
        format!("narrowed to {}{lasts}{by}", quoted(&left))
    }
}

/// What listing answers of a tool that has these functions below it.
pub(crate) fn listing(tools: &[ToolAnswer], functions: usize) -> Answer {
    let all = |answer| tools.iter().all(|tool| tool.answer == answer);
    if all(Answer::No) {
        Answer::No
    } else if tools.len() == functions && all(Answer::Yes) {
        Answer::Yes
    } else {
        Answer::Depends
    }
}

/// How long what was issued lasts, or how long a grant does from issuance on.
pub(crate) fn lifetime(decision: &Decision) -> Option<Duration> {
    match &decision.credential {
        Some(held) => Some(Duration(held.not_after.0.saturating_sub(held.issued.0))),
        None => decision.obligations.lifetime,
    }
}

/// Whether all that was asked for is granted.
pub(crate) fn is_whole(decision: &Decision) -> bool {
    let mut scopes = decision.scopes.iter();
    decision.is_grant() && scopes.all(|scope| scope.became == Became::Granted)
}

/// The patterns of what was issued, each once.
pub(crate) fn patterns(decision: &Decision) -> BTreeSet<SmolStr> {
    let issued = decision.scopes.iter().flat_map(|outcome| &outcome.scopes);
    issued.map(|scope| scope.resource.clone()).collect()
}

pub(crate) fn names(rules: &[RuleNote]) -> Vec<SmolStr> {
    rules.iter().map(|rule| rule.name.clone()).collect()
}

/// `"a", "b"`
pub(crate) fn quoted<S: AsRef<str>>(texts: &[S]) -> String {
    let texts: Vec<String> = texts
        .iter()
        .map(|text| format!("\"{}\"", text.as_ref()))
        .collect();
    texts.join(", ")
}
