//! A record as it is read back.

use std::fmt;
use std::path::PathBuf;

use placet_model::json::{Fields, Json};
use placet_model::value::Time;
use placet_model::wire::read_json;
use smol_str::SmolStr;

use super::Link;
use super::line::Line;
use super::show::shown;

/// A record of a log. What it says is what the log says: verify the log first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// When.
    pub time: Time,
    /// What: `call`, `issue`, …
    pub event: SmolStr,
    /// Whether it was granted, for what is decided.
    pub granted: Option<bool>,
    /// Why.
    pub reason: Option<SmolStr>,
    /// Who acted, or is to hold what is issued.
    pub agent: Option<SmolStr>,
    /// Who delegated.
    pub by: Option<SmolStr>,
    /// For whom.
    pub user: Option<SmolStr>,
    /// In which task.
    pub task: Option<SmolStr>,
    /// Under which credential.
    pub credential: Option<SmolStr>,
    /// The chain, root first.
    pub chain: Vec<Link>,
    /// The function, for a call.
    pub tool: Option<SmolStr>,
    /// The whole record.
    pub json: Json,
    /// The segment that it stands in.
    pub file: PathBuf,
    /// The line there, from 1.
    pub line: u64,
}

impl Record {
    /// Reads a line; `None` when it is no record.
    pub(super) fn read(bytes: &[u8], file: PathBuf, number: u64) -> Option<Self> {
        let line = Line::parse(bytes)?;
        let (seq, event) = (line.seq, line.event.into());
        let Ok(Ok(json)) = read_json(bytes) else {
            return None;
        };
        let text = |key| text(&json, key);
        let granted = text("decision").map(|decision| decision == "grant");
        let time = Time::parse(&text("time")?)?;
        let chain = list(&json, "chain")
            .iter()
            .map(|link| Link {
                credential: self::text(link, "credential").unwrap_or_default(),
                agent: self::text(link, "agent").unwrap_or_default(),
            })
            .collect();
        Some(Self {
            seq,
            time,
            event,
            granted,
            reason: text("reason"),
            agent: text("agent"),
            by: text("by"),
            user: text("user"),
            task: text("task"),
            credential: text("credential"),
            chain,
            tool: text("tool"),
            json,
            file,
            line: number,
        })
    }

    /// What a call does, to what: actions and resources.
    #[must_use]
    pub fn requests(&self) -> Vec<(SmolStr, SmolStr)> {
        list(&self.json, "requests")
            .iter()
            .filter_map(|one| Some((text(one, "action")?, text(one, "resource")?)))
            .collect()
    }

    /// The rules that decided.
    #[must_use]
    pub fn rules(&self) -> Vec<SmolStr> {
        list(&self.json, "rules")
            .iter()
            .filter_map(|rule| match rule {
                Json::String(rule) => Some(rule.clone()),
                _ => None,
            })
            .collect()
    }

    /// Of a revocation: what kind of thing was revoked (`credential`, `task`, `agent`,
    /// `user`, `policy`, `issued_before`, `services_but`), which, by whom, and why.
    #[must_use]
    pub fn revoked(&self) -> Option<Revoking> {
        const KINDS: [&str; 7] = [
            "credential",
            "task",
            "agent",
            "user",
            "policy",
            "issued_before",
            "services_but",
        ];
        let of = member(&self.json, "revocation")?;
        KINDS.into_iter().find_map(|kind| {
            Some(Revoking {
                kind,
                of: text(of, kind)?,
                by: text(of, "by").unwrap_or_default(),
                reason: text(of, "reason").unwrap_or_default(),
            })
        })
    }

    /// The scopes of an issuance or delegation that were asked for or issued.
    pub(super) fn scopes(&self, key: &str) -> &[Json] {
        list(&self.json, key)
    }
}

/// What a record of a revocation tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoking {
    /// What kind of thing.
    pub kind: &'static str,
    /// Which.
    pub of: SmolStr,
    /// Who revoked it.
    pub by: SmolStr,
    /// Why.
    pub reason: SmolStr,
}

