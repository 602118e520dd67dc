//! What it takes that a policy grants what a spot does: in every layer some grant, no deny,
//! and duties that somebody can meet.

use std::collections::BTreeSet;

use placet_model::ids::{GroupId, RuleId};
use placet_model::policy::{Approval, Budget, Consent, Duties, Policy, Rule, RuleKind};
use placet_model::value::Duration;
use smol_str::SmolStr;

use crate::ask::nothing;
use crate::build::{Builder, UserClause, What};
use crate::formula::{FALSE, Formula, TRUE};
use crate::input::{Input, Term};
use crate::witness::{Approvers, approvers};

/// One duty or limit that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A consent.
    Consent(Consent),
    /// An approval.
    Approval(Approval),
    /// A budget that is no larger.
    Budget(Budget),
    /// A lifetime that is no longer.
    Lifetime(Duration),
    /// A chain that gets no deeper.
    Delegate(u32),
}

impl Need {
    /// Each duty and limit by itself.
    pub(crate) fn all(duties: &Duties) -> Vec<Self> {
        let Duties {
            lifetime,
            delegate,
            consent,
            approvals,
            budgets,
        } = duties;
        let mut needs: Vec<Self> = Vec::new();
        needs.extend(consent.map(Self::Consent));
        needs.extend(approvals.iter().copied().map(Self::Approval));
        needs.extend(budgets.iter().copied().map(Self::Budget));
        needs.extend(lifetime.map(Self::Lifetime));
        needs.extend(delegate.map(Self::Delegate));
        needs
    }

    /// Whether a rule has it, or something tighter.
    pub(crate) fn is_met_by(self, policy: &Policy, rule: &Rule) -> bool {
        let duties = &rule.duties;
        let grant = rule.kind == RuleKind::Grant;
        match self {
            Self::Consent(Consent::Scope) => duties.consent.is_some(),
            Self::Consent(Consent::PerCall) => duties.consent == Some(Consent::PerCall),
            Self::Approval(wanted) => duties
                .approvals
                .iter()
                .any(|own| own.group == wanted.group && (own.per_call || !wanted.per_call)),
            Self::Budget(wanted) => duties.budgets.iter().any(|own| match (own, wanted) {
                (Budget::Calls(own), Budget::Calls(most)) => *own <= most,
                (
                    Budget::Amount { limit, of },
                    Budget::Amount {
                        limit: most,
                        of: wanted,
                    },
                ) => *of == wanted && *limit <= most,
                _ => false,
            }),
            Self::Lifetime(most) => {
                let own = duties.lifetime.or_else(|| grant.then_some(policy.lifetime));
                own.is_some_and(|own| own <= most)
            }
            Self::Delegate(most) => {
                let own = duties.delegate.or_else(|| grant.then_some(0));
                own.is_some_and(|own| own <= most)
            }
        }
    }

    /// As policy text.
    pub(crate) fn shown(self, policy: &Policy) -> SmolStr {
        let mut rule = nothing();
        let duties = &mut rule.duties;
        match self {
            Self::Consent(consent) => duties.consent = Some(consent),
            Self::Approval(approval) => duties.approvals.push(approval),
            Self::Budget(budget) => duties.budgets.push(budget),
            Self::Lifetime(lifetime) => duties.lifetime = Some(lifetime),
            Self::Delegate(depth) => duties.delegate = Some(depth),
        }
        placet_model::render::duties(policy, &rule).join(" ").into()
    }
}

