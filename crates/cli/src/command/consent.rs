//! `placet consent`

mod beforehand;

use std::path::Path;

use placet::Policy;
use placet::credential::service;
use placet::credential::store::{AssentKind, Given};
use placet::explain;
use placet::json::{self, Approver, AskedFor, asked_for_to_json, assent_to_json};
use placet::model::json::Json;
use placet::model::policy::{Group, GroupKind};
use placet::model::request::Assent;
use smol_str::SmolStr;

use crate::args::{Consent, Format};
use crate::ask;
use crate::command::line;
use crate::desk::{Desk, Unavailable, now};
use crate::error::Error;
use crate::members::Members;
use crate::output::{Ended, Output, printable};
use crate::policy;
use crate::render::decision::covered;

/// Records what somebody gives of what is asked for.
pub(crate) fn run(args: &Consent) -> Result<Ended, Error> {
    let policy = policy::load(&args.policy.paths)?;
    check_groups(&policy, args)?;
    let (given, remaining) = match beforehand::assent(&policy, args)? {
        Some(assent) => (vec![assent], AskedFor::default()),
        None => {
            let asked = asked(args.decision.as_deref())?;
            let (given, remaining) = divide(&policy, args, asked);
            if given.is_empty() {
                return Err(nothing(args, &remaining));
            }
            (given, remaining)
        }
    };
    let mut desk = Desk::making(policy, &args.store);
    let now = now(args.at)?;
    let service = desk.service(now)?;
    let mut out = Output::new();
    let mut recorded = Vec::new();
    for (kind, mut assent) in given {
        assent.not_after = args.until.or(assent.not_after);
        match service.record_assent(kind, assent, now) {
            Ok(given) => {
                if args.format == Format::Text {
                    out.line(&printable(&format!("recorded {}", shown(&given))))?;
                }
                recorded.push(given);
            }
            Err(service::Error::Assent(why)) => {
                out.flush()?;
                return Err(Error::refused(
                    format!("it cannot be recorded: {why}"),
                    None,
                ));
            }
            Err(error) => {
                out.flush()?;
                return Err(Unavailable::from(error).into());
            }
        }
    }
    match args.format {
        Format::Text => {
            for line in still(&remaining) {
                out.line(&printable(&format!("still asked for: {line}")))?;
            }
        }
        Format::Json => {
            let report = Members::report()
                .list("recorded", recorded.iter().map(to_json))
                .put("remaining", asked_for_to_json(&remaining));
            out.write(&line(&report.into()))?;
        }
    }
    out.flush()?;
    Ok(Ended::Fine)
}

/// What the decision asks for.
fn asked(path: Option<&Path>) -> Result<AskedFor, Error> {
    const HELP: &str = "give a denied decision as `placet issue` and `placet use` write it, or its \
                        `obligations.ask`";
    let json = ask::document(path, "decision", HELP)?;
    let asked = json::read_ask(json)
        .map_err(|why| Error::refused(format!("the decision is not usable: {why}"), Some(HELP)))?;
    if asked == AskedFor::default() {
        return Err(Error::refused(
            "this decision asks for no consent and no approval",
            Some(HELP),
        ));
    }
    Ok(asked)
}

/// What WHO can give of it, and what is left to others.
fn divide(
    policy: &Policy,
    args: &Consent,
    asked: AskedFor,
) -> (Vec<(AssentKind, Assent)>, AskedFor) {
    let mut given = Vec::new();
    let mut remaining = AskedFor::default();
    for consent in asked.consents {
        if consent.by == args.by {
            given.push((AssentKind::Consent, consent));
        } else {
            remaining.consents.push(consent);
        }
    }
    for approval in asked.approvals {
        let is_user = approval.user.as_ref() == Some(&args.by);
        if !is_user && is_in(policy, &approval.group, args) {
            let assent = approval.by(args.by.clone(), args.groups.clone());
            given.push((AssentKind::Approval, assent));
        } else {
            remaining.approvals.push(approval);
        }
    }
    (given, remaining)
}

/// Whether WHO is in a group; of one that the policy does not know, what was said.
fn is_in(policy: &Policy, name: &str, args: &Consent) -> bool {
    match user_group(policy, name) {
        Some(_) => explain::is_in(policy.policy(), name, &args.by, args.groups.as_deref()),
        None => args
            .groups
            .as_ref()
            .is_some_and(|groups| groups.iter().any(|group| group == name)),
    }
}

fn user_group<'p>(policy: &'p Policy, name: &str) -> Option<&'p Group> {
    policy
        .policy()
        .groups
        .iter()
        .find(|group| group.kind == GroupKind::Users && group.name == name)
}

/// A group whose members the policy names cannot be claimed.
fn check_groups(policy: &Policy, args: &Consent) -> Result<(), Error> {
    for name in args.groups.iter().flatten() {
        if let Some(group) = user_group(policy, name)
            && !group.from_request
            && !is_in(policy, name, args)
        {
            return Err(Error::refused(
                format!(
                    "`{}` is not in `{name}`, whose members the policy names",
                    args.by
                ),
                Some("leave it out of `--groups`"),
            ));
        }
    }
    Ok(())
}

/// Why nothing can be recorded.
fn nothing(args: &Consent, remaining: &AskedFor) -> Error {
    let asked = still(remaining).join("; ");
    let help = match remaining.approvals.first() {
        Some(Approver { group, user, .. }) if user.as_ref() != Some(&args.by) => Some(format!(
            "say with `--groups {group}` that `{}` is in it, if that comes with requests",
            args.by
        )),
        _ => None,
    };
    Error::Refused {
        why: format!(
            "nothing of it is `{}`'s to give; asked for: {asked}",
            args.by
        ),
        help,
    }
}

/// What is left to others, a line each.
fn still(remaining: &AskedFor) -> Vec<String> {
    let consents = remaining.consents.iter().map(|consent| {
        format!(
            "consent of {} for {}{}: {}",
            consent.by,
            consent.agent,
            in_task(consent.task.as_ref()),
            covered(&consent.covers)
        )
    });
    let approvals = remaining.approvals.iter().map(|approval| {
        format!(
            "approval by {} for {}{}: {}",
            approval.group,
            approval.agent,
            in_task(approval.task.as_ref()),
            covered(&approval.covers)
        )
    });
    consents.chain(approvals).collect()
}

fn in_task(task: Option<&SmolStr>) -> String {
    task.map(|task| format!(" in task {task}"))
        .unwrap_or_default()
}

/// `consent 3 of ana for bot in task T-1: …, until …`
fn shown(given: &Given) -> String {
    let assent = &given.assent;
    let end = match assent.not_after {
        Some(end) => format!(", until {end}"),
        None => String::new(),
    };
    format!(
        "{} {} of {} for {}{}: {}{end}",
        kind(given),
        given.id,
        assent.by,
        assent.agent,
        in_task(assent.task.as_ref()),
        covered(&assent.covers),
    )
}

const fn kind(given: &Given) -> &'static str {
    match given.kind {
        AssentKind::Consent => "consent",
        AssentKind::Approval => "approval",
    }
}

fn to_json(given: &Given) -> Json {
    let assent = assent_to_json(&given.assent);
    Members::default()
        .text("kind", kind(given))
        .number("id", given.id)
        .put("assent", assent)
        .into()
}
