//! What issuance produces and a runtime request carries.
//!
//! It is plain data: whoever presents it to the engine vouches that issuance made it.

use smol_str::SmolStr;

use crate::json::Fields;
use crate::request::{Assent, Principal, Task};
use crate::value::Time;

/// A task-scoped credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The id that the credential service gave it; an issuance decision has none yet.
    pub id: Option<SmolStr>,
    /// Its holder, the only one; groups and facts as they were at issuance. At run time
    /// the holder's groups and facts come anew, but for `fixed` ones; those of the agents
    /// further up the chain are read from here.
    pub agent: Principal,
    /// The user, with groups as they were at issuance and facts that are `fixed`.
    pub user: Option<Principal>,
    /// The task with all of its facts.
    pub task: Option<Task>,
    /// Context facts that are `fixed`.
    pub context: Fields,
    /// When it was issued; valid from then on, with a leeway on this side only.
    pub issued: Time,
    /// When its last scope ends (exclusive).
    pub not_after: Time,
    /// The digest of the policy that issued it, `sha256:…`.
    pub policy: SmolStr,
    /// What it carries.
    pub scopes: Vec<Scope>,
    /// Consents to scopes that issuance rested on; they count at each call.
    pub consents: Vec<Assent>,
    /// Approvals of scopes that issuance rested on; likewise.
    pub approvals: Vec<Assent>,
    /// What it was delegated from.
    pub parent: Option<Box<Self>>,
}

/// A scope that was issued: one function, one action, one pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The function's path.
    pub tool: SmolStr,
    /// The action.
    pub action: SmolStr,
    /// The resources, a pattern in written form.
    pub resource: SmolStr,
    /// Patterns of resources that denies cut out of it, sorted.
    pub except: Vec<SmolStr>,
    /// When it ends (exclusive).
    pub not_after: Time,
    /// How many further links the chain may get.
    pub delegate: u32,
    /// The rules that gave and bounded it, `layer/rule`, sorted.
    pub rules: Vec<SmolStr>,
    /// What is still open and asked at each call, as policy text, sorted.
    pub residual: Vec<SmolStr>,
}
