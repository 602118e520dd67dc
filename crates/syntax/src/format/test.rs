//! Tests and their fixtures.

mod rows;

use super::{
    CLAUSES_ON_A_LINE, Printer,
    clause::{self, Phrase},
    doc::{Doc, concat, group, nest, text},
    expr, fits,
};
use crate::{
    ast::{self, Ending, Expect, Setup, Spanned, Step, TestPart},
    source::Span,
    text as chars,
};

impl Printer<'_> {
    pub(super) fn given(&mut self, span: Span, given: &ast::Given) {
        self.comments(0, 0, given.name.span.end);
        let head = concat([text("given "), expr::name(&given.name), text(" ")]);
        let mut line = vec![head.clone(), text("{")];
        for (index, one) in given.setup.iter().enumerate() {
            line.push(text(if index == 0 { " " } else { "  " }));
            line.push(setup(one).doc(0));
        }
        line.push(text(if given.setup.is_empty() { "}" } else { " }" }));
        let short = Doc::Concat(line);
        let few = given.setup.len() <= CLAUSES_ON_A_LINE && !self.has_comments(span);
        if few && fits(0, short.width()) {
            self.line(0, &short);
            return;
        }
        let phrases: Vec<Phrase> = given.setup.iter().map(|one| setup(one)).collect();
        let column = clause::column(&phrases);
        self.block(0, concat([head, text("{")]), |printer| {
            printer.lines(2, &given.setup, span.end, |_, one| setup(one).doc(column));
        });
    }

    pub(super) fn test(&mut self, span: Span, test: &ast::Test) {
        let head = concat([text("test "), expr::string(&test.title), text(" {")]);
        self.comments(0, 0, test.title.span.end);
        if test.parts.is_empty() && !self.has_comments(span) {
            self.line(0, &concat([head, text("}")]));
            return;
        }
        let columns = columns(&test.parts);
        self.block(0, head, |printer| {
            let parts = &test.parts;
            for (index, part) in parts.iter().enumerate() {
                let before = index.checked_sub(1).and_then(|index| parts.get(index));
                if before.is_some_and(|before| Kind::of(before) != Kind::of(part)) {
                    printer.blank();
                }
                let column = columns.get(index).copied().unwrap_or(0);
                match phrase(part) {
                    Some(phrase) => {
                        printer.comments(2, part.span.start, part.span.end);
                        printer.line(2, &phrase.doc(column));
                    }
                    None => printer.rows(part),
                }
                let next = parts.get(index + 1);
                printer.beside(next.map_or(span.end, |next| next.span.start));
            }
            printer.comments(2, 0, span.end);
        });
    }
}

/// The column of what follows the first word, for each part: one for each run of set-up or
/// steps.
fn columns(parts: &[Spanned<TestPart>]) -> Vec<usize> {
    let mut columns = Vec::with_capacity(parts.len());
    for run in parts.chunk_by(|a, b| Kind::of(a) == Kind::of(b)) {
        let phrases: Vec<Phrase> = run.iter().filter_map(|part| phrase(part)).collect();
        let column = clause::column(&phrases);
        columns.extend(std::iter::repeat_n(column, run.len()));
    }
    columns
}

/// What stands together in a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Setup,
    Step,
    Rows,
}

impl Kind {
    const fn of(part: &TestPart) -> Self {
        match part {
            TestPart::Setup(_) => Self::Setup,
            TestPart::Step(_) => Self::Step,
            TestPart::Rows(_) => Self::Rows,
        }
    }
}

/// A part that takes one line; `None` for rows.
fn phrase(part: &TestPart) -> Option<Phrase> {
    match part {
        TestPart::Setup(of) => Some(setup(of)),
        TestPart::Step(of) => Some(step(of)),
        TestPart::Rows(_) => None,
    }
}

fn setup(of: &Setup) -> Phrase {
    match of {
        Setup::Given(names) => Phrase::new("given", expr::names(names)),
        Setup::At(time) => Phrase::new("at", expr::string(time)),
        Setup::Agent(agent) => Phrase::new("agent", entity(agent, &[])),
        Setup::UserNone => Phrase::new("user", text("none")),
        Setup::User(user) => Phrase::new("user", entity(user, &["none"])),
        Setup::Task { name, facts } => {
            let doc = concat([expr::name(name), expr::some_object(facts)]);
            Phrase::new("task", doc)
        }
        Setup::Context(facts) => Phrase::new("context", expr::object(facts)),
        Setup::Resource { resource, facts } => Phrase::new(
            "resource",
            concat([expr::string(resource), text(" "), expr::object(facts)]),
        ),
    }
}

