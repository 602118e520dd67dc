//! Histories: recorded with the call, sliding, never emptied by a clock.

use std::sync::Arc;

use placet_credential::service::{Service, Settings};
use placet_credential::store::Memory;
use placet_evaluator::Engine;
use placet_model::decision::Reason;
use placet_model::policy::Outcome;

use crate::support::{BANK, MINUTE, World, compile, fields, id_of};
use placet_model::value::Time;

const PAY: &str = r#"{"to":"ana/1","amount":1}"#;

#[test]
fn a_window_slides() {
    let mut world = World::new();
    let id = |world: &World| world.credential("clerk", "bank.pay pay account/**");
    let first = id(&world);
    for _ in 0..4 {
        assert_eq!(
            world.call(&first, "clerk", "bank.pay", PAY),
            Reason::Granted
        );
        world.after(1);
    }
    assert_eq!(
        world.call(&first, "clerk", "bank.pay", PAY),
        Reason::DeniedByRule
    );
    // Kept per chain: another credential has its own count.
    let second = id(&world);
    assert_eq!(
        world.call(&second, "clerk", "bank.pay", PAY),
        Reason::Granted
    );
}

#[test]
fn setting_the_clock_back_empties_no_window() {
    let mut world = World::new();
    let id = world.credential("clerk", "bank.pay pay account/**");
    world.after(10);
    for _ in 0..4 {
        assert_eq!(world.call(&id, "clerk", "bank.pay", PAY), Reason::Granted);
    }
    world.after(-5);
    assert_eq!(
        world.call(&id, "clerk", "bank.pay", PAY),
        Reason::DeniedByRule
    );
}

