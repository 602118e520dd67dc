//! Placet decides which agent may, on behalf of which user, use which tool to do what to
//! which resource: when a credential is issued, and again at every call.
//!
//! This crate is what an enforcement point or an authorization server embeds. The engine
//! reads no file, no clock and no environment: policy texts, requests and time are handed
//! to it.
//!
//! ```
//! use placet::{Engine, json};
//!
//! let policy = placet::compile([(
//!     "notes.placet",
//!     r#"
//!     policy notes { language 1  layers main  lifetime 1h }
//!     agent assistant
//!     tool notes {
//!       action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" }
//!     }
//!     /// The assistant reads the notes of the user for whom it acts.
//!     grant own-notes {
//!       agent    assistant
//!       user     any
//!       tool     notes
//!       action   read
//!       resource "note/{user.id}/**"
//!       for      15m
//!     }
//!     "#,
//! )])?;
//! let engine = Engine::new(policy);
//!
//! // Which of these scopes may a credential for this task carry?
//! let asked = json::read_request(
//!     br#"{
//!         "moment": "issuance",
//!         "agent": { "id": "assistant" },
//!         "user": { "id": "ana" },
//!         "scopes": [{ "tool": "notes", "action": "read", "resource": "note/**" }],
//!         "time": "2026-11-23T10:00:00Z"
//!     }"#,
//! )??;
//! let issued = engine.decide(&asked.request);
//! let credential = issued.credential.ok_or("nothing was granted")?;
//! assert_eq!(credential.scopes[0].resource, "note/ana/**");
//!
//! // May this call be made under that credential, five minutes later?
//! let asked = json::read_request(
//!     br#"{
//!         "moment": "runtime",
//!         "agent": { "id": "assistant" },
//!         "user": { "id": "ana" },
//!         "call": { "tool": "notes.read_note", "args": { "owner": "ben", "id": 7 } },
//!         "time": "2026-11-23T10:05:00Z"
//!     }"#,
//! )??;
//! let mut request = asked.request;
//! request.credential = Some(credential);
//! let decision = engine.decide(&request);
//! assert!(!decision.is_grant(), "the note is not Ana's");
//! assert_eq!(decision.reason.name(), "out-of-scope");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An engine decides and forgets. A [`Service`] keeps what it issues, counts what is done
//! under it, revokes, and leaves a trail; time is an input here, too.
//!
//! ```
//! use std::sync::Arc;
//!
//! use placet::credential::audit::MemoryAudit;
//! use placet::credential::id::CredentialId;
//! use placet::credential::revocation::{Revocation, Revoked};
//! use placet::credential::service::{IssueOptions, Settings};
//! use placet::credential::store::Memory;
//! use placet::model::value::Time;
//! use placet::{Engine, Reason, Service, json};
//!
//! # let policy = placet::compile([(
//! #     "notes.placet",
//! #     r#"
//! #     policy notes { language 1  layers main  lifetime 1h }
//! #     agent assistant
//! #     tool notes {
//! #       action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" }
//! #     }
//! #     grant own-notes {
//! #       agent assistant  user any  tool notes  action read  resource "note/{user.id}/**"
//! #       budget 2 calls  for 15m
//! #     }
//! #     "#,
//! # )])?;
//! # let asked = json::read_request(
//! #     br#"{
//! #         "moment": "issuance", "agent": { "id": "assistant" }, "user": { "id": "ana" },
//! #         "scopes": [{ "tool": "notes", "action": "read", "resource": "note/**" }]
//! #     }"#,
//! # )??
//! # .request;
//! # let call = json::read_request(
//! #     br#"{
//! #         "moment": "runtime", "agent": { "id": "assistant" }, "user": { "id": "ana" },
//! #         "call": { "tool": "notes.read_note", "args": { "owner": "ana", "id": 7 } }
//! #     }"#,
//! # )??
//! # .request;
//! // On disk instead: `store::Disk` and `audit::FileAudit`.
//! let audit = Arc::new(MemoryAudit::new());
//! let now = Time::parse("2026-11-23T10:00:00Z").ok_or("no time")?;
//! let engine = Engine::new(policy); // its grant has `budget 2 calls`
//! let store = Arc::new(Memory::default());
//! let service = Service::open(engine, store, audit.clone(), Settings::default(), now)?;
//!
//! // A task starts: the credential that comes with the decision has an id.
//! let issued = service.issue(asked, &IssueOptions::default(), now)?;
//! let id = issued.credential.and_then(|held| CredentialId::parse(&held.id?));
//! let id = id.ok_or("nothing was granted")?;
//!
//! // Each call is decided and counted in one step; then it is made, and settled.
//! let first = service.authorize(&id, call.clone(), now)?;
//! let second = service.authorize(&id, call.clone(), now)?;
//! assert!(first.decision.is_grant() && second.decision.is_grant());
//! let third = service.authorize(&id, call.clone(), now)?;
//! assert_eq!(third.decision.reason, Reason::BudgetExhausted);
//!
//! // It ends at the next call.
//! service.revoke(&Revocation {
//!     of: Revoked::User("ana".into()),
//!     by: "ana".into(),
//!     reason: "that is enough".into(),
//!     time: now,
//! })?;
//! let late = service.authorize(&id, call, now)?;
//! assert_eq!(late.decision.reason, Reason::Revoked);
//! assert_eq!(audit.entries().len(), 6, "everything is told");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever asks before every call wants the answer and no words. A [`Question`] borrows what
//! the host has at hand, where a [`Request`] keeps what was read, and [`Engine::ruling`] tells
//! granted, or denied with the reason. Whatever takes the one takes the other, and checks both
//! alike.
//!
//! ```
//! use placet::model::question::{Asking, Given, Party};
//! use placet::{Engine, Question, Reason, Ruling};
//!
//! # let policy = placet::compile([(
//! #     "notes.placet",
//! #     r#"
//! #     policy notes { language 1  layers main  lifetime 1h }
//! #     agent assistant
//! #     facts user { clearance: int, region: text }
//! #     tool notes { action read -> "note/**" }
//! #     grant own-notes {
//! #       agent assistant  user any  tool notes  action read  resource "note/{user.id}/**"
//! #       when user.clearance >= 2
//! #     }
//! #     "#,
//! # )])?;
//! let engine = Engine::new(policy);
//! let facts = [("clearance", 3.into()), ("region", "eu".into())];
//! let asked = Asking::Triple {
//!     tool: "notes",
//!     action: "read",
//!     resource: "note/ben/7",
//! };
//! let question = Question {
//!     user: Some(Party {
//!         facts: Given::Lent(&facts),
//!         ..Party::from("ana")
//!     }),
//!     ..Question::new("assistant", asked)
//! };
//! // Under a credential: `Question { credential: Some(&held), time: Some(now), .. }`, and `ruling`.
//! let ruling = engine.ruling_without_credential(&question);
//! assert_eq!(ruling, Ruling::Denied(Reason::NoGrant), "the note is not Ana's");
//!
//! // A gate that asks about one call again and again, such as before each part of a stream,
//! // has its names looked up once.
//! let ready = engine.ready_without_credential(&question);
//! assert_eq!(ready.ruling(), ruling);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Policies can be compiled ahead: [`Policy::save`] gives bytes, [`Policy::load`] checks them
//! completely. A decision point that never sees policy text can link `placet-evaluator` and
//! `placet-model` alone.

pub use placet_analysis as analysis;
pub use placet_compiler::texts::{Census, Checked, Findings, check, compile};
pub use placet_credential as credential;
/// Issues credentials, decides calls under them, counts, revokes, and leaves a trail.
pub use placet_credential::service::Service;
pub use placet_evaluator as explain;
pub use placet_evaluator::{Engine, Explanation, Ready, Ruling};
/// A compiled policy set: what an [`Engine`] decides with.
pub use placet_model::compiled::Compiled as Policy;
pub use placet_model::decision::{Decision, Reason};
pub use placet_model::question::Question;
pub use placet_model::request::Request;
/// Requests, decisions and credentials as JSON.
pub use placet_model::wire as json;

pub use placet_model as model;
pub use placet_suite as suite;
pub use placet_syntax as syntax;
