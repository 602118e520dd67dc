//! What is done under a credential: one decision for each call.

use std::sync::Arc;
use std::time::Instant;

use placet_evaluator::Engine;
use placet_model::decision::{BudgetDuty, Decision, Reason};
use placet_model::digest::asked_digest;
use placet_model::ids::HistoryId;
use placet_model::json::Fields;
use placet_model::policy::Outcome;
use placet_model::request::{Asked, Assent, Calls, Covers, Record, Request};
use placet_model::value::{Duration, Time};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::past::Told;
use super::{Error, Learnt, Presented, Service, past, vouched};
use crate::audit::{self, Entry, Event};
use crate::needs::Need;
use crate::revocation::Revocations;
use crate::store::{Ask, AssentKind, Charge, Given, Held, Past, State, Write, Written};

/// What came of asking for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorized {
    /// The decision. Its obligations come along with a grant.
    pub decision: Decision,
    /// The number of the call, when it was granted and is counted: to be settled with what
    /// came of it. `None` when nothing depends on how it ends.
    pub seq: Option<i64>,
    /// When it has to be settled (exclusive); later it stands as it is, counted.
    pub settle_before: Option<Time>,
}

impl Service {
    /// Decides a call under a credential: holder, time, revocation, scope, then the policy
    /// in force now. A grant is counted, in the same step: budgets are charged, consents to
    /// a single call are spent, and the call stands in the histories as `pending` until it
    /// is [settled](Service::settle).
    ///
    /// The store is asked once at most, and not at all when the credential is at hand,
    /// nobody has revoked anything since, and no rule about the tool reads or counts
    /// anything. Only where a counter is begun it is asked once more.
    ///
    /// # Errors
    ///
    /// When the store or the audit fails: the call is not authorized. What was counted by
    /// then is given back if the store can still be reached, else it stays counted; a
    /// consent to this single call stays spent.
    pub fn authorize<'p>(
        &self,
        presented: impl Into<Presented<'p>>,
        mut request: Request,
        now: Time,
    ) -> Result<Authorized, Error> {
        self.authorize_told(presented, &mut request, now)
    }

    /// As [`Service::authorize`], and leaves in the request all that it was decided on, so
    /// that [`Engine::explain`] can tell why.
    ///
    /// # Errors
    ///
    /// As [`Service::authorize`].
    pub fn authorize_told<'p>(
        &self,
        presented: impl Into<Presented<'p>>,
        request: &mut Request,
        now: Time,
    ) -> Result<Authorized, Error> {
        let presented = presented.into();
        let id = presented.id;
        let started = Instant::now();
        request.time = Some(now);
        let tool = match &request.asked {
            Asked::Call { tool, .. } | Asked::Triple { tool, .. } => tool.clone(),
            Asked::Scopes { .. } | Asked::Listing { .. } => {
                return Ok(denied(self.refusal(
                    Reason::InvalidRequest,
                    "/call: missing: a credential is used for a call",
                )));
            }
        };
        let need = self.needs.call(self.policy(), &tool);
        let used = Used {
            presented,
            need: &need,
            now,
        };
        let mut held = self.remembered(id)?;
        let mut decision = None;
        let mut seq = None;
        if let Some(wrong) = vouched(request) {
            decision = Some(self.refusal(Reason::InvalidRequest, wrong));
        } else if let Some(held) = &held
            && need.is_nothing()
        {
            let epoch = self.store.epoch()?;
            let revocations = self.revocations.read().map_err(|_| Error::Poisoned)?;
            if epoch == revocations.epoch() {
                request.credential = Some(held.credential.clone());
                let decided = self.engine.decide(&*request);
                decision = Some(self.unless_void(presented, held, &revocations, decided));
            }
        }
        let decision = match decision {
            Some(decision) => decision,
            None => {
                let begun = held
                    .as_deref()
                    .map(|held| past::uncounted(self, &need, held))
                    .unwrap_or_default();
                let agent = request.agent.id.clone();
                let mut answer = None;
                let step = self.step(
                    presented,
                    &agent,
                    &need,
                    begun,
                    now,
                    &mut |kept, learnt, told| {
                        held = Some(Arc::new(kept.clone()));
                        let (decision, writes) =
                            self.decide_call(request, &used, kept, learnt, told);
                        answer = Some(decision);
                        writes
                    },
                )?;
                match step {
                    Some(written) => {
                        seq = written.seq;
                        answer.ok_or(Error::Poisoned)?
                    }
                    None => self.unknown(id),
                }
            }
        };
        let granted = decision.is_grant();
        let mut entry = self.call_entry(request, held.as_deref(), &decision, seq, now);
        entry.latency = Some(elapsed(started));
        if let Err(error) = self.audit.append(&entry) {
            if let (Some(seq), true) = (seq, granted) {
                self.give_back(seq)?;
            }
            return Err(error.into());
        }
        if let Some(held) = &held {
            self.remember(held)?;
        }
        let seq = seq.filter(|_| granted);
        Ok(Authorized {
            decision,
            seq,
            settle_before: seq.map(|_| self.settle_before(now)),
        })
    }

    /// One step on the store about a credential, with all that is needed: `decide` is shown
    /// it, and what it returns is written. `None` when no credential has that id. The store
    /// is asked a second time only where a history was asked for as a counter and needs its
    /// calls; those `begun` are known to need them.
    pub(super) fn step(
        &self,
        presented: Presented<'_>,
        agent: &str,
        need: &Need,
        mut begun: Vec<HistoryId>,
        now: Time,
        decide: &mut dyn FnMut(&Held, &Learnt<'_>, Told) -> Vec<Write>,
    ) -> Result<Option<Written>, Error> {
        for _ in 0..2 {
            let mut unkept = Vec::new();
            let mut known = false;
            let wanted = past::wanted(self, need, &begun, now);
            let ask = Ask {
                credential: Some(presented.id),
                assents: need.assents.then_some((agent, now)),
                calls: &wanted.calls,
                counters: &wanted.counters,
                spent: need.budgets,
                ..Ask::default()
            };
            let written = self.transact(&ask, &mut |learnt| {
                let held = learnt.state.credential.as_ref();
                known = held.is_some();
                let Some(held) = held else {
                    return Vec::new();
                };
                let mut told = past::told(self, need, &begun, held, learnt.state, now);
                unkept = std::mem::take(&mut told.unkept);
                if !unkept.is_empty() {
                    return Vec::new();
                }
                decide(held, learnt, told)
            })?;
            if !known {
                return Ok(None);
            }
            if unkept.is_empty() {
                return Ok(Some(written));
            }
            begun.extend(unkept);
        }
        Err(Error::Poisoned)
    }

    fn decide_call(
        &self,
        request: &mut Request,
        used: &Used<'_>,
        held: &Held,
        learnt: &Learnt<'_>,
        told: Told,
    ) -> (Decision, Vec<Write>) {
        let Used {
            presented,
            need,
            now,
        } = *used;
        let state = learnt.state;
        tell(request, held, state, told.histories);
        let decided = self.engine.decide(&*request);
        let decision = self.unless_void(presented, held, learnt.revocations, decided);
        let granted = decision.is_grant();
        let charges = if granted {
            match charges(&decision.obligations.budgets) {
                Some(charges) => charges,
                // A grant always tells what it charges; if ever not, it is none.
                None => {
                    let refused = self.refusal(
                        Reason::BudgetExhausted,
                        "what the call spends cannot be told",
                    );
                    return (refused, Vec::new());
                }
            }
        } else {
            Vec::new()
        };
        let mut writes: Vec<Write> = told.begun.into_iter().map(Write::Counter).collect();
        if granted {
            let used = used_assents(&self.engine, request, &decision, &state.assents);
            writes.extend(used.into_iter().map(Write::Spend));
            writes.extend(charges.iter().map(|charge| Write::Charge {
                chain: held.id.chain(),
                charge: charge.clone(),
            }));
        }
        // A denial is a call of a history only where it was this agent's, about something.
        let about = !decision.requests.is_empty()
            && !matches!(decision.reason, Reason::WrongHolder | Reason::UnknownAgent);
        let keep = if granted {
            need.record || !charges.is_empty()
        } else {
            need.record_denied && about
        };
        if keep {
            let outcome = if granted {
                Outcome::Pending
            } else {
                Outcome::Denied
            };
            let past = Past {
                record: self.past_record(request, held, &decision, need, outcome, now),
                credential: held.id.clone(),
                charges,
                settle_before: self.settle_before(now),
            };
            writes.extend(past::counts(self, None, &past));
            writes.push(Write::Call(past));
        }
        (decision, writes)
    }

    /// A decision, unless the credential is not the caller's to use or is revoked.
    pub(super) fn unless_void(
        &self,
        presented: Presented<'_>,
        held: &Held,
        revocations: &Revocations,
        decision: Decision,
    ) -> Decision {
        let (reason, why) = if let Some(why) = presented.unproven(held)
            && decision.reason > Reason::WrongHolder
        {
            (Reason::WrongHolder, why)
        } else if decision.reason > Reason::Revoked
            && revocations.covers(&held.credential, held.epoch)
        {
            (Reason::Revoked, "the credential is revoked")
        } else {
            return decision;
        };
        Decision {
            requests: decision.requests,
            ..self.refusal(reason, why)
        }
    }

    fn settle_before(&self, now: Time) -> Time {
        now.end_after(self.settings.settle_within)
    }

    fn past_record(
        &self,
        request: &Request,
        held: &Held,
        decision: &Decision,
        need: &Need,
        outcome: Outcome,
        now: Time,
    ) -> Record {
        let kept = need.record || need.record_denied;
        let reads = |(name, _): &(SmolStr, _)| kept && self.needs.reads_arg(name);
        let (tool, args) = match &request.asked {
            Asked::Call { tool, args } => {
                let args = args.iter().filter(|arg| reads(arg)).cloned();
                (tool.clone(), args.collect())
            }
            Asked::Triple { tool, .. } => (tool.clone(), past::untold(self, tool)),
            Asked::Scopes { .. } | Asked::Listing { .. } => Default::default(),
        };
        let sorted = |mut texts: Vec<SmolStr>| {
            texts.sort();
            texts.dedup();
            texts
        };
        let requests = &decision.requests;
        Record {
            seq: 0,
            time: now,
            tool,
            outcome,
            actions: Some(sorted(
                requests.iter().map(|one| one.action.clone()).collect(),
            )),
            resources: Some(sorted(
                requests.iter().map(|one| one.resource.clone()).collect(),
            )),
            agent: Some(request.agent.id.clone()),
            user: held.credential.user.as_ref().map(|user| user.id.clone()),
            task: held.credential.task.as_ref().map(|task| task.id.clone()),
            credential: Some(held.id.as_str().into()),
            args,
            result: Fields::new(),
        }
    }

    fn call_entry(
        &self,
        request: &Request,
        held: Option<&Held>,
        decision: &Decision,
        seq: Option<i64>,
        now: Time,
    ) -> Entry {
        let tool = request.asked.called();
        let event = Event::Call {
            clear: audit::clear(self.policy(), request, &tool),
            tool,
            requests: decision
                .requests
                .iter()
                .map(|one| (one.action.clone(), one.resource.clone()))
                .collect(),
            audiences: decision.obligations.audiences.clone(),
            digest: asked_digest(&request.asked),
            seq,
        };
        let credential = held.map(|held| &held.credential);
        self.entry_of(now, event, decision, request, credential)
    }
}

