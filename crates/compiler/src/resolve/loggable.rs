//! `@loggable`: what the audit may show in clear.

use std::collections::BTreeSet;

use placet_syntax::ast::{self, Note, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use crate::collect::{Declared, Items};
use crate::report::{DiagnosticAt, Place, Report};

const NAME: &str = "loggable";

/// What the annotations of a declaration say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loggable {
    /// Written without names.
    all: bool,
    names: BTreeSet<SmolStr>,
}

impl Loggable {
    /// Whether it covers a name.
    pub(crate) fn covers(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }
}

/// What may be shown of the facts of a block.
pub(crate) fn of_facts(report: &mut Report, block: &Declared<ast::Facts>) -> Loggable {
    if matches!(block.node.of.node, ast::FactsOf::Resource(_)) {
        for note in notes(block.item) {
            let message = "facts of resources are not in the audit";
            report.push(useless(message, block.place(note.span)).help("leave it out"));
        }
        return Loggable::default();
    }
    let fields = &block.node.fields;
    let declared: BTreeSet<&str> = fields
        .iter()
        .map(|field| field.node.name.node.as_str())
        .collect();
    read(report, block, "fact of this block", &declared)
}

/// Which parameters of a tool's functions may be shown.
pub(crate) fn of_tool(
    report: &mut Report,
    tool: &Declared<ast::Tool>,
    params: &BTreeSet<&str>,
) -> Loggable {
    for note in notes(tool.item).filter(|note| note.node.values.is_empty()) {
        report.push(
            useless(
                "`@loggable` before a tool names parameters",
                tool.place(note.span),
            )
            .help("write which, like `@loggable(\"id\")`: a parameter that is added later is not to be shown by accident"),
        );
    }
    let mut loggable = read(report, tool, "parameter of this tool", params);
    loggable.all = false;
    loggable
}

/// Reports it where it says nothing.
pub(crate) fn check_elsewhere(report: &mut Report, items: &Items) {
    fn check<T>(report: &mut Report, list: &[Declared<T>]) {
        for decl in list {
            for note in notes(decl.item) {
                report.push(
                    useless("`@loggable` says nothing here", decl.place(note.span))
                        .help("write it before `facts` or `tool`"),
                );
            }
        }
    }
    check(report, &items.policies);
    check(report, &items.agents);
    check(report, &items.groups);
    check(report, &items.actions);
    check(report, &items.lets);
    check(report, &items.histories);
    check(report, &items.rules);
    check(report, &items.claims);
    check(report, &items.givens);
    check(report, &items.tests);
}

fn read<T>(
    report: &mut Report,
    decl: &Declared<T>,
    what: &str,
    declared: &BTreeSet<&str>,
) -> Loggable {
    let mut loggable = Loggable::default();
    for note in notes(decl.item) {
        loggable.all |= note.node.values.is_empty();
        for value in &note.node.values {
            let place = decl.place(value.span);
            let ast::Value::Text(name) = &value.node else {
                report.push(
                    useless("`@loggable` takes names in quotes", place)
                        .help("write it like `@loggable(\"amount\")`"),
                );
                continue;
            };
            if declared.contains(name.as_str()) {
                loggable.names.insert(name.clone());
            } else {
                let known: Vec<&str> = declared.iter().copied().collect();
                let help = match known.as_slice() {
                    [] => "there is none".to_owned(),
                    _ => format!("there are `{}`", known.join("`, `")),
                };
                report.unknown(Code::PL0121, what, name, place, known, &help);
            }
        }
    }
    loggable
}

fn notes(item: &ast::Item) -> impl Iterator<Item = &Spanned<Note>> {
    item.notes.iter().filter(|note| note.node.name.node == NAME)
}

fn useless(message: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::PL0122, message).here(place, "this shows nothing in the audit")
}
