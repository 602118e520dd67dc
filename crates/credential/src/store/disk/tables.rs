//! The tables, and values in them.

use redb::{AccessGuard, ReadableTable, Table, TableDefinition, TableHandle, WriteTransaction};

use super::codec::{Code, MAX_NESTING, decode, encode};
use crate::store::StoreError;

/// A table of encoded values.
pub(super) type Values<K> = TableDefinition<'static, K, &'static [u8]>;
/// A table of keys alone.
pub(super) type Keys<K> = TableDefinition<'static, K, ()>;

/// By `format`, `recording` and `counting`.
pub(super) const META: Values<&str> = TableDefinition::new("meta");
/// By id, so that a chain stands together, parents first.
pub(super) const CREDENTIALS: Values<&str> = TableDefinition::new("credentials");
/// Kind of holder ([`Holder`]), whose id, credential.
pub(super) const HOLDERS: Keys<(u8, &str, &str)> = TableDefinition::new("holders");
/// By epoch.
pub(super) const REVOCATIONS: Values<u64> = TableDefinition::new("revocations");
/// All that were ever given, by id.
pub(super) const ASSENTS: Values<u64> = TableDefinition::new("assents");
/// Those that are not spent: agent, when it is over (the end of time if never), id.
/// What is over stays here, as clocks jump, but is stepped over without being read.
pub(super) const UNSPENT: Keys<(&str, i64, u64)> = TableDefinition::new("unspent");
/// By number.
pub(super) const CALLS: Values<i64> = TableDefinition::new("calls");
/// Kind of history ([`history`](super::history)), whose, when, number.
pub(super) const HISTORIES: Keys<(u8, &str, i64, i64)> = TableDefinition::new("histories");
/// What was spent: first credential of the chain, rule, index.
pub(super) const CHARGES: Values<(&str, &str, u32)> = TableDefinition::new("charges");

/// History, task, chain, ….
pub(super) const COUNTERS: Values<(&str, &str)> = TableDefinition::new("counters");

/// By what credentials are found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holder {
    Agent = 1,
    User = 2,
    Task = 3,
}

/// Makes all tables.
pub(super) fn make(to: &WriteTransaction) -> Result<(), StoreError> {
    to.open_table(META).map_err(failed)?;
    to.open_table(CREDENTIALS).map_err(failed)?;
    to.open_table(HOLDERS).map_err(failed)?;
    to.open_table(REVOCATIONS).map_err(failed)?;
    to.open_table(ASSENTS).map_err(failed)?;
    to.open_table(UNSPENT).map_err(failed)?;
    to.open_table(CALLS).map_err(failed)?;
    to.open_table(HISTORIES).map_err(failed)?;
    to.open_table(CHARGES).map_err(failed)?;
    to.open_table(COUNTERS).map_err(failed)?;
    Ok(())
}

/// A key as messages and checksums tell it.
pub(super) trait Named {
    fn name(&self) -> String;
}

impl Named for &str {
    fn name(&self) -> String {
        (*self).to_owned()
    }
}

macro_rules! named {
    ($($type:ty),+) => {$(
        impl Named for $type {
            fn name(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

named!(u64, i64);

impl Named for (&str, &str, u32) {
    fn name(&self) -> String {
        let (chain, rule, index) = self;
        format!("{chain} {rule} {index}")
    }
}

impl Named for (&str, &str) {
    fn name(&self) -> String {
        let (history, key) = self;
        format!("{history} {key}")
    }
}

/// Reads the value of a key.
pub(super) fn value<T: Code>(
    table: &str,
    key: &impl Named,
    bytes: &AccessGuard<'_, &'static [u8]>,
) -> Result<T, StoreError> {
    let name = key.name();
    decode(bytes.value(), &[table.as_bytes(), name.as_bytes()])
        .map_err(|why| damaged(table, &name, why))
}

/// The value of a key, if the table has it.
pub(super) fn get<'k, K, T>(
    table: &impl ReadableTable<K, &'static [u8]>,
    definition: Values<K>,
    key: K::SelfType<'k>,
) -> Result<Option<T>, StoreError>
where
    K: redb::Key,
    K::SelfType<'k>: Named,
    T: Code,
{
    match table.get(&key).map_err(failed)? {
        Some(bytes) => value(definition.name(), &key, &bytes).map(Some),
        None => Ok(None),
    }
}

/// The value of a key that an index tells.
pub(super) fn need<'k, K, T>(
    table: &impl ReadableTable<K, &'static [u8]>,
    definition: Values<K>,
    key: K::SelfType<'k>,
) -> Result<T, StoreError>
where
    K: redb::Key,
    K::SelfType<'k>: Named,
    T: Code,
{
    let name = key.name();
    get(table, definition, key)?.ok_or_else(|| {
        damaged(
            definition.name(),
            &name,
            "an index tells of it, and it is not there",
        )
    })
}

/// Sets the value of a key; whether it had one.
pub(super) fn put<'k, K, T>(
    table: &mut Table<'_, K, &'static [u8]>,
    key: K::SelfType<'k>,
    value: &T,
) -> Result<bool, StoreError>
where
    K: redb::Key,
    K::SelfType<'k>: Named,
    T: Code,
{
    let name = key.name();
    let place = [table.name().as_bytes(), name.as_bytes()];
    let bytes = encode(value, &place).ok_or(StoreError::Nested(MAX_NESTING))?;
    let before = table.insert(&key, bytes.as_slice()).map_err(failed)?;
    Ok(before.is_some())
}

pub(super) fn damaged(table: &str, key: &str, why: &str) -> StoreError {
    StoreError::Damaged(format!("table `{table}`, key `{key}`: {why}"))
}

/// An error of the database.
pub(super) fn failed(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Corrupted(what) => StoreError::Damaged(what),
        error @ (redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableDoesNotExist(_)
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TypeDefinitionChanged { .. }) => StoreError::Damaged(error.to_string()),
        error => StoreError::Failed(Box::new(error)),
    }
}
