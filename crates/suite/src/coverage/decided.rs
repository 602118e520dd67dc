//! Which rules a step was decided by, and what became of their duties and limits.

use std::collections::BTreeSet;

use placet_evaluator::Glimpse;
use placet_model::credential::{Credential, Scope};
use placet_model::decision::{Decision, Reason, ScopeOutcome};
use placet_model::ids::{ActionId, FunctionId, LayerId, RuleId};
use placet_model::pattern::Concrete;
use placet_model::policy::{Consent, Policy, Rule, RuleKind};
use placet_model::request::{Asked, Request};
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

use super::What;
use super::counted::{Duty, Mark};
use super::tally::Tally;

/// A rule that matched.
pub(super) struct Matched {
    rule: RuleId,
    kind: RuleKind,
    function: FunctionId,
    action: ActionId,
    region: Option<Concrete>,
}

impl Matched {
    pub(super) fn of(glimpse: &Glimpse<'_>, kind: RuleKind) -> Self {
        Self {
            rule: glimpse.rule,
            kind,
            function: glimpse.function,
            action: glimpse.action,
            region: glimpse.region.cloned(),
        }
    }
}

/// A step with its decision.
pub(super) struct Decided<'d> {
    pub(super) tally: &'d Tally<'d>,
    pub(super) request: &'d Request,
    pub(super) decision: &'d Decision,
    pub(super) matched: &'d [Matched],
}

type Marks = BTreeSet<(RuleId, Mark)>;

