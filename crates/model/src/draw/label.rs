//! Nodes and edges in policy words.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::meaning;
use crate::graph::{Atom, Cases, Dimension, Graph, Key, Node};
use crate::ids::{NodeId, PatternId, RuleId};
use crate::policy::{Moment, Policy, Rule};
use crate::render;

pub(super) struct Labels<'a> {
    policy: &'a Policy,
    graph: &'a Graph,
    /// The names of what each pattern captures. Equal patterns of several rules are one:
    /// the first rule's names stand for all.
    captures: HashMap<PatternId, &'a [SmolStr]>,
}

impl<'a> Labels<'a> {
    pub(super) fn new(policy: &'a Policy, graph: &'a Graph) -> Self {
        let mut captures: HashMap<PatternId, &[SmolStr]> = HashMap::new();
        for rule in &policy.rules {
            for pattern in &rule.resources {
                captures.entry(*pattern).or_insert(&rule.captures);
            }
        }
        Self {
            policy,
            graph,
            captures,
        }
    }

    pub(super) fn node(&self, node: &Node) -> String {
        match node {
            Node::End => "no rule".to_owned(),
            Node::Switch { on, .. } => match on {
                Dimension::Function => "tool?".to_owned(),
                Dimension::Action => "action?".to_owned(),
                Dimension::Agent => "agent?".to_owned(),
                Dimension::User => "user?".to_owned(),
            },
            Node::Segment { depth, .. } => format!("segment {}?", u64::from(*depth) + 1),
            Node::Arm { rule, pattern, .. } => self.arm(*rule, *pattern),
            Node::Test { atom, .. } => self.atom(*atom),
            Node::Truth(truth) => meaning(*truth).to_owned(),
        }
    }

    fn rule(&self, id: RuleId) -> Option<&'a Rule> {
        self.policy.rules.get(id.index())
    }

    fn arm(&self, id: RuleId, pattern: Option<PatternId>) -> String {
        let kind = self.rule(id).map_or("?", |rule| rule.kind.name());
        let name = self.policy.rule_name(id);
        match pattern {
            None => format!("{kind} {name}"),
            Some(pattern) => format!("{kind} {name}\n{}", self.pattern(pattern)),
        }
    }

    fn pattern(&self, id: PatternId) -> String {
        render::pattern(self.policy, id, self.names(Some(id)))
    }

    fn names(&self, id: Option<PatternId>) -> &'a [SmolStr] {
        id.and_then(|id| self.captures.get(&id))
            .copied()
            .unwrap_or_default()
    }

    fn atom(&self, atom: Atom) -> String {
        let policy = self.policy;
        let of = |id: RuleId, clause: fn(&Policy, &Rule) -> String| {
            self.rule(id)
                .map_or_else(String::new, |rule| clause(policy, rule))
        };
        match atom {
            Atom::Agents(id) => of(id, |policy, rule| render::agents(policy, &rule.agents)),
            Atom::Users(id) => of(id, |policy, rule| render::users(policy, &rule.users)),
            Atom::Functions(id) => of(id, render::tools),
            Atom::Actions(id) => of(id, render::actions),
            Atom::Resource(id) => format!("resource \"{}\"", self.pattern(id)),
            Atom::Moment(Moment::Issuance) => "at issuance".to_owned(),
            Atom::Moment(Moment::Runtime) => "at runtime".to_owned(),
            Atom::Condition { expr, captures } => render::expr(policy, expr, self.names(captures)),
            Atom::Conditions { rule, .. } => of(rule, |policy, rule| {
                let conditions: Vec<String> = rule
                    .conditions
                    .iter()
                    .map(|condition| render::condition(policy, rule, condition))
                    .collect();
                conditions.join("\n")
            }),
        }
    }

    /// Where a node leads, in the order in which people read it.
    pub(super) fn edges(&self, node: &Node) -> Vec<(String, NodeId)> {
        let edge = |label: &str, to: NodeId| (label.to_owned(), to);
        match *node {
            Node::End | Node::Truth(_) => Vec::new(),
            Node::Switch { on, cases, any } => {
                let mut edges = self.cases(Some(on), cases);
                edges.push(edge("any", any));
                edges
            }
            Node::Segment {
                cases,
                any,
                end,
                tail,
                ..
            } => {
                let mut edges = self.cases(None, cases);
                edges.extend([edge("*", any), edge("ends here", end), edge("**", tail)]);
                edges
            }
            Node::Arm { test, next, .. } => vec![edge("if", test), edge("and", next)],
            Node::Test {
                yes, no, undefined, ..
            } => vec![
                edge("yes", yes),
                edge("no", no),
                edge("undefined", undefined),
            ],
        }
    }

    fn cases(&self, on: Option<Dimension>, cases: Cases) -> Vec<(String, NodeId)> {
        let own = self.graph.own(cases).iter();
        own.map(|(key, to)| (self.key(self.graph.key(on, *key)), *to))
            .collect()
    }

    fn key(&self, key: Key<'_>) -> String {
        let policy = self.policy;
        match key {
            Key::Function(id) => (policy.functions.get(id.index())).map_or_else(
                || format!("?{}", id.0),
                |function| function.path.to_string(),
            ),
            Key::Action(id) => (policy.actions.get(id.index()))
                .map_or_else(|| format!("?{}", id.0), |action| render::name(&action.name)),
            Key::Name(name) => render::name(name),
            Key::Group(id) => (policy.groups.get(id.index())).map_or_else(
                || format!("?{}", id.0),
                |group| format!("in {}", render::name(&group.name)),
            ),
            Key::NoUser => "none".to_owned(),
            Key::SomeUser => "some user".to_owned(),
            Key::Segment(text) => text.to_string(),
        }
    }
}
