//! What tests show of policies, for people and machines.

pub(crate) mod lcov;

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Level, Renderer};
use placet::model::json::Json;
use placet::suite::Place;
use placet::suite::coverage::{Counts, Part, PartKind, Report, Rule, What};
use placet::syntax::{FileId, Label, LineColumn, Lines, Source};

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::{excerpts, plural};
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};
use crate::suites::{self, Ran};

/// The texts with their lines, which are looked up for every part.
struct Texts<'r> {
    report: &'r Report,
    lines: BTreeMap<FileId, Lines>,
}

impl<'r> Texts<'r> {
    fn of(report: &'r Report) -> Self {
        let sources = report.sources.iter();
        let lines = sources.map(|(id, source)| (id, Lines::new(&source.text)));
        Self {
            report,
            lines: lines.collect(),
        }
    }

    fn find(&self, place: Place) -> Option<(&'r Source, LineColumn)> {
        let source = self.report.sources.get(place.file)?;
        let lines = self.lines.get(&place.file)?;
        Some((source, lines.line_column(&source.text, place.span.start)))
    }

    fn place_json(&self, place: Place) -> Json {
        let Some((source, at)) = self.find(place) else {
            return Json::Null;
        };
        Members::default()
            .text("file", &source.name)
            .number("line", at.line)
            .number("column", at.column)
            .into()
    }
}

/// What was seen, and which share of it was to be.
pub(crate) struct Covered {
    pub(crate) report: Report,
    /// In percent.
    pub(crate) min: u8,
}

impl Covered {
    /// Whether as much was seen as was to be, and no test failed.
    pub(crate) fn passed(&self) -> bool {
        self.report.failed.is_empty() && met(&self.report.counts(), self.min)
    }
}

fn met(counts: &Counts, min: u8) -> bool {
    counts.permille() >= usize::from(min) * 10
}

/// What was never seen, marked in the source, rule by rule; then how much was. Has escape
/// sequences.
pub(crate) fn text(Covered { report, min }: &Covered) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for rule in report.rules.iter().filter(|rule| !rule.is_covered()) {
        let counts = rule.counts();
        let title = format!(
            "{} {}: {} of {} seen",
            rule.kind.name(),
            rule.name,
            counts.seen,
            plural(counts.outcomes, "outcome")
        );
        let labels = labels(rule);
        let group = Level::WARNING
            .with_name("not covered")
            .primary_title(printable(&title))
            .elements(excerpts(&report.sources, &labels));
        text.push_str(&renderer.render(&[group]));
        text.push_str("\n\n");
    }
    for title in &report.failed {
        let title = printable(title);
        text.push_str(&format!("{RED}{BOLD}FAIL{RESET} {BOLD}{title}{RESET}\n"));
    }
    if !report.failed.is_empty() {
        text.push_str(&format!(
            "{RED}{BOLD}failed{RESET}: {} of {}; what they show is not counted, and `placet test` \
             says why\n",
            report.failed.len(),
            plural(report.failed.len() + report.passed, "test")
        ));
    }
    if report.total == 0 {
        text.push_str(&format!(
            "{YELLOW}{BOLD}no tests{RESET}: nothing says what this policy is to do\n"
        ));
    }
    text.push_str(&summary(&report.counts(), *min));
    text
}

/// How much of each suite was seen, then of all together. Has escape sequences.
pub(crate) fn total(ran: &[Ran<Covered>]) -> String {
    let mut text = String::new();
    for one in ran {
        let name = printable(&one.name);
        text.push_str(&match &one.came {
            Ok(covered) => {
                let colour = if covered.passed() { GREEN } else { RED };
                let counts = covered.report.counts();
                let share = percent(counts.permille());
                let failed = match covered.report.failed.len() {
                    0 => String::new(),
                    failed => format!(", {} failed", plural(failed, "test")),
                };
                format!(
                    "{colour}{share:>5} %{RESET}  {name} {DIM}(rules {}/{}){RESET}{failed}\n",
                    counts.decided, counts.rules
                )
            }
            Err(_) => format!("{RED}  error{RESET}  {name}\n"),
        });
    }
    // Each is to reach what is asked for; all together cannot make up for one.
    text.push_str(&summary(&all(ran), 0));
    text
}

fn all(ran: &[Ran<Covered>]) -> Counts {
    let covered = ran.iter().filter_map(|one| one.came.as_ref().ok());
    covered.fold(Counts::default(), |sum, covered| {
        sum.with(covered.report.counts())
    })
}

fn summary(counts: &Counts, min: u8) -> String {
    let met = met(counts, min);
    let colour = if met { GREEN } else { RED };
    let wanted = match met {
        true => String::new(),
        false => format!(", and {min} % are asked for"),
    };
    format!(
        "{colour}{BOLD}coverage {} %{RESET}: rules {}/{}, outcomes {}/{}{wanted}\n",
        percent(counts.permille()),
        counts.decided,
        counts.rules,
        counts.seen,
        counts.outcomes
    )
}

fn percent(permille: usize) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}

/// What was never seen of a rule, where it stands.
fn labels(rule: &Rule) -> Vec<Label> {
    let label = |place: Place, text: String, primary: bool| Label {
        file: place.file,
        span: place.span,
        text,
        primary,
    };
    let mut labels = Vec::new();
    if rule.decided == 0 {
        labels.push(label(rule.place, rule.never().to_owned(), true));
        if !rule.parts.iter().any(matched) {
            return labels;
        }
    }
    for part in &rule.parts {
        let Some(said) = said(part) else { continue };
        let said = match part.shared {
            Some(shared) => {
                labels.push(label(shared, "this part".to_owned(), false));
                format!("`{}` {said}", part.text)
            }
            None => said,
        };
        labels.push(label(part.place, said, true));
    }
    labels
}

