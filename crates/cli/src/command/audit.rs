//! `placet audit`

use std::path::PathBuf;

use placet::credential::audit::{Finding, Report, VerifyError, verify};
use placet::credential::keys::{KeySet, Keyring};

use crate::args::{Audit, AuditCommand, AuditPlace, AuditVerify, Format};
use crate::command::line;
use crate::desk::{Folder, Unavailable};
use crate::error::Error;
use crate::files;
use crate::members::Members;
use crate::output::{Ended, Output, printable};
use crate::render::style::{BOLD, GREEN, RED, RESET};

/// Verifies, searches and shows an audit.
pub(crate) fn run(args: &Audit) -> Result<Ended, Error> {
    match &args.command {
        AuditCommand::Verify(args) => verified(args),
    }
}

fn verified(args: &AuditVerify) -> Result<Ended, Error> {
    let place = Place::open(&args.place)?;
    let mut out = Output::new();
    let ended = match verify(&place.folders, &place.keys, args.expect_head.as_ref()) {
        Ok(report) => {
            let kids: Vec<&str> = place.keys.iter().map(|key| key.kid()).collect();
            out.write(&match args.format {
                Format::Text => good(&report, &kids),
                Format::Json => line(&good_json(&report, &kids).into()),
            })?;
            Ended::Fine
        }
        Err(VerifyError::Found(finding)) => {
            out.write(&match args.format {
                Format::Text => bad(&finding),
                Format::Json => line(&bad_json(&finding).into()),
            })?;
            Ended::Findings
        }
        Err(error) => return Err(Unavailable::from(error).into()),
    };
    out.flush()?;
    Ok(ended)
}

/// Where the audit is, and which keys count.
struct Place {
    folders: Vec<PathBuf>,
    keys: KeySet,
}

impl Place {
    fn open(args: &AuditPlace) -> Result<Self, Error> {
        let folder = Folder::new(&args.store);
        if !folder.audit().is_dir() {
            return Err(Error::NoStore(args.store.clone()));
        }
        let keys = match &args.keys {
            Some(path) => KeySet::read(&files::read(path)?).map_err(|cause| {
                Error::refused(
                    format!("`{}` is no set of public keys: {cause}", path.display()),
                    Some("`placet keys jwks --purpose audit` prints that of a store"),
                )
            })?,
            None => Keyring::open(&folder.audit_keys())
                .map_err(Unavailable::from)?
                .jwks(),
        };
        let mut folders = vec![folder.audit()];
        folders.extend(args.spill.clone());
        Ok(Self { folders, keys })
    }
}

fn good(report: &Report, kids: &[&str]) -> String {
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
        "{GREEN}{BOLD}holds{RESET}: {} in {}, {} signed\n",
        some(*records, "record"),
        some(*segments, "segment"),
        checkpoints
    );
    let mut row = |margin: &str, said: String| {
        text.push_str(&format!("  {margin:<9} {}\n", printable(&said)));
    };
    row("head", format!("{}:{}", head.seq, head.hash));
    row("until", head.time.to_string());
    row("keys", kids.join(", "));
    if *lost > 0 {
        row("lost", format!("{} never written", some(*lost, "entry")));
    }
    if *left_behind > 0 {
        row(
            "left",
            format!("{left_behind} bytes written in vain before it went on elsewhere"),
        );
    }
    if *live {
        row(
            "live",
            "somebody is writing: there may be newer records".to_owned(),
        );
    }
    text
}

fn good_json(report: &Report, kids: &[&str]) -> Members {
    Members::report()
        .put("holds", placet::model::json::Json::Bool(true))
        .number("records", report.records)
        .number("segments", report.segments)
        .number("checkpoints", report.checkpoints)
        .number("lost", report.lost)
        .number("left_behind", report.left_behind)
        .put(
            "head",
            Members::default()
                .number("seq", report.head.seq)
                .text("hash", &report.head.hash)
                .text("time", report.head.time)
                .text("kid", &report.head.kid)
                .into(),
        )
        .list(
            "keys",
            kids.iter()
                .map(|kid| placet::model::json::Json::String((*kid).into())),
        )
        .put("live", placet::model::json::Json::Bool(report.live))
}

fn bad(finding: &Finding) -> String {
    let mut text = format!(
        "{RED}{BOLD}{}{RESET}: {}\n",
        finding.kind.name(),
        printable(&finding.message)
    );
    let mut row = |margin: &str, said: String| {
        text.push_str(&format!("  {margin:<9} {}\n", printable(&said)));
    };
    row("file", finding.file.display().to_string());
    if let Some(line) = finding.line {
        row("line", line.to_string());
    }
    if let Some(seq) = finding.seq {
        row("record", seq.to_string());
    }
    text
}

fn bad_json(finding: &Finding) -> Members {
    let mut json = Members::report()
        .put("holds", placet::model::json::Json::Bool(false))
        .text("finding", finding.kind.name())
        .text("message", &finding.message)
        .text("file", finding.file.display().to_string());
    if let Some(line) = finding.line {
        json = json.number("line", line);
    }
    if let Some(seq) = finding.seq {
        json = json.number("record", seq);
    }
    json
}

fn some(count: u64, what: &str) -> String {
    match (count, what) {
        (1, _) => format!("1 {what}"),
        (_, "entry") => format!("{count} entries"),
        _ => format!("{count} {what}s"),
    }
}
