//! Agents, users, tools, actions and resources as they are named on the command line.

use std::collections::BTreeSet;

use placet::analysis::Question;
use placet::json::closest;
use placet::model::ids::{ActionId, FunctionId, GroupId};
use placet::model::pattern::Concrete;
use placet::model::policy::{Agents, GroupKind, Policy, Users};
use placet::model::render;
use placet::model::text::check_id;
use smol_str::SmolStr;

use crate::error::Error;

/// The names of a policy.
pub(crate) struct Names<'p> {
    policy: &'p Policy,
}

impl<'p> Names<'p> {
    pub(crate) const fn of(policy: &'p Policy) -> Self {
        Self { policy }
    }

    /// An agent that the policy knows or may come to know, or `in GROUP`.
    pub(crate) fn agents(&self, text: &str) -> Result<Agents, Error> {
        if let Some(group) = text.strip_prefix("in ") {
            return Ok(Agents::In(vec![self.group(GroupKind::Agents, group)?]));
        }
        let name = id("agent", text)?;
        let declared = self.policy.agents.iter().map(|agent| agent.name.as_str());
        let mut groups = self.policy.groups.iter();
        let open = groups.any(|group| group.kind == GroupKind::Agents && group.from_request);
        // Whoever a request puts into a group is known, too.
        if open || declared.clone().any(|known| known == name) {
            return Ok(Agents::Named(vec![name]));
        }
        Err(unknown("agent", text, declared))
    }

    /// A user, `in GROUP`, or `none`; all when absent.
    pub(crate) fn users(&self, text: Option<&str>) -> Result<Users, Error> {
        match text {
            None => Ok(Users::All),
            Some("none") => Ok(Users::None),
            Some("any") => Ok(Users::Any),
            Some(text) => match text.strip_prefix("in ") {
                Some(group) => Ok(Users::In(vec![self.group(GroupKind::Users, group)?])),
                None => Ok(Users::Named(vec![id("user", text)?])),
            },
        }
    }

    /// An action, `in GROUP`, or `any`.
    pub(crate) fn actions(&self, text: &str) -> Result<Option<Vec<ActionId>>, Error> {
        if text == "any" {
            return Ok(None);
        }
        if let Some(group) = text.strip_prefix("in ") {
            let group = self.group(GroupKind::Actions, group)?;
            let all = self.policy.actions.iter().enumerate();
            let of_group = all.filter(|(_, action)| action.groups.contains(&group));
            return Ok(Some(of_group.map(|(at, _)| ActionId::new(at)).collect()));
        }
        let names = self
            .policy
            .actions
            .iter()
            .map(|action| action.name.as_str());
        match self.policy.action(text) {
            Some(action) => Ok(Some(vec![action])),
            None => Err(unknown("action", text, names)),
        }
    }

    /// A tool with all below it, or `any`.
    pub(crate) fn functions(&self, text: &str) -> Result<Option<Vec<FunctionId>>, Error> {
        if text == "any" {
            return Ok(None);
        }
        let all = self.policy.functions.iter().enumerate();
        let below = all.filter(|(_, function)| {
            let rest = function.path.strip_prefix(text);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let below: Vec<FunctionId> = below.map(|(at, _)| FunctionId::new(at)).collect();
        if !below.is_empty() {
            return Ok(Some(below));
        }
        let mut tools: BTreeSet<&str> = BTreeSet::new();
        for function in &self.policy.functions {
            let dots = function.path.match_indices('.').map(|(dot, _)| dot);
            let ends = dots.chain([function.path.len()]);
            tools.extend(ends.filter_map(|end| function.path.get(..end)));
        }
        Err(unknown("tool", text, tools))
    }

    fn group(&self, kind: GroupKind, text: &str) -> Result<GroupId, Error> {
        let groups = self.policy.groups.iter().enumerate();
        let mut of_kind = groups.filter(|(_, group)| group.kind == kind);
        let names = of_kind.clone().map(|(_, group)| group.name.as_str());
        let what = match kind {
            GroupKind::Agents => "group of agents",
            GroupKind::Users => "group of users",
            GroupKind::Actions => "group of actions",
        };
        match of_kind.find(|(_, group)| group.name == text) {
            Some((at, _)) => Ok(GroupId::new(at)),
            None => Err(unknown(what, text, names)),
        }
    }

    /// No function of the question has any resource like the one that was asked about.
    pub(crate) fn no_such_resource(&self, question: &Question, resource: &str) -> Error {
        let is_one = |wanted: Option<&Vec<FunctionId>>, at: usize| {
            wanted.is_none_or(|ids| ids.contains(&FunctionId::new(at)))
        };
        let functions = self.policy.functions.iter().enumerate();
        let functions = functions.filter(|(at, _)| is_one(question.functions.as_ref(), *at));
        let lines = functions.flat_map(|(_, function)| &function.lines);
        let of_action: Vec<_> = lines
            .filter(|line| {
                let actions = question.actions.as_ref();
                actions.is_none_or(|actions| actions.contains(&line.action))
            })
            .collect();
        if of_action.is_empty() {
            return Error::refused(
                "these tools have no such action".to_owned(),
                Some("`any` as the action, or as the tool, shows what there is"),
            );
        }
        let templates = of_action.iter().flat_map(|line| &line.templates);
        let templates = templates.map(|id| render::pattern(self.policy, *id, &[]));
        let templates: BTreeSet<String> = templates.map(|text| format!("`{text}`")).collect();
        let templates: Vec<String> = templates.into_iter().collect();
        Error::refused(
            format!("no call that is asked about has a resource like `{resource}`"),
            Some(&format!("their resources are {}", templates.join(", "))),
        )
    }
}

/// A resource or a pattern of resources.
pub(crate) fn resources(text: &str) -> Result<Vec<Concrete>, Error> {
    if text == "any" {
        return Ok(Vec::new());
    }
    match Concrete::parse(text) {
        Ok(all) if all == Concrete::ALL => Ok(Vec::new()),
        Ok(pattern) => Ok(vec![pattern]),
        Err(error) => Err(Error::refused(
            format!("`{text}` is neither a resource nor a pattern of resources: {error}"),
            Some(
                "write it like `ticket/acme/17` or `ticket/acme/**`; `%`, `/`, `*`, `{` and `}` in a segment are `%25`, `%2F`, `%2A`, `%7B` and `%7D`",
            ),
        )),
    }
}

fn id(what: &str, text: &str) -> Result<SmolStr, Error> {
    match check_id(text) {
        Ok(()) => Ok(text.into()),
        Err(error) => Err(Error::refused(
            format!("`{text}` cannot be the id of a {what}: {error}"),
            None,
        )),
    }
}

fn unknown<'a>(what: &str, text: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.into_iter().collect();
    let help = match closest(text, known.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if known.is_empty() => Some(format!("the policy has no {what}")),
        None => Some(format!(
            "the policy has {}",
            known
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        )),
    };
    Error::refused(format!("unknown {what} `{text}`"), help.as_deref())
}
