//! Nothing stands between an agent and what cannot be taken back.

use placet_model::policy::{Rule as Typed, RuleKind};

use crate::context::{Context, RuleAt};
use crate::reach::Deed;
use crate::words::Kind;

pub(crate) mod scope_wide_consent;
pub(crate) mod sending_after_reading;
pub(crate) mod unbounded_payment;
pub(crate) mod unguarded_destruction;

/// Whether a rule asks for consent or approval.
fn asks_somebody(rule: &Typed) -> bool {
    rule.duties.consent.is_some() || !rule.duties.approvals.is_empty()
}

/// What a rule covers of a kind where something holds neither of the rule nor of a deny or require
/// that covers it, too. The conditions of those are taken for what a person has thought about.
fn open(
    context: &Context<'_>,
    rule: &RuleAt<'_>,
    kind: Kind,
    holds: &dyn Fn(&Typed) -> bool,
) -> Vec<Deed> {
    let mut open = context.deeds(kind, rule);
    if open.is_empty() || holds(rule.typed) {
        return Vec::new();
    }
    for other in context.rules() {
        if other.typed.kind != RuleKind::Grant && other.id != rule.id && holds(other.typed) {
            let reach = context.reach(other.id);
            open.retain(|deed| !reach.covers(*deed));
        }
    }
    open
}
