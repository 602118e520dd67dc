//! Hostile sets: rules made so that no index helps, beside a [`scan`] that looks at all of
//! them. A policy engine may be no quicker there, but it must not be much slower either.

pub mod scan;

use crate::oracle::Oracle;
use crate::workload::{
    ACTIONS, ANY_TOOL, Atom, Pattern, Random, Request, Rule, Seg, Subject, Workload,
};

/// A kind of hostile set.
pub struct Set {
    /// As tables show it.
    pub name: &'static str,
    /// What its rules have in common.
    pub about: &'static str,
    /// The rule at a place.
    rule: fn(usize, &mut Random) -> Rule,
    /// Changes a request that a rule is about so that no rule matches, which a scan finds out
    /// at its end.
    miss: fn(&mut Request, &mut Random),
}

/// All of them.
pub const SETS: &[Set] = &[
    Set {
        name: "all wildcards",
        about: "every rule is about every agent, tool, action and resource; two conditions tell them apart",
        rule: |at, random| Rule {
            tool: ANY_TOOL.to_owned(),
            actions: (0..ACTIONS.len()).collect(),
            conditions: vec![
                Atom::Clearance(at as i64),
                Atom::Risk(1 + random.below(100) as i64),
            ],
            ..rule(at)
        },
        miss: |asked, _| asked.risk = 100,
    },
    Set {
        name: "any tool",
        about: "every rule is about every tool, and about one of many folders",
        rule: |at, random| Rule {
            tool: ANY_TOOL.to_owned(),
            pattern: pattern(
                [literal("tenant", random.below(100)), literal("project", at)],
                true,
            ),
            conditions: vec![Atom::Clearance(random.below(6) as i64)],
            ..rule(at)
        },
        miss: |asked, _| asked.clearance = -1,
    },
    Set {
        name: "one key",
        about: "every rule has the same agent, tool and action; patterns begin with a wildcard",
        rule: |at, _| Rule {
            pattern: pattern([Seg::Any, Seg::Any, literal("doc", at)], false),
            ..rule(at)
        },
        miss: |asked, _| asked.resource.push_str("-and-no-more"),
    },
    Set {
        name: "every depth",
        about: "each of 17 segments is a wildcard or the one literal that requests have there",
        rule: |at, random| {
            let depth = 1 + random.below(DEPTH);
            let segments = (0..depth).map(|_| match random.below(2) {
                0 => Seg::Any,
                _ => Seg::Literal("a".to_owned()),
            });
            Rule {
                pattern: pattern(segments, true),
                conditions: vec![Atom::Risk(random.below(100) as i64)],
                ..rule(at)
            }
        },
        miss: |asked, _| asked.risk = 100,
    },
    Set {
        name: "one condition",
        about: "every rule is the same but for the number in its condition",
        rule: |at, _| Rule {
            conditions: vec![Atom::Clearance(at as i64)],
            ..rule(at)
        },
        miss: |asked, _| asked.clearance = -1,
    },
    Set {
        name: "facts that never repeat",
        about: "every rule asks for another text, and so does every request",
        rule: |at, _| Rule {
            conditions: vec![Atom::Region(forever(format!("region-{at}")))],
            ..rule(at)
        },
        miss: |asked, random| {
            asked.region = forever(format!("elsewhere-{}", random.below(usize::MAX)))
        },
    },
];

/// How many segments the resources have; enough for 100,000 different patterns.
const DEPTH: usize = 17;

impl Set {
    /// So many rules of this kind, with requests and the right answers.
    #[must_use]
    pub fn workload(&self, rules: usize, requests: usize) -> Workload {
        let mut random = Random(0xBAD ^ rules as u64);
        let rules: Vec<Rule> = (0..rules).map(|at| (self.rule)(at, &mut random)).collect();
        let agents = vec![("agent-0".to_owned(), vec!["team-0".to_owned()])];
        let requests: Vec<Request> = (0..requests)
            .map(|_| {
                let mut asked = meet(random.of(&rules), plain(&mut random));
                if random.below(4) != 0 {
                    (self.miss)(&mut asked, &mut random);
                }
                asked
            })
            .collect();
        let oracle = Oracle::new(&agents, &rules);
        let expected = requests.iter().map(|asked| oracle.grants(asked)).collect();
        Workload {
            servers: vec!["crm-0".to_owned()],
            groups: vec!["team-0".to_owned()],
            agents,
            rules,
            requests,
            expected,
        }
    }
}

/// A rule about everything that one agent does with one tool.
fn rule(at: usize) -> Rule {
    Rule {
        name: format!("rule-{at}"),
        deny: at % 10 == 9,
        subject: Subject::Any,
        tool: "crm-0.items".to_owned(),
        actions: vec![0],
        pattern: pattern([], true),
        conditions: Vec::new(),
    }
}

fn plain(random: &mut Random) -> Request {
    Request {
        agent: "agent-0".to_owned(),
        user: format!("user-{}", random.below(2_000)),
        clearance: 0,
        region: "eu",
        dept: "sales",
        risk: 0,
        mfa: false,
        tool: "crm-0.items".to_owned(),
        action: ACTIONS[0],
        resource: ["a"; DEPTH].join("/"),
    }
}

/// Changes a request so that a rule is about it.
fn meet(rule: &Rule, mut asked: Request) -> Request {
    let mut segments: Vec<&str> = asked.resource.split('/').collect();
    if !rule.pattern.tail {
        segments.truncate(rule.pattern.segments.len());
    }
    for (own, segment) in segments.iter_mut().zip(&rule.pattern.segments) {
        if let Seg::Literal(text) = segment {
            *own = text;
        }
    }
    asked.resource = segments.join("/");
    for atom in &rule.conditions {
        match atom {
            Atom::Clearance(least) => asked.clearance = *least,
            Atom::Region(region) => asked.region = region,
            Atom::Risk(below) => asked.risk = below - 1,
            Atom::Dept(depts) => asked.dept = depts[0],
            Atom::Mfa => asked.mfa = true,
        }
    }
    asked
}

fn pattern(segments: impl IntoIterator<Item = Seg>, tail: bool) -> Pattern {
    Pattern {
        segments: segments.into_iter().collect(),
        tail,
    }
}

/// A text that lives as long as the run, as all texts of facts do.
fn forever(text: String) -> &'static str {
    text.leak()
}

fn literal(what: &str, at: usize) -> Seg {
    Seg::Literal(format!("{what}-{at}"))
}
