//! The service: issues, delegates, authorizes, settles and revokes.

mod assent;
mod authorize;
mod hand;
mod issue;
mod ledger;
mod list;
mod past;
mod settle;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, RwLock};

use placet_evaluator::Engine;
use placet_model::credential::Credential;
use placet_model::decision::{Decision, Obligations, Reason};
use placet_model::ids::HistoryId;
use placet_model::policy::Policy;
use placet_model::request::{Calls, Request};
use placet_model::value::{Duration, Time};
use smol_str::{SmolStr, format_smolstr};

use crate::audit::{self, Audit, AuditError, Entry, Event};
use crate::id::CredentialId;
use crate::needs::Needs;
use crate::revocation::{Epoch, Revocation, Revocations, Revoked};
use crate::store::{Ask, Filter, Held, State, Store, StoreError, Write, Written};

use hand::Hand;

pub use authorize::Authorized;
pub use issue::{IssueOptions, Mode};
pub use ledger::{credentials, revoke};

/// A source of random bits.
pub type Random = Box<dyn Fn() -> Option<u128> + Send + Sync>;

/// What can be chosen.
pub struct Settings {
    /// How long a granted call may wait to be settled. After that it stays as it is,
    /// counted, whatever its caller then says.
    pub settle_within: Duration,
    /// How long a consent or approval counts that is recorded without an end.
    pub assent_lifetime: Duration,
    /// How many credentials of usual size are kept at hand.
    pub credentials_cached: NonZeroUsize,
    /// Where ids come from.
    pub random: Random,
}

impl Default for Settings {
    /// Ten minutes, a day, 10,000 credentials, the random numbers of the system.
    fn default() -> Self {
        const MINUTE: i64 = 60_000_000;
        const CREDENTIALS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);
        Self {
            settle_within: Duration(10 * MINUTE),
            assent_lifetime: Duration(24 * 60 * MINUTE),
            credentials_cached: CREDENTIALS,
            random: Box::new(|| {
                let mut bits = [0; 16];
                aws_lc_rs::rand::fill(&mut bits).ok()?;
                Some(u128::from_le_bytes(bits))
            }),
        }
    }
}

/// Issues credentials and decides what is done under them.
///
/// Every method takes the time now. Whoever calls vouches for identities, groups, facts
/// and time; the service itself keeps credentials, consents, approvals, past calls and
/// budgets, and takes none of these from a request. An error is no answer: **a caller that
/// gets one must deny**.
pub struct Service {
    engine: Arc<Engine>,
    needs: Needs,
    store: Arc<dyn Store>,
    audit: Arc<dyn Audit>,
    settings: Settings,
    /// By history, since when all is kept of calls that it needs.
    whole_since: Vec<Option<Time>>,
    revocations: RwLock<Revocations>,
    held: Mutex<Hand>,
}

