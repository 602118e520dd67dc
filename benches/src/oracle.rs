//! The right answer, as plainly as it can be said: every rule is looked at, one by one.

use std::collections::HashMap;

use crate::workload::{ACTIONS, ANY_TOOL, Atom, Pattern, Request, Rule, Seg, Subject, server};

/// Knows who is in which group, and the rules.
pub struct Oracle<'a> {
    groups: HashMap<&'a str, &'a [String]>,
    rules: &'a [Rule],
}

impl<'a> Oracle<'a> {
    /// An oracle for agents with their groups, and rules.
    pub fn new(agents: &'a [(String, Vec<String>)], rules: &'a [Rule]) -> Self {
        Self {
            groups: agents
                .iter()
                .map(|(agent, groups)| (agent.as_str(), groups.as_slice()))
                .collect(),
            rules,
        }
    }

    /// Whether some grant matches and no deny does.
    pub fn grants(&self, request: &Request) -> bool {
        let mut granted = false;
        for rule in self.rules {
            if self.matches(rule, request) {
                if rule.deny {
                    return false;
                }
                granted = true;
            }
        }
        granted
    }

    fn matches(&self, rule: &Rule, request: &Request) -> bool {
        [request.tool.as_str(), server(&request.tool), ANY_TOOL].contains(&rule.tool.as_str())
            && rule.actions.iter().any(|at| ACTIONS[*at] == request.action)
            && match &rule.subject {
                Subject::Any => true,
                Subject::Agent(agent) => *agent == request.agent,
                Subject::Group(group) => self.groups[request.agent.as_str()].contains(group),
            }
            && covers(&rule.pattern, &request.resource)
            && rule.conditions.iter().all(|atom| holds(atom, request))
    }
}

/// Whether a pattern covers a resource.
pub fn covers(pattern: &Pattern, resource: &str) -> bool {
    let segments: Vec<&str> = resource.split('/').collect();
    let long_enough = if pattern.tail {
        segments.len() >= pattern.segments.len()
    } else {
        segments.len() == pattern.segments.len()
    };
    long_enough
        && pattern
            .segments
            .iter()
            .zip(&segments)
            .all(|(segment, text)| match segment {
                Seg::Literal(literal) => literal == text,
                Seg::Any => true,
            })
}

fn holds(atom: &Atom, request: &Request) -> bool {
    match atom {
        Atom::Clearance(least) => request.clearance >= *least,
        Atom::Region(region) => request.region == *region,
        Atom::Dept(depts) => depts.contains(&request.dept),
        Atom::Risk(below) => request.risk < *below,
        Atom::Mfa => request.mfa,
    }
}
