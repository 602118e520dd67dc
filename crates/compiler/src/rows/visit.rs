//! Every place of a test in which a cell can stand.

use placet_syntax::ast::{
    Ending, Entity, Expect, Issue, Length, Limit, Name, Object, PathParts, Row, Setup, Spanned,
    Step, Str, TestPart, Value,
};
use smol_str::SmolStr;

use super::holes;

/// A place in which a cell can stand.
pub(crate) enum Slot<'t> {
    /// A value; `row.column` if it is a cell.
    Value(&'t mut Spanned<Value>),
    /// A length of time.
    Length(&'t mut Spanned<Length>),
    /// A text, which may have holes.
    Text(&'t mut Str),
    /// A name, which may have holes.
    Name(&'t mut Name),
    /// What a step expects; of a call, how it ends.
    Expect(
        &'t mut Spanned<Expect>,
        Option<&'t mut Option<Spanned<Ending>>>,
    ),
}

impl Slot<'_> {
    /// The columns that are named there; holes that cannot be read are left out.
    pub(crate) fn columns(&self) -> Vec<SmolStr> {
        match self {
            Self::Value(Spanned {
                node: Value::Cell(column),
                ..
            })
            | Self::Length(Spanned {
                node: Length::Cell(column),
                ..
            }) => vec![column.node.clone()],
            Self::Text(text) | Self::Name(text) => holes(&text.node)
                .into_iter()
                .filter_map(|hole| hole.column)
                .collect(),
            Self::Value(_) | Self::Length(_) | Self::Expect(..) => Vec::new(),
        }
    }
}

type Visit<'v> = &'v mut dyn FnMut(Slot<'_>);

/// Visits all places of a test but those in its rows.
pub(crate) fn visit_parts(parts: &mut [Spanned<TestPart>], visit: Visit) {
    for part in parts {
        match &mut part.node {
            TestPart::Setup(line) => visit_setup(line, visit),
            TestPart::Step(step) => self::step(step, visit),
            TestPart::Rows(_) => {}
        }
    }
}

/// Visits all places of a line that sets something up.
pub(crate) fn visit_setup(line: &mut Setup, visit: Visit) {
    match line {
        Setup::Given(names) => self::names(names, visit),
        Setup::At(text) => visit(Slot::Text(text)),
        Setup::Agent(of) | Setup::User(of) => entity(of, visit),
        Setup::UserNone => {}
        Setup::Task { name, facts } => {
            visit(Slot::Name(name));
            visit_facts(facts, visit);
        }
        Setup::Context(facts) => visit_facts(facts, visit),
        Setup::Resource { resource, facts } => {
            visit(Slot::Text(resource));
            visit_facts(facts, visit);
        }
    }
}

/// Visits all places of an object.
pub(crate) fn visit_facts(object: &mut Object, visit: Visit) {
    for entry in &mut object.entries {
        visit(Slot::Text(&mut entry.key));
        value(&mut entry.value, visit);
    }
}

fn entity(of: &mut Entity, visit: Visit) {
    visit(Slot::Name(&mut of.name));
    names(&mut of.groups, visit);
    visit_facts(&mut of.facts, visit);
}

fn value(of: &mut Spanned<Value>, visit: Visit) {
    match &mut of.node {
        Value::List(items) => items.iter_mut().for_each(|item| value(item, visit)),
        Value::Object(object) => visit_facts(object, visit),
        Value::Text(text) => {
            // A text among values is a text like any other.
            let mut written = Str::new(text.clone(), of.span);
            visit(Slot::Text(&mut written));
            *of = written.map(Value::Text);
        }
        _ => visit(Slot::Value(of)),
    }
}

fn step(of: &mut Step, visit: Visit) {
    match of {
        Step::Issue(of) => issue(of, visit),
        Step::Call(call) => {
            path(&mut call.tool, visit);
            visit_facts(&mut call.args, visit);
            call.credential
                .iter_mut()
                .for_each(|name| visit(Slot::Name(name)));
            expect(&mut call.expect, Some(&mut call.ending), visit);
            ending(&mut call.ending, visit);
        }
        Step::List { tool, expect: of } => {
            path(tool, visit);
            expect(of, None, visit);
        }
        Step::After(length) => visit(Slot::Length(length)),
        Step::Revoke(name) => visit(Slot::Name(name)),
        Step::Record {
            by, groups, call, ..
        } => {
            visit(Slot::Name(by));
            names(groups, visit);
            if let Some((tool, args)) = call {
                path(tool, visit);
                visit_facts(args, visit);
            }
        }
    }
}

fn issue(of: &mut Issue, visit: Visit) {
    of.delegate
        .iter_mut()
        .for_each(|name| visit(Slot::Name(name)));
    path(&mut of.tool, visit);
    names(&mut of.actions, visit);
    texts(&mut of.resources, visit);
    of.lifetime
        .iter_mut()
        .for_each(|length| visit(Slot::Length(length)));
    of.with.iter_mut().for_each(|name| visit(Slot::Name(name)));
    of.credential
        .iter_mut()
        .for_each(|name| visit(Slot::Name(name)));
    expect(&mut of.expect, None, visit);
}

/// Visits all places of what a row expects.
pub(crate) fn visit_outcome(row: &mut Row, visit: Visit) {
    if let Some(expect) = &mut row.expect {
        self::expect(expect, None, visit);
    }
    ending(&mut row.ending, visit);
}

fn ending(of: &mut Option<Spanned<Ending>>, visit: Visit) {
    if let Some(Spanned {
        node: Ending::Result(result),
        ..
    }) = of
    {
        visit_facts(result, visit);
    }
}

fn expect(of: &mut Spanned<Expect>, ending: Option<&mut Option<Spanned<Ending>>>, visit: Visit) {
    visit(Slot::Expect(of, ending));
    match &mut of.node {
        Expect::Row | Expect::Yes | Expect::No | Expect::Depends => {}
        Expect::Grant(limit) => self::limit(limit, visit),
        Expect::Narrowed { to, limit } => {
            texts(to, visit);
            self::limit(limit, visit);
        }
        Expect::Deny { by, .. } => names(by, visit),
    }
}

fn limit(of: &mut Limit, visit: Visit) {
    of.lifetime
        .iter_mut()
        .for_each(|length| visit(Slot::Length(length)));
    names(&mut of.by, visit);
}

fn names(of: &mut [Name], visit: Visit) {
    of.iter_mut().for_each(|name| visit(Slot::Name(name)));
}

fn texts(of: &mut [Str], visit: Visit) {
    of.iter_mut().for_each(|text| visit(Slot::Text(text)));
}

fn path(of: &mut Spanned<PathParts>, visit: Visit) {
    names(&mut of.node.parts, visit);
}
