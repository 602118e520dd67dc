//! A rule that denies leave nothing of, a require that nobody can meet, or a layer that never grants.

use placet_analysis::dead::{Cause, Issuance, Life, Obstacle};
use placet_model::policy::RuleKind;

use super::remove;
use crate::context::{Context, Found, listed};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1402,
    name: "overshadowed-rule",
    category: Category::DeadWeight,
    level: Level::Warn,
    tags: &[Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for (rule, obstacles) in super::others(context) {
        let stopping = obstacles.iter().filter(|one| super::stops(&rule, one));
        let stopping: Vec<&Obstacle> = stopping.collect();
        if stopping.is_empty() {
            continue;
        }
        let names = stopping.iter().map(|one| super::named(context, one));
        let mut finding = RULE
            .says(format!("`{}` never decides", rule.typed.name))
            .at(
                rule.file,
                rule.name(),
                format!("{} stand in its way wherever it matches", listed(names)),
            );
        for one in stopping {
            let (id, why) = match one {
                Obstacle::Deny(id) => (id, "it matches there"),
                Obstacle::Require(id) => (id, "nobody can give what it asks for"),
                Obstacle::Grant(_) | Obstacle::Layer(_) => continue,
            };
            if let Some(other) = context.rules().find(|other| other.id == *id) {
                finding = finding.see(other.file, other.name(), why);
            }
        }
        found.mend(
            finding.help("take it away, or mend what stands in its way"),
            remove(context, rule.file, rule.item, &rule.typed.name),
        );
    }
}

/// What leaves nothing to do for a rule, at calls and at issuance; none of one that stands
/// guard where nothing is granted.
pub(super) fn obstacles(kind: RuleKind, life: &Life) -> Option<&[Obstacle]> {
    match life {
        Life::Dead(dead) if matches!(dead.issuance, Issuance::Nothing) => match &dead.cause {
            Cause::Others(obstacles) if !dead.stands_guard(kind) => Some(obstacles),
            _ => None,
        },
        _ => None,
    }
}
