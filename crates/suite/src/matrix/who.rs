//! Who is asked about: agents with the users for whom they act, and fixtures.

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::Told;
use placet_model::policy::{Agents, Expr, GroupKind, Policy, Users};
use placet_model::render;
use placet_model::request::{Asked, Principal, Request, Task};
use placet_model::value::Value;
use smol_str::{SmolStr, format_smolstr};

use super::given::Fixture;

/// An agent that acts for a user or for none, perhaps in the circumstances of a fixture.
#[derive(Clone, Debug)]
pub(super) struct Who {
    /// As it is shown: `agent in coders, user any`.
    pub(super) label: SmolStr,
    /// A request of it that asks nothing yet.
    pub(super) request: Request,
    /// Of whom the request tells everything.
    pub(super) told: Told,
    /// It comes of a fixture.
    pub(super) fixture: bool,
}

/// Everybody, by label.
pub(super) fn everybody(policy: &Policy, fixtures: &BTreeMap<SmolStr, Fixture>) -> Vec<Who> {
    let agents = agents(policy);
    let users = users(policy);
    let mut all = Vec::new();
    for (agent, is) in &agents {
        for (user, whose) in &users {
            all.push(Who {
                label: format_smolstr!("agent {agent}, user {user}"),
                request: request(is.clone(), whose.clone()),
                told: Told::default(),
                fixture: false,
            });
        }
    }
    for (name, fixture) in fixtures {
        all.extend(of_fixture(name, fixture, &agents, &users));
    }
    all.sort_by(|a, b| a.label.cmp(&b.label));
    all.dedup_by(|a, b| a.label == b.label);
    all
}

type Named<T> = Vec<(String, T)>;

/// A fixture is asked about with its own agents and user; where it has none, with everyone.
fn of_fixture(
    name: &str,
    fixture: &Fixture,
    agents: &Named<Principal>,
    users: &Named<Option<Principal>>,
) -> Vec<Who> {
    let own: Named<Principal> = fixture
        .agents
        .iter()
        .map(|(id, agent)| (shown(id, agent), agent.clone()))
        .collect();
    let own_user: Named<Option<Principal>> = fixture
        .user
        .iter()
        .map(|user| {
            let label = user
                .as_ref()
                .map_or_else(|| "none".to_owned(), |user| shown(&user.id, user));
            (label, user.clone())
        })
        .collect();
    let agents = if own.is_empty() { agents } else { &own };
    let users = if own_user.is_empty() {
        users
    } else {
        &own_user
    };
    let mut all = Vec::new();
    for (agent, is) in agents {
        for (user, whose) in users {
            let mut request = request(is.clone(), whose.clone());
            request.task = fixture.task.as_ref().map(|(id, facts)| Task {
                id: id.clone(),
                facts: facts.clone(),
            });
            request.context = fixture.context.clone().unwrap_or_default();
            request.time = fixture.time;
            request.resources = fixture.resources.clone().into_iter().collect();
            all.push(Who {
                label: format_smolstr!("given {}, agent {agent}, user {user}", render::name(name)),
                request,
                told: Told {
                    agent: !own.is_empty(),
                    user: !own_user.is_empty(),
                    task: fixture.task.is_some(),
                    context: fixture.context.is_some(),
                },
                fixture: true,
            });
        }
    }
    all
}

fn shown(id: &str, who: &Principal) -> String {
    let mut label = render::name(id);
    let groups: BTreeSet<String> = who
        .groups
        .iter()
        .flatten()
        .map(|group| render::name(group))
        .collect();
    if !groups.is_empty() {
        label.push_str(" in ");
        label.push_str(&groups.into_iter().collect::<Vec<_>>().join(", "));
    }
    label
}

/// Every declared agent, and one of each group whose members come with requests.
fn agents(policy: &Policy) -> Named<Principal> {
    let declared = policy.agents.iter().map(|agent| {
        let who = principal(&agent.name, None);
        (render::name(&agent.name), who)
    });
    let stranger = unnamed(policy, "some-agent");
    let groups = policy
        .groups
        .iter()
        .filter(|group| group.kind == GroupKind::Agents && group.from_request)
        .map(|group| {
            let who = principal(&stranger, Some(&group.name));
            (format!("in {}", render::name(&group.name)), who)
        });
    declared.chain(groups).collect()
}

