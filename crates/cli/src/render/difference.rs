//! The difference of two policies, for people, machines and pull requests.

use placet::analysis::diff::{Change, Difference, Unknown};
use placet::json::{decision_to_json, request_to_json, to_text};
use placet::model::json::Json;
use smol_str::{SmolStr, ToSmolStr};

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::plural;
use crate::render::prove;
use crate::render::style::{BOLD, CYAN, DIM, GREEN, RED, RESET, YELLOW};

/// Two policies and their difference.
pub(crate) struct Compared {
    /// How the old one is called.
    pub(crate) old: String,
    /// How the new one is.
    pub(crate) new: String,
    /// Their digests, the old one's first.
    pub(crate) digests: [String; 2],
    /// How they differ.
    pub(crate) found: Difference,
}

/// One kind of change: its word for people, its key for machines, and whether it widens.
struct Kind<'c> {
    word: &'static str,
    key: &'static str,
    widens: bool,
    changes: &'c [Change],
}

fn kinds(found: &Difference) -> [Kind<'_>; 4] {
    let kind = |word, key, widens, changes| Kind {
        word,
        key,
        widens,
        changes,
    };
    [
        kind("newly granted", "granted", true, &found.granted),
        kind("newly denied", "denied", false, &found.denied),
        kind("looser", "looser", true, &found.looser),
        kind("tighter", "tighter", false, &found.tighter),
    ]
}

/// Every change as a region with a request, then how many there are. Has escape sequences.
pub(crate) fn text(compared: &Compared) -> String {
    let mut text = String::new();
    for kind in kinds(&compared.found) {
        let colour = if kind.widens { RED } else { GREEN };
        for change in kind.changes {
            text.push_str(&format!("{colour}{BOLD}{}{RESET}\n", kind.word));
            for (word, clause) in clauses(change) {
                text.push_str(&format!("  {word:<9}{clause}\n"));
            }
            for (word, what) in notes(change) {
                text.push_str(&format!("  {DIM}{word:<9}{what}{RESET}\n"));
            }
            text.push_str(&format!("\n  {CYAN}{}{RESET}\n\n", request(change)));
        }
    }
    for unknown in &compared.found.unknown {
        text.push_str(&format!(
            "{YELLOW}{BOLD}unknown{RESET}  {}\n",
            told(unknown)
        ));
    }
    text.push_str(&format!("{}\n", summary(&compared.found)));
    text
}

/// The clauses of a region, each with its word.
fn clauses(change: &Change) -> Vec<(String, String)> {
    let lines = change.region.lines().into_iter();
    let lines = lines.filter(|line| line.word != "by");
    lines
        .map(|line| (line.word.to_owned(), printable(&line.text)))
        .collect()
}

