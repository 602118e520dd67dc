//! Formulas as trees of literals, two-valued and without negation: what is left of two
//! policies when what both say alike is taken away, and why a request is inside.

use std::collections::{BTreeMap, BTreeSet};

use crate::formula::{ANY, FALSE, Formula, NOT_FALSE, NOT_TRUE, TRUE, Truths, UNDEFINED};
use crate::solve::AtomId;

/// A tree of literals. Parts are sorted, each once, and never of their parent's kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    /// That an atom's truth is one of these.
    Is(AtomId, Truths),
    /// All of them; with none of them it holds.
    All(Vec<Self>),
    /// One of them; with none of them it does not.
    Any(Vec<Self>),
}

impl Tree {
    pub(super) const YES: Self = Self::All(Vec::new());
    pub(super) const NO: Self = Self::Any(Vec::new());

    /// That the truth of a formula is one of these.
    pub(super) fn of(formula: &Formula, among: Truths) -> Self {
        let among = among & ANY;
        if among == ANY {
            return Self::YES;
        }
        if among == 0 {
            return Self::NO;
        }
        match formula {
            Formula::Const(truths) => {
                if truths & !among == 0 {
                    Self::YES
                } else {
                    Self::NO
                }
            }
            Formula::Atom(id) => Self::Is(*id, among),
            Formula::Not(of) => Self::of(of, opposite(among)),
            Formula::Is(of, inner) => match (among & TRUE != 0, among & FALSE != 0) {
                (true, true) => Self::YES,
                (true, false) => Self::of(of, *inner),
                (false, true) => Self::of(of, ANY & !inner),
                (false, false) => Self::NO,
            },
            Formula::And(parts) => match among {
                TRUE | NOT_FALSE => Self::all(parts.iter().map(|part| Self::of(part, among))),
                FALSE | NOT_TRUE => Self::any(parts.iter().map(|part| Self::of(part, among))),
                UNDEFINED => Self::all([Self::of(formula, NOT_FALSE), Self::of(formula, NOT_TRUE)]),
                _ => Self::any([Self::of(formula, TRUE), Self::of(formula, FALSE)]),
            },
            Formula::Or(parts) => match among {
                FALSE | NOT_TRUE => Self::all(parts.iter().map(|part| Self::of(part, among))),
                TRUE | NOT_FALSE => Self::any(parts.iter().map(|part| Self::of(part, among))),
                UNDEFINED => Self::all([Self::of(formula, NOT_FALSE), Self::of(formula, NOT_TRUE)]),
                _ => Self::any([Self::of(formula, TRUE), Self::of(formula, FALSE)]),
            },
        }
    }

    /// All of them.
    pub(super) fn all(of: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = BTreeSet::new();
        for part in of {
            match part {
                Self::All(more) => parts.extend(more),
                Self::Any(none) if none.is_empty() => return Self::NO,
                other => {
                    parts.insert(other);
                }
            }
        }
        one_or(parts, Self::All)
    }

    /// One of them.
    pub(super) fn any(of: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = BTreeSet::new();
        for part in of {
            match part {
                Self::Any(more) => parts.extend(more),
                Self::All(none) if none.is_empty() => return Self::YES,
                other => {
                    parts.insert(other);
                }
            }
        }
        one_or(parts, Self::Any)
    }

    /// The opposite.
    pub(super) fn negated(&self) -> Self {
        match self {
            Self::Is(id, among) => Self::Is(*id, ANY & !among),
            Self::All(parts) => Self::any(parts.iter().map(Self::negated)),
            Self::Any(parts) => Self::all(parts.iter().map(Self::negated)),
        }
    }

    /// As formulas that all have to be true.
    pub(super) fn goals(&self) -> Vec<Formula> {
        match self {
            Self::All(parts) => parts.iter().map(Self::formula).collect(),
            other => vec![other.formula()],
        }
    }

