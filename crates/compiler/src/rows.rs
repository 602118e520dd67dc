//! Tests with rows: one test for each row, with its cells put in.
//!
//! What this makes is an ordinary test, so that checking, playing and mutating know nothing
//! of rows. A cell keeps its own place, and what is wrong with it is told there.

mod text;
mod visit;

use std::collections::BTreeMap;

use placet_syntax::ast::{
    Ending, Expect, FileId, Length, Name, Row, Span, Spanned, Test, TestPart, Value,
};
use placet_syntax::{Code, Diagnostic, limits, name_problem};
use smol_str::SmolStr;

use crate::report::{DiagnosticAt, Place};
use crate::resolve::constants::kind;
pub(crate) use text::holes;
pub(crate) use visit::{Slot, visit_facts, visit_outcome, visit_parts, visit_setup};

/// The rows of a test; `None` if it has none.
pub(crate) fn rows_of(test: &Test) -> Option<&[Spanned<Row>]> {
    test.parts.iter().find_map(|part| match &part.node {
        TestPart::Rows(rows) => Some(rows.as_slice()),
        TestPart::Setup(_) | TestPart::Step(_) => None,
    })
}

/// What a test with rows is called when it is played.
pub(crate) fn full_title(test: &Test, row: &Row) -> SmolStr {
    smol_str::format_smolstr!("{} / {}", test.title.node, row.name.node)
}

/// A test with the cells of a row put in.
pub(crate) struct Filled {
    /// The test.
    pub(crate) test: Test,
    /// The texts that are made of cells and more, each with its cells.
    pub(crate) mixed: Vec<(Span, Vec<(Name, Span)>)>,
    /// What could not be put in.
    pub(crate) problems: Vec<Diagnostic>,
}

/// Puts the cells of a row into a test.
pub(crate) fn fill(file: FileId, test: &Test, row: &Row) -> Filled {
    let mut filled = Filled {
        test: Test {
            title: test.title.clone(),
            parts: test
                .parts
                .iter()
                .filter(|part| !matches!(part.node, TestPart::Rows(_)))
                .cloned()
                .collect(),
        },
        mixed: Vec::new(),
        problems: Vec::new(),
    };
    let cells = row.cells.entries.iter();
    let mut filler = Filler {
        file,
        row,
        cells: cells
            .map(|cell| (&cell.key.node, &cell.value))
            // The first of two, as everywhere.
            .rev()
            .collect(),
        mixed: &mut filled.mixed,
        problems: &mut filled.problems,
    };
    visit_parts(&mut filled.test.parts, &mut |slot| filler.fill(slot));
    filled
}

struct Filler<'a> {
    file: FileId,
    row: &'a Row,
    cells: BTreeMap<&'a SmolStr, &'a Spanned<Value>>,
    mixed: &'a mut Vec<(Span, Vec<(Name, Span)>)>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Filler<'_> {
    fn fill(&mut self, slot: Slot<'_>) {
        match slot {
            Slot::Value(value) => {
                if let Value::Cell(column) = &value.node
                    && let Some(cell) = self.cells.get(&column.node)
                {
                    *value = (*cell).clone();
                }
            }
            Slot::Length(length) => {
                if let Length::Cell(column) = &length.node {
                    match self.cells.get(&column.node).copied() {
                        Some(Spanned {
                            node: Value::Duration(duration),
                            span,
                        }) => *length = Spanned::new(Length::Of(*duration), *span),
                        Some(other) => self.misfit(other, "a duration is wanted", "`15m`"),
                        None => {}
                    }
                }
            }
            Slot::Text(text) => self.text(text),
            Slot::Name(name) => {
                self.text(name);
                self.problems
                    .extend(name_problem(self.file, name.span, name));
            }
            Slot::Expect(expect, ending) => self.expect(expect, ending),
        }
    }

    fn expect(&self, expect: &mut Spanned<Expect>, ending: Option<&mut Option<Spanned<Ending>>>) {
        if let (Expect::Row, Some(own)) = (&expect.node, &self.row.expect) {
            expect.clone_from(own);
            if let Some(ending) = ending {
                ending.clone_from(&self.row.ending);
            }
        }
    }

    /// Puts cells into the holes of a text.
    fn text(&mut self, text: &mut Spanned<SmolStr>) {
        let holes = holes(&text.node);
        if holes.is_empty() {
            return;
        }
        let mut whole = String::new();
        let mut cells = Vec::new();
        let mut at = 0;
        for hole in &holes {
            let Some((column, cell)) = hole
                .column
                .as_ref()
                .and_then(|column| Some((column, *self.cells.get(column)?)))
            else {
                // Reported where the columns are.
                return;
            };
            whole.push_str(text.get(at..hole.range.start).unwrap_or_default());
            match &cell.node {
                Value::Text(text) => whole.push_str(text),
                Value::Number(number) => whole.push_str(&number.text),
                _ => {
                    let help = "a text or a number; or take it as a whole: `row.…`";
                    return self.misfit(cell, "a text is wanted", help);
                }
            }
            cells.push((Name::new(column.clone(), text.span), cell.span));
            at = hole.range.end;
        }
        whole.push_str(text.get(at..).unwrap_or_default());
        if whole.len() > limits::STRING_BYTES {
            let place = Place::new(self.file, text.span);
            self.problems.push(
                Diagnostic::error(
                    Code::PL0905,
                    format!("a string of {} bytes is too long", whole.len()),
                )
                .here(place, format!("at most {} bytes", limits::STRING_BYTES)),
            );
            return;
        }
        let is_whole = matches!(holes.as_slice(), [only] if only.range == (0..text.len()));
        let span = match cells.first() {
            Some((_, cell)) if is_whole => *cell,
            _ => {
                self.mixed.push((text.span, cells));
                inexact(text.span, whole.len())
            }
        };
        *text = Spanned::new(whole.into(), span);
    }

    fn misfit(&mut self, cell: &Spanned<Value>, wanted: &str, help: &str) {
        let place = Place::new(self.file, cell.span);
        self.problems.push(
            Diagnostic::error(
                Code::PL0207,
                format!("the cell is {}, and {wanted}", kind(&cell.node)),
            )
            .here(place, format!("{wanted} where this is put"))
            .help(format!("write {help}")),
        );
    }
}

/// A place for a text that does not stand there: nobody may take it for its literal and
/// point into it.
fn inexact(span: Span, length: usize) -> Span {
    if span.range().len() == length + 2 {
        Span::new(span.range().start + 1, span.range().end - 1)
    } else {
        span
    }
}

/// How many bytes all rows of a test make together, about.
pub(crate) fn bytes(test: &Test, whole: Span, rows: &[Spanned<Row>]) -> usize {
    let mut uses: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let mut parts = test.parts.clone();
    visit_parts(&mut parts, &mut |slot| {
        for column in slot.columns() {
            *uses.entry(column).or_default() += 1;
        }
    });
    let block = test.parts.iter().find_map(|part| match part.node {
        TestPart::Rows(_) => Some(part.span.range().len()),
        _ => None,
    });
    let template = whole.range().len().saturating_sub(block.unwrap_or(0));
    let mut bytes = 0_usize;
    for row in rows {
        bytes = bytes
            .saturating_add(template)
            .saturating_add(row.span.range().len());
        for cell in &row.cells.entries {
            let times = uses.get(&cell.key.node).copied().unwrap_or(0);
            let length = cell.value.span.range().len();
            bytes = bytes.saturating_add(times.saturating_mul(length));
        }
    }
    bytes
}
