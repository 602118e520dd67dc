//! What an engine adds to a compiled policy when it takes it on, so that a decision
//! compares numbers where the policy has names: every name that a switch of a graph looks
//! for has a number, and one table leads from a node and a number to the next node.
//!
//! It holds nothing that the graphs do not say, and is never saved.

#[cfg(test)]
mod size;
mod table;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use placet_model::graph::{Graph, Number};
use placet_model::ids::{ActionId, AgentId, FactId, FunctionId, GroupId, PatternId, RuleId};
use placet_model::policy::{Agent, Entity, GroupKind, Policy, RuleKind};
use placet_model::question;
use placet_model::value::{Duration, Value};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::bind;
use crate::inputs::{Groups, Membership};
pub(crate) use table::{SEGMENTS, Step, Table, Target};

/// The names and the graphs of a policy, as numbers.
#[derive(Debug)]
pub(crate) struct Index {
    names: Map<Name>,
    people: Vec<Person>,
    functions: Map<FunctionId>,
    /// The facts of each entity.
    facts: [Declared; 4],
    nesting: Nesting,
    tables: Vec<Table>,
    rules: Vec<Rule>,
    /// Sorted by function and action; what is walked for each is in the tables.
    rows: Vec<Row>,
    /// By function, where its rows begin; and where they all end.
    rows_of: Vec<u32>,
}

/// Keys come from the policy, so nobody who asks can make them collide.
type Map<T> = HashMap<SmolStr, T, RandomState>;

/// Whom the policy names: an agent, a member of a group, or both an agent and a user.
#[derive(Debug, Default)]
struct Person {
    agent: Option<AgentId>,
    /// As an agent, and as a user.
    groups: [Of; 2],
}

/// The groups of a person.
#[derive(Debug, Default)]
struct Of {
    /// Sorted: those whose own member it is, and those around them.
    groups: Vec<GroupId>,
    /// Those around are left out: written out for everybody they could take members times
    /// groups.
    nested: bool,
}

/// How many groups may be written out for each one whose own member somebody is.
const WRITTEN_OUT: usize = 8;

/// The facts that are declared for an entity.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) names: Vec<(FactId, SmolStr)>,
    pub(crate) defaults: Vec<(FactId, Value)>,
    /// Some are known at one moment only.
    pub(crate) pinned: bool,
    /// Some do not change under a credential.
    pub(crate) frozen: bool,
}

/// How groups hang together.
#[derive(Debug)]
struct Nesting {
    /// By group: those that it is nested in.
    around: Vec<Vec<GroupId>>,
    /// Those whose members come with requests, by nesting too.
    requested: Vec<GroupId>,
}

/// What an answer needs of a rule, close together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) sort: Sort,
    pub(crate) lifetime: Option<Duration>,
}

/// What has to be known of a rule before it is tested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sort {
    pub(crate) kind: RuleKind,
    /// It asks for consent, approval or a budget.
    pub(crate) duties: bool,
}

/// Something that can be done with a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    function: FunctionId,
    action: ActionId,
    /// To any resource at all.
    everywhere: bool,
}

/// A row, by its place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowId(u32);

impl RowId {
    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A row that was found.
#[derive(Clone, Copy)]
pub(crate) struct Doing {
    pub(crate) row: RowId,
    pub(crate) action: ActionId,
    /// To any resource at all.
    pub(crate) everywhere: bool,
}

/// How many names of actions are compared one by one.
const COMPARED: usize = 8;

/// What the policy knows a name as: an agent, a user, a segment or an action.
#[derive(Clone, Copy, Debug)]
struct Name {
    /// When some switch looks for it.
    number: Number,
    /// Its place in `people`.
    person: u32,
}

impl Name {
    const UNKNOWN: Self = Self {
        number: Number::UNKNOWN,
        person: u32::MAX,
    };
}

/// A name that was looked up.
#[derive(Clone, Copy)]
pub(crate) struct Known<'e> {
    number: Number,
    person: Option<&'e Person>,
}

impl Known<'_> {
    /// As switches look for it.
    pub(crate) const fn number(&self) -> Number {
        self.number
    }

    /// The declared agent of this name.
    pub(crate) fn agent<'p>(&self, policy: &'p Policy) -> Option<&'p Agent> {
        policy.agents.get(self.person?.agent?.index())
    }
}

