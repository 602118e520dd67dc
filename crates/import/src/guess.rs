//! What a call does and to what, guessed from names, schema and claims: for a person to confirm.

mod action;
mod evidence;
mod resource;
mod role;
mod verbs;
mod words;

pub(crate) use action::{Choice, choices, guess};
pub(crate) use resource::templates;
pub(crate) use verbs::{Verb, is_verb, verb_of};
pub(crate) use words::{kebab, of_tool, shared_prefix, split};
