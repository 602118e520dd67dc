//! From a name to its declaration and its uses.

use ls_types::{DocumentHighlight, DocumentHighlightKind, Location};

use crate::names::{Occurrence, Role};
use crate::set::{Cursor, Set};

/// Where the name at a cursor is declared.
pub(crate) fn definitions(set: &Set, cursor: Cursor) -> Vec<Location> {
    related(set, cursor, |found| found.role == Role::Declares)
        .filter_map(|found| set.location(found.file, found.span))
        .collect()
}

/// Where what the name at a cursor stands for is named.
pub(crate) fn references(set: &Set, cursor: Cursor, with_declaration: bool) -> Vec<Location> {
    related(set, cursor, |found| {
        with_declaration || found.role == Role::Uses
    })
    .filter_map(|found| set.location(found.file, found.span))
    .collect()
}

/// The same within one text.
pub(crate) fn highlights(set: &Set, cursor: Cursor) -> Vec<DocumentHighlight> {
    related(set, cursor, |found| found.file == cursor.file)
        .map(|found| DocumentHighlight {
            range: set.range(found.file, found.span),
            kind: Some(match found.role {
                Role::Declares => DocumentHighlightKind::WRITE,
                Role::Uses => DocumentHighlightKind::READ,
            }),
        })
        .collect()
}

fn related<'s>(
    set: &'s Set,
    cursor: Cursor,
    wanted: impl Fn(&Occurrence) -> bool + 's,
) -> impl Iterator<Item = &'s Occurrence> {
    let symbols = set
        .name_at(cursor)
        .map(|name| name.symbols.as_slice())
        .unwrap_or_default();
    set.names.occurrences.iter().filter(move |found| {
        wanted(found) && found.symbols.iter().any(|symbol| symbols.contains(symbol))
    })
}
