//! What is said of the rules of generated policies against requests that are tried one by
//! one, by the executable specification: with each rule, and as if it were not written.

use std::collections::BTreeMap;

use placet_analysis::Effort;
use placet_analysis::dead::{Clause, Idle, Judge, Life, Redundancy};
use placet_compiler::texts;
use placet_evaluator::Engine;
use placet_model::decision::{DutyCover, Obligations, Reason};
use placet_model::ids::{ExprId, RuleId};
use placet_model::policy::{Agents, Condition, Expr, Policy, Rule, RuleKind, Users};
use placet_model::render;
use placet_model::wire::{request_to_json, to_text};
use placet_reference::generate::{self, Dice, Pool};
use placet_reference::outcome::Outcome;

use super::brute::{REQUESTS, decide, seeds, stands_for_calls};

#[test]
fn no_rule_that_is_dead_decides_a_request() {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let seeds = seeds();
    let policies = seeds.end - seeds.start;
    for seed in seeds {
        check(seed, &mut counts);
    }
    println!("{counts:?}");
    let count = |what| counts.get(what).copied().unwrap_or(0);
    // A judge that never answers would pass.
    assert!(count("dead") > policies, "{counts:?}");
    assert!(count("decides") > policies, "{counts:?}");
    assert!(count("idle") > policies / 10, "{counts:?}");
    assert!(count("matched") > policies, "{counts:?}");
}

fn check(seed: u64, counts: &mut BTreeMap<&'static str, u64>) {
    let mut dice = Dice::seeded(seed);
    let mut files = generate::policy(&mut dice);
    for file in &mut files {
        // So many denies leave little to decide.
        file.items
            .retain(|item| !item.starts_with("deny ") || dice.chance(50));
    }
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|file| (file.name.clone(), file.text()))
        .collect();
    let text: Vec<&str> = texts.iter().map(|(_, text)| text.as_str()).collect();
    let text = text.join("\n\n");
    let Some(compiled) = texts::check(texts).policy else {
        return;
    };
    let engine = Engine::new(compiled);
    let policy = engine.compiled().policy();
    let judge = Judge::new(&engine, Effort { steps: 5_000 });
    let mut dead: Vec<(RuleId, Policy)> = Vec::new();
    let mut idle: Vec<(RuleId, Vec<Idle>, Policy)> = Vec::new();
    let mut count = |what| *counts.entry(what).or_default() += 1;
    for judged in judge.all() {
        let rule = &policy.rules[judged.rule.index()];
        match judged.life {
            Life::Decides(deciding) => {
                count("decides");
                let with = specified(policy, &deciding.request);
                let without = specified(&dropping(policy, judged.rule), &deciding.request);
                assert!(
                    decides(rule, &with, &without),
                    "seed {seed}: the specification does not confirm that `{}` decides\n{}\nin\n{text}",
                    policy.rule_name(judged.rule),
                    to_text(&request_to_json(&deciding.request)),
                );
            }
            Life::Dead(_) => {
                count("dead");
                dead.push((judged.rule, dropping(policy, judged.rule)));
            }
            Life::Unknown(_) => count("unknown"),
        }
        if !judged.idle.is_empty() {
            count("idle");
            let less = lessened(policy, judged.rule, &judged.idle);
            idle.push((judged.rule, judged.idle, less));
        }
    }
    let pool = Pool::of(policy);
    for _ in 0..REQUESTS {
        let request = generate::runtime(&mut dice, policy, &pool, false);
        if stands_for_calls(policy, &request) {
            continue;
        }
        let with = decide(policy, &request);
        for (id, less) in &dead {
            count("tried");
            let rule = &policy.rules[id.index()];
            let without = decide(less, &request);
            count_if(&with, policy, *id, &mut count);
            assert!(
                !decides(rule, &with, &without),
                "seed {seed}: `{}` is dead, and yet\n{}\n{with:?}\n{without:?}\nin\n{text}",
                policy.rule_name(*id),
                to_text(&request_to_json(&request)),
            );
        }
        for (id, parts, less) in &idle {
            let changed = decide(less, &request);
            assert!(
                (with.reason, &with.rules, &with.obligations)
                    == (changed.reason, &changed.rules, &changed.obligations),
                "seed {seed}: {parts:?} of `{}` change nothing, and yet\n{}\nin\n{text}",
                policy.rule_name(*id),
                to_text(&request_to_json(&request)),
            );
        }
    }
}