/// No user; one in no group, of whom no rule has heard; those whom rules name; one of each
/// group that a rule asks for. Groups that only approve make no difference to what their
/// members' agents may do.
fn users(policy: &Policy) -> Named<Option<Principal>> {
    let stranger = unnamed(policy, "some-user");
    let mut all: Named<Option<Principal>> = vec![
        ("none".to_owned(), None),
        ("any".to_owned(), Some(principal(&stranger, None))),
    ];
    let mut named: BTreeSet<SmolStr> = compared(policy, &Expr::UserId);
    for rule in &policy.rules {
        match &rule.users {
            Users::Named(names) => named.extend(names.iter().cloned()),
            Users::In(groups) => {
                for group in groups {
                    let Some(group) = policy.groups.get(group.index()) else {
                        continue;
                    };
                    let parts: Vec<_> = std::iter::once(group)
                        .chain(
                            group
                                .nested
                                .iter()
                                .filter_map(|id| policy.groups.get(id.index())),
                        )
                        .collect();
                    for part in parts {
                        if part.from_request {
                            let who = principal(&stranger, Some(&part.name));
                            all.push((format!("in {}", render::name(&part.name)), Some(who)));
                        }
                        named.extend(part.members.first().cloned());
                    }
                }
            }
            Users::All | Users::Any | Users::None => {}
        }
    }
    all.extend(named.iter().map(|id| {
        let who = principal(id, None);
        (render::name(id), Some(who))
    }));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|a, b| a.0 == b.0);
    all
}

fn principal(id: &SmolStr, group: Option<&SmolStr>) -> Principal {
    Principal {
        id: id.clone(),
        groups: Some(group.into_iter().cloned().collect()),
        facts: Vec::new(),
    }
}

fn request(agent: Principal, user: Option<Principal>) -> Request {
    Request {
        agent,
        user,
        task: None,
        asked: Asked::Listing { tool: None },
        context: Vec::new(),
        time: None,
        resources: Vec::new(),
        histories: Vec::new(),
        budgets: Vec::new(),
        consents: Vec::new(),
        approvals: Vec::new(),
        credential: None,
    }
}

/// An id that nothing in the policy names.
fn unnamed(policy: &Policy, stem: &str) -> SmolStr {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    taken.extend(policy.agents.iter().map(|agent| agent.name.as_str()));
    taken.extend(
        policy
            .groups
            .iter()
            .flat_map(|group| group.members.iter().map(SmolStr::as_str)),
    );
    for rule in &policy.rules {
        if let Users::Named(names) = &rule.users {
            taken.extend(names.iter().map(SmolStr::as_str));
        }
        if let Agents::Named(names) = &rule.agents {
            taken.extend(names.iter().map(SmolStr::as_str));
        }
    }
    for expr in &policy.exprs {
        if let Expr::Const(value) = expr {
            taken.extend(texts(value));
        }
    }
    let mut id = SmolStr::new(stem);
    let mut number = 2;
    while taken.contains(id.as_str()) {
        id = format_smolstr!("{stem}-{number}");
        number += 1;
    }
    id
}

/// The texts that conditions compare an id with.
fn compared(policy: &Policy, what: &Expr) -> BTreeSet<SmolStr> {
    let mut found = BTreeSet::new();
    for expr in &policy.exprs {
        let (Expr::Compare(_, a, b) | Expr::In(a, b)) = expr else {
            continue;
        };
        let sides = [a, b].map(|id| policy.exprs.get(id.index()));
        if let [Some(one), Some(Expr::Const(value))] | [Some(Expr::Const(value)), Some(one)] = sides
            && one == what
        {
            found.extend(texts(value).map(SmolStr::new));
        }
    }
    found
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    std::iter::once(value)
        .chain(value.members().unwrap_or_default())
        .filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
}
