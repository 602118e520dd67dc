//! Duties and limits of the grants of a layer, tightened by its requires.

use std::collections::BTreeSet;

use placet_model::decision::{
    ApprovalDuty, BudgetDuty, ConsentDuty, DutyCover, Obligations, Reason,
};
use placet_model::ids::{GroupId, RuleId};
use placet_model::policy::{Approval, Budget, Consent, Duties};
use placet_model::request::{Assent, Covers, Request};
use placet_model::value::{Duration, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::eval::{Eval, exact};
use crate::segment::{self, Shape};
use crate::truth::Truths;
use crate::value::V;
use crate::world::{Person, Place, World};

/// What a layer offers: a grant, or for a guardrail the layer itself, with all that the
/// requires add.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The grant; `None` for a guardrail layer.
    pub grant: Option<SmolStr>,
    /// The grant and the requires, `layer/rule`.
    pub rules: Vec<SmolStr>,
    /// The longest lifetime.
    pub lifetime: Option<Duration>,
    /// The deepest delegation.
    pub delegate: Option<u32>,
    /// Every consent that is asked for: to the scope, to each call, or both.
    pub consents: BTreeSet<Consent>,
    /// Every approval that is asked for, likewise.
    pub approvals: BTreeSet<Approval>,
    /// Budgets: the rule, its name, which of its budgets.
    pub budgets: Vec<(SmolStr, usize, Budget)>,
}

impl Offer {
    /// What a grant alone offers.
    #[must_use]
    pub fn of_grant(world: &World<'_>, id: RuleId) -> Self {
        let rule = &world.policy.rules[id.index()];
        let mut offer = Self::of_guardrail();
        offer.grant = Some(world.policy.rule_name(id));
        offer.lifetime = Some(world.policy.lifetime);
        // A grant without `for` has the policy's lifetime; one with it has its own, even
        // if that is longer.
        if rule.duties.lifetime.is_some() {
            offer.lifetime = rule.duties.lifetime;
        }
        offer.delegate = Some(rule.duties.delegate.unwrap_or(0));
        offer.add(
            world,
            id,
            &Duties {
                lifetime: None,
                delegate: None,
                ..rule.duties.clone()
            },
        );
        offer
    }

    /// What a guardrail layer offers.
    #[must_use]
    pub fn of_guardrail() -> Self {
        Self {
            grant: None,
            rules: vec![],
            lifetime: None,
            delegate: None,
            consents: BTreeSet::new(),
            approvals: BTreeSet::new(),
            budgets: vec![],
        }
    }

    /// Tightened by a require.
    #[must_use]
    pub fn tightened(mut self, world: &World<'_>, id: RuleId) -> Self {
        self.add(world, id, &world.policy.rules[id.index()].duties);
        self
    }

    fn add(&mut self, world: &World<'_>, id: RuleId, duties: &Duties) {
        let name = world.policy.rule_name(id);
        self.lifetime = least(self.lifetime, duties.lifetime);
        self.delegate = least(self.delegate, duties.delegate);
        self.consents.extend(duties.consent);
        self.approvals.extend(&duties.approvals);
        for (index, budget) in duties.budgets.iter().enumerate() {
            self.budgets.push((name.clone(), index, *budget));
        }
        self.rules.push(name);
        self.rules.sort();
    }
}

/// The lesser of two limits, where `None` is no limit.
#[must_use]
pub fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What duties are asked about: a region of one function and action, and the call.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The function's path.
    pub tool: SmolStr,
    /// The action.
    pub action: SmolStr,
    /// The region; at run time a single resource.
    pub region: Shape,
    /// The digest of the call; none before there is one.
    pub call: Option<SmolStr>,
    /// Whether duties per call and budgets are asked for.
    pub at_call: bool,
}

/// The duties of an offer: those unmet (to ask for), and those met (used, charged).
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// To ask for.
    pub unmet: Obligations,
    /// Used or charged.
    pub met: Obligations,
}

impl Standing {
    /// How many duties are unmet.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.unmet.approvals.len() + self.unmet.consents.len() + self.unmet.budgets.len()
    }

    /// The reason of the unmet duties.
    #[must_use]
    pub fn reason(&self) -> Reason {
        if !self.unmet.approvals.is_empty() {
            Reason::ApprovalRequired
        } else if !self.unmet.consents.is_empty() {
            Reason::ConsentRequired
        } else if !self.unmet.budgets.is_empty() {
            Reason::BudgetExhausted
        } else {
            Reason::Granted
        }
    }
}

