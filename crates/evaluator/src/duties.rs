//! Duties and limits: what a layer offers, and whether what it asks for is there.

use placet_model::decision::{
    ApprovalDuty, BudgetDuty, ConsentDuty, DutyCover, Obligations, Reason,
};
use placet_model::ids::{GroupId, RuleId};
use placet_model::pattern::Concrete;
use placet_model::policy::{Budget, Consent, Duties, GroupKind, Policy};
use placet_model::question::{Names, Question};
use placet_model::request::{Assent, Covers};
use placet_model::value::{Duration, Value};
use rust_decimal::Decimal;
use smol_str::{SmolStr, format_smolstr};

use crate::bind::{declared, membership};
use crate::eval::{Eval, exact_sum};
use crate::inputs::{Inputs, Read};
use crate::runtime::CallDigest;
use crate::typed::Slot;

/// What a layer offers: one of its grants, or for a guardrail layer the layer itself,
/// with all that the requires add.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offer {
    /// The grant's name, for the order of equals; empty for a guardrail layer.
    pub(crate) name: SmolStr,
    /// The grant and the requires.
    pub(crate) rules: Vec<RuleId>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) delegate: Option<u32>,
    consent: Wanted,
    approvals: Vec<(GroupId, Wanted)>,
    budgets: Vec<(RuleId, usize, Budget)>,
}

/// For what an assent is wanted. Both are kept: the one for each call must not hide the
/// one for the scope, which alone can be asked for before there is a call.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    scope: bool,
    per_call: bool,
}

impl Wanted {
    fn add(&mut self, per_call: bool) {
        if per_call {
            self.per_call = true;
        } else {
            self.scope = true;
        }
    }

    /// Whether it is wanted per call now, or for the scope, or (`None`) not at all. An
    /// assent to a call is enough for it.
    const fn now(self, at_call: bool) -> Option<bool> {
        match (self.per_call && at_call, self.scope) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }
}

impl Offer {
    /// What a guardrail layer offers: all, without limits.
    pub(crate) fn guardrail() -> Self {
        Self::default()
    }

    /// What a grant offers by itself.
    pub(crate) fn grant(policy: &Policy, id: RuleId) -> Self {
        let mut offer = Self::default();
        if let Some(rule) = policy.rules.get(id.index()) {
            offer.name = rule.name.clone();
            offer.tighten(id, &rule.duties);
        }
        offer.lifetime = offer.lifetime.or(Some(policy.lifetime));
        offer.delegate = offer.delegate.or(Some(0));
        offer
    }

    /// Adds what a rule asks for, the tighter of both.
    pub(crate) fn tighten(&mut self, id: RuleId, duties: &Duties) {
        self.lifetime = least(self.lifetime, duties.lifetime);
        self.delegate = least(self.delegate, duties.delegate);
        if let Some(consent) = duties.consent {
            self.consent.add(consent == Consent::PerCall);
        }
        for approval in &duties.approvals {
            let known = self
                .approvals
                .iter_mut()
                .find(|(group, _)| *group == approval.group);
            match known {
                Some((_, wanted)) => wanted.add(approval.per_call),
                None => {
                    let mut wanted = Wanted::default();
                    wanted.add(approval.per_call);
                    self.approvals.push((approval.group, wanted));
                }
            }
        }
        self.budgets.extend(
            duties
                .budgets
                .iter()
                .enumerate()
                .map(|(at, budget)| (id, at, *budget)),
        );
        self.rules.push(id);
    }
}

/// The lesser of two limits, where `None` is no limit.
pub(crate) fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What duties are about.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) tool: &'a str,
    pub(crate) action: &'a str,
    /// At run time a single resource.
    pub(crate) region: &'a Concrete,
    /// The digest of the call; `None` before there is one.
    pub(crate) call: Option<&'a CallDigest<'a>>,
    /// Whether duties per call and budgets are asked for.
    pub(crate) at_call: bool,
}

/// The duties of an offer: those to ask for, and those used or charged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) unmet: Obligations,
    pub(crate) met: Obligations,
}

