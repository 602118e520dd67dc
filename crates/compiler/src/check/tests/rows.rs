//! The rows of a test: what they are made of, and the test with each of them.

use std::collections::{BTreeMap, BTreeSet};

use placet_syntax::ast::{self, Expect, FileId, Row, Setup, Span, Spanned, Step, TestPart};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::{Context, check_test};
use crate::collect::{Declared, Items};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, closest, written};
use crate::resolve::constants::listed;
use crate::resolve::names::{Seen, check_count};
use crate::rows::{
    Filled, Slot, bytes, fill, holes, visit_facts, visit_outcome, visit_parts, visit_setup,
};

/// Says where cells stand that no row can fill: in declarations, fixtures and tests without
/// rows.
pub(super) fn check_none(report: &mut Report, items: &Items) {
    let mut found = Vec::new();
    for agent in &items.agents {
        let mut facts = agent.node.facts.clone();
        visit_facts(&mut facts, &mut |slot| {
            found.extend(uses(agent.file, &slot))
        });
    }
    for given in &items.givens {
        for line in &given.node.setup {
            let mut line: Setup = line.node.clone();
            visit_setup(&mut line, &mut |slot| found.extend(uses(given.file, &slot)));
        }
    }
    for test in &items.tests {
        if !test.node.parts.iter().any(|part| is_rows(part)) && !test.item.recovered {
            let mut parts = test.node.parts.clone();
            visit_parts(&mut parts, &mut |slot| found.extend(uses(test.file, &slot)));
        }
    }
    for used in found {
        report.push(
            Diagnostic::error(Code::PL0810, format!("{} is of no row", used.shown()))
                .here(used.place, "there are no rows here")
                .help("the cells of rows stand in the test that has the rows, and nowhere else"),
        );
    }
}

/// Checks a test with rows: the blocks of rows, then the test with the cells of each row.
pub(super) fn check(
    context: &Context,
    report: &mut Report,
    test: &Declared<ast::Test>,
    blocks: &[(&[Spanned<Row>], Place)],
    written_out: &mut usize,
) {
    let Some(((rows, place), others)) = blocks.split_first() else {
        return;
    };
    for (_, other) in others {
        report.push(
            Diagnostic::error(Code::PL0808, "rows are set twice")
                .here(*other, "again here")
                .also(*place, "first here")
                .help("put all rows into one block"),
        );
    }
    if rows.is_empty() {
        if !test.item.recovered {
            report.push(
                Diagnostic::error(
                    Code::PL0814,
                    "there are no rows, and nothing would be played",
                )
                .here(*place, "empty")
                .help("write a row: `\"what it shows\" { column = 1 }`"),
            );
        }
        return;
    }
    if let Some(extra) = rows.get(limits::ROWS) {
        let place = test.place(extra.span);
        check_count(report, "rows", rows.len(), limits::ROWS, place);
        return;
    }
    *written_out = written_out.saturating_add(bytes(test.node, test.span, rows));
    if *written_out > limits::ROWS_WRITTEN_OUT {
        report.push(
            Diagnostic::error(
                Code::PL0910,
                format!(
                    "too many bytes of tests, written out for each row: more than {}",
                    limits::ROWS_WRITTEN_OUT
                ),
            )
            .here(*place, "one too many here"),
        );
        return;
    }
    let mut names = Seen::default();
    for row in *rows {
        names.declare(report, "row", &row.name, test.place(row.name.span));
    }
    let table = Table::of(test, rows);
    let before = report.wrong();
    table.check_columns(report);
    table.check_expectations(report);
    // With a column that is in no row, all rows would be wrong.
    if report.wrong() == before || !table.used.iter().any(|used| table.is_nowhere(used)) {
        each_row(context, report, test, &table);
    }
}

/// Something that names a column, or asks for the expectation of a row.
struct Used {
    /// The column; `None` for `-> row`, or where it cannot be read.
    column: Option<SmolStr>,
    arrow: bool,
    place: Place,
}

impl Used {
    fn shown(&self) -> String {
        match (&self.column, self.arrow) {
            (Some(column), _) => format!("`row.{}`", written(column)),
            (None, true) => "`-> row`".to_owned(),
            (None, false) => "`{row.`".to_owned(),
        }
    }
}

