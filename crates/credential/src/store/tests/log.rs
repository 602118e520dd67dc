//! The plainest store: all that was ever written, in order, read from the start each time.

use std::collections::BTreeMap;

use placet_model::credential::Credential;
use placet_model::policy::HistoryKey;
use rust_decimal::Decimal;

use crate::revocation::Epoch;
use crate::store::{Ask, CallQuery, Charge, Counter, Given, Held, Past, State, Write};

#[derive(Clone, Debug, Default)]
pub(super) struct Log(Vec<Write>);

impl Log {
    pub(super) fn state(&self, ask: &Ask<'_>) -> State {
        let held = self
            .credentials()
            .find(|held| Some(&held.id) == ask.credential);
        let mut state = State {
            credential: held.cloned(),
            call: self
                .calls()
                .into_iter()
                .find(|past| Some(past.record.seq) == ask.call),
            ..State::default()
        };
        for write in &self.0 {
            if let Write::Revocation(revocation) = write {
                state.epoch.0 += 1;
                if state.epoch > ask.known {
                    state.revocations.push((state.epoch, revocation.clone()));
                }
            }
        }
        if let Some((agent, now)) = ask.assents {
            state.assents = self.unspent();
            state.assents.retain(|given| {
                let ends = given.assent.not_after;
                given.assent.agent == agent && ends.is_none_or(|end| now < end)
            });
        }
        if let Some(held) = held {
            state.calls = self.calls();
            let selected = |past: &Past| ask.calls.iter().any(|query| selects(query, held, past));
            state.calls.retain(selected);
            state.counters = self.counters();
            state.counters.retain(|counter| {
                ask.counters.iter().any(|query| {
                    let keys: Vec<Option<&str>> = match query.per {
                        HistoryKey::Credential => vec![Some(held.id.as_str())],
                        HistoryKey::Chain => {
                            vec![held.id.as_str().split('.').next()]
                        }
                        HistoryKey::Task => {
                            vec![held.credential.task.as_ref().map(|task| task.id.as_str())]
                        }
                        HistoryKey::User => {
                            vec![held.credential.user.as_ref().map(|user| user.id.as_str())]
                        }
                        HistoryKey::Agent => {
                            let mut agents = vec![Some(held.credential.agent.id.as_str())];
                            let mut above = held.credential.parent.as_deref();
                            while let Some(parent) = above {
                                agents.push(Some(parent.agent.id.as_str()));
                                above = parent.parent.as_deref();
                            }
                            agents
                        }
                    };
                    query.history == counter.history && keys.contains(&Some(counter.key.as_str()))
                })
            });
            if ask.spent {
                state.spent = self.spent(held.id.chain().as_str());
            }
        }
        if ask.recording {
            state.used = self.credentials().next().is_some();
            let last = self.0.iter().rev().find_map(|write| match write {
                Write::Recording(recording) => Some(recording.clone()),
                _ => None,
            });
            state.recording = last.unwrap_or_default();
            let last = self.0.iter().rev().find_map(|write| match write {
                Write::Counting(policy) => Some(policy.clone()),
                _ => None,
            });
            state.counting = last.unwrap_or_default();
        }
        state
    }

    /// Writes all, or nothing; whether it did.
    pub(super) fn write(&mut self, writes: &[Write]) -> bool {
        let mut next = self.clone();
        for write in writes {
            if !next.accepts(write) {
                return false;
            }
            next.0.push(write.clone());
        }
        *self = next;
        true
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.state(&Ask::default()).epoch
    }

    pub(super) fn credentials(&self) -> impl Iterator<Item = &Held> {
        self.0.iter().filter_map(|write| match write {
            Write::Credential(held) => Some(held),
            _ => None,
        })
    }

