//! Words and signs that people bring along from other languages, and misspelled ones.

use super::part::PartKind;
use crate::grammar::Rule;

/// Operators of other languages and what they are here.
pub(super) const FOREIGN: [(&str, &str, &str); 11] = [
    ("&&", "and", "conditions are joined by `and`"),
    ("||", "or", "alternatives are joined by `or`"),
    ("!", "not", "a condition is negated by `not`"),
    ("<>", "!=", "values differ by `!=`"),
    ("===", "==", "values are compared by `==`"),
    ("!==", "!=", "values differ by `!=`"),
    ("=>", "->", "what a call maps to stands after `->`"),
    ("::", ".", "the parts of a name are joined by `.`"),
    ("\u{2264}", "<=", "written in two characters"),
    ("\u{2265}", ">=", "written in two characters"),
    ("\u{2260}", "!=", "written in two characters"),
];

/// Words of other languages that compare, and what does it here.
pub(super) const COMPARES: [(&str, &str); 10] = [
    ("=>", ">="),
    ("is", "=="),
    ("eq", "=="),
    ("equals", "=="),
    ("ne", "!="),
    ("matches", "like"),
    ("regex", "like"),
    ("includes", "contains"),
    ("has", "contains"),
    ("subsetof", "subset of"),
];

/// Characters that are taken for quotes.
pub(super) const QUOTES: [&str; 8] = [
    "'", "`", "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}", "\u{AB}", "\u{BB}",
];

/// The words that a rule of the grammar can begin with, where they are few.
pub(super) fn words_of(rule: Rule) -> Vec<String> {
    let words: &[&str] = match rule {
        Rule::type_ | Rule::type_name | Rule::type_of => &[
            "bool", "int", "decimal", "text", "time", "duration", "ip", "json", "set", "list",
        ],
        Rule::clause | Rule::clause_entry => PartKind::Clause.words(),
        Rule::setup | Rule::step | Rule::test_entry => PartKind::Step.words(),
        Rule::group_kind => &["agents", "users", "actions"],
        Rule::facts_of => &["agent", "user", "task", "context", "resource"],
        Rule::key => &["task", "credential", "chain", "agent", "user"],
        Rule::select => &["tool", "action", "resource", "outcome", "per"],
        Rule::moment => &["at"],
        Rule::timing => &["fixed"],
        Rule::from_request => &["from"],
        Rule::cmp_op => &["in", "like", "contains", "within", "subset"],
        Rule::claim_body => PartKind::Claim.words(),
        Rule::per_call => &["per"],
        Rule::default_grant => &["default"],
        Rule::expect => &["row", "yes", "no", "depends", "grant", "narrowed", "deny"],
        Rule::tool_part => PartKind::Tool.words(),
        Rule::duty => PartKind::Duty.words(),
        _ => {
            let name = format!("{rule:?}");
            return name
                .strip_prefix("kw_")
                .map(str::to_owned)
                .into_iter()
                .collect();
        }
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Words of other policy languages and what they are here.
const SYNONYMS: &[(&str, &str)] = &[
    ("allow", "grant"),
    ("permit", "grant"),
    ("forbid", "deny"),
    ("block", "deny"),
    ("reject", "deny"),
    ("if", "when"),
    ("where", "when"),
    ("except", "unless"),
    ("principal", "agent"),
    ("subject", "agent"),
    ("actor", "agent"),
    ("on", "resource"),
    ("path", "resource"),
    ("verb", "action"),
    ("expires", "for"),
    ("ttl", "for"),
    ("depth", "delegate"),
    ("approve", "approval"),
    ("role", "group"),
    ("attributes", "facts"),
    ("define", "let"),
    ("const", "let"),
    ("server", "tool"),
    ("fn", "function"),
    ("func", "function"),
    ("string", "text"),
    ("boolean", "bool"),
    ("array", "list"),
    ("str", "text"),
    ("integer", "int"),
    ("number", "decimal"),
    ("float", "decimal"),
    ("date", "time"),
    ("datetime", "time"),
    ("timestamp", "time"),
    ("denied", "deny"),
    ("granted", "grant"),
    ("refused", "deny"),
    ("maybe", "depends"),
];

/// The one of `words` that was meant by `word`, if it is a misspelling of one or what
/// another language calls it.
pub(super) fn closest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    if words.contains(&word) {
        return None;
    }
    let lower = word.to_lowercase();
    let known = |word: &str| words.iter().copied().find(|known| *known == word);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == lower);
    if let Some(meant) = synonym.and_then(|(_, ours)| known(ours)) {
        return Some(meant);
    }
    if word.len() < 3 || word.len() > 20 {
        return None;
    }
    // Short words are close to everything.
    let near = |known: &str| match known.len() {
        0..=2 => 0,
        3..=7 => 1,
        _ => 2,
    };
    words
        .iter()
        .map(|known| (strsim::osa_distance(&lower, known), *known))
        .filter(|(distance, known)| *distance <= near(known))
        .min()
        .map(|(_, known)| known)
}
