//! What the passes know of the policy set: one table for each kind of declaration.

use std::collections::BTreeMap;
use std::sync::Arc;

use placet_model::ids::{ActionId, FactId, FunctionId, GroupId, HistoryId, ResourceFactsId};
use placet_model::pattern::Concrete;
use placet_model::policy::{
    Action, Agent, Audience, Entity, Group, GroupKind, HistoryKey, Layer, Moment, Outcome, Pattern,
};
use placet_model::value::Duration;
use placet_syntax::ast;
use smol_str::SmolStr;

use crate::collect::Declared;
use crate::report::Place;
use crate::ty::{Field, Ty};

/// Everything that is declared, resolved as far as the passes have come. Tables are in the
/// canonical order of [`placet_model::policy::Policy`], so that positions are ids.
#[derive(Default)]
pub(crate) struct World<'a> {
    pub(crate) name: SmolStr,
    pub(crate) language: u32,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) layers: Vec<LayerDecl>,
    pub(crate) facts: Vec<FactDecl>,
    pub(crate) resource_facts: Vec<ResourceDecl>,
    pub(crate) groups: Vec<GroupDecl>,
    pub(crate) agents: Vec<AgentDecl>,
    pub(crate) actions: Vec<ActionDecl>,
    /// Every tool block's path, and where.
    pub(crate) tools: BTreeMap<SmolStr, Place>,
    pub(crate) audiences: Vec<Audience>,
    pub(crate) functions: Vec<FunctionDecl<'a>>,
    /// The type of each parameter over all functions; `None` where it has several.
    pub(crate) params: BTreeMap<SmolStr, Option<Ty>>,
    pub(crate) histories: Vec<HistoryDecl>,
    pub(crate) lets: BTreeMap<SmolStr, LetDecl<'a>>,
}

pub(crate) struct LayerDecl {
    pub(crate) layer: Layer,
    pub(crate) place: Place,
}

pub(crate) struct FactDecl {
    pub(crate) entity: Entity,
    pub(crate) field: Field,
    pub(crate) fixed: bool,
    pub(crate) moment: Option<Moment>,
    pub(crate) loggable: bool,
    /// `None` for what is built in.
    pub(crate) place: Option<Place>,
}

pub(crate) struct ResourceDecl {
    pub(crate) patterns: Vec<Pattern>,
    /// The same, for computing with.
    pub(crate) extent: Vec<Concrete>,
    /// The patterns as they are written.
    pub(crate) written: Vec<SmolStr>,
    /// By name.
    pub(crate) fields: Vec<(Field, Place)>,
}

pub(crate) struct GroupDecl {
    pub(crate) group: Group,
    pub(crate) place: Place,
}

pub(crate) struct AgentDecl {
    pub(crate) agent: Agent,
    pub(crate) place: Place,
}

pub(crate) struct ActionDecl {
    pub(crate) action: Action,
    pub(crate) place: Place,
}

pub(crate) struct FunctionDecl<'a> {
    pub(crate) path: SmolStr,
    /// `None` for a tool that takes plain triples.
    pub(crate) params: Option<Arc<[Field]>>,
    pub(crate) open: bool,
    /// Sorted.
    pub(crate) loggable: Vec<SmolStr>,
    pub(crate) returns: Option<Arc<[Field]>>,
    pub(crate) doc: SmolStr,
    pub(crate) lines: Vec<LineDecl<'a>>,
    pub(crate) place: Place,
}

impl FunctionDecl<'_> {
    pub(crate) fn param(&self, name: &str) -> Option<&Field> {
        let params = self.params.as_deref()?;
        let at = params.binary_search_by(|param| param.name.as_str().cmp(name));
        at.ok().and_then(|at| params.get(at))
    }

    /// Whether a call may do this.
    pub(crate) fn does(&self, action: ActionId) -> bool {
        self.lines.iter().any(|line| line.action == action)
    }
}

/// One line of a function, still in the words of the tree.
pub(crate) struct LineDecl<'a> {
    pub(crate) action: ActionId,
    pub(crate) when: Option<&'a ast::Spanned<ast::Expr>>,
    pub(crate) templates: &'a [ast::Str],
}

pub(crate) struct HistoryDecl {
    pub(crate) name: SmolStr,
    pub(crate) functions: Option<Vec<FunctionId>>,
    pub(crate) actions: Option<Vec<ActionId>>,
    pub(crate) resources: Vec<Pattern>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) per: HistoryKey,
    pub(crate) within: Option<Duration>,
    pub(crate) args: Arc<[Field]>,
    pub(crate) result: Arc<[Field]>,
    /// Arguments and results that have two types, and the functions that say so.
    pub(crate) conflicts: Vec<(SmolStr, [FunctionId; 2])>,
    pub(crate) place: Place,
}