impl Service {
    /// Opens a service on a store. All services on one store decide by one policy at a
    /// time: those that serve another one fail from now on with [`Error::Superseded`], since
    /// they do not keep of their calls what this one counts on.
    ///
    /// What histories need is kept of calls from the moment on when a policy is first served
    /// that needs it. A history that reaches further back is incomplete, which is undefined
    /// and not empty; in a store that has never issued a credential nothing is missing.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn open(
        engine: impl Into<Arc<Engine>>,
        store: Arc<dyn Store>,
        audit: Arc<dyn Audit>,
        settings: Settings,
        now: Time,
    ) -> Result<Self, Error> {
        let engine = engine.into();
        let needs = Needs::of(engine.compiled().policy());
        let wanted = needs.recorded(engine.compiled().policy());
        let digest = engine.compiled().digest();
        let mut recording = Vec::new();
        let mut revocations = Revocations::default();
        let ask = Ask {
            recording: true,
            ..Ask::default()
        };
        let mut fresh = None;
        let mut change = None;
        loop {
            let mut lacking = false;
            let written = store.transact(&ask, &mut |state: &State| {
                lacking = false;
                change = None;
                revocations = Revocations::default();
                revocations.learn(&state.revocations);
                recording = wanted
                    .iter()
                    .map(|name| {
                        let known = state.recording.iter().find(|(known, _)| known == name);
                        let since = match known {
                            Some((_, since)) => *since,
                            None if !state.used => Time(i64::MIN),
                            None => {
                                lacking |= fresh.is_none();
                                fresh.unwrap_or(now)
                            }
                        };
                        (name.clone(), since)
                    })
                    .collect();
                let mut writes = Vec::new();
                if lacking {
                    return writes;
                }
                if !state.counting.is_empty()
                    && (state.counting != *digest || recording != state.recording)
                {
                    let told = Revocation::of_services(digest, now);
                    change = Some(told.clone());
                    writes.push(Write::Revocation(told));
                }
                if recording != state.recording {
                    writes.push(Write::Recording(recording.clone()));
                }
                // Counters of another policy have not seen every call.
                if state.counting != *digest {
                    writes.push(Write::Counting(digest.clone()));
                }
                writes
            })?;
            if let Some(revocation) = change.take() {
                let epoch = written.epoch;
                revocations.learn(&[(epoch, revocation.clone())]);
                audit.append(&ledger::entry(revocation, epoch))?;
            }
            if !lacking {
                break;
            }
            fresh = Some(after_all(&*store, now)?);
        }
        let whole_since = whole_since(&needs, engine.compiled().policy(), &recording);
        let held = Mutex::new(Hand::new(settings.credentials_cached));
        Ok(Self {
            engine,
            needs,
            store,
            audit,
            settings,
            whole_since,
            revocations: RwLock::new(revocations),
            held,
        })
    }

    /// The decision point that it asks.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Revokes, from the next call on.
    ///
    /// # Errors
    ///
    /// As [`revoke`].
    pub fn revoke(&self, revocation: &Revocation) -> Result<Epoch, Error> {
        revoke(&*self.store, &*self.audit, revocation)
    }

    /// Credentials, each with whether it is revoked.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn credentials(&self, filter: &Filter) -> Result<Vec<(Held, bool)>, Error> {
        credentials(&*self.store, filter)
    }

    fn policy(&self) -> &Policy {
        self.engine.compiled().policy()
    }

    /// One step on the store, in which new revocations are learnt before anything is
    /// decided.
    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&Learnt<'_>) -> Vec<Write>,
    ) -> Result<Written, Error> {
        let known = self
            .revocations
            .read()
            .map_err(|_| Error::Poisoned)?
            .epoch();
        let mut poisoned = false;
        let mut superseded = false;
        let mut older = false;
        let ask = Ask { known, ..*ask };
        let written = self.store.transact(&ask, &mut |state| {
            // Put back from a copy: what it calls epoch so much is something else than what
            // is known here.
            older = state.epoch < known;
            if older {
                return Vec::new();
            }
            // Not learnt, so that it is told again whenever this service is asked.
            let digest = self.engine.compiled().digest();
            superseded = state
                .revocations
                .iter()
                .any(|(_, news)| matches!(&news.of, Revoked::Services(policy) if policy != digest));
            if superseded {
                return Vec::new();
            }
            if !state.revocations.is_empty() {
                match self.revocations.write() {
                    Ok(mut revocations) => revocations.learn(&state.revocations),
                    Err(_) => poisoned = true,
                }
            }
            match self.revocations.read() {
                Ok(revocations) if !poisoned => decide(&Learnt {
                    state,
                    revocations: &revocations,
                }),
                _ => {
                    poisoned = true;
                    Vec::new()
                }
            }
        })?;
        if older {
            return Err(Error::Older);
        }
        if superseded {
            return Err(Error::Superseded);
        }
        if poisoned {
            return Err(Error::Poisoned);
        }
        Ok(written)
    }

    fn random(&self) -> Result<u128, Error> {
        (self.settings.random)().ok_or(Error::Random)
    }

    fn remember(&self, held: &Arc<Held>) -> Result<(), Error> {
        let mut hand = self.held.lock().map_err(|_| Error::Poisoned)?;
        hand.put(held);
        Ok(())
    }

    fn remembered(&self, id: &CredentialId) -> Result<Option<Arc<Held>>, Error> {
        let mut hand = self.held.lock().map_err(|_| Error::Poisoned)?;
        Ok(hand.get(id))
    }

    /// A denial that the service itself has a reason for.
    fn refusal(&self, reason: Reason, explanation: impl Into<SmolStr>) -> Decision {
        Decision {
            reason,
            rules: Vec::new(),
            obligations: Obligations::default(),
            missing: Vec::new(),
            explanation: vec![explanation.into()],
            scopes: Vec::new(),
            requests: Vec::new(),
            credential: None,
            tools: Vec::new(),
            consulted: Vec::new(),
            policy: self.engine.compiled().digest().clone(),
        }
    }

    fn entry(&self, time: Time, event: Event) -> Entry {
        Entry {
            policy: Some(self.engine.compiled().digest().clone()),
            ..Entry::new(time, event)
        }
    }

    /// An entry about a decision: who asked, and under or for which credential.
    fn entry_of(
        &self,
        now: Time,
        event: Event,
        decision: &Decision,
        request: &Request,
        credential: Option<&Credential>,
    ) -> Entry {
        let mut entry = self.entry(now, event);
        let of = |given: Option<&SmolStr>, kept: Option<&SmolStr>| given.or(kept).cloned();
        entry.decision = Some(decision.reason);
        entry.rules = decision
            .rules
            .iter()
            .map(|rule| rule.name.clone())
            .collect();
        entry.agent = Some(request.agent.id.clone());
        entry.user = of(
            request.user.as_ref().map(|user| &user.id),
            credential.and_then(|held| held.user.as_ref().map(|user| &user.id)),
        );
        entry.task = of(
            request.task.as_ref().map(|task| &task.id),
            credential.and_then(|held| held.task.as_ref().map(|task| &task.id)),
        );
        entry.credential = credential.and_then(|held| held.id.clone());
        entry.chain = credential.map(audit::chain).unwrap_or_default();
        entry
    }
}

