//! Decisions: grant or deny, with the reason, the rules and what is asked for.

use smol_str::SmolStr;

use crate::credential::{Credential, Scope};
use crate::policy::RuleKind;
use crate::request::ScopeRequest;
use crate::value::{Duration, Time};

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why. It is a grant exactly when this is [`Reason::Granted`].
    pub reason: Reason,
    /// The rules that decided, sorted by name.
    pub rules: Vec<RuleNote>,
    /// What comes with a grant, or what to ask for.
    pub obligations: Obligations,
    /// Inputs that were needed and missing, as policy text, sorted.
    pub missing: Vec<SmolStr>,
    /// Short lines for people: where an invalid request is wrong, what failed.
    pub explanation: Vec<SmolStr>,
    /// At issuance: what each scope became, in the order asked.
    pub scopes: Vec<ScopeOutcome>,
    /// At run time: what the call is, in the words of the policy, granted or not; sorted,
    /// each once. Empty when the call or triple could not be mapped.
    pub requests: Vec<MappedRequest>,
    /// At issuance, when anything was granted.
    pub credential: Option<Credential>,
    /// At listing: the tools worth showing, sorted by path.
    pub tools: Vec<ToolAnswer>,
    /// Inputs that the decision consulted, as policy text, sorted.
    pub consulted: Vec<SmolStr>,
    /// The digest of the policy that decided, `sha256:…`.
    pub policy: SmolStr,
}

impl Decision {
    /// Whether the request is granted.
    #[must_use]
    pub fn is_grant(&self) -> bool {
        self.reason == Reason::Granted
    }

    /// Whether the consents and approvals of its obligations are still to be asked for, and
    /// not used. At issuance they are: they would give more than was issued.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.is_grant() || !self.scopes.is_empty()
    }
}

/// Why a decision is what it is: the closed list of the language reference, in its
/// order. A consumer treats a reason that it does not know as deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The request is malformed or contradicts itself.
    InvalidRequest,
    /// The tool is not declared.
    UnknownTool,
    /// The tool has no such action.
    UnknownAction,
    /// The agent is neither declared nor in a group that the policy knows.
    UnknownAgent,
    /// The credential is another agent's.
    WrongHolder,
    /// The credential was revoked.
    Revoked,
    /// The credential is not valid yet.
    NotYetValid,
    /// The credential, its scope or the grant's lifetime has ended.
    Expired,
    /// No scope of the credential covers it.
    OutOfScope,
    /// A deny matches.
    DeniedByRule,
    /// No grant matches.
    NoGrant,
    /// Somebody must approve first.
    ApprovalRequired,
    /// The user must consent first.
    ConsentRequired,
    /// The budget is used up.
    BudgetExhausted,
    /// It is granted.
    Granted,
}

impl Reason {
    /// All reasons, in the order in which they apply.
    pub const ALL: [Self; 15] = [
        Self::InvalidRequest,
        Self::UnknownTool,
        Self::UnknownAction,
        Self::UnknownAgent,
        Self::WrongHolder,
        Self::Revoked,
        Self::NotYetValid,
        Self::Expired,
        Self::OutOfScope,
        Self::DeniedByRule,
        Self::NoGrant,
        Self::ApprovalRequired,
        Self::ConsentRequired,
        Self::BudgetExhausted,
        Self::Granted,
    ];

