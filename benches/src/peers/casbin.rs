//! Casbin: a matcher over the rules as lines of its policy; agents are given roles, and
//! conditions are evaluated as its documentation shows for attributes. It looks at all
//! rules, one by one.

use casbin::function_map::{OperatorFunction, dynamic_to_str};
use casbin::rhai::{Dynamic, Map};
use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};

use crate::contestant::{Contestant, How, Loaded, Session, Shared};
use crate::workload::{ACTIONS, Atom, Request, Rule, Seg, Subject, Workload};

pub const CASBIN: Contestant = Contestant {
    name: "casbin",
    form: "a matcher with roles and conditions over the rules; a prebuilt request is values",
    how: How::Here(|work| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| error.to_string())?;
        let enforcer = runtime
            .block_on(load(work))
            .map_err(|error| error.to_string())?;
        Ok(Box::new(Casbin {
            enforcer,
            asked: Vec::new(),
        }))
    }),
};

const MODEL: &str = r#"
[request_definition]
r = sub, facts, tool, act, res

[policy_definition]
p = sub, tool, act, res, cond, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = toolMatch(r.tool, p.tool) && actMatch(r.act, p.act) && resMatch(r.res, p.res) && g(r.sub, p.sub) && eval(p.cond)
"#;

async fn load(work: &Workload) -> casbin::Result<Enforcer> {
    let model = DefaultModel::from_str(MODEL).await?;
    let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
    enforcer.add_function("toolMatch", OperatorFunction::Arg2(tool));
    enforcer.add_function("actMatch", OperatorFunction::Arg2(action));
    enforcer.add_function("resMatch", OperatorFunction::Arg2(resource));
    enforcer
        .add_policies(work.rules.iter().map(line).collect())
        .await?;
    let roles = work.agents.iter().flat_map(|(agent, groups)| {
        let groups = groups.iter().map(String::as_str).chain(["any"]);
        groups.map(|group| vec![agent.clone(), group.to_owned()])
    });
    enforcer.add_grouping_policies(roles.collect()).await?;
    Ok(enforcer)
}

struct Casbin {
    enforcer: Enforcer,
    asked: Vec<Vec<Dynamic>>,
}

impl Loaded for Casbin {
    fn prebuild(&mut self, requests: &[Request]) {
        self.asked = requests.iter().map(build).collect();
    }

    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }

    fn shared(&self) -> Option<&(dyn Shared + '_)> {
        Some(self)
    }
}

impl Shared for Casbin {
    fn session(&self) -> Box<dyn Session + '_> {
        Box::new(self)
    }
}

impl Session for &Casbin {
    fn prebuilt(&mut self, at: usize) -> bool {
        let asked = self.asked[at].clone();
        self.enforcer.enforce(asked).expect("a decision")
    }

    fn strings(&mut self, request: &Request) -> bool {
        self.enforcer.enforce(build(request)).expect("a decision")
    }
}

fn build(request: &Request) -> Vec<Dynamic> {
    let text = |text: &str| Dynamic::from(text.to_owned());
    // Its expressions have numbers of 32 bits.
    let number = |number: i64| Dynamic::from(i32::try_from(number).expect("small"));
    let facts = Map::from([
        ("user".into(), text(&request.user)),
        ("clearance".into(), number(request.clearance)),
        ("region".into(), text(request.region)),
        ("dept".into(), text(request.dept)),
        ("risk".into(), number(request.risk)),
        ("mfa".into(), request.mfa.into()),
    ]);
    vec![
        request.agent.clone().into(),
        facts.into(),
        request.tool.clone().into(),
        request.action.into(),
        request.resource.clone().into(),
    ]
}

fn line(rule: &Rule) -> Vec<String> {
    let subject = match &rule.subject {
        Subject::Any => "any",
        Subject::Agent(name) | Subject::Group(name) => name,
    };
    let actions: Vec<&str> = rule.actions.iter().map(|at| ACTIONS[*at]).collect();
    let mut pattern: Vec<&str> = rule
        .pattern
        .segments
        .iter()
        .map(|segment| match segment {
            Seg::Literal(text) => text.as_str(),
            Seg::Any => "*",
        })
        .collect();
    if rule.pattern.tail {
        pattern.push("**");
    }
    let conditions: Vec<String> = rule
        .conditions
        .iter()
        .map(|atom| match atom {
            Atom::Clearance(least) => format!("r.facts.clearance >= {least}"),
            Atom::Region(region) => format!("r.facts.region == \"{region}\""),
            Atom::Dept(depts) => format!("r.facts.dept in {depts:?}"),
            Atom::Risk(below) => format!("r.facts.risk < {below}"),
            Atom::Mfa => "r.facts.mfa".to_owned(),
        })
        .collect();
    let condition = if conditions.is_empty() {
        "true".to_owned()
    } else {
        conditions.join(" && ")
    };
    vec![
        subject.to_owned(),
        rule.tool.clone(),
        actions.join("|"),
        pattern.join("/"),
        condition,
        if rule.deny { "deny" } else { "allow" }.to_owned(),
    ]
}

fn tool(asked: Dynamic, rule: Dynamic) -> Dynamic {
    let (asked, rule) = (dynamic_to_str(&asked), dynamic_to_str(&rule));
    let covers = asked.strip_prefix(rule.as_ref());
    covers
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        .into()
}

fn action(asked: Dynamic, rule: Dynamic) -> Dynamic {
    let (asked, rule) = (dynamic_to_str(&asked), dynamic_to_str(&rule));
    rule.split('|').any(|one| one == asked).into()
}

fn resource(asked: Dynamic, rule: Dynamic) -> Dynamic {
    let (asked, rule) = (dynamic_to_str(&asked), dynamic_to_str(&rule));
    let mut segments = asked.split('/');
    for part in rule.split('/') {
        match (part, segments.next()) {
            ("**", _) => return true.into(),
            (part, Some(segment)) if part == "*" || part == segment => {}
            _ => return false.into(),
        }
    }
    segments.next().is_none().into()
}
