//! The contract, by example, for each store.

use std::sync::atomic::{AtomicUsize, Ordering};

use placet_model::policy::{HistoryKey, Outcome};
use placet_model::value::Time;
use rust_decimal::Decimal;

use super::BOUND;
use super::samples::{charge, consent, held, look, past, revocation, write};
use crate::revocation::{Epoch, Revoked};
use crate::store::{Ask, CallQuery, Disk, Filter, Memory, Store, StoreError, Write};

/// Runs a test on each kind of store.
pub(super) fn check(test: impl Fn(&dyn Store)) {
    test(&Memory::new());
    let folder = tempfile::tempdir().unwrap();
    test(&Disk::open(&folder.path().join("store"), BOUND).unwrap());
}

fn seqs(store: &dyn Store, ask: &Ask<'_>) -> Vec<i64> {
    let state = look(store, ask).unwrap();
    state.calls.iter().map(|past| past.record.seq).collect()
}

#[test]
fn revocations_are_told_from_an_epoch_on() {
    check(|store| {
        let task = |task: &str| revocation(Revoked::Task(task.into()));
        assert_eq!(store.epoch().unwrap(), Epoch(0));
        let written = write(store, vec![task("a"), task("b")]).unwrap();
        assert_eq!(written.epoch, Epoch(2));
        assert_eq!(store.epoch().unwrap(), Epoch(2));
        write(store, vec![task("c")]).unwrap();
        let ask = Ask {
            known: Epoch(1),
            ..Ask::default()
        };
        let state = look(store, &ask).unwrap();
        assert_eq!(state.epoch, Epoch(3));
        let told: Vec<_> = state
            .revocations
            .into_iter()
            .map(|(epoch, of)| (epoch.0, of.of))
            .collect();
        assert_eq!(
            told,
            [
                (2, Revoked::Task("b".into())),
                (3, Revoked::Task("c".into()))
            ]
        );
    });
}

#[test]
fn credentials_are_listed_chain_by_chain() {
    check(|store| {
        let first = held(1, "planner", "trip", None);
        let child = held(9, "mailer", "trip", Some(&first));
        let grandchild = held(3, "planner", "trip", Some(&child));
        let other = held(2, "mailer", "tax", None);
        let all = [&other, &grandchild, &child, &first].map(|held| Write::Credential(held.clone()));
        write(store, all.to_vec()).unwrap();
        let listed = |filter: &Filter| -> Vec<_> {
            let listed = store.credentials(filter).unwrap();
            listed.into_iter().map(|held| held.id).collect()
        };
        let mut ids = vec![
            first.id.clone(),
            child.id.clone(),
            grandchild.id.clone(),
            other.id.clone(),
        ];
        assert_eq!(listed(&Filter::default()).len(), 4);
        ids.sort();
        assert_eq!(listed(&Filter::default()), ids);
        let under = Filter {
            under: Some(child.id.clone()),
            ..Filter::default()
        };
        assert_eq!(listed(&under), [child.id.clone(), grandchild.id.clone()]);
        let planner = Filter {
            agent: Some("planner".into()),
            alive_at: Some(Time(99)),
            ..Filter::default()
        };
        assert_eq!(listed(&planner), [first.id.clone(), grandchild.id.clone()]);
        let over = Filter {
            alive_at: Some(Time(100)),
            ..planner
        };
        assert_eq!(listed(&over), []);
        let again = write(store, vec![Write::Credential(first.clone())]);
        assert!(matches!(again, Err(StoreError::Taken(id)) if id == first.id));
    });
}

#[test]
fn a_refused_transaction_writes_nothing() {
    check(|store| {
        let first = held(1, "planner", "trip", None);
        let most = charge(&first, "bank/limit", Decimal::MAX);
        write(store, vec![Write::Credential(first.clone()), most.clone()]).unwrap();
        let settle = |seq| Write::Settle {
            seq,
            outcome: Outcome::Ok,
            result: Vec::new(),
        };
        let parts = || {
            vec![
                revocation(Revoked::Task("trip".into())),
                consent("planner", None),
                Write::Call(past(&first, 1)),
                charge(&first, "bank/other", 1.into()),
                Write::Recording(vec![("calls".into(), Time(1))]),
                Write::Credential(held(2, "mailer", "trip", None)),
            ]
        };
        for refused in [
            Write::Credential(first.clone()),
            Write::Spend(2),
            settle(2),
            settle(0),
            settle(-1),
            most,
            charge(&first, "bank/limit", Decimal::new(1, 28)),
        ] {
            let mut writes = parts();
            writes.push(refused.clone());
            write(store, writes).expect_err(&format!("{refused:?}"));
            let ask = Ask {
                credential: Some(&first.id),
                assents: Some(("planner", Time(0))),
                calls: &[CallQuery {
                    per: HistoryKey::Task,
                    since: None,
                }],
                spent: true,
                recording: true,
                ..Ask::default()
            };
            let state = look(store, &ask).unwrap();
            assert_eq!(state.epoch, Epoch(0));
            assert_eq!(state.assents, []);
            assert_eq!(state.calls, []);
            assert_eq!(state.recording, []);
            assert_eq!(state.spent.len(), 1);
            assert_eq!(store.credentials(&Filter::default()).unwrap().len(), 1);
        }
        let written = write(store, parts()).unwrap();
        assert_eq!((written.seq, written.assents), (Some(1), vec![1]));
    });
}