/// One line for people: time, event, answer, who for whom, what, by which rules; two
/// spaces between. Nothing in it moves a cursor.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![self.time.to_string(), self.event.to_string()];
        let reason = self.reason.as_deref().unwrap_or_default();
        match self.granted {
            Some(true) => parts.push("granted".to_owned()),
            Some(false) => parts.push(format!("denied {reason}")),
            None => {}
        }
        if let Some(agent) = &self.agent {
            let user = self.user.as_ref().map(|user| format!(" for {user}"));
            let by = self.by.as_ref().map(|by| format!(", from {by}"));
            parts.push(format!(
                "{agent}{}{}",
                user.unwrap_or_default(),
                by.unwrap_or_default()
            ));
        }
        parts.extend(self.tool.iter().map(ToString::to_string));
        parts.extend(self.what());
        let rules = self.rules();
        if !rules.is_empty() {
            parts.push(format!("by {}", few(rules.iter().map(ToString::to_string))));
        }
        f.write_str(&shown(&parts.join("  ")))
    }
}

impl Record {
    /// What it is about, in a few words.
    fn what(&self) -> Option<String> {
        let requests = self.requests();
        if !requests.is_empty() {
            let requests = requests
                .iter()
                .map(|(action, resource)| format!("{action} {resource}"));
            return Some(few(requests));
        }
        let key = if self.granted == Some(true) {
            "issued"
        } else {
            "asked"
        };
        let scopes = self.scopes(key);
        if !scopes.is_empty() {
            let scopes = few(scopes.iter().map(scope));
            return Some(match &self.credential {
                Some(id) if self.granted == Some(true) => format!("{id}  {scopes}"),
                _ => scopes,
            });
        }
        if let Some(Revoking {
            kind,
            of,
            by,
            reason,
        }) = self.revoked()
        {
            return Some(format!("{kind} {of}  by {by}: {reason}"));
        }
        if let Some(assent) = member(&self.json, "assent") {
            let by = text(assent, "by").unwrap_or_default();
            let what = match member(assent, "scope") {
                Some(of) => scope(of),
                None => format!("call {}", text(assent, "call").unwrap_or_default()),
            };
            return Some(format!("{by} to {what}"));
        }
        let told = |key: &str| Some(words(member(&self.json, key)?));
        match self.event.as_str() {
            "settle" => Some(format!("call {} {}", told("number")?, told("outcome")?)),
            "recover" => Some(format!("{} bytes were cut off", told("cut_bytes")?)),
            "move" => told("why"),
            "checkpoint" => told("kid"),
            _ => None,
        }
    }
}

pub(super) fn member<'j>(json: &'j Json, key: &str) -> Option<&'j Json> {
    let Json::Object(fields) = json else {
        return None;
    };
    let fields: &Fields = fields;
    fields
        .iter()
        .find_map(|(name, value)| (name == key).then_some(value))
}

pub(super) fn text(json: &Json, key: &str) -> Option<SmolStr> {
    match member(json, key)? {
        Json::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn list<'j>(json: &'j Json, key: &str) -> &'j [Json] {
    match member(json, key) {
        Some(Json::Array(members)) => members,
        _ => &[],
    }
}

/// `zendesk read ticket/**`
fn scope(scope: &Json) -> String {
    let told = |key| member(scope, key).map(words).unwrap_or_default();
    format!("{} {} {}", told("tool"), told("action"), told("resource"))
}

fn words(json: &Json) -> String {
    match json {
        Json::String(text) | Json::Number(text) => text.to_string(),
        Json::Array(members) => members.iter().map(words).collect::<Vec<String>>().join(","),
        _ => String::new(),
    }
}

/// The first few of many.
fn few(all: impl ExactSizeIterator<Item = String>) -> String {
    const FEW: usize = 3;
    let more = all.len().saturating_sub(FEW);
    let mut text = all.take(FEW).collect::<Vec<String>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
