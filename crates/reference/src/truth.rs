//! Sets of truth values.
//!
//! At run time every condition has one of three truth values. Before all inputs are known
//! it has several possible ones: a set, on which the connectives work value by value.

use std::fmt;

/// A non-empty set of the truth values true, false and undefined.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Truths(u8);

/// The three values in the order that makes `and` the least and `or` the greatest.
const F: u8 = 1;
const U: u8 = 2;
const T: u8 = 4;

impl Truths {
    /// Certainly true.
    pub const TRUE: Self = Self(T);
    /// Certainly false.
    pub const FALSE: Self = Self(F);
    /// Certainly undefined.
    pub const UNDEFINED: Self = Self(U);
    /// Anything: not known yet.
    pub const OPEN: Self = Self(T | F | U);
    /// True or false, but not undefined.
    pub const EITHER: Self = Self(T | F);

    /// Certainly this.
    #[must_use]
    pub const fn of(known: bool) -> Self {
        if known { Self::TRUE } else { Self::FALSE }
    }

    /// Whether it may be true.
    #[must_use]
    pub const fn may_be_true(self) -> bool {
        self.0 & T != 0
    }

    /// Whether it may be false.
    #[must_use]
    pub const fn may_be_false(self) -> bool {
        self.0 & F != 0
    }

    /// Whether it may be undefined.
    #[must_use]
    pub const fn may_be_undefined(self) -> bool {
        self.0 & U != 0
    }

    /// Whether exactly one value is possible.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        self.0.count_ones() == 1
    }

    /// Kleene's negation.
    #[must_use]
    pub fn negated(self) -> Self {
        let mut result = self.0 & U;
        if self.may_be_true() {
            result |= F;
        }
        if self.may_be_false() {
            result |= T;
        }
        Self(result)
    }

    /// Kleene's conjunction: the lesser of each pair.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.pairwise(other, u8::min)
    }

    /// Kleene's disjunction: the greater of each pair.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.pairwise(other, u8::max)
    }

    /// What is possible in either of two cases.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn pairwise(self, other: Self, pick: fn(u8, u8) -> u8) -> Self {
        let mut result = 0;
        for left in [F, U, T] {
            for right in [F, U, T] {
                if self.0 & left != 0 && other.0 & right != 0 {
                    result |= pick(left, right);
                }
            }
        }
        Self(result)
    }
}

impl fmt::Debug for Truths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, name) in [(T, "T"), (F, "F"), (U, "U")] {
            if self.0 & bit != 0 {
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Truths;

    #[test]
    fn connectives_are_kleenes_on_single_values_and_pairwise_on_sets() {
        let (t, f, u, open) = (Truths::TRUE, Truths::FALSE, Truths::UNDEFINED, Truths::OPEN);
        assert_eq!(f.and(u), f);
        assert_eq!(t.and(u), u);
        assert_eq!(t.or(u), t);
        assert_eq!(f.or(u), u);
        assert_eq!(u.negated(), u);
        assert_eq!(open.and(f), f);
        assert_eq!(open.or(t), t);
        assert_eq!(open.and(u), f.union(u));
        assert_eq!(Truths::EITHER.negated(), Truths::EITHER);
    }
}
