//! What decides whether an arm matches: its tests and conditions, split into a test
//! graph by Kleene's strong logic.
//!
//! A test graph is built back to front: where a part's value leads is known before the
//! part is split. Inside a conjunction an undefined part does not end the walk, since a
//! later false one decides: from then on the rest is asked only whether it is false
//! (*capped*). Where a question has two answers already, its parts are asked two-way
//! questions alone. So a leaf occurs once in full and at most once more per conjunction
//! or disjunction around it: [`SPLIT_DEPTH`] of them and the rule itself give at most 27
//! copies of a leaf.

use super::build::{Map, Nodes};
use super::demand::{arms, pattern_test};
use super::{Atom, Truth};
use crate::ids::{ExprId, PatternId, RuleId};
use crate::policy::{Condition, Expr, Policy, Rule};
use crate::walk::Size;

/// How many conjunctions and disjunctions within each other are split. What lies deeper
/// is one test.
pub const SPLIT_DEPTH: u32 = 25;

/// How many expression nodes a rule's arms may split, each with its own captures. Past
/// that the conditions are one test ([`Atom::Conditions`]).
pub const SPLIT_NODES: usize = 4_096;

/// How many expression nodes all arms of a policy may split, unless four for each that the
/// policy has are more. Expressions are shared, so that a small policy can have large
/// conditions in every rule; past this each rule may split fewer.
pub const SPLIT_ALL: usize = 1 << 19;

/// Where a truth value leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Next<Id> {
    /// When true.
    pub yes: Id,
    /// When false.
    pub no: Id,
    /// When undefined.
    pub undefined: Id,
}

/// Splits the conditions of a policy's rules; remembers what it split.
pub(super) struct Splitter<'a, N: Nodes> {
    policy: &'a Policy,
    nodes: N,
    sizes: &'a [Size],
    /// How many expression nodes a rule may split.
    limit: usize,
    known: Map<(Term, Next<N::Id>), N::Id>,
    /// The tests of arms that have nothing but conditions, which read no captures.
    alike: Map<&'a [Condition], N::Id>,
}

/// A part of a conjunction or disjunction.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Term {
    Atom(Atom),
    Expr {
        id: ExprId,
        negated: bool,
        captures: Option<PatternId>,
        depth: u32,
    },
}

impl Term {
    /// With a pattern that gives its captures.
    fn captured_by(self, pattern: Option<PatternId>) -> Self {
        match self {
            Self::Atom(Atom::Conditions { rule, .. }) => Self::Atom(Atom::Conditions {
                rule,
                captures: pattern,
            }),
            Self::Atom(_) => self,
            Self::Expr {
                id, negated, depth, ..
            } => Self::Expr {
                id,
                negated,
                captures: pattern,
                depth,
            },
        }
    }
}

/// Where a walk through a junction goes on: one that has met nothing undefined yet, and
/// one that has. The neutral value of the rest leads the one to the neutral value, the
/// other to undefined.
#[derive(Clone, Copy)]
struct Ends<Id> {
    full: Id,
    capped: Id,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Junction {
    And,
    Or,
}

impl<'a, N: Nodes> Splitter<'a, N> {
    /// A splitter that makes its nodes with `nodes`; `sizes` are those of the policy's
    /// expressions, `limit` is [`split_limit`] of these.
    pub(super) fn new(policy: &'a Policy, sizes: &'a [Size], limit: usize, nodes: N) -> Self {
        Self {
            policy,
            nodes,
            sizes,
            limit,
            known: Map::default(),
            alike: Map::default(),
        }
    }

    /// The nodes, when nothing more is to be split.
    pub(super) fn into_nodes(self) -> N {
        self.nodes
    }

