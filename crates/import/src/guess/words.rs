//! Names to words.

use std::collections::BTreeMap;

/// The words of a name, in lower case: parted at everything that is no letter or digit, and
/// where a capital begins a word.
pub(crate) fn split(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The words of a tool's name, where two words that name one thing are one.
pub(crate) fn of_tool(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in split(name) {
        match words.last_mut() {
            Some(last)
                if matches!(last.as_str(), "merge" | "pull") && singular(&word) == "request" =>
            {
                *last = format!("{last}-request");
            }
            // Who checks in looks nothing up.
            Some(last) if last == "check" && matches!(word.as_str(), "in" | "out") => {
                *last = format!("{last}-{word}");
            }
            _ => words.push(word),
        }
    }
    words
}

/// Words as one segment: the ASCII of them, joined by hyphens; empty when there is none.
pub(crate) fn kebab(words: &[String]) -> String {
    let ascii = words.iter().map(|word| {
        let letters = word
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-');
        letters.collect::<String>()
    });
    let ascii: Vec<String> = ascii.filter(|word| !word.is_empty()).collect();
    ascii.join("-")
}

/// One of several things.
pub(crate) fn singular(word: &str) -> String {
    let ends = |end: &str| word.len() > end.len() + 1 && word.ends_with(end);
    let but = |end: &str, by: &str| {
        let stem = word.strip_suffix(end).unwrap_or(word);
        format!("{stem}{by}")
    };
    match word {
        "news" | "status" | "series" | "sms" | "dns" | "https" | "aws" | "address" | "access"
        | "analysis" | "analytics" | "kudos" | "settings" | "details" => word.to_owned(),
        "statuses" => "status".to_owned(),
        _ if ends("ies") => but("ies", "y"),
        _ if ends("sses") || ends("xes") || ends("ches") || ends("shes") => but("es", ""),
        _ if ends("ss") || ends("us") || ends("is") => word.to_owned(),
        _ if ends("s") => but("s", ""),
        _ => word.to_owned(),
    }
}

/// The word with which most names of a server begin, as in `slack_post_message`; it says nothing
/// of a single tool.
pub(crate) fn shared_prefix<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = 0;
    for name in names {
        all += 1;
        let words = split(name);
        if let (Some(first), true) = (words.first(), words.len() > 1) {
            *counts.entry(first.clone()).or_default() += 1;
        }
    }
    let (word, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let verb = super::verb_of(std::slice::from_ref(&word)).is_some();
    (!verb && count > 1 && count * 5 >= all * 3).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_words() {
        let check = |name: &str, words: &str| assert_eq!(split(name).join(" "), words);
        check("get_file_contents", "get file contents");
        check("API-post-page", "api post page");
        check("createPullRequest", "create pull request");
        check("getHTTPUrl2", "get http url2");
        check("d1_list", "d1 list");
        check("__", "");
        check("ÜberTool", "über tool");
    }

    #[test]
    fn two_words_name_one_thing() {
        assert_eq!(
            of_tool("merge_merge_requests").join(" "),
            "merge merge-request"
        );
        assert_eq!(
            of_tool("createPullRequest").join(" "),
            "create pull-request"
        );
        assert_eq!(of_tool("check_in_guest").join(" "), "check-in guest");
    }

    #[test]
    fn one_of_several() {
        let check = |many: &str, one: &str| assert_eq!(singular(many), one);
        check("issues", "issue");
        check("entities", "entity");
        check("branches", "branch");
        check("address", "address");
        check("status", "status");
        check("s", "s");
    }

    #[test]
    fn a_prefix_that_most_names_share_says_nothing() {
        let check = |names: &[&str], prefix: Option<&str>| {
            let found = shared_prefix(names.iter().copied());
            assert_eq!(found.as_deref(), prefix);
        };
        check(&["slack_post", "slack_list", "slack_get"], Some("slack"));
        check(&["get_a", "list_b", "slack"], None);
        check(&["get_a", "get_b", "get_c"], None);
        check(&["only_one"], None);
    }
}
