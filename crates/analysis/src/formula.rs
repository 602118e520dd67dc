//! Three-valued formulas over atoms, by Kleene's strong logic, and sets of truth values.

use placet_model::graph::Truth;

use crate::solve::AtomId;

/// A set of truth values; while something is open, those that may still come.
pub(crate) type Truths = u8;

/// Does not hold.
pub(crate) const FALSE: Truths = 1;
/// Cannot be told.
pub(crate) const UNDEFINED: Truths = 2;
/// Holds.
pub(crate) const TRUE: Truths = 4;
/// Anything at all.
pub(crate) const ANY: Truths = FALSE | UNDEFINED | TRUE;

/// Not false.
pub(crate) const NOT_FALSE: Truths = UNDEFINED | TRUE;
/// Not true.
pub(crate) const NOT_TRUE: Truths = UNDEFINED | FALSE;

/// The set of one truth value.
pub(crate) const fn one(truth: Truth) -> Truths {
    match truth {
        Truth::False => FALSE,
        Truth::Undefined => UNDEFINED,
        Truth::True => TRUE,
    }
}

/// A formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Formula {
    /// One of these.
    Const(Truths),
    /// What an atom says.
    Atom(AtomId),
    /// The opposite.
    Not(Box<Self>),
    /// All of them; true when there is none.
    And(Vec<Self>),
    /// One of them; false when there is none.
    Or(Vec<Self>),
    /// Whether the truth is one of these; true or false, and never undefined.
    Is(Box<Self>, Truths),
}

impl Formula {
    /// What is not false: a deny or require matches then.
    pub(crate) fn not_false(self) -> Self {
        self.is(UNDEFINED | TRUE)
    }

    /// What is true: a grant matches then.
    pub(crate) fn holds(self) -> Self {
        self.is(TRUE)
    }

    /// What is false.
    pub(crate) fn fails(self) -> Self {
        self.is(FALSE)
    }

    /// Whether the truth is one of these.
    pub(crate) fn is(self, among: Truths) -> Self {
        match self {
            Self::Const(truths) if truths.count_ones() == 1 => {
                Self::Const(if truths & among == 0 { FALSE } else { TRUE })
            }
            other => Self::Is(Box::new(other), among),
        }
    }

    /// The opposite.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Const(truths) => Self::Const(not(truths)),
            Self::Not(of) => *of,
            other => Self::Not(Box::new(other)),
        }
    }

    /// All of them, without those that say nothing.
    pub(crate) fn all(of: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = Vec::new();
        for part in of {
            match part {
                Self::Const(TRUE) => {}
                Self::Const(FALSE) => return Self::Const(FALSE),
                Self::And(more) => parts.extend(more),
                other => parts.push(other),
            }
        }
        match parts.len() {
            0 => Self::Const(TRUE),
            1 => parts.swap_remove(0),
            _ => Self::And(parts),
        }
    }

    /// One of them, without those that say nothing.
    pub(crate) fn any(of: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = Vec::new();
        for part in of {
            match part {
                Self::Const(FALSE) => {}
                Self::Const(TRUE) => return Self::Const(TRUE),
                Self::Or(more) => parts.extend(more),
                other => parts.push(other),
            }
        }
        match parts.len() {
            0 => Self::Const(FALSE),
            1 => parts.swap_remove(0),
            _ => Self::Or(parts),
        }
    }

    /// The same as formulas that all have to be true.
    pub(crate) fn split(self) -> Vec<Self> {
        match self {
            Self::And(parts) => parts.into_iter().flat_map(Self::split).collect(),
            Self::Is(of, among) => match (*of, among) {
                // All of them are what none may fall short of.
                (Self::And(parts), TRUE | NOT_FALSE) => {
                    let parts = parts.into_iter().map(|part| part.is(among));
                    parts.flat_map(Self::split).collect()
                }
                (Self::Or(parts), FALSE | NOT_TRUE) => {
                    let parts = parts.into_iter().map(|part| part.is(among));
                    parts.flat_map(Self::split).collect()
                }
                (Self::Not(of), among) => of.is(not(among)).split(),
                (Self::Is(of, inner), TRUE) => of.is(inner).split(),
                (Self::Is(of, inner), FALSE) => of.is(ANY & !inner).split(),
                (of, among) => vec![of.is(among)],
            },
            other => vec![other],
        }
    }

    /// What it may be, when `atom` tells what its atoms may be.
    pub(crate) fn truths(&self, atom: &mut dyn FnMut(AtomId) -> Truths) -> Truths {
        match self {
            Self::Const(truths) => *truths,
            Self::Atom(id) => atom(*id),
            Self::Not(of) => not(of.truths(atom)),
            Self::And(parts) => {
                let mut all = TRUE;
                for part in parts {
                    all = and(all, part.truths(atom));
                    if all == FALSE {
                        break;
                    }
                }
                all
            }
            Self::Or(parts) => {
                let mut none = TRUE;
                for part in parts {
                    none = and(none, not(part.truths(atom)));
                    if none == FALSE {
                        break;
                    }
                }
                not(none)
            }
            Self::Is(of, among) => {
                let truths = of.truths(atom);
                let yes = if truths & among == 0 { 0 } else { TRUE };
                let no = if truths & !among == 0 { 0 } else { FALSE };
                yes | no
            }
        }
    }

    /// Visits every atom, as often as it occurs.
    pub(crate) fn for_each_atom(&self, visit: &mut dyn FnMut(AtomId)) {
        match self {
            Self::Const(_) => {}
            Self::Atom(id) => visit(*id),
            Self::Not(of) | Self::Is(of, _) => of.for_each_atom(visit),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.for_each_atom(visit);
                }
            }
        }
    }
}

const fn not(truths: Truths) -> Truths {
    (truths & UNDEFINED)
        | if truths & TRUE == 0 { 0 } else { FALSE }
        | if truths & FALSE == 0 { 0 } else { TRUE }
}

/// Every minimum of a member of each, with false < undefined < true.
const fn and(a: Truths, b: Truths) -> Truths {
    let mut both = 0;
    if (a | b) & FALSE != 0 {
        both |= FALSE;
    }
    if a & b & TRUE != 0 {
        both |= TRUE;
    }
    if (a & UNDEFINED != 0 && b & (UNDEFINED | TRUE) != 0)
        || (b & UNDEFINED != 0 && a & (UNDEFINED | TRUE) != 0)
    {
        both |= UNDEFINED;
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_exactly_what_their_members_give() {
        let members = |set: Truths| {
            [FALSE, UNDEFINED, TRUE]
                .into_iter()
                .filter(move |one| set & one != 0)
        };
        for a in 1..=ANY {
            for b in 1..=ANY {
                let pairs = members(a).flat_map(|x| members(b).map(move |y| x.min(y)));
                assert_eq!(
                    and(a, b),
                    pairs.fold(0, |set, one| set | one),
                    "{a} and {b}"
                );
            }
            assert_eq!(not(not(a)), a);
        }
    }
}
