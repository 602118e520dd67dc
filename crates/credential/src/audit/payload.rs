//! What a record says, before it has its place in the chain.

use placet_model::decision::Reason;
use placet_model::json::Json;
use placet_model::value::Time;
use placet_model::wire::{assent_to_json, scope_request_to_json, scope_to_json, to_text};
use smol_str::SmolStr;

use super::build::Members;
use super::{Entry, Event, Link};
use crate::revocation::{Revocation, Revoked};

/// The inside of a record: `"time":"…","event":"…",…`.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    pub(super) time: Time,
    pub(super) text: String,
}

impl Payload {
    /// The record of an entry.
    pub(super) fn of(entry: &Entry) -> Self {
        let Entry {
            time,
            event,
            decision,
            rules,
            agent,
            user,
            task,
            credential,
            chain,
            policy,
            latency,
        } = entry;
        Self::own(*time, event.name(), |json| {
            if let Some(reason) = decision {
                json.maybe("moment", moment(event).map(SmolStr::new_static).as_ref());
                let granted = *reason == Reason::Granted;
                json.text("decision", if granted { "grant" } else { "deny" });
                json.text("reason", reason.name());
            }
            json.maybe("agent", agent.as_ref());
            json.maybe("user", user.as_ref());
            json.maybe("task", task.as_ref());
            json.maybe("credential", credential.as_ref());
            json.list("chain", chain, link);
            put_event(json, event);
            json.texts("rules", rules);
            json.maybe("policy", policy.as_ref());
            if let Some(latency) = latency {
                json.number("latency_us", latency.0);
            }
        })
    }

    /// A record of some event.
    pub(super) fn own(time: Time, event: &'static str, fill: impl FnOnce(&mut Members)) -> Self {
        let time = recordable(time);
        let mut json = Members::default();
        json.shown("time", time);
        json.text("event", event);
        fill(&mut json);
        let mut text = to_text(&json.into());
        // Without the braces: sequence number and hashes come around it.
        text.pop();
        text.remove(0);
        Self { time, text }
    }
}

/// The nearest time that RFC 3339 can write.
pub(super) fn recordable(time: Time) -> Time {
    const FIRST: Time = Time(-62_135_596_800_000_000);
    const LAST: Time = Time(253_402_300_799_999_999);
    time.clamp(FIRST, LAST)
}

/// At which moment an event is decided.
const fn moment(event: &Event) -> Option<&'static str> {
    match event {
        Event::Issue { .. } | Event::Delegate { .. } => Some("issuance"),
        Event::Call { .. } => Some("runtime"),
        Event::Settle { .. } | Event::Revoke { .. } | Event::Assent { .. } => None,
    }
}

fn link(link: &Link) -> Json {
    let mut json = Members::default();
    json.text("credential", &link.credential);
    json.text("agent", &link.agent);
    json.into()
}

fn put_event(json: &mut Members, event: &Event) {
    match event {
        Event::Issue { asked, issued } => {
            json.list("asked", asked, scope_request_to_json);
            json.list("issued", issued, scope_to_json);
        }
        Event::Delegate { by, asked, issued } => {
            json.text("by", by);
            json.list("asked", asked, scope_request_to_json);
            json.list("issued", issued, scope_to_json);
        }
        Event::Call {
            tool,
            requests,
            audiences,
            digest,
            clear,
            seq,
        } => {
            json.text("tool", tool);
            json.list("requests", requests, |(action, resource)| {
                let mut json = Members::default();
                json.text("action", action);
                json.text("resource", resource);
                json.into()
            });
            json.texts("audiences", audiences);
            json.text("call", digest);
            json.fields("clear", clear);
            if let Some(seq) = seq {
                json.number("number", seq);
            }
        }
        Event::Settle { seq, outcome } => {
            json.number("number", seq);
            json.text("outcome", outcome.name());
        }
        Event::Revoke { revocation, epoch } => {
            json.put("revocation", revocation_to_json(revocation));
            json.number("epoch", epoch);
        }
        Event::Assent {
            kind: _,
            id,
            assent,
        } => {
            json.number("number", id);
            json.put("assent", assent_to_json(assent));
        }
    }
}

/// `{"task":"T-1","by":"ana","reason":"done"}`; the time is the record's.
fn revocation_to_json(revocation: &Revocation) -> Json {
    let Revocation {
        of,
        by,
        reason,
        time: _,
    } = revocation;
    let mut json = Members::default();
    match of {
        Revoked::Credential(id) => json.text("credential", id.as_str()),
        Revoked::Task(task) => json.text("task", task),
        Revoked::Agent(agent) => json.text("agent", agent),
        Revoked::User(user) => json.text("user", user),
        Revoked::Policy(digest) => json.text("policy", digest),
        Revoked::IssuedBefore(time) => json.shown("issued_before", time),
        Revoked::Services(policy) => json.text("services_but", policy),
    }
    json.text("by", by);
    json.text("reason", reason);
    json.into()
}
