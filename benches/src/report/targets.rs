//! What Placet is held to, as ratios within one run, and what came out.

use super::{allocations, bytes, count, figures, sizes, time, times};
use crate::measure::{Entry, Figures, Form};
use crate::results::Results;

/// What a size is looked at with.
struct At<'a> {
    entries: &'a [Entry],
    rules: usize,
    placet: &'a Figures,
    floor: &'a Figures,
}

/// A promise: what, how it is said, and for a size what came out and whether it is kept; `None`
/// where it does not apply.
type Promise = (
    &'static str,
    &'static str,
    fn(&At<'_>) -> Option<(String, bool)>,
);

const PROMISES: &[Promise] = &[
    ("median, prebuilt, of the floor's", "at most 2 ×", |at| {
        at.of_the_floor(|figures| figures.prebuilt)
    }),
    (
        "median, from strings, of the floor's",
        "at most 2 ×",
        |at| at.of_the_floor(|figures| figures.strings),
    ),
    (
        "99th of a hundred, prebuilt, of the median",
        "at most 4 ×",
        |at| at.tail(|figures| figures.prebuilt),
    ),
    (
        "99th of a hundred, from strings, of the median",
        "at most 4 ×",
        |at| at.tail(|figures| figures.strings),
    ),
    (
        "growth since 1,000 rules, prebuilt, of the floor's",
        "at most 1.2 ×",
        |at| at.growth(|figures| figures.prebuilt),
    ),
    (
        "growth since 1,000 rules, from strings, of the floor's",
        "at most 1.2 ×",
        |at| at.growth(|figures| figures.strings),
    ),
    ("median of the best peer, prebuilt", "at least 30 ×", |at| {
        at.best_peer(|figures| figures.prebuilt)
    }),
    (
        "median of the best peer, from strings",
        "at least 30 ×",
        |at| at.best_peer(|figures| figures.strings),
    ),
    (
        "median of Cedar, prebuilt",
        "at least 3,000 ×, 30,000 × at 10,000",
        |at| at.cedar(),
    ),
    (
        "allocations, granted and denied, prebuilt",
        "0, at most 1",
        |at| {
            let form = at.placet.prebuilt;
            let kept = form.allocations_granted < 0.5 && form.allocations_denied < 1.5;
            Some((allocations(&form), kept))
        },
    ),
    (
        "decisions a second with 2 threads, of 1",
        "above 1.9 ×",
        |at| {
            let ratio = at.placet.two_threads? / at.placet.one_thread;
            Some((format!("{ratio:.2} ×"), ratio > 1.9))
        },
    ),
    ("compiled in", "under 2 s at 100,000", |at| {
        Some((
            time(at.placet.ready),
            at.rules < 100_000 || at.placet.ready < 2e9,
        ))
    }),
    ("compiled form, a rule", "under 300 B at 100,000", |at| {
        let each = at.placet.saved?.bytes as f64 / at.rules as f64;
        Some((bytes(each), at.rules < 100_000 || each < 300.0))
    }),
    ("loaded and checked in", "under 50 ms at 100,000", |at| {
        let load = at.placet.saved?.load;
        Some((time(load), at.rules < 100_000 || load < 50e6))
    }),
];

impl At<'_> {
    fn of_the_floor(&self, form: fn(&Figures) -> Form) -> Option<(String, bool)> {
        at_most(form(self.placet).p50 / form(self.floor).p50.max(1.0), 2.0)
    }

    fn tail(&self, form: fn(&Figures) -> Form) -> Option<(String, bool)> {
        let form = form(self.placet);
        at_most(form.p99 / form.p50.max(1.0), 4.0)
    }

    fn growth(&self, form: fn(&Figures) -> Form) -> Option<(String, bool)> {
        let of = |name: &str, now: &Figures| {
            let then = figures(self.entries, name, 1_000)?;
            Some(form(now).p50 / form(then).p50.max(1.0))
        };
        if self.rules == 1_000 {
            return None;
        }
        at_most(of("Placet", self.placet)? / of("floor", self.floor)?, 1.2)
    }

    fn best_peer(&self, form: fn(&Figures) -> Form) -> Option<(String, bool)> {
        let peers = self.entries.iter().filter(|entry| {
            entry.rules == self.rules && !["floor", "Placet"].contains(&entry.name.as_str())
        });
        let (name, best) = peers
            .filter_map(|entry| Some((entry.name.as_str(), form(entry.figures()?).p50)))
            .min_by(|a, b| a.1.total_cmp(&b.1))?;
        let ratio = best / form(self.placet).p50.max(1.0);
        Some((format!("{} ({name})", times(ratio)), ratio >= 30.0))
    }

    fn cedar(&self) -> Option<(String, bool)> {
        let cedar = figures(self.entries, "Cedar", self.rules)?.prebuilt.p50;
        let ratio = cedar / self.placet.prebuilt.p50.max(1.0);
        let least = if self.rules < 10_000 { 3e3 } else { 3e4 };
        Some((times(ratio), ratio >= least))
    }
}

fn at_most(ratio: f64, most: f64) -> Option<(String, bool)> {
    Some((format!("{ratio:.2} ×"), ratio <= most))
}

/// The promises and what came out, from 1,000 rules on; **bold** is what is not kept.
pub fn targets(results: &Results) -> String {
    let entries = &results.entries;
    let at: Vec<At> = sizes(entries)
        .into_iter()
        .filter(|rules| *rules >= 1_000)
        .filter_map(|rules| {
            Some(At {
                entries,
                rules,
                placet: figures(entries, "Placet", rules)?,
                floor: figures(entries, "floor", rules)?,
            })
        })
        .collect();
    if at.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n### What Placet is held to\n\n| | held to |");
    for at in &at {
        text.push_str(&format!(" {} rules |", count(at.rules)));
    }
    text.push_str(&format!("\n| --- | --- |{}\n", " --- |".repeat(at.len())));
    for (what, limit, found) in PROMISES {
        text.push_str(&format!("| {what} | {limit} |"));
        for at in &at {
            text.push_str(&match found(at) {
                Some((shown, true)) => format!(" {shown} |"),
                Some((shown, false)) => format!(" **{shown}** |"),
                None => " |".to_owned(),
            });
        }
        text.push('\n');
    }
    text.push_str("\nWhat is **bold** is not kept in this run.\n");
    text
}
