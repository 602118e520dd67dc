//! What needs a store and no policy: to see what it holds, and to revoke.

use super::Error;
use crate::audit::{Audit, Entry, Event};
use crate::revocation::{Epoch, Revocation, Revocations};
use crate::store::{Ask, Filter, Held, Store, Write};

/// Credentials of a store, each with whether it is revoked.
///
/// # Errors
///
/// When the store fails.
pub fn credentials(store: &dyn Store, filter: &Filter) -> Result<Vec<(Held, bool)>, Error> {
    let all = store.credentials(filter)?;
    // Revocations are read after the credentials, so that none is missed.
    let mut revocations = Revocations::default();
    store.transact(&Ask::default(), &mut |state| {
        revocations = Revocations::default();
        revocations.learn(&state.revocations);
        Vec::new()
    })?;
    Ok(all
        .into_iter()
        .map(|held| {
            let gone = revocations.covers(&held.credential, held.epoch);
            (held, gone)
        })
        .collect())
}

/// Revokes, from the next call on; every service on the store sees it.
///
/// # Errors
///
/// When the store fails: then nothing is revoked, unless it was its very last step that
/// failed ([`Store::transact`]). When only the audit fails, it *is* revoked, and the error
/// says that there is no record of it.
pub fn revoke(
    store: &dyn Store,
    audit: &dyn Audit,
    revocation: &Revocation,
) -> Result<Epoch, Error> {
    // None of the earlier ones has to be told.
    let ask = Ask {
        known: Epoch(u64::MAX),
        ..Ask::default()
    };
    let written = store.transact(&ask, &mut |_| vec![Write::Revocation(revocation.clone())])?;
    audit.append(&entry(revocation.clone(), written.epoch))?;
    Ok(written.epoch)
}

/// What the audit tells of a revocation.
pub(super) fn entry(revocation: Revocation, epoch: Epoch) -> Entry {
    Entry::new(revocation.time, Event::Revoke { revocation, epoch })
}
