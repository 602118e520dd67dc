//! Revocation, of everything that can be revoked.

use placet_credential::revocation::{Epoch, Revocation, Revoked};
use placet_model::decision::Reason;
use placet_model::value::Time;

use crate::support::{MINUTE, World, id_of};

const READ: &str = "bank.balance read account/**";
const ARGS: &str = r#"{"account":"x"}"#;

fn revoke(world: &World, of: Revoked) -> Epoch {
    let revocation = Revocation {
        of,
        by: "sec-ops".into(),
        reason: "drill".into(),
        time: world.now,
    };
    world.service.revoke(&revocation).unwrap()
}

#[test]
fn a_credential_ends_with_all_below_it_and_nothing_above() {
    let world = World::new();
    let root = world.credential("clerk", READ);
    let child = id_of(&world.delegate(&root, "clerk", "helper", READ));
    let other = world.credential("clerk", READ);
    assert_eq!(revoke(&world, Revoked::Credential(child.clone())), Epoch(1));
    assert_eq!(
        world.call(&child, "helper", "bank.balance", ARGS),
        Reason::Revoked
    );
    assert_eq!(
        world.call(&root, "clerk", "bank.balance", ARGS),
        Reason::Granted
    );
    let sibling = id_of(&world.delegate(&root, "clerk", "helper", READ));
    assert_eq!(revoke(&world, Revoked::Credential(root.clone())), Epoch(2));
    for (id, agent) in [(&root, "clerk"), (&sibling, "helper"), (&child, "helper")] {
        assert_eq!(world.call(id, agent, "bank.balance", ARGS), Reason::Revoked);
    }
    let late = world.delegate(&root, "clerk", "helper", READ);
    assert_eq!(late.reason, Reason::Revoked);
    assert_eq!(
        world.call(&other, "clerk", "bank.balance", ARGS),
        Reason::Granted
    );
    // It tells a thief nothing more than that the credential is not theirs.
    assert_eq!(
        world.call(&root, "helper", "bank.balance", ARGS),
        Reason::WrongHolder
    );
}

#[test]
fn a_task_ends_for_good() {
    let world = World::new();
    let id = world.credential("clerk", READ);
    revoke(&world, Revoked::Task("T-1".into()));
    assert_eq!(
        world.call(&id, "clerk", "bank.balance", ARGS),
        Reason::Revoked
    );
    assert_eq!(world.issue("clerk", READ).reason, Reason::Revoked);
}

#[test]
fn an_agent_or_a_user_loses_what_they_have_and_may_start_anew() {
    for of in [Revoked::Agent("clerk".into()), Revoked::User("ana".into())] {
        let world = World::new();
        let root = world.credential("clerk", READ);
        let child = id_of(&world.delegate(&root, "clerk", "helper", READ));
        revoke(&world, of);
        assert_eq!(
            world.call(&root, "clerk", "bank.balance", ARGS),
            Reason::Revoked
        );
        assert_eq!(
            world.call(&child, "helper", "bank.balance", ARGS),
            Reason::Revoked
        );
        assert_eq!(
            world.delegate(&root, "clerk", "helper", READ).reason,
            Reason::Revoked
        );
        let anew = world.credential("clerk", READ);
        assert_eq!(
            world.call(&anew, "clerk", "bank.balance", ARGS),
            Reason::Granted
        );
    }
}

#[test]
fn a_policy_and_a_time_can_be_revoked() {
    let mut world = World::new();
    let early = world.credential("clerk", READ);
    world.after(5);
    let late = world.credential("clerk", READ);
    revoke(&world, Revoked::IssuedBefore(world.now));
    assert_eq!(
        world.call(&early, "clerk", "bank.balance", ARGS),
        Reason::Revoked
    );
    assert_eq!(
        world.call(&late, "clerk", "bank.balance", ARGS),
        Reason::Granted
    );
    // Nothing is issued that would be dead at once, even where the clock is set back.
    revoke(&world, Revoked::IssuedBefore(Time(world.now.0 + MINUTE)));
    assert_eq!(world.issue("clerk", READ).reason, Reason::Revoked);
    world.after(1);
    let id = world.credential("clerk", READ);
    let digest = world.service.engine().compiled().digest().clone();
    revoke(&world, Revoked::Policy("sha256:0".into()));
    assert_eq!(
        world.call(&id, "clerk", "bank.balance", ARGS),
        Reason::Granted
    );
    revoke(&world, Revoked::Policy(digest));
    assert_eq!(
        world.call(&id, "clerk", "bank.balance", ARGS),
        Reason::Revoked
    );
    assert_eq!(world.issue("clerk", READ).reason, Reason::Revoked);
}
