//! The names in tests and fixtures.

use placet::syntax::ast::{
    self, Call, Entity, Expect, GroupKind, Issue, Limit, Name, Object, Path, Setup, Span, Spanned,
    Step, TestPart,
};
use smallvec::{SmallVec, smallvec};

use super::items::Walk;
use super::{Owner, Role, Symbol, Written};

impl Walk<'_> {
    pub(super) fn test(&mut self, test: &ast::Test) {
        for part in &test.parts {
            match &part.node {
                TestPart::Setup(line) => self.setup(line),
                TestPart::Step(step) => self.step(step, part.span),
                TestPart::Rows(rows) => {
                    for row in rows {
                        row.node
                            .expect
                            .iter()
                            .for_each(|expect| self.expect(expect));
                    }
                }
            }
        }
    }

    pub(super) fn setup(&mut self, line: &Setup) {
        match line {
            Setup::Given(names) => {
                for name in names {
                    self.uses(name, Symbol::Given(name.node.clone()));
                }
            }
            Setup::Agent(of) => {
                self.uses(&of.name, Symbol::Agent(of.name.node.clone()));
                self.entity(GroupKind::Agents, Owner::Agent, of);
            }
            Setup::User(of) => {
                self.uses(&of.name, Symbol::User(of.name.node.clone()));
                self.entity(GroupKind::Users, Owner::User, of);
            }
            Setup::Task { facts, .. } => self.fact_keys(Owner::Task, facts),
            Setup::Context(facts) => self.fact_keys(Owner::Context, facts),
            Setup::Resource { facts, .. } => self.fact_keys(Owner::Resource, facts),
            Setup::At(_) | Setup::UserNone => {}
        }
    }

    fn entity(&mut self, kind: GroupKind, owner: Owner, of: &Entity) {
        self.groups(kind, &of.groups);
        self.fact_keys(owner, &of.facts);
    }

    fn step(&mut self, step: &Step, whole: Span) {
        match step {
            Step::Issue(issue) => self.issue(issue, whole),
            Step::Call(call) => self.call(call),
            Step::List { tool, expect } => {
                self.path(tool);
                self.expect(expect);
            }
            Step::After(_) => {}
            Step::Revoke(credential) => self.credential(credential),
            Step::Record {
                by, groups, call, ..
            } => {
                self.uses(by, Symbol::User(by.node.clone()));
                self.groups(GroupKind::Users, groups);
                if let Some((tool, args)) = call {
                    self.path(tool);
                    self.arguments(tool, args);
                }
            }
        }
    }

    fn issue(&mut self, issue: &Issue, whole: Span) {
        if let Some(agent) = &issue.delegate {
            self.uses(agent, Symbol::Agent(agent.node.clone()));
        }
        self.path(&issue.tool);
        self.actions(&issue.actions);
        self.patterns(&issue.resources);
        issue.with.iter().for_each(|name| self.credential(name));
        if let Some(name) = &issue.credential {
            self.declares_local(name, whole);
        }
        self.expect(&issue.expect);
    }

    fn call(&mut self, call: &Call) {
        self.path(&call.tool);
        self.arguments(&call.tool, &call.args);
        call.credential
            .iter()
            .for_each(|name| self.credential(name));
        self.expect(&call.expect);
    }

    fn arguments(&mut self, tool: &Path, args: &Object) {
        let path = tool.node.dotted();
        let declared = self.known.functions.get(&path);
        for entry in &args.entries {
            let name = &entry.key;
            let is_known = declared.is_some_and(|names| names.contains(&name.node));
            if is_known {
                self.uses(name, Symbol::Parameter(path.clone(), name.node.clone()));
            }
        }
    }

    /// A credential that an earlier step of the test named.
    fn credential(&mut self, name: &Name) {
        self.uses(name, self.local_symbol(&name.node));
    }

    fn expect(&mut self, expect: &Spanned<Expect>) {
        match &expect.node {
            Expect::Grant(limit) => self.limit(limit),
            Expect::Narrowed { to, limit } => {
                self.patterns(to);
                self.limit(limit);
            }
            Expect::Deny { by, .. } => self.rules(by),
            Expect::Row | Expect::Yes | Expect::No | Expect::Depends => {}
        }
    }

    fn limit(&mut self, limit: &Limit) {
        self.rules(&limit.by);
    }

    /// Rules, by name or as `"layer/rule"`.
    fn rules(&mut self, names: &[Name]) {
        for name in names {
            let Some((layer, rule)) = name.node.split_once('/') else {
                let layers = self.known.rules.get(&name.node);
                let symbols: SmallVec<[Symbol; 1]> = layers
                    .into_iter()
                    .flatten()
                    .map(|layer| Symbol::Rule(layer.clone(), name.node.clone()))
                    .collect();
                self.note(name.span, symbols, Role::Uses, Written::Alone);
                continue;
            };
            // Where something is escaped, the places of the parts are not known.
            if name.span.range().len() != name.node.len() + 2 {
                continue;
            }
            let start = name.span.range().start + 1;
            let middle = start + layer.len();
            let symbol = Symbol::Layer(layer.into());
            let span = Span::new(start, middle);
            self.note(span, smallvec![symbol], Role::Uses, Written::Within);
            let symbol = Symbol::Rule(layer.into(), rule.into());
            let span = Span::new(middle + 1, middle + 1 + rule.len());
            self.note(span, smallvec![symbol], Role::Uses, Written::Within);
        }
    }
}
