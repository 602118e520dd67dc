//! Everything that a rule can read, typed; and a trace of what was read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use placet_model::ids::{FactId, GroupId, HistoryId, ResourceFactsId};
use placet_model::policy::{Entity, Moment, Policy};
use placet_model::value::{Time, Value};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use crate::truth::Truths;
use crate::typed::Slot;
use crate::walk::exact::Who;

/// The inputs of one link of a chain: the acting agent, or one that it acts for.
#[derive(Clone, Debug)]
pub(crate) struct Inputs<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) moment: Moment,
    /// What the request leaves out is open, and not missing.
    pub(crate) open: bool,
    pub(crate) agent: &'p str,
    /// The policy declares the agent.
    pub(crate) known: bool,
    pub(crate) agent_groups: Membership<'p>,
    pub(crate) user: Option<&'p str>,
    pub(crate) user_groups: Membership<'p>,
    /// Agent and user in numbers.
    pub(crate) who: Who,
    pub(crate) task: Option<&'p str>,
    /// By fact id, defaults filled in.
    pub(crate) facts: Facts,
    pub(crate) now: Option<Time>,
    /// When the credential of this link was issued.
    pub(crate) issued: Option<Time>,
    /// The agents that it acts for, root first.
    pub(crate) above: Vec<&'p str>,
    /// By history id.
    pub(crate) histories: Vec<Slot>,
    /// By history id, for those of which the host told no more than their length.
    pub(crate) lengths: Vec<Option<i64>>,
    /// Resource facts by canonical resource, sorted.
    pub(crate) resources: Vec<(SmolStr, ResourceValues)>,
}

/// A slot per declared fact; few policies declare more than lie in place here.
pub(crate) type Facts = SmallVec<[Slot; 8]>;

/// So many facts of which nothing is told.
pub(crate) fn absent(count: usize) -> Facts {
    const NONE: [Slot; 8] = [const { Slot::Absent }; 8];
    if count <= NONE.len() {
        SmallVec::from_buf_and_len(NONE, count)
    } else {
        smallvec![Slot::Absent; count]
    }
}

/// What the host said of one resource: a slot per fact of each block that it lies in.
pub(crate) type ResourceValues = Vec<(ResourceFactsId, Vec<(SmolStr, Slot)>)>;

/// In which declared groups an agent or user is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Membership<'p> {
    /// Certainly in, closed under nesting, sorted.
    pub(crate) sure: Groups<'p>,
    /// Undefined, because the host did not tell; sorted.
    pub(crate) unsure: SmallVec<[GroupId; 4]>,
}

/// Groups, sorted.
#[derive(Clone, Debug)]
pub(crate) enum Groups<'p> {
    /// Those that the policy tells.
    Known(&'p [GroupId]),
    /// With what the request tells.
    Told(SmallVec<[GroupId; 4]>),
}

impl Deref for Groups<'_> {
    type Target = [GroupId];

    fn deref(&self) -> &[GroupId] {
        match self {
            Self::Known(groups) => groups,
            Self::Told(groups) => groups,
        }
    }
}

impl Default for Groups<'_> {
    fn default() -> Self {
        Self::Known(&[])
    }
}

impl PartialEq for Groups<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Groups<'_> {}

impl Hash for Groups<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Membership<'_> {
    /// Adds groups that it is certainly in.
    pub(crate) fn add(&mut self, groups: impl IntoIterator<Item = GroupId>) {
        let mut all: SmallVec<[GroupId; 4]> = SmallVec::from_slice(&self.sure);
        all.extend(groups);
        all.sort_unstable();
        all.dedup();
        self.sure = Groups::Told(all);
    }

    /// The same, by itself.
    pub(crate) fn to_owned(&self) -> Membership<'static> {
        Membership {
            sure: Groups::Told(SmallVec::from_slice(&self.sure)),
            unsure: self.unsure.clone(),
        }
    }

    /// Whether it is in one of some groups.
    pub(crate) fn in_any(&self, groups: &[GroupId]) -> Truths {
        let among = |list: &[GroupId]| groups.iter().any(|group| list.binary_search(group).is_ok());
        if among(&self.sure) {
            Truths::TRUE
        } else if among(&self.unsure) {
            Truths::UNDEFINED
        } else {
            Truths::FALSE
        }
    }

    /// Every group that a switch has to look under.
    pub(crate) fn possible(&self) -> impl Iterator<Item = GroupId> + '_ {
        self.sure.iter().chain(&self.unsure).copied()
    }
}