/// What a place of a test uses of rows.
fn uses(file: FileId, slot: &Slot<'_>) -> Vec<Used> {
    let column = |name: &SmolStr, span| Used {
        column: Some(name.clone()),
        arrow: false,
        place: Place::new(file, span),
    };
    match slot {
        Slot::Value(value) => match &value.node {
            ast::Value::Cell(name) => vec![column(&name.node, value.span)],
            _ => Vec::new(),
        },
        Slot::Length(length) => match &length.node {
            ast::Length::Cell(name) => vec![column(&name.node, length.span)],
            ast::Length::Of(_) => Vec::new(),
        },
        Slot::Text(text) | Slot::Name(text) => holes(&text.node)
            .into_iter()
            .map(|hole| {
                let inner = text.span.range();
                // Where nothing is escaped, bytes of the text are bytes of the literal.
                let exact = inner.len() == text.node.len() + 2;
                let start = inner.start + 1;
                let span = match exact {
                    true => Span::new(start + hole.range.start, start + hole.range.end),
                    false => text.span,
                };
                Used {
                    column: hole.column,
                    arrow: false,
                    place: Place::new(file, span),
                }
            })
            .collect(),
        Slot::Expect(expect, _) => match expect.node {
            Expect::Row => vec![Used {
                column: None,
                arrow: true,
                place: Place::new(file, expect.span),
            }],
            _ => Vec::new(),
        },
    }
}

fn is_rows(part: &TestPart) -> bool {
    matches!(part, TestPart::Rows(_))
}

/// The rows of a test, and what the test uses of them.
struct Table<'a> {
    file: FileId,
    test: &'a ast::Test,
    rows: &'a [Spanned<Row>],
    /// Columns, by the first cell of each.
    columns: BTreeMap<&'a SmolStr, Place>,
    /// What the lines use, and the expectations of rows.
    used: Vec<Used>,
    recovered: bool,
}

impl<'a> Table<'a> {
    fn of(test: &Declared<'a, ast::Test>, rows: &'a [Spanned<Row>]) -> Self {
        let file = test.file;
        let mut columns = BTreeMap::new();
        for cell in rows.iter().flat_map(|row| &row.cells.entries) {
            let place = test.place(cell.key.span);
            columns.entry(&cell.key.node).or_insert(place);
        }
        let mut used = Vec::new();
        let mut parts = test.node.parts.clone();
        visit_parts(&mut parts, &mut |slot| used.extend(uses(file, &slot)));
        for row in rows {
            let mut row = row.node.clone();
            visit_outcome(&mut row, &mut |slot| used.extend(uses(file, &slot)));
        }
        Self {
            file,
            test: test.node,
            rows,
            columns,
            used,
            recovered: test.item.recovered,
        }
    }

    fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    /// Whether a column is in no row.
    fn is_nowhere(&self, used: &Used) -> bool {
        match &used.column {
            Some(column) => !self.columns.contains_key(column),
            None => !used.arrow,
        }
    }

    /// Every column that is used is in all rows, and every other in none.
    fn check_columns(&self, report: &mut Report) {
        for row in self.rows {
            let mut seen = Seen::default();
            for cell in &row.cells.entries {
                seen.declare(report, "column", &cell.key, self.place(cell.key.span));
                self.check_plain(report, &cell.value);
            }
        }
        // Columns that are spoken of already, because they are misspelt somewhere.
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for used in self.used.iter().filter(|used| self.is_nowhere(used)) {
            told.extend(self.check_nowhere(report, used));
        }
        let used = self.used.iter().filter_map(|used| used.column.as_ref());
        let used: BTreeSet<&SmolStr> = used.collect();
        for row in self.rows {
            told.extend(self.check_whole(report, row, &used));
        }
        if self.recovered {
            // What uses it may be what did not parse.
            return;
        }
        for (column, place) in &self.columns {
            if used.contains(column) || told.contains(column.as_str()) {
                continue;
            }
            report.push(
                Diagnostic::error(Code::PL0813, format!("nothing uses the column `{column}`"))
                    .here(*place, "no line of the test has it")
                    .help(format!(
                        "use it as `row.{0}`, or in a text as `{{row.{0}}}`; or leave it out",
                        written(column)
                    )),
            );
        }
    }

