//! Tests as they are played: fixtures put in, literals as requests carry them, and each
//! line with its place.

pub(crate) mod lower;

use placet_model::decision::Answer;
use placet_model::json::Fields;
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

pub use placet_syntax::ast::RecordKind;

use crate::report::Place;

/// A checked test, ready to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it shows; of a test with rows, `title / row`.
    pub title: SmolStr,
    /// Where its title stands; of a test with rows, the name of its row.
    pub place: Place,
    /// Where its whole row stands, if the test has rows. What stands in the row has been
    /// put into the lines.
    pub row: Option<Place>,
    /// What is set up and what happens, in written order.
    pub lines: Vec<Line>,
}

impl Scenario {
    /// How many steps it has, set-up not counted.
    #[must_use]
    pub fn steps(&self) -> usize {
        let steps = self.lines.iter();
        steps
            .filter(|line| matches!(line.what, What::Do(_)))
            .count()
    }
}

/// A line of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands; a line of a fixture stands in the fixture.
    pub place: Place,
    /// What it says.
    pub what: What,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Who and what there is from now on.
    Set(Set),
    /// What happens.
    Do(Step),
}

/// Who and what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// The time.
    At(Time),
    /// An agent.
    Agent {
        /// Who it is.
        entity: Entity,
        /// Whether it is the one of its block of set-up lines that acts.
        acts: bool,
    },
    /// The user, or that there is none.
    User(Option<Entity>),
    /// The task.
    Task(Entity),
    /// Facts of the circumstances.
    Context(Fields),
    /// Facts of a resource.
    Resource(SmolStr, Fields),
}

/// An agent, a user or a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its id.
    pub id: SmolStr,
    /// The groups after `in`, if there is one.
    pub groups: Option<Vec<SmolStr>>,
    /// Its facts.
    pub facts: Fields,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A credential is asked for.
    Issue(Issue),
    /// A call is made.
    Call(Call),
    /// Tools are listed.
    List {
        /// Which, with all below it.
        tool: SmolStr,
        /// What is answered.
        expect: Expect,
    },
    /// Time passes.
    After(Duration),
    /// A credential is revoked.
    Revoke(SmolStr),
    /// Somebody consents or approves.
    Record {
        /// Which of the two.
        kind: RecordKind,
        /// Who.
        by: SmolStr,
        /// The groups after `in`, if there is one.
        groups: Option<Vec<SmolStr>>,
        /// To this call alone; to what the last denial asked for, if absent.
        call: Option<(SmolStr, Fields)>,
    },
}

/// A credential is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// For the agent that a credential is delegated to; `None` for a new chain.
    pub delegate: Option<SmolStr>,
    /// Which credential is delegated; the last one, if absent.
    pub with: Option<SmolStr>,
    /// A tool with all below it.
    pub tool: SmolStr,
    /// The actions.
    pub actions: Vec<SmolStr>,
    /// The resource patterns.
    pub resources: Vec<SmolStr>,
    /// The lifetime asked for.
    pub lifetime: Option<Duration>,
    /// What the test calls it.
    pub name: Option<SmolStr>,
    /// What is decided.
    pub expect: Expect,
}

/// A call is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The function.
    pub tool: SmolStr,
    /// Its arguments.
    pub args: Fields,
    /// Under which credential; the last one, if absent.
    pub with: Option<SmolStr>,
    /// What is decided.
    pub expect: Expect,
    /// How it ends when it is granted.
    pub ending: Ending,
}

/// How a call ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It succeeds, with a result.
    Ok(Fields),
    /// It fails.
    Failed,
}

/// What a step expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Where it stands, with its arrow.
    pub place: Place,
    /// What it is.
    pub want: Want,
}

/// What is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// What listing answers.
    Answer(Answer),
    /// All that was asked for.
    Grant(Limit),
    /// Less, namely these patterns.
    Narrowed {
        /// The patterns that are left.
        to: Vec<SmolStr>,
        /// The limits.
        limit: Limit,
    },
    /// Nothing.
    Deny {
        /// The reason, by its name.
        reason: SmolStr,
        /// Rules that decided, `layer/rule`; empty if that is not asked about.
        by: Vec<SmolStr>,
    },
}

impl Want {
    /// The rules that are expected to decide, `layer/rule`.
    #[must_use]
    pub fn rules(&self) -> &[SmolStr] {
        match self {
            Self::Answer(_) => &[],
            Self::Grant(limit) | Self::Narrowed { limit, .. } => &limit.by,
            Self::Deny { by, .. } => by,
        }
    }
}

/// What is expected of a grant; what is absent is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// The lifetime.
    pub lifetime: Option<Duration>,
    /// Rules that decided, `layer/rule`.
    pub by: Vec<SmolStr>,
}