    /// The first nodes of the test graphs of a rule's [`arms`], in their order; `tests` are
    /// those that its keys do not settle. Conditions that read captures come first in them, so
    /// that all arms share the others.
    pub(super) fn arms(
        &mut self,
        id: RuleId,
        rule: &'a Rule,
        tests: &[Atom],
        mut visit: impl FnMut(N::Id),
    ) {
        let plain = |pattern: Option<PatternId>| {
            pattern.is_none_or(|pattern| pattern_test(self.policy, pattern).is_none())
        };
        if tests.is_empty() && rule.conditions.is_empty() && arms(rule).all(plain) {
            let yes = self.nodes.truth(Truth::True);
            return arms(rule).for_each(|_| visit(yes));
        }
        let captured = |condition: &Condition| self.size(condition.expr).captures;
        let alike = tests.is_empty() && arms(rule).all(plain) && self.splits(rule);
        if alike && !rule.conditions.iter().any(captured) {
            let test = match self.alike.get(rule.conditions.as_slice()) {
                Some(known) => *known,
                None => {
                    let (_, shared) = self.conditions(id, rule);
                    let next = self.ends();
                    let test = self.junction(Junction::And, &shared, next);
                    self.alike.insert(&rule.conditions, test);
                    test
                }
            };
            return arms(rule).for_each(|_| visit(test));
        }
        let (own, shared) = self.conditions(id, rule);
        let terms: Vec<Vec<Term>> = arms(rule)
            .map(|pattern| {
                let tests = tests.iter().copied();
                let test = pattern.and_then(|pattern| pattern_test(self.policy, pattern));
                let captured = own.iter().map(|term| term.captured_by(pattern));
                tests.chain(test).map(Term::Atom).chain(captured).collect()
            })
            .collect();
        let next = self.ends();
        // What all arms end in is split once, not once for each pattern.
        let ends = Ends {
            full: next.yes,
            capped: next.undefined,
        };
        let capped = terms.iter().any(|terms| !terms.is_empty());
        let ends = self.fold(Junction::And, &shared, next, ends, capped);
        for terms in terms {
            visit(self.fold(Junction::And, &terms, next, ends, false).full);
        }
    }

    /// Where a test graph ends.
    fn ends(&mut self) -> Next<N::Id> {
        Next {
            yes: self.nodes.truth(Truth::True),
            no: self.nodes.truth(Truth::False),
            undefined: self.nodes.truth(Truth::Undefined),
        }
    }

    /// The conditions of a rule: those that each arm has with its own captures, and those
    /// that all arms share.
    fn conditions(&self, id: RuleId, rule: &Rule) -> (Vec<Term>, Vec<Term>) {
        let reads = |expr: ExprId| self.size(expr).captures;
        if self.splits(rule) {
            let term = |condition: &Condition| Term::Expr {
                id: condition.expr,
                negated: condition.unless,
                captures: None,
                depth: 0,
            };
            let (own, shared): (Vec<&Condition>, Vec<&Condition>) = rule
                .conditions
                .iter()
                .partition(|condition| reads(condition.expr));
            return (
                own.into_iter().map(term).collect(),
                shared.into_iter().map(term).collect(),
            );
        }
        let all = Term::Atom(Atom::Conditions {
            rule: id,
            captures: None,
        });
        if rule
            .conditions
            .iter()
            .any(|condition| reads(condition.expr))
        {
            (vec![all], Vec::new())
        } else {
            (Vec::new(), vec![all])
        }
    }

    /// Whether a rule's conditions are few enough to split.
    fn splits(&self, rule: &Rule) -> bool {
        split(rule, self.sizes).fits(self.limit)
    }

    fn size(&self, id: ExprId) -> Size {
        size(self.sizes, id)
    }

    fn junction(&mut self, junction: Junction, terms: &[Term], next: Next<N::Id>) -> N::Id {
        let neutral = match junction {
            Junction::And => next.yes,
            Junction::Or => next.no,
        };
        let ends = Ends {
            full: neutral,
            capped: next.undefined,
        };
        // Nothing comes to the first part with something undefined behind it.
        let ends = self.fold(junction, terms, next, ends, false);
        ends.full
    }

    /// Puts parts before what they lead to. What is capped before the first part is only
    /// made when it is wanted: every node that is made is led to.
    fn fold(
        &mut self,
        junction: Junction,
        terms: &[Term],
        next: Next<N::Id>,
        mut ends: Ends<N::Id>,
        capped: bool,
    ) -> Ends<N::Id> {
        for (at, term) in terms.iter().enumerate().rev() {
            let towards = |onward| match junction {
                Junction::And => Next {
                    yes: onward,
                    no: next.no,
                    undefined: ends.capped,
                },
                Junction::Or => Next {
                    yes: next.yes,
                    no: onward,
                    undefined: ends.capped,
                },
            };
            let (ahead, aside) = (towards(ends.full), towards(ends.capped));
            ends.full = self.term(*term, ahead);
            if at > 0 || capped {
                ends.capped = self.term(*term, aside);
            }
        }
        ends
    }

