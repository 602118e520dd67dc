//! Credentials as people read them.

use placet::credential::id::CredentialId;
use placet::credential::store::Held;
use placet::model::credential::Credential;
use placet::model::value::Time;

use crate::output::printable;
use crate::render::decision;
use crate::render::style::{BOLD, DIM, GREEN, RED, RESET, YELLOW};

/// A credential with its state.
pub(crate) struct Entry {
    pub(crate) held: Held,
    pub(crate) state: State,
}

/// Whether a credential can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is neither over nor revoked.
    Live,
    /// It has ended.
    Expired,
    /// It, or what it was delegated from, was revoked.
    Revoked,
}

impl State {
    /// That of a credential at a time.
    pub(crate) fn of(held: &Held, revoked: bool, now: Time) -> Self {
        if revoked {
            Self::Revoked
        } else if held.credential.not_after <= now {
            Self::Expired
        } else {
            Self::Live
        }
    }

    /// As reports have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub(crate) fn coloured(self) -> String {
        let colour = match self {
            Self::Live => GREEN,
            Self::Expired => YELLOW,
            Self::Revoked => RED,
        };
        format!("{colour}{:7}{RESET}", self.name())
    }
}

/// One line of a list.
pub(crate) fn row(entry: &Entry) -> String {
    format!(
        "{}  {}  {}\n",
        entry.state.coloured(),
        entry.held.id,
        printable(&about(&entry.held.credential))
    )
}

/// All about a credential.
pub(crate) fn page(entry: &Entry) -> String {
    let Held {
        id,
        credential,
        epoch,
        key,
    } = &entry.held;
    let mut text = format!("{BOLD}{id}{RESET}  {}\n", entry.state.coloured());
    let mut row = |margin: &str, said: &str| {
        let line = format!("  {DIM}{margin:<9}{RESET} {}", printable(said));
        text.push_str(line.trim_end());
        text.push('\n');
    };
    row("holder", &credential.agent.id);
    if let Some(user) = &credential.user {
        row("for", &user.id);
    }
    if let Some(task) = &credential.task {
        row("task", &task.id);
    }
    row("issued", &credential.issued.to_string());
    row("until", &credential.not_after.to_string());
    row("policy", &credential.policy);
    row("epoch", &epoch.to_string());
    if let Some(key) = key {
        row("key", key);
    }
    let mut link = credential.parent.as_deref();
    while let Some(parent) = link {
        let id = parent.id.as_deref().unwrap_or_default();
        row("from", &format!("{id}, {}", parent.agent.id));
        link = parent.parent.as_deref();
    }
    text.push_str(&decision::scopes(&credential.scopes));
    text
}

/// A chain, who holds what from whom. The entries stand parents first; `chosen` is the
/// one that was asked about.
pub(crate) fn tree(chain: &[Entry], chosen: &CredentialId) -> String {
    let mut text = String::new();
    let roots: Vec<&Entry> = chain
        .iter()
        .filter(|entry| entry.held.id.parent().is_none())
        .collect();
    for root in roots {
        branch(&mut text, root, chain, chosen, "", "");
    }
    text
}

fn branch(
    text: &mut String,
    entry: &Entry,
    chain: &[Entry],
    chosen: &CredentialId,
    first: &str,
    rest: &str,
) {
    let credential = &entry.held.credential;
    let mark = if entry.held.id == *chosen { BOLD } else { "" };
    text.push_str(&format!(
        "{first}{mark}{}{RESET}  {}  {}\n",
        entry.held.id,
        entry.state.coloured(),
        printable(&about(credential))
    ));
    let children: Vec<&Entry> = chain
        .iter()
        .filter(|other| other.held.id.parent().as_ref() == Some(&entry.held.id))
        .collect();
    let bar = if children.is_empty() { "  " } else { "│ " };
    for line in decision::scopes(&credential.scopes).lines() {
        text.push_str(format!("{rest}{bar}{line}").trim_end());
        text.push('\n');
    }
    for (at, child) in children.iter().enumerate() {
        let last = at + 1 == children.len();
        let (corner, below) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let (first, rest) = (format!("{rest}{corner}"), format!("{rest}{below}"));
        branch(text, child, chain, chosen, &first, &rest);
    }
}

/// `reader for ana in task T-1, until …`
pub(crate) fn about(credential: &Credential) -> String {
    let user = match &credential.user {
        Some(user) => format!(" for {}", user.id),
        None => String::new(),
    };
    let task = match &credential.task {
        Some(task) => format!(" in task {}", task.id),
        None => String::new(),
    };
    format!(
        "{}{user}{task}, until {}",
        credential.agent.id, credential.not_after
    )
}
