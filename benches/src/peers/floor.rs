//! The floor: the least that any engine must do for this work, written by hand for it and
//! for nothing else. Names are hashed to numbers, one table leads from tool, action and
//! subject to the few rules that can match, and a rule is a handful of comparisons.
//!
//! It keeps no names, gives no reasons, and knows no other patterns and conditions.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use smol_str::SmolStr;

use crate::byhand::{ByHand, Ready};
use crate::contestant::{Contestant, How};
use crate::workload::{
    ACTIONS, Atom, DEPTS, LEAVES, REGIONS, Request, Seg, Subject, Workload, server,
};

pub const FLOOR: Contestant = Contestant {
    name: "floor",
    form: "hand-written for this work alone; a prebuilt request is numbers",
    how: How::Here(|work| Ok(Box::new(Ready::from(Floor::load(work))))),
};

type Map<K, V> = HashMap<K, V, FixedState>;

/// In a pattern: any segment.
const ANY: u32 = u32::MAX;
/// The subject that everyone is.
const EVERYONE: u32 = 0;

/// An agent and its groups, of which it has three at most; [`EVERYONE`] where there are fewer.
type Subjects = [u32; 4];

/// All that the floor knows.
struct Floor {
    tools: Map<SmolStr, u32>,
    actions: Map<&'static str, u32>,
    /// By agent: the subjects that it is beside everyone, itself first and then its groups.
    agents: Map<SmolStr, Subjects>,
    segments: Map<SmolStr, u32>,
    regions: Map<&'static str, u8>,
    depts: Map<&'static str, u8>,
    /// From tool, action and subject to a range of `rules`.
    index: Map<u64, (u32, u32)>,
    rules: Vec<Row>,
}

/// A rule, ready to be compared.
#[derive(Clone, Copy)]
struct Row {
    segments: [u32; 3],
    risk_below: i32,
    clearance: i8,
    region: u8,
    depts: u8,
    mfa: bool,
    deny: bool,
}

/// A request in numbers, and the subjects of its agent.
#[derive(Clone, Copy)]
struct Asked {
    tool: u32,
    action: u32,
    subjects: Subjects,
    segments: [u32; 3],
    risk: i32,
    clearance: i8,
    region: u8,
    dept: u8,
    mfa: bool,
}

