//! Questions: requests that borrow all that they say.
//!
//! This is what an engine is asked with. A host that has names and facts at hand lends them
//! ([`Question::new`]) and copies nothing; a [`Request`] that was read or kept lends itself
//! (`Question::from(&request)`). Both say the same, and are checked alike.

use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::credential::Credential;
use crate::json::{Fields, Json};
use crate::request::{Asked, Assent, Calls, Principal, Request, ScopeRequest, Task};
use crate::value::{Duration, Time};

/// A request whose texts lie elsewhere; its parts mean what those of a [`Request`] mean.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who acts.
    pub agent: Party<'a>,
    /// For whom; `None` for an autonomous agent.
    pub user: Option<Party<'a>>,
    /// In which task; it is in no groups.
    pub task: Option<Job<'a>>,
    /// What is asked.
    pub asked: Asking<'a>,
    /// Facts of the circumstances.
    pub context: Given<'a>,
    /// When. At issuance and with a credential it is needed.
    pub time: Option<Time>,
    /// What the host knows of resources, by canonical resource.
    pub resources: &'a [(SmolStr, Fields)],
    /// Past calls, by history name. A history that is not here is undefined.
    pub histories: &'a [(SmolStr, Calls)],
    /// What the chain has spent of each rule's budgets, by `layer/rule`.
    pub budgets: &'a [(SmolStr, Vec<Decimal>)],
    /// Consents given.
    pub consents: &'a [Assent],
    /// Approvals given.
    pub approvals: &'a [Assent],
    /// At run time: what the agent holds. At issuance: the parent, for a delegation.
    pub credential: Option<&'a Credential>,
}

/// An agent or a user.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// Its id.
    pub id: &'a str,
    /// The groups that it is in; `None` when the host does not know.
    pub groups: Option<Names<'a>>,
    /// Its facts.
    pub facts: Given<'a>,
}

/// A task.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its facts.
    pub facts: Given<'a>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'a> {
    /// At run time: may this call be made?
    Call {
        /// The function's path.
        tool: &'a str,
        /// Its arguments.
        args: Given<'a>,
    },
    /// At run time: may this be done?
    Triple {
        /// The function's path, or a tool that takes plain triples.
        tool: &'a str,
        /// One of its actions.
        action: &'a str,
        /// A resource in written form.
        resource: &'a str,
    },
    /// At issuance: which of these may a credential carry?
    Scopes {
        /// The scopes asked for.
        scopes: &'a [ScopeRequest],
        /// The longest lifetime wanted.
        ttl: Option<Duration>,
    },
    /// Which tools are worth showing?
    Listing {
        /// Only this tool and those below it.
        tool: Option<&'a str>,
    },
}

/// Named values, each name once: a name that means something and comes twice makes the request
/// invalid.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// As they were read.
    Read(&'a [(SmolStr, Json)]),
    /// As a host has them.
    Lent(&'a [(&'a str, Datum<'a>)]),
}

/// A value as a host has it.
#[derive(Clone, Copy, Debug)]
pub enum Datum<'a> {
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text, or whatever is written as one: a time, a duration, an address, an enum's value.
    Text(&'a str),
    /// Anything else.
    Json(&'a Json),
}

/// Names of groups.
#[derive(Clone, Copy, Debug)]
pub enum Names<'a> {
    /// As they were read.
    Read(&'a [SmolStr]),
    /// As a host has them.
    Lent(&'a [&'a str]),
}

impl<'a> Question<'a> {
    /// What an agent asks, for nobody and without anything else.
    #[must_use]
    pub fn new(agent: impl Into<Party<'a>>, asked: Asking<'a>) -> Self {
        Self {
            agent: agent.into(),
            user: None,
            task: None,
            asked,
            context: Given::NONE,
            time: None,
            resources: &[],
            histories: &[],
            budgets: &[],
            consents: &[],
            approvals: &[],
            credential: None,
        }
    }
}

impl<'a> From<&'a Request> for Question<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            agent: Party::from(&request.agent),
            user: request.user.as_ref().map(Party::from),
            task: request.task.as_ref().map(Job::from),
            asked: Asking::from(&request.asked),
            context: Given::Read(&request.context),
            time: request.time,
            resources: &request.resources,
            histories: &request.histories,
            budgets: &request.budgets,
            consents: &request.consents,
            approvals: &request.approvals,
            credential: request.credential.as_ref(),
        }
    }
}