impl Decided<'_> {
    /// Adds the rules that decided, and what was seen of duties and limits.
    pub(super) fn marks(&self, marks: &mut Marks) {
        match &self.request.asked {
            Asked::Call { .. } | Asked::Triple { .. } => self.call(marks),
            Asked::Scopes { .. } => {
                self.cuts(marks);
                for outcome in &self.decision.scopes {
                    self.issued(outcome, marks);
                    if let Some(parent) = &self.request.credential {
                        self.handed_on(outcome, parent, marks);
                    }
                }
            }
            Asked::Listing { .. } => {}
        }
    }

    fn call(&self, marks: &mut Marks) {
        let reason = self.decision.reason;
        let rules: Vec<RuleId> = self.noted(self.decision.rules.iter().map(|note| &note.name));
        for id in &rules {
            self.decides(*id, reason, marks);
        }
        if reason < Reason::ApprovalRequired {
            return;
        }
        let granted = reason == Reason::Granted;
        self.assents(&rules, granted, true, marks);
        for budget in &self.decision.obligations.budgets {
            let what = match granted {
                true => What::Charged,
                false => What::Exhausted,
            };
            if let Some(id) = self.tally.names.get(&budget.rule) {
                self.duty(*id, Duty::Budget(budget.index as usize), what, marks);
            }
        }
        for id in rules {
            let lifetime = self.rule(id).and_then(|rule| rule.duties.lifetime);
            if granted && lifetime.is_some() && lifetime == self.decision.obligations.lifetime {
                self.duty(id, Duty::For, What::Bound, marks);
            }
        }
    }

    /// A grant decides what it grants, a deny what it denies, a require whatever it is asked
    /// of.
    fn decides(&self, id: RuleId, reason: Reason, marks: &mut Marks) {
        let decides = match self.tally.kind(id) {
            Some(RuleKind::Grant) => reason == Reason::Granted,
            Some(RuleKind::Deny) => reason == Reason::DeniedByRule,
            Some(RuleKind::Require) => true,
            None => false,
        };
        if decides {
            marks.insert((id, Mark::Decided));
        }
    }

    /// Consents and approvals that were given, or asked for. Where one is wanted for the call
    /// and for its scope, the one for the call is what is asked for.
    fn assents(&self, rules: &[RuleId], granted: bool, at_call: bool, marks: &mut Marks) {
        let what = match granted {
            true => What::Given,
            false => What::Asked,
        };
        let duties = &self.decision.obligations;
        let of = |id: &RuleId| Some((*id, self.rule(*id)?));
        let rules: Vec<(RuleId, &Rule)> = rules.iter().filter_map(of).collect();
        if !duties.consents.is_empty() || (granted && !at_call) {
            let kinds = rules.iter().filter_map(|(_, rule)| rule.duties.consent);
            let per_call = at_call && kinds.clone().any(|kind| kind == Consent::PerCall);
            for (id, rule) in &rules {
                let wanted = rule
                    .duties
                    .consent
                    .is_some_and(|kind| per_call == (kind == Consent::PerCall));
                if wanted {
                    self.duty(*id, Duty::Consent, what, marks);
                }
            }
        }
        let approvals = || {
            rules.iter().flat_map(|(id, rule)| {
                let approvals = rule.duties.approvals.iter().enumerate();
                approvals.map(move |(at, approval)| (*id, at, *approval))
            })
        };
        for (id, at, approval) in approvals() {
            let group = self.policy().groups.get(approval.group.index());
            let told = duties
                .approvals
                .iter()
                .any(|duty| group.is_some_and(|group| group.name == duty.group));
            let per_call = at_call
                && approvals().any(|(_, _, other)| other.group == approval.group && other.per_call);
            if (told || (granted && !at_call)) && per_call == approval.per_call {
                self.duty(id, Duty::Approval(at), what, marks);
            }
        }
    }

    /// What was issued, or why nothing was.
    fn issued(&self, outcome: &ScopeOutcome, marks: &mut Marks) {
        for scope in &outcome.scopes {
            let rules = self.noted(&scope.rules);
            for id in &rules {
                self.decides(*id, Reason::Granted, marks);
                if let (Some(rule), Some(now)) = (self.rule(*id), self.request.time)
                    && ends(rule, now, scope)
                {
                    self.duty(*id, Duty::For, What::Bound, marks);
                }
            }
            // Nothing is issued for want of an assent that it needs.
            self.assents(&rules, true, false, marks);
        }
        if outcome.scopes.is_empty() {
            let rules = self.noted(outcome.rules.iter().map(|note| &note.name));
            for id in &rules {
                self.decides(*id, outcome.reason, marks);
            }
            if outcome.reason >= Reason::ApprovalRequired {
                self.assents(&rules, false, false, marks);
            }
        }
    }

    /// Denies that took away what grants of every layer would have given.
    fn cuts(&self, marks: &mut Marks) {
        let layers = &self.policy().layers;
        let grants = || {
            layers
                .iter()
                .enumerate()
                .filter(|(_, layer)| !layer.default_grant)
        };
        for deny in self.matched.iter().filter(|of| of.kind == RuleKind::Deny) {
            let Some(cut) = &deny.region else { continue };
            let gives = |layer: LayerId| {
                self.matched.iter().any(|grant| {
                    grant.kind == RuleKind::Grant
                        && (grant.function, grant.action) == (deny.function, deny.action)
                        && self
                            .rule(grant.rule)
                            .is_some_and(|rule| rule.layer == layer)
                        && grant
                            .region
                            .as_ref()
                            .is_some_and(|given| given.overlaps(cut))
                })
            };
            if grants().all(|(at, _)| gives(LayerId::new(at))) {
                marks.insert((deny.rule, Mark::Decided));
            }
        }
    }

    /// Depths that were made use of, and those that were used up.
    fn handed_on(&self, outcome: &ScopeOutcome, parent: &Credential, marks: &mut Marks) {
        let wanted = &outcome.requested;
        let covers = |scope: &&Scope| {
            let below = scope.tool.strip_prefix(wanted.tool.as_str());
            let tool = wanted.tool == "any"
                || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            let mut actions = wanted.actions.iter();
            let mut resources = wanted.resources.iter();
            tool && actions.any(|action| action == "any" || *action == scope.action)
                && resources.any(|text| {
                    match (Concrete::parse(text), Concrete::parse(&scope.resource)) {
                        (Ok(wanted), Ok(held)) => wanted.overlaps(&held),
                        _ => false,
                    }
                })
        };
        let used = !outcome.scopes.is_empty();
        let stopped = outcome.reason == Reason::OutOfScope
            && parent
                .scopes
                .iter()
                .filter(covers)
                .any(|scope| scope.delegate == 0);
        for (depth, link) in chain(parent).enumerate() {
            for id in link
                .scopes
                .iter()
                .filter(covers)
                .flat_map(|scope| self.noted(&scope.rules))
            {
                let Some(limit) = self.rule(id).and_then(|rule| rule.duties.delegate) else {
                    continue;
                };
                let left = limit as usize > depth;
                if used && left {
                    self.duty(id, Duty::Delegate, What::Used, marks);
                } else if stopped && !left {
                    self.duty(id, Duty::Delegate, What::Stopped, marks);
                }
            }
        }
    }

    fn duty(&self, id: RuleId, duty: Duty, what: What, marks: &mut Marks) {
        let rule = self.tally.rules.get(id.index());
        if let Some(Some(rule)) = rule
            && let Some(mark) = rule.duties.get(&(duty, what))
        {
            marks.insert((id, *mark));
        }
    }

    fn noted<'n>(&self, names: impl IntoIterator<Item = &'n SmolStr>) -> Vec<RuleId> {
        let names = names.into_iter();
        names
            .filter_map(|name| self.tally.names.get(name).copied())
            .collect()
    }

    fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.policy().rules.get(id.index())
    }

    fn policy(&self) -> &Policy {
        self.tally.engine.compiled().policy()
    }
}

/// Whether the lifetime of a rule is what a scope ends by.
fn ends(rule: &Rule, issued: Time, scope: &Scope) -> bool {
    let end = |lifetime: Duration| issued.end_after(lifetime);
    rule.duties.lifetime.map(end) == Some(scope.not_after)
}

/// A credential and those above it.
fn chain(held: &Credential) -> impl Iterator<Item = &Credential> {
    std::iter::successors(Some(held), |link| link.parent.as_deref())
}