/// How a credential is used.
#[derive(Clone, Copy)]
struct Used<'a> {
    presented: Presented<'a>,
    /// What the function that is called needs.
    need: &'a Need,
    now: Time,
}

fn denied(decision: Decision) -> Authorized {
    Authorized {
        decision,
        seq: None,
        settle_before: None,
    }
}

/// How long something took.
pub(super) fn elapsed(since: Instant) -> Duration {
    Duration(i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX))
}

/// Puts all that is kept where the engine looks for it.
pub(super) fn tell(
    request: &mut Request,
    held: &Held,
    state: &State,
    histories: Vec<(SmolStr, Calls)>,
) {
    request.credential = Some(held.credential.clone());
    request.histories = histories;
    request.budgets = spent(state);
    give_assents(request, &state.assents);
}

/// Puts recorded consents and approvals where the engine looks for them.
pub(super) fn give_assents(request: &mut Request, given: &[Given]) {
    let of = |kind| {
        given
            .iter()
            .filter(move |given| given.kind == kind)
            .map(|given| given.assent.clone())
            .collect()
    };
    request.consents = of(AssentKind::Consent);
    request.approvals = of(AssentKind::Approval);
}

/// What the chain has spent, as a request tells it: by rule, in the order of its budgets.
fn spent(state: &State) -> Vec<(SmolStr, Vec<Decimal>)> {
    let mut told: Vec<(SmolStr, Vec<Decimal>)> = Vec::new();
    for charge in &state.spent {
        let index = charge.index as usize;
        let at = told
            .iter()
            .position(|(rule, _)| *rule == charge.rule)
            .unwrap_or_else(|| {
                told.push((charge.rule.clone(), Vec::new()));
                told.len() - 1
            });
        if let Some((_, amounts)) = told.get_mut(at) {
            if amounts.len() <= index {
                amounts.resize(index + 1, Decimal::ZERO);
            }
            if let Some(amount) = amounts.get_mut(index) {
                *amount = charge.amount;
            }
        }
    }
    told
}