/// What became of the duties, and who decides.
fn notes(change: &Change) -> Vec<(&'static str, String)> {
    let nothing = || SmolStr::new_static("not asked for");
    let mut notes: Vec<(&'static str, String)> = Vec::new();
    for shift in &change.shifts {
        let side = |text: &Option<SmolStr>| text.clone().unwrap_or_else(nothing);
        let (old, new) = (side(&shift.old), side(&shift.new));
        let text = match (&shift.old, &shift.new) {
            (None, _) | (_, None) => format!("{}: {old} -> {new}", shift.of),
            _ => format!("{old} -> {new}"),
        };
        notes.push(("now", printable(&text)));
    }
    for (word, decision) in [("before", &change.old), ("after", &change.new)] {
        let rules: Vec<&str> = decision
            .rules
            .iter()
            .map(|rule| rule.name.as_str())
            .collect();
        let by = if rules.is_empty() {
            String::new()
        } else {
            format!(" by {}", rules.join(", "))
        };
        notes.push((word, printable(&format!("{}{by}", decision.reason))));
    }
    notes
}

fn request(change: &Change) -> String {
    printable(&to_text(&request_to_json(&change.request)))
}

fn told(unknown: &Unknown) -> String {
    printable(&format!(
        "{}, {}: {}",
        unknown.asked,
        unknown.tool,
        prove::words(&unknown.why)
    ))
}

/// How much there is of each kind.
fn summary(found: &Difference) -> String {
    if found.is_empty() {
        return format!("{GREEN}{BOLD}no difference{RESET}: every request is decided alike");
    }
    let counts = kinds(found);
    let mut parts: Vec<String> = counts
        .iter()
        .filter(|kind| !kind.changes.is_empty())
        .map(|kind| format!("{} {}", plural(kind.changes.len(), "region"), kind.word))
        .collect();
    if !found.unknown.is_empty() {
        parts.push(format!(
            "{} unknown",
            plural(found.unknown.len(), "question")
        ));
    }
    let (colour, word) = if found.widens() {
        (RED, "wider")
    } else {
        (YELLOW, "different")
    };
    format!("{colour}{BOLD}{word}{RESET}: {}", parts.join(", "))
}

/// For a pull request: a heading, a line of counts, and a section for each kind.
pub(crate) fn markdown(compared: &Compared) -> String {
    let found = &compared.found;
    let mut text = String::from("### What this changes\n\n");
    if found.is_empty() {
        text.push_str("No difference: every request is decided alike.\n");
        return text;
    }
    for kind in kinds(found) {
        if kind.changes.is_empty() {
            continue;
        }
        let sign = if kind.widens { "**wider** · " } else { "" };
        text.push_str(&format!(
            "#### {sign}{} ({})\n\n",
            kind.word,
            kind.changes.len()
        ));
        for change in kind.changes {
            let mut block = String::new();
            for (word, clause) in clauses(change) {
                block.push_str(&format!("{word:<9}{clause}\n"));
            }
            for (word, what) in notes(change) {
                block.push_str(&format!("{word:<9}{what}\n"));
            }
            text.push_str(&fenced("", &block));
            let shown = format!("{}\n", request(change));
            text.push_str("\n<details><summary>a request</summary>\n\n");
            text.push_str(&fenced("json", &shown));
            text.push_str("\n</details>\n\n");
        }
    }
    if !found.unknown.is_empty() {
        text.push_str(&format!("#### unknown ({})\n\n", found.unknown.len()));
        let lines: String = found
            .unknown
            .iter()
            .map(|unknown| format!("{}\n", told(unknown)))
            .collect();
        text.push_str(&fenced("", &lines));
    }
    text
}

/// A block of code that nothing in it can end.
fn fenced(language: &str, text: &str) -> String {
    let longest = text
        .split(|char| char != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}{fence}\n")
}

/// The difference for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(compared: &Compared) -> Json {
    let found = &compared.found;
    let side = |name: &str, digest: &str| -> Json {
        Members::default()
            .text("name", name)
            .text("policy", digest)
            .into()
    };
    let [old, new] = &compared.digests;
    let mut members = Members::report()
        .put("equal", Json::Bool(found.is_empty()))
        .put("widens", Json::Bool(found.widens()))
        .put("old", side(&compared.old, old))
        .put("new", side(&compared.new, new));
    for kind in kinds(found) {
        members = members.list(kind.key, kind.changes.iter().map(change_json));
    }
    members
        .list("unknown", found.unknown.iter().map(unknown_json))
        .into()
}

fn change_json(change: &Change) -> Json {
    let region = change.region.lines().into_iter();
    let region = region.filter(|line| line.word != "by").map(|line| {
        Members::default()
            .text("clause", line.word)
            .text("text", line.text)
            .into()
    });
    let shifts = change.shifts.iter().map(|shift| {
        Members::default()
            .text("of", &shift.of)
            .maybe("old", shift.old.as_ref())
            .maybe("new", shift.new.as_ref())
            .into()
    });
    Members::default()
        .list("region", region)
        .list("changes", shifts)
        .put("request", request_to_json(&change.request))
        .put("old", decision_to_json(&change.old))
        .put("new", decision_to_json(&change.new))
        .into()
}

fn unknown_json(unknown: &Unknown) -> Json {
    Members::default()
        .text("asked", unknown.asked)
        .text("tool", &unknown.tool)
        .text("kind", prove::kind(&unknown.why))
        .text("message", prove::words(&unknown.why).to_smolstr())
        .into()
}
