//! What a transaction is shown.

use std::collections::BTreeSet;

use placet_model::value::Time;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, TableHandle};
use smol_str::SmolStr;

use super::history;
use super::tables::{
    ASSENTS, CALLS, CHARGES, COUNTERS, CREDENTIALS, HISTORIES, HOLDERS, Holder, META, REVOCATIONS,
    UNSPENT, failed, get, need, value,
};
use crate::id::CredentialId;
use crate::revocation::{Epoch, Revocation};
use crate::store::{Ask, Charge, Counter, Filter, Given, Held, Past, State, StoreError};

/// Reads what is asked.
pub(super) fn state(from: &ReadTransaction, ask: &Ask<'_>) -> Result<State, StoreError> {
    let held = match ask.credential {
        Some(id) => credential(from, id)?,
        None => None,
    };
    let mut state = State {
        epoch: epoch(from)?,
        revocations: revocations(from, ask.known)?,
        ..State::default()
    };
    if let Some((agent, now)) = ask.assents {
        state.assents = assents(from, agent, now)?;
    }
    if let Some(held) = &held {
        if !ask.calls.is_empty() {
            state.calls = calls(from, ask, held)?;
        }
        if ask.spent {
            state.spent = spent(from, &held.id.chain())?;
        }
        state.counters = counters(from, ask, held)?;
    }
    if let Some(seq) = ask.call {
        let table = from.open_table(CALLS).map_err(failed)?;
        state.call = get(&table, CALLS, seq)?;
    }
    if ask.recording {
        let meta = from.open_table(META).map_err(failed)?;
        state.recording = get(&meta, META, "recording")?.unwrap_or_default();
        state.counting = get(&meta, META, "counting")?.unwrap_or_default();
        let credentials = from.open_table(CREDENTIALS).map_err(failed)?;
        state.used = !credentials.is_empty().map_err(failed)?;
    }
    state.credential = held;
    Ok(state)
}

/// The epoch.
pub(super) fn epoch(from: &ReadTransaction) -> Result<Epoch, StoreError> {
    let table = from.open_table(REVOCATIONS).map_err(failed)?;
    let last = table.last().map_err(failed)?;
    Ok(last.map_or_else(Epoch::default, |(epoch, _)| Epoch(epoch.value())))
}

/// The credentials that a filter selects, by id.
pub(super) fn credentials(
    from: &ReadTransaction,
    filter: &Filter,
) -> Result<Vec<Held>, StoreError> {
    let table = from.open_table(CREDENTIALS).map_err(failed)?;
    let mut found = Vec::new();
    let holder = [
        (Holder::Task, &filter.task),
        (Holder::User, &filter.user),
        (Holder::Agent, &filter.agent),
    ];
    let holder = holder
        .into_iter()
        .find_map(|(kind, id)| Some((kind as u8, id.as_deref()?)));
    match (&filter.under, holder) {
        (None, Some((kind, id))) => {
            let holders = from.open_table(HOLDERS).map_err(failed)?;
            for key in holders.range((kind, id, "")..).map_err(failed)? {
                let (key, _) = entry(key)?;
                let (of, whose, credential) = key.value();
                if (of, whose) != (kind, id) {
                    break;
                }
                found.push(need(&table, CREDENTIALS, credential)?);
            }
        }
        (under, _) => {
            let first = under.as_ref().map_or("", CredentialId::as_str);
            for row in table.range(first..).map_err(failed)? {
                let (key, bytes) = entry(row)?;
                let held: Held = value(CREDENTIALS.name(), &key.value(), &bytes)?;
                if !under.as_ref().is_none_or(|under| under.covers(&held.id)) {
                    break;
                }
                found.push(held);
            }
        }
    }
    found.retain(|held| filter.selects(held));
    Ok(found)
}

/// Reads every value, and what the indexes tell of.
pub(super) fn all(from: &ReadTransaction) -> Result<(), StoreError> {
    for held in credentials(from, &Filter::default())? {
        spent(from, &held.id.chain())?;
    }
    revocations(from, Epoch::default())?;
    let meta = from.open_table(META).map_err(failed)?;
    let _: Option<Vec<(SmolStr, Time)>> = get(&meta, META, "recording")?;
    let _: Option<SmolStr> = get(&meta, META, "counting")?;
    let table = from.open_table(COUNTERS).map_err(failed)?;
    for row in table.iter().map_err(failed)? {
        let (key, bytes) = entry(row)?;
        let _: u64 = value(COUNTERS.name(), &key.value(), &bytes)?;
    }
    let table = from.open_table(CALLS).map_err(failed)?;
    for row in table.iter().map_err(failed)? {
        let (key, bytes) = entry(row)?;
        let _: Past = value(CALLS.name(), &key.value(), &bytes)?;
    }
    let histories = from.open_table(HISTORIES).map_err(failed)?;
    for key in histories.iter().map_err(failed)? {
        let _: Past = need(&table, CALLS, entry(key)?.0.value().3)?;
    }
    let table = from.open_table(ASSENTS).map_err(failed)?;
    for row in table.iter().map_err(failed)? {
        let (key, bytes) = entry(row)?;
        let _: Given = value(ASSENTS.name(), &key.value(), &bytes)?;
    }
    let unspent = from.open_table(UNSPENT).map_err(failed)?;
    for key in unspent.iter().map_err(failed)? {
        let _: Given = need(&table, ASSENTS, entry(key)?.0.value().2)?;
    }
    let table = from.open_table(CREDENTIALS).map_err(failed)?;
    let holders = from.open_table(HOLDERS).map_err(failed)?;
    for key in holders.iter().map_err(failed)? {
        let _: Held = need(&table, CREDENTIALS, entry(key)?.0.value().2)?;
    }
    Ok(())
}