impl Index {
    /// The index of a policy's graphs.
    pub(crate) fn new(policy: &Policy, graphs: &[Graph]) -> Self {
        let mut names = Names::new(graphs);
        let rules: Vec<Rule> = policy
            .rules
            .iter()
            .map(|rule| Rule {
                sort: Sort {
                    kind: rule.kind,
                    duties: rule.duties.consent.is_some()
                        || !rule.duties.approvals.is_empty()
                        || !rule.duties.budgets.is_empty(),
                },
                lifetime: rule.duties.lifetime,
            })
            .collect();
        let mut rows: Vec<Row> = Vec::new();
        let mut rows_of = vec![0];
        for at in 0..policy.functions.len() {
            add_rows(policy, FunctionId::new(at), &mut rows);
            rows_of.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        let tables = graphs
            .iter()
            .map(|graph| Table::new(graph, &rules, &rows))
            .collect();
        let nesting = Nesting::new(policy, &mut names);
        for (at, agent) in policy.agents.iter().enumerate() {
            names.person(&agent.name, |person| person.agent = Some(AgentId::new(at)));
        }
        let mut facts: [Declared; 4] = Default::default();
        for (at, fact) in policy.facts.iter().enumerate() {
            let Some(of) = facts.get_mut(place(fact.entity)) else {
                continue;
            };
            let id = FactId::new(at);
            of.names.push((id, fact.field.name.clone()));
            of.defaults
                .extend(fact.field.default.clone().map(|value| (id, value)));
            of.pinned |= fact.moment.is_some();
            of.frozen |= bind::is_frozen(fact);
        }
        let functions = policy.functions.iter().enumerate();
        Self {
            names: names.known,
            people: names.people,
            functions: functions
                .map(|(at, function)| (function.path.clone(), FunctionId::new(at)))
                .collect(),
            facts,
            nesting,
            tables,
            rules,
            rows,
            rows_of,
        }
    }

    /// What the policy knows a name as.
    pub(crate) fn name(&self, text: &str) -> Known<'_> {
        let name = self.names.get(text).copied().unwrap_or(Name::UNKNOWN);
        Known {
            number: name.number,
            person: self.people.get(name.person as usize),
        }
    }

    /// The number of a name.
    pub(crate) fn number(&self, text: &str) -> Number {
        self.names
            .get(text)
            .map_or(Number::UNKNOWN, |name| name.number)
    }

    /// What an action of a function is, by name.
    pub(crate) fn doing(&self, policy: &Policy, function: FunctionId, name: &str) -> Option<Doing> {
        let rows = self.rows(function);
        if rows.len() > COMPARED {
            return self.act(function, policy.action(name)?);
        }
        let at = rows.iter().position(|row| {
            let action = policy.actions.get(row.action.index());
            action.is_some_and(|action| action.name == name)
        });
        self.at(function, at?)
    }

    /// What an action of a function is.
    pub(crate) fn act(&self, function: FunctionId, action: ActionId) -> Option<Doing> {
        let rows = self.rows(function);
        let at = rows.binary_search_by_key(&action, |row| row.action);
        self.at(function, at.ok()?)
    }

    /// A row of a function, by its place among those.
    fn at(&self, function: FunctionId, at: usize) -> Option<Doing> {
        let at = *self.rows_of.get(function.index())? as usize + at;
        let row = self.rows.get(at)?;
        Some(Doing {
            row: RowId(u32::try_from(at).ok()?),
            action: row.action,
            everywhere: row.everywhere,
        })
    }

    fn rows(&self, function: FunctionId) -> &[Row] {
        let at = function.index();
        let range = self.rows_of.get(at).zip(self.rows_of.get(at + 1));
        range
            .and_then(|(start, end)| self.rows.get(*start as usize..*end as usize))
            .unwrap_or_default()
    }

    /// The declared facts of an entity.
    pub(crate) const fn facts(&self, of: Entity) -> &Declared {
        let [agent, user, task, context] = &self.facts;
        match of {
            Entity::Agent => agent,
            Entity::User => user,
            Entity::Task => task,
            Entity::Context => context,
        }
    }

    /// The function with this path.
    pub(crate) fn function(&self, path: &str) -> Option<FunctionId> {
        self.functions.get(path).copied()
    }

    /// In which groups an agent or user is.
    pub(crate) fn membership<'e>(
        &'e self,
        policy: &Policy,
        kind: GroupKind,
        id: &str,
        known: &Known<'e>,
        given: Option<question::Names<'_>>,
    ) -> Membership<'e> {
        let own = known.person.and_then(|person| {
            let [agents, users] = &person.groups;
            match kind {
                GroupKind::Agents => Some(agents),
                GroupKind::Users => Some(users),
                GroupKind::Actions => None,
            }
        });
        let mut result = Membership::default();
        if let Some(own) = own {
            result.sure = Groups::Known(&own.groups);
            if own.nested {
                let around = own
                    .groups
                    .iter()
                    .flat_map(|group| self.nesting.around(*group));
                result.add(around.copied());
            }
        }
        let mut told: SmallVec<[GroupId; 4]> = SmallVec::new();
        for id_of in &self.nesting.requested {
            if let Some(group) = policy.groups.get(id_of.index())
                && group.kind == kind
            {
                match bind::is_member(policy, group, id, given) {
                    Some(true) => told.push(*id_of),
                    Some(false) => {}
                    None => result.unsure.push(*id_of),
                }
            }
        }
        if !told.is_empty() {
            result.add(told);
        }
        result
    }

    pub(crate) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.index())
    }

    /// How many entries all parts have.
    #[cfg(test)]
    fn entries(&self) -> usize {
        let people = self.people.iter().flat_map(|person| &person.groups);
        let around = self.nesting.around.iter();
        self.names.len()
            + self.functions.len()
            + self.people.len()
            + self.rules.len()
            + self.rows.len()
            + people.map(|of| of.groups.len()).sum::<usize>()
            + around.map(Vec::len).sum::<usize>()
            + self.tables.iter().map(Table::entries).sum::<usize>()
    }

    /// The tables, one for each graph.
    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }
}

