//! Trees of tests to scenarios. Everything in them has been checked.

use std::collections::{BTreeMap, BTreeSet};

use placet_model::decision::Answer;
use placet_model::ids::RuleId;
use placet_model::json::{Fields, Json};
use placet_model::policy::Policy;
use placet_model::value::{Duration, Time};
use placet_syntax::ast::{self, FileId, Setup, Spanned, TestPart};
use smol_str::{SmolStr, ToSmolStr};

use super::{Call, Ending, Entity, Expect, Issue, Limit, Line, Scenario, Set, Step, Want, What};
use crate::collect::{Declared, Items};
use crate::report::Place;
use crate::rows::{fill, full_title, rows_of};

/// Lowers the tests of a policy without errors, in the order of files.
pub(crate) fn lower(policy: &Policy, items: &Items) -> Vec<Scenario> {
    let mut rules: BTreeMap<SmolStr, SmolStr> = BTreeMap::new();
    for (at, rule) in policy.rules.iter().enumerate() {
        let full = policy.rule_name(RuleId::new(at));
        rules.insert(rule.name.clone(), full);
    }
    let givens = items.givens.iter();
    let lower = Lower {
        givens: givens.map(|given| (&given.node.name.node, given)).collect(),
        rules,
    };
    let mut scenarios = Vec::new();
    for test in &items.tests {
        let (file, title) = (test.file, &test.node.title);
        let Some(rows) = rows_of(test.node) else {
            scenarios.push(Scenario {
                title: title.node.clone(),
                place: test.place(title.span),
                row: None,
                lines: lower.lines(file, test.node),
            });
            continue;
        };
        scenarios.extend(rows.iter().map(|row| Scenario {
            title: full_title(test.node, row),
            place: test.place(row.name.span),
            row: Some(test.place(row.span)),
            lines: lower.lines(file, &fill(file, test.node, row).test),
        }));
    }
    scenarios
}

struct Lower<'a> {
    givens: BTreeMap<&'a SmolStr, &'a Declared<'a, ast::Given>>,
    /// Full names of rules by their short ones. What several layers have is never written
    /// short in a test.
    rules: BTreeMap<SmolStr, SmolStr>,
}

impl Lower<'_> {
    /// The lines of a test whose cells are put in.
    fn lines(&self, file: FileId, test: &ast::Test) -> Vec<Line> {
        let mut lines = Vec::new();
        let delegates = delegates(test);
        for block in test.parts.chunk_by(|a, b| is_setup(a) && is_setup(b)) {
            let start = lines.len();
            for part in block {
                let place = Place::new(file, part.span);
                match &part.node {
                    TestPart::Setup(line) => self.set(line, place, false, &mut lines),
                    TestPart::Step(step) => lines.push(Line {
                        place,
                        what: What::Do(self.step(file, step)),
                    }),
                    TestPart::Rows(_) => {}
                }
            }
            choose_acting(lines.get_mut(start..).unwrap_or_default(), &delegates);
        }
        lines
    }

    fn set(&self, line: &Setup, place: Place, nested: bool, lines: &mut Vec<Line>) {
        let set = match line {
            Setup::Given(names) => {
                for name in names {
                    let given = self.givens.get(&name.node);
                    for line in given.iter().flat_map(|given| &given.node.setup) {
                        let file = given.map_or(place.file, |given| given.file);
                        self.set(&line.node, Place::new(file, line.span), true, lines);
                    }
                }
                return;
            }
            Setup::At(text) => Set::At(Time::parse(text).unwrap_or(Time(0))),
            Setup::Agent(agent) => Set::Agent {
                entity: entity(agent),
                acts: !nested,
            },
            Setup::UserNone => Set::User(None),
            Setup::User(user) => Set::User(Some(entity(user))),
            Setup::Task { name, facts } => Set::Task(Entity {
                id: name.node.clone(),
                groups: None,
                facts: fields(facts),
            }),
            Setup::Context(facts) => Set::Context(fields(facts)),
            Setup::Resource { resource, facts } => {
                Set::Resource(resource.node.clone(), fields(facts))
            }
        };
        lines.push(Line {
            place,
            what: What::Set(set),
        });
    }

    fn step(&self, file: FileId, step: &ast::Step) -> Step {
        match step {
            ast::Step::Issue(issue) => Step::Issue(Issue {
                delegate: issue.delegate.as_ref().map(text),
                with: issue.with.as_ref().map(text),
                tool: issue.tool.dotted(),
                actions: issue.actions.iter().map(text).collect(),
                resources: issue.resources.iter().map(text).collect(),
                lifetime: issue.lifetime.as_ref().map(duration),
                name: issue.credential.as_ref().map(text),
                expect: self.expect(file, &issue.expect),
            }),
            ast::Step::Call(call) => Step::Call(Call {
                tool: call.tool.dotted(),
                args: fields(&call.args),
                with: call.credential.as_ref().map(text),
                expect: self.expect(file, &call.expect),
                ending: match call.ending.as_ref().map(|ending| &ending.node) {
                    Some(ast::Ending::Fails) => Ending::Failed,
                    Some(ast::Ending::Result(result)) => Ending::Ok(fields(result)),
                    None => Ending::Ok(Fields::new()),
                },
            }),
            ast::Step::List { tool, expect } => Step::List {
                tool: tool.dotted(),
                expect: self.expect(file, expect),
            },
            ast::Step::After(length) => Step::After(duration(length)),
            ast::Step::Revoke(name) => Step::Revoke(text(name)),
            ast::Step::Record {
                kind,
                by,
                groups,
                call,
            } => Step::Record {
                kind: kind.node,
                by: text(by),
                groups: (!groups.is_empty()).then(|| groups.iter().map(text).collect()),
                call: call
                    .as_ref()
                    .map(|(tool, args)| (tool.dotted(), fields(args))),
            },
        }
    }

    fn expect(&self, file: FileId, expect: &Spanned<ast::Expect>) -> Expect {
        let want = match &expect.node {
            // Checking has seen to it that none is left.
            ast::Expect::Row => Want::Grant(Limit::default()),
            ast::Expect::Yes => Want::Answer(Answer::Yes),
            ast::Expect::No => Want::Answer(Answer::No),
            ast::Expect::Depends => Want::Answer(Answer::Depends),
            ast::Expect::Grant(limit) => Want::Grant(self.limit(limit)),
            ast::Expect::Narrowed { to, limit } => Want::Narrowed {
                to: to.iter().map(text).collect(),
                limit: self.limit(limit),
            },
            ast::Expect::Deny { reason, by } => Want::Deny {
                reason: text(reason),
                by: self.by(by),
            },
        };
        Expect {
            place: Place::new(file, expect.span),
            want,
        }
    }

    fn limit(&self, limit: &ast::Limit) -> Limit {
        Limit {
            lifetime: limit.lifetime.as_ref().map(duration),
            by: self.by(&limit.by),
        }
    }

    fn by(&self, names: &[ast::Name]) -> Vec<SmolStr> {
        let full = |name: &ast::Name| match self.rules.get(&name.node) {
            Some(full) => full.clone(),
            None => name.node.clone(),
        };
        names.iter().map(full).collect()
    }
}

