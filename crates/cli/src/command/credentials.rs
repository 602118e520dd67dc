//! `placet credentials`

use placet::credential::id::CredentialId;
use placet::credential::store::{Filter, Held};
use placet::json::{credential_to_json, scope_to_json};
use placet::model::json::Json;
use placet::model::value::Time;

use crate::args::{Credentials, CredentialsCommand, CredentialsList, CredentialsOne, Format};
use crate::command::line;
use crate::desk::{Ledger, now};
use crate::error::Error;
use crate::members::Members;
use crate::output::{Ended, Output};
use crate::render::credential::{self, Entry, State};

/// Shows credentials.
pub(crate) fn run(args: &Credentials) -> Result<Ended, Error> {
    match &args.command {
        CredentialsCommand::List(args) => list(args),
        CredentialsCommand::Show(args) => show(args),
        CredentialsCommand::Tree(args) => tree(args),
    }
}

fn list(args: &CredentialsList) -> Result<Ended, Error> {
    let now = now(args.look.at)?;
    let filter = Filter {
        under: None,
        agent: args.agent.clone(),
        user: args.user.clone(),
        task: args.task.clone(),
        alive_at: (!args.all).then_some(now),
    };
    let ledger = Ledger::to_read(&args.look.store)?;
    let mut out = Output::new();
    let mut some = false;
    for entry in entries(&ledger, &filter, now)? {
        if entry.state != State::Live && !args.all {
            continue;
        }
        some = true;
        match args.look.format {
            Format::Json => out.write(&line(&summary(&entry).into()))?,
            Format::Text => out.write(&credential::row(&entry))?,
        }
    }
    if !some && args.look.format == Format::Text {
        let which = if args.all { "" } else { " live" };
        out.line(&format!(
            "no{which} credential; `--all` shows those that ended, too"
        ))?;
    }
    out.flush()?;
    Ok(Ended::Fine)
}

fn show(args: &CredentialsOne) -> Result<Ended, Error> {
    let now = now(args.look.at)?;
    let ledger = Ledger::to_read(&args.look.store)?;
    let under = under(&ledger, &args.id, now)?;
    let entry = under
        .iter()
        .find(|entry| entry.held.id == args.id)
        .ok_or_else(|| Error::unknown_credential(args.id.as_str()))?;
    let mut out = Output::new();
    match args.look.format {
        Format::Text => out.write(&credential::page(entry))?,
        Format::Json => {
            let json = summary(entry).put("credential", credential_to_json(&entry.held.credential));
            out.write(&line(&json.into()))?;
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

fn tree(args: &CredentialsOne) -> Result<Ended, Error> {
    let now = now(args.look.at)?;
    let ledger = Ledger::to_read(&args.look.store)?;
    let chain = under(&ledger, &args.id.chain(), now)?;
    if !chain.iter().any(|entry| entry.held.id == args.id) {
        return Err(Error::unknown_credential(args.id.as_str()));
    }
    let mut out = Output::new();
    match args.look.format {
        Format::Text => out.write(&credential::tree(&chain, &args.id))?,
        Format::Json => {
            let roots = chain
                .iter()
                .filter(|entry| entry.held.id.parent().is_none());
            for root in roots {
                out.write(&line(&branch(root, &chain)))?;
            }
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

/// A credential with all that was delegated from it.
fn branch(entry: &Entry, chain: &[Entry]) -> Json {
    let children = chain
        .iter()
        .filter(|other| other.held.id.parent().as_ref() == Some(&entry.held.id))
        .map(|child| branch(child, chain));
    let scopes = entry.held.credential.scopes.iter().map(scope_to_json);
    summary(entry)
        .list("scopes", scopes)
        .list("delegated", children)
        .into()
}

fn under(ledger: &Ledger, id: &CredentialId, now: Time) -> Result<Vec<Entry>, Error> {
    let filter = Filter {
        under: Some(id.clone()),
        ..Filter::default()
    };
    entries(ledger, &filter, now)
}

fn entries(ledger: &Ledger, filter: &Filter, now: Time) -> Result<Vec<Entry>, Error> {
    let all = ledger.credentials(filter)?;
    Ok(all
        .into_iter()
        .map(|(held, revoked)| Entry {
            state: State::of(&held, revoked, now),
            held,
        })
        .collect())
}

/// What a list tells of a credential.
fn summary(entry: &Entry) -> Members {
    let Held {
        id,
        credential,
        epoch,
        key,
    } = &entry.held;
    Members::default()
        .text("id", id)
        .text("state", entry.state.name())
        .text("agent", &credential.agent.id)
        .maybe("user", credential.user.as_ref().map(|user| &user.id))
        .maybe("task", credential.task.as_ref().map(|task| &task.id))
        .maybe("parent", id.parent())
        .text("issued", credential.issued)
        .text("not_after", credential.not_after)
        .text("policy", &credential.policy)
        .number("epoch", epoch)
        .maybe("key", key.as_ref())
}
