//! The rows of a test: in columns where all of them fit.

use super::{Doc, Printer, concat, expected, expr, fits, outcome, text};
use crate::ast::{Row, Spanned, TestPart};

/// How far rows stand from the left.
const INDENT: usize = 4;

impl Printer<'_> {
    /// Writes `rows { … }`; nothing for another part of a test.
    pub(super) fn rows(&mut self, part: &Spanned<TestPart>) {
        let TestPart::Rows(rows) = &part.node else {
            return;
        };
        // What stands before the first row's line stands before the bracket or inside.
        self.comments(2, part.span.start, part.span.start);
        if rows.is_empty() && !self.has_comments(part.span) {
            self.line(2, &text("rows {}"));
            return;
        }
        let table = Table::of(rows);
        self.block(2, text("rows {"), |printer| {
            printer.lines(INDENT, rows, part.span.end, |_, row| match &table {
                Some(table) => text(table.line(row)),
                None => plain(row),
            });
        });
    }
}

/// A row by itself.
fn plain(row: &Row) -> Doc {
    let expect = row.expect.as_ref();
    let expect = expect.map(|expect| expected(expect, row.ending.as_ref()));
    concat([
        expr::string(&row.name),
        text(" "),
        expr::object(&row.cells),
        expect.unwrap_or_else(|| concat([])),
    ])
}

/// The widths of columns.
struct Table {
    name: usize,
    cells: Vec<usize>,
}

impl Table {
    /// The columns of rows that have the same ones, and fit in them.
    fn of(rows: &[Spanned<Row>]) -> Option<Self> {
        let keys = |row: &Spanned<Row>| -> Vec<_> {
            let cells = row.cells.entries.iter();
            cells.map(|cell| cell.key.node.clone()).collect()
        };
        let first = rows.first()?;
        if !rows.iter().all(|row| keys(row) == keys(first)) {
            return None;
        }
        let widest = |width: &dyn Fn(&Row) -> usize| {
            let widths = rows.iter().map(|row| width(row));
            widths.max().unwrap_or_default()
        };
        let table = Self {
            name: widest(&|row| expr::string(&row.name).width()),
            cells: (0..first.cells.entries.len())
                .map(|at| widest(&|row| cells(row).get(at).map_or(0, |cell| count(cell))))
                .collect(),
        };
        let fit = rows.iter().all(|row| fits(INDENT, count(&table.line(row))));
        fit.then_some(table)
    }

    /// A row, its cells one below the other.
    fn line(&self, row: &Row) -> String {
        let mut line = expr::string(&row.name).flat();
        pad(&mut line, self.name + 1);
        let cells = cells(row);
        if cells.is_empty() {
            line.push_str("{}");
        } else {
            line.push_str("{ ");
            let mut column = self.name + 3;
            for (at, cell) in cells.iter().enumerate() {
                line.push_str(cell);
                let last = at + 1 == cells.len();
                if !last {
                    line.push(',');
                }
                column +=
                    self.cells.get(at).copied().unwrap_or_default() + if last { 1 } else { 2 };
                pad(&mut line, column);
            }
            line.push('}');
        }
        if let Some(expect) = &row.expect {
            line.push_str(" -> ");
            line.push_str(&outcome(expect, row.ending.as_ref()).flat());
        }
        line
    }
}

fn cells(row: &Row) -> Vec<String> {
    let cells = row.cells.entries.iter();
    cells.map(|cell| expr::entry(cell).flat()).collect()
}

fn count(text: &str) -> usize {
    text.chars().count()
}

fn pad(line: &mut String, column: usize) {
    let missing = column.saturating_sub(count(line));
    line.extend(std::iter::repeat_n(' ', missing));
}
