//! Regions of requests, for people and machines.

use placet::analysis::{Answer, Except, Line, Region, Why};
use placet::json::{decision_to_json, request_to_json, to_text};
use placet::model::json::Json;
use smol_str::SmolStr;

use crate::members::Members;
use crate::output::printable;
use crate::render::diagnostics::plural;
use crate::render::prove::{why_json, words};
use crate::render::style::{BOLD, CYAN, DIM, GREEN, RESET, YELLOW};

/// The widest word that a line begins with.
const WIDEST: usize = 8;

/// A region, one clause a line. Has escape sequences.
pub(crate) fn text(region: &Region, example: bool) -> String {
    let mut text = String::new();
    for Line {
        word,
        text: clause,
        rule,
    } in region.lines()
    {
        let rule = match rule {
            Some(rule) => format!("  {DIM}{}{RESET}", printable(&rule)),
            None if word == "agent" => declared(region, &clause),
            None => String::new(),
        };
        text.push_str(&format!(
            "  {BOLD}{word:<WIDEST$}{RESET} {}{rule}\n",
            printable(&clause)
        ));
    }
    for (why, call) in &region.unknown {
        text.push_str(&format!(
            "  {YELLOW}{:<WIDEST$}{RESET} {}: {}\n",
            "perhaps",
            printable(call),
            printable(&words(why))
        ));
    }
    if let Some(witness) = region.witness.as_ref().filter(|_| example) {
        text.push_str(&format!(
            "  {CYAN}{}{RESET}\n",
            printable(&to_text(&request_to_json(&witness.request)))
        ));
    }
    text
}

/// Who is meant by an agent clause that names nobody.
fn declared(region: &Region, clause: &str) -> String {
    let names = region.declared.join(", ");
    if clause.starts_with("in ") && !names.is_empty() {
        format!("  {DIM}{}{RESET}", printable(&names))
    } else {
        String::new()
    }
}

/// Whether an answer is complete, and what is not known of it.
pub(crate) fn summary(answer: &Answer) -> String {
    let mut text = String::new();
    for (why, call) in &answer.unknown {
        text.push_str(&format!(
            "{YELLOW}{BOLD}unknown{RESET}  {}: {}\n",
            printable(call),
            printable(&words(why))
        ));
    }
    let count = plural(answer.regions.len(), "region");
    let open = answer
        .regions
        .iter()
        .filter(|region| region.witness.is_none());
    let open = match open.count() {
        0 => String::new(),
        some => format!(", {} perhaps empty", some),
    };
    text.push_str(&if !answer.unknown.is_empty() {
        format!("{YELLOW}{BOLD}not complete{RESET}: {count}{open}, and what is unknown\n")
    } else if answer.regions.is_empty() {
        format!("{GREEN}{BOLD}complete{RESET}: nothing is granted\n")
    } else {
        format!("{GREEN}{BOLD}complete{RESET}: {count}{open}\n")
    });
    text
}

/// All that an answer tells, added to an object.
pub(crate) fn answer_json(members: Members, answer: &Answer) -> Members {
    members
        .put("complete", Json::Bool(answer.unknown.is_empty()))
        .list("regions", answer.regions.iter().map(json))
        .list(
            "unknown",
            answer.unknown.iter().map(|(why, call)| why_json(why, call)),
        )
}

/// A region for machines. The shape is stable: keys are only ever added.
pub(crate) fn json(region: &Region) -> Json {
    let witness = region.witness.as_ref().map(|witness| {
        Json::from(
            Members::default()
                .put("request", request_to_json(&witness.request))
                .put("decision", decision_to_json(&witness.decision)),
        )
    });
    let unknown = region.unknown.iter();
    Members::default()
        .put("agents", texts(&region.agents))
        .put("declared_agents", texts(&region.declared))
        .put("users", texts(&region.users))
        .put("tools", texts(&region.tools))
        .put("actions", texts(&region.actions))
        .list(
            "resources",
            region.resources.iter().map(|patterns| texts(patterns)),
        )
        .put("conditions", texts(&region.conditions))
        .list("except", region.except.iter().map(except))
        .list(
            "duties",
            region.duties.iter().map(|duty| {
                Members::default()
                    .put("needs", texts(&duty.needs))
                    .put("of", texts(&duty.of))
                    .text("rule", &duty.rule)
                    .into()
            }),
        )
        .maybe(
            "lifetime",
            region.lifetime.map(|lifetime| lifetime.to_string()),
        )
        .number("delegate", region.delegate)
        .put("rules", texts(&region.rules))
        .put("witness", witness.unwrap_or(Json::Null))
        .list(
            "unknown",
            unknown.map(|(why, call): &(Why, SmolStr)| why_json(why, call)),
        )
        .into()
}

fn except(except: &Except) -> Json {
    Members::default()
        .put("clauses", texts(&except.clauses))
        .maybe("rule", except.rule.as_ref())
        .into()
}

/// Texts as a list.
pub(crate) fn texts(texts: &[SmolStr]) -> Json {
    Json::Array(texts.iter().cloned().map(Json::String).collect())
}
