//! What differs of one function or parameter, and what to write instead.

use smol_str::SmolStr;

use super::declared::{At, DeclaredFunction};
use super::finding::{Code, Severity};
use crate::claims::Meaning;
use crate::clean::quoted;
use crate::guess::{Verb, split, verb_of};
use crate::listing::Tool;
use crate::ty::{Field, word};

/// A difference of one function or parameter.
pub(super) struct Differs {
    pub(super) code: Code,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) at: At,
    pub(super) help: String,
    pub(super) write: Option<String>,
}

pub(super) fn changed(mine: &DeclaredFunction, before: &Meaning, at: At, now: &Meaning) -> Differs {
    let wider = now.is_wider_than(before);
    Differs {
        code: Code::MeaningChanged,
        severity: match wider {
            true => Severity::Error,
            false => Severity::Warning,
        },
        message: format!(
            "the server claims that {} is {}; when it was imported, it claimed {}",
            quoted(&mine.name),
            now.words(),
            before.words()
        ),
        at,
        help: match wider && !now.read_only && mine.actions.iter().all(reads) {
            true => format!(
                "{} no longer says what it does: move it to another action, and keep the new claim in its doc comment",
                actions(mine)
            ),
            false => format!(
                "see whether {} still says what it does, and keep the new claim in its doc comment",
                actions(mine)
            ),
        },
        write: Some(format!("/// {}", now.line())),
    }
}

/// A tool that was not imported, and is called reading all the same.
pub(super) fn doubted(mine: &DeclaredFunction, tool: &Tool, now: &Meaning) -> Option<Differs> {
    // Only what the server says expressly: by default every tool may destroy.
    let claims = &tool.claims;
    let says = claims.read_only == Some(false)
        || (claims.read_only.is_none() && claims.destructive == Some(true));
    (says && mine.actions.iter().all(reads)).then(|| Differs {
        code: Code::ActionDoubted,
        severity: Severity::Error,
        message: format!(
            "the policy says {} of {}, and the server claims that it is not read-only ({})",
            actions(mine),
            quoted(&mine.name),
            now.words()
        ),
        at: mine.at,
        help: "name another action, or keep the claim in its doc comment when you know better"
            .into(),
        write: Some(format!("/// {}", now.line())),
    })
}

/// Whether an action is called as one that changes nothing.
fn reads(action: &SmolStr) -> bool {
    verb_of(&split(action)) == Some(Verb::Read)
}

pub(super) fn unknown_parameter(function: &DeclaredFunction, field: &Field) -> Differs {
    let required = !field.may_be_absent();
    let message = format!(
        "{} takes {}, which the policy does not declare",
        quoted(&function.name),
        quoted(&field.name)
    );
    Differs {
        code: Code::ParameterUnknown,
        severity: match required {
            true => Severity::Error,
            false => Severity::Warning,
        },
        message: match required {
            true => format!("{message}: no call that the tool accepts is a valid one"),
            false => format!("{message}: a call with it is refused"),
        },
        at: function.at,
        help: "declare it".into(),
        write: Some(field.text()),
    }
}

pub(super) fn gone_parameter(function: &DeclaredFunction, field: &Field, at: At) -> Differs {
    Differs {
        code: Code::ParameterGone,
        severity: match field.may_be_absent() {
            true => Severity::Warning,
            false => Severity::Error,
        },
        message: format!(
            "{} no longer takes {}",
            quoted(&function.name),
            quoted(&field.name)
        ),
        at,
        help: format!("take out `{}`, and what reads it", word(&field.name)),
        write: None,
    }
}

fn actions(function: &DeclaredFunction) -> String {
    let names: Vec<String> = function
        .actions
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(", ")
}
