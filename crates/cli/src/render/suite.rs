//! What came of the tests, for people and machines.

pub(crate) mod junit;

use std::time::Duration;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Level, Renderer};
use placet::model::json::Json;
use placet::suite::{Failure, Place, Played, Report, Unlike, Verdict};
use placet::syntax::{Diagnostic, Label, Sources};

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::{self, excerpts, excerpts_with, plural};
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};
use crate::render::{decision, explanation};
use crate::suites::{self, Ran};

/// Every test on a line, those that failed with the reason, then how many there were. Has
/// escape sequences.
pub(crate) fn text(report: &Report) -> String {
    let mut text = String::new();
    for test in &report.tests {
        let title = printable(&test.title);
        match &test.verdict {
            Verdict::Passed => {
                let size = size(test);
                text.push_str(&format!(
                    "{GREEN}ok{RESET}   {title} {DIM}({size}){RESET}\n"
                ));
            }
            Verdict::NotPlayed => text.push_str(&format!("{DIM}--{RESET}   {title}\n")),
            Verdict::Failed(failure) => {
                text.push_str(&format!("{RED}{BOLD}FAIL{RESET} {BOLD}{title}{RESET}\n\n"));
                text.push_str(&failed(&report.sources, test, failure));
            }
            Verdict::Unlike(unlike) => {
                text.push_str(&format!("{RED}{BOLD}FAIL{RESET} {BOLD}{title}{RESET}\n\n"));
                text.push_str(&differing(&report.sources, unlike));
            }
        }
    }
    if report.total == 0 {
        text.push_str(&format!(
            "{YELLOW}{BOLD}no tests{RESET}: nothing says what this policy is to do\n"
        ));
        return text;
    }
    text.push_str(&summary(report));
    text
}

/// How much there is to a test, or to a section of a document.
fn size(test: &Played) -> String {
    match test.expects {
        None => plural(test.steps, "step"),
        Some(0) => "checked".to_owned(),
        Some(findings) => plural(findings, "finding"),
    }
}

/// What was found in a section and is not expected, and the other way round.
fn differing(sources: &Sources, unlike: &Unlike) -> String {
    let mut text = diagnostics::text(sources, &unlike.unexpected);
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    for (place, expected) in &unlike.missing {
        let labels = [Label {
            file: place.file,
            span: place.span,
            text: "nothing of the kind is found here".to_owned(),
            primary: true,
        }];
        let group = Level::ERROR
            .primary_title(printable(&format!("expected {expected}")))
            .elements(excerpts(sources, &labels));
        text.push_str(&renderer.render(&[group]));
        text.push_str("\n\n");
    }
    text
}

fn summary(report: &Report) -> String {
    Sums::of(report).text("")
}

/// What came of several suites together; so many tests are in suites that a filter left out as
/// a whole. Has escape sequences.
pub(crate) fn total(ran: &[Ran<Report>], left_out: usize) -> String {
    if ran.is_empty() {
        return format!("{YELLOW}{BOLD}no tests{RESET}: no document has blocks of policy text\n");
    }
    let mut sums = Sums::of_all(ran);
    sums.left_out += left_out;
    let suites = plural(ran.len(), "suite");
    let bad = ran
        .iter()
        .filter(|one| matches!(&one.came, Ok(report) if report.counts().1 > 0))
        .count();
    let unusable = ran.iter().filter(|one| one.came.is_err()).count();
    let mut what = match bad {
        0 => format!(" of {suites}"),
        _ => format!(", in {bad} of {suites}"),
    };
    if unusable > 0 {
        let many = plural(unusable, "suite");
        what.push_str(&format!(", and {RED}{many} could not be run{RESET}"));
    }
    sums.text(&what)
}

/// How many tests there were, and what came of them.
#[derive(Default)]
struct Sums {
    passed: usize,
    failed: usize,
    not_run: usize,
    left_out: usize,
    elapsed: Duration,
}

impl Sums {
    fn of(report: &Report) -> Self {
        let (passed, failed, not_run) = report.counts();
        Self {
            passed,
            failed,
            not_run,
            left_out: report.total - report.tests.len(),
            elapsed: report.elapsed,
        }
    }

    fn of_all(ran: &[Ran<Report>]) -> Self {
        let reports = ran.iter().filter_map(|one| one.came.as_ref().ok());
        reports
            .map(Self::of)
            .fold(Self::default(), |sum, one| Self {
                passed: sum.passed + one.passed,
                failed: sum.failed + one.failed,
                not_run: sum.not_run + one.not_run,
                left_out: sum.left_out + one.left_out,
                elapsed: sum.elapsed + one.elapsed,
            })
    }

    fn text(&self, of: &str) -> String {
        let all = self.passed + self.failed + self.not_run;
        let head = if self.failed == 0 {
            format!(
                "{GREEN}{BOLD}passed{RESET}: {}",
                plural(self.passed, "test")
            )
        } else {
            let all = plural(all, "test");
            format!("{RED}{BOLD}failed{RESET}: {} of {all}", self.failed)
        };
        let more = [(self.not_run, "not run"), (self.left_out, "left out")];
        let more: String = more
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!(", {count} {what}"))
            .collect();
        let took = self.elapsed.as_secs_f64();
        format!("{head}{of}{more} {DIM}in {took:.2} s{RESET}\n")
    }

    fn json(&self, passed: bool) -> Members {
        Members::report()
            .put("passed", Json::Bool(passed))
            .put(
                "counts",
                Members::default()
                    .number("passed", self.passed)
                    .number("failed", self.failed)
                    .number("not_run", self.not_run)
                    .number("left_out", self.left_out)
                    .into(),
            )
            .number("micros", self.elapsed.as_micros())
    }
}

