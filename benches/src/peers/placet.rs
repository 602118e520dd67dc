//! Placet: rules as policy text, compiled; a request lends its strings, and a prebuilt one
//! has its names looked up ([`Ready`]).

use std::fmt::Write as _;

use placet_compiler::texts::compile;
use placet_evaluator::{Engine, Ready};
use placet_model::compiled::Compiled;
use placet_model::json::Json;
use placet_model::question::{Asking, Datum, Given, Party, Question};
use placet_model::request::{Asked, Principal, Request as Asks, ScopeRequest};
use placet_model::value::Time;

use crate::contestant::{Contestant, How, Loaded, Saved, Session, Shared};
use crate::workload::{ACTIONS, Atom, LEAVES, Pattern, Request, Rule, Seg, Subject, Workload};

/// Placet.
pub const PLACET: Contestant = Contestant {
    name: "Placet",
    form: "policy text, compiled; decided by the policy alone; a prebuilt request is ready to be answered",
    how: How::Here(|work| {
        let policy = compiled(work)?;
        Ok(Box::new(Placet {
            engine: Engine::new(policy),
            asked: Vec::new(),
        }))
    }),
};

/// The most bytes of one file, with room for a last rule.
const FILE: usize = 4_000_000;

struct Placet {
    engine: Engine,
    asked: Vec<(Request, Facts)>,
}

impl Loaded for Placet {
    fn prebuild(&mut self, requests: &[Request]) {
        let with_facts = |request: &Request| (request.clone(), Facts::of(request));
        self.asked = requests.iter().map(with_facts).collect();
    }

    fn session(&self) -> Box<dyn Session + '_> {
        let asked = self.asked.iter();
        Box::new(Decider {
            engine: &self.engine,
            ready: asked
                .map(|(request, facts)| facts.question(request))
                .map(|question| self.engine.ready_without_credential(question))
                .collect(),
        })
    }

    fn shared(&self) -> Option<&(dyn Shared + '_)> {
        Some(self)
    }

    fn saved(&self) -> Option<Saved> {
        Some(Saved {
            bytes: self.engine.compiled().save(),
            load: |bytes| drop(Engine::new(Compiled::load(bytes).expect("what was saved"))),
        })
    }
}

impl Shared for Placet {
    fn session(&self) -> Box<dyn Session + '_> {
        Loaded::session(self)
    }
}

struct Decider<'a> {
    engine: &'a Engine,
    ready: Vec<Ready<'a>>,
}

impl Session for Decider<'_> {
    fn prebuilt(&mut self, at: usize) -> bool {
        self.ready[at].ruling().is_grant()
    }

    fn strings(&mut self, request: &Request) -> bool {
        let facts = Facts::of(request);
        let question = facts.question(request);
        self.engine.ruling_without_credential(question).is_grant()
    }
}

/// The facts of a request, with their names.
pub struct Facts {
    user: [(&'static str, Datum<'static>); 3],
    context: [(&'static str, Datum<'static>); 2],
}

impl Facts {
    /// Those of a request.
    pub fn of(request: &Request) -> Self {
        Self {
            user: [
                ("clearance", request.clearance.into()),
                ("region", request.region.into()),
                ("dept", request.dept.into()),
            ],
            context: [("risk", request.risk.into()), ("mfa", request.mfa.into())],
        }
    }

    /// The request, lent.
    pub fn question<'a>(&'a self, request: &'a Request) -> Question<'a> {
        let asked = Asking::Triple {
            tool: &request.tool,
            action: request.action,
            resource: &request.resource,
        };
        Question {
            user: Some(Party {
                facts: Given::Lent(&self.user),
                ..Party::from(request.user.as_str())
            }),
            context: Given::Lent(&self.context),
            ..Question::new(request.agent.as_str(), asked)
        }
    }
}