    fn formula(&self) -> Formula {
        match self {
            Self::Is(id, among) => Formula::Atom(*id).is(*among),
            Self::All(parts) => Formula::all(parts.iter().map(Self::formula)),
            Self::Any(parts) => Formula::any(parts.iter().map(Self::formula)),
        }
    }

    /// The parts that all have to hold.
    pub(super) fn conjuncts(self) -> Vec<Self> {
        match self {
            Self::All(parts) => parts,
            other => vec![other],
        }
    }

    /// Whether it holds, for what is known of the atoms; `None` when it may or may not.
    pub(super) fn holds(&self, truths: &dyn Fn(AtomId) -> Truths) -> Option<bool> {
        match self {
            Self::Is(id, among) => {
                let truths = truths(*id);
                match (truths & among != 0, truths & !among != 0) {
                    (_, false) => Some(true),
                    (false, true) => Some(false),
                    (true, true) => None,
                }
            }
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part.holds(truths) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut none = Some(false);
                for part in parts {
                    match part.holds(truths) {
                        Some(true) => return Some(true),
                        None => none = None,
                        Some(false) => {}
                    }
                }
                none
            }
        }
    }
}

fn one_or(parts: BTreeSet<Tree>, wrap: fn(Vec<Tree>) -> Tree) -> Tree {
    let mut parts: Vec<Tree> = parts.into_iter().collect();
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    wrap(parts)
}

const fn opposite(truths: Truths) -> Truths {
    (truths & UNDEFINED)
        | if truths & TRUE == 0 { 0 } else { FALSE }
        | if truths & FALSE == 0 { 0 } else { TRUE }
}

/// What has to hold besides what is taken for granted, when each part may be taken for
/// granted in the others: what two policies share goes, and what they do not stays.
pub(super) fn simplified(of: impl IntoIterator<Item = Tree>, granted: &BTreeSet<Tree>) -> Tree {
    const ROUNDS: usize = 6;
    let own = |whole: Tree| {
        let parts = whole.conjuncts().into_iter();
        Tree::all(parts.filter(|part| !granted.contains(part)))
    };
    let mut whole = own(Tree::all(of));
    for _ in 0..ROUNDS {
        let parts = whole.clone().conjuncts();
        let known: BTreeSet<&Tree> = parts.iter().chain(granted).collect();
        let mut atoms: BTreeMap<AtomId, Truths> = BTreeMap::new();
        let mut told: BTreeMap<AtomId, Truths> = BTreeMap::new();
        for part in &known {
            if let Tree::Is(id, among) = part {
                *atoms.entry(*id).or_insert(ANY) &= among;
                if granted.contains(*part) {
                    *told.entry(*id).or_insert(ANY) &= among;
                }
            }
        }
        if atoms.values().any(|among| *among == 0) {
            return Tree::NO;
        }
        let facts = Known {
            known: &known,
            atoms: &atoms,
        };
        let literals = atoms
            .iter()
            .filter(|(id, among)| told.get(id) != Some(among))
            .map(|(id, among)| Tree::Is(*id, *among));
        let others = parts.iter().filter(|part| !matches!(part, Tree::Is(..)));
        let others: Vec<Tree> = others.map(|part| facts.within(part)).collect();
        let next = own(Tree::all(literals.chain(others)));
        if next == whole {
            break;
        }
        whole = next;
    }
    whole
}

struct Known<'k> {
    known: &'k BTreeSet<&'k Tree>,
    atoms: &'k BTreeMap<AtomId, Truths>,
}

