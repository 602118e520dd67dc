//! A store in memory, which ends with the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use placet_model::value::Time;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::{
    Ask, Charge, Counter, Filter, Given, HISTORY_KEYS, Held, Past, State, Store, StoreError, Write,
    Written, exact_sum,
};
use crate::id::CredentialId;
use crate::revocation::{Epoch, Revocation};

/// A store in memory: for tests, and for hosts whose tasks end with them.
///
/// One lock orders all transactions. Nothing in it waits for anything but that lock, so
/// that it answers as soon as the transactions before it have decided; a bound of its own
/// it has none. After a panic in a `decide` it fails for good.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Tables>);

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> Result<MutexGuard<'_, Tables>, StoreError> {
        let failed = |_| StoreError::Failed("an earlier transaction panicked".into());
        self.0.lock().map_err(failed)
    }
}

impl Store for Memory {
    fn epoch(&self) -> Result<Epoch, StoreError> {
        Ok(self.lock()?.epoch())
    }

    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&State) -> Vec<Write>,
    ) -> Result<Written, StoreError> {
        let mut tables = self.lock()?;
        let writes = decide(&tables.read(ask));
        let totals = tables.check(&writes)?;
        Ok(tables.write(writes, totals))
    }

    fn credentials(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        let tables = self.lock()?;
        let all = tables.credentials.values();
        Ok(all.filter(|held| filter.selects(held)).cloned().collect())
    }
}

/// What a chain has spent, by chain, rule and index.
type Totals = BTreeMap<(CredentialId, SmolStr, u32), Decimal>;

#[derive(Debug, Default)]
struct Tables {
    credentials: BTreeMap<CredentialId, Held>,
    /// By epoch, which is the position counted from one.
    revocations: Vec<Revocation>,
    /// The last id that an assent got.
    last_assent: u64,
    /// Those that are not spent.
    assents: BTreeMap<u64, Given>,
    /// The last number that a call got.
    last_call: i64,
    calls: BTreeMap<i64, Past>,
    /// Kind of history, whose, when, number: so that old calls are stepped over.
    histories: BTreeSet<(u8, SmolStr, Time, i64)>,
    totals: Totals,
    /// By history and key.
    counters: BTreeMap<(SmolStr, SmolStr), u64>,
    recording: Vec<(SmolStr, Time)>,
    counting: SmolStr,
}

impl Tables {
    fn epoch(&self) -> Epoch {
        Epoch(self.revocations.len() as u64)
    }

    fn read(&self, ask: &Ask<'_>) -> State {
        let held = ask.credential.and_then(|id| self.credentials.get(id));
        let known = usize::try_from(ask.known.0).unwrap_or(usize::MAX);
        let epochs = (1..).map(Epoch).zip(&self.revocations).skip(known);
        State {
            epoch: self.epoch(),
            revocations: epochs
                .map(|(epoch, revocation)| (epoch, revocation.clone()))
                .collect(),
            credential: held.cloned(),
            assents: match ask.assents {
                Some((agent, now)) => {
                    let live = |given: &&Given| given.assent.agent == agent && !given.over(now);
                    self.assents.values().filter(live).cloned().collect()
                }
                None => Vec::new(),
            },
            calls: held.map_or_else(Vec::new, |held| self.past(ask, held)),
            spent: match held.filter(|_| ask.spent) {
                Some(held) => self.spent(&held.id.chain()),
                None => Vec::new(),
            },
            call: ask.call.and_then(|seq| self.calls.get(&seq)).cloned(),
            counters: held.map_or_else(Vec::new, |held| self.counters(ask, held)),
            recording: match ask.recording {
                true => self.recording.clone(),
                false => Vec::new(),
            },
            counting: match ask.recording {
                true => self.counting.clone(),
                false => SmolStr::default(),
            },
            used: ask.recording && !self.credentials.is_empty(),
        }
    }

    fn past(&self, ask: &Ask<'_>, held: &Held) -> Vec<Past> {
        let mut found = BTreeSet::new();
        for query in ask.calls {
            let since = query.since.unwrap_or(Time(i64::MIN));
            for whose in held.keys(query.per) {
                let per = query.per as u8;
                let range = (per, whose.clone(), since, 0)..=(per, whose, Time(i64::MAX), i64::MAX);
                found.extend(self.histories.range(range).map(|(_, _, _, seq)| *seq));
            }
        }
        let calls = found.iter().filter_map(|seq| self.calls.get(seq));
        calls.cloned().collect()
    }

