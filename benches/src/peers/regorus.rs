//! Regorus: one small policy in Rego over the rules as data, nested by tool, action and
//! subject; compiled for its virtual machine.

use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Value};
use serde_json::{Map, json};

use crate::contestant::{Contestant, How, Loaded, Session, Shared};
use crate::workload::{ACTIONS, Atom, Request, Rule, Seg, Subject, Workload};

pub const REGORUS: Contestant = Contestant {
    name: "regorus",
    form: "rules as data by tool, action and subject; bytecode; a prebuilt request is a value",
    how: How::Here(|work| {
        let mut engine = Engine::new();
        engine
            .add_policy("authz.rego".to_owned(), POLICY.to_owned())
            .map_err(|error| error.to_string())?;
        let entry = "data.authz.allow";
        let compiled = engine
            .compile_with_entrypoint(&entry.into())
            .map_err(|error| error.to_string())?;
        let program = Compiler::compile_from_policy(&compiled, &[entry])
            .map_err(|error| error.to_string())?;
        let data = Value::from_json_str(&data(work)).map_err(|error| error.to_string())?;
        Ok(Box::new(Regorus {
            program,
            data,
            asked: Vec::new(),
        }))
    }),
};

const POLICY: &str = r#"
package authz

import rego.v1

default allow := false

allow if {
    some tool in tools
    some subject in subjects
    some rule in data.grants[tool][input.action][subject]
    matches(rule)
    not denied
}

denied if {
    some tool in tools
    some subject in subjects
    some rule in data.denies[tool][input.action][subject]
    matches(rule)
}

segments := split(input.resource, "/")

tools := [input.tool, split(input.tool, ".")[0]]

subjects := array.concat([input.agent, "any"], data.groups[input.agent])

matches(rule) if {
    covers(rule)
    every condition in rule.conditions { holds(condition) }
}

covers(rule) if startswith(input.resource, rule.prefix)

covers(rule) if input.resource == rule.exact

covers(rule) if {
    every at, segment in rule.segments { segment in ["*", segments[at]] }
}

holds(condition) if {
    condition.op == "at-least"
    input.facts[condition.fact] >= condition.value
}

holds(condition) if {
    condition.op == "below"
    input.facts[condition.fact] < condition.value
}

holds(condition) if {
    condition.op == "is"
    input.facts[condition.fact] == condition.value
}

holds(condition) if {
    condition.op == "in"
    input.facts[condition.fact] in condition.value
}
"#;

struct Regorus {
    program: Arc<Program>,
    data: Value,
    asked: Vec<Value>,
}

struct Machine<'a> {
    vm: RegoVM,
    asked: &'a [Value],
}

impl Loaded for Regorus {
    fn prebuild(&mut self, requests: &[Request]) {
        self.asked = requests.iter().map(build).collect();
    }

    fn session(&self) -> Box<dyn Session + '_> {
        let mut vm = RegoVM::new();
        vm.load_program(self.program.clone());
        vm.set_data(self.data.clone()).expect("data");
        vm.set_max_instructions(usize::MAX);
        Box::new(Machine {
            vm,
            asked: &self.asked,
        })
    }

    fn shared(&self) -> Option<&(dyn Shared + '_)> {
        Some(self)
    }
}

impl Shared for Regorus {
    fn session(&self) -> Box<dyn Session + '_> {
        Loaded::session(self)
    }
}

impl Machine<'_> {
    fn ask(&mut self, input: Value) -> bool {
        self.vm.set_input(input);
        self.vm.execute().expect("a value") == Value::from(true)
    }
}

impl Session for Machine<'_> {
    fn prebuilt(&mut self, at: usize) -> bool {
        self.ask(self.asked[at].clone())
    }

    fn strings(&mut self, request: &Request) -> bool {
        self.ask(build(request))
    }
}

fn build(request: &Request) -> Value {
    let record = |fields: Vec<(&str, Value)>| {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
        Value::from(fields.collect::<std::collections::BTreeMap<Value, Value>>())
    };
    let facts = record(vec![
        ("clearance", request.clearance.into()),
        ("region", request.region.into()),
        ("dept", request.dept.into()),
        ("risk", request.risk.into()),
        ("mfa", request.mfa.into()),
    ]);
    record(vec![
        ("agent", request.agent.as_str().into()),
        ("user", request.user.as_str().into()),
        ("tool", request.tool.as_str().into()),
        ("action", request.action.into()),
        ("resource", request.resource.as_str().into()),
        ("facts", facts),
    ])
}

fn data(work: &Workload) -> String {
    let groups: Map<_, _> = work
        .agents
        .iter()
        .map(|(agent, groups)| (agent.clone(), json!(groups)))
        .collect();
    let of = |deny: bool| {
        let mut tools = Map::new();
        for rule in work.rules.iter().filter(|rule| rule.deny == deny) {
            let subject = match &rule.subject {
                Subject::Any => "any",
                Subject::Agent(name) | Subject::Group(name) => name,
            };
            for action in &rule.actions {
                let tool = tools.entry(&rule.tool).or_insert_with(|| json!({}));
                let action = &mut tool[ACTIONS[*action]];
                let rules = &mut action[subject];
                if rules.is_null() {
                    *rules = json!([]);
                }
                rules.as_array_mut().expect("a list").push(row(rule));
            }
        }
        tools
    };
    json!({ "groups": groups, "grants": of(false), "denies": of(true) }).to_string()
}

fn row(rule: &Rule) -> serde_json::Value {
    let texts: Vec<&str> = rule
        .pattern
        .segments
        .iter()
        .map(|segment| match segment {
            Seg::Literal(text) => text.as_str(),
            Seg::Any => "*",
        })
        .collect();
    let mut row = Map::new();
    if rule.pattern.tail {
        let prefix: String = texts.iter().map(|text| format!("{text}/")).collect();
        row.insert("prefix".to_owned(), json!(prefix));
    } else if rule.pattern.segments.contains(&Seg::Any) {
        row.insert("segments".to_owned(), json!(texts));
    } else {
        row.insert("exact".to_owned(), json!(texts.join("/")));
    }
    let conditions: Vec<_> = rule
        .conditions
        .iter()
        .map(|atom| {
            let (fact, op, value) = match atom {
                Atom::Clearance(least) => ("clearance", "at-least", json!(least)),
                Atom::Region(region) => ("region", "is", json!(region)),
                Atom::Dept(depts) => ("dept", "in", json!(depts)),
                Atom::Risk(below) => ("risk", "below", json!(below)),
                Atom::Mfa => ("mfa", "is", json!(true)),
            };
            json!({ "fact": fact, "op": op, "value": value })
        })
        .collect();
    row.insert("conditions".to_owned(), json!(conditions));
    row.into()
}
