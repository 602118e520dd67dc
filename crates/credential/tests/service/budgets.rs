//! Budgets: charged with the grant, shared by the chain, given back on failure.

use placet_credential::service::Error;
use placet_model::decision::Reason;
use placet_model::policy::Outcome;

use crate::support::{World, fields, id_of};

fn pay(amount: &str) -> String {
    format!(r#"{{"to":"ana/1","amount":{amount}}}"#)
}

#[test]
fn a_chain_shares_its_budget() {
    let world = World::new();
    let root = world.credential("clerk", "bank any account/**");
    let child = id_of(&world.delegate(&root, "clerk", "helper", "bank any account/**"));
    assert_eq!(
        world.call(&root, "clerk", "bank.pay", &pay("100")),
        Reason::Granted
    );
    assert_eq!(
        world.call(&child, "helper", "bank.pay", &pay("100")),
        Reason::Granted
    );
    assert_eq!(
        world.call(&child, "helper", "bank.pay", &pay("50.01")),
        Reason::BudgetExhausted
    );
    assert_eq!(
        world.call(&root, "clerk", "bank.pay", &pay("50.00")),
        Reason::Granted
    );
    assert_eq!(
        world.call(&root, "clerk", "bank.pay", &pay("0.01")),
        Reason::BudgetExhausted
    );
    // A new issuance is a new chain.
    let other = world.credential("clerk", "bank any account/**");
    assert_eq!(
        world.call(&other, "clerk", "bank.pay", &pay("100")),
        Reason::Granted
    );
}

#[test]
fn failure_gives_back_what_was_charged_and_only_once() {
    let mut world = World::new();
    let id = world.credential("clerk", "bank any account/**");
    let mut paid = Vec::new();
    for amount in ["100", "100", "50"] {
        paid.push(
            world
                .authorize(&id, "clerk", "bank.pay", &pay(amount))
                .seq
                .unwrap(),
        );
    }
    assert_eq!(
        world.call(&id, "clerk", "bank.pay", &pay("50")),
        Reason::BudgetExhausted
    );
    let settle =
        |world: &World, seq, outcome| world.service.settle(seq, outcome, &Vec::new(), world.now);
    settle(&world, paid[2], Outcome::Failed).unwrap();
    let why = |result| match result {
        Err(Error::Settle(why)) => why,
        other => panic!("{other:?}"),
    };
    let again = why(settle(&world, paid[2], Outcome::Failed));
    assert_eq!(
        again,
        format!("call {} is settled already: `failed`", paid[2])
    );
    assert!(why(settle(&world, 999, Outcome::Ok)).contains("no call 999"));
    assert!(why(settle(&world, paid[0], Outcome::Denied)).contains("ends `ok` or `failed`"));
    settle(&world, paid[0], Outcome::Ok).unwrap();
    assert!(why(settle(&world, paid[0], Outcome::Failed)).contains("settled already: `ok`"));
    assert_eq!(
        world.call(&id, "clerk", "bank.pay", &pay("50")),
        Reason::Granted
    );
    // What is never settled stays counted.
    world.after(10);
    assert!(why(settle(&world, paid[1], Outcome::Failed)).contains("it stays counted"));
    assert_eq!(
        world.call(&id, "clerk", "bank.pay", &pay("0.01")),
        Reason::BudgetExhausted
    );
}

#[test]
fn a_denied_call_charges_nothing() {
    let world = World::new();
    let id = world.credential("clerk", "bank any account/**");
    for _ in 0..5 {
        assert_eq!(
            world.call(&id, "clerk", "bank.pay", &pay("100.01")),
            Reason::NoGrant
        );
        assert_eq!(
            world.call(&id, "helper", "bank.pay", &pay("100")),
            Reason::WrongHolder
        );
        let other = r#"{"to":"eve","amount":100}"#;
        assert_eq!(
            world.call(&id, "clerk", "bank.pay", other),
            Reason::OutOfScope
        );
        assert_eq!(
            world.call(&id, "clerk", "bank.pay", &pay("-100")),
            Reason::BudgetExhausted
        );
    }
    assert_eq!(
        world.call(&id, "clerk", "bank.pay", &pay("100")),
        Reason::Granted
    );
    assert_eq!(fields("{}").len(), 0);
}
