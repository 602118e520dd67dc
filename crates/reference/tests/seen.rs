//! What is said to decide does decide, and all else does not: each part of a rule is turned
//! over in the policy, and the specification is asked whether the rule then matches otherwise.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "what is not there fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::{Engine, Observer, Part, Seen};
use placet_model::ids::{ExprId, RuleId};
use placet_model::policy::{Agents, Expr, Moment, Policy, Rule, RuleKind, Users};
use placet_model::request::{Asked, Request};
use placet_model::value::Value;
use placet_reference::call;
use placet_reference::generate::{self, Dice, Pool};
use placet_reference::pipeline::compile;
use placet_reference::rules;
use placet_reference::truth::Truths;
use placet_reference::world::World;

/// How often which kind of part was turned over, and how often that made a difference.
#[derive(Debug, Default)]
struct Tried {
    parts: BTreeSet<Part>,
    decisive: usize,
    idle: usize,
}

#[test]
fn what_is_seen_to_decide_does_and_nothing_else() {
    let mut tried = Tried::default();
    for seed in 0..200 {
        let mut dice = Dice::seeded(seed);
        let Ok(compiled) = compile(&generate::policy(&mut dice)) else {
            continue;
        };
        let pool = Pool::of(compiled.policy());
        let engine = Engine::new(compiled);
        for at in 0..6 {
            let policy = engine.compiled().policy();
            let request = generate::runtime(&mut dice, policy, &pool, at % 2 == 0);
            check(&engine, &request, &mut tried);
        }
    }
    assert!(tried.decisive > 200 && tried.idle > 2000, "{tried:?}");
    let clauses = [Part::Agent, Part::User, Part::Tool, Part::Action];
    assert!(
        clauses.iter().all(|part| tried.parts.contains(part)),
        "{tried:?}"
    );
}

fn check(engine: &Engine, request: &Request, tried: &mut Tried) {
    let policy = engine.compiled().policy();
    let chained = |request: &Request| {
        let held = request.credential.as_ref();
        held.is_some_and(|held| held.parent.is_some())
    };
    let Asked::Call { tool, args } = &request.asked else {
        return;
    };
    if chained(request) {
        return;
    }
    let decision = match request.credential {
        Some(_) => engine.decide(request),
        None => engine.decide_without_credential(request),
    };
    let observer = engine.observer();
    // Everything seen, by rule and what was asked.
    let mut seen = Vec::new();
    observer.watch(request, &decision, &mut |glimpse| {
        seen.push((
            glimpse.rule,
            (glimpse.function, glimpse.action),
            glimpse.matched,
            glimpse.seen.to_vec(),
        ));
    });
    if seen.is_empty() {
        return;
    }
    let Ok((triples, args)) = call::triples(policy, tool, args) else {
        return;
    };
    // Several resources of one action are not told apart by what is seen.
    let pairs: BTreeSet<_> = triples
        .iter()
        .map(|one| (one.function, one.action))
        .collect();
    if pairs.len() < triples.len() {
        return;
    }
    for triple in &triples {
        for (at, rule) in policy.rules.iter().enumerate() {
            let id = RuleId::new(at);
            let matches = |policy: &Policy| {
                let mut world = World::of(policy, Moment::Runtime, request).expect("it is valid");
                world.args = args.clone();
                passes(rule.kind, rules::matches(&world, id, triple))
            };
            let own = |(of, pair, ..): &&(RuleId, _, _, _)| {
                *of == id && *pair == (triple.function, triple.action)
            };
            let glimpse = seen.iter().find(own);
            let matched = matches(policy);
            let said = glimpse.is_some_and(|(_, _, matched, _)| *matched);
            assert_eq!(said, matched, "{}", policy.rule_name(id));
            let parts = glimpse
                .map(|(.., parts)| parts.as_slice())
                .unwrap_or_default();
            let case = Case {
                policy,
                id,
                rule,
                request,
            };
            for (part, turned) in turned(&case, &observer) {
                let decides = turned.iter().any(|policy| matches(policy) != matched);
                let found = parts.iter().any(|(of, _)| *of == part);
                let what = || format!("{part:?} of {}", placet_model::render::rule(policy, id));
                // What has no value for want of what is thought otherwise may then have any, so
                // that more can decide than shows by putting in a value.
                if decides {
                    assert!(found, "not seen: {}\n{seen:?}", what());
                } else if !case.frees(part, parts) {
                    assert!(!found, "seen, and does not decide: {}\n{seen:?}", what());
                }
                tried.parts.insert(part);
                tried.decisive += usize::from(decides);
                tried.idle += usize::from(!decides);
            }
        }
    }
}

