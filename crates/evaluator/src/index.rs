//! What an engine adds to a compiled policy when it takes it on, so that a decision
//! compares numbers where the policy has names: every name that a switch of a graph looks
//! for has a number, and one table leads from a node and a number to the next node.
//!
//! It holds nothing that the graphs do not say, and is never saved.

mod table;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use placet_model::graph::{Graph, Number};
use placet_model::ids::{AgentId, FunctionId, GroupId, RuleId};
use placet_model::policy::{Agent, GroupKind, Policy, RuleKind};
use placet_model::value::Duration;
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::bind;
use crate::inputs::Membership;
pub(crate) use table::{SEGMENTS, Step, Table, Target};

/// The names and the graphs of a policy, as numbers.
#[derive(Debug)]
pub(crate) struct Index {
    names: Map<Number>,
    functions: Map<FunctionId>,
    agents: Map<AgentId>,
    groups: Groups,
    tables: Vec<Table>,
    rules: Vec<Rule>,
}

/// Keys come from the policy, so nobody who asks can make them collide.
type Map<T> = HashMap<SmolStr, T, RandomState>;

/// The groups of agents and of users. Who is in one by nesting is not written out: that
/// could take members times groups.
#[derive(Debug)]
struct Groups {
    /// By agent, and by user: the groups whose own member it is.
    own: [Map<SmallVec<[GroupId; 4]>>; 2],
    /// By group: those that it is nested in.
    around: Vec<Vec<GroupId>>,
    /// Those whose members come with requests, by nesting too.
    requested: Vec<GroupId>,
}

/// What an answer needs of a rule, close together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) kind: RuleKind,
    /// It asks for consent, approval or a budget.
    pub(crate) duties: bool,
    pub(crate) lifetime: Option<Duration>,
}

impl Index {
    /// The index of a policy's graphs.
    pub(crate) fn new(policy: &Policy, graphs: &[Graph]) -> Self {
        let names = graphs.first().map(|graph| graph.names.iter());
        let names = names.into_iter().flatten();
        let rules = policy
            .rules
            .iter()
            .map(|rule| Rule {
                kind: rule.kind,
                duties: rule.duties.consent.is_some()
                    || !rule.duties.approvals.is_empty()
                    || !rule.duties.budgets.is_empty(),
                lifetime: rule.duties.lifetime,
            })
            .collect();
        let functions = policy.functions.iter().enumerate();
        let agents = policy.agents.iter().enumerate();
        Self {
            names: names.map(|(name, number)| (name.clone(), number)).collect(),
            functions: functions
                .map(|(at, function)| (function.path.clone(), FunctionId::new(at)))
                .collect(),
            agents: agents
                .map(|(at, agent)| (agent.name.clone(), AgentId::new(at)))
                .collect(),
            groups: Groups::new(policy),
            tables: graphs.iter().map(Table::new).collect(),
            rules,
        }
    }

    /// The number of a name.
    pub(crate) fn number(&self, text: &str) -> Number {
        self.names.get(text).copied().unwrap_or(Number::UNKNOWN)
    }

    /// The function with this path.
    pub(crate) fn function(&self, path: &str) -> Option<FunctionId> {
        self.functions.get(path).copied()
    }

    /// A declared agent.
    pub(crate) fn agent<'p>(&self, policy: &'p Policy, name: &str) -> Option<&'p Agent> {
        policy.agents.get(self.agents.get(name)?.index())
    }

    /// In which groups an agent or user is.
    pub(crate) fn membership(
        &self,
        policy: &Policy,
        kind: GroupKind,
        id: &str,
        given: Option<&[SmolStr]>,
    ) -> Membership {
        let mut result = Membership::default();
        let [agents, users] = &self.groups.own;
        let own = match kind {
            GroupKind::Agents => agents,
            GroupKind::Users => users,
            GroupKind::Actions => return result,
        };
        for group in own.get(id).into_iter().flatten() {
            result.sure.push(*group);
            let around = self.groups.around.get(group.index());
            result.sure.extend(around.into_iter().flatten().copied());
        }
        for id_of in &self.groups.requested {
            if let Some(group) = policy.groups.get(id_of.index())
                && group.kind == kind
            {
                result.add(*id_of, bind::is_member(policy, group, id, given));
            }
        }
        result.sure.sort_unstable();
        result.sure.dedup();
        result
    }

    pub(crate) fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.index())
    }

    /// The tables, one for each graph.
    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }
}

impl Groups {
    fn new(policy: &Policy) -> Self {
        let [mut agents, mut users] = <[Map<SmallVec<[GroupId; 4]>>; 2]>::default();
        let mut around = vec![Vec::new(); policy.groups.len()];
        let mut requested = Vec::new();
        for (at, group) in policy.groups.iter().enumerate() {
            let id = GroupId::new(at);
            let own = match group.kind {
                GroupKind::Agents => &mut agents,
                GroupKind::Users => &mut users,
                GroupKind::Actions => continue,
            };
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
                match own.get_mut(member) {
                    Some(groups) => groups.push(id),
                    None => {
                        own.insert(member.clone(), SmallVec::from_slice(&[id]));
                    }
                }
            }
        }
        Self {
            own: [agents, users],
            around,
            requested,
        }
    }
}
