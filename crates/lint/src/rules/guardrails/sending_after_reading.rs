//! Something leaves, whatever was read before.

use placet_model::policy::{Expr, Moment, Policy, Rule as Typed, Segment};

use super::asks_somebody;
use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::walk;
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1302,
    name: "sending-after-reading",
    category: Category::Guardrails,
    level: Level::Warn,
    tags: &[Tag::Asi(1), Tag::Asi(2), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    let mut grants = context.grants();
    if !grants.any(|rule| !context.deeds(Kind::Reading, &rule).is_empty()) {
        return;
    }
    let holds = |rule: &Typed| asks_somebody(rule) || asks_past(policy, rule);
    for rule in context.grants() {
        if is_addressed(policy, rule.typed) {
            continue;
        }
        let open = super::open(context, &rule, Kind::Sending, &holds);
        if open.is_empty() {
            continue;
        }
        found.push(
            RULE.says(format!(
                "`{}` grants {}, whatever the agent has read",
                rule.typed.name,
                context.told(Kind::Sending, &open)
            ))
            .at(
                rule.file,
                rule.action_place(),
                "to an address that what was read may have named",
            )
            .note("private data, strangers' texts and a way out are together what injection needs")
            .help(
                "name the addressees by user or task, ask for consent, or deny it after reading: \
                 `when count(reads) > 0`",
            ),
        );
    }
}

/// Whether every pattern says by user or task where it goes.
fn is_addressed(policy: &Policy, rule: &Typed) -> bool {
    let bound = |id: &placet_model::ids::PatternId| {
        let pattern = policy.patterns.get(id.index());
        pattern.is_some_and(|pattern| {
            let mut segments = pattern.segments.iter();
            segments.any(|segment| matches!(segment, Segment::Hole(_)))
        })
    };
    !rule.resources.is_empty() && rule.resources.iter().all(bound)
}

/// Whether a rule asks what was done before. At issuance nothing was, and what is pinned to it
/// cuts nothing by a history.
pub(super) fn asks_past(policy: &Policy, rule: &Typed) -> bool {
    rule.moment != Some(Moment::Issuance)
        && walk::conditions_read(policy, rule, &mut |expr| matches!(expr, Expr::History(_)))
}
