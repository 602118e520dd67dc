//! A linear scan, written by hand: names are numbers, denies come first, and the first rule
//! that matches decides. It is the plainest engine that is right.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::byhand::{ByHand, Ready};
use crate::contestant::{Contestant, How};
use crate::workload::{ACTIONS, ANY_TOOL, Atom, DEPTS, Request, Seg, Subject, Workload, server};

/// The scan.
pub const SCAN: Contestant = Contestant {
    name: "linear scan",
    form: "hand-written; every rule is looked at, denies first; a prebuilt request is numbers",
    how: How::Here(|work| Ok(Box::new(Ready::from(Scan::load(work))))),
};

type Map<K, V> = HashMap<K, V, FixedState>;

/// In a rule: everything.
const ANY: u32 = u32::MAX;
/// In a request: what no rule names.
const NONE: u32 = u32::MAX - 1;

struct Scan {
    names: Map<String, u32>,
    /// By agent, its groups.
    groups: Map<u32, Vec<u32>>,
    /// Denies first.
    rules: Vec<Row>,
}

struct Row {
    deny: bool,
    tail: bool,
    /// A bit for every action.
    actions: u8,
    subject: u32,
    tool: u32,
    segments: Vec<u32>,
    conditions: Vec<Condition>,
}

enum Condition {
    Clearance(i64),
    Region(u32),
    Dept(u8),
    Risk(i64),
    Mfa,
}

struct Asked {
    /// The agent, then its groups.
    subjects: Vec<u32>,
    tool: u32,
    server: u32,
    action: u8,
    segments: Vec<u32>,
    clearance: i64,
    region: u32,
    dept: u8,
    risk: i64,
    mfa: bool,
}

impl Scan {
    fn load(work: &Workload) -> Self {
        let mut names = Map::default();
        let mut number = |text: &str| {
            let next = u32::try_from(names.len()).expect("few names");
            *names.entry(text.to_owned()).or_insert(next)
        };
        let groups = work
            .agents
            .iter()
            .map(|(agent, groups)| {
                let groups = groups.iter().map(|group| number(group)).collect();
                (number(agent), groups)
            })
            .collect();
        let mut rules: Vec<Row> = work
            .rules
            .iter()
            .map(|rule| Row {
                deny: rule.deny,
                tail: rule.pattern.tail,
                actions: rule.actions.iter().fold(0, |all, at| all | 1 << at),
                subject: match &rule.subject {
                    Subject::Any => ANY,
                    Subject::Agent(name) | Subject::Group(name) => number(name),
                },
                tool: match rule.tool.as_str() {
                    ANY_TOOL => ANY,
                    tool => number(tool),
                },
                segments: rule
                    .pattern
                    .segments
                    .iter()
                    .map(|segment| match segment {
                        Seg::Literal(text) => number(text),
                        Seg::Any => ANY,
                    })
                    .collect(),
                conditions: rule
                    .conditions
                    .iter()
                    .map(|atom| match atom {
                        Atom::Clearance(least) => Condition::Clearance(*least),
                        Atom::Region(region) => Condition::Region(number(region)),
                        Atom::Dept(depts) => {
                            Condition::Dept(depts.iter().fold(0, |all, one| all | dept(one)))
                        }
                        Atom::Risk(below) => Condition::Risk(*below),
                        Atom::Mfa => Condition::Mfa,
                    })
                    .collect(),
            })
            .collect();
        rules.sort_by_key(|rule| !rule.deny);
        Self {
            names,
            groups,
            rules,
        }
    }
}

impl ByHand for Scan {
    type Asked = Asked;

    fn read(&self, request: &Request) -> Asked {
        let number = |text: &str| self.names.get(text).copied().unwrap_or(NONE);
        let agent = number(&request.agent);
        let mut subjects = vec![agent];
        subjects.extend(self.groups.get(&agent).into_iter().flatten());
        let action = ACTIONS.iter().position(|one| *one == request.action);
        Asked {
            subjects,
            tool: number(&request.tool),
            server: number(server(&request.tool)),
            action: action.map_or(0, |at| 1 << at),
            segments: request.resource.split('/').map(number).collect(),
            clearance: request.clearance,
            region: number(request.region),
            dept: dept(request.dept),
            risk: request.risk,
            mfa: request.mfa,
        }
    }

    fn grants(&self, asked: &Asked) -> bool {
        let first = self.rules.iter().find(|rule| rule.matches(asked));
        first.is_some_and(|rule| !rule.deny)
    }
}

impl Row {
    fn matches(&self, asked: &Asked) -> bool {
        (self.tool == ANY || self.tool == asked.tool || self.tool == asked.server)
            && self.actions & asked.action != 0
            && (self.subject == ANY || asked.subjects.contains(&self.subject))
            && self.covers(&asked.segments)
            && self.conditions.iter().all(|condition| match condition {
                Condition::Clearance(least) => asked.clearance >= *least,
                Condition::Region(region) => asked.region == *region,
                Condition::Dept(depts) => depts & asked.dept != 0,
                Condition::Risk(below) => asked.risk < *below,
                Condition::Mfa => asked.mfa,
            })
    }

    fn covers(&self, segments: &[u32]) -> bool {
        let long_enough = if self.tail {
            segments.len() >= self.segments.len()
        } else {
            segments.len() == self.segments.len()
        };
        long_enough
            && self
                .segments
                .iter()
                .zip(segments)
                .all(|(own, segment)| *own == ANY || own == segment)
    }
}

/// The bit of a department; none for one that is unknown.
fn dept(text: &str) -> u8 {
    let at = DEPTS.iter().position(|one| *one == text);
    at.map_or(0, |at| 1 << at)
}