    /// Reports a column that is in no row; gives the one that was meant.
    fn check_nowhere(&self, report: &mut Report, used: &Used) -> Option<&'a str> {
        let Some(column) = &used.column else {
            report.push(
                Diagnostic::error(Code::PL0811, "this hole names no column")
                    .here(used.place, "cannot be read")
                    .help("a cell is put into a text by `{row.column}`"),
            );
            return None;
        };
        let names = self.columns.keys().map(|name| name.as_str());
        let near = closest(column, names);
        let meant = near.map(|near| format!("; did you mean `{near}`?"));
        let message = format!(
            "no row has a column `{column}`{}",
            meant.unwrap_or_default()
        );
        let diagnostic =
            Diagnostic::error(Code::PL0811, message).here(used.place, "nothing to put here");
        let columns: Vec<&SmolStr> = self.columns.keys().copied().take(8).collect();
        report.push(match columns.is_empty() {
            true => diagnostic.help("give each row a cell: `{ column = 1 }`"),
            false => diagnostic.help(format!("rows have {}", listed(&columns))),
        });
        near
    }

    /// Reports columns that a row lacks; gives a name in it that is a misspelt one.
    fn check_whole(
        &self,
        report: &mut Report,
        row: &'a Spanned<Row>,
        used: &BTreeSet<&SmolStr>,
    ) -> Option<&'a str> {
        let cells = row.cells.entries.iter();
        let own: BTreeSet<&'a SmolStr> = cells.map(|cell| &cell.key.node).collect();
        let absent: Vec<&SmolStr> = used
            .iter()
            .copied()
            .filter(|column| self.columns.contains_key(column) && !own.contains(column))
            .collect();
        if absent.is_empty() {
            return None;
        }
        let diagnostic = Diagnostic::error(
            Code::PL0812,
            format!("the row `{}` lacks {}", row.name.node, listed(&absent)),
        )
        .here(self.place(row.name.span), "other rows have it");
        let unused = own.into_iter().filter(|name| !used.contains(name));
        let near = |name: &'a SmolStr| {
            let near = closest(name, absent.iter().map(|one| one.as_str()))?;
            Some((name.as_str(), near))
        };
        let misspelt = unused.into_iter().find_map(near);
        report.push(match misspelt {
            Some((name, near)) => diagnostic.help(format!(
                "it has `{name}`, which nothing uses; perhaps `{near}` is meant"
            )),
            None => diagnostic.help("a row has a cell for every column that the test uses"),
        });
        misspelt.map(|(name, _)| name)
    }

    /// Cells are plain values.
    fn check_plain(&self, report: &mut Report, value: &Spanned<ast::Value>) {
        match &value.node {
            ast::Value::Cell(column) => report.push(
                Diagnostic::error(
                    Code::PL0810,
                    format!("`row.{}` is of no row", written(column)),
                )
                .here(self.place(value.span), "a cell is not made of others")
                .help("write the value itself"),
            ),
            ast::Value::List(items) => {
                items.iter().for_each(|item| self.check_plain(report, item));
            }
            ast::Value::Object(object) => {
                let cells = object.entries.iter();
                cells.for_each(|cell| self.check_plain(report, &cell.value));
            }
            _ => {}
        }
    }

    /// Rows expect something exactly when a step asks them.
    fn check_expectations(&self, report: &mut Report) {
        let asking = self.steps_that_ask();
        let first = asking.first().map(|(place, _)| *place);
        for row in self.rows {
            let outcome = row.expect.as_ref();
            if let Some(Expect::Row) = outcome.map(|expect| &expect.node) {
                let place = self.place(outcome.map_or(row.span, |expect| expect.span));
                report.push(
                    Diagnostic::error(Code::PL0815, "a row says itself what it expects")
                        .here(place, "says nothing")
                        .help("write what comes of it: `-> grant`, `-> deny REASON`, …"),
                );
            }
            match (outcome, first) {
                (None, Some(step)) => report.push(
                    Diagnostic::error(
                        Code::PL0815,
                        format!(
                            "the row `{}` says nothing of what it expects",
                            row.name.node
                        ),
                    )
                    .here(self.place(row.name.span), "`-> …` is missing at its end")
                    .also(step, "this step asks the row"),
                ),
                (Some(expect), None) if !self.recovered => report.push(
                    Diagnostic::error(
                        Code::PL0815,
                        format!("no step asks what the row `{}` expects", row.name.node),
                    )
                    .here(self.place(expect.span), "never looked at")
                    .help("write `-> row` at the step that ends so"),
                ),
                _ => {}
            }
            let called = asking.iter().any(|(_, step)| matches!(step, Step::Call(_)));
            if let Some(ending) = &row.ending
                && first.is_some()
                && !called
            {
                report.push(
                    Diagnostic::error(Code::PL0805, "only a call ends in some way")
                        .here(self.place(ending.span), "of no call")
                        .help("leave it out"),
                );
            }
        }
        for (_, step) in &asking {
            if let Step::Call(call) = step
                && let Some(ending) = &call.ending
            {
                report.push(
                    Diagnostic::error(Code::PL0815, "the row says how the call ends")
                        .here(self.place(ending.span), "cannot be said here")
                        .help("write it behind what each row expects"),
                );
            }
        }
    }

    fn steps_that_ask(&self) -> Vec<(Place, &'a Step)> {
        let steps = self.test.parts.iter().filter_map(|part| match &part.node {
            TestPart::Step(step) => Some(step),
            _ => None,
        });
        steps
            .filter_map(|step| {
                let expect = match step {
                    Step::Issue(issue) => &issue.expect,
                    Step::Call(call) => &call.expect,
                    Step::List { expect, .. } => expect,
                    Step::After(_) | Step::Revoke(_) | Step::Record { .. } => return None,
                };
                matches!(expect.node, Expect::Row).then_some((self.place(expect.span), step))
            })
            .collect()
    }
}