fn passes(kind: RuleKind, truths: Truths) -> bool {
    match kind {
        RuleKind::Grant => truths == Truths::TRUE,
        RuleKind::Deny | RuleKind::Require => truths != Truths::FALSE,
    }
}

struct Case<'c> {
    policy: &'c Policy,
    id: RuleId,
    rule: &'c Rule,
    request: &'c Request,
}

impl Case<'_> {
    /// Whether other parts of the rule can be without a value for the same reason.
    fn frees(&self, part: Part, seen: &[(Part, Seen)]) -> bool {
        match part {
            Part::Tool | Part::Action => self.reads(|expr| matches!(expr, Expr::Arg(_))),
            Part::User => self.request.user.is_none(),
            Part::Resource => true,
            Part::Atom(_) => {
                // A presence that is not there; and arms of which each has its own captures.
                seen.contains(&(part, Seen::False))
                    && self.reads(|expr| matches!(expr, Expr::Has(_) | Expr::HasUser))
                    || self.rule.resources.len() > 1
            }
            _ => false,
        }
    }

    fn reads(&self, wanted: impl Fn(&Expr) -> bool) -> bool {
        let conditions = self.rule.conditions.iter();
        let mut pending: Vec<ExprId> = conditions.map(|condition| condition.expr).collect();
        while let Some(id) = pending.pop() {
            let expr = &self.policy.exprs[id.index()];
            if wanted(expr) {
                return true;
            }
            expr.for_each_child(|child| pending.push(child));
        }
        false
    }
}

/// The policy with each part of the rule turned over: made to hold, and made to fail.
fn turned(case: &Case<'_>, observer: &Observer<'_>) -> BTreeMap<Part, Vec<Policy>> {
    let mut all: BTreeMap<Part, Vec<Policy>> = BTreeMap::new();
    let mut with = |part: Part, change: &dyn Fn(&mut Policy, &mut Rule)| {
        let mut policy = case.policy.clone();
        let mut rule = case.rule.clone();
        change(&mut policy, &mut rule);
        policy.rules[case.id.index()] = rule;
        all.entry(part).or_default().push(policy);
    };
    for agents in [Agents::All, Agents::Named(Vec::new())] {
        with(Part::Agent, &|_, rule| rule.agents = agents.clone());
    }
    for users in [Users::All, Users::Named(Vec::new())] {
        with(Part::User, &|_, rule| rule.users = users.clone());
    }
    for none in [None, Some(Vec::new())] {
        with(Part::Tool, &|_, rule| rule.functions = none.clone());
    }
    for none in [None, Some(Vec::new())] {
        with(Part::Action, &|_, rule| rule.actions = none.clone());
    }
    for (at, atom) in observer.atoms(case.id).into_iter().enumerate() {
        for value in [true, false] {
            with(Part::Atom(at), &|policy, rule| {
                policy.exprs.push(Expr::Const(Value::Bool(value)));
                let new = ExprId::new(policy.exprs.len() - 1);
                let condition = &mut rule.conditions[atom.condition];
                condition.expr = replaced(policy, condition.expr, atom.expr, new);
            });
        }
    }
    all
}

fn replaced(policy: &mut Policy, id: ExprId, old: ExprId, new: ExprId) -> ExprId {
    if id == old {
        return new;
    }
    let made = match policy.exprs[id.index()].clone() {
        Expr::Not(of) => Expr::Not(replaced(policy, of, old, new)),
        Expr::And(a, b) => Expr::And(replaced(policy, a, old, new), replaced(policy, b, old, new)),
        Expr::Or(a, b) => Expr::Or(replaced(policy, a, old, new), replaced(policy, b, old, new)),
        _ => return id,
    };
    policy.exprs.push(made);
    ExprId::new(policy.exprs.len() - 1)
}
