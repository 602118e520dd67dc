//! Orders and ranges.

use super::{Invalid, ensure};

/// Whether each comes after the one before it.
pub(super) fn ascending<T: PartialOrd>(items: impl IntoIterator<Item = T>) -> bool {
    items.into_iter().is_sorted_by(|left, right| left < right)
}

/// Whether ids are in order and within their arena.
pub(super) fn ids<T: Copy + PartialOrd>(
    ids: &[T],
    index: impl Fn(T) -> usize,
    arena: usize,
) -> bool {
    ascending(ids.iter().copied()) && ids.last().is_none_or(|last| index(*last) < arena)
}

/// Checks that named things are in the order of their names, each name once.
pub(super) fn named<T: PartialOrd>(
    what: &'static str,
    names: impl IntoIterator<Item = T>,
) -> Result<(), Invalid> {
    ensure(
        ascending(names),
        || what.to_owned(),
        "they are not in order, each once",
    )
}