fn is_setup(part: &Spanned<TestPart>) -> bool {
    matches!(part.node, TestPart::Setup(_))
}

/// The agents that a test delegates to.
pub(crate) fn delegates(test: &ast::Test) -> BTreeSet<&SmolStr> {
    let steps = test.parts.iter();
    steps
        .filter_map(|part| match &part.node {
            TestPart::Step(ast::Step::Issue(issue)) => issue.delegate.as_ref(),
            _ => None,
        })
        .map(|agent| &agent.node)
        .collect()
}

/// Of the agents that a block of set-up lines brings, one acts: rather one that nothing is
/// delegated to, rather one of the test's own lines, rather the first.
fn choose_acting(lines: &mut [Line], delegates: &BTreeSet<&SmolStr>) {
    let agents = lines.iter().enumerate();
    let chosen = agents
        .filter_map(|(at, line)| match &line.what {
            What::Set(Set::Agent { entity, acts: own }) => {
                Some((delegates.contains(&entity.id), !own, at))
            }
            _ => None,
        })
        .min();
    for (at, line) in lines.iter_mut().enumerate() {
        if let What::Set(Set::Agent { acts, .. }) = &mut line.what {
            *acts = chosen.is_some_and(|(_, _, chosen)| at == chosen);
        }
    }
}

fn text(name: &Spanned<SmolStr>) -> SmolStr {
    name.node.clone()
}

fn duration(length: &Spanned<ast::Length>) -> Duration {
    let written = length.node.duration();
    Duration(written.and_then(ast::Duration::micros).unwrap_or(i64::MAX))
}

fn entity(entity: &ast::Entity) -> Entity {
    Entity {
        id: text(&entity.name),
        groups: (!entity.groups.is_empty()).then(|| entity.groups.iter().map(text).collect()),
        facts: fields(&entity.facts),
    }
}

/// An object as a request carries it.
fn fields(object: &ast::Object) -> Fields {
    let entries = object.entries.iter();
    entries
        .map(|entry| (text(&entry.key), json(&entry.value.node)))
        .collect()
}

fn json(value: &ast::Value) -> Json {
    match value {
        ast::Value::Text(text) => Json::String(text.clone()),
        ast::Value::Number(number) => Json::Number(number.text.clone()),
        ast::Value::Duration(duration) => Json::String(duration.to_smolstr()),
        ast::Value::Bool(truth) => Json::Bool(*truth),
        ast::Value::List(items) => Json::Array(items.iter().map(|item| json(&item.node)).collect()),
        ast::Value::Object(object) => Json::Object(fields(object)),
        // Checking has seen to it that none is left.
        ast::Value::Cell(_) => Json::Null,
    }
}
