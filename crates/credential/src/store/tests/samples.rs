//! Small pieces for tests of stores.

use placet_model::credential::{Credential, Scope};
use placet_model::json::{Fields, Json};
use placet_model::policy::Outcome;
use placet_model::request::{Assent, Covers, Principal, Record, ScopeRequest, Task};
use placet_model::value::Time;
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::id::CredentialId;
use crate::revocation::{Epoch, Revocation, Revoked};
use crate::store::{Ask, AssentKind, Charge, Held, Past, State, Store, StoreError, Write, Written};

/// The first credential of a chain, or one that `parent` delegates.
pub(crate) fn held(number: u64, agent: &str, task: &str, parent: Option<&Held>) -> Held {
    let id = match parent {
        None => CredentialId::root(number.into()),
        Some(parent) => parent.id.child(number),
    };
    let credential = Credential {
        id: Some(id.as_str().into()),
        agent: Principal {
            id: agent.into(),
            ..Principal::default()
        },
        user: None,
        task: Some(Task {
            id: task.into(),
            facts: Vec::new(),
        }),
        context: Vec::new(),
        issued: Time(0),
        not_after: Time(100),
        policy: "sha256:0".into(),
        scopes: Vec::new(),
        consents: Vec::new(),
        approvals: Vec::new(),
        parent: parent.map(|parent| Box::new(parent.credential.clone())),
    };
    Held {
        id,
        credential,
        epoch: Epoch(0),
        key: None,
    }
}

/// A pending call under a credential.
pub(crate) fn past(held: &Held, time: i64) -> Past {
    let credential = &held.credential;
    Past {
        record: Record {
            seq: 0,
            time: Time(time),
            tool: "mail.send".into(),
            outcome: Outcome::Pending,
            actions: None,
            resources: None,
            agent: Some(credential.agent.id.clone()),
            user: credential.user.as_ref().map(|user| user.id.clone()),
            task: credential.task.as_ref().map(|task| task.id.clone()),
            credential: credential.id.clone(),
            args: Vec::new(),
            result: Vec::new(),
        },
        credential: held.id.clone(),
        charges: Vec::new(),
        settle_before: Time(time.saturating_add(10)),
    }
}

pub(crate) fn consent(agent: &str, not_after: Option<i64>) -> Write {
    Write::Assent {
        kind: AssentKind::Consent,
        assent: Assent {
            by: "ana".into(),
            groups: None,
            agent: agent.into(),
            user: None,
            task: None,
            covers: Covers::Call("sha256:1".into()),
            not_after: not_after.map(Time),
        },
    }
}

pub(crate) fn revocation(of: Revoked) -> Write {
    Write::Revocation(Revocation {
        of,
        by: "ana".into(),
        reason: "over".into(),
        time: Time(1),
    })
}

pub(crate) fn charge(held: &Held, rule: &str, amount: Decimal) -> Write {
    Write::Charge {
        chain: held.id.chain(),
        charge: Charge {
            rule: SmolStr::new(rule),
            index: 0,
            amount,
        },
    }
}

/// A credential and a call where everything is set.
pub(crate) fn full() -> (Held, Past) {
    let fields = |text: &str| -> Fields {
        vec![
            ("n".into(), Json::Number("1.50e0".into())),
            ("t".into(), Json::String(text.into())),
            ("a".into(), Json::Array(vec![Json::Null, Json::Bool(true)])),
            (
                "o".into(),
                Json::Object(vec![("".into(), Json::Bool(false))]),
            ),
        ]
    };
    let principal = |id: &str| Principal {
        id: id.into(),
        groups: Some(vec!["staff".into()]),
        facts: fields(id),
    };
    let assent = Assent {
        by: "eve".into(),
        groups: Some(Vec::new()),
        agent: "planner".into(),
        user: Some("ana".into()),
        task: Some("trip".into()),
        covers: Covers::Scope(ScopeRequest {
            tool: "mail".into(),
            actions: vec!["send".into()],
            resources: vec!["email/**".into()],
        }),
        not_after: Some(Time(i64::MAX)),
    };
    let mut first = held(1, "planner", "trip", None);
    first.credential = Credential {
        agent: principal("planner"),
        user: Some(principal("ana")),
        task: Some(Task {
            id: "trip".into(),
            facts: fields("trip"),
        }),
        context: fields("context"),
        issued: Time(-1),
        scopes: vec![Scope {
            tool: "mail.send".into(),
            action: "send".into(),
            resource: "email/{*to}/**".into(),
            except: vec!["email/x".into()],
            not_after: Time(i64::MIN),
            delegate: u32::MAX,
            rules: vec!["house/mail".into()],
            residual: vec!["args.n < 1".into()],
        }],
        consents: vec![assent.clone()],
        approvals: vec![assent],
        ..first.credential
    };
    let mut child = held(2, "mailer", "trip", Some(&first));
    child.epoch = Epoch(u64::MAX);
    child.key = Some("thumb".into());
    let mut past = past(&child, 7);
    past.record.actions = Some(vec!["send".into()]);
    past.record.resources = Some(Vec::new());
    past.record.args = fields("args");
    past.record.result = fields("\u{0}é😀");
    past.charges = vec![Charge {
        rule: "house/mail".into(),
        index: 1,
        amount: Decimal::new(-150, 2),
    }];
    (child, past)
}

/// Writes without looking.
pub(crate) fn write(store: &dyn Store, writes: Vec<Write>) -> Result<Written, StoreError> {
    store.transact(&Ask::default(), &mut |_| writes.clone())
}

/// Looks without writing.
pub(crate) fn look(store: &dyn Store, ask: &Ask<'_>) -> Result<State, StoreError> {
    let mut seen = State::default();
    store.transact(ask, &mut |state| {
        seen = state.clone();
        Vec::new()
    })?;
    Ok(seen)
}
