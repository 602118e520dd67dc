//! Issuance and delegation.

use std::sync::Arc;
use std::time::Instant;

use placet_model::decision::{Became, Decision, Reason};
use placet_model::request::{Asked, Request, ScopeRequest};
use placet_model::value::Time;
use smol_str::{SmolStr, format_smolstr};

use super::authorize::{elapsed, give_assents};
use super::{Error, Learnt, Presented, Service, vouched};
use crate::audit::Event;
use crate::id::CredentialId;
use crate::revocation::{Revocation, Revoked};
use crate::store::{Ask, Held, Write};

/// Whether less than what was asked for is worth having.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// What is granted of it.
    #[default]
    Narrow,
    /// All of it, or nothing.
    Exact,
}

/// How to issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueOptions {
    /// Whether less is worth having.
    pub mode: Mode,
    /// The SHA-256 thumbprint (RFC 7638) of the holder's key, to which the credential is
    /// bound.
    pub key: Option<SmolStr>,
}

impl Service {
    /// Issues a credential for what the policy grants of the scopes asked for. The decision
    /// carries it, its id in it; when consents or approvals are missing it says which to
    /// ask for, and asking again once they are recorded succeeds.
    ///
    /// More for a live task is a new issuance: no credential is ever changed.
    ///
    /// # Errors
    ///
    /// When the store or the audit fails; then nothing was issued.
    pub fn issue(
        &self,
        mut request: Request,
        options: &IssueOptions,
        now: Time,
    ) -> Result<Decision, Error> {
        self.make(&mut request, None, options, now)
    }

    /// As [`Service::issue`], and leaves in the request all that it was decided on, so that
    /// [`Engine::explain`](placet_evaluator::Engine::explain) can tell why.
    ///
    /// # Errors
    ///
    /// As [`Service::issue`].
    pub fn issue_told(
        &self,
        request: &mut Request,
        options: &IssueOptions,
        now: Time,
    ) -> Result<Decision, Error> {
        self.make(request, None, options, now)
    }

