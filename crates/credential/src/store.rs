//! Where credentials, assents, past calls, budgets and revocations are kept.

use placet_model::credential::Credential;
use placet_model::json::Fields;
use placet_model::policy::{HistoryKey, Outcome};
use placet_model::request::{Assent, Record};
use placet_model::value::Time;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::id::CredentialId;
use crate::revocation::{Epoch, Revocation};

/// A store.
///
/// All that the service does to it is one [`transact`](Store::transact) each. What a store
/// has to promise:
///
/// - **Atomic together, in one serial order:** all that `decide` is shown and all that it
///   has written. Of two transactions that touch the same chain, agent, user or task, one
///   sees all or nothing of the other. A relational store reads with the rows of these
///   keys locked (or at `SERIALIZABLE`, trying again), calls `decide`, writes, commits.
/// - **Durable:** what was written survives a crash as soon as `transact` has returned.
///   What had not returned is there whole or not at all.
/// - **Epochs are the order of revocations:** consecutive from 1; a transaction that was
///   shown epoch *n* was shown every revocation up to *n*.
/// - **Bounded:** it answers within the bound that it was opened with, or fails with
///   [`StoreError::Slow`]. The service denies on every error.
pub trait Store: Send + Sync {
    /// The epoch now. It is asked before every decision that needs nothing else: without
    /// a transaction, from memory where one process owns the store, else by one read.
    ///
    /// # Errors
    ///
    /// When the store cannot tell.
    fn epoch(&self) -> Result<Epoch, StoreError>;

    /// Reads what is asked, has `decide` look at it, and writes what that returns, all in
    /// one atomic step. Nothing is written when it returns nothing. `decide` may be called
    /// several times; the last call counts.
    ///
    /// # Errors
    ///
    /// When the store cannot do it; then nothing was written.
    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&State) -> Vec<Write>,
    ) -> Result<Written, StoreError>;

    /// Credentials, by id, so that a chain stands together, parents first.
    ///
    /// # Errors
    ///
    /// When the store cannot tell.
    fn credentials(&self, filter: &Filter) -> Result<Vec<Held>, StoreError>;
}

/// What a transaction is to be shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// Revocations after this epoch.
    pub known: Epoch,
    /// A credential.
    pub credential: Option<&'a CredentialId>,
    /// Consents and approvals to this agent that are neither spent nor over at this time.
    pub assents: Option<(&'a str, Time)>,
    /// Past calls, for the credential above.
    pub calls: &'a [CallQuery],
    /// Whether to tell what the credential's chain has spent.
    pub spent: bool,
    /// One past call, by its number.
    pub call: Option<i64>,
    /// Whether to tell which calls are recorded since when.
    pub recording: bool,
}

/// Past calls of a task, chain, …: those of the credential that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallQuery {
    /// Which: of its task, of itself, of its chain, of the agents of its chain, of its
    /// user. A credential without task or user has no such calls.
    pub per: HistoryKey,
    /// From this time on; all when absent.
    pub since: Option<Time>,
}

/// What a transaction is shown.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The epoch.
    pub epoch: Epoch,
    /// Revocations after the known epoch, in order.
    pub revocations: Vec<(Epoch, Revocation)>,
    /// The credential, when there is one with that id.
    pub credential: Option<Held>,
    /// Consents and approvals, in the order of recording.
    pub assents: Vec<Given>,
    /// Past calls that any query selects, each once, by number.
    pub calls: Vec<Past>,
    /// What the chain has spent, by rule and index.
    pub spent: Vec<Charge>,
    /// The one call.
    pub call: Option<Past>,
    /// Which calls are recorded since when.
    pub recording: Vec<(SmolStr, Time)>,
    /// Whether any credential was ever issued here; told with `recording`.
    pub used: bool,
}

/// What a transaction writes.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new credential. Its id must not exist: [`StoreError::Taken`].
    Credential(Held),
    /// A revocation; it gets the next epoch.
    Revocation(Revocation),
    /// A consent or approval; it gets the next id of those.
    Assent {
        /// Which of both.
        kind: AssentKind,
        /// What was given.
        assent: Assent,
    },
    /// A consent or approval is spent, by id.
    Spend(u64),
    /// A call; its `seq` is ignored, it gets the next number.
    Call(Past),
    /// How a call ended.
    Settle {
        /// Its number.
        seq: i64,
        /// How.
        outcome: Outcome,
        /// What it gave.
        result: Fields,
    },
    /// A chain spends, or gets back what it spent (negative).
    Charge {
        /// The first credential of the chain.
        chain: CredentialId,
        /// What.
        charge: Charge,
    },
    /// Which calls are recorded since when: all of it, anew.
    Recording(Vec<(SmolStr, Time)>),
}

/// What came of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The epoch after it.
    pub epoch: Epoch,
    /// The number of the call that was written.
    pub seq: Option<i64>,
    /// The ids of the assents that were written.
    pub assents: Vec<u64>,
}

/// A credential as it is kept; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id, and by it its chain.
    pub id: CredentialId,
    /// What it carries, its ancestors inside it, all with their ids.
    pub credential: Credential,
    /// The epoch at which it was issued.
    pub epoch: Epoch,
    /// The SHA-256 thumbprint of the key that it is bound to (RFC 7638), if it is.
    pub key: Option<SmolStr>,
}

/// Consent or approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssentKind {
    /// By the user.
    Consent,
    /// By somebody else.
    Approval,
}

/// A consent or approval as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its id.
    pub id: u64,
    /// Which of both.
    pub kind: AssentKind,
    /// What was given.
    pub assent: Assent,
}

/// A call as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its number, when, what, by whom, how it ended.
    pub record: Record,
    /// Under which credential.
    pub credential: CredentialId,
    /// What it charged, to be given back should it fail.
    pub charges: Vec<Charge>,
    /// When it has to be settled (exclusive); later it stands as it is, counted.
    pub settle_before: Time,
}

/// What one budget of a rule was charged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charge {
    /// `layer/rule`
    pub rule: SmolStr,
    /// Which of the rule's budgets, in written order.
    pub index: u32,
    /// How much.
    pub amount: Decimal,
}

/// Which credentials to list; what is absent selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// This one and all that was delegated from it.
    pub under: Option<CredentialId>,
    /// Held by this agent.
    pub agent: Option<SmolStr>,
    /// Acting for this user.
    pub user: Option<SmolStr>,
    /// For this task.
    pub task: Option<SmolStr>,
    /// Not over at this time.
    pub alive_at: Option<Time>,
}

impl Filter {
    /// Whether it selects a credential.
    #[must_use]
    pub fn selects(&self, held: &Held) -> bool {
        let credential = &held.credential;
        let user = credential.user.as_ref().map(|user| &user.id);
        let task = credential.task.as_ref().map(|task| &task.id);
        self.under.as_ref().is_none_or(|id| id.covers(&held.id))
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| *agent == credential.agent.id)
            && self.user.as_ref().is_none_or(|id| Some(id) == user)
            && self.task.as_ref().is_none_or(|id| Some(id) == task)
            && self.alive_at.is_none_or(|now| now < credential.not_after)
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It did not answer within its bound.
    #[error("the store did not answer within {0:?}")]
    Slow(std::time::Duration),
    /// A credential with this id exists.
    #[error("a credential with the id `{0}` exists")]
    Taken(CredentialId),
    /// What it holds cannot be read.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// It failed.
    #[error("the store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
