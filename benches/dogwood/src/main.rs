//! Dogwood: Cedar-like policies over a schema of tools, asked with events. Its authorizer
//! also remembers the events that it was asked with.
//!
//! It takes part from a program of its own, as [`placet_bench::apart`] tells.

use std::cell::RefCell;
use std::collections::HashMap;
use std::process::ExitCode;

use dogwood_language::{Authorizer, Event, LoweredPolicySet, PolicySchema, ServiceSchema, Value};

use placet_bench::contestant::{Contestant, How, Loaded, Session};
use placet_bench::workload::{ACTIONS, LEAVES, Request, Workload, server};
use placet_bench::{alloc, apart, cedar_text};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const DOGWOOD: Contestant = Contestant {
    name: "Dogwood",
    form: "policies over a schema; a prebuilt request is an event with its entities",
    how: How::Here(|work| {
        let service = ServiceSchema::defaults();
        let schema =
            PolicySchema::from_cedarschema_str(&schema(work)).map_err(|error| error.to_string())?;
        let entity = |kind: &str, id: &str| format!("Bench::{kind}::\"{id}\"");
        let text: String = work
            .rules
            .iter()
            .map(|rule| cedar_text::policy(rule, entity, "context.input"))
            .collect();
        let policies = LoweredPolicySet::from_str(&text, &service, &schema)
            .map_err(|error| error.to_string())?;
        Ok(Box::new(Dogwood {
            authorizer: RefCell::new(Authorizer::new(policies)),
            groups: work.agents.iter().cloned().collect(),
            asked: Vec::new(),
        }))
    }),
};

fn main() -> ExitCode {
    apart::serve(&DOGWOOD)
}

struct Dogwood {
    /// Behind a cell: asking changes what it remembers.
    authorizer: RefCell<Authorizer>,
    groups: HashMap<String, Vec<String>>,
    asked: Vec<Event>,
}

impl Loaded for Dogwood {
    fn prebuild(&mut self, requests: &[Request]) {
        self.asked = requests.iter().map(|asked| self.build(asked)).collect();
    }

    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }
}

impl Dogwood {
    fn ask(&self, event: &Event) -> bool {
        let answer = self.authorizer.borrow_mut().is_authorized(event);
        answer.expect("a request is decided").allowed()
    }

    fn build(&self, request: &Request) -> Event {
        let agent = "Bench::Agent";
        let path = "Bench::Path";
        let (tenant, rest) = request.resource.split_once('/').expect("three segments");
        let (project, name) = rest.split_once('/').expect("three segments");
        let within = format!("{tenant}/{project}");
        let text = |text: &str| Value::String(text.to_owned());
        let user = Value::Object(
            [
                ("clearance".to_owned(), Value::Int(request.clearance)),
                ("region".to_owned(), text(request.region)),
                ("dept".to_owned(), text(request.dept)),
            ]
            .into(),
        );
        let groups = self.groups[&request.agent].iter();
        Event::builder_for(
            &["Bench", "Action"],
            &format!("{}:{}", request.tool, request.action),
            "request",
        )
        .principal_for(agent, &request.agent)
        .resource_for(path, &request.resource)
        .request_context("input", "user", user)
        .request_context("input", "risk", Value::Int(request.risk))
        .request_context("input", "mfa", Value::Bool(request.mfa))
        .parents_for(
            agent,
            &request.agent,
            groups.map(|group| ("Bench::Group", group.as_str())),
        )
        .entity_for(path, &request.resource, [("name", text(name))])
        .parents_for(path, &request.resource, [(path, within.as_str())])
        .entity_for(path, &within, [("name", text(project))])
        .parents_for(path, &within, [(path, tenant)])
        .entity_for(path, tenant, [("name", text(tenant))])
        .build()
    }
}

impl Session for &Dogwood {
    fn prebuilt(&mut self, at: usize) -> bool {
        self.ask(&self.asked[at])
    }

    fn strings(&mut self, request: &Request) -> bool {
        self.ask(&self.build(request))
    }
}

fn schema(work: &Workload) -> String {
    let mut text = String::from(
        "namespace Bench {\n\
         type User = { clearance: Long, region: String, dept: String };\n\
         type Input = { user: User, risk: Long, mfa: Bool };\n\
         entity Group;\n\
         entity Agent in [Group];\n\
         entity Path in [Path] = { name: String };\n",
    );
    for on in &work.servers {
        text.push_str(&format!("action \"{on}\";\n"));
        for action in ACTIONS {
            text.push_str(&format!("action \"{on}:{action}\";\n"));
        }
        for leaf in LEAVES {
            let tool = format!("{on}.{leaf}");
            text.push_str(&format!("action \"{tool}\";\n"));
            for action in ACTIONS {
                text.push_str(&format!(
                    "action \"{tool}:{action}\" in [\"{tool}\", \"{on}:{action}\", \"{}\"] \
                     appliesTo {{ principal: [Agent], resource: [Path], context: {{ input: Input }} }};\n",
                    server(&tool)
                ));
            }
        }
    }
    text.push_str("}\n");
    text
}
