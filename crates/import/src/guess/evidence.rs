//! What speaks against a name that says that a tool reads: its server's claims and description,
//! and arguments that only something else would take.

use crate::claims::Claims;
use crate::guess::verbs::{Verb, says, verb_of};
use crate::guess::words::split;
use crate::ty::{Field, Type};

/// Something that speaks against reading.
pub(crate) struct Evidence {
    /// What the tool does if it is so.
    pub(crate) verb: Verb,
    /// What says so, as the second half of a sentence.
    pub(crate) why: String,
}

/// All that speaks against reading.
pub(crate) fn of(
    words: &[String],
    said: &[String],
    claims: Claims,
    fields: &[Field],
) -> Vec<Evidence> {
    let mut all = Vec::new();
    let mut add = |verb, why: String| all.push(Evidence { verb, why });
    match (claims.read_only, claims.destructive) {
        (Some(false), Some(true)) => {
            add(Verb::Update, "the server claims that it destroys".into());
        }
        (Some(false), Some(false)) => {
            add(
                Verb::Create,
                "the server claims that it adds something".into(),
            );
        }
        (Some(false), None) => {
            add(
                Verb::Update,
                "the server claims that it changes something".into(),
            );
        }
        _ => {}
    }
    // A description is prose: `Start here` orders nothing. Only where no claim agrees with the
    // name does its first word count.
    if let Some(verb) = says(said).filter(|verb| *verb > Verb::Read)
        && claims.read_only != Some(true)
    {
        add(
            verb,
            format!("its description that it is `{}`", verb.name()),
        );
    }
    if words
        .iter()
        .any(|word| verb_of(std::slice::from_ref(word)) == Some(Verb::Delete))
    {
        // `get_delete_status` does read.
        add(Verb::Read, "a part of it that it is `delete`".into());
    }
    for field in fields {
        let name = split(&field.name);
        if is_program(field, &name) {
            add(
                Verb::Run,
                format!("`{}` is a program that it runs", field.name),
            );
        } else if is_sink(words, field, &name) {
            add(
                Verb::Update,
                format!("`{}` says where it writes", field.name),
            );
        } else if let Some(verb) = switch(field, &name) {
            add(
                Verb::Read,
                format!("`{}` may make it `{}`", field.name, verb.name()),
            );
        }
    }
    all
}

/// Whether an argument is a text in a language that can do anything.
fn is_program(field: &Field, name: &[String]) -> bool {
    const LANGUAGES: &[&str] = &[
        "cmd",
        "command",
        "cypher",
        "gremlin",
        "javascript",
        "python",
        "script",
        "shell",
        "sparql",
        "sql",
        "statement",
        "statements",
    ];
    let text = matches!(&field.ty, Type::Text)
        || matches!(&field.ty, Type::List(inner) if **inner == Type::Text);
    text && name.len() <= 2
        && name
            .last()
            .is_some_and(|last| LANGUAGES.contains(&last.as_str()))
}

/// Whether an argument is a place in which something is kept.
fn is_sink(words: &[String], field: &Field, name: &[String]) -> bool {
    const KEEPS: &[&str] = &[
        "download", "export", "out", "output", "save", "saved", "write",
    ];
    let keeps = |words: &[String]| words.iter().any(|word| KEEPS.contains(&word.as_str()));
    let place = |words: &[&str]| name.iter().any(|word| words.contains(&word.as_str()));
    let folder = place(&["dir", "directory", "filepath", "folder", "path"]);
    let file = folder || place(&["file", "filename", "to"]);
    field.ty == Type::Text && ((keeps(name) && file) || (keeps(words) && folder))
}

/// What a flag makes of a tool when it is set, if that is dangerous.
fn switch(field: &Field, name: &[String]) -> Option<Verb> {
    let (first, rest) = name.split_first()?;
    // `remove_images` is about what is shown.
    let shows = matches!(
        first.as_str(),
        "remove" | "clear" | "discard" | "drop" | "empty"
    );
    if field.ty != Type::Bool || (shows && !rest.is_empty()) {
        return None;
    }
    match (first.as_str(), says(name)?) {
        ("mark", verb) | (_, verb @ (Verb::Send | Verb::Pay | Verb::Delete)) => Some(verb),
        _ => None,
    }
}