impl Known<'_> {
    /// A known part, by what is known of its own parts.
    fn within(&self, part: &Tree) -> Tree {
        match part {
            Tree::Any(parts) => {
                // Another one that has fewer ways says more.
                let is_weaker = self.known.iter().any(|other| {
                    *other != part
                        && matches!(other, Tree::Any(ways) if ways.len() < parts.len()
                            && ways.iter().all(|way| parts.binary_search(way).is_ok()))
                });
                if is_weaker {
                    return Tree::YES;
                }
                Tree::any(parts.iter().map(|part| self.reduced(part)))
            }
            Tree::All(parts) => Tree::all(parts.iter().map(|part| self.reduced(part))),
            Tree::Is(..) => part.clone(),
        }
    }

    fn reduced(&self, tree: &Tree) -> Tree {
        if self.known.contains(tree) {
            return Tree::YES;
        }
        match tree {
            Tree::Is(id, among) => match self.atoms.get(id) {
                Some(known) if known & !among == 0 => Tree::YES,
                Some(known) if known & among == 0 => Tree::NO,
                _ => tree.clone(),
            },
            Tree::All(_) | Tree::Any(_) => {
                if self.known.contains(&tree.negated()) {
                    return Tree::NO;
                }
                match tree {
                    Tree::Any(parts) => {
                        let is_known = self.known.iter().any(|other| {
                            matches!(other, Tree::Any(ways) if ways.len() <= parts.len()
                                && ways.iter().all(|way| parts.binary_search(way).is_ok()))
                        });
                        if is_known {
                            return Tree::YES;
                        }
                        Tree::any(parts.iter().map(|part| self.reduced(part)))
                    }
                    Tree::All(parts) => Tree::all(parts.iter().map(|part| self.reduced(part))),
                    Tree::Is(..) => tree.clone(),
                }
            }
        }
    }
}

/// Literals that all hold.
pub(super) type Cube = BTreeMap<AtomId, Truths>;

/// A few literals that hold for a request and are enough for a tree to hold, whatever the
/// other atoms are: why the request is inside. `weight` tells which atoms rather not.
pub(super) fn reason(
    tree: &Tree,
    truths: &dyn Fn(AtomId) -> Truths,
    weight: &dyn Fn(AtomId) -> u32,
) -> Option<Cube> {
    let mut cube = Cube::new();
    if !choose(tree, truths, weight, &mut cube) {
        return None;
    }
    // What was chosen early may have become superfluous.
    let mut order: Vec<AtomId> = cube.keys().copied().collect();
    order.sort_by_key(|id| (std::cmp::Reverse(weight(*id)), *id));
    for id in order {
        let Some(kept) = cube.remove(&id) else {
            continue;
        };
        let known = |id: AtomId| cube.get(&id).copied().unwrap_or(ANY);
        if tree.holds(&known) != Some(true) {
            cube.insert(id, kept);
        }
    }
    Some(cube)
}

fn choose(
    tree: &Tree,
    truths: &dyn Fn(AtomId) -> Truths,
    weight: &dyn Fn(AtomId) -> u32,
    cube: &mut Cube,
) -> bool {
    match tree {
        Tree::Is(id, among) => {
            let holds = truths(*id) & !among == 0;
            if holds {
                *cube.entry(*id).or_insert(ANY) &= among;
            }
            holds
        }
        Tree::All(parts) => {
            // What leaves no choice first, so that choices can rest on it.
            let simple = |tree: &&Tree| !matches!(tree, Tree::Any(_));
            let first = parts.iter().filter(simple);
            let last = parts.iter().filter(|part| !simple(part));
            first
                .chain(last)
                .all(|part| choose(part, truths, weight, cube))
        }
        Tree::Any(parts) => {
            let holding = parts.iter().filter(|part| part.holds(truths) == Some(true));
            let cost = |part: &Tree| {
                let mut own = Cube::new();
                choose(part, truths, weight, &mut own);
                let new = own.keys().filter(|id| !cube.contains_key(*id));
                new.map(|id| 1 + weight(*id)).sum::<u32>()
            };
            match holding.min_by_key(|part| cost(part)) {
                Some(best) => choose(best, truths, weight, cube),
                None => false,
            }
        }
    }
}

/// That not all literals hold.
pub(super) fn outside(cube: &Cube) -> Tree {
    Tree::any(cube.iter().map(|(id, among)| Tree::Is(*id, ANY & !among)))
}
