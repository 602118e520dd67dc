//! Tables, and numbers for people.

mod more;
mod targets;

pub use more::{hostile, short, studies};
pub use targets::targets;

use crate::measure::{Entry, Figures, Form};
use crate::results::Results;

/// All tables of a run, as Markdown.
pub fn all(results: &Results) -> String {
    let mut text = format!("{}.\n", results.machine);
    text.push_str(&targets(results));
    text.push_str(&tables(&results.entries));
    text.push_str(&hostile(&results.hostile));
    text.push_str(&studies(&results.studies));
    text
}

/// The sizes of a run.
fn sizes(entries: &[Entry]) -> Vec<usize> {
    let mut sizes: Vec<usize> = entries.iter().map(|entry| entry.rules).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// What was measured of one at a size.
fn figures<'a>(entries: &'a [Entry], name: &str, rules: usize) -> Option<&'a Figures> {
    entries
        .iter()
        .find(|entry| entry.name == name && entry.rules == rules)
        .and_then(Entry::figures)
}

/// A table for every size.
fn tables(entries: &[Entry]) -> String {
    let sizes = sizes(entries);
    sizes.iter().map(|rules| table(entries, *rules)).collect()
}

fn table(entries: &[Entry], rules: usize) -> String {
    let of_size = entries.iter().filter(|entry| entry.rules == rules);
    let floor = figures(entries, "floor", rules).map(|floor| floor.prebuilt.p50);
    let mut text = format!(
        "\n### {} rules\n\n\
         | | p50 prebuilt | p99 | p50 from strings | p99 | of the floor | 1 thread | 2 threads | allocations | ready in | memory a rule |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        count(rules),
    );
    let mut skipped = String::new();
    for entry in of_size {
        let name = &entry.name;
        match entry.figures() {
            Some(figures) => text.push_str(&row(name, figures, floor)),
            None => skipped.push_str(&more::why(name, entry)),
        }
    }
    text.push_str(&skipped);
    text
}

fn row(name: &str, figures: &Figures, floor: Option<f64>) -> String {
    let Figures {
        prebuilt, strings, ..
    } = figures;
    let ratio = floor.map_or_else(String::new, |floor| times(prebuilt.p50 / floor.max(1.0)));
    let ready = match figures.saved {
        Some(saved) => format!("{}, loaded {}", time(figures.ready), time(saved.load)),
        None => time(figures.ready),
    };
    let threads = figures.two_threads.map_or_else(
        || "–".to_owned(),
        |two| format!("{} ({:.2} ×)", rate(two), two / figures.one_thread),
    );
    format!(
        "| {name} | {} | {} | {} | {} | {ratio} | {} | {threads} | {} | {ready} | {} |\n",
        time(prebuilt.p50),
        time(prebuilt.p99),
        time(strings.p50),
        time(strings.p99),
        rate(figures.one_thread),
        allocations(prebuilt),
        bytes(figures.bytes_per_rule),
    )
}

fn allocations(form: &Form) -> String {
    let (grant, deny) = (
        form.allocations_granted.round(),
        form.allocations_denied.round(),
    );
    if grant == deny {
        format!("{grant}")
    } else {
        format!("{grant} / {deny}")
    }
}

/// A time given in nanoseconds, for people.
pub fn time(nanos: f64) -> String {
    let (value, unit) = match nanos {
        n if n < 1e3 => return format!("{n:.0} ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    if value < 10.0 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// How many times as much.
fn times(ratio: f64) -> String {
    if ratio < 0.01 {
        format!("1/{}", count((1.0 / ratio).round() as usize))
    } else if ratio < 1.0 {
        format!("{ratio:.2} ×")
    } else if ratio < 10.0 {
        format!("{ratio:.1} ×")
    } else {
        format!("{} ×", count(ratio.round() as usize))
    }
}

fn rate(a_second: f64) -> String {
    match a_second {
        n if n < 1e3 => format!("{n:.0}/s"),
        n if n < 1e6 => format!("{:.1} k/s", n / 1e3),
        n => format!("{:.1} M/s", n / 1e6),
    }
}

fn bytes(count: f64) -> String {
    if count < 10_000.0 {
        format!("{count:.0} B")
    } else {
        format!("{:.0} kB", count / 1e3)
    }
}

/// A number with its thousands apart.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
