//! Revocations: what ends credentials before their time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use placet_model::credential::Credential;
use placet_model::value::Time;
use smol_str::SmolStr;

use crate::id::CredentialId;

/// How many revocations there have been. It only grows, so that how far behind a reader
/// is can be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A revocation: of what, by whom, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// What ends.
    pub of: Revoked,
    /// Who revoked it.
    pub by: SmolStr,
    /// Why.
    pub reason: SmolStr,
    /// When, by the caller's clock; for people. The order of things is the epoch's.
    pub time: Time,
}

impl Revocation {
    /// What a service writes that begins to serve another policy than was served before:
    /// it moves the epoch, by which services learn of it that still serve the other one.
    pub(crate) fn of_services(policy: &SmolStr, now: Time) -> Self {
        Self {
            of: Revoked::Services(policy.clone()),
            by: "placet".into(),
            reason: "another policy is served from here on".into(),
            time: now,
        }
    }
}

/// What a revocation ends. A credential ends with any of its ancestors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// A credential and all that was delegated from it. The first of a chain ends the
    /// whole chain.
    Credential(CredentialId),
    /// Every credential of a task, and the task itself: none is issued for it again.
    Task(SmolStr),
    /// Every credential so far that an agent holds, and what was delegated from those.
    Agent(SmolStr),
    /// Every credential so far that acts for a user.
    User(SmolStr),
    /// Everything issued under a policy, by its digest, and what is still to be issued
    /// under it.
    Policy(SmolStr),
    /// Everything issued before a time (exclusive).
    IssuedBefore(Time),
    /// No credential, but every service on the store that serves another policy than this
    /// one, by its digest. Services write it themselves.
    Services(SmolStr),
}

/// All revocations up to an epoch, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    epoch: Epoch,
    credentials: BTreeSet<SmolStr>,
    tasks: BTreeSet<SmolStr>,
    policies: BTreeSet<SmolStr>,
    /// The last epoch at which each was revoked.
    agents: BTreeMap<SmolStr, Epoch>,
    users: BTreeMap<SmolStr, Epoch>,
    issued_before: Option<Time>,
}

impl Revocations {
    /// Up to which epoch it knows.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Takes in what a store tells; what is known already changes nothing.
    pub fn learn(&mut self, news: &[(Epoch, Revocation)]) {
        for (epoch, revocation) in news {
            if *epoch <= self.epoch {
                continue;
            }
            self.epoch = *epoch;
            match &revocation.of {
                Revoked::Credential(id) => {
                    self.credentials.insert(id.as_str().into());
                }
                Revoked::Task(task) => {
                    self.tasks.insert(task.clone());
                }
                Revoked::Policy(digest) => {
                    self.policies.insert(digest.clone());
                }
                Revoked::Agent(agent) => {
                    self.agents.insert(agent.clone(), *epoch);
                }
                Revoked::User(user) => {
                    self.users.insert(user.clone(), *epoch);
                }
                Revoked::IssuedBefore(time) => {
                    self.issued_before = self.issued_before.max(Some(*time));
                }
                Revoked::Services(_) => {}
            }
        }
    }

    /// Whether a credential, or what it was delegated from, is revoked. `issued_at` is the
    /// epoch at which the credential itself was issued.
    ///
    /// An ancestor was issued at an earlier epoch, and what has revoked it since then may
    /// be older than the credential; the store refuses to issue under a revoked parent in
    /// the same step ([`Store::transact`](crate::store::Store::transact)), so that the
    /// credential's own epoch is enough for the whole chain.
    #[must_use]
    pub fn covers(&self, credential: &Credential, issued_at: Epoch) -> bool {
        let after = |revoked: Option<&Epoch>| revoked.is_some_and(|epoch| *epoch > issued_at);
        let mut link = Some(credential);
        while let Some(held) = link {
            let gone = held
                .id
                .as_ref()
                .is_some_and(|id| self.credentials.contains(id))
                || self.policies.contains(&held.policy)
                || after(self.agents.get(&held.agent.id))
                || self.issued_before.is_some_and(|time| held.issued < time)
                || held
                    .user
                    .as_ref()
                    .is_some_and(|user| after(self.users.get(&user.id)))
                || held
                    .task
                    .as_ref()
                    .is_some_and(|task| self.tasks.contains(&task.id));
            if gone {
                return true;
            }
            link = held.parent.as_deref();
        }
        false
    }

    /// Whether nothing may be issued for a task any more.
    #[must_use]
    pub fn ended(&self, task: &str) -> bool {
        self.tasks.contains(task)
    }

    /// Whether what is issued at this time is revoked by its time alone.
    #[must_use]
    pub fn stops_issuing_at(&self, now: Time) -> bool {
        self.issued_before.is_some_and(|time| now < time)
    }

    /// Whether nothing may be issued under a policy any more.
    #[must_use]
    pub fn withdrawn(&self, policy: &str) -> bool {
        self.policies.contains(policy)
    }
}
