//! Cedar: groups, folders and tools as entities, facts in the context. As its users run it,
//! all policies are handed to the authorizer; sliced, its host keeps a policy set for every
//! tool and hands over that one.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request as Asks, RestrictedExpression,
};

use crate::cedar_text;
use crate::contestant::{Contestant, How, Loaded, Session, Shared};
use crate::workload::{LEAVES, Request, Rule, Workload, server};

pub const CEDAR: Contestant = Contestant {
    name: "Cedar",
    form: "one policy set; request and its entities are built ahead",
    how: How::Here(|work| {
        let text: String = work.rules.iter().map(policy).collect();
        let all = PolicySet::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Box::new(Cedar::new(work, vec![all], None)))
    }),
};

pub const SLICED: Contestant = Contestant {
    name: "Cedar, sliced",
    form: "a policy set for every tool, picked by its host",
    how: How::Here(|work| {
        let mut texts: HashMap<String, String> = HashMap::new();
        for rule in &work.rules {
            let leaves = LEAVES.map(|leaf| format!("{}.{leaf}", server(&rule.tool)));
            for tool in leaves {
                if rule.tool == tool || !rule.tool.contains('.') {
                    texts.entry(tool).or_default().push_str(&policy(rule));
                }
            }
        }
        let mut sets = vec![PolicySet::new()];
        let mut slices = HashMap::new();
        for (tool, text) in texts {
            slices.insert(tool, sets.len());
            sets.push(PolicySet::from_str(&text).map_err(|error| error.to_string())?);
        }
        Ok(Box::new(Cedar::new(work, sets, Some(slices))))
    }),
};

struct Cedar {
    authorizer: Authorizer,
    sets: Vec<PolicySet>,
    /// By tool, which set; without slices it is the first.
    slices: Option<HashMap<String, usize>>,
    groups: HashMap<String, Vec<EntityUid>>,
    types: Types,
    asked: Vec<(Asks, Entities, usize)>,
}

struct Types {
    agent: EntityTypeName,
    action: EntityTypeName,
    path: EntityTypeName,
}

impl Cedar {
    fn new(work: &Workload, sets: Vec<PolicySet>, slices: Option<HashMap<String, usize>>) -> Self {
        let kind = |name: &str| EntityTypeName::from_str(name).expect("a name");
        let group = kind("Group");
        Self {
            authorizer: Authorizer::new(),
            sets,
            slices,
            groups: work
                .agents
                .iter()
                .map(|(agent, groups)| {
                    let groups = groups.iter().map(|name| uid(&group, name)).collect();
                    (agent.clone(), groups)
                })
                .collect(),
            types: Types {
                agent: kind("Agent"),
                action: kind("Action"),
                path: kind("Path"),
            },
            asked: Vec::new(),
        }
    }

    /// The request, its entities, and which policies to ask.
    fn build(&self, request: &Request) -> (Asks, Entities, usize) {
        let Types {
            agent,
            action,
            path,
        } = &self.types;
        let principal = uid(agent, &request.agent);
        let verb = uid(action, &format!("{}:{}", request.tool, request.action));
        let resource = uid(path, &request.resource);
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let user = RestrictedExpression::new_record([
            ("id".to_owned(), text(&request.user)),
            (
                "clearance".to_owned(),
                RestrictedExpression::new_long(request.clearance),
            ),
            ("region".to_owned(), text(request.region)),
            ("dept".to_owned(), text(request.dept)),
        ])
        .expect("distinct keys");
        let context = Context::from_pairs([
            ("user".to_owned(), user),
            (
                "risk".to_owned(),
                RestrictedExpression::new_long(request.risk),
            ),
            (
                "mfa".to_owned(),
                RestrictedExpression::new_bool(request.mfa),
            ),
        ])
        .expect("distinct keys");
        let (tenant, rest) = request.resource.split_once('/').expect("three segments");
        let (project, name) = rest.split_once('/').expect("three segments");
        let tenant_id = uid(path, tenant);
        let project_id = uid(path, &format!("{tenant}/{project}"));
        let on = server(&request.tool);
        let entities = Entities::from_entities(
            [
                Entity::new_no_attrs(
                    principal.clone(),
                    self.groups[&request.agent].iter().cloned().collect(),
                ),
                Entity::new_no_attrs(
                    verb.clone(),
                    HashSet::from([
                        uid(action, &request.tool),
                        uid(action, &format!("{on}:{}", request.action)),
                        uid(action, on),
                    ]),
                ),
                Entity::new(
                    resource.clone(),
                    HashMap::from([("name".to_owned(), text(name))]),
                    HashSet::from([project_id.clone()]),
                )
                .expect("a text"),
                Entity::new_no_attrs(project_id, HashSet::from([tenant_id])),
            ],
            None,
        )
        .expect("a hierarchy");
        let asks = Asks::new(principal, verb, resource, context, None).expect("no schema");
        let slice = match &self.slices {
            Some(slices) => slices.get(&request.tool).copied().unwrap_or(0),
            None => 0,
        };
        (asks, entities, slice)
    }

    fn ask(&self, (request, entities, set): &(Asks, Entities, usize)) -> bool {
        let answer = self
            .authorizer
            .is_authorized(request, &self.sets[*set], entities);
        answer.decision() == Decision::Allow
    }
}

impl Loaded for Cedar {
    fn prebuild(&mut self, requests: &[Request]) {
        self.asked = requests.iter().map(|asked| self.build(asked)).collect();
    }

    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }

    fn shared(&self) -> Option<&(dyn Shared + '_)> {
        Some(self)
    }
}

impl Shared for Cedar {
    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }
}

impl Session for &Cedar {
    fn prebuilt(&mut self, at: usize) -> bool {
        self.ask(&self.asked[at])
    }

    fn strings(&mut self, request: &Request) -> bool {
        self.ask(&self.build(request))
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// A rule as a policy.
fn policy(rule: &Rule) -> String {
    cedar_text::policy(rule, |kind, id| format!("{kind}::\"{id}\""), "context")
}
