//! A service over a small bank, with a clock in the test's hand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use placet_credential::audit::{Audit, AuditError, Entry};
use placet_credential::id::CredentialId;
use placet_credential::service::{Authorized, Error, IssueOptions, Mode, Service, Settings};
use placet_credential::store::{AssentKind, Memory, Store};
use placet_evaluator::Engine;
use placet_model::decision::{Decision, Reason};
use placet_model::json::Fields;
use placet_model::request::Request;
use placet_model::value::Time;
use placet_model::wire;
use placet_syntax::{Source, Sources};

/// One minute.
pub(crate) const MINUTE: i64 = 60_000_000;

/// A bank whose agents read and pay, and hand on.
pub(crate) const BANK: &str = r#"
policy bank { language 1  layers main  lifetime 1h }

agent clerk
agent helper
agent stranger
group users managers = mona, max

@loggable("amount")
tool bank {
  audience "https://bank.example"
  action read  { balance(account: text) -> "account/{path(account)}" }
  action pay   { pay(to: text, amount: decimal) -> "account/{path(to)}" }
  action close { close(account: text) -> "account/{path(account)}" }
}

history payments = calls tool bank.pay per chain within 1h
history refused  = calls tool bank.close outcome denied per agent within 1h

grant reading {
  agent clerk, helper  user any  tool bank.balance  action read  resource "account/**"
  delegate 2  for 30m
}

grant paying {
  agent clerk, helper  user any  tool bank.pay  action pay  resource "account/{user.id}/**"
  when  args.amount <= 100.00
  delegate 1  for 20m
  budget 250.00 of args.amount
}

deny too-often { tool bank.pay  unless count(payments) < 4 }

grant closing {
  agent clerk  user any  tool bank.close  action close  resource "account/**"
  consent per call  approval managers
}

deny locked-out { tool bank.close  unless count(refused) < 3 }
"#;

/// What happened, in memory; it can be made to fail.
#[derive(Clone, Default)]
pub(crate) struct Trail {
    pub(crate) entries: Arc<Mutex<Vec<Entry>>>,
    pub(crate) broken: Arc<AtomicBool>,
}

impl Audit for Trail {
    fn append(&self, entry: &Entry) -> Result<(), AuditError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(AuditError("the disk is full".into()));
        }
        self.entries.lock().unwrap().push(entry.clone());
        Ok(())
    }
}

/// A service and a clock.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) trail: Trail,
    pub(crate) now: Time,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(BANK, Arc::new(Memory::new()))
    }

    pub(crate) fn with(policy: &str, store: Arc<dyn Store>) -> Self {
        let trail = Trail::default();
        let now = Time::parse("2026-11-24T10:00:00Z").unwrap();
        let next = AtomicU64::new(1);
        let settings = Settings {
            random: Box::new(move || Some(next.fetch_add(1, Ordering::SeqCst).into())),
            ..Settings::default()
        };
        let engine = Engine::new(compile(policy));
        let service = Service::open(engine, store, Arc::new(trail.clone()), settings, now).unwrap();
        Self {
            service,
            trail,
            now,
        }
    }

    pub(crate) fn after(&mut self, minutes: i64) {
        self.now = Time(self.now.0 + minutes * MINUTE);
    }

    pub(crate) fn issue(&self, agent: &str, scopes: &str) -> Decision {
        self.try_issue(agent, "ana", scopes, Mode::Narrow).unwrap()
    }

    pub(crate) fn try_issue(
        &self,
        agent: &str,
        user: &str,
        scopes: &str,
        mode: Mode,
    ) -> Result<Decision, Error> {
        let options = IssueOptions { mode, key: None };
        self.service
            .issue(asking(agent, Some(user), scopes), &options, self.now)
    }

    /// The id of a credential for these scopes.
    pub(crate) fn credential(&self, agent: &str, scopes: &str) -> CredentialId {
        id_of(&self.issue(agent, scopes))
    }

    pub(crate) fn delegate(
        &self,
        parent: &CredentialId,
        by: &str,
        to: &str,
        scopes: &str,
    ) -> Decision {
        let request = asking(to, None, scopes);
        self.service
            .delegate(parent, by, request, &IssueOptions::default(), self.now)
            .unwrap()
    }

    pub(crate) fn call(&self, id: &CredentialId, agent: &str, tool: &str, args: &str) -> Reason {
        self.authorize(id, agent, tool, args).decision.reason
    }

    pub(crate) fn authorize(
        &self,
        id: &CredentialId,
        agent: &str,
        tool: &str,
        args: &str,
    ) -> Authorized {
        self.service
            .authorize(id, calling(agent, tool, args), self.now)
            .unwrap()
    }

    /// Records all that a denial asks for, approvals by a member of the managers.
    pub(crate) fn give(&self, decision: &Decision) {
        let asked = wire::read_ask(wire::decision_to_json(decision)).unwrap();
        let record = |kind, assent| self.service.record_assent(kind, assent, self.now).unwrap();
        for consent in asked.consents {
            record(AssentKind::Consent, consent);
        }
        for approver in asked.approvals {
            record(AssentKind::Approval, approver.by("mona".into(), None));
        }
    }
}