/// A request that keeps what it says.
pub fn build(request: &Request) -> Asks {
    let text = |text: &str| Json::String(text.into());
    let number = |number: i64| Json::Number(smol_str::format_smolstr!("{number}"));
    Asks {
        agent: Principal {
            id: request.agent.as_str().into(),
            ..Principal::default()
        },
        user: Some(Principal {
            id: request.user.as_str().into(),
            groups: None,
            facts: vec![
                ("clearance".into(), number(request.clearance)),
                ("region".into(), text(request.region)),
                ("dept".into(), text(request.dept)),
            ],
        }),
        task: None,
        asked: Asked::Triple {
            tool: request.tool.as_str().into(),
            action: request.action.into(),
            resource: request.resource.as_str().into(),
        },
        context: vec![
            ("risk".into(), number(request.risk)),
            ("mfa".into(), Json::Bool(request.mfa)),
        ],
        time: None,
        resources: Vec::new(),
        histories: Vec::new(),
        budgets: Vec::new(),
        consents: Vec::new(),
        approvals: Vec::new(),
        credential: None,
    }
}

/// The policy, compiled.
pub fn compiled(work: &Workload) -> Result<Compiled, String> {
    let files = texts(work);
    let texts = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    compile(texts).map_err(|findings| findings.to_string())
}

/// The first request's agent and user asking for scopes: what every request is about, with
/// its whole project.
pub fn issuance(requests: &[Request]) -> Asks {
    let scope = |asked: &Request| {
        let (project, _) = asked.resource.rsplit_once('/').expect("three segments");
        ScopeRequest {
            tool: asked.tool.as_str().into(),
            actions: vec![asked.action.into()],
            resources: vec![format!("{project}/**").into()],
        }
    };
    Asks {
        asked: Asked::Scopes {
            scopes: requests.iter().map(scope).collect(),
            ttl: None,
        },
        time: Time::parse("2026-01-01T00:00:00Z"),
        ..build(&requests[0])
    }
}

/// The agent and user of a request asking which tools are worth showing.
pub fn listing(request: &Request) -> Asks {
    Asks {
        asked: Asked::Listing { tool: None },
        ..build(request)
    }
}

/// The policy as files.
pub fn texts(work: &Workload) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut text = String::from(
        "policy bench { language 1  layers main  lifetime 1h }\n\
         facts user    { clearance: int, region: text, dept: text }\n\
         facts context { risk: int, mfa: bool }\n",
    );
    for group in &work.groups {
        let _ = writeln!(text, "group agents {group}");
    }
    for (agent, groups) in &work.agents {
        let _ = writeln!(
            text,
            "agent {agent} in {} {{ owner = \"bench\" }}",
            groups.join(", ")
        );
    }
    for server in &work.servers {
        for leaf in LEAVES {
            let _ = write!(text, "tool {server}.{leaf} {{");
            for action in ACTIONS {
                let _ = write!(text, " action {action} -> \"**\"");
            }
            text.push_str(" }\n");
        }
    }
    for rule in &work.rules {
        write_rule(&mut text, rule);
        if text.len() > FILE {
            files.push((format!("{}.placet", files.len()), std::mem::take(&mut text)));
        }
    }
    files.push((format!("{}.placet", files.len()), text));
    files
}

fn write_rule(text: &mut String, rule: &Rule) {
    let kind = if rule.deny { "deny" } else { "grant" };
    let subject = match &rule.subject {
        Subject::Any => "any".to_owned(),
        Subject::Agent(agent) => agent.clone(),
        Subject::Group(group) => format!("in {group}"),
    };
    let actions: Vec<&str> = rule.actions.iter().map(|at| ACTIONS[*at]).collect();
    let _ = write!(
        text,
        "{kind} {} {{ agent {subject}  user any  tool {}  action {}  resource \"{}\"",
        rule.name,
        rule.tool,
        actions.join(", "),
        pattern(&rule.pattern),
    );
    for condition in &rule.conditions {
        text.push_str("  when ");
        let _ = match condition {
            Atom::Clearance(least) => write!(text, "user.clearance >= {least}"),
            Atom::Region(region) => write!(text, "user.region == \"{region}\""),
            Atom::Dept(depts) => write!(text, "user.dept in {depts:?}"),
            Atom::Risk(below) => write!(text, "context.risk < {below}"),
            Atom::Mfa => write!(text, "context.mfa"),
        };
    }
    text.push_str(" }\n");
}

fn pattern(pattern: &Pattern) -> String {
    let mut parts: Vec<&str> = pattern
        .segments
        .iter()
        .map(|segment| match segment {
            Seg::Literal(text) => text.as_str(),
            Seg::Any => "*",
        })
        .collect();
    if pattern.tail {
        parts.push("**");
    }
    parts.join("/")
}
