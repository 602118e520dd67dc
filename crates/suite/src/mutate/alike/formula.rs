//! Conditions as formulas over atoms.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use placet_evaluator::Truths;
use placet_model::ids::{ExprId, GroupId};
use placet_model::policy::{Budget, Comparison, Duties, Expr, Policy, Rule, Segment};
use smol_str::SmolStr;

use super::{holds, turned};

/// When a rule matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Formula {
    /// It does, or does not, whatever else is the case.
    Known(bool),
    /// What the values of an atom mean here, by value.
    Atom(Atom, Vec<u8>),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// An atom, as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Atom(pub(super) usize);

/// What an atom is about. Equal keys are the same in one call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A condition that is not looked into.
    Condition(ExprId),
    /// How two values compare.
    Order(ExprId, ExprId),
    /// Whether the agent is in a group, as the request says.
    Agent(GroupId),
    /// Whether the user is in a group.
    User(GroupId),
    /// Whether the user is one of these.
    Named(Vec<SmolStr>),
    /// Whether the resource has this from there on; only there, where it does not go on.
    Segment(usize, Vec<Segment>, bool),
}

/// All atoms, and the terms that they are about: expressions of both policies, where equal
/// ones share an id and a capture is the number of its segment.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    keys: BTreeMap<Key, Atom>,
    /// How many values each atom takes.
    values: Vec<usize>,
    terms: BTreeMap<Expr, ExprId>,
    /// Which terms read arguments. Where a plain triple is asked about, those are not told.
    open: Vec<bool>,
    /// For captures whose segment is not known: no two of these are taken for equal.
    fresh: u32,
}

const BY_VALUE: [Truths; 4] = [Truths::TRUE, Truths::FALSE, Truths::UNDEFINED, Truths::OPEN];

impl Formula {
    pub(super) const NEVER: Self = Self::Known(false);

    pub(super) fn is_never(&self) -> bool {
        *self == Self::NEVER
    }

    /// All of them.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Known(false)) {
            return Self::Known(false);
        }
        let mut parts: Vec<Self> = parts
            .into_iter()
            .filter(|part| *part != Self::Known(true))
            .collect();
        match parts.len() {
            0 => Self::Known(true),
            1 => parts.remove(0),
            _ => Self::And(parts),
        }
    }

    /// One of them.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Known(true)) {
            return Self::Known(true);
        }
        let mut parts: Vec<Self> = parts
            .into_iter()
            .filter(|part| *part != Self::Known(false))
            .collect();
        match parts.len() {
            0 => Self::Known(false),
            1 => parts.remove(0),
            _ => Self::Or(parts),
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Known(known) => Self::Known(!known),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// What it may be, where some atoms have values.
    pub(super) fn truths(&self, values: &[Option<usize>]) -> Truths {
        match self {
            Self::Known(known) => Truths::of(*known),
            Self::Atom(atom, meanings) => {
                let value = values.get(atom.0).copied().flatten();
                let meaning = value.and_then(|value| meanings.get(value));
                let truths = meaning.and_then(|at| BY_VALUE.get(usize::from(*at)));
                truths.copied().unwrap_or(Truths::OPEN)
            }
            Self::Not(inner) => inner.truths(values).not(),
            Self::And(parts) => parts
                .iter()
                .fold(Truths::TRUE, |all, part| all.and(part.truths(values))),
            Self::Or(parts) => parts
                .iter()
                .fold(Truths::FALSE, |any, part| any.or(part.truths(values))),
        }
    }

    /// The first atom without a value.
    pub(super) fn open(&self, values: &[Option<usize>]) -> Option<Atom> {
        match self {
            Self::Known(_) => None,
            Self::Atom(atom, _) => match values.get(atom.0) {
                Some(Some(_)) => None,
                _ => Some(*atom),
            },
            Self::Not(inner) => inner.open(values),
            Self::And(parts) | Self::Or(parts) => parts.iter().find_map(|part| part.open(values)),
        }
    }
}

impl Atoms {
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// How many values an atom takes.
    pub(super) fn values(&self, atom: Atom) -> usize {
        self.values.get(atom.0).copied().unwrap_or(0)
    }

    fn atom(&mut self, key: Key, values: usize) -> Atom {
        let next = Atom(self.values.len());
        let atom = *self.keys.entry(key).or_insert(next);
        if atom == next {
            self.values.push(values);
        }
        atom
    }

    /// True or false.
    pub(super) fn certain(&mut self, key: Key) -> Formula {
        Formula::Atom(self.atom(key, 2), vec![0, 1])
    }

