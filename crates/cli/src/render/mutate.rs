//! What tests do not notice, for people and machines.

use placet::model::json::Json;
use placet::suite::mutate::{Counts, Fate, Report, Toward, Tried};

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::plural;
use crate::render::diff;
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};
use crate::render::suite::place_json;
use crate::suites::{self, Ran};

/// What came of the changes, and which share of them the tests are to notice.
pub(crate) struct Scored {
    pub(crate) report: Report,
    /// In percent.
    pub(crate) min: u8,
}

impl Scored {
    /// Whether the tests notice as much as they are to.
    pub(crate) fn met(&self) -> bool {
        met(&self.report.counts(), self.min)
    }
}

fn met(counts: &Counts, min: u8) -> bool {
    counts.permille() >= usize::from(min) * 10
}

/// The survivors by what they grant, each as a diff, then the score. Has escape sequences.
pub(crate) fn text(Scored { report, min }: &Scored) -> String {
    let mut text = String::new();
    let survivors = report.survivors();
    for toward in Toward::ALL {
        let here = survivors
            .iter()
            .filter(|(tried, _)| tried.toward == toward)
            .collect::<Vec<_>>();
        if here.is_empty() {
            continue;
        }
        let (colour, heading) = match toward {
            Toward::More => (RED, "grants more, and no test notices"),
            Toward::Other => (YELLOW, "grants something else, and no test notices"),
            Toward::Less => (YELLOW, "grants less, and no test notices"),
        };
        let count = here.len();
        text.push_str(&format!("{colour}{BOLD}{heading}{RESET} ({count})\n\n"));
        for (tried, changed) in here {
            let title = printable(&format!("{}: {}", tried.rule, tried.what));
            let at = printable(&place(report, tried));
            text.push_str(&format!("{BOLD}{title}{RESET} {DIM}{at}{RESET}\n"));
            text.push_str(&diff::coloured(changed));
            text.push('\n');
        }
    }
    text.push_str(&summary(&report.counts(), *min));
    text
}

/// The score of each suite, then that of all changes together. Has escape sequences.
pub(crate) fn total(ran: &[Ran<Scored>]) -> String {
    let mut text = String::new();
    for one in ran {
        let name = printable(&one.name);
        text.push_str(&match &one.came {
            Ok(scored) => {
                let colour = if scored.met() { GREEN } else { RED };
                let score = percent(scored.report.counts().permille());
                format!("{colour}{score:>5} %{RESET}  {name}\n")
            }
            Err(_) => format!("{RED}  error{RESET}  {name}\n"),
        });
    }
    // Each is to reach what is asked for; all together cannot make up for one.
    text.push_str(&summary(&all(ran), 0));
    text
}

fn all(ran: &[Ran<Scored>]) -> Counts {
    let scored = ran.iter().filter_map(|one| one.came.as_ref().ok());
    scored.fold(Counts::default(), |sum, scored| {
        let counts = scored.report.counts();
        Counts {
            killed: sum.killed + counts.killed,
            survived: sum.survived + counts.survived,
            stillborn: sum.stillborn + counts.stillborn,
            equivalent: sum.equivalent + counts.equivalent,
            repeated: sum.repeated + counts.repeated,
        }
    })
}

fn place(report: &Report, tried: &Tried) -> String {
    let Some(source) = report.sources.get(tried.place.file) else {
        return String::new();
    };
    let at = source.line_column(tried.place.span.start);
    format!("{}:{}:{}", source.name, at.line, at.column)
}

fn summary(counts: &Counts, min: u8) -> String {
    let tried = counts.killed + counts.survived;
    let score = percent(counts.permille());
    let met = met(counts, min);
    let colour = if met { GREEN } else { RED };
    let noticed = match tried {
        0 => "there was nothing to change".to_owned(),
        _ => format!("{} of {} noticed", counts.killed, plural(tried, "change")),
    };
    let wanted = match met {
        true => String::new(),
        false => format!(", and {min} % are asked for"),
    };
    let left = [
        (counts.stillborn, "no policy"),
        (counts.equivalent, "equivalent"),
        (counts.repeated, "repeated"),
    ];
    let left: Vec<String> = left
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let left = match left.is_empty() {
        true => String::new(),
        false => format!(" {DIM}(not counted: {}){RESET}", left.join(", ")),
    };
    format!("{colour}{BOLD}score {score} %{RESET}: {noticed}{wanted}{left}\n")
}

fn percent(permille: usize) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}

/// The report for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(Scored { report, min }: &Scored) -> Json {
    let survivors = report.survivors();
    let survivors = survivors.iter().map(|(tried, diff)| {
        mutant(report, tried)
            .text("grants", tried.toward.as_str())
            .text("diff", diff)
            .into()
    });
    let killed = report.mutants.iter().filter_map(|tried| match &tried.fate {
        Fate::Killed { by } => Some(
            mutant(report, tried)
                .text("grants", tried.toward.as_str())
                .text("by", by)
                .into(),
        ),
        _ => None,
    });
    head(&report.counts(), met(&report.counts(), *min), *min)
        .list("survivors", survivors)
        .list("killed", killed)
        .into()
}

/// Several suites for machines: the sums, and the report of each.
pub(crate) fn json_of_all(ran: &[Ran<Scored>]) -> Json {
    let passed = ran
        .iter()
        .all(|one| matches!(&one.came, Ok(scored) if scored.met()));
    let min = ran.iter().find_map(|one| one.came.as_ref().ok());
    let min = min.map_or(0, |scored| scored.min);
    suites::json(head(&all(ran), passed, min), ran, json)
}

fn head(counts: &Counts, passed: bool, min: u8) -> Members {
    Members::report()
        .number("score", percent(counts.permille()))
        .number("min", min)
        .put("passed", Json::Bool(passed))
        .put(
            "counts",
            Members::default()
                .number("killed", counts.killed)
                .number("survived", counts.survived)
                .number("stillborn", counts.stillborn)
                .number("equivalent", counts.equivalent)
                .number("repeated", counts.repeated)
                .into(),
        )
}

fn mutant(report: &Report, tried: &Tried) -> Members {
    Members::default()
        .text("rule", &tried.rule)
        .text("change", &tried.what)
        .put("place", place_json(&report.sources, tried.place))
}
