//! Transactions that write to every table, so that it shows whether one is there whole.

use std::collections::BTreeSet;

use placet_model::policy::HistoryKey;
use placet_model::value::Time;

use super::samples::{charge, consent, held, look, past, revocation};
use crate::revocation::Revoked;
use crate::store::{Ask, CallQuery, Filter, Store, StoreError, Write, Written};

/// Does transaction `number`.
pub(super) fn act(store: &dyn Store, number: u64) -> Result<Written, StoreError> {
    let name = number.to_string();
    let mut held = held(number, "planner", "trip", None);
    held.credential.policy = name.as_str().into();
    let mut past = past(&held, number as i64);
    past.record.tool = name.as_str().into();
    let mut assent = consent("planner", None);
    if let Write::Assent { assent, .. } = &mut assent {
        assent.by = name.as_str().into();
    }
    let writes = [
        Write::Credential(held.clone()),
        revocation(Revoked::Task(name.as_str().into())),
        assent,
        Write::Call(past),
        charge(&held, &name, number.into()),
        Write::Recording(vec![(name.as_str().into(), Time(0))]),
    ];
    store.transact(&Ask::default(), &mut |_| writes.to_vec())
}

/// Which transactions are there. Each of them is there whole, and nothing else is.
pub(super) fn present(store: &dyn Store) -> BTreeSet<u64> {
    let listed = store.credentials(&Filter::default()).unwrap();
    let number = |name: &str| name.parse::<u64>().unwrap();
    let all: BTreeSet<u64> = listed
        .iter()
        .map(|held| number(&held.credential.policy))
        .collect();
    let ask = Ask {
        credential: listed.first().map(|held| &held.id),
        assents: Some(("planner", Time(0))),
        calls: &[CallQuery {
            per: HistoryKey::Task,
            since: None,
        }],
        recording: true,
        ..Ask::default()
    };
    let state = look(store, &ask).unwrap();
    let counted = 1..=all.len() as i64;
    assert!(
        state
            .calls
            .iter()
            .map(|past| past.record.seq)
            .eq(counted.clone())
    );
    assert!(
        state
            .assents
            .iter()
            .map(|given| given.id as i64)
            .eq(counted.clone())
    );
    assert!(
        state
            .revocations
            .iter()
            .map(|(epoch, _)| epoch.0 as i64)
            .eq(counted)
    );
    assert_eq!(state.epoch.0, all.len() as u64);
    assert_eq!(store.epoch().unwrap(), state.epoch);
    let order: Vec<u64> = state
        .calls
        .iter()
        .map(|past| number(&past.record.tool))
        .collect();
    assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), all);
    assert!(
        state
            .assents
            .iter()
            .map(|given| number(&given.assent.by))
            .eq(order.iter().copied())
    );
    assert!(
        state
            .revocations
            .iter()
            .zip(&order)
            .all(|((_, revocation), number)| {
                revocation.of == Revoked::Task(number.to_string().into())
            })
    );
    assert_eq!(
        state.recording.first().map(|(name, _)| number(name)),
        order.last().copied()
    );
    for held in &listed {
        let ask = Ask {
            credential: Some(&held.id),
            spent: true,
            ..Ask::default()
        };
        let spent = look(store, &ask).unwrap().spent;
        assert_eq!(spent.len(), 1);
        assert_eq!(spent[0].rule, held.credential.policy);
        assert_eq!(spent[0].amount, number(&spent[0].rule).into());
    }
    all
}
