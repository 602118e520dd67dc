//! Rule sets made to blow a graph up. Each must stay within the stated bound, which must
//! stay linear in what the policy's author wrote, and must be lowered in no time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use placet_compiler::lower::lower;
use placet_model::compiled::Compiled;
use placet_model::graph::build::{bound, build};
use placet_model::graph::demand::{self, MAX_PLACES, Planner};
use placet_model::graph::{Atom, Node};
use placet_model::ids::*;
use placet_model::policy::*;
use placet_model::value::Value;
use smol_str::{SmolStr, format_smolstr};

use crate::generate::{BOOLS, Build, Random};

/// Lowers a policy; gives its number of nodes and how long lowering took.
fn check(name: &str, policy: Policy) -> (usize, Duration) {
    let start = Instant::now();
    let graphs = lower(&policy);
    let time = start.elapsed();
    assert!(graphs == build(&policy), "{name}: loading builds another");
    let nodes: usize = graphs.iter().map(|graph| graph.nodes.len()).sum();
    let cases: usize = graphs.iter().map(|graph| graph.cases.len()).sum();
    let layers = 0..policy.layers.len();
    let limit: usize = layers
        .map(|layer| bound(&policy, LayerId::new(layer)))
        .sum();
    assert!(
        nodes <= limit,
        "{name}: {nodes} nodes, and the bound is {limit}"
    );
    assert!(
        cases <= limit,
        "{name}: {cases} cases, and the bound is {limit}"
    );
    // The part of the bound that grows with keys is linear in the arms, or small.
    let span = |rule: &Rule| -> usize {
        let spans = demand::arms(rule).map(|id| match id {
            Some(id) => 2 * policy.patterns[id.index()].segments.len() + 6,
            None => 6,
        });
        spans.sum()
    };
    let places: usize = policy.rules.iter().map(span).sum();
    let planner = Planner::new(&policy);
    let rules = policy.rules.iter().enumerate();
    let keyed: usize = rules
        .map(|(at, rule)| {
            let demand = planner.demand(RuleId::new(at), rule);
            demand.combinations(rule) * span(rule)
        })
        .sum();
    assert!(keyed <= places.max(MAX_PLACES), "{name}: {keyed} places");
    let size = Compiled::new(policy, graphs).save().len();
    eprintln!("{name}: {nodes} nodes, {size} bytes saved, {time:?}");
    (nodes, time)
}

/// A tool, an action or an agent for each number.
fn wide(count: usize) -> Build {
    let mut build = Build::new();
    let policy = &mut build.policy;
    let name = |at: usize| format_smolstr!("n{at:04}");
    policy.agents = (0..count)
        .map(|at| Agent {
            name: name(at),
            facts: Vec::new(),
        })
        .collect();
    policy.actions = (0..count)
        .map(|at| Action {
            name: name(at),
            groups: Vec::new(),
        })
        .collect();
    let function = policy.functions[0].clone();
    policy.functions = (0..count)
        .map(|at| Function {
            path: name(at),
            ..function.clone()
        })
        .collect();
    build
}

#[test]
fn wildcards_that_overlap_at_every_depth() {
    let mut build = Build::new();
    // Every row of ten segments that are each `a` or `*`: as an automaton that follows
    // them all at once this has 2^10 states a segment.
    for row in 0..1_024_u32 {
        let segments: Vec<&str> = (0..10)
            .map(|at| if row >> at & 1 == 1 { "a" } else { "*" })
            .collect();
        let pattern = build.pattern(&format!("{}/**", segments.join("/")));
        build.rule(RuleKind::Deny).resources = vec![pattern];
    }
    let (nodes, _) = check("overlapping wildcards", build.policy);
    assert!(nodes < 1_024 * 11, "{nodes}");
}

#[test]
fn lists_that_multiply() {
    let mut build = wide(100);
    let names: Vec<SmolStr> = build
        .policy
        .agents
        .iter()
        .map(|agent| agent.name.clone())
        .collect();
    for _ in 0..100 {
        let rule = build.rule(RuleKind::Grant);
        rule.functions = Some((0..100).map(FunctionId).collect());
        rule.actions = Some((0..100).map(ActionId).collect());
        rule.agents = Agents::Named(names.clone());
    }
    let (nodes, _) = check("100 × 100 × 100", build.policy);
    assert!(nodes < 1_000, "{nodes}");
    // Just what fits is kept apart.
    let mut build = wide(100);
    for at in 0..100 {
        let rule = build.rule(RuleKind::Grant);
        rule.functions = Some((at / 2..at / 2 + 8).map(FunctionId).collect());
        rule.actions = Some((at / 3..at / 3 + 8).map(ActionId).collect());
        rule.agents = Agents::Named(names[..20].to_vec());
    }
    check("8 × 8 of many", build.policy);
}