/// The rules that are about a spot, by layer.
pub(crate) struct Layered<'p> {
    layers: Vec<(bool, Vec<(RuleId, &'p Rule)>)>,
}

impl<'p> Layered<'p> {
    /// The rules that can match at a spot at all, but for some.
    pub(crate) fn of(build: &Builder<'p>, without: &BTreeSet<RuleId>) -> Self {
        let rules = build.policy.rules.iter().enumerate();
        let rules = rules.map(|(at, rule)| (RuleId::new(at), rule));
        let rules = rules.filter(|(id, rule)| build.is_about(rule) && !without.contains(id));
        Self::among(build.policy, rules)
    }

    /// Some rules of a policy.
    pub(crate) fn among(
        policy: &'p Policy,
        some: impl Iterator<Item = (RuleId, &'p Rule)>,
    ) -> Self {
        let layers = policy.layers.iter();
        let mut layers: Vec<(bool, Vec<(RuleId, &Rule)>)> = layers
            .map(|layer| (layer.default_grant, Vec::new()))
            .collect();
        for (id, rule) in some {
            if let Some((_, rules)) = layers.get_mut(rule.layer.index()) {
                rules.push((id, rule));
            }
        }
        Self { layers }
    }

    /// The layers: whether each grants what none of its rules denies, and its rules.
    pub(crate) fn layers(&self) -> impl Iterator<Item = (bool, &[(RuleId, &'p Rule)])> {
        self.layers
            .iter()
            .map(|(guardrail, rules)| (*guardrail, rules.as_slice()))
    }

    /// Whether some layer has no grant, so that nothing is granted here.
    pub(crate) fn is_barren(&self) -> bool {
        self.layers.iter().any(|(guardrail, rules)| {
            !guardrail && !rules.iter().any(|(_, rule)| rule.kind == RuleKind::Grant)
        })
    }

    /// How many agents may at most stand above the acting one: every link of a chain rests on
    /// a grant in every layer, and each on one that allows more links below it.
    pub(crate) fn deepest(&self) -> u32 {
        const LONGEST: u32 = 15;
        let layers = self.layers.iter().filter(|(guardrail, _)| !guardrail);
        let of_layer = layers.map(|(_, rules)| {
            let grants = rules
                .iter()
                .filter(|(_, rule)| rule.kind == RuleKind::Grant);
            grants
                .filter_map(|(_, rule)| rule.duties.delegate)
                .max()
                .unwrap_or(0)
        });
        of_layer.min().unwrap_or(0).min(LONGEST)
    }

    /// That it is granted, its duties met; with `without`, that it is granted by nothing that
    /// asks for this. What rules out most stands first.
    pub(crate) fn granted(&self, build: &mut Builder<'p>, without: Option<Need>) -> Vec<Formula> {
        let policy = build.policy;
        let mut goals = Vec::new();
        for (guardrail, rules) in &self.layers {
            if *guardrail {
                continue;
            }
            let grants = rules
                .iter()
                .filter(|(_, rule)| rule.kind == RuleKind::Grant);
            let ways: Vec<Formula> = grants
                .filter(|(_, rule)| without.is_none_or(|need| !need.is_met_by(policy, rule)))
                .map(|(_, rule)| {
                    let matches = build.clauses(rule).holds();
                    if matches == Formula::Const(FALSE) {
                        return matches;
                    }
                    Formula::all([matches, duties(build, &rule.duties)])
                })
                .collect();
            goals.push(Formula::any(ways));
        }
        for (_, rules) in &self.layers {
            for (_, rule) in rules {
                match rule.kind {
                    RuleKind::Grant => {}
                    RuleKind::Deny => goals.push(build.clauses(rule).fails()),
                    RuleKind::Require => {
                        let tighter = without.is_some_and(|need| need.is_met_by(policy, rule));
                        let met = if tighter {
                            Formula::Const(FALSE)
                        } else {
                            duties(build, &rule.duties)
                        };
                        if met != Formula::Const(TRUE) {
                            let absent = build.clauses(rule).fails();
                            goals.push(Formula::any([absent, met]));
                        }
                    }
                }
            }
        }
        goals
    }

    /// That it is not granted, whatever duties are met.
    pub(crate) fn refused(&self, build: &mut Builder<'p>) -> Formula {
        let mut ways = Vec::new();
        for (guardrail, rules) in &self.layers {
            for (_, rule) in rules {
                if rule.kind == RuleKind::Deny {
                    ways.push(build.clauses(rule).not_false());
                }
            }
            if !guardrail {
                let grants = rules
                    .iter()
                    .filter(|(_, rule)| rule.kind == RuleKind::Grant);
                let grants: Vec<Formula> = grants
                    .map(|(_, rule)| build.clauses(rule).holds())
                    .collect();
                ways.push(Formula::any(grants).fails());
            }
        }
        Formula::any(ways)
    }
}

/// Whether the duties can be met.
pub(crate) fn duties(build: &mut Builder<'_>, duties: &Duties) -> Formula {
    let mut parts = Vec::new();
    if duties.consent.is_some() {
        parts.push(build.some_user());
    }
    for approval in &duties.approvals {
        parts.push(approvable(build, approval.group));
    }
    for budget in &duties.budgets {
        parts.push(match budget {
            Budget::Calls(calls) => Formula::Const(if *calls == 0 { FALSE } else { TRUE }),
            Budget::Amount { limit, of } => build.spends(*of, *limit),
        });
    }
    Formula::all(parts)
}

/// Whether somebody of a group can approve: nobody approves for himself.
fn approvable(build: &mut Builder<'_>, group: GroupId) -> Formula {
    match approvers(build.policy, group) {
        Approvers::Anybody(_) => Formula::Const(TRUE),
        Approvers::Named(names) => match names.as_slice() {
            [] => Formula::Const(FALSE),
            [only] => {
                let clause = UserClause::Named(vec![only.clone()]);
                build.note_text(&Term::of(Input::User), only);
                build
                    .atom(What::User(clause), vec![Input::User], true)
                    .negated()
            }
            _ => Formula::Const(TRUE),
        },
    }
}
