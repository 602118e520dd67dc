//! `placet audit`

use std::path::PathBuf;

use placet::credential::audit::{Query, VerifyError, lineage, query, verify};
use placet::credential::id::CredentialId;
use placet::credential::keys::{KeySet, Keyring};
use placet::json::to_pretty_text;

use crate::args::{
    Audit, AuditCommand, AuditPlace, AuditQuery, AuditShow, AuditVerify, Decided, Format, Shown,
};
use crate::command::line;
use crate::desk::{Folder, Unavailable};
use crate::error::Error;
use crate::files;
use crate::output::{self, Ended, Output, printable};
use crate::render::audit as render;

/// Verifies, searches and shows an audit.
pub(crate) fn run(args: &Audit) -> Result<Ended, Error> {
    match &args.command {
        AuditCommand::Verify(args) => verified(args),
        AuditCommand::Query(args) => queried(args),
        AuditCommand::Show(args) => shown(args),
    }
}

fn verified(args: &AuditVerify) -> Result<Ended, Error> {
    let folders = folders(&args.place)?;
    let keys = match &args.keys {
        Some(path) => pinned(path)?,
        None => Keyring::open(&Folder::new(&args.place.store).audit_keys())
            .map_err(Unavailable::from)?
            .jwks(),
    };
    let mut out = Output::new();
    let ended = match verify(&folders, &keys, args.expect_head.as_ref()) {
        Ok(report) => {
            out.write(&match args.place.format {
                Format::Text => render::good(&report, &keys),
                Format::Json => line(&render::good_json(&report, &keys)),
            })?;
            Ended::Fine
        }
        Err(VerifyError::Found(finding)) => {
            out.write(&match args.place.format {
                Format::Text => render::bad(&finding),
                Format::Json => line(&render::bad_json(&finding)),
            })?;
            Ended::Findings
        }
        Err(error) => return Err(Unavailable::from(error).into()),
    };
    out.flush()?;
    Ok(ended)
}

fn queried(args: &AuditQuery) -> Result<Ended, Error> {
    let folders = folders(&args.place)?;
    let wanted = Query {
        user: args.user.clone(),
        agent: args.agent.clone(),
        task: args.task.clone(),
        credential: args.credential.as_ref().map(|id| id.as_str().into()),
        under: args.under.clone(),
        event: args.event.as_ref().map(Into::into),
        granted: args.decision.map(|decided| decided == Decided::Grant),
        reason: args.reason.clone(),
        tool: args.tool.clone(),
        since: args.since,
        until: args.until,
    };
    let mut out = Output::new();
    let mut ended = Ended::Fine;
    for record in query(&folders, &wanted).map_err(Unavailable::from)? {
        match record {
            Ok(record) => out.write(&match args.place.format {
                Format::Text => format!("{:>5}  {}\n", record.seq, printable(&record.to_string())),
                // As it stands in the log, whoever looks at it.
                Format::Json => placet::json::to_text(&record.json) + "\n",
            })?,
            Err(VerifyError::Found(finding)) => {
                output::remark(&format!("{finding}; `placet audit verify` says more"));
                ended = Ended::Findings;
            }
            Err(error) => return Err(Unavailable::from(error).into()),
        }
    }
    out.flush()?;
    Ok(ended)
}

fn shown(args: &AuditShow) -> Result<Ended, Error> {
    let folders = folders(&args.place)?;
    match &args.what {
        Shown::Record(seq) => record(&folders, *seq, args.place.format),
        Shown::Credential(id) => credential(&folders, id, args.place.format),
    }
}

fn record(folders: &[PathBuf], seq: u64, format: Format) -> Result<Ended, Error> {
    let all = Query::default();
    let found = query(folders, &all)
        .map_err(Unavailable::from)?
        .filter_map(Result::ok)
        .find(|record| record.seq == seq);
    let Some(record) = found else {
        return Err(Error::refused(
            format!("no record {seq} in this audit"),
            Some("`placet audit verify` says how many there are"),
        ));
    };
    let mut out = Output::new();
    match format {
        Format::Text => {
            out.line(&printable(&record.to_string()))?;
            out.line(&printable(&to_pretty_text(&record.json)))?;
        }
        Format::Json => out.write(&line(&record.json))?,
    }
    out.flush()?;
    Ok(Ended::Fine)
}

fn credential(folders: &[PathBuf], id: &CredentialId, format: Format) -> Result<Ended, Error> {
    let lineage = lineage(folders, id).map_err(Unavailable::from)?;
    let lineage = lineage.ok_or_else(|| {
        Error::refused(
            format!("no record tells of the credential `{id}`"),
            Some("`placet audit query --event issue` shows what was issued"),
        )
    })?;
    let mut out = Output::new();
    out.write(&match format {
        Format::Text => render::lineage(&lineage),
        Format::Json => line(&render::lineage_json(&lineage)),
    })?;
    out.flush()?;
    Ok(Ended::Fine)
}

fn folders(args: &AuditPlace) -> Result<Vec<PathBuf>, Error> {
    let audit = Folder::new(&args.store).audit();
    if !audit.is_dir() {
        return Err(Error::NoStore(args.store.clone()));
    }
    Ok([audit].into_iter().chain(args.spill.clone()).collect())
}

/// The only keys that count.
fn pinned(path: &std::path::Path) -> Result<KeySet, Error> {
    KeySet::read(&files::read(path)?).map_err(|cause| {
        Error::refused(
            format!("`{}` is no set of public keys: {cause}", path.display()),
            Some("`placet keys jwks --purpose audit` prints that of a store"),
        )
    })
}
