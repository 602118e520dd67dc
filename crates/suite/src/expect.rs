//! Whether what happened is what was expected.

use std::collections::BTreeSet;

use placet_compiler::scenario::{Limit, Want};
use placet_model::decision::{Answer, Decision};
use placet_model::pattern::Concrete;
use smol_str::SmolStr;

use crate::said::{is_whole, lifetime, names, patterns, quoted};

/// Where a decision about an issuance or a call differs from what is expected of it; `None`
/// where it does not.
pub(crate) fn difference(want: &Want, decision: &Decision) -> Option<String> {
    match want {
        Want::Answer(_) => Some("only listing is answered so".to_owned()),
        Want::Deny { reason, by } => {
            if decision.is_grant() {
                return Some("it is granted".to_owned());
            }
            if decision.reason.name() != reason {
                return Some(format!("it is denied for `{}`", decision.reason));
            }
            deciding(by, decision)
        }
        Want::Grant(limit) => {
            if !decision.is_grant() {
                return Some("it is denied".to_owned());
            }
            if !is_whole(decision) {
                return Some("less is granted than was asked for".to_owned());
            }
            limits(limit, decision)
        }
        Want::Narrowed { to, limit } => {
            if !decision.is_grant() {
                return Some("it is denied".to_owned());
            }
            if is_whole(decision) {
                return Some("all that was asked for is granted".to_owned());
            }
            narrowed(to, decision).or_else(|| limits(limit, decision))
        }
    }
}

/// Both have to be the same set.
fn narrowed(to: &[SmolStr], decision: &Decision) -> Option<String> {
    let wanted: BTreeSet<SmolStr> = to.iter().map(canonical).collect();
    let left = patterns(decision);
    if wanted == left {
        return None;
    }
    let more: Vec<&SmolStr> = left.difference(&wanted).collect();
    let less: Vec<&SmolStr> = wanted.difference(&left).collect();
    Some(match (more.is_empty(), less.is_empty()) {
        (false, false) => format!(
            "it is narrowed to {}",
            quoted(&left.iter().collect::<Vec<_>>())
        ),
        (false, true) => format!("it reaches {}, too", quoted(&more)),
        (true, _) => format!("it does not reach {}", quoted(&less)),
    })
}

fn canonical(text: &SmolStr) -> SmolStr {
    match Concrete::parse(text) {
        Ok(pattern) => smol_str::format_smolstr!("{pattern}"),
        Err(_) => text.clone(),
    }
}

fn limits(limit: &Limit, decision: &Decision) -> Option<String> {
    if let Some(wanted) = limit.lifetime {
        match lifetime(decision) {
            Some(lasts) if lasts == wanted => {}
            Some(lasts) => return Some(format!("it lasts {lasts}, not {wanted}")),
            None => return Some("it has no end of its own".to_owned()),
        }
    }
    deciding(&limit.by, decision)
}

/// Every rule that is named has to be among those that decided.
fn deciding(by: &[SmolStr], decision: &Decision) -> Option<String> {
    let decided = names(&decision.rules);
    let absent = by.iter().find(|name| !decided.contains(name))?;
    Some(if decided.is_empty() {
        format!("no rule decided it, and so `{absent}` did not")
    } else {
        format!("`{absent}` did not decide it: {} did", decided.join(", "))
    })
}

/// Where an answer of listing differs from what is expected.
pub(crate) fn answer_differs(want: &Want, answer: Answer) -> Option<String> {
    match want {
        Want::Answer(wanted) if *wanted == answer => None,
        _ => Some(format!("it is `{}`", answer.name())),
    }
}
