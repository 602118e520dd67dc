//! Listing under a credential: with what is kept, and without a trace.

use placet_credential::id::CredentialId;
use placet_credential::revocation::{Revocation, Revoked};
use placet_model::decision::Reason;

use crate::support::{World, read};

fn list(world: &World, id: &CredentialId, agent: &str) -> (Reason, Vec<String>) {
    let request = read(&format!(
        r#"{{"moment":"listing","agent":{{"id":"{agent}"}},"tool":"bank"}}"#
    ));
    let decision = world.service.list(id, request, world.now).unwrap();
    let tools = decision.tools.iter();
    let tools = tools.map(|tool| format!("{} {}", tool.tool, tool.answer.name()));
    (decision.reason, tools.collect())
}

#[test]
fn a_listing_knows_past_calls_and_revocations_and_is_not_audited() {
    let world = World::new();
    let id = world.credential("clerk", "bank.pay any account/**");
    let payable = (Reason::Granted, vec!["bank.pay depends".to_owned()]);
    assert_eq!(list(&world, &id, "clerk"), payable);
    assert_eq!(list(&world, &id, "stranger").0, Reason::WrongHolder);
    for _ in 0..4 {
        let paid = world.call(&id, "clerk", "bank.pay", r#"{"to":"ana/1","amount":1}"#);
        assert_eq!(paid, Reason::Granted);
    }
    // The deny that counts the payments now matches every call.
    let before = world.trail.entries.lock().unwrap().len();
    assert_eq!(list(&world, &id, "clerk"), (Reason::Granted, Vec::new()));
    assert_eq!(world.trail.entries.lock().unwrap().len(), before);
    let revocation = Revocation {
        of: Revoked::Credential(id.clone()),
        by: "ana".into(),
        reason: "done".into(),
        time: world.now,
    };
    world.service.revoke(&revocation).unwrap();
    assert_eq!(list(&world, &id, "clerk").0, Reason::Revoked);
}