/// What is wrong with the test as some rows make it.
struct Finding {
    diagnostic: Diagnostic,
    /// The first of these rows.
    row: Place,
    /// How many they are.
    rows: usize,
    /// The cells that its place was made of.
    cells: Vec<(ast::Name, Span)>,
}

/// Checks the test with the cells of each row. What is wrong in every row is wrong in the
/// lines, and told once; what is wrong in some is told with the first of them.
fn each_row(context: &Context, report: &mut Report, test: &Declared<ast::Test>, table: &Table) {
    let mut findings: Vec<Finding> = Vec::new();
    for row in table.rows {
        let Filled {
            test: filled,
            mixed,
            problems,
        } = fill(test.file, table.test, row);
        let kept = report.kept();
        problems
            .into_iter()
            .for_each(|problem| report.push(problem));
        check_test(
            context,
            report,
            &Declared {
                node: &filled,
                item: test.item,
                file: test.file,
                span: test.span,
                layer: test.layer.clone(),
            },
        );
        for diagnostic in report.take_after(kept) {
            let known = findings
                .iter_mut()
                .find(|known| known.diagnostic == diagnostic);
            if let Some(known) = known {
                known.rows += 1;
                continue;
            }
            let at = diagnostic.primary().map(|label| label.span);
            let made = mixed
                .iter()
                .find(|(span, _)| at.is_some_and(|at| within(at, *span)));
            findings.push(Finding {
                cells: made.map(|(_, cells)| cells.clone()).unwrap_or_default(),
                row: test.place(row.span),
                rows: 1,
                diagnostic,
            });
        }
    }
    for finding in findings {
        report.push(finding.told(table.rows.len()));
    }
}

impl Finding {
    /// The finding with what it has to do with rows.
    fn told(self, all: usize) -> Diagnostic {
        let Self {
            mut diagnostic,
            row,
            rows,
            cells,
        } = self;
        if !cells.is_empty() {
            // What to write instead would take the place of the whole text, in all rows.
            diagnostic.suggestion = None;
        }
        let in_row = diagnostic
            .labels
            .iter()
            .any(|label| label.file == row.file && within(label.span, row.span));
        if rows == all && cells.is_empty() || in_row {
            return diagnostic;
        }
        diagnostic.suggestion = None;
        for (column, span) in &cells {
            let column = written(column);
            let place = Place::new(row.file, *span);
            diagnostic = diagnostic.also(place, format!("this is `row.{column}`"));
        }
        if cells.is_empty() {
            diagnostic = diagnostic.also(row, "with this row");
        }
        match rows {
            1 => diagnostic,
            _ => diagnostic.note(format!("{rows} rows of {all} make it so")),
        }
    }
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