impl Floor {
    /// Builds the tables.
    fn load(work: &Workload) -> Self {
        let number = |at: usize| u32::try_from(at).expect("small");
        let tools: Map<SmolStr, u32> = work
            .servers
            .iter()
            .flat_map(|server| LEAVES.map(|leaf| format!("{server}.{leaf}")))
            .enumerate()
            .map(|(at, tool)| (tool.into(), number(at)))
            .collect();
        let groups: Map<&str, u32> = work
            .groups
            .iter()
            .enumerate()
            .map(|(at, group)| (group.as_str(), 1 + number(at)))
            .collect();
        let first_agent = 1 + number(work.groups.len());
        let agents: Map<SmolStr, Subjects> = work
            .agents
            .iter()
            .enumerate()
            .map(|(at, (agent, of))| {
                let mut subjects = [EVERYONE; 4];
                subjects[0] = first_agent + number(at);
                for (own, group) in subjects[1..].iter_mut().zip(of) {
                    *own = groups[group.as_str()];
                }
                (agent.into(), subjects)
            })
            .collect();
        let mut segments: Map<SmolStr, u32> = Map::default();
        let mut cells: Vec<(u64, Row)> = Vec::new();
        for rule in &work.rules {
            let mut row = Row {
                segments: [ANY; 3],
                risk_below: i32::MAX,
                clearance: 0,
                region: u8::MAX,
                depts: u8::MAX,
                mfa: false,
                deny: rule.deny,
            };
            for (at, segment) in rule.pattern.segments.iter().enumerate() {
                if let Seg::Literal(text) = segment {
                    let next = number(segments.len());
                    row.segments[at] = *segments.entry(text.into()).or_insert(next);
                }
            }
            for atom in &rule.conditions {
                match atom {
                    Atom::Clearance(least) => row.clearance = row.clearance.max(*least as i8),
                    Atom::Region(region) => {
                        let at = place(&REGIONS, region);
                        // Two regions at once: nobody is there.
                        row.region = if row.region == u8::MAX || row.region == at {
                            at
                        } else {
                            u8::MAX - 1
                        };
                    }
                    Atom::Dept(of) => {
                        row.depts &= of
                            .iter()
                            .fold(0, |all, dept| all | 1 << place(&DEPTS, dept));
                    }
                    Atom::Risk(below) => row.risk_below = row.risk_below.min(*below as i32),
                    Atom::Mfa => row.mfa = true,
                }
            }
            let subject = match &rule.subject {
                Subject::Any => EVERYONE,
                Subject::Group(group) => groups[group.as_str()],
                Subject::Agent(agent) => agents[agent.as_str()][0],
            };
            for (tool, at) in &tools {
                if tool.as_str() == rule.tool || server(tool) == rule.tool {
                    for action in &rule.actions {
                        cells.push((key(*at, number(*action), subject), row));
                    }
                }
            }
        }
        cells.sort_by_key(|(key, _)| *key);
        let mut index: Map<u64, (u32, u32)> = Map::default();
        for (at, (key, _)) in cells.iter().enumerate() {
            let range = index.entry(*key).or_insert((number(at), number(at)));
            range.1 += 1;
        }
        Self {
            tools,
            actions: ACTIONS.into_iter().zip(0..).collect(),
            agents,
            segments,
            regions: REGIONS.into_iter().zip(0..).collect(),
            depts: DEPTS.into_iter().zip(0..).collect(),
            index,
            rules: cells.into_iter().map(|(_, row)| row).collect(),
        }
    }
}

impl ByHand for Floor {
    type Asked = Asked;

    fn read(&self, request: &Request) -> Asked {
        let mut segments = [ANY - 1; 3];
        for (segment, text) in segments.iter_mut().zip(request.resource.split('/')) {
            *segment = self.segments.get(text).copied().unwrap_or(ANY - 1);
        }
        Asked {
            tool: self.tools[request.tool.as_str()],
            action: self.actions[request.action],
            subjects: self.agents[request.agent.as_str()],
            segments,
            risk: request.risk as i32,
            clearance: request.clearance as i8,
            region: self.regions[request.region],
            dept: self.depts[request.dept],
            mfa: request.mfa,
        }
    }

    fn grants(&self, asked: &Asked) -> bool {
        let mut granted = false;
        let own = asked.subjects.iter().take_while(|own| **own != EVERYONE);
        for subject in own.chain([&EVERYONE]) {
            let Some((start, end)) = self.index.get(&key(asked.tool, asked.action, *subject))
            else {
                continue;
            };
            for row in &self.rules[*start as usize..*end as usize] {
                if row.matches(asked) {
                    if row.deny {
                        return false;
                    }
                    granted = true;
                }
            }
        }
        granted
    }
}

impl Row {
    fn matches(&self, asked: &Asked) -> bool {
        self.segments
            .iter()
            .zip(&asked.segments)
            .all(|(own, segment)| *own == ANY || own == segment)
            && asked.clearance >= self.clearance
            && asked.risk < self.risk_below
            && (self.region == u8::MAX || self.region == asked.region)
            && self.depts & (1 << asked.dept) != 0
            && (!self.mfa || asked.mfa)
    }
}

fn key(tool: u32, action: u32, subject: u32) -> u64 {
    u64::from(tool * ACTIONS.len() as u32 + action) << 32 | u64::from(subject)
}

fn place(list: &[&str], text: &str) -> u8 {
    let at = list.iter().position(|one| *one == text);
    at.and_then(|at| u8::try_from(at).ok()).expect("a member")
}
