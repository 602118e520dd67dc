//! What stands behind rules and functions without being asked: rules that never decide, and
//! how many agents may call a function.

use std::collections::BTreeSet;

use ls_types::{InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip, Range};
use placet::Engine;
use placet::Policy;
use placet::analysis::dead::{Cause, Issuance, Judge, Life, Obstacle};
use placet::analysis::{Answer, Effort, Question, who};
use placet::model::ids::FunctionId;
use placet::syntax::FileId;
use smol_str::SmolStr;

use crate::names::Symbol;
use crate::set::Set;

/// The largest policy of which all rules are judged while somebody types: what is left out
/// are hints alone, and `placet lint` tells of dead rules.
const MOST_RULES: usize = 500;

/// A hint, behind the name of what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Hint {
    about: Symbol,
    label: String,
    more: String,
}

/// The hints of a set: finding them takes longer than checking.
pub(crate) fn find(set: &Set) -> Vec<Hint> {
    let Some(policy) = &set.checked.policy else {
        return Vec::new();
    };
    if policy.policy().rules.len() > MOST_RULES {
        return Vec::new();
    }
    let mut hints = dead(policy);
    for (at, function) in policy.policy().functions.iter().enumerate() {
        let question = Question {
            functions: Some(vec![FunctionId::new(at)]),
            ..Question::default()
        };
        let answer = who(policy, &question, Effort::default());
        hints.push(callers(&function.path, &answer));
    }
    hints
}

/// The hints within a range of a text.
pub(crate) fn within(set: &Set, file: FileId, range: Range, hints: &[Hint]) -> Vec<InlayHint> {
    let mut shown = Vec::new();
    for hint in hints {
        for declaration in set.names.declared(&hint.about) {
            let position = set.position(declaration.file, declaration.name.end);
            if declaration.file != file || position < range.start || range.end < position {
                continue;
            }
            shown.push(InlayHint {
                position,
                label: InlayHintLabel::String(hint.label.clone()),
                kind: None::<InlayHintKind>,
                text_edits: None,
                tooltip: Some(InlayHintTooltip::String(hint.more.clone())),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            });
        }
    }
    shown.sort_by_key(|hint| hint.position);
    shown
}

fn dead(policy: &Policy) -> Vec<Hint> {
    let engine = Engine::new(policy.clone());
    let policy = policy.policy();
    let judged = Judge::new(&engine, Effort::default()).all();
    judged
        .into_iter()
        .filter_map(|judged| {
            let Life::Dead(dead) = &judged.life else {
                return None;
            };
            let rule = policy.rules.get(judged.rule.index())?;
            let layer = policy.layers.get(rule.layer.index())?;
            let more = match &dead.cause {
                Cause::Nowhere => "no function does what its clauses say".to_owned(),
                Cause::Unmeetable => "nobody can meet its duties".to_owned(),
                Cause::Contradiction(parts) => {
                    let parts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
                    format!("these never hold together: {}", parts.join(", "))
                }
                Cause::Others(others) => {
                    let name = |other: &Obstacle| match other {
                        Obstacle::Deny(id) | Obstacle::Grant(id) | Obstacle::Require(id) => {
                            policy.rule_name(*id)
                        }
                        Obstacle::Layer(id) => policy
                            .layers
                            .get(id.index())
                            .map_or_else(SmolStr::default, |layer| layer.name.clone()),
                    };
                    let others: Vec<SmolStr> = others.iter().map(name).collect();
                    format!(
                        "wherever its clauses hold, these decide: {}",
                        others.join(", ")
                    )
                }
            };
            let label = match &dead.issuance {
                Issuance::Nothing if !dead.stands_guard(rule.kind) => "dead",
                _ => "decides no call",
            };
            Some(Hint {
                about: Symbol::Rule(layer.name.clone(), rule.name.clone()),
                label: label.to_owned(),
                more,
            })
        })
        .collect()
}

/// How many agents may call a function.
fn callers(path: &SmolStr, answer: &Answer) -> Hint {
    let agents: BTreeSet<&SmolStr> = answer
        .regions
        .iter()
        .flat_map(|region| &region.declared)
        .collect();
    let more = !answer.unknown.is_empty()
        || answer
            .regions
            .iter()
            .any(|region| region.declared.is_empty());
    let count = agents.len();
    let label = match (count, more) {
        (0, false) => "no agent".to_owned(),
        (1, false) => "1 agent".to_owned(),
        (count, false) => format!("{count} agents"),
        (count, true) => format!("{count}+ agents"),
    };
    let regions: Vec<String> = answer
        .regions
        .iter()
        .map(|region| {
            let lines = region.lines().into_iter();
            let lines: Vec<String> = lines
                .map(|line| format!("{} {}", line.word, line.text))
                .collect();
            lines.join("\n")
        })
        .collect();
    Hint {
        about: Symbol::Tool(path.clone()),
        label,
        more: regions.join("\n\n"),
    }
}