    /// Issues a narrower credential to a sub-agent, on demand of the parent's holder. The
    /// request names the sub-agent as its agent.
    ///
    /// # Errors
    ///
    /// When the store or the audit fails; then nothing was issued.
    pub fn delegate<'p>(
        &self,
        parent: impl Into<Presented<'p>>,
        holder: &str,
        mut request: Request,
        options: &IssueOptions,
        now: Time,
    ) -> Result<Decision, Error> {
        self.make(&mut request, Some((parent.into(), holder)), options, now)
    }

    /// As [`Service::delegate`], and leaves in the request all that it was decided on.
    ///
    /// # Errors
    ///
    /// As [`Service::delegate`].
    pub fn delegate_told<'p>(
        &self,
        parent: impl Into<Presented<'p>>,
        holder: &str,
        request: &mut Request,
        options: &IssueOptions,
        now: Time,
    ) -> Result<Decision, Error> {
        self.make(request, Some((parent.into(), holder)), options, now)
    }

    fn make(
        &self,
        request: &mut Request,
        from: Option<(Presented<'_>, &str)>,
        options: &IssueOptions,
        now: Time,
    ) -> Result<Decision, Error> {
        let started = Instant::now();
        let asked = match &request.asked {
            Asked::Scopes { scopes, .. } => scopes.clone(),
            Asked::Call { .. } | Asked::Triple { .. } | Asked::Listing { .. } => Vec::new(),
        };
        request.time = Some(now);
        let random = self.random()?;
        let mut made: Option<Held> = None;
        let mut parent: Option<Held> = None;
        let mut decision = None;
        let agent = request.agent.id.clone();
        let ask = Ask {
            credential: from.map(|(parent, _)| parent.id),
            assents: Some((&agent, now)),
            ..Ask::default()
        };
        let early = self.misasked(request);
        if early.is_none() {
            self.transact(&ask, &mut |learnt| {
                made = None;
                parent.clone_from(&learnt.state.credential);
                let mut answer = self.decide_issue(request, from, options, learnt, now);
                let id = match &parent {
                    // The low half is as random as the whole.
                    Some(parent) => parent.id.child(random as u64),
                    None => CredentialId::root(random),
                };
                if let Some(credential) = &mut answer.credential {
                    credential.id = Some(id.as_str().into());
                    made = Some(Held {
                        id,
                        credential: credential.clone(),
                        epoch: learnt.state.epoch,
                        key: options.key.clone(),
                    });
                }
                decision = Some(answer);
                made.iter().cloned().map(Write::Credential).collect()
            })?;
        }
        let decision = early
            .or(decision)
            .unwrap_or_else(|| self.refusal(Reason::InvalidRequest, "nothing was decided"));
        let credential = made
            .as_ref()
            .or(parent.as_ref())
            .map(|held| &held.credential);
        let issued = made
            .as_ref()
            .map(|held| held.credential.scopes.clone())
            .unwrap_or_default();
        let event = match from {
            None => Event::Issue { asked, issued },
            Some((_, by)) => Event::Delegate {
                by: by.into(),
                asked,
                issued,
            },
        };
        let mut entry = self.entry_of(now, event, &decision, request, credential);
        entry.latency = Some(elapsed(started));
        if let Err(error) = self.audit.append(&entry) {
            // Nobody has seen the credential; it must not be found by chance either.
            if let Some(held) = made {
                // Straight to the store: it has to be, whatever others do meanwhile.
                self.store.transact(&Ask::default(), &mut |_| {
                    vec![Write::Revocation(Revocation {
                        of: Revoked::Credential(held.id.clone()),
                        by: "placet".into(),
                        reason: "its issuance could not be audited".into(),
                        time: now,
                    })]
                })?;
            }
            return Err(error.into());
        }
        if let Some(held) = made {
            self.remember(&Arc::new(held))?;
        }
        Ok(decision)
    }

    /// What cannot be decided as an issuance at all.
    fn misasked(&self, request: &mut Request) -> Option<Decision> {
        let wrong = if !matches!(request.asked, Asked::Scopes { .. }) {
            Some(SmolStr::new_static(
                "/scopes: missing: a credential is issued for scopes",
            ))
        } else if request.credential.is_some() {
            Some(SmolStr::new_static(
                "/credential: the service keeps credentials: delegating names the parent by its id",
            ))
        } else {
            vouched(request)
        };
        wrong.map(|wrong| self.refusal(Reason::InvalidRequest, wrong))
    }

    fn decide_issue(
        &self,
        request: &mut Request,
        from: Option<(Presented<'_>, &str)>,
        options: &IssueOptions,
        learnt: &Learnt<'_>,
        now: Time,
    ) -> Decision {
        let Learnt { state, revocations } = learnt;
        give_assents(request, &state.assents);
        request.credential = state
            .credential
            .as_ref()
            .map(|held| held.credential.clone());
        let mut decision = match (from, &state.credential) {
            (Some((presented, _)), None) => self.unknown(presented.id),
            (Some((_, holder)), Some(parent)) if holder != parent.credential.agent.id => self
                .refusal(
                    Reason::WrongHolder,
                    format_smolstr!("the credential `{}` is not `{holder}`'s", parent.id),
                ),
            (Some((presented, _)), Some(parent)) if presented.unproven(parent).is_some() => {
                let why = presented.unproven(parent).unwrap_or_default();
                self.refusal(Reason::WrongHolder, why)
            }
            _ => exact(self.engine.decide(&*request), options.mode),
        };
        let task = request.task.as_ref().map(|task| &task.id);
        let held_task = state
            .credential
            .as_ref()
            .and_then(|held| held.credential.task.as_ref())
            .map(|task| &task.id);
        let why = if state
            .credential
            .as_ref()
            .is_some_and(|parent| revocations.covers(&parent.credential, parent.epoch))
        {
            Some("the credential is revoked".into())
        } else if let Some(task) = task.or(held_task)
            && revocations.ended(task)
        {
            Some(format_smolstr!("the task `{task}` is revoked"))
        } else if revocations.withdrawn(self.engine.compiled().digest()) {
            Some("the policy is revoked: nothing is issued under it".into())
        } else if revocations.stops_issuing_at(now) {
            Some("all that is issued before a later time is revoked".into())
        } else {
            None
        };
        if let Some(why) = why
            && decision.reason > Reason::Revoked
        {
            decision = self.refusal(Reason::Revoked, why);
        }
        decision
    }

    /// The answer to a credential that nobody has issued.
    pub(super) fn unknown(&self, id: &CredentialId) -> Decision {
        self.refusal(
            Reason::InvalidRequest,
            format_smolstr!("/credential: no credential has the id `{id}`"),
        )
    }
}

/// All or nothing: takes back what falls short of what was asked for.
fn exact(mut decision: Decision, mode: Mode) -> Decision {
    let short = decision
        .scopes
        .iter()
        .find(|outcome| outcome.became != Became::Granted);
    let Some(short) = short.filter(|_| mode == Mode::Exact && decision.is_grant()) else {
        return decision;
    };
    decision.reason = match short.reason {
        Reason::Granted => Reason::NoGrant,
        reason => reason,
    };
    decision.explanation.insert(
        0,
        format_smolstr!(
            "all of it or nothing was asked for, and {} would be {}",
            shown(&short.requested),
            short.became.name()
        ),
    );
    decision.rules = short.rules.clone();
    decision.obligations.lifetime = None;
    decision.obligations.not_after = None;
    decision.obligations.delegate = None;
    decision.credential = None;
    for outcome in &mut decision.scopes {
        outcome.scopes.clear();
        outcome.became = Became::Denied;
        if outcome.reason == Reason::Granted {
            outcome.reason = decision.reason;
        }
    }
    decision
}

fn shown(scope: &ScopeRequest) -> String {
    format!(
        "`{} {} {}`",
        scope.tool,
        scope.actions.join(", "),
        scope.resources.join(", ")
    )
}
