//! What lints found, for those who show it beside the code: SARIF, annotations, JUnit.

use std::fmt::Write as _;

use placet::syntax::{FileId, Sources, Span};
use placet_lint::{Finding, Level, rules};

use crate::command::lint::Linted;
use crate::error::Error;
use crate::output::printable;
use crate::render::sarif::{self, Extent, Hit, Mend, Rule, Spot};
use crate::render::suite::junit::escaped;
use crate::suites::Ran;

/// All findings as one SARIF log.
pub(crate) fn sarif(ran: &[Ran<Linted>]) -> Result<String, Error> {
    let rules: Vec<Rule> = rules::ALL
        .iter()
        .map(|rule| Rule {
            code: rule.code.to_string(),
            name: rule.name.to_owned(),
            summary: rule.code.title().to_owned(),
            help: None,
            page: None,
            tags: std::iter::once(rule.category.name().to_owned())
                .chain(rule.tags.iter().map(ToString::to_string))
                .collect(),
        })
        .collect();
    let hits: Vec<Hit> = each(ran)
        .map(|(sources, found)| hit(sources, found))
        .collect();
    sarif::text(&rules, &hits)
}

/// The findings as commands to GitHub Actions, a line each.
pub(crate) fn github(ran: &[Ran<Linted>]) -> String {
    let mut text = String::new();
    for (sources, found) in each(ran) {
        let command = match found.level {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Note | Level::Off => "notice",
        };
        let title = property(&format!("{} {}", found.rule.code, found.rule.name));
        let place = spots(sources, found).into_iter().next();
        let place = place.and_then(|spot| Some((spot.file, spot.extent?)));
        let place = place.map_or(String::new(), |(file, extent)| {
            let (line, column) = extent.start;
            let (end_line, end_column) = extent.end;
            // Columns are told within one line alone.
            let columns = match line == end_line {
                true => format!(",col={column},endColumn={end_column}"),
                false => String::new(),
            };
            let file = property(file.strip_prefix("./").unwrap_or(&file));
            format!("file={file},line={line},endLine={end_line}{columns},")
        });
        let message = data(&message(found));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "::{command} {place}title={title}::{message}");
    }
    text
}

/// The findings as JUnit XML: one suite per policy set, one failing case per finding.
pub(crate) fn junit(ran: &[Ran<Linted>]) -> String {
    let mut body = String::new();
    let (mut all, mut failing, mut errors) = (0, 0, 0);
    for one in ran {
        let name = escaped(&one.name);
        let mut cases = String::new();
        let (mut tests, mut failures) = (0, 0);
        match &one.came {
            Ok(linted) => {
                for found in &linted.findings {
                    tests += 1;
                    failures += 1;
                    let _ = write!(cases, "{}", case(&linted.checked.sources, found));
                }
                if linted.findings.is_empty() {
                    tests += 1;
                    let _ = writeln!(cases, "    <testcase name=\"lints\" classname=\"{name}\"/>");
                }
            }
            Err(error) => {
                tests += 1;
                errors += 1;
                let _ = writeln!(
                    cases,
                    "    <testcase name=\"the policy can be used\" classname=\"{name}\">\n      \
                     <error type=\"policy\" message=\"{}\"/>\n    </testcase>",
                    escaped(&error.to_string())
                );
            }
        }
        let bad = usize::from(one.came.is_err());
        let _ = writeln!(
            body,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{bad}\" skipped=\"0\">\n{cases}  </testsuite>"
        );
        all += tests;
        failing += failures;
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"placet lint\" \
         tests=\"{all}\" failures=\"{failing}\" errors=\"{errors}\">\n{body}</testsuites>\n"
    )
}

fn case(sources: &Sources, found: &Finding) -> String {
    let place = spots(sources, found).into_iter().next();
    let (file, line) = place.map_or((String::new(), 0), |spot| {
        let line = spot.extent.map_or(0, |extent| extent.start.0);
        (escaped(&spot.file), line)
    });
    format!(
        "    <testcase name=\"{} {} at line {line}\" classname=\"{file}\" file=\"{file}\" \
         line=\"{line}\">\n      <failure type=\"{}\" message=\"{}\"/>\n    </testcase>\n",
        found.rule.code,
        found.rule.name,
        found.level.name(),
        escaped(&message(found))
    )
}

/// The findings of all policy sets that could be used.
fn each(ran: &[Ran<Linted>]) -> impl Iterator<Item = (&Sources, &Finding)> {
    let all = ran.iter().filter_map(|one| one.came.as_ref().ok());
    all.flat_map(|linted| {
        let sources = &linted.checked.sources;
        linted.findings.iter().map(move |found| (sources, found))
    })
}

/// What was found, and what to do.
fn message(found: &Finding) -> String {
    let diagnostic = &found.diagnostic;
    let help = diagnostic.help.as_ref();
    let help = help.map_or(String::new(), |help| format!("; {help}"));
    let label = diagnostic.primary().filter(|label| !label.text.is_empty());
    let label = label.map_or(String::new(), |label| format!(": {}", label.text));
    format!("{}{label}{help}", diagnostic.message)
}

fn hit(sources: &Sources, found: &Finding) -> Hit {
    let fixes = found.fix.iter().filter_map(|fix| {
        // A way to mend is one replacement there.
        let [edit] = fix.edits.as_slice() else {
            return None;
        };
        let (file, extent) = extent(sources, edit.file, edit.span)?;
        Some(Mend {
            title: fix.title.clone(),
            file,
            extent,
            text: edit.text.clone(),
        })
    });
    Hit {
        code: found.rule.code.to_string(),
        level: match found.level {
            Level::Error => sarif::Level::Error,
            Level::Warn => sarif::Level::Warning,
            Level::Note | Level::Off => sarif::Level::Note,
        },
        message: message(found),
        spots: spots(sources, found),
        about: None,
        fixes: fixes.collect(),
    }
}

/// The places of a finding, that of its first primary label first.
fn spots(sources: &Sources, found: &Finding) -> Vec<Spot> {
    let diagnostic = &found.diagnostic;
    let first = diagnostic.primary();
    let rest = diagnostic.labels.iter();
    let rest = rest.filter(|label| first.is_none_or(|first| !std::ptr::eq(first, *label)));
    let mut spots: Vec<Spot> = Vec::new();
    for label in first.into_iter().chain(rest) {
        if let Some((file, extent)) = extent(sources, label.file, label.span) {
            let spot = Spot {
                file,
                extent: Some(extent),
                said: (!label.text.is_empty()).then(|| label.text.clone()),
            };
            // Two parts of one clause are one place.
            if !spots.contains(&spot) {
                spots.push(spot);
            }
        }
    }
    spots
}

fn extent(sources: &Sources, file: FileId, span: Span) -> Option<(String, Extent)> {
    let source = sources.get(file)?;
    let point = |at| {
        let place = source.line_column(at);
        (place.line, place.column)
    };
    let extent = Extent {
        start: point(span.start),
        end: point(span.end),
    };
    Some((source.name.clone(), extent))
}

/// Text as the message of a command.
fn data(text: &str) -> String {
    let text = printable(text).replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
