//! Tests and their fixtures.

use super::{Duration, Entity, Name, Object, Path, Spanned, Str};

/// `given NAME { … }`: a fixture that tests share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: Name,
    /// What it sets up.
    pub setup: Vec<Spanned<Setup>>,
}

/// `test "TITLE" { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What it shows.
    pub title: Str,
    /// Set-up and steps, in written order.
    pub parts: Vec<Spanned<TestPart>>,
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestPart {
    /// Who and what there is.
    Setup(Setup),
    /// What happens.
    Step(Step),
    /// `rows { … }`: the test is played once for each.
    Rows(Vec<Spanned<Row>>),
}

/// A row of a test: `"NAME" { column = cell, … } -> …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it shows.
    pub name: Str,
    /// Its cells. They stand for themselves: nothing is put into them.
    pub cells: Object,
    /// What the steps that say `-> row` expect.
    pub expect: Option<Spanned<Expect>>,
    /// How a call that says so ends; `ok` without a result, if absent.
    pub ending: Option<Spanned<Ending>>,
}

/// A length of time in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// `15m`
    Of(Duration),
    /// `row.COLUMN`
    Cell(Name),
}

impl Length {
    /// The length, unless it is for a row to say.
    pub const fn duration(&self) -> Option<Duration> {
        match self {
            Self::Of(duration) => Some(*duration),
            Self::Cell(_) => None,
        }
    }
}

/// A line that sets up the world of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setup {
    /// `given NAME, …`
    Given(Vec<Name>),
    /// `at "TIME"`
    At(Str),
    /// `agent NAME in … { … }`
    Agent(Entity),
    /// `user none`
    UserNone,
    /// `user NAME in … { … }`
    User(Entity),
    /// `task NAME { … }`
    Task {
        /// The task's id.
        name: Name,
        /// Its facts; an absent object is an empty one.
        facts: Object,
    },
    /// `context { … }`
    Context(Object),
    /// `resource "PATH" { … }`
    Resource {
        /// The resource.
        resource: Str,
        /// Its facts.
        facts: Object,
    },
}

/// A line that does something in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `issue …` or `delegate AGENT …`
    Issue(Box<Issue>),
    /// `call …`
    Call(Call),
    /// `list TOOL -> …`
    List {
        /// The tool.
        tool: Path,
        /// What listing answers.
        expect: Spanned<Expect>,
    },
    /// `after DURATION`
    After(Spanned<Length>),
    /// `revoke CREDENTIAL`
    Revoke(Name),
    /// `consent by NAME …` or `approval by NAME …`
    Record {
        /// What is recorded.
        kind: Spanned<RecordKind>,
        /// Who gives it.
        by: Name,
        /// The groups after `in`, of whoever approves.
        groups: Vec<Name>,
        /// The one call it is for, if it is for one.
        call: Option<(Path, Object)>,
    },
}

/// `issue TOOL ACTION, … "PATTERN", … for DURATION as NAME -> …`, or `delegate AGENT … with
/// CREDENTIAL …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The agent delegated to; `None` for `issue`.
    pub delegate: Option<Name>,
    /// The tool asked for.
    pub tool: Path,
    /// The actions asked for.
    pub actions: Vec<Name>,
    /// The resources asked for.
    pub resources: Vec<Str>,
    /// The lifetime asked for.
    pub lifetime: Option<Spanned<Length>>,
    /// The credential that is delegated; the last one, if absent.
    pub with: Option<Name>,
    /// What the test calls the credential.
    pub credential: Option<Name>,
    /// What is decided.
    pub expect: Spanned<Expect>,
}

/// `call TOOL { … } with CREDENTIAL -> … result { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function.
    pub tool: Path,
    /// The arguments.
    pub args: Object,
    /// The credential; the last one, if absent.
    pub credential: Option<Name>,
    /// What is decided.
    pub expect: Spanned<Expect>,
    /// How the call ends; `ok` without a result, if absent.
    pub ending: Option<Spanned<Ending>>,
}

/// How a call of a test ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `result { … }`
    Result(Object),
    /// `fails`
    Fails,
}

/// What somebody gives in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// `consent`
    Consent,
    /// `approval`
    Approval,
}

/// What a step expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `-> row`: what the row says.
    Row,
    /// `-> yes`
    Yes,
    /// `-> no`
    No,
    /// `-> depends`
    Depends,
    /// `-> grant …`
    Grant(Limit),
    /// `-> narrowed to "PATTERN", … …`
    Narrowed {
        /// The patterns that are left.
        to: Vec<Str>,
        /// The limits.
        limit: Limit,
    },
    /// `-> deny REASON by …`
    Deny {
        /// The reason.
        reason: Name,
        /// The deciding rules, if they are asked about.
        by: Vec<Name>,
    },
}

/// `for DURATION by RULE, …`, each part if it is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// The lifetime.
    pub lifetime: Option<Spanned<Length>>,
    /// The deciding rules.
    pub by: Vec<Name>,
}