/// A credential as a caller presents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// Which.
    pub id: &'a CredentialId,
    /// The SHA-256 thumbprint (RFC 7638) of the key that the caller has proven to have, by
    /// DPoP (RFC 9449) for instance. A credential that is bound to a key is nobody's
    /// without it.
    pub proven_key: Option<&'a str>,
}

impl<'a> From<&'a CredentialId> for Presented<'a> {
    /// Without proof of a key.
    fn from(id: &'a CredentialId) -> Self {
        Self {
            id,
            proven_key: None,
        }
    }
}

impl Presented<'_> {
    /// What is wrong with the proof, if anything is.
    fn unproven(&self, held: &Held) -> Option<&'static str> {
        match (&held.key, self.proven_key) {
            (Some(_), None) => {
                Some("the credential is bound to a key, and the caller has not proven to have it")
            }
            (Some(bound), Some(proven)) if bound != proven => {
                Some("the credential is bound to another key than the one that was proven")
            }
            _ => None,
        }
    }
}

/// What a step on the store sees, new revocations learnt.
struct Learnt<'a> {
    state: &'a State,
    revocations: &'a Revocations,
}

/// By history, since when all is kept that it needs. What is kept is sorted by name.
fn whole_since(needs: &Needs, policy: &Policy, recording: &[(SmolStr, Time)]) -> Vec<Option<Time>> {
    let since = |name: &SmolStr| {
        let at = recording.binary_search_by(|(known, _)| known.cmp(name));
        at.ok().and_then(|at| recording.get(at)).map(|(_, at)| *at)
    };
    (0..policy.histories.len())
        .map(|at| {
            let names = needs.recorded_for(policy, HistoryId::new(at));
            names
                .iter()
                .map(since)
                .try_fold(Time(i64::MIN), |last, since| Some(last.max(since?)))
        })
        .collect()
}

/// A time after all calls so far, of which something was not kept: after now, and should
/// the clock be behind, after the last credential was issued.
fn after_all(store: &dyn Store, now: Time) -> Result<Time, StoreError> {
    let all = store.credentials(&Filter::default())?;
    let issued = all.iter().map(|held| held.credential.issued);
    let last = issued.fold(now, Time::max);
    Ok(Time(last.0.saturating_add(1)))
}

/// What a request may not bring along, since the service keeps it. Empty lists say
/// nothing, and are taken away, so that nothing can mistake them for told ones.
fn vouched(request: &mut Request) -> Option<SmolStr> {
    let kept = [
        (
            "histories",
            request
                .histories
                .iter()
                .all(|(_, told)| *told == Calls::Records(Vec::new())),
        ),
        (
            "budgets",
            request.budgets.iter().all(|(_, spent)| spent.is_empty()),
        ),
        ("consents", request.consents.is_empty()),
        ("approvals", request.approvals.is_empty()),
    ];
    let wrong = kept.iter().find(|(_, empty)| !empty);
    let wrong = wrong.map(|(name, _)| {
        format_smolstr!("/{name}: the service keeps {name} and takes none from a request")
    });
    request.histories.clear();
    request.budgets.clear();
    wrong
}

/// Why there is no answer. A caller that gets this denies.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The audit failed.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers for an id")]
    Random,
    /// Another thread panicked in the middle of something.
    #[error("the service is broken since a thread panicked in it")]
    Poisoned,
    /// Another policy is served on the store since this service was opened.
    #[error("another policy is served on the store by now; the service has to be opened again")]
    Superseded,
    /// The store has lost revocations since this service was opened.
    #[error("the store is older than it was; the service has to be opened again")]
    Older,
    /// A consent or approval that cannot be recorded.
    #[error("{0}")]
    Assent(String),
    /// A call that cannot be settled.
    #[error("{0}")]
    Settle(String),
}
