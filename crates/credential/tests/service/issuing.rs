//! What is issued, to whom it belongs, and how it narrows.

use std::sync::atomic::Ordering;

use placet_credential::audit::Event;
use placet_credential::service::{Error, IssueOptions, Mode, Presented};
use placet_credential::store::{AssentKind, Filter};
use placet_model::decision::Reason;
use placet_model::request::{Assent, Covers};
use placet_model::value::Time;
use placet_model::wire;

use crate::support::{World, asking, calling, id_of, patterns, read};

#[test]
fn less_is_issued_than_was_asked_for() {
    let world = World::new();
    let issued = world.issue("clerk", "bank any account/**");
    assert_eq!(
        patterns(&issued),
        [
            "bank.balance read account/**",
            "bank.pay pay account/ana/**"
        ]
    );
    let credential = issued.credential.unwrap();
    assert_eq!(credential.task.unwrap().id, "T-1");
    assert_eq!((credential.not_after.0 - world.now.0) / 60_000_000, 30);
}

#[test]
fn all_or_nothing_issues_nothing_that_falls_short() {
    let world = World::new();
    let all = |scopes| {
        world
            .try_issue("clerk", "ana", scopes, Mode::Exact)
            .unwrap()
    };
    let refused = all("bank.balance read account/**; bank.pay pay account/**");
    assert_eq!(refused.reason, Reason::NoGrant);
    assert!(refused.credential.is_none());
    assert!(
        refused
            .scopes
            .iter()
            .all(|outcome| outcome.scopes.is_empty())
    );
    assert_eq!(
        refused.explanation[0],
        "all of it or nothing was asked for, and `bank.pay pay account/**` would be narrowed"
    );
    assert!(all("bank.balance read account/**").is_grant());
    assert!(world.service.credentials(&Filter::default()).unwrap().len() == 1);
}

#[test]
fn a_credential_works_for_its_holder_until_it_ends() {
    let mut world = World::new();
    let id = world.credential("clerk", "bank.balance read account/**");
    let read = |world: &World, agent| world.call(&id, agent, "bank.balance", r#"{"account":"x"}"#);
    assert_eq!(read(&world, "clerk"), Reason::Granted);
    assert_eq!(read(&world, "helper"), Reason::WrongHolder);
    assert_eq!(read(&world, "nobody"), Reason::UnknownAgent);
    world.after(29);
    assert_eq!(read(&world, "clerk"), Reason::Granted);
    world.after(1);
    assert_eq!(read(&world, "clerk"), Reason::Expired);
    world.after(-32);
    assert_eq!(read(&world, "clerk"), Reason::NotYetValid);
    world.after(1);
    assert_eq!(read(&world, "clerk"), Reason::Granted);
}

#[test]
fn another_user_cannot_be_slipped_in() {
    let world = World::new();
    let id = world.credential("clerk", "bank any account/**");
    let mut request = calling("clerk", "bank.balance", r#"{"account":"x"}"#);
    request.user = read(r#"{"moment":"listing","agent":{"id":"a"},"user":{"id":"eve"}}"#).user;
    let answer = world.service.authorize(&id, request, world.now).unwrap();
    assert_eq!(answer.decision.reason, Reason::InvalidRequest);
}

#[test]
fn nothing_that_the_service_keeps_is_taken_from_a_request() {
    let world = World::new();
    let id = world.credential("clerk", "bank any account/**");
    for kept in [
        r#""histories":{"payments":[{"seq":1,"time":"2026-11-24T10:00:00Z","tool":"bank.pay","outcome":"ok"}]}"#,
        r#""budgets":{"main/paying":[0]}"#,
        r#""consents":[{"by":"ana","agent":"clerk","scope":{"tool":"bank","action":"any","resource":"**"}}]"#,
        r#""approvals":[{"by":"mona","agent":"clerk","scope":{"tool":"bank","action":"any","resource":"**"}}]"#,
    ] {
        let request = read(&format!(
            r#"{{"moment":"runtime","agent":{{"id":"clerk"}},{kept},
               "call":{{"tool":"bank.balance","args":{{"account":"x"}}}}}}"#
        ));
        let answer = world.service.authorize(&id, request, world.now).unwrap();
        assert_eq!(answer.decision.reason, Reason::InvalidRequest, "{kept}");
        assert!(answer.decision.explanation[0].contains("the service keeps"));
    }
    let empty = read(
        r#"{"moment":"runtime","agent":{"id":"clerk"},"histories":{"payments":[]},
            "consents":[],"call":{"tool":"bank.balance","args":{"account":"x"}}}"#,
    );
    let answer = world.service.authorize(&id, empty, world.now).unwrap();
    assert!(answer.decision.is_grant());
}