/// Which duties of an offer are met. At issuance those per call, and budgets, wait.
#[must_use]
pub fn standing(
    world: &World<'_>,
    request: &Request,
    offer: &Offer,
    subject: &Subject,
) -> Standing {
    let at_call = subject.at_call;
    let mut standing = Standing::default();
    // Consent to a call is consent enough for it; before there is a call, only that to the
    // scope can be asked for.
    let wanted = |call: bool, scope: bool| match (at_call && call, scope) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    let consent = wanted(
        offer.consents.contains(&Consent::PerCall),
        offer.consents.contains(&Consent::Scope),
    );
    if let Some(per_call) = consent {
        let duty = ConsentDuty {
            by: world.user.as_ref().map(|user| user.id.clone()),
            agent: world.agent.id.clone(),
            task: world.task.clone(),
            covers: vec![cover(subject, per_call)],
        };
        let given = assents(request, |request| &request.consents, |held| &held.consents);
        let met = world.user.as_ref().is_some_and(|user| {
            given.iter().any(|assent| {
                assent.by == user.id
                    && assent.user.as_ref().is_none_or(|whose| *whose == user.id)
                    && is_about(world, assent, subject, per_call)
            })
        });
        let side = if met {
            &mut standing.met
        } else {
            &mut standing.unmet
        };
        side.consents.push(duty);
    }
    let groups: BTreeSet<GroupId> = offer
        .approvals
        .iter()
        .map(|approval| approval.group)
        .collect();
    for group in groups {
        let asked = |per_call| offer.approvals.contains(&Approval { group, per_call });
        let Some(per_call) = wanted(asked(true), asked(false)) else {
            continue;
        };
        let duty = ApprovalDuty {
            group: world.policy.groups[group.index()].name.clone(),
            agent: world.agent.id.clone(),
            user: world.user.as_ref().map(|user| user.id.clone()),
            task: world.task.clone(),
            covers: vec![cover(subject, per_call)],
        };
        let given = assents(
            request,
            |request| &request.approvals,
            |held| &held.approvals,
        );
        let met = given.iter().any(|assent| {
            may_approve(world, assent, group)
                && assent.user.as_ref() == world.user.as_ref().map(|user| &user.id)
                && is_about(world, assent, subject, per_call)
        });
        let side = if met {
            &mut standing.met
        } else {
            &mut standing.unmet
        };
        side.approvals.push(duty);
    }
    if at_call {
        for (rule, index, budget) in &offer.budgets {
            let (met, duty) = charge(world, request, subject, rule, *index, *budget);
            let side = if met {
                &mut standing.met
            } else {
                &mut standing.unmet
            };
            side.budgets.push(duty);
        }
    }
    standing
}

fn assents<'r>(
    request: &'r Request,
    given: impl Fn(&'r Request) -> &'r Vec<Assent>,
    held: impl Fn(&'r placet_model::credential::Credential) -> &'r Vec<Assent>,
) -> Vec<&'r Assent> {
    let from_credential = request.credential.iter().flat_map(held);
    given(request).iter().chain(from_credential).collect()
}

fn cover(subject: &Subject, per_call: bool) -> DutyCover {
    match &subject.call {
        Some(call) if per_call => DutyCover::Call(call.clone()),
        _ => DutyCover::Scope(
            subject.tool.clone(),
            subject.action.clone(),
            subject.region.written().into(),
        ),
    }
}

/// Whether an assent is about this agent and task, still counts, and covers the subject.
fn is_about(world: &World<'_>, assent: &Assent, subject: &Subject, per_call: bool) -> bool {
    let alive = match (assent.not_after, world.now) {
        (None, _) => true,
        (Some(end), Some(now)) => now < end,
        (Some(_), None) => false,
    };
    let covers = match &assent.covers {
        Covers::Call(digest) => subject.call.as_ref() == Some(digest),
        Covers::Scope(scope) => {
            !per_call
                && covers_tool(&scope.tool, &subject.tool)
                && (scope.actions.contains(&subject.action)
                    || scope.actions.iter().any(|action| action == "any"))
                && scope.resources.iter().any(|pattern| {
                    segment::pattern(pattern)
                        .is_some_and(|pattern| pattern.includes(&subject.region))
                })
        }
    };
    assent.agent == world.agent.id && assent.task == world.task && alive && covers
}

/// Whether a tool is another, or above it.
#[must_use]
pub fn covers_tool(tool: &str, function: &str) -> bool {
    tool == "any"
        || tool == function
        || function
            .strip_prefix(tool)
            .is_some_and(|rest| rest.starts_with('.'))
}

fn may_approve(world: &World<'_>, assent: &Assent, group: GroupId) -> bool {
    let person = Person {
        id: assent.by.clone(),
        groups: assent.groups.clone(),
    };
    let is_user = world.user.as_ref().is_some_and(|user| user.id == assent.by);
    let is_agent = world.chain.contains(&assent.by)
        || world
            .policy
            .agents
            .iter()
            .any(|agent| agent.name == assent.by);
    !is_user && !is_agent && world.in_group(&person, group) == Truths::TRUE
}

fn charge(
    world: &World<'_>,
    request: &Request,
    subject: &Subject,
    rule: &SmolStr,
    index: usize,
    budget: Budget,
) -> (bool, BudgetDuty) {
    let spent = request
        .budgets
        .iter()
        .find(|(name, _)| name == rule)
        .and_then(|(_, spent)| spent.get(index).copied());
    let (limit, amount) = match budget {
        Budget::Calls(limit) => (Some(Decimal::from(limit)), Some(Decimal::ONE)),
        Budget::Amount { limit, of } => {
            let place = Place {
                resource: subject.region.resource(),
                called: subject.call.is_some(),
                captures: vec![],
            };
            let amount = match Eval::new(world, &place).value(of) {
                V::Scalar(Value::Int(amount)) => Some(Decimal::from(amount)),
                V::Scalar(Value::Decimal(amount)) => Some(amount),
                _ => None,
            };
            (
                Some(limit),
                amount.filter(|amount| !amount.is_sign_negative() || amount.is_zero()),
            )
        }
    };
    let total = amount.and_then(|amount| exact(spent.unwrap_or_default(), amount));
    let met = matches!((total, limit), (Some(total), Some(limit)) if total <= limit);
    let duty = BudgetDuty {
        rule: rule.clone(),
        index: u32::try_from(index).unwrap_or(u32::MAX),
        limit: SmolStr::default(),
        charge: amount.map(|amount| amount.normalize().to_string().into()),
        spent: spent.map(|spent| spent.normalize().to_string().into()),
    };
    (met, duty)
}
