//! The trail: one record for each decision that matters.
//!
//! Reads no clock: times are the callers'.

mod build;
mod clear;
mod disk;
mod file;
mod finding;
mod head;
mod line;
mod lineage;
mod memory;
mod open;
mod payload;
mod query;
mod record;
mod segments;
mod show;
mod sign;
mod verify;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

use placet_model::credential::{Credential, Scope};
use placet_model::decision::Reason;
use placet_model::json::Fields;
use placet_model::policy::Outcome;
use placet_model::request::{Assent, ScopeRequest};
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

pub use self::clear::clear;
pub use self::file::{FileAudit, FileSettings, OnFailure};
pub use self::finding::{Finding, FindingKind, VerifyError};
pub use self::head::Head;
pub use self::lineage::{Issued, Lineage, RevokedBy, lineage};
pub use self::memory::MemoryAudit;
pub use self::open::OpenError;
pub use self::query::{Query, Records, query};
pub use self::record::{Record, Revoking};
pub use self::show::shown;
pub use self::verify::{Report, verify};
pub use self::walk::Known;
use crate::revocation::{Epoch, Revocation};
use crate::store::AssentKind;

/// What an audit keeps.
pub trait Audit: Send + Sync {
    /// Keeps an entry. It is durable when this returns.
    ///
    /// # Errors
    ///
    /// When it could not be kept; the caller then denies, undoing what it had done.
    fn append(&self, entry: &Entry) -> Result<(), AuditError>;
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the caller's clock.
    pub time: Time,
    /// What.
    pub event: Event,
    /// The answer, for what is decided.
    pub decision: Option<Reason>,
    /// The rules that decided, `layer/rule`.
    pub rules: Vec<SmolStr>,
    /// The acting agent; for an issuance the holder-to-be.
    pub agent: Option<SmolStr>,
    /// For whom.
    pub user: Option<SmolStr>,
    /// In which task.
    pub task: Option<SmolStr>,
    /// The credential that was issued, used or asked for.
    pub credential: Option<SmolStr>,
    /// Its chain, root first, itself last.
    pub chain: Vec<Link>,
    /// The digest of the policy that decided.
    pub policy: Option<SmolStr>,
    /// How long deciding took.
    pub latency: Option<Duration>,
}

impl Entry {
    /// An entry that says what happened, and nothing else yet.
    #[must_use]
    pub fn new(time: Time, event: Event) -> Self {
        Self {
            time,
            event,
            decision: None,
            rules: Vec::new(),
            agent: None,
            user: None,
            task: None,
            credential: None,
            chain: Vec::new(),
            policy: None,
            latency: None,
        }
    }
}

/// A link of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The credential.
    pub credential: SmolStr,
    /// Its holder.
    pub agent: SmolStr,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A credential was asked for.
    Issue {
        /// What was asked for.
        asked: Vec<ScopeRequest>,
        /// What was issued.
        issued: Vec<Scope>,
    },
    /// A narrower credential was asked for, for a sub-agent.
    Delegate {
        /// Who asked: the parent's holder.
        by: SmolStr,
        /// What was asked for.
        asked: Vec<ScopeRequest>,
        /// What was issued.
        issued: Vec<Scope>,
    },
    /// A call was decided.
    Call {
        /// The function.
        tool: SmolStr,
        /// What it does, to what: actions and resources, sorted.
        requests: Vec<(SmolStr, SmolStr)>,
        /// The services that it goes to.
        audiences: Vec<SmolStr>,
        /// The digest of tool and arguments.
        digest: SmolStr,
        /// Arguments and facts that the policy marks loggable, `args.amount`: what
        /// [`clear`](clear()) gives.
        clear: Fields,
        /// Its number, where it was recorded.
        seq: Option<i64>,
    },
    /// A call ended.
    Settle {
        /// Its number.
        seq: i64,
        /// How.
        outcome: Outcome,
    },
    /// Something was revoked.
    Revoke {
        /// What, by whom, why.
        revocation: Revocation,
        /// The epoch from which on it counts.
        epoch: Epoch,
    },
    /// A consent or approval was recorded.
    Assent {
        /// Which of both.
        kind: AssentKind,
        /// Its id.
        id: u64,
        /// What was given.
        assent: Assent,
    },
}

impl Event {
    /// As it is written in records and queries.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Issue { .. } => "issue",
            Self::Delegate { .. } => "delegate",
            Self::Call { .. } => "call",
            Self::Settle { .. } => "settle",
            Self::Revoke { .. } => "revoke",
            Self::Assent {
                kind: AssentKind::Consent,
                ..
            } => "consent",
            Self::Assent {
                kind: AssentKind::Approval,
                ..
            } => "approve",
        }
    }
}

/// The chain of a credential, root first.
#[must_use]
pub fn chain(credential: &Credential) -> Vec<Link> {
    let mut chain: Vec<Link> =
        std::iter::successors(Some(credential), |held| held.parent.as_deref())
            .map(|held| Link {
                credential: held.id.clone().unwrap_or_default(),
                agent: held.agent.id.clone(),
            })
            .collect();
    chain.reverse();
    chain
}

/// Why an entry was not kept.
#[derive(Debug, thiserror::Error)]
#[error("the audit could not be written: {0}")]
pub struct AuditError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
