//! Sets of truth values, combined by Kleene's strong logic.
//!
//! At run time every set has one member. Where inputs are still open (issuance and
//! listing) a set holds every truth value that some completion gives. Combining sets
//! forgets how two conditions hang together, so a set may be too large, never too
//! small: the engine errs towards grantable and never away.

use placet_model::graph::Truth;

/// A non-empty set of truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truths(u8);

const FALSE: u8 = 1;
const UNDEFINED: u8 = 2;
const TRUE: u8 = 4;

impl Truths {
    /// False alone.
    pub const FALSE: Self = Self(FALSE);
    /// Undefined alone.
    pub const UNDEFINED: Self = Self(UNDEFINED);
    /// True alone.
    pub const TRUE: Self = Self(TRUE);
    /// Present or not, but never undefined.
    pub const EITHER: Self = Self(FALSE | TRUE);
    /// Anything at all.
    pub const OPEN: Self = Self(FALSE | UNDEFINED | TRUE);

    /// What is known to hold, or not to.
    #[must_use]
    pub const fn of(holds: bool) -> Self {
        if holds { Self::TRUE } else { Self::FALSE }
    }

    pub(crate) const fn one(truth: Truth) -> Self {
        match truth {
            Truth::False => Self::FALSE,
            Truth::Undefined => Self::UNDEFINED,
            Truth::True => Self::TRUE,
        }
    }

    /// True in some completion.
    #[must_use]
    pub const fn may_be_true(self) -> bool {
        self.0 & TRUE != 0
    }

    /// False in some completion.
    #[must_use]
    pub const fn may_be_false(self) -> bool {
        self.0 & FALSE != 0
    }

    pub(crate) const fn may_be_undefined(self) -> bool {
        self.0 & UNDEFINED != 0
    }

    /// Certainly true, in every completion.
    #[must_use]
    pub const fn is_true(self) -> bool {
        self.0 == TRUE
    }

    /// Certainly false, in every completion.
    #[must_use]
    pub const fn is_false(self) -> bool {
        self.0 == FALSE
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The negation of each.
    #[must_use]
    pub const fn not(self) -> Self {
        let flipped = (self.0 & UNDEFINED)
            | if self.may_be_true() { FALSE } else { 0 }
            | if self.may_be_false() { TRUE } else { 0 };
        Self(flipped)
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let mut result = 0;
        if self.may_be_false() || other.may_be_false() {
            result |= FALSE;
        }
        if self.may_be_true() && other.may_be_true() {
            result |= TRUE;
        }
        // Undefined arises when one side is undefined and the other is not false.
        if (self.may_be_undefined() && other.0 & (UNDEFINED | TRUE) != 0)
            || (other.may_be_undefined() && self.0 & (UNDEFINED | TRUE) != 0)
        {
            result |= UNDEFINED;
        }
        Self(result)
    }

    /// Either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn singletons(set: Truths) -> Vec<Truths> {
        [Truths::FALSE, Truths::UNDEFINED, Truths::TRUE]
            .into_iter()
            .filter(|one| set.0 & one.0 != 0)
            .collect()
    }

    /// Kleene's strong conjunction is the minimum, with false < undefined < true.
    fn minimum(a: Truths, b: Truths) -> Truths {
        if a.0 < b.0 { a } else { b }
    }

    #[test]
    fn sets_hold_exactly_what_their_members_give() {
        for a in 1..8 {
            for b in 1..8 {
                let (a, b) = (Truths(a), Truths(b));
                let mut and = 0;
                for x in singletons(a) {
                    for y in singletons(b) {
                        and |= minimum(x, y).0;
                    }
                }
                assert_eq!(a.and(b).0, and, "{a:?} and {b:?}");
                assert_eq!(a.or(b), a.not().and(b.not()).not());
            }
            assert_eq!(Truths(a).not().not(), Truths(a));
        }
    }
}
