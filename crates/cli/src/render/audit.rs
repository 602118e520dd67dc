//! The audit as people and machines read it.

use placet::credential::audit::{Finding, Lineage, Report, RevokedBy};
use placet::credential::keys::KeySet;
use placet::model::json::Json;
use smol_str::ToSmolStr;

use crate::members::Members;
use crate::output::printable;
use crate::render::style::{BOLD, GREEN, RED, RESET, YELLOW};

/// An audit that holds.
pub(crate) fn good(report: &Report, keys: &KeySet) -> String {
    let Report {
        records,
        segments,
        checkpoints,
        lost,
        left_behind,
        head,
        live,
    } = report;
    let mut text = format!(
        "{GREEN}{BOLD}holds{RESET}: {} in {}, {checkpoints} signed\n",
        some(*records, "record", "records"),
        some(*segments, "segment", "segments"),
    );
    let mut row = |margin: &str, said: &str| {
        text.push_str(&format!("  {margin:<9} {}\n", printable(said)));
    };
    row("head", &format!("{}:{}", head.seq, head.hash));
    row("until", &head.time.to_string());
    row("signed by", &head.kid);
    for key in keys.iter().filter(|key| key.kid() != head.kid) {
        row("and by", key.kid());
    }
    if *lost > 0 {
        let entries = some(*lost, "entry was", "entries were");
        row("lost", &format!("{entries} never written"));
    }
    if *left_behind > 0 {
        let bytes = some(*left_behind, "byte was", "bytes were");
        row("left", &format!("{bytes} written in vain"));
    }
    if *live {
        row("live", "somebody writes to it: there may be newer records");
    }
    text
}

/// The same for machines.
pub(crate) fn good_json(report: &Report, keys: &KeySet) -> Json {
    let kids = keys.iter().map(|key| Json::String(key.kid().into()));
    let head = Members::default()
        .number("seq", report.head.seq)
        .text("hash", &report.head.hash)
        .text("time", report.head.time)
        .text("kid", &report.head.kid);
    Members::report()
        .put("holds", Json::Bool(true))
        .number("records", report.records)
        .number("segments", report.segments)
        .number("checkpoints", report.checkpoints)
        .number("lost", report.lost)
        .number("left_behind", report.left_behind)
        .put("head", head.into())
        .list("keys", kids)
        .put("live", Json::Bool(report.live))
        .into()
}

/// The first thing that is wrong with an audit.
pub(crate) fn bad(finding: &Finding) -> String {
    let mut text = format!(
        "{RED}{BOLD}{}{RESET}: {}\n",
        finding.kind.name(),
        printable(&finding.message)
    );
    let mut row = |margin: &str, said: &str| {
        text.push_str(&format!("  {margin:<9} {}\n", printable(said)));
    };
    row("file", &finding.file.display().to_string());
    if let Some(line) = finding.line {
        row("line", &line.to_string());
    }
    if let Some(seq) = finding.seq {
        row("record", &seq.to_string());
    }
    text
}

/// The same for machines.
pub(crate) fn bad_json(finding: &Finding) -> Json {
    let number = |number: u64| Json::Number(number.to_smolstr());
    Members::report()
        .put("holds", Json::Bool(false))
        .text("finding", finding.kind.name())
        .text("message", &finding.message)
        .text("file", finding.file.display())
        .put("line", finding.line.map_or(Json::Null, number))
        .put("record", finding.seq.map_or(Json::Null, number))
        .into()
}

/// What became of a credential and of all that was delegated from it.
pub(crate) fn lineage(lineage: &Lineage) -> String {
    let mut text = String::new();
    branch(&mut text, lineage, "", "");
    text
}

fn branch(text: &mut String, of: &Lineage, first: &str, rest: &str) {
    let told = |name: Option<&smol_str::SmolStr>, before: &str| {
        name.map(|name| format!("{before}{name}"))
            .unwrap_or_default()
    };
    let who = format!(
        "{}{}{}",
        told(of.agent.as_ref(), ""),
        told(of.user.as_ref(), " for "),
        told(of.task.as_ref(), " in task ")
    );
    text.push_str(&format!(
        "{first}{BOLD}{}{RESET}  {}\n",
        of.credential,
        printable(&who)
    ));
    let below = of.delegated.len();
    let bar = if below == 0 { "   " } else { "│  " };
    let mut row = |said: &str| {
        text.push_str(&format!("{rest}{bar}{}\n", printable(said)));
    };
    match &of.issued {
        Some(issued) => row(&format!(
            "issued {} with {}, record {}",
            issued.time,
            some(issued.scopes.len() as u64, "scope", "scopes"),
            issued.seq
        )),
        None => row("its issuance is not in this log"),
    }
    row(&format!(
        "{} granted, {} denied",
        some(of.granted, "call", "calls"),
        of.denied
    ));
    if of.refused > 0 {
        row(&format!(
            "{} refused",
            some(of.refused, "delegation", "delegations")
        ));
    }
    for RevokedBy { seq, time, what } in &of.revocations {
        let said = format!(
            "{} {} revoked {time} by {}: {}, record {seq}",
            what.kind, what.of, what.by, what.reason
        );
        text.push_str(&format!("{rest}{bar}{YELLOW}{}{RESET}\n", printable(&said)));
    }
    for (at, child) in of.delegated.iter().enumerate() {
        let last = at + 1 == below;
        let (corner, under) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let (first, rest) = (format!("{rest}{corner}"), format!("{rest}{under}"));
        branch(text, child, &first, &rest);
    }
}

/// The same for machines.
pub(crate) fn lineage_json(of: &Lineage) -> Json {
    let revocations = of.revocations.iter().map(|one| {
        Members::default()
            .number("record", one.seq)
            .text("time", one.time)
            .text(one.what.kind, &one.what.of)
            .text("by", &one.what.by)
            .text("reason", &one.what.reason)
            .into()
    });
    let issued = of.issued.as_ref().map(|issued| {
        Members::default()
            .number("record", issued.seq)
            .text("time", issued.time)
            .list("scopes", issued.scopes.iter().cloned())
            .maybe("policy", issued.policy.as_ref())
            .into()
    });
    Members::default()
        .text("credential", &of.credential)
        .maybe("agent", of.agent.as_ref())
        .maybe("user", of.user.as_ref())
        .maybe("task", of.task.as_ref())
        .put("issued", issued.unwrap_or(Json::Null))
        .number("granted", of.granted)
        .number("denied", of.denied)
        .number("refused", of.refused)
        .list("revocations", revocations)
        .list("delegated", of.delegated.iter().map(lineage_json))
        .into()
}

fn some(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
