//! Rules, their clauses and duties, and claims.

use super::{Duration, Expr, Int, Moment, Name, Number, Path, Ref, Spanned, Str};

/// `grant NAME { … }`, `deny NAME { … }` or `require NAME { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub effect: Spanned<Effect>,
    /// Its name.
    pub name: Name,
    /// Its clauses, in written order.
    pub clauses: Vec<Spanned<Clause>>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// `grant`
    Grant,
    /// `deny`
    Deny,
    /// `require`
    Require,
}

/// One clause of a rule or of a claim's region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// `agent …`
    Agent(Names),
    /// `user …`
    User(Users),
    /// `tool …`
    Tool(Tools),
    /// `action …`
    Action(Names),
    /// `resource …`
    Resource(Resources),
    /// `at issuance` or `at runtime`
    At(Moment),
    /// `when …`
    When(Spanned<Expr>),
    /// `unless …`
    Unless(Spanned<Expr>),
    /// A duty or limit.
    Duty(Duty),
}

/// What an `agent` or `action` clause covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// `any`
    Any,
    /// `in group, …`
    In(Vec<Name>),
    /// `a, b`
    Listed(Vec<Name>),
}

/// What a `user` clause covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Users {
    /// `any`: there is a user.
    Any,
    /// `any, none`: there is a user or not.
    AnyOrNone,
    /// `none`: there is no user.
    None,
    /// `in group, …`
    In(Vec<Name>),
    /// `ana, bob`
    Listed(Vec<Name>),
}

/// What a `tool` clause covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tools {
    /// `any`
    Any,
    /// `a.b, c`
    Listed(Vec<Path>),
}

/// What a `resource` clause covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resources {
    /// `any`
    Any,
    /// `"pattern", …`
    Listed(Vec<Str>),
}

/// A duty (`consent`, `approval`, `budget`) or a limit (`for`, `delegate`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// `for DURATION`
    For(Spanned<Duration>),
    /// `consent` or `consent per call`
    Consent {
        /// Whether it binds one call.
        per_call: bool,
    },
    /// `approval GROUP, …` or `approval GROUP, … per call`
    Approval {
        /// The groups that must approve.
        groups: Vec<Name>,
        /// Whether it binds one call.
        per_call: bool,
    },
    /// `delegate DEPTH`
    Delegate(Int),
    /// `budget N calls`
    BudgetCalls(Int),
    /// `budget AMOUNT of REF`
    BudgetOf {
        /// The most that may be spent.
        amount: Spanned<Number>,
        /// What is summed.
        of: Spanned<Ref>,
    },
}

/// The clauses of a region, with the place of its braces.
pub type Region = Spanned<Vec<Spanned<Clause>>>;

/// `claim "TITLE" { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What it says, for people.
    pub title: Str,
    /// What it says, for the prover.
    pub body: Spanned<ClaimBody>,
}

/// What a claim says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimBody {
    /// `never { … }`
    Never(Region),
    /// `always { … }`
    Always(Region),
    /// `only EXPR may { … }`
    Only {
        /// Who may.
        who: Spanned<Expr>,
        /// What.
        region: Region,
    },
    /// `every { … } needs DUTY …`
    Every {
        /// What.
        region: Region,
        /// What it needs.
        needs: Vec<Spanned<Duty>>,
    },
}
