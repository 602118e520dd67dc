//! Past calls as the histories of a request.

use std::collections::BTreeSet;

use placet_model::ids::HistoryId;
use placet_model::json::{Fields, Json};
use placet_model::policy::{History, HistoryKey};
use placet_model::request::{Calls, Record};
use placet_model::value::Time;
use placet_model::wire::limits::MAX_RECORDS;
use smol_str::SmolStr;

use super::Service;
use crate::needs::Need;
use crate::store::{CallQuery, Counter, CounterQuery, Held, Past, State, Write};

/// Stands for the arguments of a call that did not tell them, a plain triple: no parameter
/// has this name.
const UNTOLD: SmolStr = SmolStr::new_static("");

/// The arguments of a plain triple of a function. Where conditions ask past calls for them,
/// none told must not read as none given.
pub(super) fn untold(service: &Service, tool: &str) -> Fields {
    let read = service.needs.reads_args_of(service.policy(), tool);
    read.then_some((UNTOLD, Json::Null)).into_iter().collect()
}

fn is_untold(record: &Record) -> bool {
    record.args.iter().any(|(name, _)| *name == UNTOLD)
}

/// What to ask the store for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// For each key the longest window of the histories of which calls are needed.
    pub(super) calls: Vec<CallQuery>,
    /// The histories of which a number is enough.
    pub(super) counters: Vec<CounterQuery>,
}

/// What to ask for. Counters that are not kept yet are `begun` with this step: from calls.
pub(super) fn wanted(service: &Service, need: &Need, begun: &[HistoryId], now: Time) -> Wanted {
    let mut wanted = Wanted::default();
    for id in &need.histories {
        let Some(history) = service.policy().histories.get(id.index()) else {
            continue;
        };
        if service.needs.counted().contains(id) && !begun.contains(id) {
            wanted.counters.push(CounterQuery {
                history: history.name.clone(),
                per: history.per,
            });
            continue;
        }
        let since = window(history, now);
        match wanted
            .calls
            .iter_mut()
            .find(|query| query.per == history.per)
        {
            Some(query) => {
                query.since = match (query.since, since) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    _ => None,
                };
            }
            None => wanted.calls.push(CallQuery {
                per: history.per,
                since,
            }),
        }
    }
    wanted
}

fn window(history: &History, now: Time) -> Option<Time> {
    history
        .within
        .map(|within| Time(now.0.saturating_sub(within.0)))
}

/// What is told of the histories that are needed.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Those that are whole. One that is not here is undefined: when calls of it were not
    /// recorded from its beginning on, when there are too many, when one did not tell its
    /// arguments, or when the credential has no such key.
    pub(super) histories: Vec<(SmolStr, Calls)>,
    /// Histories that were asked for as counters, which are not kept, and need their calls.
    pub(super) unkept: Vec<HistoryId>,
    /// Counters that are kept from now on.
    pub(super) begun: Vec<Counter>,
}

/// The histories that a call needs.
///
/// A record from a time to come, which a clock has left that was set back since, counts as
/// one of now: setting the clock back empties no window.
pub(super) fn told(
    service: &Service,
    need: &Need,
    begun: &[HistoryId],
    held: &Held,
    state: &State,
    now: Time,
) -> Told {
    let policy = service.policy();
    let mut left = MAX_RECORDS;
    let mut told = Told::default();
    for id in &need.histories {
        let Some(history) = policy.histories.get(id.index()) else {
            continue;
        };
        if !whole(service, history, *id, held, now) {
            continue;
        }
        let counted = service.needs.counted().contains(id);
        let key = counter_key(history, held).filter(|_| counted);
        if counted && !begun.contains(id) {
            let kept = state.counters.iter().find(|counter| {
                counter.history == history.name && Some(&counter.key) == key.as_ref()
            });
            match kept {
                Some(counter) => {
                    let count = Calls::Count(counter.count);
                    told.histories.push((history.name.clone(), count));
                }
                None if held.keys(history.per).is_empty() => {}
                None => told.unkept.push(*id),
            }
            continue;
        }
        let Some(mut records) = records(history, held, &state.calls, now) else {
            continue;
        };
        // Calls of others than the selected tools do not use up the limit.
        records.retain(|record| service.engine.selects(*id, record));
        if let Some(key) = key {
            told.begun.push(Counter {
                history: history.name.clone(),
                key,
                count: records.len() as u64,
            });
        } else if records.iter().any(is_untold) {
            continue;
        }
        if records.len() <= left {
            left -= records.len();
            let records = Calls::Records(records);
            told.histories.push((history.name.clone(), records));
        }
    }
    told
}

/// The histories that are counted, but not under this credential.
pub(super) fn uncounted(service: &Service, need: &Need, held: &Held) -> Vec<HistoryId> {
    let many = |id: &&HistoryId| {
        service
            .policy()
            .histories
            .get(id.index())
            .is_some_and(|history| counter_key(history, held).is_none())
    };
    need.histories.iter().filter(many).copied().collect()
}

/// Of whom a counter counts under a credential; `None` where one number does not do: where
/// there is no such key, and where every agent of a chain has its own.
fn counter_key(history: &History, held: &Held) -> Option<SmolStr> {
    let keys = held.keys(history.per);
    let mut keys = keys.into_iter();
    keys.next().filter(|_| keys.next().is_none())
}

/// How the counters move when a call was as it was `before` and is as it is `now`.
pub(super) fn counts(service: &Service, before: Option<&Past>, now: &Past) -> Vec<Write> {
    let selected = |id: HistoryId, past: &Past| service.engine.selects(id, &past.record);
    service
        .needs
        .counted()
        .iter()
        .filter_map(|id| {
            let history = service.policy().histories.get(id.index())?;
            let was = before.is_some_and(|before| selected(*id, before));
            let by = i64::from(selected(*id, now)) - i64::from(was);
            let key = now.key(history.per)?;
            (by != 0).then(|| Write::Count {
                history: history.name.clone(),
                key,
                by,
            })
        })
        .collect()
}

/// Whether everything that the history needs has been kept since it could begin.
fn whole(service: &Service, history: &History, id: HistoryId, held: &Held, now: Time) -> bool {
    let mut begin = window(history, now).unwrap_or(Time(i64::MIN));
    if matches!(history.per, HistoryKey::Credential | HistoryKey::Chain) {
        begin = begin.max(first_issued(held));
    }
    let since = service.whole_since.get(id.index()).copied().flatten();
    since.is_some_and(|since| since <= begin)
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
