//! Nothing stands between an agent and what cannot be taken back.

use placet_model::ids::ActionId;
use placet_model::policy::{Rule as Typed, RuleKind};

use crate::context::{Context, RuleAt};

pub(crate) mod scope_wide_consent;
pub(crate) mod sending_after_reading;
pub(crate) mod unbounded_payment;
pub(crate) mod unguarded_destruction;

/// Whether a rule asks for consent or approval.
fn asks_somebody(rule: &Typed) -> bool {
    rule.duties.consent.is_some() || !rule.duties.approvals.is_empty()
}

/// Whether something holds of a rule, or of a deny or require that is about all the calls by
/// which the rule does an action. The conditions of those are taken for what a person has
/// thought about.
fn guarded(
    context: &Context<'_>,
    rule: &RuleAt<'_>,
    action: ActionId,
    holds: &dyn Fn(&Typed) -> bool,
) -> bool {
    let own = context.reach(rule.id);
    holds(rule.typed)
        || context.rules().any(|other| {
            other.typed.kind != RuleKind::Grant
                && other.id != rule.id
                && context.reach(other.id).covers(own, action)
                && holds(other.typed)
        })
}
