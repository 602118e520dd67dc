//! What a layer offers for a call, and which offers can make no difference.

use std::collections::BTreeSet;

use placet_model::policy::{Approval, Budget, Consent, Duties};
use placet_model::value::Duration;
use smol_str::SmolStr;

/// A grant with the requires that match, or those alone in a layer of guardrails.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offer {
    grant: Option<SmolStr>,
    rules: BTreeSet<SmolStr>,
    lifetime: Option<Duration>,
    delegate: Option<u32>,
    consents: BTreeSet<Consent>,
    approvals: BTreeSet<Approval>,
    budgets: Vec<(SmolStr, usize, Budget)>,
}

impl Offer {
    pub(super) fn of_grant(name: &SmolStr, duties: &Duties, lifetime: Duration) -> Self {
        let mut offer = Self::of_guardrails();
        offer.grant = Some(name.clone());
        offer.lifetime = Some(duties.lifetime.unwrap_or(lifetime));
        offer.delegate = Some(duties.delegate.unwrap_or(0));
        offer.tighten(name, duties);
        offer
    }

    pub(super) fn of_guardrails() -> Self {
        Self {
            grant: None,
            rules: BTreeSet::new(),
            lifetime: None,
            delegate: None,
            consents: BTreeSet::new(),
            approvals: BTreeSet::new(),
            budgets: Vec::new(),
        }
    }

    pub(super) fn tighten(&mut self, name: &SmolStr, duties: &Duties) {
        self.lifetime = least(self.lifetime, duties.lifetime);
        self.delegate = least(self.delegate, duties.delegate);
        self.consents.extend(duties.consent);
        self.approvals.extend(duties.approvals.iter().copied());
        for (index, budget) in duties.budgets.iter().enumerate() {
            self.budgets.push((name.clone(), index, *budget));
        }
        self.rules.insert(name.clone());
    }

    /// Whether the other one never decides anything beside this one: it holds only when this
    /// one does, ends no later, and stands behind it in the order in which one is chosen.
    fn betters(&self, other: &Self, unlimited: bool) -> bool {
        let as_easy = self.consents.is_subset(&other.consents)
            && self.approvals.is_subset(&other.approvals)
            && self
                .budgets
                .iter()
                .all(|budget| other.budgets.contains(budget));
        let as_long = self.lifetime >= other.lifetime && self.delegate >= other.delegate;
        let free = self.consents.is_empty() && self.approvals.is_empty() && self.budgets.is_empty();
        // Limits of other layers may make both end at once; then the name decides.
        let first = self.grant < other.grant || free && unlimited && self.lifetime > other.lifetime;
        as_easy && as_long && first
    }
}

/// The offers that can make a difference. `unlimited` says that no other layer limits how
/// long a grant lasts.
pub(super) fn decisive(offers: &[Offer], unlimited: bool) -> Vec<Offer> {
    let kept = offers.iter().filter(|offer| {
        let mut others = offers.iter();
        !others.any(|other| other.betters(offer, unlimited))
    });
    kept.cloned().collect()
}

/// Whether some offer limits how long a grant lasts.
pub(super) fn limits(offers: &[Offer]) -> bool {
    offers.iter().any(|offer| offer.lifetime.is_some())
}

/// The lesser of two limits, where nothing is no limit.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
