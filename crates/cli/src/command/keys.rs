//! `placet keys`

use std::path::{Path, PathBuf};

use placet::credential::keys::{Algorithm, Keyring, RingKey};
use placet::model::json::Json;

use crate::args::{Format, Keys, KeysArgs, KeysCommand, KeysRetire, KeysRotate, Purpose};
use crate::command::line;
use crate::desk::{Folder, Unavailable, now};
use crate::error::Error;
use crate::members::Members;
use crate::output::{Ended, Output};

/// Shows, rotates and publishes keys.
pub(crate) fn run(args: &Keys) -> Result<Ended, Error> {
    let mut out = Output::new();
    match &args.command {
        KeysCommand::List(args) => list(args, &mut out)?,
        KeysCommand::Rotate(args) => rotate(args, &mut out)?,
        KeysCommand::Retire(args) => retire(args, &mut out)?,
        KeysCommand::Jwks(args) => {
            let text = made(args)?.jwks().to_text();
            out.line(text.trim_end())?;
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

fn list(args: &KeysArgs, out: &mut Output) -> Result<(), Error> {
    for key in there(&folder(args))?.keys() {
        match args.format {
            Format::Json => out.write(&line(&to_json(key)))?,
            Format::Text => {
                let until = match key.superseded {
                    None => "signs".to_owned(),
                    Some(end) => format!("signed until {end}, verifies"),
                };
                out.line(&format!(
                    "{}  {:5}  since {}  {until}",
                    key.key.kid(),
                    key.key.algorithm(),
                    key.created
                ))?;
            }
        }
    }
    Ok(())
}

fn rotate(args: &KeysRotate, out: &mut Output) -> Result<(), Error> {
    let algorithm = args.algorithm.map(Algorithm::from);
    if args.keys.purpose == Purpose::Audit && algorithm == Some(Algorithm::Es256) {
        return Err(Error::refused("the audit is signed with EdDSA alone", None));
    }
    let mut ring = made(&args.keys)?;
    let algorithm = algorithm.unwrap_or_else(|| ring.signing().algorithm());
    let old = ring.signing().kid().to_owned();
    ring.rotate_to(algorithm, now(None)?)
        .map_err(Unavailable::from)?;
    let new = ring.signing().kid();
    match args.keys.format {
        Format::Text => out.line(&format!(
            "{new} ({algorithm}) signs from now on; {old} verifies what it has signed"
        )),
        Format::Json => {
            let report = Members::report().text("signs", new).text("verifies", old);
            out.write(&line(&report.into()))
        }
    }
}

/// Keys of the audit are never retired: what they have signed is to be verified for ever.
fn retire(args: &KeysRetire, out: &mut Output) -> Result<(), Error> {
    let mut ring = there(&Folder::new(&args.store).token_keys())?;
    ring.retire(&args.kid).map_err(Unavailable::from)?;
    out.line(&format!(
        "nothing that {} has signed verifies any more",
        args.kid
    ))
}

/// Keys that must be there.
fn there(folder: &Path) -> Result<Keyring, Error> {
    if !folder.is_dir() {
        return Err(Error::NoKeys(folder.to_owned()));
    }
    Ok(Keyring::open(folder).map_err(Unavailable::from)?)
}

/// The keys, made if there are none.
fn made(args: &KeysArgs) -> Result<Keyring, Error> {
    let folder = folder(args);
    Folder::new(&args.store).make()?;
    let ring = Keyring::open_or_create(&folder, Algorithm::EdDsa, now(None)?);
    Ok(ring.map_err(Unavailable::from)?)
}

fn folder(args: &KeysArgs) -> PathBuf {
    let folder = Folder::new(&args.store);
    match args.purpose {
        Purpose::Tokens => folder.token_keys(),
        Purpose::Audit => folder.audit_keys(),
    }
}

fn to_json(key: &RingKey) -> Json {
    Members::default()
        .text("kid", key.key.kid())
        .text("alg", key.key.algorithm())
        .text("since", key.created)
        .maybe("until", key.superseded)
        .into()
}
