//! Where credentials, assents, past calls, budgets and revocations are kept.

mod disk;
mod memory;
#[cfg(test)]
mod tests;

pub use disk::Disk;
pub use memory::Memory;

use std::collections::BTreeSet;

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
///   What had not returned is there whole or not at all. An answer rests on nothing that a
///   crash could take back: what a caller was shown is durable when its call returns, even
///   when it wrote nothing itself.
/// - **Epochs are the order of revocations:** consecutive from 1; a transaction that was
///   shown epoch *n* was shown every revocation up to *n*.
/// - **Bounded:** it answers within the bound that it was opened with, or fails with
///   [`StoreError::Slow`]. The service denies on every error.
pub trait Store: Send + Sync {
    /// The epoch now. It is asked before every decision that needs nothing else: without
    /// a transaction, from memory where one process owns the store, else by one read.
    /// A revocation counts here before the `transact` that wrote it returns, and not
    /// before it is durable.
    ///
    /// # Errors
    ///
    /// When the store cannot tell.
    fn epoch(&self) -> Result<Epoch, StoreError>;

    /// Reads what is asked, has `decide` look at it, and writes what that returns, all in
    /// one atomic step, in that order. Nothing is written when it returns nothing. `decide`
    /// may be called several times; the last call counts. It must not use the store.
    ///
    /// # Errors
    ///
    /// When the store cannot do it. Then nothing was written, but after
    /// [`StoreError::Unconfirmed`] and [`StoreError::Failed`], which may come from the
    /// very last step: there it is written whole or not at all, and only the next
    /// transaction tells. A caller that denies on every error is safe with both: what was
    /// counted but not done is counted, and an id that was told to nobody is of no use.
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
    /// Counters, for the credential above.
    pub counters: &'a [CounterQuery],
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

/// A counter of the task, chain, … of the credential that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterQuery {
    /// Of which history.
    pub history: SmolStr,
    /// Whose calls that history holds.
    pub per: HistoryKey,
}

/// How many calls there are, kept so that they need not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter {
    /// Of which history.
    pub history: SmolStr,
    /// Of which task, credential, chain, agent or user.
    pub key: SmolStr,
    /// How many.
    pub count: u64,
}

/// What a transaction is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// What the chain has spent, by rule and index; also where all of it was given back.
    pub spent: Vec<Charge>,
    /// The one call.
    pub call: Option<Past>,
    /// Counters that are kept, of those asked for, sorted.
    pub counters: Vec<Counter>,
    /// Which calls are recorded since when.
    pub recording: Vec<(SmolStr, Time)>,
    /// For which policy counters are kept, told with `recording`; empty at first.
    pub counting: SmolStr,
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
    /// A consent or approval is spent, by id. It must not be spent yet:
    /// [`StoreError::Missing`].
    Spend(u64),
    /// A call; its `seq` is ignored, it gets the next number.
    Call(Past),
    /// How a call ended; a later one replaces an earlier one.
    Settle {
        /// Its number. There must be such a call: [`StoreError::Missing`].
        seq: i64,
        /// How.
        outcome: Outcome,
        /// What it gave.
        result: Fields,
    },
    /// A chain spends, or gets back what it spent (negative). Totals are exact; where a
    /// decimal cannot hold one, it is [`StoreError::Inexact`].
    Charge {
        /// The first credential of the chain.
        chain: CredentialId,
        /// What.
        charge: Charge,
    },
    /// A counter is kept from now on, or anew.
    Counter(Counter),
    /// A counter moves, where it is kept; not below zero.
    Count {
        /// Of which history.
        history: SmolStr,
        /// Of which task, credential, chain, agent or user.
        key: SmolStr,
        /// By how much.
        by: i64,
    },
    /// Which calls are recorded since when: all of it, anew.
    Recording(Vec<(SmolStr, Time)>),
    /// Counters are kept for this policy from now on; those so far are forgotten.
    Counting(SmolStr),
}

/// What came of a transaction. The number and ids are those of its own writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The epoch after it.
    pub epoch: Epoch,
    /// The number of the call that was written, the last one of several.
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

/// All kinds of histories.
const HISTORY_KEYS: [HistoryKey; 5] = [
    HistoryKey::Task,
    HistoryKey::Credential,
    HistoryKey::Chain,
    HistoryKey::Agent,
    HistoryKey::User,
];

impl Held {
    /// Which calls a history of this credential holds: those with any of these keys.
    pub(crate) fn keys(&self, per: HistoryKey) -> BTreeSet<SmolStr> {
        let credential = &self.credential;
        match per {
            HistoryKey::Task => credential.task.iter().map(|task| task.id.clone()).collect(),
            HistoryKey::User => credential.user.iter().map(|user| user.id.clone()).collect(),
            HistoryKey::Credential => [self.id.as_str().into()].into(),
            HistoryKey::Chain => [self.id.chain().as_str().into()].into(),
            HistoryKey::Agent => {
                std::iter::successors(Some(credential), |held| held.parent.as_deref())
                    .map(|held| held.agent.id.clone())
                    .collect()
            }
        }
    }
}

impl Past {
    /// The key of the call in histories of a kind.
    pub(crate) fn key(&self, per: HistoryKey) -> Option<SmolStr> {
        match per {
            HistoryKey::Task => self.record.task.clone(),
            HistoryKey::User => self.record.user.clone(),
            HistoryKey::Agent => self.record.agent.clone(),
            HistoryKey::Credential => Some(self.credential.as_str().into()),
            HistoryKey::Chain => Some(self.credential.chain().as_str().into()),
        }
    }
}

impl Given {
    /// Whether it is over at a time.
    fn over(&self, now: Time) -> bool {
        self.assent.not_after.is_some_and(|end| end <= now)
    }
}

/// A total of charges, unless digits would be lost.
fn exact_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    let exact = sum.checked_sub(b)? == a && sum.checked_sub(a)? == b;
    exact.then(|| sum.normalize())
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
    /// All is written, but within the bound it was not confirmed to be durable.
    #[error("the store did not confirm within {0:?} what it has written")]
    Unconfirmed(std::time::Duration),
    /// A credential with this id exists.
    #[error("a credential with the id `{0}` exists")]
    Taken(CredentialId),
    /// What was to be spent or settled is not there.
    #[error("the store has no {0}")]
    Missing(String),
    /// What a chain has spent has no exact decimal.
    #[error("what chain `{chain}` has spent of `{rule}` has too many digits")]
    Inexact {
        /// The first credential of the chain.
        chain: CredentialId,
        /// `layer/rule`
        rule: SmolStr,
    },
    /// A JSON value is nested deeper than so many levels. Those of requests never are.
    #[error("a value is nested deeper than {0} levels")]
    Nested(u32),
    /// What it holds cannot be read.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A newer version has written it.
    #[error(
        "the store has format {found}, and this version knows formats up to {known}; use a newer one"
    )]
    Newer {
        /// The version of its format.
        found: u32,
        /// The last one that is known here.
        known: u32,
    },
    /// It failed.
    #[error("the store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