    /// As it is written in decisions and tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid-request",
            Self::UnknownTool => "unknown-tool",
            Self::UnknownAction => "unknown-action",
            Self::UnknownAgent => "unknown-agent",
            Self::WrongHolder => "wrong-holder",
            Self::Revoked => "revoked",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::OutOfScope => "out-of-scope",
            Self::DeniedByRule => "denied-by-rule",
            Self::NoGrant => "no-grant",
            Self::ApprovalRequired => "approval-required",
            Self::ConsentRequired => "consent-required",
            Self::BudgetExhausted => "budget-exhausted",
            Self::Granted => "granted",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule that decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleNote {
    /// `layer/rule`
    pub name: SmolStr,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// Who owns it.
    pub owner: Option<SmolStr>,
    /// Its doc comment.
    pub doc: SmolStr,
}

/// What comes with a grant (limits, what is charged), or what to ask for before one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Obligations {
    /// The longest that the grant lasts from issuance on.
    pub lifetime: Option<Duration>,
    /// When the grant ends (exclusive), where the time of issuance is known.
    pub not_after: Option<Time>,
    /// How many further links the chain may get.
    pub delegate: Option<u32>,
    /// Consents to ask for (deny) or that were used and are spent if per call (grant).
    pub consents: Vec<ConsentDuty>,
    /// Approvals to ask for (deny) or that were used (grant).
    pub approvals: Vec<ApprovalDuty>,
    /// Budgets that are exhausted (deny) or charged (grant).
    pub budgets: Vec<BudgetDuty>,
    /// The services that the call may be sent to (RFC 8707), sorted.
    pub audiences: Vec<SmolStr>,
}

/// A consent, as it is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsentDuty {
    /// The user who must consent; `None` where the agent acts for nobody, so that nobody
    /// can.
    pub by: Option<SmolStr>,
    /// To which agent.
    pub agent: SmolStr,
    /// In which task.
    pub task: Option<SmolStr>,
    /// To what.
    pub covers: Vec<DutyCover>,
}

/// An approval, as it is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApprovalDuty {
    /// The group of which a member must approve.
    pub group: SmolStr,
    /// For which agent.
    pub agent: SmolStr,
    /// On behalf of which user, who cannot be the approver.
    pub user: Option<SmolStr>,
    /// In which task.
    pub task: Option<SmolStr>,
    /// To what.
    pub covers: Vec<DutyCover>,
}

/// What an assent must cover: one single call, or a triple.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DutyCover {
    /// The digest of the call.
    Call(SmolStr),
    /// Tool, action, and a resource or pattern.
    Scope(SmolStr, SmolStr, SmolStr),
}

/// A budget of a rule. A grant has one for every budget of every rule that it charges,
/// by rule and then in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetDuty {
    /// `layer/rule`
    pub rule: SmolStr,
    /// Which of the rule's budgets it is, as written, from 0 on; `budgets` of a request
    /// lists what was spent in the same order.
    pub index: u32,
    /// The limit, as policy text.
    pub limit: SmolStr,
    /// What this call spends; `None` when it cannot be told.
    pub charge: Option<SmolStr>,
    /// What was spent before, when the host told.
    pub spent: Option<SmolStr>,
}

/// One of the requests that a call maps to; the tool is the call's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MappedRequest {
    /// The action's name.
    pub action: SmolStr,
    /// The resource, as it is written.
    pub resource: SmolStr,
}

/// What a requested scope became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOutcome {
    /// As it was asked for.
    pub requested: ScopeRequest,
    /// Granted as asked, narrowed, or denied.
    pub became: Became,
    /// Why; [`Reason::Granted`] also when it was narrowed.
    pub reason: Reason,
    /// What was issued for it.
    pub scopes: Vec<Scope>,
    /// The rules that decided.
    pub rules: Vec<RuleNote>,
}

/// What a requested scope became, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// All that was asked for.
    Granted,
    /// Less.
    Narrowed,
    /// Nothing.
    Denied,
}

impl Became {
    /// As it is written in decisions.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Narrowed => "narrowed",
            Self::Denied => "denied",
        }
    }
}

/// What listing says of a tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolAnswer {
    /// The function's path.
    pub tool: SmolStr,
    /// Whether its calls are granted.
    pub answer: Answer,
    /// What it depends on, as policy text, sorted.
    pub depends_on: Vec<SmolStr>,
}

/// An answer of listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Every valid call is granted now.
    Yes,
    /// No valid call is granted now.
    No,
    /// Some may be.
    Depends,
}

impl Answer {
    /// As it is written in decisions and tests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Depends => "depends",
        }
    }
}