fn failed(sources: &Sources, test: &Played, failure: &Failure) -> String {
    let place = failure.expectation.unwrap_or(failure.step);
    let label = |place: Place, text: String, primary| Label {
        file: place.file,
        span: place.span,
        text,
        primary,
    };
    let happened = match failure.expectation {
        Some(_) => format!("here: {}", failure.happened),
        None => failure.happened.clone(),
    };
    let mut labels = vec![label(place, happened, true)];
    if let Some(row) = test.row {
        labels.push(if row.holds(place) {
            label(failure.step, "at this step".to_owned(), false)
        } else {
            label(row, "with this row".to_owned(), false)
        });
    }
    // A step over several lines is read from its beginning.
    let visible = [(failure.step.file, failure.step.span)];
    let mut title = format!("expected {}", failure.expected);
    if let Some(difference) = &failure.difference {
        title = format!("{title}, but {difference}");
    }
    let note = format!(
        "step {} of {}, at {}",
        failure.number, test.steps, failure.time
    );
    let group = Level::ERROR
        .primary_title(printable(&title))
        .elements(excerpts_with(sources, &labels, &visible))
        .element(Level::NOTE.message(note));
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = renderer.render(&[group]);
    text.push_str("\n\n");
    if let Some(why) = &failure.explanation {
        text.push_str(&if why.decision.tools.is_empty() {
            explanation::text(why)
        } else {
            decision::text(&why.decision)
        });
    }
    text
}

/// The report for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(report: &Report) -> Json {
    let tests = report.tests.iter().map(|test| test_json(report, test));
    let members = Sums::of(report).json(report.passed());
    members.list("tests", tests).into()
}

/// Several suites for machines: the sums, and the report of each.
pub(crate) fn json_of_all(ran: &[Ran<Report>], left_out: usize) -> Json {
    let mut sums = Sums::of_all(ran);
    sums.left_out += left_out;
    let passed = ran
        .iter()
        .all(|one| matches!(&one.came, Ok(report) if report.passed()));
    suites::json(sums.json(passed), ran, json)
}

fn test_json(report: &Report, test: &Played) -> Json {
    let members = Members::default()
        .text("name", &test.title)
        .put("place", place_json(&report.sources, test.place))
        .text("result", result(&test.verdict));
    // A section of a document has no steps, and a test expects no findings.
    let members = match test.expects {
        None => members.number("steps", test.steps),
        Some(findings) => members.number("expects", findings),
    };
    let members = members.number("micros", test.elapsed.as_micros());
    let members = match test.row {
        Some(row) => members.put("row", place_json(&report.sources, row)),
        None => members,
    };
    match &test.verdict {
        Verdict::Unlike(unlike) => members
            .list(
                "unexpected",
                unlike
                    .unexpected
                    .iter()
                    .map(|found| found_json(&report.sources, found)),
            )
            .list(
                "missing",
                unlike.missing.iter().map(|(place, expected)| {
                    Members::default()
                        .put("place", place_json(&report.sources, *place))
                        .text("expected", expected)
                        .into()
                }),
            ),
        Verdict::Failed(failure) => members.put("failure", failure_json(report, failure)),
        Verdict::Passed | Verdict::NotPlayed => members,
    }
    .into()
}

/// A finding that nobody expected: what it is and where.
fn found_json(sources: &Sources, found: &Diagnostic) -> Json {
    let place = found.primary().map_or(Json::Null, |label| {
        let (file, span) = (label.file, label.span);
        place_json(sources, Place { file, span })
    });
    Members::default()
        .text("severity", found.severity.as_str())
        .text("code", found.code)
        .text("message", &found.message)
        .put("place", place)
        .into()
}

const fn result(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) | Verdict::Unlike(_) => "failed",
        Verdict::NotPlayed => "not-run",
    }
}

fn failure_json(report: &Report, failure: &Failure) -> Json {
    let source = report.sources.get(failure.step.file);
    let members = Members::default()
        .number("step", failure.number)
        .put("place", place_json(&report.sources, failure.step))
        .maybe("text", source.map(|source| source.slice(failure.step.span)))
        .text("time", failure.time)
        .text("expected", &failure.expected)
        .text("happened", &failure.happened)
        .maybe("difference", failure.difference.as_ref());
    match &failure.explanation {
        Some(why) => members.put("explanation", explanation::json(why)),
        None => members,
    }
    .into()
}

pub(crate) fn place_json(sources: &Sources, place: Place) -> Json {
    let Some(source) = sources.get(place.file) else {
        return Json::Null;
    };
    let at = source.line_column(place.span.start);
    Members::default()
        .text("file", &source.name)
        .number("line", at.line)
        .number("column", at.column)
        .into()
}
