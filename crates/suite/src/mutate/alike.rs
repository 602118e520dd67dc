//! Whether two policies with the same declarations are known to decide every call alike.
//!
//! Every kind of call that the declarations allow is looked at: each function with each action
//! and template, by each agent, with a user and without, at each depth of a chain. What a rule
//! asks beyond that is cut into *atoms*: a comparison, a fact, whether a segment is in a hole.
//! Atoms take every value, each by itself, although some of them hang together in fact. So
//! more is tried than can happen: where no difference is found there is none, and where one
//! is found there may be none.
//!
//! Alike are decisions in all that tests can ask: grant or deny, the reason, the rules that
//! decide, duties and limits. What a credential says of resources is not compared.

mod formula;
mod kind;
mod offer;
mod place;
mod search;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use placet_model::ids::{ExprId, LayerId};
use placet_model::policy::{Comparison, Expr, Moment, Policy, Rule};
use placet_model::value::Value;
use smol_str::SmolStr;

use formula::Atoms;
use kind::Kind;
use search::{Entry, Search};

/// Whether both decide every call alike, for certain. Both have the same declarations; what
/// would take too long to find out is not known.
pub(super) fn alike(one: &Policy, other: &Policy) -> bool {
    if !same_declarations(one, other) {
        return false;
    }
    let pairs = pairs(one, other);
    let mut atoms = Atoms::default();
    // What is pinned to issuance decides no call, but which calls a credential is for.
    let pinned =
        |rule: Option<&Rule>| rule.is_some_and(|rule| rule.moment == Some(Moment::Issuance));
    let mut changed = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        if atoms.same_rule((one, pair.one), (other, pair.other)) {
            continue;
        }
        if pinned(pair.one) || pinned(pair.other) {
            return false;
        }
        changed.push(at);
    }
    let depths = depths(one, other);
    let mut search = Search::new(one);
    // Many functions are alike to all rules.
    let mut seen = BTreeSet::new();
    for kind in Kind::all(one, &depths) {
        let of = |atoms: &mut Atoms, at: usize| {
            let pair = pairs.get(at)?;
            let formula = |atoms: &mut Atoms, policy, rule: Option<&Rule>| match rule {
                Some(rule) => kind.rule(atoms, policy, rule),
                None => formula::Formula::NEVER,
            };
            Some(Entry {
                at,
                one: formula(atoms, one, pair.one),
                other: formula(atoms, other, pair.other),
                changed: changed.contains(&at),
            })
        };
        let differ = changed.iter().any(|at| {
            of(&mut atoms, *at).is_some_and(|entry| !entry.is_same() || !entry.one.is_never())
        });
        if !differ {
            continue;
        }
        let entries: Vec<Entry> = (0..pairs.len())
            .filter_map(|at| of(&mut atoms, at))
            .filter(|entry| !(entry.one.is_never() && entry.other.is_never()))
            .collect();
        let known = kind.known(&mut atoms, one);
        if !seen.insert((entries.clone(), known.clone())) {
            continue;
        }
        if !search.alike((one, other), &pairs, &mut atoms, &entries, &known) {
            return false;
        }
    }
    true
}

/// A rule in both policies; `None` where a policy lacks it.
struct Pair<'a> {
    one: Option<&'a Rule>,
    other: Option<&'a Rule>,
}

fn pairs<'a>(one: &'a Policy, other: &'a Policy) -> Vec<Pair<'a>> {
    let mut pairs: BTreeMap<(LayerId, &SmolStr), Pair<'a>> = BTreeMap::new();
    let none = || Pair {
        one: None,
        other: None,
    };
    for rule in &one.rules {
        pairs
            .entry((rule.layer, &rule.name))
            .or_insert_with(none)
            .one = Some(rule);
    }
    for rule in &other.rules {
        pairs
            .entry((rule.layer, &rule.name))
            .or_insert_with(none)
            .other = Some(rule);
    }
    pairs.into_values().collect()
}

/// Whether ids of declarations mean the same in both.
fn same_declarations(one: &Policy, other: &Policy) -> bool {
    let functions = |policy: &Policy| -> Vec<SmolStr> {
        policy.functions.iter().map(|of| of.path.clone()).collect()
    };
    let facts = |policy: &Policy| -> Vec<_> {
        let facts = policy.facts.iter();
        facts
            .map(|fact| (fact.entity, fact.field.name.clone()))
            .collect()
    };
    let histories = |policy: &Policy| -> Vec<SmolStr> {
        policy.histories.iter().map(|of| of.name.clone()).collect()
    };
    one.layers == other.layers
        && one.lifetime == other.lifetime
        && one.actions == other.actions
        && one.groups == other.groups
        && one.agents == other.agents
        && one.resource_facts.len() == other.resource_facts.len()
        && functions(one) == functions(other)
        && facts(one) == facts(other)
        && histories(one) == histories(other)
}

/// A depth of each kind that conditions tell apart.
fn depths(one: &Policy, other: &Policy) -> BTreeSet<i64> {
    let mut depths = BTreeSet::from([0]);
    for policy in [one, other] {
        for expr in &policy.exprs {
            let Some((_, _, number)) = compared(policy, expr, |of| matches!(of, Expr::ChainDepth))
            else {
                continue;
            };
            let Value::Int(number) = number else { continue };
            let near = [number.saturating_sub(1), *number, number.saturating_add(1)];
            depths.extend(near.into_iter().filter(|depth| *depth >= 0));
        }
    }
    depths
}

/// A comparison of something with a constant, the constant on the right.
fn compared<'a>(
    policy: &'a Policy,
    expr: &'a Expr,
    of: impl Fn(&Expr) -> bool,
) -> Option<(Comparison, ExprId, &'a Value)> {
    let Expr::Compare(op, left, right) = expr else {
        return None;
    };
    match (
        policy.exprs.get(left.index())?,
        policy.exprs.get(right.index())?,
    ) {
        (one, Expr::Const(value)) if of(one) => Some((*op, *left, value)),
        (Expr::Const(value), one) if of(one) => Some((turned(*op), *right, value)),
        _ => None,
    }
}

/// The comparison with its operands exchanged.
const fn turned(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
        Comparison::Equal | Comparison::NotEqual => op,
    }
}

/// Whether a comparison holds of values in an order.
const fn holds(op: Comparison, ordering: Ordering) -> bool {
    match op {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::AtMost => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::AtLeast => ordering.is_ge(),
    }
}

#[cfg(test)]
mod tests;
