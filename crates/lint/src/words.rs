//! What actions are, by their names and groups: whether they destroy, read, send or pay.

use placet_model::ids::ActionId;
use placet_model::policy::Policy;

use crate::config::{Config, Words};

/// A kind of actions that rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It cannot be taken back.
    Destructive,
    /// It changes nothing.
    Reading,
    /// Something leaves for where strangers are.
    Sending,
    /// Money moves.
    Paying,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::Destructive,
        Self::Reading,
        Self::Sending,
        Self::Paying,
    ];

    /// As it is written in configuration.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Destructive => "destructive",
            Self::Reading => "reading",
            Self::Sending => "sending",
            Self::Paying => "paying",
        }
    }

    /// The words when nobody says otherwise: of actions, and of groups of actions.
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Destructive => &[
                "delete",
                "destroy",
                "drop",
                "erase",
                "irreversible",
                "purge",
                "shred",
                "terminate",
                "truncate",
                "wipe",
                "destructive",
            ],
            Self::Reading => &[
                "browse", "check", "count", "describe", "download", "fetch", "find", "get",
                "inspect", "list", "look", "measure", "open", "plan", "preview", "query", "read",
                "reads", "recall", "reading", "search", "show", "status", "view", "watch",
            ],
            Self::Sending => &[
                "broadcast",
                "email",
                "forward",
                "invite",
                "mail",
                "outbound",
                "outgoing",
                "outward",
                "post",
                "publish",
                "reply",
                "send",
                "sending",
                "share",
                "tweet",
                "upload",
            ],
            Self::Paying => &[
                "buy", "charge", "money", "pay", "paying", "payments", "payout", "purchase",
                "refund", "remit", "spend", "transfer", "withdraw",
            ],
        }
    }
}

/// Whether an action is of a kind: by its name, by the first word of its name, or by a group.
pub(crate) fn is(policy: &Policy, words: Words<'_>, action: ActionId) -> bool {
    let Some(action) = policy.actions.get(action.index()) else {
        return false;
    };
    let in_group = |word: &str| {
        let groups = action.groups.iter();
        let mut groups = groups.filter_map(|group| policy.groups.get(group.index()));
        groups.any(|group| group.name == word)
    };
    words.any(|word| starts_with_word(&action.name, word) || in_group(word))
}

/// Whether a name is a word of some kind.
pub(crate) fn is_word(config: &Config, name: &str) -> bool {
    let mut kinds = Kind::ALL.into_iter();
    kinds.any(|kind| config.words(kind).any(|word| word == name))
}

/// Whether a name begins with one of the words.
pub(crate) fn begins(words: Words<'_>, name: &str) -> bool {
    words.any(|word| starts_with_word(name, word))
}

/// Whether a name is a word, or begins with it: `delete`, `delete-branch`, `delete_repo`,
/// `deleteRepo`.
pub(crate) fn starts_with_word(name: &str, word: &str) -> bool {
    let Some((first, rest)) = name.split_at_checked(word.len()) else {
        return false;
    };
    let capital = rest.starts_with(char::is_uppercase) && !first.ends_with(char::is_uppercase);
    first.eq_ignore_ascii_case(word) && (rest.is_empty() || rest.starts_with(['-', '_']) || capital)
}

#[cfg(test)]
mod tests {
    use super::starts_with_word;

    #[test]
    fn names_begin_with_whole_words() {
        for name in [
            "delete",
            "Delete",
            "DELETE",
            "delete-it",
            "delete_it",
            "deleteIt",
            "DeleteIt",
        ] {
            assert!(starts_with_word(name, "delete"), "{name}");
        }
        for name in [
            "",
            "del",
            "deleted",
            "DELETED",
            "undelete",
            "delet\u{e9}",
            "soft-delete",
        ] {
            assert!(!starts_with_word(name, "delete"), "{name}");
        }
    }
}