pub(crate) fn compile(policy: &str) -> placet_model::compiled::Compiled {
    let mut sources = Sources::default();
    let id = sources.add(Source::new("test.placet", policy));
    let parsed = placet_syntax::parse(id, sources.get(id).unwrap());
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    let compiled = placet_compiler::compile(&sources, &[parsed.file]);
    assert!(compiled.compiled.is_some(), "{:#?}", compiled.diagnostics);
    compiled.compiled.unwrap()
}

/// A request for scopes, written `tool action pattern; tool action pattern`.
pub(crate) fn asking(agent: &str, user: Option<&str>, scopes: &str) -> Request {
    let scopes: Vec<String> = scopes
        .split(';')
        .map(|scope| {
            let words: Vec<&str> = scope.split_whitespace().collect();
            let [tool, action, resource] = words[..] else {
                panic!("a scope is three words: {scope}");
            };
            format!(r#"{{"tool":"{tool}","action":"{action}","resource":"{resource}"}}"#)
        })
        .collect();
    let user = user.map_or(String::new(), |user| {
        format!(r#""user": {{"id":"{user}"}}, "task": {{"id":"T-1"}},"#)
    });
    read(&format!(
        r#"{{"moment":"issuance","agent":{{"id":"{agent}"}},{user}"scopes":[{}]}}"#,
        scopes.join(",")
    ))
}

pub(crate) fn calling(agent: &str, tool: &str, args: &str) -> Request {
    read(&format!(
        r#"{{"moment":"runtime","agent":{{"id":"{agent}"}},"call":{{"tool":"{tool}","args":{args}}}}}"#
    ))
}

pub(crate) fn read(text: &str) -> Request {
    wire::read_request(text.as_bytes())
        .unwrap()
        .unwrap_or_else(|invalid| panic!("{invalid}: {text}"))
        .request
}

pub(crate) fn fields(text: &str) -> Fields {
    match wire::read_json(text.as_bytes()).unwrap().unwrap() {
        placet_model::json::Json::Object(fields) => fields,
        other => panic!("no object: {other:?}"),
    }
}

pub(crate) fn id_of(decision: &Decision) -> CredentialId {
    let credential = decision.credential.as_ref();
    let credential = credential.unwrap_or_else(|| panic!("nothing issued: {decision:#?}"));
    CredentialId::parse(credential.id.as_deref().unwrap()).unwrap()
}

pub(crate) fn patterns(decision: &Decision) -> Vec<String> {
    let scopes = decision.credential.iter().flat_map(|held| &held.scopes);
    scopes
        .map(|scope| format!("{} {} {}", scope.tool, scope.action, scope.resource))
        .collect()
}