/// So that what asks takes a question that is there already, too.
impl<'a> From<&Question<'a>> for Question<'a> {
    fn from(question: &Question<'a>) -> Self {
        *question
    }
}

impl<'a> From<&'a str> for Party<'a> {
    fn from(id: &'a str) -> Self {
        Self {
            id,
            groups: None,
            facts: Given::NONE,
        }
    }
}

impl<'a> From<&'a Principal> for Party<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self {
            id: &principal.id,
            groups: principal.groups.as_deref().map(Names::Read),
            facts: Given::Read(&principal.facts),
        }
    }
}

impl<'a> From<&'a str> for Job<'a> {
    fn from(id: &'a str) -> Self {
        Self {
            id,
            facts: Given::NONE,
        }
    }
}

impl<'a> From<&'a Task> for Job<'a> {
    fn from(task: &'a Task) -> Self {
        Self {
            id: &task.id,
            facts: Given::Read(&task.facts),
        }
    }
}

impl<'a> From<&'a Asked> for Asking<'a> {
    fn from(asked: &'a Asked) -> Self {
        match asked {
            Asked::Call { tool, args } => Self::Call {
                tool,
                args: Given::Read(args),
            },
            Asked::Triple {
                tool,
                action,
                resource,
            } => Self::Triple {
                tool,
                action,
                resource,
            },
            Asked::Scopes { scopes, ttl } => Self::Scopes { scopes, ttl: *ttl },
            Asked::Listing { tool } => Self::Listing {
                tool: tool.as_deref(),
            },
        }
    }
}

impl<'a> Given<'a> {
    /// Nothing.
    pub const NONE: Self = Self::Lent(&[]);

    /// Whether nothing is given.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        match self {
            Self::Read(fields) => fields.is_empty(),
            Self::Lent(fields) => fields.is_empty(),
        }
    }

    /// The names with their values, in the order in which they are given.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Datum<'a>)> {
        let (read, lent) = match self {
            Self::Read(fields) => (fields, [].as_slice()),
            Self::Lent(fields) => ([].as_slice(), fields),
        };
        let read = read
            .iter()
            .map(|(name, json)| (name.as_str(), Datum::Json(json)));
        read.chain(lent.iter().copied())
    }

    /// The value of a name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Datum<'a>> {
        self.iter()
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    }

    /// The same, as JSON.
    #[must_use]
    pub fn to_fields(self) -> Fields {
        self.iter()
            .map(|(name, value)| (name.into(), value.to_json()))
            .collect()
    }
}

impl<'a> From<&'a Fields> for Given<'a> {
    fn from(fields: &'a Fields) -> Self {
        Self::Read(fields)
    }
}

impl Datum<'_> {
    /// The same, as JSON.
    #[must_use]
    pub fn to_json(self) -> Json {
        match self {
            Self::Bool(value) => Json::Bool(value),
            Self::Int(value) => Json::Number(smol_str::format_smolstr!("{value}")),
            Self::Text(text) => Json::String(text.into()),
            Self::Json(json) => json.clone(),
        }
    }
}

impl From<bool> for Datum<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Datum<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Datum<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Json> for Datum<'a> {
    fn from(json: &'a Json) -> Self {
        Self::Json(json)
    }
}

impl<'a> Names<'a> {
    /// The names, in the order in which they are given.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (read, lent) = match self {
            Self::Read(names) => (names, [].as_slice()),
            Self::Lent(names) => ([].as_slice(), names),
        };
        let read = read.iter().map(SmolStr::as_str);
        read.chain(lent.iter().copied())
    }

    /// The same, owned.
    #[must_use]
    pub fn to_vec(self) -> Vec<SmolStr> {
        self.iter().map(SmolStr::new).collect()
    }

    /// Whether a name is among them.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        self.iter().any(|given| given == name)
    }
}
