//! The tables of hostile sets and studies, and the short one of the README.

use super::{bytes, count, figures, sizes, time, times};
use crate::measure::{Entry, Outcome};
use crate::results::{Hostile, Study};

/// Hostile sets: Placet beside a linear scan.
pub fn hostile(sets: &[Hostile]) -> String {
    if sets.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n### Hostile sets\n\nThree requests of four match no rule. Held to: never worse than 2 × a linear \
         scan, memory linear.\n\n\
         | set | rules | scan, median | Placet, median | of the scan's | scan, 99th | Placet, 99th | of the scan's | compiled in | memory a rule |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let mut left_out = String::new();
    for set in sets {
        for rules in sizes(&set.entries) {
            let of = |name: &str| figures(&set.entries, name, rules);
            let (Some(scan), Some(placet)) = (of("linear scan"), of("Placet")) else {
                for entry in set.entries.iter().filter(|entry| entry.rules == rules) {
                    left_out.push_str(&why(&format!("{}, {} rules", set.set, count(rules)), entry));
                }
                continue;
            };
            let of_scan = |placet: f64, scan: f64| {
                let ratio = placet / scan.max(1.0);
                // Below that the clock and the call are most of it.
                let bad = ratio > 2.0 && placet > 1e3;
                let shown = format!("{ratio:.2} ×");
                if bad { format!("**{shown}**") } else { shown }
            };
            let (quick, slow) = (&scan.prebuilt, &placet.prebuilt);
            text.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                set.set,
                count(rules),
                time(quick.p50),
                time(slow.p50),
                of_scan(slow.p50, quick.p50),
                time(quick.p99),
                time(slow.p99),
                of_scan(slow.p99, quick.p99),
                time(placet.ready),
                bytes(placet.bytes_per_rule),
            ));
        }
    }
    text.push_str(&left_out);
    text.push('\n');
    for set in sets {
        text.push_str(&format!("- *{}*: {}.\n", set.set, set.about));
    }
    text
}

/// Studies: each a table.
pub fn studies(studies: &[Study]) -> String {
    let mut text = String::new();
    for study in studies {
        text.push_str(&format!(
            "\n### {}\n\n{}.\n\n",
            study.title,
            capital(&study.about)
        ));
        let detailed = study.ways.iter().any(|way| way.p99.is_some());
        text.push_str(if detailed {
            "| | median | 99th of a hundred | mean | of the first |\n| --- | --- | --- | --- | --- |\n"
        } else {
            "| | time | of the first |\n| --- | --- | --- |\n"
        });
        let first = study.ways.first().map_or(1.0, |way| way.p50.max(1.0));
        for way in &study.ways {
            text.push_str(&format!("| {} | {} |", way.how, time(way.p50)));
            if detailed {
                for of in [way.p99, way.mean] {
                    text.push_str(&format!(" {} |", of.map_or_else(String::new, time)));
                }
            }
            text.push_str(&format!(" {} |\n", times(way.p50 / first)));
        }
    }
    text
}

/// For the README: what a decision takes from strings, by everyone, from 1,000 rules on.
pub fn short(entries: &[Entry]) -> String {
    let sizes: Vec<usize> = sizes(entries)
        .into_iter()
        .filter(|rules| *rules >= 1_000)
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for entry in entries {
        if !names.contains(&entry.name.as_str()) {
            names.push(&entry.name);
        }
    }
    let mut text = String::from("| median of a decision, from strings |");
    for rules in &sizes {
        text.push_str(&format!(" {} rules |", count(*rules)));
    }
    text.push_str(&format!("\n| --- |{}\n", " --- |".repeat(sizes.len())));
    for name in names {
        let shown = if name == "Placet" { "**Placet**" } else { name };
        text.push_str(&format!("| {shown} |"));
        for rules in &sizes {
            let own = figures(entries, name, *rules).map(|own| own.strings.p50);
            text.push_str(&match own {
                Some(own) => format!(" {} |", time(own)),
                None => " – |".to_owned(),
            });
        }
        text.push('\n');
    }
    text
}

/// Why one was not measured.
pub(super) fn why(name: &str, entry: &Entry) -> String {
    match &entry.outcome {
        Outcome::Measured(_) => String::new(),
        Outcome::LeftOut(reason) => format!("\n{name}: left out, {reason}.\n"),
        Outcome::Wrong(answer) => format!("\n{name}: wrong, {answer}.\n"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
