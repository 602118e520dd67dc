//! What tests do not notice, for people and machines.

use placet::model::json::Json;
use placet::suite::mutate::{Counts, Fate, Report, Toward, Tried};

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::plural;
use crate::render::diff;
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};
use crate::render::suite::place_json;

/// The survivors by what they grant, each as a diff, then the score. Has escape sequences.
pub(crate) fn text(report: &Report, min: u8) -> String {
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
    text.push_str(&summary(&report.counts(), min));
    text
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
    let met = counts.permille() >= usize::from(min) * 10;
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
pub(crate) fn json(report: &Report, min: u8) -> Json {
    let counts = report.counts();
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
    Members::report()
        .number("score", percent(counts.permille()))
        .number("min", min)
        .put(
            "passed",
            Json::Bool(counts.permille() >= usize::from(min) * 10),
        )
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
        .list("survivors", survivors)
        .list("killed", killed)
        .into()
}

fn mutant(report: &Report, tried: &Tried) -> Members {
    Members::default()
        .text("rule", &tried.rule)
        .text("change", &tried.what)
        .put("place", place_json(&report.sources, tried.place))
}
