//! Sizes at the limits.

use placet_model::json::Json;
use placet_model::policy::HistoryKey;
use placet_model::value::Time;

use super::contract::check;
use super::samples::{charge, consent, held, look, past, write};
use crate::store::{Ask, CallQuery, Filter, Write};

#[test]
fn ids_may_be_long() {
    check(|store| {
        let long = |letter: &str| letter.repeat(2_048 / letter.len());
        let (agent, task) = (long("😀"), long("t"));
        let first = held(1, &agent, &task, None);
        let writes = vec![
            Write::Credential(first.clone()),
            consent(&agent, None),
            Write::Call(past(&first, 1)),
            charge(&first, &long("r"), 1.into()),
        ];
        write(store, writes).unwrap();
        let ask = Ask {
            credential: Some(&first.id),
            assents: Some((&agent, Time(0))),
            calls: &[CallQuery {
                per: HistoryKey::Agent,
                since: None,
            }],
            spent: true,
            ..Ask::default()
        };
        let state = look(store, &ask).unwrap();
        assert_eq!(state.credential.as_ref(), Some(&first));
        assert_eq!(
            (state.assents.len(), state.calls.len(), state.spent.len()),
            (1, 1, 1)
        );
        let filter = Filter {
            agent: Some(agent.as_str().into()),
            task: Some(task.as_str().into()),
            ..Filter::default()
        };
        assert_eq!(store.credentials(&filter).unwrap(), [first]);
    });
}

#[test]
fn a_chain_may_have_many_calls() {
    const CALLS: i64 = 10_000;
    check(|store| {
        let first = held(1, "planner", "trip", None);
        let child = held(2, "mailer", "trip", Some(&first));
        let both = [&first, &child].map(|held| Write::Credential(held.clone()));
        write(store, both.to_vec()).unwrap();
        for batch in 0..10 {
            let calls = (batch * CALLS / 10..(batch + 1) * CALLS / 10)
                .map(|time| Write::Call(past(if time % 2 == 0 { &first } else { &child }, time)));
            write(store, calls.collect()).unwrap();
        }
        let since = |per, since| {
            let calls = [CallQuery {
                per,
                since: Some(Time(since)),
            }];
            let ask = Ask {
                credential: Some(&child.id),
                calls: &calls,
                ..Ask::default()
            };
            look(store, &ask).unwrap().calls.len() as i64
        };
        assert_eq!(since(HistoryKey::Chain, 0), CALLS);
        assert_eq!(since(HistoryKey::Credential, 0), CALLS / 2);
        assert_eq!(since(HistoryKey::Task, CALLS - 5), 5);
    });
}

#[test]
fn arguments_may_be_large() {
    check(|store| {
        let first = held(1, "planner", "trip", None);
        let mut large = past(&first, 1);
        large.record.args = vec![
            ("text".into(), Json::String("x".repeat(1 << 20).into())),
            (
                "list".into(),
                Json::Array(vec![Json::Number("1.0".into()); 100_000]),
            ),
        ];
        write(
            store,
            vec![Write::Credential(first), Write::Call(large.clone())],
        )
        .unwrap();
        let ask = Ask {
            call: Some(1),
            ..Ask::default()
        };
        large.record.seq = 1;
        assert_eq!(look(store, &ask).unwrap().call, Some(large));
    });
}
