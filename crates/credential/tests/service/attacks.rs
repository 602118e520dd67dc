//! What a hostile agent, a careless operator or a bad clock would try.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use placet_credential::revocation::{Epoch, Revocation, Revoked};
use placet_credential::service::{Error, Service, Settings};
use placet_credential::store::{
    Ask, AssentKind, Filter, Held, Memory, State, Store, StoreError, Write, Written,
};
use placet_evaluator::Engine;
use placet_model::decision::Reason;
use placet_model::policy::Outcome;
use placet_model::request::{Assent, Covers};
use placet_model::value::Time;

use crate::support::{MINUTE, World, asking, calling, compile, fields, read};

/// A service on a store that others have used before, by a clock that may say anything.
fn open(policy: &str, store: &Arc<Memory>, now: Time) -> World {
    let world = World::new();
    let service = Service::open(
        Engine::new(compile(policy)),
        Arc::clone(store) as Arc<dyn Store>,
        Arc::new(world.trail.clone()),
        Settings::default(),
        now,
    );
    World {
        service: service.unwrap(),
        now,
        ..world
    }
}

const PAYMENTS: &str = r#"
policy p { language 1  layers main  lifetime 12h }
agent clerk
tool bank {
  action pay  { pay(to: text, amount: int, note: text?) -> "account/{to}" returns { flagged: bool? } }
  action wire { wire(to: text) -> "account/{to}" }
}
history paid = calls tool bank.pay per chain
grant all { agent clerk  user any  tool bank  action any  resource any }
require large { tool bank.pay  when args.amount > 100  consent }
"#;

const LARGE: &str = r#"{"to":"x","amount":500}"#;
const SMALL: &str = r#"{"to":"x","amount":1}"#;

fn consent_to_call(world: &World, args: &str) {
    let request = calling("clerk", "bank.pay", args);
    let placet_model::request::Asked::Call { tool, args } = &request.asked else {
        panic!("a call");
    };
    let assent = Assent {
        by: "ana".into(),
        groups: None,
        agent: "clerk".into(),
        user: None,
        task: Some("T-1".into()),
        covers: Covers::Call(placet_model::digest::call_digest(tool, args)),
        not_after: None,
    };
    world
        .service
        .record_assent(AssentKind::Consent, assent, world.now)
        .unwrap();
}

/// Where a rule asks for consent to a scope, consent to one call is less, and no more
/// than that: it is spent by that one call.
#[test]
fn consent_to_one_call_is_spent_where_consent_to_the_scope_was_asked() {
    let world = World::with(PAYMENTS, Arc::new(Memory::new()));
    let id = world.credential("clerk", "bank any **");
    let pay = || world.call(&id, "clerk", "bank.pay", LARGE);
    assert_eq!(pay(), Reason::ConsentRequired);
    consent_to_call(&world, LARGE);
    assert_eq!(pay(), Reason::Granted);
    assert_eq!(pay(), Reason::ConsentRequired);
}

/// Two ways to the same call: a longer one by consent, and one that a budget bounds.
const TWO_WAYS: &str = r#"
policy p { language 1  layers main  lifetime 12h }
agent clerk
tool bank { action pay  { pay(to: text, amount: int) -> "account/{to}" } }
grant asked   { agent clerk  user any  tool bank  action any  resource any  for 2h  consent per call }
grant bounded { agent clerk  user any  tool bank  action any  resource any  for 1h  budget 1 calls }
"#;

/// A grant is paid for: what it rests on is spent though another grant could have stood in,
/// whose budget was not charged.
#[test]
fn a_consent_that_gave_the_grant_is_spent_though_there_was_another_way() {
    let world = World::with(TWO_WAYS, Arc::new(Memory::new()));
    let id = world.credential("clerk", "bank any **");
    let pay = || world.call(&id, "clerk", "bank.pay", LARGE);
    consent_to_call(&world, LARGE);
    let granted = (0..5).filter(|_| pay() == Reason::Granted).count();
    assert_eq!(granted, 2, "one by consent, and one by budget");
}