#[test]
fn a_chain_only_narrows() {
    let world = World::new();
    let root = world.credential("clerk", "bank any account/**");
    let child = world.delegate(&root, "clerk", "helper", "bank any account/ana/1");
    assert_eq!(
        patterns(&child),
        [
            "bank.balance read account/ana/1",
            "bank.pay pay account/ana/1"
        ]
    );
    let child = id_of(&child);
    assert!(root.covers(&child) && child.parent() == Some(root.clone()));
    let pay = |agent, to| {
        world.call(
            &child,
            agent,
            "bank.pay",
            &format!(r#"{{"to":"{to}","amount":5}}"#),
        )
    };
    assert_eq!(pay("helper", "ana/1"), Reason::Granted);
    assert_eq!(pay("helper", "ana/2"), Reason::OutOfScope);
    assert_eq!(pay("clerk", "ana/1"), Reason::WrongHolder);
    // The helper cannot hand it back, the depth is used up, and a stranger gets nothing.
    let again = world.delegate(&child, "helper", "clerk", "bank any account/**");
    assert_eq!(again.reason, Reason::InvalidRequest);
    let deeper = world.delegate(&child, "helper", "stranger", "bank any account/**");
    assert!(!deeper.is_grant(), "{deeper:?}");
    // Only the holder hands on.
    let stolen = world.delegate(&root, "helper", "stranger", "bank any account/**");
    assert_eq!(stolen.reason, Reason::WrongHolder);
    let unknown = world.delegate(&root.child(99), "clerk", "helper", "bank any account/**");
    assert_eq!(unknown.reason, Reason::InvalidRequest);
}

#[test]
fn what_is_missing_is_asked_for_and_counts_once_given() {
    let world = World::new();
    let scopes = "bank.close close account/ana/1";
    let asked = world.issue("clerk", scopes);
    assert_eq!(asked.reason, Reason::ApprovalRequired);
    world.give(&asked);
    let id = world.credential("clerk", scopes);
    let close = || world.authorize(&id, "clerk", "bank.close", r#"{"account":"ana/1"}"#);
    let first = close();
    assert_eq!(first.decision.reason, Reason::ConsentRequired);
    world.give(&first.decision);
    assert_eq!(close().decision.reason, Reason::Granted);
    // It is spent.
    assert_eq!(close().decision.reason, Reason::ConsentRequired);
    // One for each of two calls is spent by two calls.
    world.give(&first.decision);
    world.give(&first.decision);
    assert_eq!(close().decision.reason, Reason::Granted);
    assert_eq!(close().decision.reason, Reason::Granted);
    assert_eq!(close().decision.reason, Reason::ConsentRequired);
}

#[test]
fn agents_neither_consent_nor_approve() {
    let world = World::new();
    let assent = |by: &str, user: Option<&str>| Assent {
        by: by.into(),
        groups: None,
        agent: "clerk".into(),
        user: user.map(Into::into),
        task: None,
        covers: Covers::Call(format!("sha256:{}", "0".repeat(64)).into()),
        not_after: None,
    };
    let refused = |kind, assent| match world.service.record_assent(kind, assent, world.now) {
        Err(Error::Assent(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(AssentKind::Consent, assent("helper", None)),
        "`helper` is an agent: agents neither consent nor approve"
    );
    assert_eq!(
        refused(AssentKind::Consent, assent("bob", Some("ana"))),
        "only the user consents: `bob` is not `ana`"
    );
    assert_eq!(
        refused(AssentKind::Approval, assent("ana", Some("ana"))),
        "`ana` is the user: somebody else has to approve"
    );
    let mut over = assent("ana", None);
    over.not_after = Some(world.now);
    assert_eq!(refused(AssentKind::Consent, over), "it is over already");
    let mut other = assent("ana", None);
    other.covers = Covers::Call("sha256:0".into());
    assert!(refused(AssentKind::Consent, other).contains("is not the digest of a call"));
}

#[test]
fn a_consent_ends() {
    let mut world = World::new();
    let scopes = "bank.close close account/ana/1";
    world.give(&world.issue("clerk", scopes));
    world.after(24 * 60 - 1);
    assert!(world.issue("clerk", scopes).is_grant());
    world.after(1);
    assert_eq!(
        world.issue("clerk", scopes).reason,
        Reason::ApprovalRequired
    );
}

#[test]
fn what_cannot_be_audited_does_not_happen() {
    let world = World::new();
    let id = world.credential("clerk", "bank any account/**");
    let break_it = |broken| world.trail.broken.store(broken, Ordering::SeqCst);
    break_it(true);
    let refused = world.try_issue("clerk", "ana", "bank any account/**", Mode::Narrow);
    assert!(matches!(refused, Err(Error::Audit(_))));
    let pay = calling("clerk", "bank.pay", r#"{"to":"ana/1","amount":100}"#);
    for _ in 0..5 {
        let refused = world.service.authorize(&id, pay.clone(), world.now);
        assert!(matches!(refused, Err(Error::Audit(_))));
    }
    break_it(false);
    // The credential that nobody got is dead, and the budget was given back.
    let all = world.service.credentials(&Filter::default()).unwrap();
    assert_eq!(all.iter().filter(|(_, revoked)| *revoked).count(), 1);
    let answer = world.service.authorize(&id, pay, world.now).unwrap();
    assert!(answer.decision.is_grant(), "{:?}", answer.decision);
}

#[test]
fn everything_that_matters_leaves_an_entry() {
    let world = World::new();
    let root = world.credential("clerk", "bank any account/**");
    let child = id_of(&world.delegate(&root, "clerk", "helper", "bank any account/ana/1"));
    let granted = world.authorize(&child, "helper", "bank.pay", r#"{"to":"ana/1","amount":5}"#);
    world.call(&child, "helper", "bank.pay", r#"{"to":"eve","amount":5}"#);
    let settled = placet_model::policy::Outcome::Ok;
    world
        .service
        .settle(granted.seq.unwrap(), settled, &Vec::new(), world.now)
        .unwrap();
    let entries = world.trail.entries.lock().unwrap();
    let told: Vec<String> = entries
        .iter()
        .map(|entry| {
            let reason = entry.decision.map_or("-", Reason::name);
            let chain: Vec<&str> = entry.chain.iter().map(|link| link.agent.as_str()).collect();
            format!(
                "{} {reason} {} {:?}",
                entry.event.name(),
                chain.join(">"),
                entry.user.as_deref()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"issue granted clerk Some("ana")"#,
            r#"delegate granted clerk>helper Some("ana")"#,
            r#"call granted clerk>helper Some("ana")"#,
            r#"call out-of-scope clerk>helper Some("ana")"#,
            r#"settle -  Some("ana")"#,
        ]
    );
    let Event::Call {
        requests,
        audiences,
        clear,
        digest,
        ..
    } = &entries[2].event
    else {
        panic!("{:?}", entries[2]);
    };
    assert_eq!(requests[..], [("pay".into(), "account/ana/1".into())]);
    assert_eq!(audiences[..], ["https://bank.example"]);
    // What the policy marks is shown, the rest is part of a digest.
    let amount = placet_model::json::Json::Number("5".into());
    assert_eq!(clear[..], [("args.amount".into(), amount)]);
    assert!(placet_model::digest::is_digest(digest));
}

#[test]
fn a_request_for_a_call_is_no_issuance() {
    let world = World::new();
    let call = calling("clerk", "bank.pay", "{}");
    let answer = world
        .service
        .issue(call, &Default::default(), world.now)
        .unwrap();
    assert_eq!(answer.reason, Reason::InvalidRequest);
    let id = world.credential("clerk", "bank any account/**");
    let scopes = asking("clerk", Some("ana"), "bank any account/**");
    let answer = world.service.authorize(&id, scopes, world.now).unwrap();
    assert_eq!(answer.decision.reason, Reason::InvalidRequest);
}

#[test]
fn a_bound_credential_needs_the_proof_of_its_key() {
    let world = World::new();
    let options = IssueOptions {
        key: Some("thumb".into()),
        ..IssueOptions::default()
    };
    let request = asking("clerk", Some("ana"), "bank any account/**");
    let id = id_of(&world.service.issue(request, &options, world.now).unwrap());
    let presented = |proven_key| Presented {
        id: &id,
        proven_key,
    };
    for (tool, args) in [
        ("bank.balance", r#"{"account":"x"}"#),
        ("bank.pay", r#"{"to":"ana/1","amount":1}"#),
    ] {
        let used = |proven| {
            let call = calling("clerk", tool, args);
            let answer = world.service.authorize(presented(proven), call, world.now);
            answer.unwrap().decision.reason
        };
        assert_eq!(used(None), Reason::WrongHolder);
        assert_eq!(used(Some("other")), Reason::WrongHolder);
        assert_eq!(used(Some("thumb")), Reason::Granted);
    }
    let handed_on = |proven| {
        let request = asking("helper", None, "bank.balance read account/**");
        let options = IssueOptions::default();
        let answer =
            world
                .service
                .delegate(presented(proven), "clerk", request, &options, world.now);
        answer.unwrap().reason
    };
    assert_eq!(handed_on(None), Reason::WrongHolder);
    assert_eq!(handed_on(Some("thumb")), Reason::Granted);
}

/// Every end can be written and read again, also of what is issued in the last minute.
#[test]
fn nothing_ends_after_the_last_time_that_can_be_written() {
    let mut world = World::new();
    world.now = Time(Time::LAST.0 - 60_000_000);
    let issued = world.issue("clerk", "bank any account/**");
    let json = wire::decision_to_json(&issued);
    let read = wire::read_credential(json).unwrap().unwrap();
    assert_eq!(Some(read), issued.credential);
    let id = id_of(&issued);
    let answer = world.authorize(&id, "clerk", "bank.pay", r#"{"to":"ana/1","amount":1}"#);
    assert!(answer.decision.is_grant());
    assert_eq!(answer.settle_before, Some(Time::LAST));
    assert_eq!(Time::parse(&Time::LAST.to_string()), Some(Time::LAST));
}
