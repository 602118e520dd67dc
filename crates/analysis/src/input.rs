//! What a request tells: the inputs of a policy by name, so that two policies can be asked
//! about one request, and the terms that conditions make of them.

use placet_model::policy::{Entity, Offset};
use smol_str::SmolStr;

/// One thing that a request tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Input {
    /// Which agent acts.
    Agent,
    /// Whether the request says in which groups the agent is.
    AgentTold,
    /// Whether it says that the agent is in this one, whose members come with requests.
    AgentIn(SmolStr),
    /// Which user it acts for, or none.
    User,
    /// Whether the request says in which groups the user is.
    UserTold,
    /// Whether it says that the user is in this one.
    UserIn(SmolStr),
    /// The task's id, or none.
    Task,
    /// The time.
    Now,
    /// How many agents stand above the acting one.
    Depth,
    /// A fact.
    Fact(Entity, SmolStr),
    /// What the host knows of the resource: of the one that sites of this shape make.
    Known(usize, SmolStr),
    /// A history.
    History(SmolStr),
    /// An argument.
    Arg(SmolStr),
    /// A segment of the resource, for tools that take plain triples.
    Segment(usize),
    /// The last segments of the resource, for tools that take plain triples.
    Rest,
    /// How little is given of a duty, or how much is wanted of a limit.
    Offer(Slot),
}

/// A duty or limit, apart from how much of it a rule asks for or allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    /// Consent of the user: 0 is one to this call, 1 one to a scope, 2 none.
    Consent,
    /// Approval by a member of this group, likewise.
    Approval(SmolStr),
    /// The calls that a budget has to allow.
    Calls,
    /// What a budget has to allow of this expression.
    Amount(String),
    /// How long what is granted has to last, in microseconds.
    Lifetime,
    /// How many further links are wanted.
    Delegate,
}

/// What a condition makes of an input before it compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// A field of a record.
    Field(SmolStr),
    /// A member of a set or list.
    Member,
    /// ASCII letters folded.
    Lower,
    /// The domain of an address.
    Domain,
    /// The local part of an address.
    Local,
    /// How many members or records.
    Count,
    /// The time of day at an offset.
    TimeOfDay(Offset),
    /// The weekday at an offset.
    Weekday(Offset),
}

/// A value that a condition reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term {
    pub(crate) input: Input,
    pub(crate) path: Vec<Step>,
}

impl Term {
    /// An input as it is.
    pub(crate) const fn of(input: Input) -> Self {
        Self {
            input,
            path: Vec::new(),
        }
    }

    /// One step further.
    pub(crate) fn then(&self, step: Step) -> Self {
        let mut next = self.clone();
        next.path.push(step);
        next
    }
}
