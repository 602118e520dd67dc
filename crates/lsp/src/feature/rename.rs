//! Giving something another name, everywhere at once.
//!
//! A rename changes no decision: it is refused when something else has the new name already,
//! when a text of a condition may mean the old one, and when the policy set would then have an
//! error that it does not have now.

use std::collections::{BTreeMap, HashMap};

use ls_types::{Position, PrepareRenameResponse, TextEdit, Uri, WorkspaceEdit};
use placet::model::render;
use placet::syntax::{Diagnostic, FileId, Span};

use crate::names::{Occurrence, Symbol, Written};
use crate::set::{Cursor, Set};

/// The name at a cursor, if it can be changed.
pub(crate) fn prepare(set: &Set, cursor: Cursor) -> Result<PrepareRenameResponse, String> {
    let (name, _) = renamable(set, cursor)?;
    Ok(PrepareRenameResponse::RangeWithPlaceholder {
        range: set.range(name.file, name.span),
        placeholder: plain(set.slice(name.file, name.span)).to_owned(),
    })
}

/// The edits that give what is named at a cursor another name.
pub(crate) fn rename(set: &Set, cursor: Cursor, to: &str) -> Result<WorkspaceEdit, String> {
    let (name, symbol) = renamable(set, cursor)?;
    if let Some(problem) = placet::syntax::name_problem(name.file, Span::default(), to) {
        return Err(problem.message);
    }
    let other = symbol.renamed(to);
    if other != *symbol
        && let Some(found) = set.names.of_symbol(&other).next()
    {
        let place = place(set, found.file, found.span);
        return Err(format!("`{to}` is something else already, at {place}"));
    }
    let mut texts = set.names.texts.iter();
    if let Some((file, span, text)) = texts.find(|(_, _, text)| symbol.may_be(text)) {
        return Err(format!(
            "the text \"{text}\" at {} may mean this, and would not be changed with it",
            place(set, *file, *span)
        ));
    }
    let alone = render::name(to);
    let mut edits: BTreeMap<u32, Vec<(Span, String)>> = BTreeMap::new();
    for found in set.names.of_symbol(symbol) {
        if found.symbols.len() > 1 {
            return Err(format!(
                "`{}` stands for something else as well at {}",
                plain(set.slice(found.file, found.span)),
                place(set, found.file, found.span)
            ));
        }
        let text = match found.written {
            Written::Alone => alone.clone(),
            Written::Within if alone == to => to.to_owned(),
            Written::Within => {
                return Err(format!(
                    "`{to}` needs quotes, and cannot have them within the text at {}",
                    place(set, found.file, found.span)
                ));
            }
        };
        edits
            .entry(found.file.0)
            .or_default()
            .push((found.span, text));
    }
    allowed(set, &edits)?;
    Ok(edit(set, edits))
}

/// What is named at a cursor, if it has one declaration to be changed with it.
fn renamable(set: &Set, cursor: Cursor) -> Result<(&Occurrence, &Symbol), String> {
    let name = set.name_at(cursor).ok_or("there is no name here")?;
    let [symbol] = name.symbols.as_slice() else {
        return Err("this is a parameter of several functions: rename it in each".to_owned());
    };
    Ok((name, symbol))
}

/// Refuses edits that give the set an error which it does not have.
fn allowed(set: &Set, edits: &BTreeMap<u32, Vec<(Span, String)>>) -> Result<(), String> {
    let errors =
        |diagnostics: &[Diagnostic]| diagnostics.iter().filter(|found| found.is_error()).count();
    let now = errors(&set.checked.diagnostics);
    let texts = set.checked.sources.iter().map(|(file, source)| {
        let text = match edits.get(&file.0) {
            Some(edits) => applied(&source.text, edits),
            None => source.text.clone(),
        };
        (source.name.clone(), text)
    });
    let then = placet::check(texts);
    if errors(&then.diagnostics) <= now {
        return Ok(());
    }
    let error = then.diagnostics.iter().find(|found| found.is_error());
    Err(error.map_or_else(String::new, |error| {
        format!("the policy would have an error then: {}", error.message)
    }))
}

fn applied(text: &str, edits: &[(Span, String)]) -> String {
    let mut edits: Vec<&(Span, String)> = edits.iter().collect();
    edits.sort_by_key(|(span, _)| *span);
    let mut changed = String::with_capacity(text.len());
    let mut from = 0;
    for (span, with) in edits {
        let range = span.range();
        changed.push_str(text.get(from..range.start).unwrap_or_default());
        changed.push_str(with);
        from = range.end;
    }
    changed.push_str(text.get(from..).unwrap_or_default());
    changed
}

fn edit(set: &Set, edits: BTreeMap<u32, Vec<(Span, String)>>) -> WorkspaceEdit {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (file, edits) in edits {
        let file = FileId(file);
        let Some(uri) = set.path(file).and_then(Uri::from_file_path) else {
            continue;
        };
        let edits = edits
            .into_iter()
            .map(|(span, text)| TextEdit::new(set.range(file, span), text))
            .collect();
        changes.insert(uri, edits);
    }
    WorkspaceEdit::new(changes)
}

fn place(set: &Set, file: FileId, span: Span) -> String {
    let Position { line, .. } = set.position(file, span.start);
    let path = set.path(file).and_then(|path| path.file_name());
    let path = path.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    format!("{path}:{}", line + 1)
}

/// A written name without its quotes.
fn plain(written: &str) -> &str {
    written
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(written)
}