fn credential(from: &ReadTransaction, id: &CredentialId) -> Result<Option<Held>, StoreError> {
    let table = from.open_table(CREDENTIALS).map_err(failed)?;
    get(&table, CREDENTIALS, id.as_str())
}

fn revocations(
    from: &ReadTransaction,
    known: Epoch,
) -> Result<Vec<(Epoch, Revocation)>, StoreError> {
    let Some(first) = known.0.checked_add(1) else {
        return Ok(Vec::new());
    };
    let table = from.open_table(REVOCATIONS).map_err(failed)?;
    let mut found = Vec::new();
    for row in table.range(first..).map_err(failed)? {
        let (key, bytes) = entry(row)?;
        let epoch = key.value();
        found.push((Epoch(epoch), value(REVOCATIONS.name(), &epoch, &bytes)?));
    }
    Ok(found)
}

fn assents(from: &ReadTransaction, agent: &str, now: Time) -> Result<Vec<Given>, StoreError> {
    let unspent = from.open_table(UNSPENT).map_err(failed)?;
    let mut ids = BTreeSet::new();
    let live = (agent, now.0.saturating_add(1), 0)..=(agent, i64::MAX, u64::MAX);
    for key in unspent.range(live).map_err(failed)? {
        let (key, _) = entry(key)?;
        ids.insert(key.value().2);
    }
    let table = from.open_table(ASSENTS).map_err(failed)?;
    let mut found = Vec::new();
    for id in ids {
        let given: Given = need(&table, ASSENTS, id)?;
        // At the end of time the range holds what ends there, too.
        if !given.over(now) {
            found.push(given);
        }
    }
    Ok(found)
}

fn calls(from: &ReadTransaction, ask: &Ask<'_>, held: &Held) -> Result<Vec<Past>, StoreError> {
    let histories = from.open_table(HISTORIES).map_err(failed)?;
    let mut seqs = BTreeSet::new();
    for query in ask.calls {
        let kind = history(query.per);
        let since = query.since.map_or(i64::MIN, |since| since.0);
        for whose in held.keys(query.per) {
            let whose = whose.as_str();
            let range = (kind, whose, since, i64::MIN)..=(kind, whose, i64::MAX, i64::MAX);
            for key in histories.range(range).map_err(failed)? {
                let (key, _) = entry(key)?;
                seqs.insert(key.value().3);
            }
        }
    }
    let table = from.open_table(CALLS).map_err(failed)?;
    seqs.into_iter()
        .map(|seq| need(&table, CALLS, seq))
        .collect()
}

fn counters(
    from: &ReadTransaction,
    ask: &Ask<'_>,
    held: &Held,
) -> Result<Vec<Counter>, StoreError> {
    let mut found = Vec::new();
    if ask.counters.is_empty() {
        return Ok(found);
    }
    let table = from.open_table(COUNTERS).map_err(failed)?;
    for query in ask.counters {
        for key in held.keys(query.per) {
            if let Some(count) = get(&table, COUNTERS, (query.history.as_str(), key.as_str()))? {
                found.push(Counter {
                    history: query.history.clone(),
                    key,
                    count,
                });
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn spent(from: &ReadTransaction, chain: &CredentialId) -> Result<Vec<Charge>, StoreError> {
    let table = from.open_table(CHARGES).map_err(failed)?;
    let mut found = Vec::new();
    for row in table.range((chain.as_str(), "", 0)..).map_err(failed)? {
        let (key, bytes) = entry(row)?;
        let key = key.value();
        let (of, rule, index) = key;
        if of != chain.as_str() {
            break;
        }
        found.push(Charge {
            rule: SmolStr::new(rule),
            index,
            amount: value(CHARGES.name(), &key, &bytes)?,
        });
    }
    Ok(found)
}

fn entry<T>(row: Result<T, redb::StorageError>) -> Result<T, StoreError> {
    row.map_err(failed)
}
