//! What the parameters of a tool name, by their names and types.

use crate::guess::Verb;
use crate::guess::words::{kebab, singular, split};
use crate::ty::{Field, Type, is_plain};

/// What a parameter names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An address on the web.
    Url,
    /// A place in a file system, or in a repository.
    Path,
    /// Somebody to write to.
    Email,
    /// One thing of a kind; the kind is empty for the one that the tool is about.
    Thing(String),
}

/// What a parameter names, if it names something.
pub(super) fn role(field: &Field, verb: Verb, tool: &[String]) -> Option<Role> {
    let words = split(&field.name);
    let last = words.last().map(String::as_str)?;
    let hole = is_plain(&field.name)
        && !matches!(
            field.name.as_str(),
            "and" | "or" | "not" | "in" | "has" | "true" | "false"
        );
    if !hole {
        return None;
    }
    let one = match &field.ty {
        Type::List(inner) => inner,
        ty => ty,
    };
    let text = *one == Type::Text;
    if text && is_email(&words, last, field, tool) {
        // Copies go to somebody, too, if there are any.
        let sends = verb != Verb::Read;
        return (sends && (!field.may_be_absent() || verb == Verb::Send)).then_some(Role::Email);
    }
    if field.may_be_absent() && field.default.is_none() {
        return None;
    }
    if text && matches!(last, "url" | "urls" | "link" | "links" | "href" | "website") {
        return Some(Role::Url);
    }
    if text && is_path(&words, last, tool) {
        return Some(Role::Path);
    }
    let names = matches!(one, Type::Text | Type::Int | Type::Decimal | Type::Enum(_));
    match names && field.default.is_none() {
        true => thing(&words, last, verb, tool).map(Role::Thing),
        false => None,
    }
}

fn is_email(words: &[String], last: &str, field: &Field, tool: &[String]) -> bool {
    let said = field.about.to_ascii_lowercase();
    let mail = |word: &String| matches!(word.as_str(), "email" | "emails" | "mail" | "gmail");
    let speaks = said.contains("email") || said.contains("e-mail") || tool.iter().any(mail);
    let named = matches!(last, "email" | "emails")
        || (words.iter().any(|word| word == "email") && matches!(last, "address" | "addresses"));
    let somebody = match last {
        // `in_reply_to` is a message.
        "to" | "cc" | "bcc" => words.len() == 1,
        "recipient" | "recipients" | "attendees" | "invitees" => true,
        _ => false,
    };
    named || (somebody && speaks)
}

fn is_path(words: &[String], last: &str, tool: &[String]) -> bool {
    let of_files = |word: &String| {
        matches!(
            singular(word).as_str(),
            "file" | "directory" | "folder" | "path"
        )
    };
    match last {
        "source" | "src" | "destination" | "dest" | "dst" | "target" => tool.iter().any(of_files),
        "path" | "paths" | "filepath" | "filepaths" | "filename" | "filenames" | "pathname" => {
            // `json_path` and `x_path` lead through documents.
            !words
                .iter()
                .any(|word| matches!(word.as_str(), "json" | "x" | "xml" | "key" | "field"))
        }
        "directory" | "dir" | "file" | "files" => true,
        "name" => words.iter().any(|word| word == "file"),
        _ => false,
    }
}

/// Which kind of thing a parameter names; `Some("")` is what the tool is about.
fn thing(words: &[String], last: &str, verb: Verb, tool: &[String]) -> Option<String> {
    const MARKS: &[&str] = &[
        "gid", "guid", "handle", "id", "ids", "iid", "key", "keys", "number", "sha", "slug", "uid",
        "uuid",
    ];
    const KINDS: &[&str] = &[
        "account",
        "bank",
        "board",
        "branch",
        "bucket",
        "calendar",
        "channel",
        "collection",
        "customer",
        "database",
        "dataset",
        "document",
        "domain",
        "environment",
        "folder",
        "group",
        "iban",
        "invoice",
        "issue",
        "label",
        "namespace",
        "org",
        "organization",
        "owner",
        "project",
        "queue",
        "recipient",
        "repo",
        "repository",
        "room",
        "schema",
        "server",
        "sheet",
        "site",
        "space",
        "spreadsheet",
        "symbol",
        "table",
        "team",
        "tenant",
        "ticker",
        "ticket",
        "topic",
        "user",
        "username",
        "vault",
        "worker",
        "workspace",
        "zone",
    ];
    // These count or order things, or let somebody in, and name none.
    const NOT: &[&str] = &[
        "access",
        "api",
        "client",
        "column",
        "end",
        "idempotency",
        "line",
        "max",
        "min",
        "offset",
        "page",
        "request",
        "row",
        "secret",
        "sort",
        "start",
        "version",
    ];
    let (rest, marked) = match words.split_last() {
        Some((_, rest)) if MARKS.contains(&last) => (rest, true),
        Some((_, rest)) if last == "name" && !rest.is_empty() => (rest, true),
        _ => (words, false),
    };
    if rest.iter().any(|word| NOT.contains(&word.as_str())) {
        return None;
    }
    if marked {
        if rest.is_empty() {
            return Some(String::new());
        }
        let people = [
            "first", "last", "full", "display", "middle", "event", "new", "nick",
        ];
        if last == "name" && rest.iter().any(|word| people.contains(&word.as_str())) {
            return None;
        }
        return Some(kind(rest));
    }
    match last {
        // What is made is not there yet.
        "name" | "identifier" => (verb != Verb::Create).then(String::new),
        "to" if verb == Verb::Send => Some("recipient".to_owned()),
        _ if KINDS.contains(&singular(last).as_str()) => Some(kind(words)),
        // `delete_entity(entity)`
        _ if words.len() == 1 && tool.iter().any(|word| singular(word) == singular(last)) => {
            let says = [
                "body",
                "code",
                "comment",
                "config",
                "content",
                "description",
                "message",
                "milestone",
                "query",
                "service",
                "state",
                "status",
                "text",
                "title",
                "type",
                "value",
            ];
            (verb != Verb::Create && !says.contains(&last)).then(|| kind(words))
        }
        _ => None,
    }
}

/// Words before a name that say which of two things is meant, and not of what kind it is.
const SIDES: &[&str] = &[
    "base",
    "dest",
    "destination",
    "from",
    "new",
    "old",
    "other",
    "parent",
    "related",
    "source",
    "src",
    "target",
    "to",
];

fn kind(words: &[String]) -> String {
    let kept: Vec<String> = words
        .iter()
        .filter(|word| words.len() == 1 || !SIDES.contains(&word.as_str()))
        .cloned()
        .collect();
    let mut kept = if kept.is_empty() {
        words.to_vec()
    } else {
        kept
    };
    if let Some(last) = kept.last_mut() {
        *last = match singular(last).as_str() {
            "repository" => "repo".to_owned(),
            "organization" => "org".to_owned(),
            one => one.to_owned(),
        };
    }
    named(&kebab(&kept))
}

/// A name of a kind of things that means nothing else in a resource.
pub(super) fn named(kind: &str) -> String {
    match kind {
        // `email/…` is what addresses make.
        "email" => "mail".to_owned(),
        kind => kind.to_owned(),
    }
}