impl Standing {
    /// How many duties are unmet.
    pub(crate) fn missing(&self) -> usize {
        self.unmet.approvals.len() + self.unmet.consents.len() + self.unmet.budgets.len()
    }

    /// The first reason that its unmet duties give.
    pub(crate) fn reason(&self) -> Reason {
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

/// Which duties of an offer are met.
pub(crate) fn standing(
    eval: &Eval<'_>,
    request: &Question<'_>,
    offer: &Offer,
    subject: &Subject<'_>,
) -> Standing {
    let inputs = eval.inputs;
    let mut standing = Standing::default();
    let consent = offer.consent.now(subject.at_call);
    if consent.is_some() || !offer.approvals.is_empty() {
        for read in [Read::Assents, Read::Agent, Read::User, Read::Task] {
            eval.trace.read(read);
        }
    }
    if let Some(per_call) = consent {
        let met = inputs.user.is_some_and(|user| {
            assents(request, true).any(|given| {
                given.by == user
                    && given.user.as_ref().is_none_or(|whose| whose == user)
                    && is_about(inputs, given, subject, per_call)
            })
        });
        let duty = ConsentDuty {
            by: inputs.user.map(SmolStr::new),
            agent: inputs.agent.into(),
            task: inputs.task.map(SmolStr::new),
            covers: vec![cover(subject, per_call)],
        };
        let side = if met {
            &mut standing.met
        } else {
            &mut standing.unmet
        };
        side.consents.push(duty);
    }
    for (group, wanted) in &offer.approvals {
        let Some(per_call) = wanted.now(subject.at_call) else {
            continue;
        };
        let met = assents(request, false).any(|given| {
            may_approve(inputs, given, *group)
                && given.user.as_deref() == inputs.user
                && is_about(inputs, given, subject, per_call)
        });
        let group = inputs.policy.groups.get(group.index());
        let duty = ApprovalDuty {
            group: group.map(|group| group.name.clone()).unwrap_or_default(),
            agent: inputs.agent.into(),
            user: inputs.user.map(SmolStr::new),
            task: inputs.task.map(SmolStr::new),
            covers: vec![cover(subject, per_call)],
        };
        let side = if met {
            &mut standing.met
        } else {
            &mut standing.unmet
        };
        side.approvals.push(duty);
    }
    if subject.at_call {
        for (rule, at, budget) in &offer.budgets {
            eval.trace.read(Read::Budgets);
            let (met, duty) = charge(eval, request, *rule, *at, *budget);
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

/// Both, the tightest of each, each duty once.
pub(crate) fn merge(into: &mut Obligations, more: Obligations) {
    into.lifetime = least(into.lifetime, more.lifetime);
    into.not_after = least(into.not_after, more.not_after);
    into.delegate = least(into.delegate, more.delegate);
    for duty in more.consents {
        match into.consents.iter_mut().find(|known| {
            (&known.by, &known.agent, &known.task) == (&duty.by, &duty.agent, &duty.task)
        }) {
            Some(known) => join(&mut known.covers, duty.covers),
            None => into.consents.push(duty),
        }
    }
    for duty in more.approvals {
        match into
            .approvals
            .iter_mut()
            .find(|known| known.group == duty.group)
        {
            Some(known) => join(&mut known.covers, duty.covers),
            None => into.approvals.push(duty),
        }
    }
    into.budgets.extend(more.budgets);
    into.consents.sort();
    into.approvals.sort();
    into.budgets.sort();
    into.budgets.dedup();
}

fn join(into: &mut Vec<DutyCover>, more: Vec<DutyCover>) {
    into.extend(more);
    into.sort();
    into.dedup();
}

/// Whether a tool is a function or stands above it; `any` stands above all.
pub(crate) fn covers_tool(tool: &str, function: &str) -> bool {
    tool == "any"
        || function
            .strip_prefix(tool)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// All consents or approvals: the request's, and those that the credential rests on.
fn assents<'a>(request: &Question<'a>, consents: bool) -> impl Iterator<Item = &'a Assent> {
    let held = request.credential;
    let (given, carried) = if consents {
        (request.consents, held.map(|held| &held.consents))
    } else {
        (request.approvals, held.map(|held| &held.approvals))
    };
    given.iter().chain(carried.into_iter().flatten())
}

fn cover(subject: &Subject<'_>, per_call: bool) -> DutyCover {
    match subject.call {
        Some(call) if per_call => DutyCover::Call(call.get().clone()),
        _ => DutyCover::Scope(
            subject.tool.into(),
            subject.action.into(),
            format_smolstr!("{}", subject.region),
        ),
    }
}

/// Whether an assent is about this agent and task, still counts, and covers the subject.
/// An assent to this single call covers its scope too; one to a scope covers no call.
pub(crate) fn is_about(
    inputs: &Inputs<'_>,
    given: &Assent,
    subject: &Subject<'_>,
    per_call: bool,
) -> bool {
    let alive = match (given.not_after, inputs.now) {
        (None, _) => true,
        (Some(end), Some(now)) => now < end,
        (Some(_), None) => false,
    };
    let covers = match &given.covers {
        Covers::Call(digest) => subject.call.is_some_and(|call| call.get() == digest),
        Covers::Scope(scope) => {
            !per_call
                && covers_tool(&scope.tool, subject.tool)
                && scope
                    .actions
                    .iter()
                    .any(|action| action == "any" || action == subject.action)
                && scope.resources.iter().any(|text| {
                    Concrete::parse(text).is_ok_and(|pattern| pattern.includes(subject.region))
                })
        }
    };
    alive && covers && given.agent == inputs.agent && given.task.as_deref() == inputs.task
}

/// An approver belongs to the group, is not the user, and is no agent.
fn may_approve(inputs: &Inputs<'_>, given: &Assent, group: GroupId) -> bool {
    let is_agent = inputs.chain().any(|agent| agent == given.by)
        || declared(inputs.policy, &given.by).is_some();
    inputs.user != Some(given.by.as_str())
        && !is_agent
        && membership(
            inputs.policy,
            GroupKind::Users,
            &given.by,
            given.groups.as_deref().map(Names::Read),
        )
        .sure
        .binary_search(&group)
        .is_ok()
}

/// Whether a budget still holds this call, and what it spends.
fn charge(
    eval: &Eval<'_>,
    request: &Question<'_>,
    rule: RuleId,
    at: usize,
    budget: Budget,
) -> (bool, BudgetDuty) {
    let name = eval.inputs.policy.rule_name(rule);
    let spent = request
        .budgets
        .iter()
        .find(|(known, _)| *known == name)
        .and_then(|(_, spent)| spent.get(at).copied());
    let (limit, amount, text) = match budget {
        Budget::Calls(calls) => (
            Decimal::from(calls),
            Some(Decimal::ONE),
            format_smolstr!("{calls} calls"),
        ),
        Budget::Amount { limit, of } => {
            let amount = match eval.slot(of, None) {
                Slot::Known(Value::Int(amount)) => Some(Decimal::from(amount)),
                Slot::Known(Value::Decimal(amount)) => Some(amount),
                _ => None,
            };
            let of = placet_model::render::expr(eval.inputs.policy, of, &[]);
            // What gives back is no charge: a negative amount is undefined.
            (
                limit,
                amount.filter(|amount| *amount >= Decimal::ZERO),
                format_smolstr!("{limit} of {of}"),
            )
        }
    };
    let total = amount.and_then(|amount| exact_sum(spent.unwrap_or_default(), amount));
    let duty = BudgetDuty {
        rule: name,
        index: u32::try_from(at).unwrap_or(u32::MAX),
        limit: text,
        charge: amount.map(|amount| format_smolstr!("{}", amount.normalize())),
        spent: spent.map(|spent| format_smolstr!("{}", spent.normalize())),
    };
    (total.is_some_and(|total| total <= limit), duty)
}
