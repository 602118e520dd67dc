//! Requests: what a policy enforcement point (PEP) or an authorization server asks.
//!
//! Whoever builds a request vouches for identities, groups, facts and histories. Facts,
//! arguments and histories are still untyped here; the evaluator types them by the
//! policy's declarations and answers `invalid-request` when they do not fit.

use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::credential::Credential;
use crate::json::Fields;
use crate::policy::Outcome;
use crate::value::{Duration, Time};

/// A request for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who acts.
    pub agent: Principal,
    /// For whom; `None` for an autonomous agent.
    pub user: Option<Principal>,
    /// In which task.
    pub task: Option<Task>,
    /// What is asked.
    pub asked: Asked,
    /// Facts of the circumstances.
    pub context: Fields,
    /// When. At issuance and with a credential it is needed.
    pub time: Option<Time>,
    /// What the host knows of resources, by canonical resource.
    pub resources: Vec<(SmolStr, Fields)>,
    /// Past calls, by history name. A history that is not here is undefined.
    pub histories: Vec<(SmolStr, Calls)>,
    /// What the chain has spent of each rule's budgets, by `layer/rule`, one number per
    /// budget in written order. What is not here counts as unspent: a grant then still
    /// obliges its caller to charge the budget before the call.
    pub budgets: Vec<(SmolStr, Vec<Decimal>)>,
    /// Consents given.
    pub consents: Vec<Assent>,
    /// Approvals given.
    pub approvals: Vec<Assent>,
    /// At run time: what the agent holds. At issuance: the parent, for a delegation.
    pub credential: Option<Credential>,
}

/// An agent or a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    /// Its id.
    pub id: SmolStr,
    /// The groups that it is in; `None` when the host does not know.
    pub groups: Option<Vec<SmolStr>>,
    /// Its facts.
    pub facts: Fields,
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: SmolStr,
    /// Its facts.
    pub facts: Fields,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// At run time: may this call be made?
    Call {
        /// The function's path.
        tool: SmolStr,
        /// Its arguments.
        args: Fields,
    },
    /// At run time: may this be done?
    Triple {
        /// The function's path, or a tool that takes plain triples.
        tool: SmolStr,
        /// One of its actions.
        action: SmolStr,
        /// A resource in written form.
        resource: SmolStr,
    },
    /// At issuance: which of these may a credential carry?
    Scopes {
        /// The scopes asked for.
        scopes: Vec<ScopeRequest>,
        /// The longest lifetime wanted.
        ttl: Option<Duration>,
    },
    /// Which tools are worth showing?
    Listing {
        /// Only this tool and those below it.
        tool: Option<SmolStr>,
    },
}

impl Asked {
    /// The tool that is called, or used by a triple; empty for another question.
    #[must_use]
    pub fn called(&self) -> SmolStr {
        match self {
            Self::Call { tool, .. } | Self::Triple { tool, .. } => tool.clone(),
            Self::Scopes { .. } | Self::Listing { .. } => SmolStr::default(),
        }
    }
}

/// A scope that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScopeRequest {
    /// A tool, which covers all below it; `any` for all.
    pub tool: SmolStr,
    /// Actions; `any` alone for all.
    pub actions: Vec<SmolStr>,
    /// Resource patterns in written form.
    pub resources: Vec<SmolStr>,
}

/// What is told of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Its records; those that the declaration does not select are passed over.
    Records(Vec<Record>),
    /// How many there are that the declaration selects, and nothing of them. It is enough
    /// where conditions do no more than `count(…)` the history as it is, and undefined for
    /// every other use.
    Count(u64),
}

/// One past call of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the strict order of all calls.
    pub seq: i64,
    /// When it was made.
    pub time: Time,
    /// The function's path.
    pub tool: SmolStr,
    /// How it ended.
    pub outcome: Outcome,
    /// What it did.
    pub actions: Option<Vec<SmolStr>>,
    /// To what.
    pub resources: Option<Vec<SmolStr>>,
    /// By whom.
    pub agent: Option<SmolStr>,
    /// For whom.
    pub user: Option<SmolStr>,
    /// In which task.
    pub task: Option<SmolStr>,
    /// Under which credential.
    pub credential: Option<SmolStr>,
    /// Its arguments.
    pub args: Fields,
    /// Its result.
    pub result: Fields,
}

/// A consent or an approval that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assent {
    /// Who gave it: for a consent the user, for an approval somebody else.
    pub by: SmolStr,
    /// The groups of that person, for groups whose members come with requests.
    pub groups: Option<Vec<SmolStr>>,
    /// To which agent.
    pub agent: SmolStr,
    /// For an approval: on behalf of which user the agent acts.
    pub user: Option<SmolStr>,
    /// In which task.
    pub task: Option<SmolStr>,
    /// To what.
    pub covers: Covers,
    /// Until when (exclusive).
    pub not_after: Option<Time>,
}

/// What an assent covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Covers {
    /// A scope.
    Scope(ScopeRequest),
    /// One single call: the digest of its tool and arguments, `sha256:…`.
    Call(SmolStr),
}