/// Adds what can be done with a function: each action once, sorted.
fn add_rows(policy: &Policy, function: FunctionId, rows: &mut Vec<Row>) {
    let lines = policy
        .functions
        .get(function.index())
        .map(|function| function.lines.as_slice())
        .unwrap_or_default();
    let is_all = |id: &PatternId| {
        policy
            .patterns
            .get(id.index())
            .is_some_and(|template| template.segments.is_empty() && template.tail)
    };
    let own = lines.iter().map(|line| Row {
        function,
        action: line.action,
        everywhere: line.templates.iter().any(is_all),
    });
    let mut own: Vec<Row> = own.collect();
    own.sort_unstable_by_key(|row| row.action);
    own.dedup_by(|row, before| {
        let same = row.action == before.action;
        before.everywhere |= same && row.everywhere;
        same
    });
    rows.append(&mut own);
}

/// Names, while they are gathered.
struct Names {
    known: Map<Name>,
    people: Vec<Person>,
}

impl Names {
    /// Those that switches look for.
    fn new(graphs: &[Graph]) -> Self {
        let numbers = graphs.first().map(|graph| graph.names.iter());
        let named = |(text, number): (&SmolStr, Number)| {
            let name = Name {
                number,
                ..Name::UNKNOWN
            };
            (text.clone(), name)
        };
        Self {
            known: numbers.into_iter().flatten().map(named).collect(),
            people: Vec::new(),
        }
    }

    fn person(&mut self, text: &SmolStr, tell: impl FnOnce(&mut Person)) {
        let next = self.people.len();
        let name = self.name(text);
        if name.person == Name::UNKNOWN.person {
            name.person = u32::try_from(next).unwrap_or(Name::UNKNOWN.person);
        }
        let at = name.person as usize;
        if at == next {
            self.people.push(Person::default());
        }
        if let Some(person) = self.people.get_mut(at) {
            tell(person);
        }
    }

    fn name(&mut self, text: &SmolStr) -> &mut Name {
        self.known.entry(text.clone()).or_insert(Name::UNKNOWN)
    }
}

/// Where the facts of an entity are.
const fn place(of: Entity) -> usize {
    match of {
        Entity::Agent => 0,
        Entity::User => 1,
        Entity::Task => 2,
        Entity::Context => 3,
    }
}

impl Nesting {
    fn new(policy: &Policy, names: &mut Names) -> Self {
        let mut around = vec![Vec::new(); policy.groups.len()];
        let mut requested = Vec::new();
        for (at, group) in policy.groups.iter().enumerate() {
            let id = GroupId::new(at);
            if group.kind == GroupKind::Actions {
                continue;
            }
            let mut asks = group.from_request;
            for nested in &group.nested {
                if let Some(around) = around.get_mut(nested.index()) {
                    around.push(id);
                }
                let nested = policy.groups.get(nested.index());
                asks |= nested.is_some_and(|nested| nested.from_request);
            }
            if asks {
                requested.push(id);
            }
            for member in &group.members {
                names.person(member, |person| {
                    let [agents, users] = &mut person.groups;
                    let own = match group.kind {
                        GroupKind::Users => users,
                        _ => agents,
                    };
                    own.groups.push(id);
                });
            }
        }
        let nesting = Self { around, requested };
        for of in names
            .people
            .iter_mut()
            .flat_map(|person| &mut person.groups)
        {
            nesting.write_out(of);
        }
        nesting
    }

    /// Those that a group is nested in.
    fn around(&self, group: GroupId) -> &[GroupId] {
        self.around
            .get(group.index())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Adds the groups around somebody's own, where they are few.
    fn write_out(&self, of: &mut Of) {
        let around = of.groups.iter().flat_map(|group| self.around(*group));
        let most = of.groups.len().saturating_mul(WRITTEN_OUT);
        if around.clone().nth(most).is_some() {
            of.nested = true;
            return;
        }
        let around: Vec<GroupId> = around.copied().collect();
        of.groups.extend(around);
        of.groups.sort_unstable();
        of.groups.dedup();
        of.groups.shrink_to_fit();
    }
}
