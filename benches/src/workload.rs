//! The work: one deterministic policy of a given size and requests for it, in no engine's
//! words.
//!
//! Agents are in groups, users come with facts, tools are dotted (`crm-3.items` lies on the
//! server `crm-3`), resources are paths that rules cover with patterns. Nine rules of ten
//! grant, one denies; two of five have conditions; half of the requests are granted.

use std::collections::HashMap;

use crate::oracle;

/// What agents can do with every tool.
pub const ACTIONS: [&str; 4] = ["read", "write", "delete", "share"];
/// All tools; only rules of hostile sets say so.
pub const ANY_TOOL: &str = "any";
/// The tools of every server.
pub const LEAVES: [&str; 4] = ["items", "files", "search", "admin"];
/// Where users are.
pub const REGIONS: [&str; 4] = ["eu", "us", "apac", "latam"];
/// What users work for.
pub const DEPTS: [&str; 8] = [
    "sales", "support", "legal", "finance", "hr", "ops", "data", "design",
];

const PROJECTS: usize = 8;
const DOCS: usize = 50;
const USERS: usize = 2_000;

/// Whom a rule is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// All agents.
    Any,
    /// One agent.
    Agent(String),
    /// All in a group.
    Group(String),
}

/// One segment of a resource pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Seg {
    /// Exactly this.
    Literal(String),
    /// Any one segment, `*`.
    Any,
}

/// A resource pattern: segments, and whether more may follow (`**`).
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The segments.
    pub segments: Vec<Seg>,
    /// Ends in `**`.
    pub tail: bool,
}

/// A condition on facts.
#[derive(Clone, Debug, PartialEq)]
pub enum Atom {
    /// `user.clearance >= n`
    Clearance(i64),
    /// `user.region == r`
    Region(&'static str),
    /// `user.dept in [...]`
    Dept(Vec<&'static str>),
    /// `context.risk < n`
    Risk(i64),
    /// `context.mfa`
    Mfa,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique.
    pub name: String,
    /// Denies; otherwise it grants.
    pub deny: bool,
    /// Whom it is about.
    pub subject: Subject,
    /// A tool, a server with all of its tools, or [`ANY_TOOL`].
    pub tool: String,
    /// Sorted places in [`ACTIONS`].
    pub actions: Vec<usize>,
    /// Which resources.
    pub pattern: Pattern,
    /// All must hold.
    pub conditions: Vec<Atom>,
}

/// A request, as strings and numbers come in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who acts.
    pub agent: String,
    /// For whom.
    pub user: String,
    /// A fact of the user.
    pub clearance: i64,
    /// A fact of the user.
    pub region: &'static str,
    /// A fact of the user.
    pub dept: &'static str,
    /// A fact of the circumstances.
    pub risk: i64,
    /// A fact of the circumstances.
    pub mfa: bool,
    /// `server.leaf`
    pub tool: String,
    /// One of [`ACTIONS`].
    pub action: &'static str,
    /// `tenant/project/document`
    pub resource: String,
}

/// A policy with requests and the right answers.
pub struct Workload {
    /// Servers by name; each has all of [`LEAVES`].
    pub servers: Vec<String>,
    /// Groups by name.
    pub groups: Vec<String>,
    /// Agents by name, with their groups.
    pub agents: Vec<(String, Vec<String>)>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The requests.
    pub requests: Vec<Request>,
    /// By request: whether it is granted.
    pub expected: Vec<bool>,
}

impl Workload {
    /// The work for so many rules and requests; always the same.
    pub fn new(rules: usize, requests: usize) -> Self {
        Self::on_servers(rules, (rules.isqrt() / 2).max(2), requests)
    }

    /// The same with another number of servers.
    pub fn on_servers(rules: usize, servers: usize, requests: usize) -> Self {
        let mut random = Random(0x5EED ^ rules as u64);
        let root = rules.isqrt();
        let name = |what: &str, count: usize| -> Vec<String> {
            (0..count).map(|at| format!("{what}-{at}")).collect()
        };
        let servers = name("crm", servers);
        let groups = name("team", root.max(2));
        let tenants = name("tenant", (root / 4).max(3));
        let agents = name("agent", (rules / 10).max(4))
            .into_iter()
            .map(|agent| {
                let mut of: Vec<String> = (0..=random.below(3))
                    .map(|_| random.of(&groups).clone())
                    .collect();
                of.sort();
                of.dedup();
                (agent, of)
            })
            .collect();
        let mut work = Self {
            servers,
            groups,
            agents,
            rules: Vec::new(),
            requests: Vec::new(),
            expected: Vec::new(),
        };
        work.rules = (0..rules)
            .map(|at| work.rule(at, &tenants, &mut random))
            .collect();
        work.ask(requests, &tenants, &mut random);
        work
    }