/// The answer to `then` under one policy, a minute after `first` under another.
fn after_a_change(before: &str, first: (&str, &str), after: &str, then: (&str, &str)) -> Reason {
    let store = Arc::new(Memory::new());
    let start = World::new().now;
    let world = open(before, &store, start);
    let id = world.credential("clerk", "bank any **");
    let call = world.authorize(&id, "clerk", first.0, first.1);
    assert_eq!(call.decision.reason, Reason::Granted);
    let result = fields(r#"{"flagged":true}"#);
    world
        .service
        .settle(call.seq.unwrap(), Outcome::Ok, &result, world.now)
        .unwrap();
    let world = open(after, &store, Time(start.0 + MINUTE));
    world.call(&id, "clerk", then.0, then.1)
}

/// A policy that reads more of past calls than the one before it did does not take what
/// was not kept for what was not there.
#[test]
fn what_was_not_kept_of_a_call_is_not_absent() {
    let count = "deny many { tool bank.wire  unless count(paid) < 100 }";
    let wire = ("bank.wire", r#"{"to":"x"}"#);
    let before = format!("{PAYMENTS}\n{count}");
    let note = "some p in paid: (has p.args.note and p.args.note == \"evil\")";
    let evil = r#"{"to":"x","amount":1,"note":"evil"}"#;
    let after = format!("{before}\ndeny tainted {{ tool bank.wire  when {note} }}");
    let reason = after_a_change(&before, ("bank.pay", evil), &after, wire);
    assert_eq!(reason, Reason::DeniedByRule);

    let other = before.replace("{ flagged: bool? }", "{ other: bool? }");
    let flagged = "some p in paid: (has p.result.flagged and p.result.flagged)";
    let after = format!("{before}\ndeny tainted {{ tool bank.wire  when {flagged} }}");
    let reason = after_a_change(&other, ("bank.pay", SMALL), &after, wire);
    assert_eq!(reason, Reason::DeniedByRule);

    // A change that no history depends on costs nothing.
    let harmless = other.replace("note: text?", "note: text?, urgent: bool?");
    let reason = after_a_change(&before, ("bank.pay", SMALL), &harmless, wire);
    assert_eq!(reason, Reason::Granted);
}

/// What a call was is told by the policy of its time: where that called it something else,
/// a history that goes by it begins anew.
#[test]
fn a_call_that_counted_as_something_else_then_is_not_missed() {
    let policy = |go: &str| {
        format!(
            r#"
policy p {{ language 1  layers main  lifetime 12h }}
agent clerk
tool bank {{ action pay  {{ pay() -> "pay/x"  {go} }} }}
history all  = calls tool bank per chain
history paid = calls tool bank action pay resource "pay/**" per chain
grant all {{ agent clerk  user any  tool bank  action any  resource any }}
deny twice {{ tool bank.pay  unless count(paid) < 1 }}
deny many  {{ tool bank.pay  unless count(all) < 100 }}
"#
        )
    };
    let (before, after) = (r#"go() -> "other/x""#, r#"go() -> "pay/x""#);
    let (go, pay) = (("bank.go", "{}"), ("bank.pay", "{}"));
    let reason = after_a_change(&policy(before), go, &policy(after), pay);
    assert_eq!(reason, Reason::DeniedByRule);
    let reason = after_a_change(&policy(before), go, &policy(before), pay);
    assert_eq!(reason, Reason::Granted);
}

/// A plain triple does not tell the arguments of its call: what a rule asks past calls for
/// may have been there, also what is missing in calls of others only.
#[test]
fn a_plain_triple_is_no_call_without_arguments() {
    for tainted in [
        "some p in paid: (has p.args.note and p.args.note == \"evil\")",
        "some p in all: (has p.args.amount and p.args.amount > 100)",
    ] {
        let policy = PAYMENTS.replace("require large", "// require large");
        let policy = format!(
            "{policy}
history all = calls tool bank per chain
deny tainted {{ tool bank.wire  when {tainted} }}"
        );
        let world = World::with(&policy, Arc::new(Memory::new()));
        let id = world.credential("clerk", "bank any **");
        let wire = || world.call(&id, "clerk", "bank.wire", r#"{"to":"x"}"#);
        let null = r#"{"to":"x","amount":1,"note":null}"#;
        assert_eq!(world.call(&id, "clerk", "bank.pay", null), Reason::Granted);
        assert_eq!(wire(), Reason::Granted, "{tainted}");
        let triple = read(
            r#"{"moment":"runtime","agent":{"id":"clerk"},
                "tool":"bank.pay","action":"pay","resource":"account/x"}"#,
        );
        let answer = world.service.authorize(&id, triple, world.now).unwrap();
        assert_eq!(answer.decision.reason, Reason::Granted);
        assert_eq!(wire(), Reason::DeniedByRule, "{tainted}");
    }
}

/// A service whose policy was replaced neither counts for the new one nor knows what that
/// one did: it decides nothing any more.
#[test]
fn of_two_policies_on_one_store_only_the_last_is_served() {
    let store = Arc::new(Memory::new());
    let start = World::new().now;
    let count = "deny many { tool bank.pay  unless count(paid) < 2 }";
    let counted = format!("{PAYMENTS}\n{count}");
    let (old, new) = (PAYMENTS, counted.as_str());
    let wire = |world: &World, id| {
        let call = calling("clerk", "bank.wire", r#"{"to":"x"}"#);
        let answer = world.service.authorize(id, call, world.now);
        answer.map(|answer| answer.decision.reason)
    };
    let first = open(old, &store, start);
    let id = first.credential("clerk", "bank any **");
    assert_eq!(wire(&first, &id).unwrap(), Reason::Granted);
    let second = open(new, &store, Time(start.0 + MINUTE));
    // Even what asks the store for nothing but the epoch.
    for _ in 0..2 {
        assert!(matches!(wire(&first, &id), Err(Error::Superseded)));
    }
    let asked = asking("clerk", Some("ana"), "bank any **");
    let issued = first.service.issue(asked, &Default::default(), start);
    assert!(matches!(issued, Err(Error::Superseded)));
    assert_eq!(wire(&second, &id).unwrap(), Reason::Granted);
    // The same policy may be served twice.
    let third = open(new, &store, Time(start.0 + 2 * MINUTE));
    assert_eq!(wire(&third, &id).unwrap(), Reason::Granted);
    assert_eq!(wire(&second, &id).unwrap(), Reason::Granted);
    // What was revoked before is as revoked under the new policy.
    let revocation = Revocation {
        of: Revoked::Task("T-1".into()),
        by: "ops".into(),
        reason: "drill".into(),
        time: start,
    };
    second.service.revoke(&revocation).unwrap();
    let fourth = open(old, &store, Time(start.0 + 3 * MINUTE));
    assert_eq!(wire(&fourth, &id).unwrap(), Reason::Revoked);
    assert!(matches!(wire(&third, &id), Err(Error::Superseded)));
}

/// A store that can be taken away, and put back as it was once.
struct Restored {
    now: Memory,
    old: Memory,
    back: AtomicBool,
}

impl Restored {
    fn store(&self) -> &Memory {
        match self.back.load(Ordering::SeqCst) {
            true => &self.old,
            false => &self.now,
        }
    }
}

impl Store for Restored {
    fn epoch(&self) -> Result<Epoch, StoreError> {
        self.store().epoch()
    }

    fn transact(
        &self,
        ask: &Ask<'_>,
        decide: &mut dyn FnMut(&State) -> Vec<Write>,
    ) -> Result<Written, StoreError> {
        self.store().transact(ask, decide)
    }

    fn credentials(&self, filter: &Filter) -> Result<Vec<Held>, StoreError> {
        self.store().credentials(filter)
    }
}

/// Whoever knows two revocations of a store would miss the next two of its copy.
#[test]
fn a_store_that_was_put_back_is_not_gone_on_with() {
    let store = Arc::new(Restored {
        now: Memory::new(),
        old: Memory::new(),
        back: AtomicBool::new(false),
    });
    let world = World::with(PAYMENTS, store.clone());
    let id = world.credential("clerk", "bank any **");
    let revocation = Revocation {
        of: Revoked::Task("T-2".into()),
        by: "ops".into(),
        reason: "drill".into(),
        time: world.now,
    };
    world.service.revoke(&revocation).unwrap();
    let wire = || {
        let call = calling("clerk", "bank.wire", r#"{"to":"x"}"#);
        world.service.authorize(&id, call, world.now)
    };
    assert!(wire().unwrap().decision.is_grant());
    store.back.store(true, Ordering::SeqCst);
    assert!(matches!(wire(), Err(Error::Older)));
}

#[test]
fn a_clock_that_is_behind_dates_no_history_back() {
    let store = Arc::new(Memory::new());
    let start = World::new().now;
    let before = PAYMENTS.replace("history paid = calls tool bank.pay per chain\n", "");
    let after = format!(
        "{before}
history recent = calls tool bank.pay per user within 1h
deny many {{ tool bank.pay  unless count(recent) < 1 }}"
    );
    let world = open(&before, &store, start);
    let id = world.credential("clerk", "bank any **");
    let pay = |world: &World| world.call(&id, "clerk", "bank.pay", SMALL);
    assert_eq!(pay(&world), Reason::Granted);
    // Two hours behind, and then put right.
    let mut world = open(&after, &store, Time(start.0 - 120 * MINUTE));
    world.now = Time(start.0 + MINUTE);
    assert_eq!(pay(&world), Reason::DeniedByRule);
    // Nor is it whole a window after the very moment of a call that was not kept.
    let world = open(&before, &store, Time(start.0 + 2 * MINUTE));
    assert_eq!(pay(&world), Reason::Granted);
    let mut world = open(&after, &store, world.now);
    world.after(60);
    assert_eq!(pay(&world), Reason::DeniedByRule);
    world.now = Time(world.now.0 + 1);
    assert_eq!(pay(&world), Reason::Granted);
}

/// An agent that the policy knows by its group only is an agent.
#[test]
fn an_agent_of_a_group_that_comes_with_requests_approves_nothing() {
    let world = World::with(BOTS, Arc::new(Memory::new()));
    for bot in ["b1", "b2"] {
        let request = read(&format!(
            r#"{{"moment":"issuance","agent":{{"id":"{bot}","groups":["bots"]}},
               "user":{{"id":"ana"}},"task":{{"id":"T-1"}},
               "scopes":[{{"tool":"bank","action":"any","resource":"**"}}]}}"#
        ));
        let issued = world.service.issue(request, &Default::default(), world.now);
        assert!(issued.unwrap().is_grant());
    }
    let assent = Assent {
        by: "b2".into(),
        groups: Some(vec!["managers".into()]),
        agent: "b1".into(),
        user: Some("ana".into()),
        task: Some("T-1".into()),
        covers: Covers::Call(format!("sha256:{}", "0".repeat(64)).into()),
        not_after: None,
    };
    let refused = world
        .service
        .record_assent(AssentKind::Approval, assent, world.now);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "`b2` is an agent: agents neither consent nor approve"
    );
}

const BOTS: &str = r#"
policy p { language 1  layers main  lifetime 12h }
group agents bots from request
group users managers from request
tool bank { action pay  { pay(to: text) -> "account/{to}" } }
grant all {
  agent in bots  user any  tool bank  action any  resource any
  approval managers per call
}
"#;

/// Clocks at the ends of time break nothing, and no sum of times goes round.
#[test]
fn a_clock_at_the_ends_of_time() {
    for (now, last) in [
        (i64::MIN, Reason::Granted),
        (i64::MIN + 1, Reason::Granted),
        (i64::MAX - 1, Reason::Granted),
        (i64::MAX, Reason::Expired),
    ] {
        let mut world = World::new();
        world.now = Time(now);
        let id = world.credential("clerk", "bank any account/**");
        let pay = |world: &World| {
            let answer = world.authorize(&id, "clerk", "bank.pay", r#"{"to":"ana/1","amount":1}"#);
            answer.decision.reason
        };
        assert_eq!(pay(&world), last, "{now}");
        world.now = Time(i64::MAX);
        assert_eq!(pay(&world), Reason::Expired, "{now}");
        let late = world.delegate(&id, "clerk", "helper", "bank any account/**");
        assert_eq!(late.reason, Reason::Expired, "{now}");
    }
}

/// However often somebody consents to the same call, the next one is decided at once.
#[test]
fn many_consents_and_revocations_hold_nobody_up() {
    const MANY: usize = 2_000;
    let world = World::with(PAYMENTS, Arc::new(Memory::new()));
    let id = world.credential("clerk", "bank any **");
    for n in 0..MANY {
        consent_to_call(&world, LARGE);
        let revocation = Revocation {
            of: Revoked::Task(format!("X-{n}").into()),
            by: "ops".into(),
            reason: "drill".into(),
            time: world.now,
        };
        world.service.revoke(&revocation).unwrap();
    }
    let start = std::time::Instant::now();
    for _ in 0..10 {
        assert_eq!(world.call(&id, "clerk", "bank.pay", LARGE), Reason::Granted);
    }
    // One by one it would be a minute; the bound is wide for slow machines.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