/// What a grant charges: of each budget the most that one of its requests spends, since a
/// call is charged once. `None` when it does not tell.
fn charges(budgets: &[BudgetDuty]) -> Option<Vec<Charge>> {
    let mut charges: Vec<Charge> = Vec::new();
    for budget in budgets {
        let amount = budget.charge.as_ref()?.parse::<Decimal>().ok()?;
        let same = charges
            .iter_mut()
            .find(|known| known.rule == budget.rule && known.index == budget.index);
        match same {
            Some(known) => known.amount = known.amount.max(amount),
            None => charges.push(Charge {
                rule: budget.rule.clone(),
                index: budget.index,
                amount,
            }),
        }
    }
    Some(charges)
}

/// Which consents and approvals to this single call the grant rests on: those without
/// which it would not be this one, the oldest first. The others stay for another call. That
/// some other grant could have stood in spares none: its budgets are not charged.
///
/// It goes by the call, not by what the duties ask for: one to this call also counts where
/// one to its scope is asked for, and is spent by it all the same.
fn used_assents(
    engine: &Engine,
    request: &mut Request,
    decision: &Decision,
    given: &[Given],
) -> Vec<u64> {
    let single = |given: &Given| matches!(given.assent.covers, Covers::Call(_));
    if !given.iter().any(single) {
        return Vec::new();
    }
    let digest = asked_digest(&request.asked);
    let bound = |given: &Given| match &given.assent.covers {
        Covers::Call(of) => *of == digest,
        Covers::Scope(_) => false,
    };
    // Of those that say the same the oldest is enough: however often somebody consents, the
    // engine is asked once for each who did.
    let same = |a: &Given, b: &Given| {
        let said = |given: &Given| Assent {
            not_after: None,
            ..given.assent.clone()
        };
        a.kind == b.kind && said(a) == said(b)
    };
    let mut kept: Vec<Given> = Vec::new();
    for one in given {
        let counts = !single(one) || bound(one);
        if counts && !kept.iter().any(|known| bound(known) && same(known, one)) {
            kept.push(one.clone());
        }
    }
    // The newest is tried first, so that the oldest is what is spent.
    let candidates: Vec<u64> = kept
        .iter()
        .rev()
        .filter(|given| bound(given))
        .map(|given| given.id)
        .collect();
    for id in candidates {
        let without: Vec<Given> = kept
            .iter()
            .filter(|other| other.id != id)
            .cloned()
            .collect();
        give_assents(request, &without);
        let again = engine.decide(&*request);
        let same = again.is_grant()
            && again.rules == decision.rules
            && again.obligations == decision.obligations;
        if same {
            kept = without;
        }
    }
    give_assents(request, given);
    kept.iter()
        .filter(|given| bound(given))
        .map(|given| given.id)
        .collect()
}