    fn counters(&self, ask: &Ask<'_>, held: &Held) -> Vec<Counter> {
        let mut found: Vec<Counter> = ask
            .counters
            .iter()
            .flat_map(|query| {
                let key = |key| (query.history.clone(), key);
                held.keys(query.per).into_iter().map(key)
            })
            .filter_map(|(history, key)| {
                let count = *self.counters.get(&(history.clone(), key.clone()))?;
                Some(Counter {
                    history,
                    key,
                    count,
                })
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    fn spent(&self, chain: &CredentialId) -> Vec<Charge> {
        let first = (chain.clone(), SmolStr::default(), 0);
        self.totals
            .range(first..)
            .take_while(|((of, _, _), _)| of == chain)
            .map(|((_, rule, index), amount)| Charge {
                rule: rule.clone(),
                index: *index,
                amount: *amount,
            })
            .collect()
    }

    /// Whether all of it can be written; the totals that its charges come to.
    fn check(&self, writes: &[Write]) -> Result<Totals, StoreError> {
        let mut new = BTreeSet::new();
        let mut given = self.last_assent;
        let mut spent = BTreeSet::new();
        let mut called = self.last_call;
        let mut totals = Totals::new();
        for write in writes {
            match write {
                Write::Credential(held) => {
                    if self.credentials.contains_key(&held.id) || !new.insert(&held.id) {
                        return Err(StoreError::Taken(held.id.clone()));
                    }
                }
                Write::Assent { .. } => given += 1,
                Write::Spend(id) => {
                    let there =
                        self.assents.contains_key(id) || (self.last_assent < *id && *id <= given);
                    if !there || !spent.insert(*id) {
                        return Err(StoreError::Missing(format!("unspent assent {id}")));
                    }
                }
                Write::Call(_) => called += 1,
                Write::Settle { seq, .. } => {
                    if *seq < 1 || *seq > called {
                        return Err(StoreError::Missing(format!("call {seq}")));
                    }
                }
                Write::Charge { chain, charge } => {
                    let key = (chain.clone(), charge.rule.clone(), charge.index);
                    let before = totals.get(&key).or_else(|| self.totals.get(&key));
                    let total = exact_sum(before.copied().unwrap_or_default(), charge.amount);
                    let total = total.ok_or_else(|| StoreError::Inexact {
                        chain: chain.clone(),
                        rule: charge.rule.clone(),
                    })?;
                    totals.insert(key, total);
                }
                Write::Revocation(_)
                | Write::Counter(_)
                | Write::Count { .. }
                | Write::Recording(_)
                | Write::Counting(_) => {}
            }
        }
        Ok(totals)
    }

    fn write(&mut self, writes: Vec<Write>, totals: Totals) -> Written {
        let mut written = Written::default();
        for write in writes {
            match write {
                Write::Credential(held) => {
                    self.credentials.insert(held.id.clone(), held);
                }
                Write::Revocation(revocation) => self.revocations.push(revocation),
                Write::Assent { kind, assent } => {
                    self.last_assent += 1;
                    let id = self.last_assent;
                    self.assents.insert(id, Given { id, kind, assent });
                    written.assents.push(id);
                }
                Write::Spend(id) => {
                    self.assents.remove(&id);
                }
                Write::Call(mut past) => {
                    self.last_call += 1;
                    past.record.seq = self.last_call;
                    for per in HISTORY_KEYS {
                        if let Some(whose) = past.key(per) {
                            let key = (per as u8, whose, past.record.time, self.last_call);
                            self.histories.insert(key);
                        }
                    }
                    self.calls.insert(self.last_call, past);
                    written.seq = Some(self.last_call);
                }
                Write::Settle {
                    seq,
                    outcome,
                    result,
                } => {
                    if let Some(past) = self.calls.get_mut(&seq) {
                        past.record.outcome = outcome;
                        past.record.result = result;
                    }
                }
                Write::Charge { .. } => {}
                Write::Counter(Counter {
                    history,
                    key,
                    count,
                }) => {
                    self.counters.insert((history, key), count);
                }
                Write::Count { history, key, by } => {
                    if let Some(count) = self.counters.get_mut(&(history, key)) {
                        *count = count.saturating_add_signed(by);
                    }
                }
                Write::Recording(recording) => self.recording = recording,
                Write::Counting(policy) => {
                    self.counters.clear();
                    self.counting = policy;
                }
            }
        }
        self.totals.extend(totals);
        written.epoch = self.epoch();
        written
    }
}