/// Requests in which a dead rule is named all the same are the ones that could tell.
fn count_if(outcome: &Outcome, policy: &Policy, id: RuleId, count: &mut impl FnMut(&'static str)) {
    if outcome.rules.contains(&policy.rule_name(id)) {
        count("matched");
    }
}

fn specified(policy: &Policy, request: &placet_model::request::Request) -> Outcome {
    match request.asked {
        placet_model::request::Asked::Scopes { .. } => {
            placet_reference::issuance::issuance(policy, request)
        }
        _ => decide(policy, request),
    }
}

fn dropping(policy: &Policy, id: RuleId) -> Policy {
    let mut less = policy.clone();
    less.rules.remove(id.index());
    less
}

/// Whether a rule decides a request, going by what comes of it with and without the rule.
fn decides(rule: &Rule, with: &Outcome, without: &Outcome) -> bool {
    if with.scopes.len() + without.scopes.len() > 0 {
        return with.scopes != without.scopes || with.obligations != without.obligations;
    }
    let granted = |outcome: &Outcome| outcome.reason == Reason::Granted;
    match rule.kind {
        // Which consents and approvals are used says little: of grants that all hold one is
        // taken by name.
        RuleKind::Grant => {
            granted(with) && (!granted(without) || shorter(&without.obligations, &with.obligations))
        }
        RuleKind::Deny => granted(without) && with.reason == Reason::DeniedByRule,
        RuleKind::Require => {
            granted(without) && (!granted(with) || tighter(&with.obligations, &without.obligations))
        }
    }
}

/// Whether obligations last shorter than others, or may be handed on less.
fn shorter(one: &Obligations, other: &Obligations) -> bool {
    let least = |limit: Option<i64>| limit.unwrap_or(i64::MAX);
    let lifetime = |of: &Obligations| least(of.lifetime.map(|lifetime| lifetime.0));
    let delegate = |of: &Obligations| least(of.delegate.map(i64::from));
    lifetime(one) < lifetime(other) || delegate(one) < delegate(other)
}

/// Whether obligations are tighter than others in any way.
fn tighter(one: &Obligations, other: &Obligations) -> bool {
    // A duty per call is tighter than one for a scope.
    let strength = |covers: &[DutyCover]| {
        let mut covers = covers.iter();
        1 + u8::from(covers.any(|cover| matches!(cover, DutyCover::Call(_))))
    };
    let consent = |of: &Obligations| {
        let duties = of.consents.iter();
        duties.map(|duty| strength(&duty.covers)).max()
    };
    let approval = |of: &Obligations, group: &str| {
        let duties = of.approvals.iter().filter(|duty| duty.group == group);
        duties.map(|duty| strength(&duty.covers)).max()
    };
    shorter(one, other)
        || consent(one) > consent(other)
        || one
            .approvals
            .iter()
            .any(|duty| approval(one, &duty.group) > approval(other, &duty.group))
        || one.budgets.iter().any(|duty| !other.budgets.contains(duty))
}

/// A policy without parts of a rule that change nothing.
fn lessened(policy: &Policy, id: RuleId, idle: &[Idle]) -> Policy {
    let mut less = policy.clone();
    let mut rule = less.rules[id.index()].clone();
    let conditions: Vec<Condition> = std::mem::take(&mut rule.conditions);
    for (at, condition) in conditions.into_iter().enumerate() {
        let mut of_this = idle
            .iter()
            .filter(|idle| idle.part.clause == Clause::Condition(at));
        let and = !condition.unless;
        let text = |policy: &Policy, expr| render::expr(policy, expr, &rule.captures);
        let (implied, covered): (Vec<&Idle>, Vec<&Idle>) = of_this
            .by_ref()
            .partition(|idle| idle.because == Redundancy::Implied);
        let mut together = Vec::new();
        split(&less, condition.expr, and, &mut together);
        // Of equal ones all but one are left out.
        for idle in implied {
            let found = together
                .iter()
                .rposition(|expr| text(&less, *expr) == idle.part.text);
            together.remove(found.expect("the part"));
        }
        for expr in together {
            let mut ways = Vec::new();
            split(&less, expr, !and, &mut ways);
            for idle in &covered {
                if let Some(at) = ways
                    .iter()
                    .rposition(|way| text(&less, *way) == idle.part.text)
                {
                    ways.remove(at);
                }
            }
            let joined = ways.into_iter().reduce(|a, b| {
                less.exprs
                    .push(if and { Expr::Or(a, b) } else { Expr::And(a, b) });
                ExprId::new(less.exprs.len() - 1)
            });
            rule.conditions.push(Condition {
                expr: joined.expect("a way"),
                unless: condition.unless,
            });
        }
    }
    let names = |clause| {
        let idle = idle.iter().filter(move |idle| idle.part.clause == clause);
        let names: Vec<String> = idle.map(|idle| idle.part.text.to_string()).collect();
        names
    };
    for text in names(Clause::Resource) {
        let shown = |id| format!("\"{}\"", render::pattern(&less, id, &rule.captures));
        let at = rule.resources.iter().rposition(|id| shown(*id) == text);
        rule.resources.remove(at.expect("the pattern"));
    }
    let group = |id: &placet_model::ids::GroupId| render::name(&policy.groups[id.index()].name);
    let agents = names(Clause::Agent);
    match &mut rule.agents {
        Agents::In(groups) => groups.retain(|id| !agents.contains(&group(id))),
        Agents::Named(own) => own.retain(|name| !agents.contains(&render::name(name))),
        Agents::All => {}
    }
    let users = names(Clause::User);
    match &mut rule.users {
        Users::In(groups) => groups.retain(|id| !users.contains(&group(id))),
        Users::Named(own) => own.retain(|name| !users.contains(&render::name(name))),
        _ => {}
    }
    less.rules[id.index()] = rule;
    less
}

fn split(policy: &Policy, id: ExprId, and: bool, into: &mut Vec<ExprId>) {
    match &policy.exprs[id.index()] {
        Expr::And(a, b) if and => {
            split(policy, *a, and, into);
            split(policy, *b, and, into);
        }
        Expr::Or(a, b) if !and => {
            split(policy, *a, and, into);
            split(policy, *b, and, into);
        }
        _ => into.push(id),
    }
}
