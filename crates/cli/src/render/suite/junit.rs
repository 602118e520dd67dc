//! JUnit XML, as build servers read it. A few elements: not worth a dependency.

use std::fmt::Write;
use std::time::Duration;

use placet::suite::{Played, Report, Verdict};

use super::Sums;
use crate::output::printable;
use crate::suites::Ran;

/// The reports: one suite per file, one case per test. A policy that cannot be used is a suite
/// with one case, which is an error.
pub(crate) fn xml(ran: &[Ran<Report>]) -> String {
    let sums = Sums::of_all(ran);
    let errors = ran.iter().filter(|one| one.came.is_err()).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "<testsuites name=\"placet\" tests=\"{}\" failures=\"{}\" errors=\"{errors}\" \
         skipped=\"{}\" time=\"{}\">",
        sums.passed + sums.failed + sums.not_run + errors,
        sums.failed,
        sums.not_run,
        seconds(sums.elapsed)
    );
    for one in ran {
        match &one.came {
            Ok(report) => {
                // The blocks of a document are texts of one name.
                let file = |test: &Played| {
                    let source = report.sources.get(test.place.file);
                    source.map(|source| source.name.as_str())
                };
                for tests in report.tests.chunk_by(|a, b| file(a) == file(b)) {
                    suite(&mut text, report, tests);
                }
            }
            Err(error) => unusable(&mut text, &one.name, &error.to_string()),
        }
    }
    text.push_str("</testsuites>\n");
    text
}

fn unusable(text: &mut String, name: &str, error: &str) {
    let (name, error) = (escaped(name), escaped(error));
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" \
         time=\"0.000000\">\n    <testcase name=\"the policy can be used\" \
         classname=\"{name}\" time=\"0.000000\">\n      <error type=\"policy\" \
         message=\"{error}\"/>\n    </testcase>\n  </testsuite>"
    );
}

fn suite(text: &mut String, report: &Report, tests: &[Played]) {
    let source = tests
        .first()
        .and_then(|test| report.sources.get(test.place.file));
    let file = source
        .map(|source| escaped(&source.name))
        .unwrap_or_default();
    let count = |wanted: fn(&Verdict) -> bool| {
        let tests = tests.iter();
        tests.filter(|test| wanted(&test.verdict)).count()
    };
    let _ = writeln!(
        text,
        "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" \
         time=\"{}\">",
        tests.len(),
        count(|verdict| matches!(verdict, Verdict::Failed(_) | Verdict::Unlike(_))),
        count(|verdict| matches!(verdict, Verdict::NotPlayed)),
        seconds(tests.iter().map(|test| test.elapsed).sum())
    );
    for test in tests {
        let source = report.sources.get(test.place.file);
        let line = source.map_or(0, |source| source.line_column(test.place.span.start).line);
        let _ = write!(
            text,
            "    <testcase name=\"{}\" classname=\"{file}\" file=\"{file}\" line=\"{line}\" \
             time=\"{}\"",
            escaped(&test.title),
            seconds(test.elapsed)
        );
        match &test.verdict {
            Verdict::Passed => text.push_str("/>\n"),
            Verdict::NotPlayed => text.push_str("><skipped/></testcase>\n"),
            Verdict::Failed(failure) => {
                let story = super::failed(&report.sources, test, failure);
                let message = format!(
                    "expected {}, happened {}",
                    failure.expected, failure.happened
                );
                failing(text, "expectation", &message, &story);
            }
            Verdict::Unlike(unlike) => {
                let story = super::differing(&report.sources, unlike);
                let message = format!(
                    "{} not expected, {} not found",
                    unlike.unexpected.len(),
                    unlike.missing.len()
                );
                failing(text, "findings", &message, &story);
            }
        }
    }
    text.push_str("  </testsuite>\n");
}

/// The end of a case that failed: the message, and what people read on a terminal.
fn failing(text: &mut String, kind: &str, message: &str, story: &str) {
    let story = anstream::adapter::strip_str(story).to_string();
    let _ = writeln!(
        text,
        ">\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>",
        escaped(message),
        escaped(story.trim_end())
    );
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// Text as it may stand in elements and attributes. Characters that command or mislead are
/// made visible as everywhere; what else XML 1.0 cannot hold becomes the replacement character.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in printable(text).chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push(char::REPLACEMENT_CHARACTER),
            char => safe.push(char),
        }
    }
    safe
}