    /// True, false or undefined.
    pub(super) fn uncertain(&mut self, key: Key) -> Formula {
        Formula::Atom(self.atom(key, 3), vec![0, 1, 2])
    }

    /// A condition that is not looked into.
    pub(super) fn condition(&mut self, term: ExprId) -> Formula {
        let open = self.is_open(term);
        let atom = self.atom(Key::Condition(term), if open { 4 } else { 3 });
        Formula::Atom(
            atom,
            if open {
                vec![0, 1, 2, 3]
            } else {
                vec![0, 1, 2]
            },
        )
    }

    /// Comparisons of the same two values hang together.
    pub(super) fn comparison(&mut self, op: Comparison, left: ExprId, right: ExprId) -> Formula {
        let (op, left, right) = if left <= right {
            (op, left, right)
        } else {
            (turned(op), right, left)
        };
        let orderings = [Ordering::Less, Ordering::Equal, Ordering::Greater];
        let mut meanings: Vec<u8> = orderings.map(|of| u8::from(!holds(op, of))).to_vec();
        meanings.push(2);
        if self.is_open(left) || self.is_open(right) {
            meanings.push(3);
        }
        let atom = self.atom(Key::Order(left, right), meanings.len());
        Formula::Atom(atom, meanings)
    }

    /// An expression as a term. Captures stand for what `captured` says; without it for themselves.
    pub(super) fn term(
        &mut self,
        policy: &Policy,
        id: ExprId,
        captured: Option<&[Option<usize>]>,
    ) -> ExprId {
        let Some(expr) = policy.exprs.get(id.index()) else {
            return ExprId(u32::MAX);
        };
        let mut expr = expr.clone();
        if let (Expr::Capture(capture), Some(captured)) = (&mut expr, captured) {
            *capture = match captured.get(*capture as usize) {
                Some(Some(at)) => u32::try_from(*at).unwrap_or(u32::MAX),
                _ => {
                    self.fresh += 1;
                    u32::MAX - self.fresh
                }
            };
        }
        let mut open = matches!(expr, Expr::Arg(_));
        expr.map_children(|child| {
            let child = self.term(policy, child, captured);
            open |= self.is_open(child);
            child
        });
        let next = ExprId::new(self.open.len());
        let term = *self.terms.entry(expr).or_insert(next);
        if term == next {
            self.open.push(open);
        }
        term
    }

    fn is_open(&self, term: ExprId) -> bool {
        self.open.get(term.index()).copied().unwrap_or(true)
    }

    /// A segment of a rule's pattern, its hole as a term.
    pub(super) fn segment(&mut self, policy: &Policy, of: &Segment) -> Segment {
        match of {
            Segment::Hole(hole) => {
                let mut hole = hole.clone();
                hole.value = self.term(policy, hole.value, None);
                Segment::Hole(hole)
            }
            // A capture is any segment; what it is called does not matter here.
            Segment::Capture(_) => Segment::Any,
            other => other.clone(),
        }
    }

    /// Duties with amounts as terms.
    pub(super) fn duties(&mut self, policy: &Policy, of: &Duties) -> Duties {
        let mut duties = of.clone();
        for budget in &mut duties.budgets {
            if let Budget::Amount { of, .. } = budget {
                *of = self.term(policy, *of, None);
            }
        }
        duties
    }

    /// Whether two rules say the same.
    pub(super) fn same_rule(
        &mut self,
        (one, left): (&Policy, Option<&Rule>),
        (other, right): (&Policy, Option<&Rule>),
    ) -> bool {
        let (Some(left), Some(right)) = (left, right) else {
            return left.is_none() && right.is_none();
        };
        let mut plain = |policy: &Policy, rule: &Rule| {
            let mut rule = rule.clone();
            let mut patterns = Vec::new();
            for id in std::mem::take(&mut rule.resources) {
                let Some(pattern) = policy.patterns.get(id.index()) else {
                    continue;
                };
                let of_pattern = pattern.segments.iter();
                let segments: Vec<Segment> = of_pattern
                    .map(|segment| match segment {
                        Segment::Capture(_) => segment.clone(),
                        _ => self.segment(policy, segment),
                    })
                    .collect();
                patterns.push((segments, pattern.tail));
            }
            for condition in &mut rule.conditions {
                condition.expr = self.term(policy, condition.expr, None);
            }
            rule.duties = self.duties(policy, &rule.duties);
            (rule, patterns)
        };
        plain(one, left) == plain(other, right)
    }
}
