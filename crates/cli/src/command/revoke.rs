//! `placet revoke`

use placet::credential::revocation::{Revocation, Revoked};
use placet::credential::store::Filter;

use crate::args::{Format, Revoke};
use crate::command::line;
use crate::desk::{Ledger, now};
use crate::error::Error;
use crate::members::Members;
use crate::output::{Ended, Output, printable};

/// Ends credentials.
pub(crate) fn run(args: &Revoke) -> Result<Ended, Error> {
    let now = now(args.at)?;
    let of = revoked(args)?;
    let ledger = Ledger::to_write(&args.store)?;
    let live = Filter {
        alive_at: Some(now),
        ..Filter::default()
    };
    let count = |ledger: &Ledger| -> Result<usize, Error> {
        let all = ledger.credentials(&live)?;
        Ok(all.iter().filter(|(_, revoked)| !revoked).count())
    };
    if let Revoked::Credential(id) = &of {
        let filter = Filter {
            under: Some(id.clone()),
            ..Filter::default()
        };
        if ledger.credentials(&filter)?.is_empty() {
            return Err(Error::unknown_credential(id.as_str()));
        }
    }
    let before = count(&ledger)?;
    let epoch = ledger.revoke(&Revocation {
        of: of.clone(),
        by: args.by.clone(),
        reason: args.reason.clone(),
        time: now,
    })?;
    let ended = before.saturating_sub(count(&ledger)?);
    let (what, which) = shown(&of);
    let mut out = Output::new();
    match args.format {
        Format::Text => {
            let credentials = match ended {
                1 => "1 live credential ends".to_owned(),
                some => format!("{some} live credentials end"),
            };
            let line = format!(
                "revoked {} `{which}`: {credentials}, epoch {epoch}",
                what.replace('_', " ")
            );
            out.line(&printable(&line))?;
        }
        Format::Json => {
            let report = Members::report()
                .put("revoked", Members::default().text(what, which).into())
                .text("by", &args.by)
                .text("reason", &args.reason)
                .text("time", now)
                .number("epoch", epoch)
                .number("ended", ended);
            out.write(&line(&report.into()))?;
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

fn revoked(args: &Revoke) -> Result<Revoked, Error> {
    let what = &args.what;
    let named = [
        what.credential.clone().map(Revoked::Credential),
        what.chain
            .as_ref()
            .map(|id| Revoked::Credential(id.chain())),
        what.task.clone().map(Revoked::Task),
        what.agent.clone().map(Revoked::Agent),
        what.user.clone().map(Revoked::User),
        what.policy_digest.clone().map(Revoked::Policy),
        what.issued_before.map(Revoked::IssuedBefore),
    ];
    // The command line has one of them.
    let mut named = named.into_iter().flatten();
    named
        .next()
        .ok_or_else(|| Error::refused("nothing to revoke is named", None))
}

/// What is revoked: its kind and its name.
fn shown(of: &Revoked) -> (&'static str, String) {
    match of {
        Revoked::Credential(id) => ("credential", id.to_string()),
        Revoked::Task(task) => ("task", task.to_string()),
        Revoked::Agent(agent) => ("agent", agent.to_string()),
        Revoked::User(user) => ("user", user.to_string()),
        Revoked::Policy(digest) => ("policy", digest.to_string()),
        Revoked::IssuedBefore(time) => ("issued_before", time.to_string()),
        Revoked::Services(policy) => ("services_but", policy.to_string()),
    }
}