    fn term(&mut self, term: Term, next: Next<N::Id>) -> N::Id {
        if next.yes == next.no && next.no == next.undefined {
            return next.yes;
        }
        if let Some(known) = self.known.get(&(term, next)) {
            return *known;
        }
        let node = match term {
            Term::Atom(atom) => self.nodes.test(atom, next),
            Term::Expr {
                id,
                negated,
                captures,
                depth,
            } => self.expr(id, negated, captures, depth, next),
        };
        self.known.insert((term, next), node);
        node
    }

    fn expr(
        &mut self,
        mut id: ExprId,
        mut negated: bool,
        captures: Option<PatternId>,
        depth: u32,
        mut next: Next<N::Id>,
    ) -> N::Id {
        while let Some(Expr::Not(of)) = self.policy.exprs.get(id.index()) {
            (id, negated) = (*of, !negated);
        }
        if negated {
            (next.yes, next.no) = (next.no, next.yes);
        }
        let junction = match self.policy.exprs.get(id.index()) {
            Some(Expr::And(..)) if depth < SPLIT_DEPTH => Junction::And,
            Some(Expr::Or(..)) if depth < SPLIT_DEPTH => Junction::Or,
            _ => {
                return self
                    .nodes
                    .test(Atom::Condition { expr: id, captures }, next);
            }
        };
        let terms: Vec<Term> = operands(self.policy, junction, id)
            .into_iter()
            .map(|id| Term::Expr {
                id,
                negated: false,
                // Only what reads captures differs from pattern to pattern.
                captures: captures.filter(|_| self.size(id).captures),
                depth: depth + 1,
            })
            .collect();
        self.junction(junction, &terms, next)
    }
}

/// How many expression nodes a rule's arms split.
struct Split {
    /// Those of all conditions, once.
    once: usize,
    /// Those of conditions that read captures, for each arm.
    captured: usize,
}

impl Split {
    const fn fits(&self, limit: usize) -> bool {
        self.once <= limit && self.captured <= limit
    }
}

fn split(rule: &Rule, sizes: &[Size]) -> Split {
    let nodes = |captures: bool| {
        rule.conditions
            .iter()
            .map(|condition| size(sizes, condition.expr))
            .filter(|size| size.captures || !captures)
            .map(|size| size.nodes)
            .fold(0, usize::saturating_add)
    };
    Split {
        once: nodes(false),
        captured: nodes(true).saturating_mul(rule.resources.len()),
    }
}

/// How many expression nodes each rule may split, so that all of them split few: no more than
/// [`SPLIT_ALL`], or than a few for each that the policy has.
pub(super) fn split_limit(policy: &Policy, sizes: &[Size]) -> usize {
    let rules = policy.rules.iter();
    let conditions: usize = rules.clone().map(|rule| rule.conditions.len()).sum();
    let most = SPLIT_ALL.max((policy.exprs.len() + conditions).saturating_mul(4));
    let splits: Vec<Split> = rules.map(|rule| split(rule, sizes)).collect();
    let all = |limit: usize| {
        splits
            .iter()
            .filter(|split| split.fits(limit))
            .map(|split| split.once.saturating_add(split.captured))
            .fold(0, usize::saturating_add)
    };
    let limits = std::iter::successors(Some(SPLIT_NODES), |limit| Some(limit / 4));
    limits
        .take_while(|limit| *limit > 0)
        .find(|limit| all(*limit) <= most)
        .unwrap_or(0)
}

fn size(sizes: &[Size], id: ExprId) -> Size {
    sizes.get(id.index()).copied().unwrap_or(Size::UNKNOWN)
}

/// The operands of a whole chain of one operator, in written order.
fn operands(policy: &Policy, junction: Junction, id: ExprId) -> Vec<ExprId> {
    let mut operands = Vec::new();
    let mut todo = vec![id];
    while let Some(id) = todo.pop() {
        match (junction, policy.exprs.get(id.index())) {
            (Junction::And, Some(Expr::And(left, right)))
            | (Junction::Or, Some(Expr::Or(left, right))) => todo.extend([*right, *left]),
            _ => operands.push(id),
        }
    }
    operands
}
