//! Which verb a tool is: from its name, then from what is said of it. Where the evidence
//! disagrees the more dangerous wins, and a person is asked.

use crate::claims::Claims;
use crate::clean::one_line;
use crate::guess::words::split;
use crate::ty::{Field, Type, is_plain};

/// What a call does, from the least dangerous to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    /// Changes nothing.
    Read,
    /// Adds something.
    Create,
    /// Changes what is there.
    Update,
    /// Tells somebody outside.
    Send,
    /// Makes something run, whatever that does.
    Run,
    /// Moves money.
    Pay,
    /// Takes something away.
    Delete,
}

impl Verb {
    pub(crate) const ALL: [Self; 7] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Send,
        Self::Run,
        Self::Pay,
        Self::Delete,
    ];

    /// The name of the action.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Send => "send",
            Self::Run => "run",
            Self::Pay => "pay",
            Self::Delete => "delete",
        }
    }
}

/// Words that are verbs wherever they stand first.
const STRONG: &[(Verb, &[&str])] = &[
    (
        Verb::Read,
        &[
            "analyze",
            "browse",
            "calculate",
            "check",
            "compare",
            "count",
            "crawl",
            "describe",
            "detect",
            "diff",
            "download",
            "estimate",
            "explain",
            "extract",
            "fetch",
            "find",
            "get",
            "inspect",
            "list",
            "lookup",
            "measure",
            "peek",
            "poll",
            "preview",
            "query",
            "read",
            "recall",
            "retrieve",
            "scan",
            "scrape",
            "search",
            "show",
            "suggest",
            "summarize",
            "tail",
            "validate",
            "verify",
            "view",
            "wait",
            "whoami",
        ],
    ),
    (
        Verb::Create,
        &[
            "add",
            "append",
            "clone",
            "copy",
            "create",
            "draft",
            "duplicate",
            "fork",
            "generate",
            "import",
            "insert",
            "make",
            "new",
            "provision",
            "register",
            "upload",
        ],
    ),
    (
        Verb::Update,
        &[
            "accept",
            "acknowledge",
            "apply",
            "approve",
            "archive",
            "assign",
            "attach",
            "batch",
            "cancel",
            "change",
            "close",
            "complete",
            "configure",
            "customize",
            "decline",
            "detach",
            "disable",
            "dismiss",
            "edit",
            "enable",
            "favorite",
            "follow",
            "lock",
            "manage",
            "mark",
            "merge",
            "modify",
            "move",
            "mute",
            "patch",
            "pause",
            "pin",
            "promote",
            "protect",
            "put",
            "rebase",
            "reject",
            "rename",
            "reopen",
            "reorder",
            "replace",
            "reply",
            "reprioritize",
            "reset",
            "resize",
            "resolve",
            "restore",
            "resume",
            "rotate",
            "save",
            "schedule",
            "set",
            "star",
            "submit",
            "subscribe",
            "swap",
            "switch",
            "sync",
            "toggle",
            "transition",
            "unarchive",
            "unassign",
            "unfollow",
            "unfavorite",
            "unlock",
            "unmerge",
            "unmute",
            "unpin",
            "unprotect",
            "unresolve",
            "unstar",
            "unsubscribe",
            "update",
            "upgrade",
            "upsert",
            "watch",
            "write",
        ],
    ),
    (
        Verb::Send,
        &[
            "broadcast",
            "forward",
            "invite",
            "notify",
            "publish",
            "push",
            "send",
            "share",
        ],
    ),
    (
        Verb::Run,
        &[
            "call", "deploy", "dispatch", "eval", "evaluate", "exec", "execute", "install",
            "invoke", "launch", "restart", "retry", "rollback", "run", "spawn", "start", "stop",
            "trigger",
        ],
    ),
    (
        Verb::Pay,
        &[
            "buy", "charge", "pay", "purchase", "refund", "sell", "trade", "transfer", "withdraw",
        ],
    ),
    (
        Verb::Delete,
        &[
            "clear",
            "delete",
            "destroy",
            "discard",
            "drop",
            "erase",
            "kill",
            "liquidate",
            "prune",
            "purge",
            "remove",
            "revoke",
            "terminate",
            "trash",
            "uninstall",
            "wipe",
        ],
    ),
];