#[test]
fn keys_that_shift_from_rule_to_rule() {
    // No two functions have the same rules, so that nothing is shared among them. The
    // more rules there are, the fewer keys each is given.
    let of = |count: usize| {
        let mut build = wide(1_000);
        for at in 0..count {
            let pattern = build.pattern(&format!("p{at}/q/r/**"));
            let start = u32::try_from(at * 7 % 800).unwrap();
            let rule = build.rule(RuleKind::Grant);
            rule.functions = Some((start..start + 200).map(FunctionId).collect());
            rule.resources = vec![pattern];
        }
        build.policy
    };
    let limit = |policy: &Policy| Planner::new(policy).limit();
    let (few, many) = (of(500), of(5_000));
    assert_eq!((limit(&few), limit(&many)), (256, 64));
    check("200 keys, 500 rules", few);
    check("200 keys, 5,000 rules", many);
}

#[test]
fn rules_with_a_thousand_patterns_and_conditions_on_each() {
    let mut build = Build::new();
    let capture = build.expr(Expr::Capture(0));
    let patterns: Vec<PatternId> = (0..1_000)
        .map(|at| build.pattern(&format!("p{at}/{{c}}")))
        .collect();
    let conditions: Vec<Condition> = (0..1_000)
        .map(|at| {
            let text = build.expr(Expr::Const(Value::Text(format_smolstr!("v{at}"))));
            Condition {
                expr: build.expr(Expr::Compare(Comparison::NotEqual, capture, text)),
                unless: false,
            }
        })
        .collect();
    for _ in 0..10 {
        let rule = build.rule(RuleKind::Deny);
        rule.resources = patterns.clone();
        rule.captures = vec!["c".into()];
        rule.conditions = conditions.clone();
    }
    let (nodes, _) = check("1,000 patterns by 1,000 conditions", build.policy);
    assert!(nodes < 10 * 1_000 * 4, "{nodes}");
}

#[test]
fn towers_of_and_and_or() {
    for first in [true, false] {
        let mut build = Build::new();
        for rule in 0..50 {
            let mut tower = build.bool(rule % BOOLS);
            for level in 0..60 {
                let leaf = build.bool((rule + level) % BOOLS);
                let flag = build.expr(Expr::Const(Value::Int((rule * 100 + level) as i64)));
                let one = build.expr(Expr::Compare(Comparison::Equal, flag, flag));
                let (left, right) = if first { (tower, leaf) } else { (leaf, tower) };
                let inner = build.expr(Expr::And(left, right));
                tower = if first {
                    build.expr(Expr::Or(inner, one))
                } else {
                    build.expr(Expr::Or(one, inner))
                };
            }
            let condition = Condition {
                expr: tower,
                unless: rule % 2 == 0,
            };
            build.rule(RuleKind::Deny).conditions = vec![condition];
        }
        check("towers", build.policy);
    }
}

#[test]
fn a_part_of_a_condition_has_at_most_27_copies() {
    let mut most = 0;
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let mut build = Build::new();
        // Operands are put together in random places, so that towers lean to all sides.
        let mut parts: Vec<ExprId> = (0..300)
            .map(|at| {
                let number = build.expr(Expr::Const(Value::Int(at)));
                build.expr(Expr::Compare(Comparison::Equal, number, number))
            })
            .collect();
        while parts.len() > 1 {
            let at = random.below(parts.len());
            let right = parts.remove(at);
            let at = random.below(parts.len());
            let left = parts[at];
            parts[at] = match random.below(5) {
                0 => build.expr(Expr::Not(left)),
                1 | 2 => build.expr(Expr::And(left, right)),
                _ => build.expr(Expr::Or(right, left)),
            };
        }
        let condition = Condition {
            expr: parts[0],
            unless: random.one_in(2),
        };
        build.rule(RuleKind::Deny).conditions = vec![condition];
        let mut copies: BTreeMap<Atom, usize> = BTreeMap::new();
        for node in &lower(&build.policy)[0].nodes {
            if let Node::Test { atom, .. } = node {
                *copies.entry(*atom).or_default() += 1;
            }
        }
        most = most.max(copies.into_values().max().unwrap_or_default());
    }
    assert!((4..=27).contains(&most), "{most} copies");
}

