//! Values of inputs to a request, as `placet decide` takes it.

use placet_model::credential::Credential;
use placet_model::digest::asked_digest;
use placet_model::ids::GroupId;
use placet_model::json::{Fields, Json};
use placet_model::policy::{Entity, GroupKind, Policy};
use placet_model::request::{Asked, Assent, Calls, Covers, Principal, Request, ScopeRequest, Task};
use placet_model::value::Time;
use smol_str::{SmolStr, format_smolstr};

use crate::build::Builder;
use crate::domain::{Choice, Shown};
use crate::input::Input;
use crate::site::Site;
use crate::values::{fresh, simplest};

/// Some time, for a request that needs one and is asked nothing about it.
pub(crate) const SOME_TIME: Time = Time(1_767_614_400_000_000);

impl Builder<'_> {
    /// The request that these values make for some sites; what they leave out is as simple as
    /// can be.
    pub(crate) fn request(
        &self,
        sites: &[Site<'_>],
        value: &dyn Fn(&Input) -> Option<Choice>,
    ) -> Request {
        let json = |input: &Input| match value(input) {
            Some(Choice::Value(Shown(json))) => Some(json),
            Some(Choice::Name(name)) => Some(Json::String(name)),
            _ => None,
        };
        let agent_id = match value(&Input::Agent) {
            Some(Choice::Name(name)) => name,
            _ => sites
                .iter()
                .find_map(|site| site.policy.agents.first())
                .map_or_else(|| fresh(0), |agent| agent.name.clone()),
        };
        let mut agent = Principal {
            groups: groups(
                sites,
                GroupKind::Agents,
                value,
                &Input::AgentTold,
                Input::AgentIn,
            ),
            facts: self.facts(Entity::Agent, &json),
            id: agent_id,
        };
        agent.facts.retain(|(name, _)| {
            let input = Input::Fact(Entity::Agent, name.clone());
            // What a policy sets a request need not say, unless another one asks for it.
            sites
                .iter()
                .any(|site| site.field(&input).is_some() && !site.sets(&agent.id, name))
        });
        let user = match value(&Input::User) {
            Some(Choice::Name(id)) => Some(Principal {
                id,
                groups: groups(
                    sites,
                    GroupKind::Users,
                    value,
                    &Input::UserTold,
                    Input::UserIn,
                ),
                facts: self.facts(Entity::User, &json),
            }),
            _ => None,
        };
        let task_facts = self.facts(Entity::Task, &json);
        let task = match value(&Input::Task) {
            Some(Choice::Name(id)) => Some(id),
            Some(_) => None,
            None => (!task_facts.is_empty()).then(|| "T-1".into()),
        };
        let task = task.map(|id| Task {
            id,
            facts: task_facts,
        });
        let mut resources: Vec<(SmolStr, Fields)> = Vec::new();
        for site in sites {
            let Some(resource) = site.spot.resource(site.policy, &json) else {
                continue;
            };
            let resource = SmolStr::new(resource.as_str());
            let known = self.named(&json, |input| match input {
                Input::Known(shape, name) if *shape == site.shape => Some(name.clone()),
                _ => None,
            });
            if !known.is_empty() && !resources.iter().any(|(known, _)| *known == resource) {
                resources.push((resource, known));
            }
        }
        let mut request = Request {
            agent,
            user,
            task,
            asked: asked(sites, self.strangers(sites, &json), value, &json),
            context: self.facts(Entity::Context, &json),
            time: match json(&Input::Now) {
                Some(Json::String(text)) => Time::parse(&text),
                _ => None,
            },
            resources,
            histories: histories(sites, value),
            budgets: Vec::new(),
            consents: Vec::new(),
            approvals: Vec::new(),
            credential: None,
        };
        if let Some(Choice::Number(depth)) = value(&Input::Depth)
            && depth > 0
        {
            request.time = request.time.or(Some(SOME_TIME));
            request.credential = Some(chain(&request, depth));
        }
        request
    }

    fn facts(&self, entity: Entity, json: &dyn Fn(&Input) -> Option<Json>) -> Fields {
        self.named(json, |input| match input {
            Input::Fact(of, name) if *of == entity => Some(name.clone()),
            _ => None,
        })
    }

    /// Arguments that are asked about and that no site declares.
    fn strangers(&self, sites: &[Site<'_>], json: &dyn Fn(&Input) -> Option<Json>) -> Fields {
        self.named(json, |input| match input {
            Input::Arg(name) if sites.iter().all(|site| site.field(input).is_none()) => {
                Some(name.clone())
            }
            _ => None,
        })
    }

    /// The inputs of one kind that have a value, by name.
    fn named(
        &self,
        json: &dyn Fn(&Input) -> Option<Json>,
        name: impl Fn(&Input) -> Option<SmolStr>,
    ) -> Fields {
        let mut fields: Fields = Vec::new();
        for input in self.inputs() {
            if let Some(name) = name(input)
                && let Some(json) = json(input)
            {
                fields.push((name, json));
            }
        }
        fields
    }

    /// All inputs that some atom reads, sorted, each once.
    pub(crate) fn inputs(&self) -> Vec<&Input> {
        let mut inputs: Vec<&Input> = self.atoms.iter().flat_map(|atom| &atom.inputs).collect();
        inputs.sort();
        inputs.dedup();
        inputs
    }
}

/// What is asked: a call with the arguments of all sites, or what a plain triple does.
fn asked(
    sites: &[Site<'_>],
    strangers: Fields,
    value: &dyn Fn(&Input) -> Option<Choice>,
    json: &dyn Fn(&Input) -> Option<Json>,
) -> Asked {
    let tool = sites.first().map(|site| site.spot.declared.path.clone());
    let tool = tool.unwrap_or_default();
    if let Some(site) = sites.first()
        && site.spot.declared.params.is_none()
    {
        let action = site.policy.actions.get(site.spot.line.action.index());
        let resource = site.spot.resource(site.policy, json);
        return Asked::Triple {
            tool,
            action: action.map(|action| action.name.clone()).unwrap_or_default(),
            resource: resource.map_or_else(SmolStr::default, |resource| resource.as_str().into()),
        };
    }
    let mut args: Fields = Vec::new();
    for site in sites {
        for field in site.spot.parameters(site.policy) {
            if args.iter().any(|(name, _)| *name == field.name) {
                continue;
            }
            let input = Input::Arg(field.name.clone());
            let given = json(&input).or_else(|| {
                let wanted = !field.optional && field.default.is_none();
                // Where policies do not agree on what is needed, it may be left out.
                let left_out = sites.len() > 1 && value(&input) == Some(Choice::Absent);
                (wanted && !left_out).then(|| simplest(site.policy, field.ty))
            });
            args.extend(given.map(|given| (field.name.clone(), given)));
        }
    }
    args.extend(strangers);
    Asked::Call { tool, args }
}

/// The groups that a request tells of, of those with members from requests.
fn groups(
    sites: &[Site<'_>],
    kind: GroupKind,
    value: &dyn Fn(&Input) -> Option<Choice>,
    told: &Input,
    input: fn(SmolStr) -> Input,
) -> Option<Vec<SmolStr>> {
    let all = sites.iter().flat_map(|site| &site.policy.groups);
    let mut open: Vec<&SmolStr> = all
        .filter(|group| group.kind == kind && group.from_request)
        .map(|group| &group.name)
        .collect();
    open.sort();
    open.dedup();
    if open.is_empty() || value(told) == Some(Choice::Truth(false)) {
        return None;
    }
    open.retain(|name| value(&input((*name).clone())) == Some(Choice::Truth(true)));
    Some(open.into_iter().cloned().collect())
}

fn histories(
    sites: &[Site<'_>],
    value: &dyn Fn(&Input) -> Option<Choice>,
) -> Vec<(SmolStr, Calls)> {
    let all = sites.iter().flat_map(|site| &site.policy.histories);
    let mut names: Vec<&SmolStr> = all.map(|history| &history.name).collect();
    names.sort();
    names.dedup();
    let histories = names.into_iter().filter_map(|name| {
        let calls = match value(&Input::History(name.clone()))? {
            Choice::Number(0) => Calls::Records(Vec::new()),
            Choice::Number(count) => Calls::Count(count),
            _ => return None,
        };
        Some((name.clone(), calls))
    });
    histories.collect()
}

/// A credential under so many others, for asking about chains.
fn chain(request: &Request, depth: u64) -> Credential {
    let link = |agent: Principal, parent: Option<Box<Credential>>| Credential {
        id: None,
        agent,
        user: request.user.clone(),
        task: request.task.clone(),
        context: request.context.clone(),
        issued: request.time.unwrap_or(SOME_TIME),
        not_after: Time::LAST,
        policy: SmolStr::default(),
        scopes: Vec::new(),
        consents: Vec::new(),
        approvals: Vec::new(),
        parent,
    };
    let mut parent = None;
    for at in 0..depth {
        let agent = Principal {
            id: format_smolstr!("ancestor-{at}"),
            ..Principal::default()
        };
        parent = Some(Box::new(link(agent, parent)));
    }
    link(request.agent.clone(), parent)
}

/// A consent of the user to what a request asks.
pub(crate) fn consent(request: &Request, covers: Covers) -> Option<Assent> {
    let user = request.user.as_ref()?;
    Some(Assent {
        by: user.id.clone(),
        groups: None,
        agent: request.agent.id.clone(),
        user: None,
        task: request.task.as_ref().map(|task| task.id.clone()),
        covers,
        not_after: None,
    })
}

/// An approval by a member of a group of what a request asks; `None` when nobody can.
pub(crate) fn approval(
    policy: &Policy,
    request: &Request,
    group: GroupId,
    covers: Covers,
) -> Option<Assent> {
    let user = request.user.as_ref().map(|user| &user.id);
    let (by, groups) = match approvers(policy, group) {
        Approvers::Anybody(group) => {
            let somebody = (0..).map(|at| format_smolstr!("approver-{}", fresh(at)));
            let by = somebody
                .take(64)
                .find(|name| Some(name) != user && *name != request.agent.id)?;
            (by, Some(vec![group]))
        }
        Approvers::Named(names) => {
            let by = names
                .into_iter()
                .find(|name| Some(name) != user && *name != request.agent.id)?;
            (by, None)
        }
    };
    Some(Assent {
        by,
        groups,
        agent: request.agent.id.clone(),
        user: user.cloned(),
        task: request.task.as_ref().map(|task| task.id.clone()),
        covers,
        not_after: None,
    })
}

/// Who can approve for a group.
pub(crate) enum Approvers {
    /// Anybody whom a request puts into this group.
    Anybody(SmolStr),
    /// These, of whom none is an agent.
    Named(Vec<SmolStr>),
}

/// Who can approve for a group.
pub(crate) fn approvers(policy: &Policy, group: GroupId) -> Approvers {
    let Some(group) = policy.groups.get(group.index()) else {
        return Approvers::Named(Vec::new());
    };
    let nested = group
        .nested
        .iter()
        .filter_map(|id| policy.groups.get(id.index()));
    let all: Vec<_> = std::iter::once(group).chain(nested).collect();
    if let Some(open) = all.iter().find(|group| group.from_request) {
        return Approvers::Anybody(open.name.clone());
    }
    let mut names: Vec<SmolStr> = all.iter().flat_map(|group| group.members.clone()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| {
        policy
            .agents
            .binary_search_by(|agent| agent.name.cmp(name))
            .is_err()
    });
    Approvers::Named(names)
}

/// What an assent to this very call covers.
pub(crate) fn this_call(request: &Request) -> Covers {
    Covers::Call(asked_digest(&request.asked))
}

/// What an assent to a whole tool covers.
pub(crate) fn whole_tool(request: &Request) -> Covers {
    Covers::Scope(ScopeRequest {
        tool: request.asked.called(),
        actions: vec!["any".into()],
        resources: vec!["**".into()],
    })
}
