//! Which verb a tool is: from its name, then from what is said of it. Where the evidence
//! disagrees the more dangerous wins, and a person is asked.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::claims::Claims;
use crate::clean::brief;
use crate::guess::evidence;
use crate::guess::verbs::{Verb, says, verb_of};
use crate::guess::words::split;
use crate::ty::{Field, Type, is_plain};

/// A guess, with what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) verb: Verb,
    /// What a person must decide.
    pub(crate) doubt: Option<String>,
}

/// Guesses what a tool does.
pub(crate) fn guess(
    words: &[String],
    description: &str,
    claims: Claims,
    fields: &[Field],
) -> Guess {
    let said = split(&brief(description, 80));
    let (verb, doubt) = match verb_of(words) {
        Some(Verb::Read) => reading(words, &said, claims, fields),
        Some(verb) if claims.read_only == Some(true) => (
            verb,
            Some(format!(
                "the name says `{}`, and the server claims that it only reads",
                verb.name()
            )),
        ),
        Some(Verb::Delete) if claims.destructive == Some(false) => (
            Verb::Delete,
            Some(
                "the name says `delete`, and the server claims that it destroys nothing".to_owned(),
            ),
        ),
        Some(verb) => (verb, None),
        None => described(&said, claims),
    };
    Guess { verb, doubt }
}

/// What a tool does whose name says that it reads, unless something else says more.
fn reading(
    words: &[String],
    said: &[String],
    claims: Claims,
    fields: &[Field],
) -> (Verb, Option<String>) {
    let mut evidence = evidence::of(words, said, claims, fields);
    // The first of the most dangerous tells why.
    evidence.sort_by_key(|one| Reverse(one.verb));
    match evidence.into_iter().next() {
        Some(one) => (
            one.verb,
            Some(format!("the name says that it reads, and {}", one.why)),
        ),
        None => (Verb::Read, None),
    }
}

/// What is said of a tool whose name has no verb: nothing but the server's word.
fn described(said: &[String], claims: Claims) -> (Verb, Option<String>) {
    let verb = says(said);
    match (verb, claims.read_only) {
        (Some(Verb::Read) | None, Some(true)) => (
            Verb::Read,
            Some("nothing but the server's claim says that it only reads".to_owned()),
        ),
        (Some(Verb::Read), None) => (
            Verb::Read,
            Some("nothing but its description says that it reads".to_owned()),
        ),
        (Some(verb), _) if verb != Verb::Read => (
            verb,
            Some(format!(
                "nothing but its description says that it is `{}`",
                verb.name()
            )),
        ),
        _ => (
            Verb::Run,
            Some("neither its name nor the server says what it does: name the action".to_owned()),
        ),
    }
}

/// The names of parameters that choose an operation.
const CHOOSERS: &[&str] = &[
    "action",
    "cmd",
    "command",
    "method",
    "mode",
    "op",
    "operation",
    "operator",
];

/// How a parameter chooses what a tool does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Each verb with the members that mean it.
    Members(String, Vec<(Verb, Vec<String>)>),
    /// It may choose something more dangerous than the name says, and cannot be told apart.
    Worse(String, Verb),
    /// The same, and it is as likely that it only narrows down what is read.
    Perhaps(String, Verb),
    /// Any text may choose, and nobody can tell what.
    AnyText(String),
}

/// Whether a parameter chooses the operation; what the name of the tool says counts for members
/// that say nothing.
pub(crate) fn choices(fields: &[Field], otherwise: Verb) -> Option<Choice> {
    let chooses = |field: &&Field| {
        let words = split(&field.name);
        let named = words
            .last()
            .is_some_and(|word| CHOOSERS.contains(&word.as_str()));
        named && words.len() <= 2 && is_plain(&field.name)
    };
    let choosers = fields.iter().filter(chooses);
    // One that is always there can make lines; of the others only what is worse is told.
    let (sure, others): (Vec<&Field>, Vec<&Field>) =
        choosers.partition(|field| field.default.is_some() || !field.optional);
    if let Some((field, by_verb)) = sure
        .iter()
        .map(|field| (field, by_verb(field, otherwise)))
        .find(|(_, by_verb)| by_verb.len() > 1)
    {
        return Some(Choice::Members(field.name.to_string(), by_verb));
    }
    let worst = |fields: &[&Field]| {
        let worst = fields.iter().filter_map(|field| {
            let (verb, _) = by_verb(field, otherwise).pop()?;
            (verb > otherwise).then(|| (verb, field.name.to_string()))
        });
        worst.max()
    };
    if let Some((verb, name)) = worst(&sure) {
        return Some(Choice::Worse(name, verb));
    }
    // What a reader may be told beside what to read is a filter, more often than not.
    if let Some((verb, name)) = worst(&others).filter(|_| otherwise == Verb::Read) {
        return Some(match verb >= Verb::Send {
            true => Choice::Worse(name, verb),
            false => Choice::Perhaps(name, verb),
        });
    }
    let text = sure.iter().find(|field| field.ty == Type::Text)?;
    (otherwise != Verb::Read).then(|| Choice::AnyText(text.name.to_string()))
}

/// The members of an enum by what they mean, the most dangerous last.
fn by_verb(field: &Field, otherwise: Verb) -> Vec<(Verb, Vec<String>)> {
    let Type::Enum(members) = &field.ty else {
        return Vec::new();
    };
    let mut by_verb: BTreeMap<Verb, Vec<String>> = BTreeMap::new();
    for member in members {
        let verb = verb_of(&split(member)).unwrap_or(otherwise);
        by_verb.entry(verb).or_default().push(member.to_string());
    }
    by_verb.into_iter().collect()
}