/// Whether a part shows that its rule has matched.
fn matched(part: &Part) -> bool {
    let mut seen = part.outcomes.iter().filter(|outcome| outcome.seen > 0);
    seen.any(|outcome| !matches!(outcome.what, What::Failed | What::True | What::False))
}

/// What was never seen of a part, and what would show it.
fn said(part: &Part) -> Option<String> {
    let missing: Vec<What> = part.missing().collect();
    let (never, hinted) = match missing.as_slice() {
        [] => return None,
        [What::True, What::False] if part.undefined > 0 => {
            return Some("only seen undefined; say in a test what it reads".to_owned());
        }
        [What::Held | What::True, last @ (What::Failed | What::False)] => {
            ("never seen to decide".to_owned(), *last)
        }
        [one] => (one.never().to_owned(), *one),
        [first, ..] => {
            let all: Vec<&str> = missing.iter().map(|what| what.never()).collect();
            (all.join(", "), *first)
        }
    };
    Some(match hint(part, hinted) {
        Some(hint) => format!("{never}; {hint}"),
        None => never,
    })
}

/// What kind of step would show it.
fn hint(part: &Part, what: What) -> Option<&'static str> {
    Some(match (part.kind, what) {
        (PartKind::Agent, What::Failed) => "let another agent ask for the same",
        (PartKind::User, What::Failed) if part.text == "user any" => {
            "let the same be asked for without a user"
        }
        (PartKind::User, What::Failed) if part.text == "user none" => {
            "let the same be asked for on behalf of a user"
        }
        (PartKind::User, What::Failed) => "let the same be asked for on behalf of another user",
        (PartKind::Tool, What::Failed) => "ask the same of another tool",
        (PartKind::Action, What::Failed) => "ask for the same with another action",
        (PartKind::Resource, What::Failed) => "ask for a resource outside of it",
        (PartKind::Pattern, What::Matched) => "ask for a resource in it",
        (PartKind::Moment, What::Failed) if part.text == "at runtime" => {
            "ask for the same at issuance"
        }
        (PartKind::Moment, What::Failed) => "ask for the same in a call",
        (PartKind::Consent, What::Asked) => "ask before anybody consents",
        (PartKind::Consent, What::Given) => "let the user consent, and ask again",
        (PartKind::Approval, What::Asked) => "ask before anybody approves",
        (PartKind::Approval, What::Given) => "let somebody approve, and ask again",
        (PartKind::Budget, What::Charged) => "make a call that it lets through",
        (PartKind::Budget, What::Exhausted) => "call until it is used up",
        (PartKind::Delegate, What::Used) => "hand the credential on",
        (PartKind::Delegate, What::Stopped) => "hand it on once more than that",
        (PartKind::For, What::Bound) => "ask for longer than that",
        _ => return None,
    })
}

/// The report for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(covered: &Covered) -> Json {
    let report = &covered.report;
    let texts = Texts::of(report);
    let rules = report.rules.iter().map(|rule| rule_json(&texts, rule));
    let failed = report.failed.iter();
    head(&report.counts(), covered.passed(), covered.min)
        .put(
            "tests",
            Members::default()
                .number("total", report.total)
                .number("passed", report.passed)
                .list("failed", failed.map(|title| Json::String(title.clone())))
                .into(),
        )
        .list("rules", rules)
        .into()
}

/// Several suites for machines: the sums, and the report of each.
pub(crate) fn json_of_all(ran: &[Ran<Covered>]) -> Json {
    let passed = ran
        .iter()
        .all(|one| matches!(&one.came, Ok(covered) if covered.passed()));
    let min = ran.iter().find_map(|one| one.came.as_ref().ok());
    let min = min.map_or(0, |covered| covered.min);
    suites::json(head(&all(ran), passed, min), ran, json)
}

fn head(counts: &Counts, passed: bool, min: u8) -> Members {
    Members::report()
        .number("coverage", percent(counts.permille()))
        .number("min", min)
        .put("passed", Json::Bool(passed))
        .put(
            "counts",
            Members::default()
                .number("rules", counts.rules)
                .number("decided", counts.decided)
                .number("outcomes", counts.outcomes)
                .number("seen", counts.seen)
                .into(),
        )
}

fn rule_json(texts: &Texts<'_>, rule: &Rule) -> Json {
    let counts = rule.counts();
    let parts = rule.parts.iter().map(|part| part_json(texts, part));
    Members::default()
        .text("rule", &rule.name)
        .text("kind", rule.kind.name())
        .put("place", texts.place_json(rule.place))
        .number("decided", rule.decided)
        .number("outcomes", counts.outcomes)
        .number("seen", counts.seen)
        .list("parts", parts)
        .into()
}

fn part_json(texts: &Texts<'_>, part: &Part) -> Json {
    let members = Members::default()
        .text("part", part.kind.as_str())
        .text("text", &part.text)
        .put("place", texts.place_json(part.place));
    let members = match part.shared {
        Some(shared) => members.put("let", texts.place_json(shared)),
        None => members,
    };
    let outcomes = part.outcomes.iter().map(|outcome| {
        Members::default()
            .text("outcome", outcome.what.as_str())
            .number("seen", outcome.seen)
            .into()
    });
    members
        .list("outcomes", outcomes)
        .number("undefined", part.undefined)
        .into()
}
