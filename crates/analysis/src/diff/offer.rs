//! What is offered to the rules of two policies: which duties are met, and how much is
//! wanted of the limits.

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::{Engine, Probe};
use placet_model::decision::{Decision, DutyCover};
use placet_model::ids::RuleId;
use placet_model::policy::{Budget, Policy};
use placet_model::request::Request;
use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

use crate::ask::offered;
use crate::domain::Choice;
use crate::input::{Input, Slot};
use crate::witness::{approval, consent, this_call, whole_tool};

/// What a duty or limit was and what it is now, as policy text; `None` where nothing is
/// asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift {
    /// Which: `consent`, `for`, `approval leads`.
    pub of: SmolStr,
    /// In the old policy.
    pub old: Option<SmolStr>,
    /// In the new one.
    pub new: Option<SmolStr>,
}

/// The name of a duty or limit.
pub(super) fn name(slot: &Slot) -> SmolStr {
    match slot {
        Slot::Consent => "consent".into(),
        Slot::Approval(group) => {
            format_smolstr!("approval {}", placet_model::render::name(group))
        }
        Slot::Calls | Slot::Amount(_) => "budget".into(),
        Slot::Lifetime => "for".into(),
        Slot::Delegate => "delegate".into(),
    }
}

/// How little is given of each duty, and how much is wanted of each limit; all is given and
/// nothing wanted of what is not in here.
#[derive(Clone, Debug, Default)]
pub(super) struct Offered(BTreeMap<Slot, Decimal>);

impl Offered {
    pub(super) fn of(slots: &BTreeSet<Slot>, choice: &dyn Fn(&Input) -> Option<Choice>) -> Self {
        let levels = slots.iter().filter_map(|slot| {
            let level = offered(choice, slot)?;
            (level > Decimal::ZERO).then(|| (slot.clone(), level))
        });
        Self(levels.collect())
    }

    fn level(&self, slot: &Slot) -> Decimal {
        self.0.get(slot).copied().unwrap_or(Decimal::ZERO)
    }

    /// A request with what is offered of consents and approvals for the rules of policies.
    pub(super) fn given(&self, mut request: Request, policies: [&Policy; 2]) -> Request {
        let cover = |request: &Request, slot: &Slot| {
            let level = self.level(slot);
            if level.is_zero() {
                Some(this_call(request))
            } else if level == Decimal::ONE {
                Some(whole_tool(request))
            } else {
                None
            }
        };
        let consents = cover(&request, &Slot::Consent)
            .and_then(|covers| consent(&request, covers))
            .into_iter()
            .collect();
        let mut approvals = Vec::new();
        for policy in policies {
            let rules = policy.rules.iter();
            let groups = rules.flat_map(|rule| &rule.duties.approvals);
            let groups: BTreeSet<_> = groups.map(|approval| approval.group).collect();
            for group in groups {
                let name = policy.groups.get(group.index());
                let name = name.map(|group| group.name.clone()).unwrap_or_default();
                if let Some(covers) = cover(&request, &Slot::Approval(name)) {
                    let given = approval(policy, &request, group, covers);
                    approvals.extend(given.filter(|given| !approvals.contains(given)));
                }
            }
        }
        request.consents = consents;
        request.approvals = approvals;
        request
    }

    /// What a policy decides of a request, when so much is spent that its budgets just allow
    /// what is wanted of them.
    pub(super) fn decided(&self, engine: &Engine, request: &Request) -> Decision {
        let wants = |slot: &Slot| matches!(slot, Slot::Calls | Slot::Amount(_));
        if !self.0.keys().any(wants) {
            return engine.decide_without_credential(request);
        }
        let mut request = request.clone();
        request.budgets = self.spent(engine, &request);
        engine.decide_without_credential(&request)
    }

    fn spent(&self, engine: &Engine, request: &Request) -> Vec<(SmolStr, Vec<Decimal>)> {
        let policy = engine.compiled().policy();
        let probe = Probe::new(engine, request).ok();
        let calls = self.level(&Slot::Calls);
        let amounts = self
            .0
            .iter()
            .find(|(slot, _)| matches!(slot, Slot::Amount(_)));
        let rules = policy.rules.iter().enumerate();
        let rules = rules.filter(|(_, rule)| !rule.duties.budgets.is_empty());
        rules
            .map(|(at, rule)| {
                let spent = rule.duties.budgets.iter().map(|budget| match budget {
                    Budget::Calls(_) => (calls - Decimal::ONE).max(Decimal::ZERO),
                    Budget::Amount { of, .. } => {
                        let charge = probe.as_ref().and_then(|probe| probe.amount(*of));
                        let wanted = amounts.map(|(_, level)| *level).unwrap_or_default();
                        let left = wanted.checked_sub(charge.unwrap_or_default());
                        left.unwrap_or_default().max(Decimal::ZERO)
                    }
                });
                (policy.rule_name(RuleId::new(at)), spent.collect())
            })
            .collect()
    }

    /// Whether the limits that a grant comes with are no less than what is wanted.
    pub(super) fn is_within(&self, decision: &Decision) -> bool {
        let obligations = &decision.obligations;
        let lifetime = obligations
            .lifetime
            .is_none_or(|own| Decimal::from(own.0) >= self.level(&Slot::Lifetime));
        let delegate = obligations
            .delegate
            .is_none_or(|own| Decimal::from(own) >= self.level(&Slot::Delegate));
        lifetime && delegate
    }

    /// What a policy asks for or allows where it grants a request, as policy text.
    pub(super) fn text(slot: &Slot, engine: &Engine, request: &Request) -> Option<SmolStr> {
        let policy = engine.compiled().policy();
        let with = |level: Decimal| {
            let offered = Self(BTreeMap::from([(slot.clone(), level)]));
            let request = offered.given(request.clone(), [policy, policy]);
            engine.decide_without_credential(&request)
        };
        let full = with(Decimal::ZERO);
        let obligations = &full.obligations;
        let per_call = |covers: &[DutyCover]| {
            covers
                .iter()
                .any(|cover| matches!(cover, DutyCover::Call(_)))
        };
        match slot {
            Slot::Lifetime => obligations
                .lifetime
                .map(|lifetime| format_smolstr!("for {lifetime}")),
            Slot::Delegate => obligations
                .delegate
                .map(|depth| format_smolstr!("delegate {depth}")),
            Slot::Consent | Slot::Approval(_) => {
                // Another grant may do without it.
                if with(Decimal::TWO).is_grant() {
                    return None;
                }
                let covers = if *slot == Slot::Consent {
                    obligations
                        .consents
                        .iter()
                        .any(|duty| per_call(&duty.covers))
                } else {
                    !with(Decimal::ONE).is_grant()
                };
                let name = name(slot);
                Some(if covers {
                    format_smolstr!("{name} per call")
                } else {
                    name
                })
            }
            Slot::Calls | Slot::Amount(_) => {
                let mut limits: Vec<&SmolStr> =
                    obligations.budgets.iter().map(|duty| &duty.limit).collect();
                limits.sort();
                limits.dedup();
                let limits: Vec<&str> = limits.iter().map(|limit| limit.as_str()).collect();
                (!limits.is_empty()).then(|| format_smolstr!("budget {}", limits.join(", ")))
            }
        }
    }
}
