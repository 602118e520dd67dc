//! A rule all of which others say.

use placet_analysis::dead::Obstacle;

use super::remove;
use crate::context::{Context, Found, listed};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1403,
    name: "redundant-rule",
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
        if obstacles.iter().any(|one| super::stops(&rule, one)) {
            continue;
        }
        let names = obstacles.iter().map(|one| super::named(context, one));
        let mut finding = RULE
            .says(format!("`{}` changes nothing", rule.typed.name))
            .at(
                rule.file,
                rule.name(),
                format!("{} say as much wherever it matches", listed(names)),
            );
        for one in obstacles {
            if let Obstacle::Grant(id) | Obstacle::Require(id) = one
                && let Some(other) = context.rules().find(|other| other.id == *id)
            {
                finding = finding.see(other.file, other.name(), "this is as good");
            }
        }
        found.mend(
            finding.help("take it away: what two rules say is mended in one of them"),
            remove(context, rule.file, rule.item, &rule.typed.name),
        );
    }
}
