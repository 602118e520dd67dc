//! Decides requests against a compiled policy: at run time, at issuance, and for
//! listings; and says why.
//!
//! Never sees a parser of policies, a clock, a file, the environment or a network: time
//! is part of the request. The decision path does not panic and takes `&self`; what it
//! cannot tell, it denies.

mod bind;
mod cache;
mod call;
mod clauses;
mod duties;
mod engine;
mod eval;
mod explain;
pub mod extract;
mod index;
mod inputs;
mod issuance;
mod listing;
mod observe;
mod outlook;
mod pattern;
mod probe;
mod runtime;
mod truth;
mod typed;
mod walk;

pub use bind::{MAX_CHAIN, is_in};
pub use call::MAX_REQUESTS;
pub use engine::{Engine, Ready};
pub use eval::MAX_STEPS;
pub use explain::{AskedView, Clause, Explanation, LayerVerdict, LayerView, RuleView};
pub use inputs::Read;
pub use issuance::MAX_ALTERNATIVES;
pub use observe::{Atom, Glimpse, Observer, Part, Seen};
pub use outlook::{Outlook, Told};
pub use pattern::MAX_FILLED;
pub use probe::Probe;
pub use runtime::{LEEWAY, Ruling};
pub use truth::Truths;