/// Words that are verbs at times and things at others: they count when no other verb does.
const WEAK: &[(Verb, &[&str])] = &[
    (
        Verb::Read,
        &[
            "autocomplete",
            "convert",
            "debug",
            "export",
            "geocode",
            "help",
            "history",
            "info",
            "map",
            "monitor",
            "render",
            "status",
            "test",
            "tree",
        ],
    ),
    (
        Verb::Create,
        &[
            "comment", "copy", "note", "open", "post", "request", "review",
        ],
    ),
    (
        Verb::Update,
        &[
            "format", "label", "link", "order", "split", "tag", "track", "unlink",
        ],
    ),
    (Verb::Send, &["email", "mail", "message", "tweet"]),
    (Verb::Run, &["click", "fill", "navigate", "press", "shell"]),
    (Verb::Pay, &["exercise", "place"]),
];

/// Whether a word is a verb wherever it stands first.
pub(crate) fn is_verb(word: &str) -> bool {
    of(STRONG, word).is_some()
}

/// What is told to somebody when it is made.
const MESSAGES: &[&str] = &[
    "dm",
    "email",
    "invitation",
    "invite",
    "mail",
    "message",
    "messages",
    "notification",
    "sms",
    "tweet",
];

/// A guess, with what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) verb: Verb,
    /// What a person must decide.
    pub(crate) doubt: Option<String>,
}

/// Guesses what a tool does.
pub(crate) fn guess(words: &[String], description: &str, claims: Claims) -> Guess {
    let name = verb_of(words);
    let claimed = claims.read_only;
    let (verb, doubt) = match name {
        Some(Verb::Read) if claimed == Some(false) && claims.destructive == Some(true) => (
            Verb::Update,
            Some("the name says that it reads, and the server claims that it destroys".to_owned()),
        ),
        Some(Verb::Read) if claimed == Some(false) => (
            Verb::Read,
            Some(
                "the name says that it reads, and the server claims that it changes something"
                    .to_owned(),
            ),
        ),
        Some(verb) if verb != Verb::Read && claimed == Some(true) => (
            verb,
            Some(format!(
                "the name says `{}`, and the server claims that it only reads",
                verb.name()
            )),
        ),
        Some(Verb::Delete) if claims.destructive == Some(false) => (
            Verb::Delete,
            Some(
                "the name says `delete`, and the server claims that it destroys nothing".to_owned(),
            ),
        ),
        Some(verb) => (verb, None),
        None => described(description, claims),
    };
    Guess { verb, doubt }
}

/// What is said of a tool whose name has no verb: nothing but the server's word.
fn described(description: &str, claims: Claims) -> (Verb, Option<String>) {
    let said = split(&one_line(description));
    let verb = said.first().and_then(|word| {
        let stems = [
            Some(word.as_str()),
            word.strip_suffix('s'),
            word.strip_suffix("es"),
            word.strip_suffix("ing"),
        ];
        stems
            .into_iter()
            .flatten()
            .find_map(|stem| of(STRONG, stem))
    });
    match (verb, claims.read_only) {
        (Some(Verb::Read) | None, Some(true)) => (
            Verb::Read,
            Some("nothing but the server's claim says that it only reads".to_owned()),
        ),
        (Some(Verb::Read), None) => (
            Verb::Read,
            Some("nothing but its description says that it reads".to_owned()),
        ),
        (Some(verb), _) if verb != Verb::Read => (
            verb,
            Some(format!(
                "nothing but its description says that it is `{}`",
                verb.name()
            )),
        ),
        _ => (
            Verb::Run,
            Some("neither its name nor the server says what it does: name the action".to_owned()),
        ),
    }
}

