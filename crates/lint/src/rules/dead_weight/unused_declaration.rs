//! Facts, lets, histories, groups, agents and fixtures that nothing uses.

use std::collections::BTreeSet;

use placet_model::policy::{Agents, Entity, Expr, Segment};
use placet_syntax::ast::{
    self, Clause, Duty, FactsOf, ItemKind, Names, Select, Setup, TestPart, Users,
};
use placet_syntax::{Diagnostic, FileId, Span};

use super::remove;
use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::finding::{Fix, Safety};
use crate::walk;
use crate::words;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1405,
    name: "unused-declaration",
    category: Category::DeadWeight,
    level: Level::Warn,
    tags: &[Tag::Nhi(1), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::Unsafe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let used = Used::of(context);
    for declared in context.items() {
        if let ItemKind::Facts(facts) = &declared.item.node.kind {
            unused_facts(&used, declared.file, facts, found);
        }
        let Some((name, what, why)) = unused(context, &used, &declared.item.node.kind) else {
            continue;
        };
        let fix = remove(context, declared.file, declared.item, &name.node);
        // What is compiled stays the same without a let or a fixture.
        let safe = matches!(what, "let" | "fixture");
        let fix = fix.map(|fix| Fix {
            safety: if safe { Safety::Safe } else { fix.safety },
            ..fix
        });
        found.mend(told(what, &name.node, declared.file, name.span, why), fix);
    }
}

/// A declaration that can go as a whole: its name, what it is, and why nothing needs it.
fn unused<'i>(
    context: &Context<'_>,
    used: &Used<'_>,
    kind: &'i ItemKind,
) -> Option<(&'i ast::Name, &'static str, &'static str)> {
    let (name, what, why, needed) = match kind {
        ItemKind::Let(own) => {
            let needed = used.lets.contains(own.name.node.as_str());
            (&own.name, "let", "no condition says it", needed)
        }
        ItemKind::History(own) => {
            let needed = used.histories.contains(own.name.node.as_str());
            (&own.name, "history", "no rule reads it", needed)
        }
        ItemKind::Group(own) => {
            let key = (own.kind.node as u8, own.name.node.as_str());
            let needed = used.groups.contains(&key);
            (&own.name, "group", "no rule is about it", needed)
        }
        ItemKind::Agent(own) => {
            let needed = !used.is_idle(context, own);
            (&own.name, "agent", "no grant is for it", needed)
        }
        ItemKind::Given(own) => {
            let needed = used.fixtures.contains(own.name.node.as_str());
            (&own.name, "fixture", "no test starts with it", needed)
        }
        _ => return None,
    };
    (!needed).then_some((name, what, why))
}

fn told(what: &str, name: &str, file: FileId, span: Span, why: &str) -> Diagnostic {
    RULE.says(format!("nothing uses {what} `{name}`"))
        .at(file, span, why.to_owned())
        .help("take it away: whoever reads the policy takes it for a part of it")
}

fn unused_facts(used: &Used<'_>, file: FileId, facts: &ast::Facts, found: &mut Found) {
    for field in &facts.fields {
        let name = field.node.name.node.as_str();
        let (whose, read) = match &facts.of.node {
            FactsOf::Agent => ("agent", used.facts.contains(&(Entity::Agent, name))),
            FactsOf::User => ("user", used.facts.contains(&(Entity::User, name))),
            FactsOf::Task => ("task", used.facts.contains(&(Entity::Task, name))),
            FactsOf::Context => ("context", used.facts.contains(&(Entity::Context, name))),
            FactsOf::Resource(_) => ("resource", used.resource_facts.contains(name)),
        };
        if !read {
            let name = format!("{whose}.{name}");
            found.push(told(
                "fact",
                &name,
                file,
                field.node.name.span,
                "no rule reads it",
            ));
        }
    }
}

