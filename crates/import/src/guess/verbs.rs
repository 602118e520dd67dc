//! Which words are verbs, and what they do. Of two verbs the more dangerous counts.

use crate::guess::words::singular;

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
const STRONG: &[(Verb, &str)] = &[
    (
        Verb::Read,
        "analyze browse calculate check compare count crawl describe detect diff download \
         estimate explain extract fetch find get inspect list lookup measure peek poll \
         preview query read recall retrieve scan scrape search show suggest summarize tail \
         validate verify view wait whoami",
    ),
    (
        Verb::Create,
        "add append clone copy create draft duplicate fork generate import insert make new \
         provision register upload",
    ),
    (
        Verb::Update,
        "accept acknowledge activate adjust allow alter amend annotate apply approve \
         archive assign attach ban batch bump cancel change check-in check-out checkout \
         close complete configure customize deactivate decline decrypt delegate deny detach \
         disable disconnect dismiss edit enable encrypt escalate extend favorite finalize \
         follow give grant hide impersonate increment kick lock manage mark merge migrate \
         modify mount move mute override overwrite patch pause pin promote protect put \
         rebase redo reindex reject rename renew reopen reorder replace reply reprioritize \
         reset resize resolve restore resume revert rewrite rotate save schedule set snooze \
         star stash submit subscribe suspend swap switch sync toggle transition unarchive \
         unassign unban unblock undo unfavorite unfollow unhide unlock unmerge unmount \
         unmute unpin unprotect unpublish unresolve unstar unsubscribe unsuspend update \
         upgrade upsert vote watch write",
    ),
    (
        Verb::Send,
        "broadcast forward invite notify publish push send share",
    ),
    (
        Verb::Run,
        "abort call deploy dispatch eval evaluate exec execute install invoke launch reboot \
         reload rerun restart retry rollback run shutdown spawn start stop trigger",
    ),
    (
        Verb::Pay,
        "buy charge disburse pay purchase refund reimburse sell trade transfer withdraw",
    ),
    (
        Verb::Delete,
        "clear delete deprovision deregister destroy discard drop empty erase evict expire \
         expunge flush kill liquidate nuke prune purge remove revoke shred terminate trash \
         truncate uninstall unlist unregister void wipe",
    ),
];

/// Words that are verbs at times and things at others: they count when no other verb does.
const WEAK: &[(Verb, &str)] = &[
    (
        Verb::Read,
        "autocomplete debug geocode help history info map monitor render status tree",
    ),
    (Verb::Create, "comment copy note open post request review"),
    (
        Verb::Update,
        "block book commit convert export format join label leave like link log order react \
         record reserve sign split tag track unlink",
    ),
    (Verb::Send, "email mail message tweet"),
    (Verb::Run, "click fill navigate press shell test"),
    (Verb::Pay, "exercise place"),
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

/// What moves money when it is made.
const MONEY: &[&str] = &[
    "charge",
    "payment",
    "payout",
    "purchase",
    "refund",
    "transfer",
    "withdrawal",
];

/// What a sentence says that something does, if it begins with that: `Deletes a row.`
pub(crate) fn says(sentence: &[String]) -> Option<Verb> {
    let word = sentence.first()?;
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
}

/// The verb of some words, if there is one.
pub(crate) fn verb_of(words: &[String]) -> Option<Verb> {
    let strong = |word: &String| of(STRONG, word);
    let weak = |word: &String| of(WEAK, word);
    let tells = |word: &String| MESSAGES.contains(&word.as_str());
    let moves = |word: &String| MONEY.contains(&singular(word).as_str());
    let either = words
        .iter()
        .any(|word| matches!(word.as_str(), "or" | "and" | "then"));
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
            .or_else(|| words.iter().filter_map(weak).max()),
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
        Some(Verb::Create | Verb::Send | Verb::Run) if words.last().is_some_and(moves) => {
            Some(Verb::Pay)
        }
        found => found,
    }
}

fn of(table: &[(Verb, &str)], word: &str) -> Option<Verb> {
    table
        .iter()
        .find(|(_, words)| words.split(' ').any(|one| one == word))
        .map(|(verb, _)| *verb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guess::words::split;

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
        check("fetch_then_delete", Some(Verb::Delete));
        check("grant_read_access", Some(Verb::Update));
        check("flush_list", Some(Verb::Delete));
        check("convert_to_pdf", Some(Verb::Update));
        check("debug_shell", Some(Verb::Run));
        check("test_email", Some(Verb::Run));
        check("create_refund", Some(Verb::Pay));
        check("create_payment_link", Some(Verb::Create));
        check("list_payments", Some(Verb::Read));
        check("echo", None);
    }
}
