//! What a transaction writes.

use placet_model::value::Time;
use redb::{ReadableTable, WriteTransaction};
use rust_decimal::Decimal;

use super::history;
use super::tables::{
    ASSENTS, CALLS, CHARGES, COUNTERS, CREDENTIALS, HISTORIES, HOLDERS, Holder, META, REVOCATIONS,
    UNSPENT, failed, get, put,
};
use crate::id::CredentialId;
use crate::revocation::{Epoch, Revocation};
use crate::store::{
    Charge, Counter, Given, HISTORY_KEYS, Held, Past, StoreError, Write, Written, exact_sum,
};

/// Writes all of it, one after the other. After an error the transaction is to be dropped.
pub(super) fn all(
    to: &WriteTransaction,
    epoch: Epoch,
    writes: Vec<Write>,
) -> Result<Written, StoreError> {
    let mut written = Written {
        epoch,
        ..Written::default()
    };
    for write in writes {
        match write {
            Write::Credential(held) => credential(to, &held)?,
            Write::Revocation(revoked) => {
                written.epoch = Epoch(next(Some(written.epoch.0))?);
                revocation(to, written.epoch, &revoked)?;
            }
            Write::Assent { kind, assent } => {
                let given = Given {
                    id: 0,
                    kind,
                    assent,
                };
                written.assents.push(give(to, given)?);
            }
            Write::Spend(id) => spend(to, id)?,
            Write::Call(past) => written.seq = Some(call(to, past)?),
            Write::Settle {
                seq,
                outcome,
                result,
            } => {
                let mut table = to.open_table(CALLS).map_err(failed)?;
                let mut past: Past = get(&table, CALLS, seq)?
                    .ok_or_else(|| StoreError::Missing(format!("call {seq}")))?;
                past.record.outcome = outcome;
                past.record.result = result;
                put(&mut table, seq, &past)?;
            }
            Write::Charge { chain, charge } => add(to, &chain, &charge)?,
            Write::Counter(Counter {
                history,
                key,
                count,
            }) => {
                let mut table = to.open_table(COUNTERS).map_err(failed)?;
                put(&mut table, (history.as_str(), key.as_str()), &count)?;
            }
            Write::Count { history, key, by } => {
                let mut table = to.open_table(COUNTERS).map_err(failed)?;
                let key = (history.as_str(), key.as_str());
                let before: Option<u64> = get(&table, COUNTERS, key)?;
                if let Some(before) = before {
                    put(&mut table, key, &before.saturating_add_signed(by))?;
                }
            }
            Write::Counting(policy) => {
                to.delete_table(COUNTERS).map_err(failed)?;
                to.open_table(COUNTERS).map_err(failed)?;
                let mut meta = to.open_table(META).map_err(failed)?;
                put(&mut meta, "counting", &policy)?;
            }
            Write::Recording(recording) => {
                let mut meta = to.open_table(META).map_err(failed)?;
                put(&mut meta, "recording", &recording)?;
            }
        }
    }
    Ok(written)
}

/// The number after the last one. They are consecutive, so that there is always one.
fn next<N: Default + Copy + TryFrom<i128>>(last: Option<N>) -> Result<N, StoreError>
where
    i128: From<N>,
{
    let next = i128::from(last.unwrap_or_default()) + 1;
    N::try_from(next).map_err(|_| StoreError::Damaged("its numbers are used up".into()))
}

fn credential(to: &WriteTransaction, held: &Held) -> Result<(), StoreError> {
    let id = held.id.as_str();
    let mut table = to.open_table(CREDENTIALS).map_err(failed)?;
    if put(&mut table, id, held)? {
        return Err(StoreError::Taken(held.id.clone()));
    }
    let credential = &held.credential;
    let user = credential.user.as_ref().map(|user| &user.id);
    let task = credential.task.as_ref().map(|task| &task.id);
    let holders = [
        (Holder::Agent, Some(&credential.agent.id)),
        (Holder::User, user),
        (Holder::Task, task),
    ];
    let mut index = to.open_table(HOLDERS).map_err(failed)?;
    for (kind, whose) in holders {
        if let Some(whose) = whose {
            let key = (kind as u8, whose.as_str(), id);
            index.insert(key, ()).map_err(failed)?;
        }
    }
    Ok(())
}

fn revocation(to: &WriteTransaction, epoch: Epoch, revoked: &Revocation) -> Result<(), StoreError> {
    let mut table = to.open_table(REVOCATIONS).map_err(failed)?;
    put(&mut table, epoch.0, revoked)?;
    Ok(())
}

fn give(to: &WriteTransaction, mut given: Given) -> Result<u64, StoreError> {
    let mut table = to.open_table(ASSENTS).map_err(failed)?;
    let last = table.last().map_err(failed)?.map(|(id, _)| id.value());
    given.id = next(last)?;
    put(&mut table, given.id, &given)?;
    let mut unspent = to.open_table(UNSPENT).map_err(failed)?;
    unspent.insert(live(&given), ()).map_err(failed)?;
    Ok(given.id)
}

/// What was given stays on record; it is only not shown any more.
fn spend(to: &WriteTransaction, id: u64) -> Result<(), StoreError> {
    let missing = || StoreError::Missing(format!("unspent assent {id}"));
    let table = to.open_table(ASSENTS).map_err(failed)?;
    let given: Given = get(&table, ASSENTS, id)?.ok_or_else(missing)?;
    let mut unspent = to.open_table(UNSPENT).map_err(failed)?;
    let was = unspent.remove(live(&given)).map_err(failed)?;
    was.map(drop).ok_or_else(missing)
}

fn live(given: &Given) -> (&str, i64, u64) {
    let end = given.assent.not_after.unwrap_or(Time(i64::MAX));
    (&given.assent.agent, end.0, given.id)
}

fn call(to: &WriteTransaction, mut past: Past) -> Result<i64, StoreError> {
    let mut table = to.open_table(CALLS).map_err(failed)?;
    let last = table.last().map_err(failed)?.map(|(seq, _)| seq.value());
    let seq = next(last)?;
    past.record.seq = seq;
    put(&mut table, seq, &past)?;
    let mut index = to.open_table(HISTORIES).map_err(failed)?;
    for per in HISTORY_KEYS {
        if let Some(whose) = past.key(per) {
            let key = (history(per), whose.as_str(), past.record.time.0, seq);
            index.insert(key, ()).map_err(failed)?;
        }
    }
    Ok(seq)
}

fn add(to: &WriteTransaction, chain: &CredentialId, charge: &Charge) -> Result<(), StoreError> {
    let mut table = to.open_table(CHARGES).map_err(failed)?;
    let key = (chain.as_str(), charge.rule.as_str(), charge.index);
    let before: Option<Decimal> = get(&table, CHARGES, key)?;
    let total = exact_sum(before.unwrap_or_default(), charge.amount);
    let total = total.ok_or_else(|| StoreError::Inexact {
        chain: chain.clone(),
        rule: charge.rule.clone(),
    })?;
    put(&mut table, key, &total)?;
    Ok(())
}