    fn accepts(&self, write: &Write) -> bool {
        match write {
            Write::Credential(new) => self.credentials().all(|held| held.id != new.id),
            Write::Spend(id) => self.unspent().iter().any(|given| given.id == *id),
            Write::Settle { seq, .. } => self.calls().iter().any(|past| past.record.seq == *seq),
            Write::Charge { chain, charge } => {
                let spent = self.spent(chain.as_str());
                let same =
                    |spent: &&Charge| (&spent.rule, spent.index) == (&charge.rule, charge.index);
                let before = spent
                    .iter()
                    .find(same)
                    .map_or(Decimal::ZERO, |spent| spent.amount);
                let total = before.checked_add(charge.amount);
                total.is_some_and(|total| {
                    total.checked_sub(charge.amount) == Some(before)
                        && total.checked_sub(before) == Some(charge.amount)
                })
            }
            Write::Revocation(_)
            | Write::Assent { .. }
            | Write::Call(_)
            | Write::Counter(_)
            | Write::Count { .. }
            | Write::Recording(_)
            | Write::Counting(_) => true,
        }
    }

    fn unspent(&self) -> Vec<Given> {
        let mut given = Vec::new();
        let mut last = 0;
        for write in &self.0 {
            match write {
                Write::Assent { kind, assent } => {
                    last += 1;
                    given.push(Given {
                        id: last,
                        kind: *kind,
                        assent: assent.clone(),
                    });
                }
                Write::Spend(id) => given.retain(|given| given.id != *id),
                _ => {}
            }
        }
        given
    }

    fn calls(&self) -> Vec<Past> {
        let mut calls: Vec<Past> = Vec::new();
        for write in &self.0 {
            match write {
                Write::Call(past) => {
                    let mut past = past.clone();
                    past.record.seq = calls.len() as i64 + 1;
                    calls.push(past);
                }
                Write::Settle {
                    seq,
                    outcome,
                    result,
                } => {
                    let past = &mut calls[*seq as usize - 1];
                    past.record.outcome = *outcome;
                    past.record.result = result.clone();
                }
                _ => {}
            }
        }
        calls
    }

    fn counters(&self) -> Vec<Counter> {
        let mut counters: Vec<Counter> = Vec::new();
        for write in &self.0 {
            match write {
                Write::Counting(_) => counters.clear(),
                Write::Counter(new) => {
                    let same = |old: &Counter| (&old.history, &old.key) == (&new.history, &new.key);
                    counters.retain(|old| !same(old));
                    counters.push(new.clone());
                }
                Write::Count { history, key, by } => {
                    for counter in &mut counters {
                        if (&counter.history, &counter.key) == (history, key) {
                            counter.count = counter.count.saturating_add_signed(*by);
                        }
                    }
                }
                _ => {}
            }
        }
        counters.sort();
        counters
    }

    fn spent(&self, of: &str) -> Vec<Charge> {
        let mut totals = BTreeMap::new();
        for write in &self.0 {
            if let Write::Charge { chain, charge } = write
                && chain.as_str() == of
            {
                let total = totals
                    .entry((&charge.rule, charge.index))
                    .or_insert(Decimal::ZERO);
                *total += charge.amount;
            }
        }
        let charges = totals.into_iter().map(|((rule, index), amount)| Charge {
            rule: rule.clone(),
            index,
            amount,
        });
        charges.collect()
    }
}

fn selects(query: &CallQuery, held: &Held, past: &Past) -> bool {
    let Past { record, .. } = past;
    let credential = &held.credential;
    let same = match query.per {
        HistoryKey::Credential => past.credential == held.id,
        HistoryKey::Chain => past.credential.chain() == held.id.chain(),
        HistoryKey::Task => credential
            .task
            .as_ref()
            .is_some_and(|task| record.task.as_ref() == Some(&task.id)),
        HistoryKey::User => credential
            .user
            .as_ref()
            .is_some_and(|user| record.user.as_ref() == Some(&user.id)),
        HistoryKey::Agent => acts(credential, record.agent.as_deref()),
    };
    same && query.since.is_none_or(|since| since <= record.time)
}

fn acts(credential: &Credential, agent: Option<&str>) -> bool {
    agent == Some(credential.agent.id.as_str())
        || credential
            .parent
            .as_ref()
            .is_some_and(|parent| acts(parent, agent))
}