/// What is used, by name.
#[derive(Default)]
struct Used<'a> {
    facts: BTreeSet<(Entity, &'a str)>,
    resource_facts: BTreeSet<String>,
    histories: BTreeSet<&'a str>,
    lets: BTreeSet<&'a str>,
    /// By kind and name.
    groups: BTreeSet<(u8, &'a str)>,
    fixtures: BTreeSet<&'a str>,
}

impl<'a> Used<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut used = Self::default();
        let policy = context.policy();
        // What only claims say is used, too.
        let wide = context.subject.claims.widen(policy);
        for expr in &wide.exprs {
            match expr {
                Expr::Fact(id) => {
                    let fact = policy.facts.get(id.index());
                    used.facts
                        .extend(fact.map(|fact| (fact.entity, fact.field.name.as_str())));
                }
                Expr::ResourceFact(_, name) => {
                    used.resource_facts.insert(name.to_string());
                }
                Expr::History(id) => {
                    let history = policy.histories.get(id.index());
                    used.histories
                        .extend(history.map(|history| history.name.as_str()));
                }
                _ => {}
            }
        }
        for declared in context.items() {
            used.item(&declared.item.node.kind);
            // A group of actions may be there for the linter, to say what kind they are of.
            if let ItemKind::Group(group) = &declared.item.node.kind
                && group.kind.node == ast::GroupKind::Actions
                && words::is_word(context.config, &group.name.node)
            {
                used.names(ast::GroupKind::Actions, std::slice::from_ref(&group.name));
            }
        }
        used.close(context);
        used
    }

    fn item(&mut self, kind: &'a ItemKind) {
        match kind {
            ItemKind::Rule(rule) => {
                for clause in &rule.clauses {
                    self.clause(&clause.node);
                }
            }
            ItemKind::Claim(claim) => {
                let region = match &claim.body.node {
                    ast::ClaimBody::Never(region) | ast::ClaimBody::Always(region) => region,
                    ast::ClaimBody::Only { who, region } => {
                        self.condition(who);
                        region
                    }
                    ast::ClaimBody::Every { region, needs } => {
                        for duty in needs {
                            self.duty(&duty.node);
                        }
                        region
                    }
                };
                for clause in &region.node {
                    self.clause(&clause.node);
                }
            }
            ItemKind::Let(own) => self.condition(&own.body),
            ItemKind::History(own) => {
                for select in &own.select {
                    if let Select::ActionIn(groups) = &select.node {
                        self.names(ast::GroupKind::Actions, groups);
                    }
                }
            }
            ItemKind::Tool(tool) => {
                for part in &tool.parts {
                    if let ast::ToolPartKind::Function(function) = &part.node.kind {
                        let whens = function.lines.iter().filter_map(|line| line.when.as_ref());
                        whens.for_each(|when| self.condition(when));
                    }
                }
            }
            ItemKind::Given(given) => {
                given.setup.iter().for_each(|setup| self.setup(&setup.node));
            }
            ItemKind::Test(test) => {
                for part in &test.parts {
                    if let TestPart::Setup(setup) = &part.node {
                        self.setup(setup);
                    }
                }
            }
            _ => {}
        }
    }

    fn setup(&mut self, setup: &'a Setup) {
        if let Setup::Given(names) = setup {
            self.fixtures
                .extend(names.iter().map(|name| name.node.as_str()));
        }
    }

    fn clause(&mut self, clause: &'a Clause) {
        match clause {
            Clause::Agent(Names::In(groups)) => self.names(ast::GroupKind::Agents, groups),
            Clause::Action(Names::In(groups)) => self.names(ast::GroupKind::Actions, groups),
            Clause::User(Users::In(groups)) => self.names(ast::GroupKind::Users, groups),
            Clause::When(expr) | Clause::Unless(expr) => self.condition(expr),
            Clause::Duty(duty) => self.duty(duty),
            _ => {}
        }
    }

    fn duty(&mut self, duty: &'a Duty) {
        if let Duty::Approval { groups, .. } = duty {
            self.names(ast::GroupKind::Users, groups);
        }
    }

    fn names(&mut self, kind: ast::GroupKind, groups: &'a [ast::Name]) {
        let names = groups.iter().map(|name| (kind as u8, name.node.as_str()));
        self.groups.extend(names);
    }

    fn condition(&mut self, expr: &'a ast::Spanned<ast::Expr>) {
        walk::tree(expr, &mut |part| match &part.node {
            ast::Expr::Call { name, .. } => {
                self.lets.insert(name.node.as_str());
            }
            ast::Expr::Ref(of) => {
                self.lets.insert(of.root.node.as_str());
            }
            // `agent in group` and `user in group` are conditions, too.
            ast::Expr::Compare { left, op, right } if op.node == ast::CompareOp::In => {
                if let (ast::Expr::Ref(of), ast::Expr::Ref(group)) = (&left.node, &right.node) {
                    let kind = match of.root.node.as_str() {
                        "agent" => ast::GroupKind::Agents,
                        "user" => ast::GroupKind::Users,
                        _ => return,
                    };
                    self.groups.insert((kind as u8, group.root.node.as_str()));
                }
            }
            _ => {}
        });
    }

    /// Groups that are nested in used ones are used: their members are members there.
    fn close(&mut self, context: &Context<'a>) {
        loop {
            let before = self.groups.len();
            for declared in context.items() {
                let ItemKind::Group(group) = &declared.item.node.kind else {
                    continue;
                };
                let kind = group.kind.node as u8;
                let mut above = group.groups.iter();
                if above.any(|above| self.groups.contains(&(kind, above.node.as_str()))) {
                    self.groups.insert((kind, group.name.node.as_str()));
                }
            }
            if self.groups.len() == before {
                return;
            }
        }
    }

    /// Whether no grant is for an agent.
    fn is_idle(&self, context: &Context<'_>, agent: &ast::Entity) -> bool {
        let policy = context.policy();
        let name = &agent.name.node;
        // Rules may speak of it where agents are resources.
        let mut segments = policy.patterns.iter().flat_map(|pattern| &pattern.segments);
        if segments.any(|segment| matches!(segment, Segment::Literal(text) if text == name)) {
            return false;
        }
        !context.grants().any(|rule| match &rule.typed.agents {
            Agents::All => true,
            Agents::Named(names) => names.contains(name),
            Agents::In(groups) => groups.iter().any(|id| {
                let Some(group) = policy.groups.get(id.index()) else {
                    return true;
                };
                let nested = group
                    .nested
                    .iter()
                    .filter_map(|id| policy.groups.get(id.index()));
                let mut all = std::iter::once(group).chain(nested);
                all.any(|group| group.from_request || group.members.contains(name))
            }),
        })
    }
}