pub(crate) struct LetDecl<'a> {
    pub(crate) decl: Declared<'a, ast::Let>,
    pub(crate) params: Vec<(SmolStr, Ty)>,
    /// Something in it has been complained of: uses of it are not checked.
    pub(crate) failed: bool,
}

impl World<'_> {
    /// The fact of an entity.
    pub(crate) fn fact(&self, entity: Entity, name: &str) -> Option<(FactId, &FactDecl)> {
        let key = (entity, name);
        let at = self
            .facts
            .binary_search_by(|fact| (fact.entity, fact.field.name.as_str()).cmp(&key))
            .ok()?;
        Some((FactId::new(at), self.facts.get(at)?))
    }

    /// The facts of an entity.
    pub(crate) fn facts_of(&self, entity: Entity) -> impl Iterator<Item = &FactDecl> {
        self.facts.iter().filter(move |fact| fact.entity == entity)
    }

    pub(crate) fn group(&self, kind: GroupKind, name: &str) -> Option<GroupId> {
        let key = (kind, name);
        self.groups
            .binary_search_by(|group| (group.group.kind, group.group.name.as_str()).cmp(&key))
            .ok()
            .map(GroupId::new)
    }

    pub(crate) fn agent(&self, name: &str) -> Option<&AgentDecl> {
        let at = self
            .agents
            .binary_search_by(|agent| agent.agent.name.as_str().cmp(name));
        at.ok().and_then(|at| self.agents.get(at))
    }

    pub(crate) fn action(&self, name: &str) -> Option<ActionId> {
        self.actions
            .binary_search_by(|action| action.action.name.as_str().cmp(name))
            .ok()
            .map(ActionId::new)
    }

    pub(crate) fn action_names(&self) -> impl Iterator<Item = &str> {
        self.actions
            .iter()
            .map(|action| action.action.name.as_str())
    }

    /// The actions in a group, nested groups included.
    pub(crate) fn actions_in(&self, group: GroupId) -> impl Iterator<Item = ActionId> {
        self.actions
            .iter()
            .enumerate()
            .filter(move |(_, action)| action.action.groups.contains(&group))
            .map(|(at, _)| ActionId::new(at))
    }

    pub(crate) fn get_function(&self, id: FunctionId) -> Option<&FunctionDecl<'_>> {
        self.functions.get(id.index())
    }

    /// The functions at or below a path.
    pub(crate) fn functions_below(&self, path: &str) -> Vec<FunctionId> {
        let start = self
            .functions
            .partition_point(|function| function.path.as_str() < path);
        // Sorted by path, `a-b` comes between `a` and `a.b`.
        let all = self.functions.iter().enumerate().skip(start);
        all.take_while(|(_, function)| function.path.starts_with(path))
            .filter(|(_, function)| is_below(&function.path, path))
            .map(|(at, _)| FunctionId::new(at))
            .collect()
    }

    /// Whether something is declared at or below a path.
    pub(crate) fn has_tool(&self, path: &str) -> bool {
        let tools = self.tools.range(SmolStr::new(path)..);
        let mut near = tools
            .map(|(tool, _)| tool)
            .take_while(|tool| tool.starts_with(path));
        near.any(|tool| is_below(tool, path)) || !self.functions_below(path).is_empty()
    }

    /// Every path that a `tool` clause may name.
    pub(crate) fn tool_paths(&self) -> impl Iterator<Item = &str> {
        let functions = self.functions.iter().map(|function| function.path.as_str());
        self.tools.keys().map(SmolStr::as_str).chain(functions)
    }

    pub(crate) fn history(&self, name: &str) -> Option<(HistoryId, &HistoryDecl)> {
        let at = self
            .histories
            .binary_search_by(|history| history.name.as_str().cmp(name))
            .ok()?;
        Some((HistoryId::new(at), self.histories.get(at)?))
    }

    pub(crate) fn resource_decls(&self) -> impl Iterator<Item = (ResourceFactsId, &ResourceDecl)> {
        self.resource_facts
            .iter()
            .enumerate()
            .map(|(at, decl)| (ResourceFactsId::new(at), decl))
    }
}

/// Whether `path` is `tool` or below it.
pub(crate) fn is_below(path: &str, tool: &str) -> bool {
    path.strip_prefix(tool)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
