//! What became of a credential: who holds it and what was delegated from it, what was
//! done under each, what ended it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use placet_model::json::Json;
use placet_model::value::Time;
use placet_model::wire::limits::MAX_CHAIN;
use smol_str::SmolStr;

use super::finding::VerifyError;
use super::query::{Query, query};
use super::record::{Record, Revoking, text};
use crate::id::CredentialId;

/// A credential in the trail, with what was delegated from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The credential.
    pub credential: CredentialId,
    /// The record of its issuance; absent when that is not in the log.
    pub issued: Option<Issued>,
    /// Its holder.
    pub agent: Option<SmolStr>,
    /// Whom it acts for.
    pub user: Option<SmolStr>,
    /// The task that it is for.
    pub task: Option<SmolStr>,
    /// How many calls were granted under it.
    pub granted: u64,
    /// How many were denied.
    pub denied: u64,
    /// How many delegations from it were refused.
    pub refused: u64,
    /// What ended it, or was to: revocations of itself, its task, agent, user, policy, or
    /// of all that was issued before some time. Those of its ancestors are told there.
    pub revocations: Vec<RevokedBy>,
    /// What was delegated from it, in the order of issuance.
    pub delegated: Vec<Self>,
}

/// A record of an issuance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Its number.
    pub seq: u64,
    /// When.
    pub time: Time,
    /// The scopes, as the record tells them.
    pub scopes: Vec<Json>,
    /// The digest of the policy that issued it.
    pub policy: Option<SmolStr>,
}

/// A record of a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedBy {
    /// Its number.
    pub seq: u64,
    /// When.
    pub time: Time,
    /// What was revoked, by whom, why.
    pub what: Revoking,
}

/// What became of a credential and of all that was delegated from it; `None` when no
/// record tells of it. Reads the whole log and does not [verify](super::verify()) it.
///
/// # Errors
///
/// When the log cannot be read, or has a line that is no record.
pub fn lineage(
    folders: &[PathBuf],
    credential: &CredentialId,
) -> Result<Option<Lineage>, VerifyError> {
    let mut nodes: BTreeMap<CredentialId, Lineage> = BTreeMap::new();
    for record in query(folders, &Query::default())? {
        take_in(&mut nodes, credential, &record?);
    }
    // Descendants stand behind their ancestors.
    let mut roots: Vec<Lineage> = Vec::new();
    while let Some((id, mut node)) = nodes.pop_last() {
        node.delegated
            .sort_by_key(|child| child.issued.as_ref().map(|issued| issued.seq));
        match id.parent().and_then(|parent| nodes.get_mut(&parent)) {
            Some(parent) => parent.delegated.push(node),
            None => roots.push(node),
        }
    }
    Ok(roots
        .into_iter()
        .find(|node| node.credential == *credential))
}

fn take_in(nodes: &mut BTreeMap<CredentialId, Lineage>, top: &CredentialId, record: &Record) {
    if let Some(what) = record.revoked() {
        for node in nodes.values_mut().filter(|node| node.ends_by(&what)) {
            node.revocations.push(RevokedBy {
                seq: record.seq,
                time: record.time,
                what: what.clone(),
            });
        }
        return;
    }
    for link in &record.chain {
        if let Some(node) = node(nodes, top, &link.credential) {
            node.agent.get_or_insert_with(|| link.agent.clone());
            // A chain has one user and one task.
            node.user = node.user.take().or_else(|| record.user.clone());
            node.task = node.task.take().or_else(|| record.task.clone());
        }
    }
    let Some(node) = record
        .credential
        .as_ref()
        .and_then(|id| node(nodes, top, id))
    else {
        return;
    };
    match (record.event.as_str(), record.granted) {
        ("call", Some(true)) => node.granted += 1,
        ("call", _) => node.denied += 1,
        ("issue" | "delegate", Some(true)) => {
            node.agent.clone_from(&record.agent);
            node.user.clone_from(&record.user);
            node.task.clone_from(&record.task);
            node.issued = Some(Issued {
                seq: record.seq,
                time: record.time,
                scopes: record.scopes("issued").to_vec(),
                policy: text(&record.json, "policy"),
            });
        }
        ("delegate", _) => node.refused += 1,
        _ => {}
    }
}

/// What is known of a credential, if it is asked for.
fn node<'n>(
    nodes: &'n mut BTreeMap<CredentialId, Lineage>,
    top: &CredentialId,
    id: &str,
) -> Option<&'n mut Lineage> {
    let id = CredentialId::parse(id)?;
    // Longer chains are never issued; a hostile log may tell of them.
    if !top.covers(&id) || id.as_str().split('.').count() > MAX_CHAIN {
        return None;
    }
    // Ancestors are there as well, so that the tree has no gaps.
    let mut missing = Some(id.clone());
    while let Some(one) = missing.filter(|one| top.covers(one) && !nodes.contains_key(one)) {
        missing = one.parent();
        nodes.insert(one.clone(), Lineage::unknown(one));
    }
    nodes.get_mut(&id)
}

impl Lineage {
    fn unknown(credential: CredentialId) -> Self {
        Self {
            credential,
            issued: None,
            agent: None,
            user: None,
            task: None,
            granted: 0,
            denied: 0,
            refused: 0,
            revocations: Vec::new(),
            delegated: Vec::new(),
        }
    }

    /// Whether a revocation is about this credential itself.
    fn ends_by(&self, what: &Revoking) -> bool {
        let is = |known: Option<&SmolStr>| known == Some(&what.of);
        match what.kind {
            "credential" => self.credential.as_str() == what.of,
            "task" => is(self.task.as_ref()),
            "agent" => is(self.agent.as_ref()),
            "user" => is(self.user.as_ref()),
            "policy" => is(self
                .issued
                .as_ref()
                .and_then(|issued| issued.policy.as_ref())),
            "issued_before" => Time::parse(&what.of).is_some_and(|before| {
                self.issued
                    .as_ref()
                    .is_some_and(|issued| issued.time < before)
            }),
            _ => false,
        }
    }
}
