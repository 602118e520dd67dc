//! Stores against each other and the plainest one, over random transactions.

use placet_model::policy::{HistoryKey, Outcome};
use placet_model::request::Principal;
use placet_model::value::Time;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::log::Log;
use super::samples::{consent, held, past, revocation};
use super::tape::Tape;
use crate::id::CredentialId;
use crate::revocation::{Epoch, Revoked};
use crate::store::{
    Ask, CallQuery, Charge, Counter, CounterQuery, Filter, Held, Memory, State, Store, Write,
    Written,
};

/// One step.
#[derive(Clone, Debug)]
enum Step {
    Transact(Question, Vec<Write>),
    List(Filter),
    Reopen,
}

/// [`Ask`], owned.
#[derive(Clone, Debug)]
struct Question {
    known: u64,
    credential: Option<CredentialId>,
    assents: Option<(&'static str, i64)>,
    calls: Vec<CallQuery>,
    spent: bool,
    call: Option<i64>,
    counters: Vec<CounterQuery>,
    recording: bool,
}

impl Question {
    fn ask(&self) -> Ask<'_> {
        Ask {
            known: Epoch(self.known),
            credential: self.credential.as_ref(),
            assents: self.assents.map(|(agent, now)| (agent, Time(now))),
            calls: &self.calls,
            spent: self.spent,
            call: self.call,
            counters: &self.counters,
            recording: self.recording,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn all_stores_answer_alike(steps in vec(step(), 1..60)) {
        let mut log = Log::default();
        let memory = Memory::new();
        let tape = Tape::default();
        let mut disk = tape.open().unwrap();
        for step in &steps {
            match step {
                Step::Transact(question, writes) => {
                    let expected = log.state(&question.ask());
                    let written = log.write(writes);
                    let (seen, said) = transact(&memory, question, writes);
                    prop_assert_eq!(&seen, &expected);
                    prop_assert_eq!(said.is_ok(), written, "{:?}", said);
                    prop_assert_eq!(transact(&disk, question, writes), (seen, said));
                }
                Step::List(filter) => {
                    let mut expected: Vec<Held> = log.credentials().cloned().collect();
                    expected.retain(|held| filter.selects(held));
                    expected.sort_by(|a, b| a.id.cmp(&b.id));
                    prop_assert_eq!(memory.credentials(filter).unwrap(), expected.clone());
                    prop_assert_eq!(disk.credentials(filter).unwrap(), expected);
                }
                Step::Reopen => {
                    drop(disk);
                    disk = tape.open().unwrap();
                }
            }
            prop_assert_eq!(memory.epoch().unwrap(), log.epoch());
            prop_assert_eq!(disk.epoch().unwrap(), log.epoch());
        }
    }
}

/// What a store shows, and says.
fn transact(
    store: &dyn Store,
    question: &Question,
    writes: &[Write],
) -> (State, Result<Written, String>) {
    let mut seen = State::default();
    let written = store.transact(&question.ask(), &mut |state| {
        seen = state.clone();
        writes.to_vec()
    });
    (seen, written.map_err(|error| error.to_string()))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (question(), vec(write(), 0..5)).prop_map(|(question, writes)| Step::Transact(question, writes)),
        4 => filter().prop_map(Step::List),
        1 => Just(Step::Reopen),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let calls = (per(), option::of(time())).prop_map(|(per, since)| CallQuery {
        per,
        since: since.map(Time),
    });
    let counters = (task(), per()).prop_map(|(history, per)| CounterQuery {
        history: history.into(),
        per,
    });
    (
        prop_oneof![0..4_u64, Just(u64::MAX)],
        option::weighted(0.9, id()),
        option::of((agent(), time())),
        vec(calls, 0..3),
        any::<bool>(),
        option::of(number()),
        vec(counters, 0..3),
        any::<bool>(),
    )
        .prop_map(
            |(known, credential, assents, calls, spent, call, counters, recording)| Question {
                known,
                credential,
                assents,
                calls,
                spent,
                call,
                counters,
                recording,
            },
        )
}

fn filter() -> impl Strategy<Value = Filter> {
    let parts = (
        option::of(id()),
        option::of(agent()),
        option::of(user()),
        option::of(task()),
        option::of(time()),
    );
    parts.prop_map(|(under, agent, user, task, alive_at)| Filter {
        under,
        agent: agent.map(Into::into),
        user: user.map(Into::into),
        task: task.map(Into::into),
        alive_at: alive_at.map(Time),
    })
}

fn write() -> impl Strategy<Value = Write> {
    let revoked = prop_oneof![
        id().prop_map(Revoked::Credential),
        task().prop_map(|id| Revoked::Task(id.into())),
        agent().prop_map(|id| Revoked::Agent(id.into())),
        user().prop_map(|id| Revoked::User(id.into())),
        Just(Revoked::Policy("sha256:0".into())),
        time().prop_map(|time| Revoked::IssuedBefore(Time(time))),
    ];
    let charge = (id(), select(vec!["a", "b"]), 0..2_u32, amount());
    prop_oneof![
        4 => credential().prop_map(Write::Credential),
        2 => revoked.prop_map(revocation),
        2 => (agent(), option::of(time())).prop_map(|(agent, end)| consent(agent, end)),
        1 => (0..5_u64).prop_map(Write::Spend),
        6 => (credential(), time()).prop_map(|(held, time)| Write::Call(past(&held, time))),
        1 => (number(), select(&Outcome::ALL[..])).prop_map(|(seq, outcome)| Write::Settle {
            seq,
            outcome,
            result: vec![("n".into(), placet_model::json::Json::Number("1.0".into()))],
        }),
        3 => charge.prop_map(|(id, rule, index, amount)| Write::Charge {
            chain: id.chain(),
            charge: Charge { rule: rule.into(), index, amount },
        }),
        2 => (task(), key(), 0..3_u64).prop_map(|(history, key, count)| Write::Counter(Counter {
            history: history.into(),
            key,
            count,
        })),
        3 => (task(), key(), -2..3_i64).prop_map(|(history, key, by)| Write::Count {
            history: history.into(),
            key,
            by,
        }),
        1 => task().prop_map(|policy| Write::Counting(policy.into())),
        1 => vec((task(), time()), 0..3).prop_map(|recording| Write::Recording(
            recording.into_iter().map(|(name, time)| (name.into(), Time(time))).collect()
        )),
    ]
}

/// Few chains of few links, so that the same ones are met again and again.
fn credential() -> impl Strategy<Value = Held> {
    let link = (0..3_u64, agent());
    let parts = (
        vec(link, 1..4),
        option::of(user()),
        option::of(task()),
        time(),
    );
    parts.prop_map(|(links, user, task, not_after)| {
        let mut last: Option<Held> = None;
        for (number, agent) in links {
            let mut link = held(number, agent, task.unwrap_or_default(), last.as_ref());
            link.credential.user = user.map(|id| Principal {
                id: id.into(),
                ..Principal::default()
            });
            link.credential.task = link.credential.task.filter(|_| task.is_some());
            link.credential.not_after = Time(not_after);
            last = Some(link);
        }
        last.unwrap()
    })
}

fn id() -> impl Strategy<Value = CredentialId> {
    vec(0..3_u64, 1..4).prop_map(|links| {
        let root = CredentialId::root(links[0].into());
        links[1..]
            .iter()
            .fold(root, |parent, link| parent.child(*link))
    })
}

fn per() -> impl Strategy<Value = HistoryKey> {
    select(vec![
        HistoryKey::Task,
        HistoryKey::Credential,
        HistoryKey::Chain,
        HistoryKey::Agent,
        HistoryKey::User,
    ])
}

/// Of whom a counter counts.
fn key() -> impl Strategy<Value = SmolStr> {
    prop_oneof![
        agent().prop_map(SmolStr::new),
        user().prop_map(SmolStr::new),
        task().prop_map(SmolStr::new),
        id().prop_map(|id| id.as_str().into()),
    ]
}

fn agent() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "ab", "b"])
}

fn user() -> impl Strategy<Value = &'static str> {
    select(vec!["u", "v"])
}

fn task() -> impl Strategy<Value = &'static str> {
    select(vec!["s", "t", "t2"])
}

fn time() -> impl Strategy<Value = i64> {
    select(vec![i64::MIN, -1, 0, 1, 2, 3, i64::MAX])
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![-1..6_i64, Just(i64::MAX), Just(i64::MIN)]
}

fn amount() -> impl Strategy<Value = Decimal> {
    select(vec![
        Decimal::ONE,
        -Decimal::ONE,
        Decimal::new(150, 2),
        Decimal::new(1, 28),
        Decimal::MAX,
        Decimal::MIN,
    ])
}