    fn rule(&self, at: usize, tenants: &[String], random: &mut Random) -> Rule {
        let deny = at % 10 == 9;
        let any = if deny { 40 } else { 5 };
        let subject = match random.below(100) {
            dice if dice < any => Subject::Any,
            dice if dice < any + 20 => Subject::Agent(random.of(&self.agents).0.clone()),
            _ => Subject::Group(random.of(&self.groups).clone()),
        };
        let server = random.of(&self.servers);
        let tool = if random.below(5) == 0 {
            server.clone()
        } else {
            format!("{server}.{}", random.of(&LEAVES))
        };
        let mut actions = match random.below(10) {
            0 => (0..ACTIONS.len()).collect(),
            1 | 2 => vec![random.below(4), random.below(4)],
            _ => vec![random.below(4)],
        };
        actions.sort_unstable();
        actions.dedup();
        let tenant = Seg::Literal(random.of(tenants).clone());
        let project = Seg::Literal(project(random));
        let doc = Seg::Literal(doc(random));
        let (segments, tail) = match random.below(100) {
            0..35 => (vec![tenant, project], true),
            35..60 => (vec![tenant], true),
            60..75 => (vec![tenant, Seg::Any, doc], false),
            75..88 => (vec![tenant, project, doc], false),
            88..97 => (vec![tenant, project, Seg::Any], false),
            _ => (vec![], true),
        };
        let conditions = match random.below(10) {
            0..3 => vec![atom(random)],
            3 => vec![atom(random), atom(random)],
            _ => vec![],
        };
        Rule {
            name: format!("rule-{at}"),
            deny,
            subject,
            tool,
            actions,
            pattern: Pattern { segments, tail },
            conditions,
        }
    }

    /// Makes requests from rules, met or missed in one way, until half are granted.
    fn ask(&mut self, count: usize, tenants: &[String], random: &mut Random) {
        let members = {
            let mut members: HashMap<&str, Vec<&str>> = HashMap::new();
            for (agent, groups) in &self.agents {
                for group in groups {
                    members.entry(group).or_default().push(agent);
                }
            }
            members
        };
        let oracle = oracle::Oracle::new(&self.agents, &self.rules);
        let mut left = [count - count / 2, count / 2];
        let mut requests = Vec::with_capacity(count);
        let mut expected = Vec::with_capacity(count);
        while left != [0, 0] {
            let rule = random.of(&self.rules);
            let mut request = self.meet(rule, &members, tenants, random);
            match random.below(6) {
                0 => request.agent.clone_from(&random.of(&self.agents).0),
                1 => request.resource = resource(tenants, random),
                2 => self.other_facts(&mut request, random),
                3 => request.action = *random.of(&ACTIONS),
                _ => {}
            }
            let granted = oracle.grants(&request);
            let of = &mut left[usize::from(granted)];
            if *of > 0 {
                *of -= 1;
                requests.push(request);
                expected.push(granted);
            }
        }
        self.requests = requests;
        self.expected = expected;
    }

    fn meet(
        &self,
        rule: &Rule,
        members: &HashMap<&str, Vec<&str>>,
        tenants: &[String],
        random: &mut Random,
    ) -> Request {
        let anyone = |random: &mut Random| random.of(&self.agents).0.clone();
        let agent = match &rule.subject {
            Subject::Any => anyone(random),
            Subject::Agent(agent) => agent.clone(),
            Subject::Group(group) => match members.get(group.as_str()) {
                Some(members) => (*random.of(members)).to_owned(),
                None => anyone(random),
            },
        };
        let other = resource(tenants, random);
        let mut segments: Vec<&str> = other.split('/').collect();
        for (at, segment) in rule.pattern.segments.iter().enumerate() {
            if let Seg::Literal(text) = segment {
                segments[at] = text;
            }
        }
        let tool = if rule.tool.contains('.') {
            rule.tool.clone()
        } else {
            format!("{}.{}", rule.tool, random.of(&LEAVES))
        };
        let mut request = Request {
            agent,
            user: format!("user-{}", random.below(USERS)),
            clearance: 0,
            region: REGIONS[0],
            dept: DEPTS[0],
            risk: 0,
            mfa: false,
            tool,
            action: ACTIONS[*random.of(&rule.actions)],
            resource: segments.join("/"),
        };
        self.other_facts(&mut request, random);
        for atom in &rule.conditions {
            match atom {
                Atom::Clearance(least) => request.clearance = request.clearance.max(*least),
                Atom::Region(region) => request.region = region,
                Atom::Dept(depts) => request.dept = *random.of(depts),
                Atom::Risk(below) => request.risk = request.risk.min(below - 1),
                Atom::Mfa => request.mfa = true,
            }
        }
        request
    }

    fn other_facts(&self, request: &mut Request, random: &mut Random) {
        request.clearance = random.below(6) as i64;
        request.region = *random.of(&REGIONS);
        request.dept = *random.of(&DEPTS);
        request.risk = random.below(100) as i64;
        request.mfa = random.below(2) == 0;
    }
}

/// The server of a tool.
pub fn server(tool: &str) -> &str {
    tool.split_once('.').map_or(tool, |(server, _)| server)
}

fn project(random: &mut Random) -> String {
    format!("project-{}", random.below(PROJECTS))
}

fn doc(random: &mut Random) -> String {
    format!("doc-{}", random.below(DOCS))
}

fn resource(tenants: &[String], random: &mut Random) -> String {
    format!("{}/{}/{}", random.of(tenants), project(random), doc(random))
}

fn atom(random: &mut Random) -> Atom {
    match random.below(5) {
        0 => Atom::Clearance(1 + random.below(5) as i64),
        1 => Atom::Region(REGIONS[random.below(REGIONS.len())]),
        2 => Atom::Risk(10 + random.below(80) as i64),
        3 => {
            let first = random.below(DEPTS.len());
            let other = (first + 1 + random.below(DEPTS.len() - 1)) % DEPTS.len();
            Atom::Dept(vec![DEPTS[first], DEPTS[other]])
        }
        _ => Atom::Mfa,
    }
}

/// `SplitMix64`: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    /// One of a list.
    pub fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}