impl Inputs<'_> {
    pub(crate) fn fact(&self, id: FactId) -> Slot {
        self.facts
            .get(id.index())
            .cloned()
            .unwrap_or(Slot::Undefined)
    }

    pub(crate) fn history(&self, id: HistoryId) -> Slot {
        self.histories
            .get(id.index())
            .cloned()
            .unwrap_or(Slot::Undefined)
    }

    /// How long a history is, when the host told no more of it.
    pub(crate) fn length(&self, id: HistoryId) -> Option<i64> {
        self.lengths.get(id.index()).copied().flatten()
    }

    /// Whether the host said anything of a resource.
    pub(crate) fn tells(&self, resource: &str) -> bool {
        self.resources
            .binary_search_by(|(name, _)| name.as_str().cmp(resource))
            .is_ok()
    }

    /// What the host said of a resource: one fact of a block, or its default.
    pub(crate) fn resource_fact(&self, resource: &str, block: ResourceFactsId, fact: &str) -> Slot {
        let told = self
            .resources
            .binary_search_by(|(name, _)| name.as_str().cmp(resource))
            .ok()
            .and_then(|at| self.resources.get(at))
            .and_then(|(_, blocks)| blocks.iter().find(|(id, _)| *id == block))
            .and_then(|(_, slots)| slots.iter().find(|(name, _)| name == fact))
            .map_or(Slot::Absent, |(_, slot)| slot.clone());
        if told != Slot::Absent {
            return told;
        }
        self.policy
            .resource_facts
            .get(block.index())
            .and_then(|block| block.fields.iter().find(|field| field.name == fact))
            .and_then(|field| field.default.clone())
            .map_or(Slot::Absent, Slot::Known)
    }

    /// The agents of the chain, root first, this one last.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &str> {
        self.above.iter().copied().chain([self.agent])
    }

    /// The same, as a list of texts.
    pub(crate) fn chain_value(&self) -> Value {
        Value::List(
            self.chain()
                .map(|agent| Value::Text(agent.into()))
                .collect(),
        )
    }
}

/// One thing that a decision can read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// Which agent acts.
    Agent,
    /// In which groups it is.
    AgentGroups,
    /// For which user, if any.
    User,
    /// In which groups the user is.
    UserGroups,
    /// The task's id.
    Task,
    /// A fact.
    Fact(FactId),
    /// The time.
    Now,
    /// The agents of the chain.
    Chain,
    /// A history.
    History(HistoryId),
    /// What the host said of the resource.
    ResourceFacts(ResourceFactsId),
    /// An argument.
    Arg(SmolStr),
    /// The resource.
    Resource,
    /// Whether so many microseconds have passed since issuance.
    Lapsed(i64),
    /// Consents and approvals.
    Assents,
    /// What was spent of budgets.
    Budgets,
}

impl Read {
    /// As policy text.
    pub(crate) fn text(&self, policy: &Policy) -> SmolStr {
        match self {
            Self::Agent => "agent.id".into(),
            Self::AgentGroups => "agent groups".into(),
            Self::User => "user.id".into(),
            Self::UserGroups => "user groups".into(),
            Self::Task => "task.id".into(),
            Self::Fact(id) => policy
                .facts
                .get(id.index())
                .map_or_else(SmolStr::default, |fact| {
                    let entity: Entity = fact.entity;
                    smol_str::format_smolstr!("{}.{}", entity.name(), fact.field.name)
                }),
            Self::Now | Self::Lapsed(_) => "now".into(),
            Self::Chain => "chain".into(),
            Self::History(id) => policy
                .histories
                .get(id.index())
                .map_or_else(SmolStr::default, |history| history.name.clone()),
            Self::ResourceFacts(_) => "resource facts".into(),
            Self::Arg(name) => smol_str::format_smolstr!("args.{name}"),
            Self::Resource => "resource".into(),
            Self::Assents => "consents and approvals".into(),
            Self::Budgets => "budgets".into(),
        }
    }
}

/// What a decision read, what it missed, and what was still open.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Not there when nobody will ask.
    notes: Option<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    reads: RefCell<Vec<Read>>,
    missing: RefCell<BTreeSet<SmolStr>>,
    open: RefCell<BTreeSet<SmolStr>>,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            notes: Some(Notes::default()),
        }
    }
}

impl Trace {
    /// A trace that notes nothing, for who asks for nothing but the answer.
    pub(crate) const fn off() -> Self {
        Self { notes: None }
    }

    /// Whether anything is noted, so that what would be noted has to be worked out.
    pub(crate) const fn is_on(&self) -> bool {
        self.notes.is_some()
    }

    pub(crate) fn read(&self, read: Read) {
        if let Some(notes) = &self.notes {
            let mut reads = notes.reads.borrow_mut();
            if !reads.contains(&read) {
                reads.push(read);
            }
        }
    }

    pub(crate) fn missing(&self, what: impl Into<SmolStr>) {
        if let Some(notes) = &self.notes {
            notes.missing.borrow_mut().insert(what.into());
        }
    }

    pub(crate) fn open(&self, what: impl Into<SmolStr>) {
        if let Some(notes) = &self.notes {
            notes.open.borrow_mut().insert(what.into());
        }
    }

    /// What was read, sorted.
    pub(crate) fn reads(&self) -> Vec<Read> {
        let notes = self.notes.iter();
        let mut reads: Vec<Read> = notes
            .flat_map(|notes| notes.reads.borrow().clone())
            .collect();
        reads.sort();
        reads
    }

    pub(crate) fn all_missing(&self) -> Vec<SmolStr> {
        let notes = self.notes.iter();
        notes
            .flat_map(|notes| notes.missing.borrow().clone())
            .collect()
    }

    /// What was open, sorted; forgotten afterwards.
    pub(crate) fn take_open(&self) -> Vec<SmolStr> {
        let notes = self.notes.iter();
        notes
            .flat_map(|notes| std::mem::take(&mut *notes.open.borrow_mut()))
            .collect()
    }
}
