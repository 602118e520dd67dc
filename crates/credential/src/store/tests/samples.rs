//! Small pieces for tests of stores.

use placet_model::credential::Credential;
use placet_model::policy::Outcome;
use placet_model::request::{Assent, Covers, Principal, Record, Task};
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
        settle_before: Time(time + 10),
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