#[test]
fn assents_are_shown_until_they_are_spent_or_over() {
    check(|store| {
        let given = vec![
            consent("planner", Some(10)),
            consent("mailer", None),
            consent("planner", None),
            consent("planner", Some(5)),
        ];
        assert_eq!(write(store, given).unwrap().assents, [1, 2, 3, 4]);
        let live = |now| -> Vec<u64> {
            let ask = Ask {
                assents: Some(("planner", Time(now))),
                ..Ask::default()
            };
            let state = look(store, &ask).unwrap();
            state.assents.iter().map(|given| given.id).collect()
        };
        assert_eq!(live(i64::MIN), [1, 3, 4]);
        assert_eq!(live(5), [1, 3]);
        assert_eq!(live(i64::MAX), [3]);
        // A clock that jumps back makes nothing of what is spent.
        write(store, vec![Write::Spend(1)]).unwrap();
        assert_eq!(live(0), [3, 4]);
        for id in [1, 0, 5] {
            let again = write(store, vec![Write::Spend(id)]);
            assert!(matches!(again, Err(StoreError::Missing(_))), "{id}");
        }
    });
}

#[test]
fn calls_are_those_of_task_credential_chain_agents_or_user() {
    check(|store| {
        let first = held(1, "planner", "trip", None);
        let child = held(9, "mailer", "trip", Some(&first));
        let same_agent = held(2, "mailer", "tax", None);
        let same_task = held(3, "driver", "trip", None);
        let all = [&first, &child, &same_agent, &same_task];
        write(
            store,
            all.map(|held| Write::Credential(held.clone())).to_vec(),
        )
        .unwrap();
        for (time, held) in (1..).zip(all) {
            write(store, vec![Write::Call(past(held, time))]).unwrap();
        }
        let of = |per, since: Option<i64>| {
            let calls = [CallQuery {
                per,
                since: since.map(Time),
            }];
            let ask = Ask {
                credential: Some(&child.id),
                calls: &calls,
                ..Ask::default()
            };
            seqs(store, &ask)
        };
        assert_eq!(of(HistoryKey::Credential, None), [2]);
        assert_eq!(of(HistoryKey::Chain, None), [1, 2]);
        assert_eq!(of(HistoryKey::Agent, None), [1, 2, 3]);
        assert_eq!(of(HistoryKey::Task, None), [1, 2, 4]);
        assert_eq!(of(HistoryKey::User, None), [] as [i64; 0]);
        assert_eq!(of(HistoryKey::Task, Some(2)), [2, 4]);
        assert_eq!(of(HistoryKey::Task, Some(5)), [] as [i64; 0]);
        let outcome = Outcome::Failed;
        let result = vec![("why".into(), placet_model::json::Json::Null)];
        let settle = Write::Settle {
            seq: 2,
            outcome,
            result: result.clone(),
        };
        write(store, vec![settle]).unwrap();
        let ask = Ask {
            call: Some(2),
            ..Ask::default()
        };
        let call = look(store, &ask).unwrap().call.unwrap();
        assert_eq!((call.record.outcome, call.record.result), (outcome, result));
        assert_eq!(call.charges, []);
    });
}

#[test]
fn a_chain_spends_and_gets_back() {
    check(|store| {
        let first = held(1, "planner", "trip", None);
        let child = held(9, "mailer", "trip", Some(&first));
        let other = held(2, "planner", "trip", None);
        write(
            store,
            [&first, &child, &other]
                .map(|held| Write::Credential(held.clone()))
                .to_vec(),
        )
        .unwrap();
        write(
            store,
            vec![
                charge(&first, "b", Decimal::new(150, 2)),
                charge(&child, "b", Decimal::new(25, 1)),
                charge(&other, "b", 7.into()),
                charge(&first, "a", 1.into()),
            ],
        )
        .unwrap();
        write(store, vec![charge(&first, "a", (-1).into())]).unwrap();
        let ask = Ask {
            credential: Some(&child.id),
            spent: true,
            ..Ask::default()
        };
        let spent = look(store, &ask).unwrap().spent;
        let told: Vec<_> = spent
            .iter()
            .map(|charge| (charge.rule.as_str(), charge.amount))
            .collect();
        assert_eq!(told, [("a", 0.into()), ("b", 4.into())]);
    });
}

#[test]
fn one_of_many_gets_the_last_one() {
    const THREADS: usize = 8;
    check(|store| {
        for round in 0..50 {
            let first = held(round, "planner", "trip", None);
            write(store, vec![Write::Credential(first.clone())]).unwrap();
            let won = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        let ask = Ask {
                            credential: Some(&first.id),
                            calls: &[CallQuery {
                                per: HistoryKey::Chain,
                                since: None,
                            }],
                            spent: true,
                            ..Ask::default()
                        };
                        let written = store
                            .transact(&ask, &mut |state| {
                                let free = state.calls.is_empty() && state.spent.is_empty();
                                match free {
                                    true => vec![
                                        Write::Call(past(&first, 1)),
                                        charge(&first, "bank/limit", 1.into()),
                                    ],
                                    false => Vec::new(),
                                }
                            })
                            .unwrap();
                        if written.seq.is_some() {
                            won.fetch_add(1, Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(won.into_inner(), 1, "round {round}");
        }
    });
}

#[test]
fn after_a_panic_a_store_fails() {
    let store = Memory::new();
    let panicked = std::thread::scope(|scope| {
        let run = || store.transact(&Ask::default(), &mut |_| panic!("on purpose"));
        scope.spawn(move || drop(run())).join()
    });
    assert!(panicked.is_err());
    assert!(matches!(store.epoch(), Err(StoreError::Failed(_))));
    assert!(matches!(
        write(&store, Vec::new()),
        Err(StoreError::Failed(_))
    ));
}
