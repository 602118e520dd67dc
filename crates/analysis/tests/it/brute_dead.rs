//! What is said of the rules of generated policies against requests that are tried one by
//! one, by the executable specification: with each rule, and as if it were not written.

use std::collections::BTreeMap;

use placet_analysis::Effort;
use placet_analysis::dead::{Cause, Clause, Idle, Issuance, Judge, Life, Redundancy};
use placet_compiler::texts;
use placet_evaluator::Engine;
use placet_model::credential::Scope;
use placet_model::decision::{DutyCover, Obligations, Reason};
use placet_model::ids::{ExprId, PatternId, RuleId, TypeId};
use placet_model::policy::{
    Agents, Condition, Expr, Extract, Hole, Line, Policy, Rule, RuleKind, Segment, Type, Users,
};
use placet_model::render;
use placet_model::wire::{request_to_json, to_text};
use placet_reference::generate::{self, Dice, Pool};
use placet_reference::issuance::issuance;
use placet_reference::outcome::Outcome;
use placet_reference::rules;
use placet_reference::segment::{self, Seg, Shape};
use smol_str::SmolStr;

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
    assert!(count("idle when issued") > policies / 40, "{counts:?}");
    assert!(count("issued") > policies, "{counts:?}");
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
    let mut idle_when_issued: Vec<(RuleId, Policy)> = Vec::new();
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
            Life::Dead(found) => {
                count("dead");
                let less = dropping(policy, judged.rule);
                match found.issuance {
                    // Of a grant only calls are said to be the same, and of patterns that no
                    // call fits nothing is said at all.
                    Issuance::Nothing
                        if rule.kind != RuleKind::Grant && !is_misplaced(&found.cause) =>
                    {
                        count(match found.cause {
                            Cause::Nowhere | Cause::Contradiction(_) => "never when issued",
                            _ => "idle when issued",
                        });
                        idle_when_issued.push((judged.rule, less.clone()));
                    }
                    Issuance::Nothing | Issuance::Unknown => {}
                    Issuance::Decides(deciding) => {
                        count("decides when issued");
                        let with = specified(policy, &deciding.request);
                        let without = specified(&less, &deciding.request);
                        assert!(
                            decides(rule, &with, &without),
                            "seed {seed}: the specification does not confirm what `{}` does\n{}\nin\n{text}",
                            policy.rule_name(judged.rule),
                            to_text(&request_to_json(&deciding.request)),
                        );
                    }
                }
                dead.push((judged.rule, less));
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
    check_issuance(
        seed,
        &mut dice,
        policy,
        &idle_when_issued,
        &text,
        &mut count,
    );
}

/// Whether it is for its resources that a rule never matches.
fn is_misplaced(cause: &Cause) -> bool {
    let Cause::Contradiction(parts) = cause else {
        return false;
    };
    parts.iter().any(|part| part.clause == Clause::Resource)
}

/// Asks for credentials with and without rules that are said to do nothing then.
fn check_issuance(
    seed: u64,
    dice: &mut Dice,
    policy: &Policy,
    idle: &[(RuleId, Policy)],
    text: &str,
    count: &mut impl FnMut(&'static str),
) {
    if idle.is_empty() {
        return;
    }
    let pool = Pool::of(policy);
    for _ in 0..REQUESTS {
        let request = generate::issuance(dice, policy, &pool);
        let with = issuance(policy, &request);
        for (id, less) in idle {
            let without = issuance(less, &request);
            if !with.scopes.is_empty() && without.credential.is_some() {
                count("issued");
            }
            assert!(
                without
                    .scopes
                    .iter()
                    .flat_map(|became| &became.scopes)
                    .all(|scope| is_issued(policy, &with, scope)),
                "seed {seed}: `{}` does nothing when issued, and yet\n{}\n{with:?}\n{without:?}\nin\n{text}",
                policy.rule_name(*id),
                to_text(&request_to_json(&request)),
            );
        }
    }
}

/// Whether all calls of a scope are in what was issued, for as long and to be handed on as
/// often. What no template makes is no call.
fn is_issued(policy: &Policy, outcome: &Outcome, scope: &Scope) -> bool {
    let shape = |text: &SmolStr| segment::pattern(text).expect("a pattern");
    let cuts = scope.except.iter().map(|cut| (shape(cut), Vec::new()));
    let issued = outcome.scopes.iter().flat_map(|became| &became.scopes);
    let as_good = issued.filter(|other| {
        (&other.tool, &other.action) == (&scope.tool, &scope.action)
            && other.not_after >= scope.not_after
            && other.delegate >= scope.delegate
    });
    let regions: Vec<segment::Region> = as_good
        .map(|other| {
            let except = other.except.iter().map(shape).collect();
            (shape(&other.resource), except)
        })
        .chain(cuts)
        .collect();
    let mut functions = policy.functions.iter();
    let Some(function) = functions.find(|function| function.path == scope.tool) else {
        return true;
    };
    let does = |line: &&Line| policy.actions[line.action.index()].name == scope.action;
    let lines = function.lines.iter().filter(does);
    let made = lines
        .flat_map(|line| &line.templates)
        .flat_map(|template| made(policy, function.params, *template));
    made.flat_map(|made| made.intersect(&shape(&scope.resource)))
        .all(|made| segment::covers(&regions, &made))
}

/// What calls make of a template: a hole of an enum is one of its members.
fn made(policy: &Policy, params: Option<TypeId>, template: PatternId) -> Vec<Shape> {
    let members = |hole: &Hole| {
        let Expr::Arg(name) = &policy.exprs[hole.value.index()] else {
            return None;
        };
        let Type::Record(fields) = &policy.types[params?.index()] else {
            return None;
        };
        let field = fields.iter().find(|field| field.name == *name)?;
        match &policy.types[field.ty.index()] {
            Type::Enum(members) => Some(members),
            _ => None,
        }
    };
    let mut shapes = vec![rules::template(policy, template).widest()];
    for (at, segment) in policy.patterns[template.index()]
        .segments
        .iter()
        .enumerate()
    {
        let Segment::Hole(hole) = segment else {
            continue;
        };
        if hole.extract != Extract::Text {
            // Segments no longer correspond.
            break;
        }
        let Some(members) = members(hole) else {
            continue;
        };
        shapes = shapes
            .iter()
            .flat_map(|shape| {
                members.iter().map(|member| {
                    let mut shape = shape.clone();
                    shape.segs[at] = Seg::Lit(member.to_string());
                    shape
                })
            })
            .collect();
    }
    shapes
}

/// Requests in which a dead rule is named all the same are the ones that could tell.
fn count_if(outcome: &Outcome, policy: &Policy, id: RuleId, count: &mut impl FnMut(&'static str)) {
    if outcome.rules.contains(&policy.rule_name(id)) {
        count("matched");
    }
}

fn specified(policy: &Policy, request: &placet_model::request::Request) -> Outcome {
    match request.asked {
        placet_model::request::Asked::Scopes { .. } => issuance(policy, request),
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
