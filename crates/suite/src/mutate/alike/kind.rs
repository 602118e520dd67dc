//! The kinds of calls, and when a rule matches a call of a kind.

use std::collections::BTreeSet;

use placet_model::ids::{ActionId, ExprId, FunctionId, GroupId};
use placet_model::policy::{
    Agents, Comparison, Expr, Field, GroupKind, Moment, Policy, Rule, Type, Users,
};
use placet_model::value::Value;
use smol_str::SmolStr;

use super::formula::{Atoms, Formula, Key};
use super::place::Made;
use super::{compared, holds};

/// A kind of calls.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    function: FunctionId,
    action: ActionId,
    made: Made,
    /// A declared agent, or one that is known by its groups alone.
    agent: Option<SmolStr>,
    user: bool,
    depth: i64,
}

impl Kind {
    /// Every kind that the declarations allow.
    pub(super) fn all(policy: &Policy, depths: &BTreeSet<i64>) -> Vec<Self> {
        let mut agents: Vec<Option<SmolStr>> = policy
            .agents
            .iter()
            .map(|agent| Some(agent.name.clone()))
            .collect();
        if policy.groups.iter().any(tells_agents) {
            agents.push(None);
        }
        let mut kinds = Vec::new();
        for (at, function) in policy.functions.iter().enumerate() {
            for line in &function.lines {
                for template in &line.templates {
                    let Some(template) = policy.patterns.get(template.index()) else {
                        continue;
                    };
                    for agent in &agents {
                        for user in [true, false] {
                            kinds.extend(depths.iter().map(|depth| Self {
                                function: FunctionId::new(at),
                                action: line.action,
                                made: Made::by(template),
                                agent: agent.clone(),
                                user,
                                depth: *depth,
                            }));
                        }
                    }
                }
            }
        }
        kinds
    }

    /// When the agent is known at all.
    pub(super) fn known(&self, atoms: &mut Atoms, policy: &Policy) -> Formula {
        if self.agent.is_some() {
            return Formula::Known(true);
        }
        let groups = policy.groups.iter().enumerate();
        let told = groups.filter(|(_, group)| tells_agents(group));
        let told = told.map(|(at, _)| atoms.uncertain(Key::Agent(GroupId::new(at))));
        Formula::any(told.collect())
    }

    /// When a rule matches.
    pub(super) fn rule(&self, atoms: &mut Atoms, policy: &Policy, rule: &Rule) -> Formula {
        let covered = rule.moment != Some(Moment::Issuance)
            && rule
                .functions
                .as_ref()
                .is_none_or(|of| of.contains(&self.function))
            && rule
                .actions
                .as_ref()
                .is_none_or(|of| of.contains(&self.action));
        if !covered {
            return Formula::NEVER;
        }
        let heads = Formula::all(vec![
            self.agents(atoms, policy, &rule.agents),
            self.users(atoms, policy, &rule.users),
        ]);
        if heads.is_never() {
            return heads;
        }
        let arms = if rule.resources.is_empty() {
            self.conditions(atoms, policy, rule, &[])
        } else {
            let mut arms = Vec::new();
            for id in &rule.resources {
                let Some(pattern) = policy.patterns.get(id.index()) else {
                    continue;
                };
                let captures = rule.captures.len();
                let (within, captured) = self.made.within(atoms, policy, pattern, captures);
                if !within.is_never() {
                    let conditions = self.conditions(atoms, policy, rule, &captured);
                    arms.push(Formula::all(vec![within, conditions]));
                }
            }
            Formula::any(arms)
        };
        Formula::all(vec![heads, arms])
    }

    fn agents(&self, atoms: &mut Atoms, policy: &Policy, of: &Agents) -> Formula {
        match of {
            Agents::All => Formula::Known(true),
            Agents::Named(names) => Formula::Known(
                self.agent
                    .as_ref()
                    .is_some_and(|agent| names.contains(agent)),
            ),
            Agents::In(groups) => {
                let each = groups
                    .iter()
                    .map(|group| self.agent_in(atoms, policy, *group));
                Formula::any(each.collect())
            }
        }
    }

