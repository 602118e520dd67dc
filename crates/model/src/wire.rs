//! Requests, decisions and credentials to JSON, requests and credentials from it.
//!
//! This is the only place that knows how inner types look outside. The shapes are
//! described in `docs/reference/requests.md`, whose examples are tests.

mod ask;
mod build;
mod credential;
mod decision;
mod json;
pub mod limits;
mod object;
mod place;
mod request;
mod suggest;
mod tell;
mod write;

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

pub use self::ask::{Approver, AskedFor, asked_for_to_json, read_ask};
pub use self::credential::{
    assent_to_json, credential_to_json, read_credential, scope_request_to_json, scope_to_json,
};
pub use self::decision::{
    decision_to_json, invalid_decision, not_json_to_json, unavailable_to_json,
};
pub use self::json::{NotJson, read_json};
pub use self::place::Invalid;
pub use self::request::{Incoming, Moment, read_request, request_from_json};
pub use self::suggest::closest;
pub use self::tell::request_to_json;
pub(crate) use self::write::write_string;
pub use self::write::{to_pretty_text, to_text};
