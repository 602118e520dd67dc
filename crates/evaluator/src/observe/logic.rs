//! The conditions of a rule taken apart: atoms, and how `and`, `or` and `not` join them.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::ids::{ExprId, PatternId};
use placet_model::policy::{Entity, Expr, Policy, Rule, Segment};

use crate::truth::Truths;

/// What an expression reads, as far as it can fail to be there for a reason that another
/// part of the rule has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads(u8);

impl Reads {
    /// Something of the user.
    pub(super) const USER: Self = Self(1);
    /// An argument of the call.
    pub(super) const ARGS: Self = Self(2);
    /// Something of the resource: a capture or a fact.
    pub(super) const PLACE: Self = Self(4);

    pub(super) const fn any_of(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A rule's conditions.
pub(super) struct Plan {
    pub(super) conditions: Vec<Logic>,
    pub(super) atoms: Vec<PlannedAtom>,
    /// What the holes of its patterns read.
    holes: Vec<(PatternId, Reads)>,
}

impl Plan {
    pub(super) fn holes(&self, pattern: PatternId) -> Reads {
        let mut holes = self.holes.iter();
        let found = holes.find(|(id, _)| *id == pattern);
        found.map(|(_, reads)| *reads).unwrap_or_default()
    }
}

/// An atom of one clause.
pub(super) struct PlannedAtom {
    pub(super) condition: usize,
    pub(super) expr: ExprId,
    /// `has x` or `has user`: when it is false, what reads the same has no value.
    pub(super) presence: bool,
    pub(super) reads: Reads,
    /// The presence atoms without which this one has no value.
    pub(super) guards: Vec<usize>,
}

/// A condition: what is joined comes before what joins it, and the last is the whole.
pub(super) struct Logic {
    steps: Vec<Step>,
    unless: bool,
}

#[derive(Clone, Copy)]
enum Step {
    Atom(usize),
    Not(usize),
    And(usize, usize),
    Or(usize, usize),
}

impl Logic {
    /// Whether the clause holds, given the atoms.
    pub(super) fn holds(&self, atom: impl Fn(usize) -> Truths) -> Truths {
        let mut values: Vec<Truths> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let value = |at: usize| values.get(at).copied().unwrap_or(Truths::OPEN);
            let next = match *step {
                Step::Atom(at) => atom(at),
                Step::Not(of) => value(of).not(),
                Step::And(a, b) => value(a).and(value(b)),
                Step::Or(a, b) => value(a).or(value(b)),
            };
            values.push(next);
        }
        let whole = values.last().copied().unwrap_or(Truths::OPEN);
        if self.unless { whole.not() } else { whole }
    }
}

/// The conditions of every rule. The cost is linear in the policy: an expression that is
/// shared is looked at once for each clause.
pub(super) fn plans(policy: &Policy) -> Vec<Plan> {
    let reads = reads(policy);
    let rules = policy.rules.iter();
    rules.map(|rule| plan(policy, rule, &reads)).collect()
}

fn plan(policy: &Policy, rule: &Rule, reads: &[Reads]) -> Plan {
    let read = |id: ExprId| reads.get(id.index()).copied().unwrap_or_default();
    let mut atoms = Vec::new();
    let conditions = rule.conditions.iter().enumerate();
    let conditions = conditions
        .map(|(condition, of)| {
            let first = atoms.len();
            let mut taking = Taking {
                policy,
                steps: Vec::new(),
                known: BTreeMap::new(),
                atoms: Vec::new(),
                first,
            };
            taking.take(of.expr);
            atoms.extend(taking.atoms.iter().map(|expr| PlannedAtom {
                condition,
                expr: *expr,
                presence: matches!(
                    policy.exprs.get(expr.index()),
                    Some(Expr::Has(_) | Expr::HasUser)
                ),
                reads: read(*expr),
                guards: Vec::new(),
            }));
            Logic {
                steps: taking.steps,
                unless: of.unless,
            }
        })
        .collect();
    guard(policy, &mut atoms);
    let holes = rule.resources.iter().map(|id| {
        let mut all = Reads::default();
        let pattern = policy.patterns.get(id.index());
        for segment in pattern.iter().flat_map(|pattern| &pattern.segments) {
            if let Segment::Hole(hole) = segment {
                all.add(read(hole.value));
            }
        }
        (*id, all)
    });
    Plan {
        conditions,
        atoms,
        holes: holes.collect(),
    }
}

/// A condition that is being taken apart.
struct Taking<'p> {
    policy: &'p Policy,
    steps: Vec<Step>,
    /// The step of each expression so far.
    known: BTreeMap<ExprId, usize>,
    atoms: Vec<ExprId>,
    first: usize,
}

impl Taking<'_> {
    /// Conditions have a limited depth, and so has this recursion.
    fn take(&mut self, id: ExprId) -> usize {
        if let Some(step) = self.known.get(&id) {
            return *step;
        }
        let step = match self.policy.exprs.get(id.index()) {
            Some(Expr::Not(of)) => Step::Not(self.take(*of)),
            Some(Expr::And(a, b)) => {
                let a = self.take(*a);
                Step::And(a, self.take(*b))
            }
            Some(Expr::Or(a, b)) => {
                let a = self.take(*a);
                Step::Or(a, self.take(*b))
            }
            _ => {
                self.atoms.push(id);
                Step::Atom(self.first + self.atoms.len() - 1)
            }
        };
        self.steps.push(step);
        let at = self.steps.len() - 1;
        self.known.insert(id, at);
        at
    }
}

/// Finds the presence atoms of a rule without which others have no value.
fn guard(policy: &Policy, atoms: &mut [PlannedAtom]) {
    let mut asked: BTreeMap<ExprId, Vec<usize>> = BTreeMap::new();
    let mut user = Vec::new();
    for (at, atom) in atoms.iter().enumerate() {
        match policy.exprs.get(atom.expr.index()) {
            Some(Expr::Has(of)) => asked.entry(*of).or_default().push(at),
            Some(Expr::HasUser) => user.push(at),
            _ => {}
        }
    }
    if asked.is_empty() && user.is_empty() {
        return;
    }
    for (own, atom) in atoms.iter_mut().enumerate() {
        let mut guards = Vec::new();
        let mut seen = BTreeSet::new();
        let mut pending = vec![atom.expr];
        while let Some(id) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            guards.extend(asked.get(&id).into_iter().flatten().copied());
            if let Some(expr) = policy.exprs.get(id.index()) {
                expr.for_each_child(|child| pending.push(child));
            }
        }
        if atom.reads.any_of(Reads::USER) {
            guards.extend(&user);
        }
        guards.retain(|guard| *guard != own);
        atom.guards = guards;
    }
}

/// What each expression of the arena reads; children come before their parents.
fn reads(policy: &Policy) -> Vec<Reads> {
    let mut all: Vec<Reads> = Vec::with_capacity(policy.exprs.len());
    for expr in &policy.exprs {
        let mut own = match expr {
            Expr::UserId | Expr::HasUser => Reads::USER,
            Expr::Fact(id) => match policy.facts.get(id.index()) {
                Some(fact) if fact.entity == Entity::User => Reads::USER,
                _ => Reads::default(),
            },
            Expr::Arg(_) => Reads::ARGS,
            Expr::Capture(_) | Expr::ResourceFact(..) => Reads::PLACE,
            _ => Reads::default(),
        };
        expr.for_each_child(|child| {
            own.add(all.get(child.index()).copied().unwrap_or_default());
        });
        all.push(own);
    }
    all
}
