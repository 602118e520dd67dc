//! One policy at one of its spots. A question ranges over one site, or over several of two
//! policies: what a request tells is shared by name, what it means each site says itself.

use placet_evaluator::Engine;
use placet_model::ids::{ExprId, TypeId};
use placet_model::policy::{
    Entity, Expr, Field, GroupKind, History, HistoryKey, Pattern, Policy, Type,
};

use crate::input::{Input, Step, Term};
use crate::spot::Spot;

/// A policy at a spot.
#[derive(Clone)]
pub(crate) struct Site<'p> {
    pub(crate) engine: &'p Engine,
    pub(crate) policy: &'p Policy,
    pub(crate) spot: Spot<'p>,
    /// Sites of equal shape make the same resource of the same inputs.
    pub(crate) shape: usize,
    /// Whether anything depends on there being a task, and not on its facts alone.
    pub(crate) reads_task: bool,
}

impl<'p> Site<'p> {
    pub(crate) fn new(engine: &'p Engine, spot: Spot<'p>) -> Self {
        let policy = engine.compiled().policy();
        let per_task = |history: &History| history.per == HistoryKey::Task;
        Self {
            engine,
            policy,
            spot,
            shape: 0,
            reads_task: policy.exprs.contains(&Expr::TaskId)
                || policy.histories.iter().any(per_task),
        }
    }

