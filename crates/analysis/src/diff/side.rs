//! What it takes that one of two policies grants a call, as a tree over shared atoms.

use std::collections::BTreeSet;

use placet_model::policy::{Budget, Consent, Duties, Rule, RuleKind};
use rust_decimal::Decimal;

use super::literal::Tree;
use crate::build::key::meaning;
use crate::build::{Builder, What};
use crate::formula::{FALSE, Formula, TRUE};
use crate::granted::{Layered, duties};
use crate::input::{Input, Slot};

/// One side of a question: the sites of its policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// All that its function does, as positions among the sites.
    pub(super) sites: Vec<usize>,
    /// Whether the resource comes with the request, and was made by a template of the other
    /// policy: it has to be one of this policy's as well.
    pub(super) guest: bool,
}

impl Side {
    /// That the call is granted, its duties met as far as is offered: only what is said of
    /// these duties and limits counts.
    pub(super) fn granted(&self, build: &mut Builder<'_>, slots: &BTreeSet<Slot>) -> Granted {
        let mut all = Granted::default();
        let Some(first) = self.sites.first() else {
            all.ways.push(Formula::Const(FALSE));
            return all;
        };
        build.turn(*first);
        all.rest.push(build.known());
        all.rest.extend(build.told());
        let mut done = Vec::new();
        for site in &self.sites {
            build.turn(*site);
            let mut does = build.does();
            if self.guest {
                does.push(instance(build));
            }
            let does = Formula::all(does.into_iter().map(Formula::holds));
            let unless = |formula| Formula::any([does.clone().negated(), formula]);
            let here = here(build, slots);
            all.ways.extend(here.ways.into_iter().map(unless));
            all.rest.extend(here.rest.into_iter().map(unless));
            done.push(does);
        }
        all.rest.push(Formula::any(done));
        all
    }

    /// That what a request tells fits what this policy declares; to be asked last.
    pub(super) fn fits(&self, build: &mut Builder<'_>) -> Vec<Formula> {
        match self.sites.first() {
            Some(first) => {
                build.turn(*first);
                build.fits()
            }
            None => Vec::new(),
        }
    }
}

/// What it takes that a call is granted.
#[derive(Clone, Debug, Default)]
pub(super) struct Granted {
    /// Some grant of each layer.
    pub(super) ways: Vec<Formula>,
    /// That nothing stands in the way.
    pub(super) rest: Vec<Formula>,
}

impl Granted {
    /// Both as a tree.
    pub(super) fn tree(&self) -> Tree {
        Tree::all([tree(&self.ways), tree(&self.rest)])
    }
}

/// As a tree.
pub(super) fn tree(goals: &[Formula]) -> Tree {
    Tree::all(goals.iter().map(|goal| Tree::of(goal, TRUE)))
}

/// That the resource is an instance of a template of the line.
fn instance(build: &mut Builder<'_>) -> Formula {
    let action = build.spot.line.action;
    let lines = build.spot.declared.lines.iter();
    let lines = lines.filter(|line| line.action == action);
    let templates: Vec<_> = lines.flat_map(|line| line.templates.clone()).collect();
    let ways = templates.into_iter().map(|id| build.template(id));
    Formula::any(ways.collect::<Vec<_>>())
}

/// That what the spot does is granted.
fn here(build: &mut Builder<'_>, slots: &BTreeSet<Slot>) -> Granted {
    let layered = Layered::of(build, &BTreeSet::new());
    let mut goals = Granted::default();
    for (guardrail, rules) in layered.layers() {
        if !guardrail {
            let grants = rules
                .iter()
                .filter(|(_, rule)| rule.kind == RuleKind::Grant);
            let ways: Vec<Formula> = grants
                .map(|(_, rule)| {
                    let matches = build.clauses(rule).holds();
                    if matches == Formula::Const(FALSE) {
                        return matches;
                    }
                    let met = met(build, rule, slots);
                    Formula::all([matches, met])
                })
                .collect();
            goals.ways.push(Formula::any(ways));
        }
        for (_, rule) in rules {
            match rule.kind {
                RuleKind::Grant => {}
                RuleKind::Deny => goals.rest.push(build.clauses(rule).fails()),
                RuleKind::Require => {
                    let met = met(build, rule, slots);
                    if met != Formula::Const(TRUE) {
                        let absent = build.clauses(rule).fails();
                        goals.rest.push(Formula::any([absent, met]));
                    }
                }
            }
        }
    }
    goals
}

/// That somebody can meet the duties of a rule, and that what is offered is enough.
fn met(build: &mut Builder<'_>, rule: &Rule, slots: &BTreeSet<Slot>) -> Formula {
    let mut parts = vec![duties(build, &rule.duties)];
    for (slot, limit) in limits(build, rule) {
        if slots.contains(&slot) {
            let inputs = vec![Input::Offer(slot.clone())];
            parts.push(build.atom(What::Offers(slot, limit), inputs, true));
        }
    }
    Formula::all(parts)
}

/// What a rule asks for or allows.
fn limits(build: &Builder<'_>, rule: &Rule) -> Vec<(Slot, Decimal)> {
    let policy = build.policy;
    let grant = rule.kind == RuleKind::Grant;
    let Duties {
        lifetime,
        delegate,
        consent,
        approvals,
        budgets,
    } = &rule.duties;
    let level = |per_call: bool| {
        if per_call {
            Decimal::ZERO
        } else {
            Decimal::ONE
        }
    };
    let mut limits = Vec::new();
    let lifetime = lifetime.or_else(|| grant.then_some(policy.lifetime));
    limits.extend(lifetime.map(|lifetime| (Slot::Lifetime, Decimal::from(lifetime.0))));
    let delegate = delegate.or_else(|| grant.then_some(0));
    limits.extend(delegate.map(|depth| (Slot::Delegate, Decimal::from(depth))));
    limits.extend(consent.map(|how| (Slot::Consent, level(how == Consent::PerCall))));
    for approval in approvals {
        let group = policy.groups.get(approval.group.index());
        let name = group.map(|group| group.name.clone()).unwrap_or_default();
        limits.push((Slot::Approval(name), level(approval.per_call)));
    }
    for budget in budgets {
        limits.push(match budget {
            Budget::Calls(calls) => (Slot::Calls, Decimal::from(*calls)),
            Budget::Amount { limit, of } => {
                let of = build.here().map(|site| meaning(site, *of));
                (Slot::Amount(of.unwrap_or_default()), *limit)
            }
        });
    }
    limits
}

/// All duties and limits that rules name at the spot whose turn it is.
pub(super) fn slots(build: &Builder<'_>) -> BTreeSet<Slot> {
    let rules = build.policy.rules.iter();
    rules
        .filter(|rule| build.is_about(rule))
        .flat_map(|rule| limits(build, rule))
        .map(|(slot, _)| slot)
        .collect()
}