fn entity(of: &ast::Entity, taken: &[&str]) -> Doc {
    let name = match taken.contains(&of.name.node.as_str()) {
        true => text(chars::quoted(&of.name)),
        false => expr::name(&of.name),
    };
    group([
        name,
        expr::in_groups(&of.groups),
        expr::some_object(&of.facts),
    ])
}

fn step(of: &Step) -> Phrase {
    match of {
        Step::Issue(of) => issue(of),
        Step::Call(of) => call(of),
        Step::List { tool, expect } => {
            Phrase::new("list", concat([expr::path(tool), expected(expect, None)]))
        }
        Step::After(length) => Phrase::new("after", self::length(length)),
        Step::Revoke(name) => Phrase::new("revoke", expr::name(name)),
        Step::Record {
            kind,
            by,
            groups,
            call,
        } => {
            let word = match kind.node {
                ast::RecordKind::Consent => "consent",
                ast::RecordKind::Approval => "approval",
            };
            let mut docs = vec![text("by "), expr::name(by), expr::in_groups(groups)];
            if let Some((tool, args)) = call {
                docs.extend([
                    text(" for "),
                    expr::path(tool),
                    text(" "),
                    expr::object(args),
                ]);
            }
            Phrase::new(word, Doc::Concat(docs))
        }
    }
}

fn issue(of: &ast::Issue) -> Phrase {
    let mut docs = Vec::new();
    let word = match &of.delegate {
        Some(agent) => {
            docs.extend([expr::name(agent), text(" ")]);
            "delegate"
        }
        None => "issue",
    };
    docs.extend([
        expr::path(&of.tool),
        text(" "),
        expr::names(&of.actions),
        text(" "),
        nest(2, expr::strings(&of.resources)),
    ]);
    if let Some(lifetime) = &of.lifetime {
        docs.extend([text(" for "), length(lifetime)]);
    }
    if let Some(credential) = &of.with {
        docs.extend([text(" with "), expr::name(credential)]);
    }
    if let Some(credential) = &of.credential {
        docs.extend([text(" as "), expr::name(credential)]);
    }
    docs.push(expected(&of.expect, None));
    Phrase::new(word, Doc::Concat(docs))
}

fn call(of: &ast::Call) -> Phrase {
    let mut docs = vec![expr::path(&of.tool), text(" "), expr::object(&of.args)];
    if let Some(credential) = &of.credential {
        docs.extend([text(" with "), expr::name(credential)]);
    }
    docs.push(expected(&of.expect, of.ending.as_ref()));
    Phrase::new("call", Doc::Concat(docs))
}

/// ` -> …`, on a line of its own if it does not fit.
fn expected(expect: &Expect, ending: Option<&Spanned<Ending>>) -> Doc {
    let docs = [Doc::Line, text("-> "), outcome(expect, ending)];
    group([nest(2, concat(docs))])
}

/// What stands after the arrow.
fn outcome(expect: &Expect, ending: Option<&Spanned<Ending>>) -> Doc {
    let mut docs = Vec::new();
    match expect {
        Expect::Row => docs.push(text("row")),
        Expect::Yes => docs.push(text("yes")),
        Expect::No => docs.push(text("no")),
        Expect::Depends => docs.push(text("depends")),
        Expect::Grant(limit) => docs.extend([text("grant"), self::limit(limit)]),
        Expect::Narrowed { to, limit } => docs.extend([
            text("narrowed to "),
            nest(2, expr::strings(to)),
            self::limit(limit),
        ]),
        Expect::Deny { reason, by } => {
            docs.extend([text("deny "), expr::name(reason), self::by(by)]);
        }
    }
    match ending.map(|ending| &ending.node) {
        Some(Ending::Result(result)) => docs.extend([text(" result "), expr::object(result)]),
        Some(Ending::Fails) => docs.push(text(" fails")),
        None => {}
    }
    Doc::Concat(docs)
}

fn length(of: &ast::Length) -> Doc {
    match of {
        ast::Length::Of(duration) => expr::duration(*duration),
        ast::Length::Cell(column) => expr::cell(column),
    }
}

fn limit(of: &ast::Limit) -> Doc {
    let lifetime = match &of.lifetime {
        Some(lifetime) => concat([text(" for "), length(lifetime)]),
        None => concat([]),
    };
    concat([lifetime, by(&of.by)])
}

fn by(rules: &[ast::Name]) -> Doc {
    match rules {
        [] => concat([]),
        rules => concat([text(" by "), nest(4, expr::names(rules))]),
    }
}