    fn agent_in(&self, atoms: &mut Atoms, policy: &Policy, of: GroupId) -> Formula {
        let Some(group) = policy.groups.get(of.index()) else {
            return Formula::NEVER;
        };
        let closed = group.nested.iter().chain([&of]);
        let each = closed.filter_map(|id| {
            let group = policy.groups.get(id.index())?;
            Some(if group.from_request {
                atoms.uncertain(Key::Agent(*id))
            } else {
                let agent = self.agent.as_ref();
                Formula::Known(agent.is_some_and(|agent| group.members.contains(agent)))
            })
        });
        Formula::any(each.collect())
    }

    fn users(&self, atoms: &mut Atoms, policy: &Policy, of: &Users) -> Formula {
        match of {
            Users::All => Formula::Known(true),
            Users::Any => Formula::Known(self.user),
            Users::None => Formula::Known(!self.user),
            Users::In(_) | Users::Named(_) if !self.user => Formula::NEVER,
            Users::Named(names) => atoms.certain(Key::Named(names.clone())),
            Users::In(groups) => {
                let each = groups.iter().flat_map(|id| {
                    let nested = policy.groups.get(id.index()).map(|group| &group.nested);
                    nested.into_iter().flatten().chain([id])
                });
                Formula::any(each.map(|id| atoms.uncertain(Key::User(*id))).collect())
            }
        }
    }

    fn conditions(
        &self,
        atoms: &mut Atoms,
        policy: &Policy,
        rule: &Rule,
        captured: &[Option<usize>],
    ) -> Formula {
        let conditions = rule.conditions.iter().map(|condition| {
            let formula = self.condition(atoms, policy, condition.expr, captured);
            if condition.unless {
                formula.not()
            } else {
                formula
            }
        });
        Formula::all(conditions.collect())
    }

    fn condition(
        &self,
        atoms: &mut Atoms,
        policy: &Policy,
        id: ExprId,
        captured: &[Option<usize>],
    ) -> Formula {
        let Some(expr) = policy.exprs.get(id.index()) else {
            return Formula::NEVER;
        };
        let mut below = |id: ExprId| self.condition(atoms, policy, id, captured);
        match expr {
            Expr::Const(Value::Bool(known)) => return Formula::Known(*known),
            Expr::HasUser => return Formula::Known(self.user),
            Expr::Not(inner) => return below(*inner).not(),
            Expr::And(left, right) => return Formula::all(vec![below(*left), below(*right)]),
            Expr::Or(left, right) => return Formula::any(vec![below(*left), below(*right)]),
            _ => {}
        }
        if let Some(known) = self.told(policy, expr) {
            return Formula::Known(known);
        }
        if let Expr::Compare(op, left, right) = expr {
            let left = atoms.term(policy, *left, Some(captured));
            let right = atoms.term(policy, *right, Some(captured));
            return atoms.comparison(*op, left, right);
        }
        let term = atoms.term(policy, id, Some(captured));
        atoms.condition(term)
    }

    /// What the kind of call alone says of a condition.
    fn told(&self, policy: &Policy, expr: &Expr) -> Option<bool> {
        if let Expr::Has(of) = expr {
            let Expr::Arg(name) = policy.exprs.get(of.index())? else {
                return None;
            };
            return match self.parameter(policy, name) {
                None => Some(false),
                Some(field) if !field.optional && field.default.is_none() => Some(true),
                Some(_) => None,
            };
        }
        if let Some((op, _, Value::Int(number))) =
            compared(policy, expr, |of| matches!(of, Expr::ChainDepth))
        {
            return Some(holds(op, self.depth.cmp(number)));
        }
        // The root of a chain of one is the agent.
        let is_agent = |of: &Expr| match of {
            Expr::AgentId => true,
            Expr::ChainRoot => self.depth == 0,
            _ => false,
        };
        let (op, _, Value::Text(name)) = compared(policy, expr, is_agent)? else {
            return None;
        };
        let same = match &self.agent {
            Some(agent) => agent == name,
            None if policy.agents.iter().any(|agent| agent.name == *name) => false,
            None => return None,
        };
        match op {
            Comparison::Equal => Some(same),
            Comparison::NotEqual => Some(!same),
            _ => None,
        }
    }

    fn parameter<'a>(&self, policy: &'a Policy, name: &str) -> Option<&'a Field> {
        let function = policy.functions.get(self.function.index())?;
        let Type::Record(fields) = policy.types.get(function.params?.index())? else {
            return None;
        };
        fields.iter().find(|field| field.name == name)
    }
}

fn tells_agents(group: &placet_model::policy::Group) -> bool {
    group.kind == GroupKind::Agents && group.from_request
}