#[test]
fn chains_of_exclusive_or() {
    // As a tree each link doubles the chain: 2^40 nodes.
    for links in [8, 10, 40] {
        let mut build = Build::new();
        for rule in 0..20 {
            let mut chain = build.bool(rule % BOOLS);
            for link in 0..links {
                let bit = build.bool((rule + link + 1) % BOOLS);
                let (not_chain, not_bit) =
                    (build.expr(Expr::Not(chain)), build.expr(Expr::Not(bit)));
                let one = build.expr(Expr::And(chain, not_bit));
                let other = build.expr(Expr::And(not_chain, bit));
                chain = build.expr(Expr::Or(one, other));
            }
            let condition = Condition {
                expr: chain,
                unless: false,
            };
            build.rule(RuleKind::Deny).conditions = vec![condition];
        }
        check("exclusive or", build.policy);
    }
}

#[test]
fn large_conditions_of_few_parts_in_every_rule() {
    // Both sides of each link are the same: a dozen expressions are 4,095 nodes.
    let of = |rules: usize| {
        let mut build = Build::new();
        for rule in 0..rules {
            let number = build.expr(Expr::Const(Value::Int(rule as i64)));
            let mut chain = build.expr(Expr::Compare(Comparison::Equal, number, number));
            for link in 0..10 {
                chain = build.expr(if link % 2 == 0 {
                    Expr::And(chain, chain)
                } else {
                    Expr::Or(chain, chain)
                });
            }
            let condition = Condition {
                expr: chain,
                unless: false,
            };
            build.rule(RuleKind::Deny).conditions = vec![condition];
        }
        build.policy
    };
    check("few large conditions", of(10));
    let (nodes, _) = check("many large conditions", of(2_000));
    assert!(nodes < 1 << 21, "{nodes}");
}

#[test]
fn layers_that_each_multiply() {
    let mut build = wide(256);
    let layer = build.policy.layers[0].clone();
    build.policy.layers = (0..16)
        .map(|at| Layer {
            name: format_smolstr!("l{at:02}"),
            ..layer.clone()
        })
        .collect();
    let pattern = build.pattern(&["*"; 60].join("/"));
    let mut random = Random::new(1);
    for at in 0..16 * 30 {
        let mut some = |count: u32| -> Vec<u32> {
            let keys = (0..count).map(|key| key * 16 + random.below(16) as u32);
            keys.collect()
        };
        let (functions, actions) = (some(16), some(16));
        let rule = build.rule(RuleKind::Grant);
        rule.layer = LayerId::new(at / 30);
        rule.functions = Some(functions.into_iter().map(FunctionId).collect());
        rule.actions = Some(actions.into_iter().map(ActionId).collect());
        rule.resources = vec![pattern];
    }
    check("16 × 16 keys in 16 layers", build.policy);
}

/// Many rules of all kinds: some that cover everything, some keyed, some deep.
fn many(count: usize) -> Policy {
    let mut build = wide(1_000);
    for at in 0..count {
        let number = u32::try_from(at % 1_000).unwrap();
        let resources = match at % 4 {
            0 => Vec::new(),
            1 => vec![build.pattern(&format!("t/{}/**", at % 977))],
            2 => vec![build.pattern(&format!("t/*/{}/x*", at % 991))],
            _ => vec![
                build.pattern(&format!("u/{at}/{{t}}/deep/er/and/deep/er")),
                build.pattern("u/**"),
            ],
        };
        let conditions = (0..at % 3)
            .map(|one| {
                let left = build.bool((at + one) % BOOLS);
                let right = build.bool((at * 7 + one) % BOOLS);
                Condition {
                    expr: build.expr(Expr::Or(left, right)),
                    unless: one == 1,
                }
            })
            .collect();
        let rule = build.rule(match at % 5 {
            0 => RuleKind::Deny,
            1 => RuleKind::Require,
            _ => RuleKind::Grant,
        });
        if at % 2 == 0 {
            rule.functions = Some(vec![FunctionId(number)]);
        }
        if at % 3 == 0 {
            rule.actions = Some(vec![ActionId(number), ActionId(number + 1)]);
            rule.actions.as_mut().unwrap().retain(|id| id.0 < 1_000);
        }
        if at % 7 == 0 {
            rule.users = Users::Any;
        }
        rule.resources = resources;
        rule.conditions = conditions;
    }
    build.policy
}

#[test]
fn time_and_size_grow_as_the_rules_do() {
    let (small, quick) = check("5,000 rules", many(5_000));
    let (large, slow) = check("20,000 rules", many(20_000));
    assert!(large < small * 5, "{small} nodes became {large}");
    // Generous, for machines that do other things besides.
    let limit = quick * 4 * 4 + Duration::from_secs(2);
    assert!(slow < limit, "{quick:?} became {slow:?}");
}