    /// The type of a term, seen through sets and records.
    pub(crate) fn kind(&self, term: &Term) -> Option<&'p Type> {
        let policy = self.policy;
        let mut ty = self.field(&term.input)?.ty;
        for step in &term.path {
            ty = match (policy.types.get(ty.index())?, step) {
                (Type::Set(member) | Type::List(member), Step::Member) => *member,
                (Type::Record(fields), Step::Field(name)) => {
                    fields.iter().find(|field| field.name == *name)?.ty
                }
                _ => ty,
            };
        }
        policy.types.get(ty.index())
    }

    /// The declaration of a fact or argument.
    pub(crate) fn field(&self, input: &Input) -> Option<&'p Field> {
        let policy = self.policy;
        match input {
            Input::Fact(entity, name) => policy
                .facts
                .iter()
                .find(|fact| fact.entity == *entity && fact.field.name == *name)
                .map(|fact| &fact.field),
            Input::Arg(name) => {
                let parameters = self.spot.parameters(policy);
                parameters.iter().find(|field| field.name == *name)
            }
            Input::Known(_, name) => policy
                .resource_facts
                .iter()
                .flat_map(|block| &block.fields)
                .find(|field| field.name == *name),
            _ => None,
        }
    }

    /// What the policy says of an input itself, in words that mean the same in every policy;
    /// empty for what is not declared.
    pub(crate) fn declared(&self, input: &Input) -> String {
        let policy = self.policy;
        match input {
            Input::Fact(entity, name) => {
                let mut facts = policy.facts.iter().enumerate();
                let found =
                    facts.find(|(_, fact)| fact.entity == *entity && fact.field.name == *name);
                let Some((at, fact)) = found else {
                    return String::new();
                };
                let own = policy.agents.iter().flat_map(|agent| {
                    let own = agent.facts.iter().filter(|(id, _)| id.index() == at);
                    own.map(|(_, value)| (&agent.name, value))
                });
                let own: Vec<_> = own.collect();
                format!("{} {:?} {own:?}", self.of_field(&fact.field), fact.moment)
            }
            Input::Arg(_) => match self.field(input) {
                Some(field) => self.of_field(field),
                None if self.spot.declared.open => "tolerated".to_owned(),
                None => String::new(),
            },
            Input::Known(_, name) => {
                let blocks = policy.resource_facts.iter().filter_map(|block| {
                    let field = block.fields.iter().find(|field| field.name == *name)?;
                    let patterns = block.patterns.iter();
                    let patterns: Vec<_> = patterns
                        .filter_map(|id| policy.patterns.get(id.index()))
                        .collect();
                    Some(format!("{patterns:?} {}", self.of_field(field)))
                });
                blocks.collect::<Vec<_>>().join("; ")
            }
            Input::History(name) => {
                let history = policy.histories.iter().find(|own| own.name == *name);
                history.map_or_else(String::new, |history| self.of_history(history))
            }
            Input::AgentIn(name) => self.of_group(GroupKind::Agents, name),
            Input::UserIn(name) => self.of_group(GroupKind::Users, name),
            _ => String::new(),
        }
    }

    fn of_field(&self, field: &Field) -> String {
        field_text(self.policy, field)
    }

    /// A type with all that it is made of.
    pub(crate) fn of_type(&self, id: TypeId) -> String {
        type_text(self.policy, id)
    }

    pub(crate) fn of_history(&self, history: &History) -> String {
        let policy = self.policy;
        let functions = history.functions.as_ref().map(|ids| {
            let ids = ids.iter().filter_map(|id| policy.functions.get(id.index()));
            ids.map(|function| &function.path).collect::<Vec<_>>()
        });
        let actions = history.actions.as_ref().map(|ids| {
            let ids = ids.iter().filter_map(|id| policy.actions.get(id.index()));
            ids.map(|action| &action.name).collect::<Vec<_>>()
        });
        let resources = history.resources.iter();
        let resources: Vec<&Pattern> = resources
            .filter_map(|id| policy.patterns.get(id.index()))
            .collect();
        format!(
            "{} {functions:?} {actions:?} {resources:?} {:?} {:?} {:?} {} {}",
            history.name,
            history.outcomes,
            history.per,
            history.within,
            self.of_type(history.args),
            self.of_type(history.result),
        )
    }

    fn of_group(&self, kind: GroupKind, name: &str) -> String {
        let mut groups = self.policy.groups.iter();
        let found = groups.find(|group| group.kind == kind && group.name == name);
        found.map_or_else(String::new, |group| {
            let mut members = vec![format!("{:?} {:?}", group.from_request, group.members)];
            let nested = group.nested.iter();
            let nested = nested.filter_map(|id| self.policy.groups.get(id.index()));
            members.extend(nested.map(|group| match group.from_request {
                true => group.name.to_string(),
                false => format!("{:?}", group.members),
            }));
            members.join(" ")
        })
    }

    /// A group in words that mean the same in every policy.
    pub(crate) fn group(&self, id: placet_model::ids::GroupId) -> String {
        let group = self.policy.groups.get(id.index());
        group.map_or_else(String::new, |group| {
            let nested = group.nested.iter();
            let nested = nested.filter_map(|id| self.policy.groups.get(id.index()));
            let all = std::iter::once(group).chain(nested);
            let mut from_requests = Vec::new();
            let mut members = Vec::new();
            for group in all {
                if group.from_request {
                    from_requests.push(&group.name);
                }
                members.extend(&group.members);
            }
            from_requests.sort();
            members.sort();
            members.dedup();
            format!("{:?} {from_requests:?} {members:?}", group.kind)
        })
    }

    /// An expression.
    pub(crate) fn expr(&self, id: ExprId) -> Option<&'p Expr> {
        self.policy.exprs.get(id.index())
    }

    /// Whether a fact's value comes from the policy, for some agents.
    pub(crate) fn sets(&self, agent: &str, name: &str) -> bool {
        let policy = self.policy;
        let declared = policy
            .agents
            .binary_search_by(|declared| declared.name.as_str().cmp(agent));
        let declared = declared.ok().and_then(|at| policy.agents.get(at));
        declared.is_some_and(|declared| {
            declared.facts.iter().any(|(id, _)| {
                let fact = policy.facts.get(id.index());
                fact.is_some_and(|fact| fact.entity == Entity::Agent && fact.field.name == name)
            })
        })
    }
}

/// A type with all that it is made of.
fn type_text(policy: &Policy, id: TypeId) -> String {
    match policy.types.get(id.index()) {
        Some(Type::Set(member)) => format!("set<{}>", type_text(policy, *member)),
        Some(Type::List(member)) => format!("list<{}>", type_text(policy, *member)),
        Some(Type::Record(fields)) => {
            let fields = fields.iter();
            let fields =
                fields.map(|field| format!("{}: {}", field.name, field_text(policy, field)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// A type as far as a request has to fit it: a text that is no member of an enum is
/// undefined, and the request is valid all the same.
pub(crate) fn told_type(policy: &Policy, id: TypeId) -> String {
    match policy.types.get(id.index()) {
        Some(Type::Enum(_) | Type::Text) => "text".to_owned(),
        _ => type_text(policy, id),
    }
}

fn field_text(policy: &Policy, field: &Field) -> String {
    let ty = type_text(policy, field.ty);
    format!("{ty} {} {:?}", field.optional, field.default)
}