/// The verb of some words, if there is one.
pub(crate) fn verb_of(words: &[String]) -> Option<Verb> {
    let strong = |word: &String| of(STRONG, word);
    let weak = |word: &String| of(WEAK, word);
    let tells = |word: &String| MESSAGES.contains(&word.as_str());
    let either = words
        .iter()
        .any(|word| matches!(word.as_str(), "or" | "and"));
    let first = words.iter().take(3).find_map(strong);
    let found = match first {
        // `create_or_update_file` does the worse of the two.
        Some(_) if either => words.iter().filter_map(strong).max(),
        // What is taken away is never hidden behind another word: `batch_delete`.
        Some(first)
            if words
                .iter()
                .filter_map(strong)
                .any(|verb| verb == Verb::Delete) =>
        {
            Some(first.max(match first {
                Verb::Read => Verb::Read,
                _ => Verb::Delete,
            }))
        }
        Some(first) => Some(first),
        // `issue_read`, `worker_list`.
        None => words
            .last()
            .and_then(strong)
            .or_else(|| words.iter().find_map(strong))
            .or_else(|| words.first().and_then(weak))
            .or_else(|| words.iter().find_map(weak)),
    };
    match found {
        Some(Verb::Create) if words.iter().skip(1).any(tells) => {
            // To draft a message tells nobody.
            let kept = words
                .iter()
                .any(|word| matches!(word.as_str(), "draft" | "label" | "template"));
            Some(if kept { Verb::Create } else { Verb::Send })
        }
        Some(Verb::Update) if words.iter().any(|word| word == "reply") => Some(Verb::Send),
        found => found,
    }
}

fn of(table: &[(Verb, &[&str])], word: &str) -> Option<Verb> {
    table
        .iter()
        .find(|(_, words)| words.contains(&word))
        .map(|(verb, _)| *verb)
}

/// The names of parameters that choose an operation.
const CHOOSERS: &[&str] = &[
    "action",
    "cmd",
    "command",
    "method",
    "mode",
    "op",
    "operation",
    "operator",
];

/// How a parameter chooses what a tool does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Each verb with the members that mean it.
    Members(String, Vec<(Verb, Vec<String>)>),
    /// Any text may choose, and nobody can tell what.
    AnyText(String),
}

/// Whether a parameter chooses the operation; what the name of the tool says counts for members
/// that say nothing.
pub(crate) fn choices(fields: &[Field], otherwise: Verb) -> Option<Choice> {
    let chooses = |field: &&Field| {
        let words = split(&field.name);
        let surely = field.default.is_some() || !field.optional;
        let named = words
            .last()
            .is_some_and(|word| CHOOSERS.contains(&word.as_str()));
        surely && named && words.len() <= 2 && is_plain(&field.name)
    };
    let field = fields.iter().find(chooses)?;
    let name = field.name.to_string();
    let members = match &field.ty {
        Type::Enum(members) => members,
        Type::Text if otherwise != Verb::Read => return Some(Choice::AnyText(name)),
        _ => return None,
    };
    let mut by_verb: Vec<(Verb, Vec<String>)> = Vec::new();
    for member in members {
        let verb = verb_of(&split(member)).unwrap_or(otherwise);
        match by_verb.iter_mut().find(|(known, _)| *known == verb) {
            Some((_, list)) => list.push(member.to_string()),
            None => by_verb.push((verb, vec![member.to_string()])),
        }
    }
    by_verb.sort();
    (by_verb.len() > 1).then_some(Choice::Members(name, by_verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_tools_do() {
        let check =
            |name: &str, verb: Option<Verb>| assert_eq!(verb_of(&split(name)), verb, "{name}");
        check("get_file_contents", Some(Verb::Read));
        check("issue_read", Some(Verb::Read));
        check("API-post-search", Some(Verb::Read));
        check("API-post-page", Some(Verb::Create));
        check("create_or_update_file", Some(Verb::Update));
        check("batch_delete_emails", Some(Verb::Delete));
        check("get_deleted_items", Some(Verb::Read));
        check("slack_post_message", Some(Verb::Send));
        check("slack_reply_to_thread", Some(Verb::Send));
        check("draft_email", Some(Verb::Create));
        check("resolve_thread", Some(Verb::Update));
        check("create_draft_email", Some(Verb::Create));
        check("kv_put", Some(Verb::Update));
        check("add_comment", Some(Verb::Create));
        check("place_stock_order", Some(Verb::Pay));
        check("place_order", Some(Verb::Pay));
        check("execute_sql", Some(Verb::Run));
        check("search_and_replace", Some(Verb::Update));
        check("echo", None);
    }
}
