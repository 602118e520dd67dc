//! Past calls as the histories of a request.

use std::collections::BTreeSet;

use placet_model::policy::{History, HistoryKey};
use placet_model::request::{Calls, Record};
use placet_model::value::Time;
use placet_model::wire::limits::MAX_RECORDS;
use smol_str::SmolStr;

use super::Service;
use crate::needs::{Need, recorded_for};
use crate::store::{CallQuery, Held, Past};

/// What to ask the store for: for each key the longest window of the histories needed.
pub(super) fn queries(
    policy: &placet_model::policy::Policy,
    need: &Need,
    now: Time,
) -> Vec<CallQuery> {
    let mut queries: Vec<CallQuery> = Vec::new();
    for id in &need.histories {
        let Some(history) = policy.histories.get(id.index()) else {
            continue;
        };
        let since = window(history, now);
        match queries.iter_mut().find(|query| query.per == history.per) {
            Some(query) => {
                query.since = match (query.since, since) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    _ => None,
                };
            }
            None => queries.push(CallQuery {
                per: history.per,
                since,
            }),
        }
    }
    queries
}

fn window(history: &History, now: Time) -> Option<Time> {
    history
        .within
        .map(|within| Time(now.0.saturating_sub(within.0)))
}

/// The histories that are needed and whole. One that is not here is undefined: when calls
/// of it were not recorded from its beginning on, when there are too many, or when the
/// credential has no such key.
///
/// A record from a time to come, which a clock has left that was set back since, counts as
/// one of now: setting the clock back empties no window.
pub(super) fn histories(
    service: &Service,
    need: &Need,
    held: &Held,
    calls: &[Past],
    now: Time,
) -> Vec<(SmolStr, Calls)> {
    let policy = service.policy();
    let mut left = MAX_RECORDS;
    let mut told = Vec::new();
    for id in &need.histories {
        let Some(history) = policy.histories.get(id.index()) else {
            continue;
        };
        let names = recorded_for(policy, *id);
        let Some(records) = records(history, held, calls, now) else {
            continue;
        };
        if !whole(service, history, &names, held, now) || records.len() > left {
            continue;
        }
        left -= records.len();
        told.push((history.name.clone(), Calls::Records(records)));
    }
    told
}

/// Whether everything that the history selects has been recorded since it could begin.
fn whole(service: &Service, history: &History, names: &[SmolStr], held: &Held, now: Time) -> bool {
    let mut begin = window(history, now).unwrap_or(Time(i64::MIN));
    if matches!(history.per, HistoryKey::Credential | HistoryKey::Chain) {
        begin = begin.max(first_issued(held));
    }
    names.iter().all(|name| {
        service
            .recording
            .binary_search_by(|(known, _)| known.cmp(name))
            .ok()
            .and_then(|at| service.recording.get(at))
            .is_some_and(|(_, since)| *since <= begin)
    })
}

/// When the first credential of the chain was issued.
fn first_issued(held: &Held) -> Time {
    let mut link = &held.credential;
    while let Some(parent) = link.parent.as_deref() {
        link = parent;
    }
    link.issued
}

/// The calls of a history's key; `None` when the credential has no such key.
fn records(history: &History, held: &Held, calls: &[Past], now: Time) -> Option<Vec<Record>> {
    let credential = &held.credential;
    let user = credential.user.as_ref().map(|user| &user.id);
    let task = credential.task.as_ref().map(|task| &task.id);
    let chain = held.id.chain();
    let mut agents = BTreeSet::new();
    let mut link = Some(credential);
    while let Some(of) = link {
        agents.insert(&of.agent.id);
        link = of.parent.as_deref();
    }
    match history.per {
        HistoryKey::User if user.is_none() => return None,
        HistoryKey::Task if task.is_none() => return None,
        _ => {}
    }
    let ours = |past: &&Past| match history.per {
        HistoryKey::Credential => past.credential == held.id,
        HistoryKey::Chain => chain.covers(&past.credential),
        HistoryKey::Task => past.record.task.as_ref() == task,
        HistoryKey::User => past.record.user.as_ref() == user,
        HistoryKey::Agent => past
            .record
            .agent
            .as_ref()
            .is_some_and(|agent| agents.contains(agent)),
    };
    let records = calls.iter().filter(ours).map(|past| Record {
        time: past.record.time.min(now),
        ..past.record.clone()
    });
    Some(records.collect())
}
