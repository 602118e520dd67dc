//! An LCOV tracefile: rules as functions, parts of rules as branches. A few lines of text: not
//! worth a dependency.

use std::collections::BTreeMap;
use std::fmt::Write;

use placet::suite::coverage::Rule;

use super::{Covered, Texts};
use crate::output::printable;
use crate::suites::Ran;

/// One record per file that has rules. A policy that cannot be used has none.
pub(crate) fn tracefile(ran: &[Ran<Covered>]) -> String {
    let mut text = String::new();
    for covered in ran.iter().filter_map(|one| one.came.as_ref().ok()) {
        let texts = Texts::of(&covered.report);
        // Rules are in the order of the texts.
        let rules = covered.report.rules.as_slice();
        for rules in rules.chunk_by(|a, b| a.place.file == b.place.file) {
            record(&mut text, &texts, rules);
        }
    }
    text
}

fn record(text: &mut String, texts: &Texts<'_>, rules: &[Rule]) {
    let first = rules.first().and_then(|rule| texts.find(rule.place));
    let Some((source, _)) = first else {
        return;
    };
    let line = |place| texts.find(place).map_or(0, |(_, at)| at.line);
    // A line was run as often as what was seen most in it.
    let mut lines: BTreeMap<u32, usize> = BTreeMap::new();
    let mut hit = |line: u32, count: usize| {
        let most = lines.entry(line).or_default();
        *most = count.max(*most);
    };
    let mut functions = String::new();
    let mut counts = String::new();
    let mut branches = Vec::new();
    let mut block = 0_usize;
    for rule in rules {
        let head = line(rule.place);
        let name = printable(&rule.name);
        hit(head, rule.decided);
        // Writing to a string cannot fail.
        let _ = writeln!(functions, "FN:{head},{name}");
        let _ = writeln!(counts, "FNDA:{},{name}", rule.decided);
        for part in &rule.parts {
            let at = line(part.place);
            for (branch, outcome) in part.outcomes.iter().enumerate() {
                hit(at, outcome.seen);
                branches.push((at, block, branch, outcome.seen));
            }
            block += 1;
        }
    }
    branches.sort_unstable();
    let _ = writeln!(text, "TN:placet\nSF:{}", printable(&source.name));
    text.push_str(&functions);
    text.push_str(&counts);
    let decided = rules.iter().filter(|rule| rule.decided > 0).count();
    let _ = writeln!(text, "FNF:{}\nFNH:{decided}", rules.len());
    for (line, block, branch, seen) in &branches {
        // In a line that was never run, nothing is known of branches.
        let taken = match lines.get(line) {
            Some(0) | None => "-".to_owned(),
            Some(_) => seen.to_string(),
        };
        let _ = writeln!(text, "BRDA:{line},{block},{branch},{taken}");
    }
    let taken = branches.iter().filter(|(.., seen)| *seen > 0).count();
    let _ = writeln!(text, "BRF:{}\nBRH:{taken}", branches.len());
    for (line, count) in &lines {
        let _ = writeln!(text, "DA:{line},{count}");
    }
    let run = lines.values().filter(|count| **count > 0).count();
    let _ = writeln!(text, "LF:{}\nLH:{run}\nend_of_record", lines.len());
}