#[test]
fn denied_calls_count_where_a_history_selects_them() {
    let world = World::new();
    let scopes = "bank.close close account/**";
    world.give(&world.issue("clerk", scopes));
    let id = world.credential("clerk", scopes);
    let close = |agent| world.call(&id, agent, "bank.close", r#"{"account":"x"}"#);
    // What somebody else tries does not count against the agent.
    for _ in 0..5 {
        assert_eq!(close("helper"), Reason::WrongHolder);
    }
    for _ in 0..3 {
        assert_eq!(close("clerk"), Reason::ConsentRequired);
    }
    assert_eq!(close("clerk"), Reason::DeniedByRule);
}

const CLAIMS: &str = r#"
policy claims { language 1  layers main  lifetime 1h }
agent adjuster
tool insurance {
  action approve { approve(claim: int) -> "claim/{claim}"  returns { claim: int, note: text? } }
  action pay     { pay(claim: int) -> "claim/{claim}" }
}
history approvals = calls tool insurance.approve outcome ok per task
grant approving { agent adjuster  user any  tool insurance.approve  action approve  resource "claim/**" }
grant paying {
  agent adjuster  user any  tool insurance.pay  action pay  resource "claim/**"
  when some a in approvals: (has a.result.claim and a.result.claim == args.claim)
}
"#;

#[test]
fn only_after_an_approval_of_this_very_claim() {
    let world = World::with(CLAIMS, Arc::new(Memory::new()));
    let id = world.credential("adjuster", "insurance any claim/**");
    let pay = || world.call(&id, "adjuster", "insurance.pay", r#"{"claim":7}"#);
    let approve = |claim: i64| {
        let args = format!(r#"{{"claim":{claim}}}"#);
        world
            .authorize(&id, "adjuster", "insurance.approve", &args)
            .seq
            .unwrap()
    };
    assert_eq!(pay(), Reason::NoGrant);
    let seq = approve(7);
    // It is under way, and has not succeeded.
    assert_eq!(pay(), Reason::NoGrant);
    let wrong = world
        .service
        .settle(seq, Outcome::Ok, &fields(r#"{"claim":"7"}"#), world.now);
    assert_eq!(
        wrong.unwrap_err().to_string(),
        format!(
            "the result of call {seq} does not fit: /claim: expected a whole number, found a string"
        )
    );
    let result = fields(r#"{"claim":7,"note":"ok","secret":"x"}"#);
    world
        .service
        .settle(seq, Outcome::Ok, &result, world.now)
        .unwrap();
    assert_eq!(pay(), Reason::Granted);
    let other = approve(8);
    world
        .service
        .settle(other, Outcome::Failed, &result, world.now)
        .unwrap();
    assert_eq!(
        world.call(&id, "adjuster", "insurance.pay", r#"{"claim":8}"#),
        Reason::NoGrant
    );
}

/// A policy that learns to count later does not know what it has not recorded.
#[test]
fn a_history_that_begins_late_is_undefined_until_its_window_is_full() {
    let store = Arc::new(Memory::new());
    let before = BANK
        .replace(
            "history payments = calls tool bank.pay per chain within 1h\n",
            "",
        )
        .replace(
            "deny too-often { tool bank.pay  unless count(payments) < 4 }",
            "",
        );
    let per_user = BANK.replace("per chain within 1h", "per user within 1h");
    let open = |policy: &str, now: Time| {
        let world = World::new();
        let engine = Engine::new(compile(policy));
        let service = Service::open(
            engine,
            store.clone(),
            Arc::new(world.trail.clone()),
            Settings::default(),
            now,
        );
        World {
            service: service.unwrap(),
            now,
            ..world
        }
    };
    let start = World::new().now;
    let world = open(&before, start);
    let id = world.credential("clerk", "bank.pay pay account/**");
    assert_eq!(world.call(&id, "clerk", "bank.pay", PAY), Reason::Granted);

    let mut world = open(&per_user, Time(start.0 + MINUTE));
    assert_eq!(
        world.call(&id, "clerk", "bank.pay", PAY),
        Reason::DeniedByRule
    );
    // A window after the very moment in which it began, it is not quite full.
    world.after(60);
    let late = world.credential("clerk", "bank.pay pay account/**");
    assert_eq!(
        world.call(&late, "clerk", "bank.pay", PAY),
        Reason::DeniedByRule
    );
    world.after(1);
    assert_eq!(world.call(&late, "clerk", "bank.pay", PAY), Reason::Granted);

    // Per chain, a credential that began later has missed nothing.
    let mut world = open(BANK, world.now);
    world.after(1);
    let fresh = world.credential("clerk", "bank.pay pay account/**");
    assert_eq!(
        world.call(&fresh, "clerk", "bank.pay", PAY),
        Reason::Granted
    );
}

/// Without a window, and only counted: what is kept is a number.
const COUNTED: &str = r#"
policy p { language 1  layers main  lifetime 1h }
agent clerk
agent helper
tool t {
  action go   { go() -> "go" }
  action walk { walk() -> "walk" }
}
history gone   = calls tool t.go per KEY
history failed = calls tool t.go outcome failed per task
grant go { agent any  user any  tool t  action any  resource any  delegate 1
           when count(gone) < 3 and count(failed) < 2 }
"#;

#[test]
fn a_counter_counts_what_its_calls_would() {
    for (key, shared) in [
        ("task", true),
        ("chain", true),
        ("user", true),
        ("credential", false),
        ("agent", false),
    ] {
        let world = World::with(&COUNTED.replace("KEY", key), Arc::new(Memory::new()));
        let root = world.credential("clerk", "t any **");
        let child = id_of(&world.delegate(&root, "clerk", "helper", "t any **"));
        let go = |id, agent| world.authorize(id, agent, "t.go", "{}");
        // Walking reads the same number, and moves it not.
        for _ in 0..4 {
            assert_eq!(
                world.call(&root, "clerk", "t.walk", "{}"),
                Reason::Granted,
                "{key}"
            );
        }
        let first = go(&root, "clerk").seq.unwrap();
        assert!(go(&root, "clerk").decision.is_grant());
        let third = go(&child, "helper");
        assert!(third.decision.is_grant());
        let fourth = go(&root, "clerk").decision.reason;
        if shared {
            assert_eq!(fourth, Reason::NoGrant, "{key}");
        } else {
            assert_eq!(fourth, Reason::Granted, "{key}");
            assert_eq!(go(&root, "clerk").decision.reason, Reason::NoGrant, "{key}");
        }
        // A call that failed is not one of the done, and one of the failed.
        world
            .service
            .settle(first, Outcome::Failed, &Vec::new(), world.now)
            .unwrap();
        let again = go(&root, "clerk");
        assert!(again.decision.is_grant(), "{key}");
        world
            .service
            .settle(again.seq.unwrap(), Outcome::Failed, &Vec::new(), world.now)
            .unwrap();
        assert_eq!(go(&root, "clerk").decision.reason, Reason::NoGrant, "{key}");
        assert_eq!(
            world.call(&child, "helper", "t.walk", "{}"),
            Reason::NoGrant,
            "{key}"
        );
    }
}

/// Between two services of one policy, another one counts nothing and calls go on.
#[test]
fn a_counter_of_another_policy_is_counted_anew() {
    let store = Arc::new(Memory::new());
    let counted = COUNTED.replace("KEY", "task");
    let uncounted = counted.replace(" and count(failed) < 2", "").replace(
        "count(gone) < 3",
        "(all g in gone: g.agent == g.agent) and true",
    );
    let first = World::with(&counted, store.clone());
    let id = first.credential("clerk", "t any **");
    assert_eq!(first.call(&id, "clerk", "t.go", "{}"), Reason::Granted);
    let between = World::with(&uncounted, store.clone());
    assert_eq!(between.call(&id, "clerk", "t.go", "{}"), Reason::Granted);
    assert_eq!(between.call(&id, "clerk", "t.go", "{}"), Reason::Granted);
    let last = World::with(&counted, store);
    assert_eq!(last.call(&id, "clerk", "t.go", "{}"), Reason::NoGrant);
}
