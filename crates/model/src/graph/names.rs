//! The names that keys of graphs stand for.

use smol_str::SmolStr;

use super::Number;

/// Names of agents, users and segments in code-point order, so that numbers are in the
/// order of their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<SmolStr>);

impl Names {
    /// All names, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, Number)> {
        self.0.iter().zip((0..).map(Number))
    }

    /// The number of a name, [`Number::UNKNOWN`] when no key stands for it.
    #[must_use]
    pub fn number(&self, text: &str) -> Number {
        let at = self.0.binary_search_by(|name| name.as_str().cmp(text));
        at.ok()
            .and_then(|at| u32::try_from(at).ok())
            .map_or(Number::UNKNOWN, Number)
    }

    pub(super) fn text(&self, number: Number) -> Option<&SmolStr> {
        self.0.get(number.0 as usize)
    }

    /// Names in whatever order, each once, and the number of each.
    pub(super) fn of(met: &[&SmolStr]) -> (Self, Vec<Number>) {
        let mut sorted: Vec<(&SmolStr, usize)> = met.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut numbers = vec![Number::UNKNOWN; sorted.len()];
        for ((_, at), number) in sorted.iter().zip(0..) {
            if let Some(own) = numbers.get_mut(*at) {
                *own = Number(number);
            }
        }
        let names = sorted.into_iter().map(|(name, _)| name.clone()).collect();
        (Self(names), numbers)
    }
}
