//! Names, strings and literals.

use std::fmt::Write as _;

use crate::value::Value;

/// Words that would read as something else where a name stands.
const RESERVED: [&str; 12] = [
    "all", "and", "any", "false", "has", "in", "none", "not", "or", "some", "true", "where",
];

pub(super) fn name(name: &str) -> String {
    if is_identifier(name) && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// A word after a dot, or a field: keywords are words there.
pub(super) fn word(word: &str) -> String {
    if is_identifier(word) {
        word.to_owned()
    } else {
        string(word)
    }
}

fn is_identifier(text: &str) -> bool {
    let starts = text
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let fits = text
        .chars()
        .all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-');
    starts && fits && !text.ends_with('-') && !text.contains("--")
}

pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            char if char.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => string(text),
        Value::Time(time) => string(&time.to_string()),
        Value::Duration(duration) => duration.to_string(),
        Value::Ip(address) => string(&address.to_string()),
        Value::Network(network) => string(&network.to_string()),
        Value::Set(members) | Value::List(members) => {
            let members: Vec<String> = members.iter().map(self::value).collect();
            format!("[{}]", members.join(", "))
        }
        Value::Record(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Record(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{} = {}", word(name), self::value(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Json => "json".to_owned(),
    }
}

/// An offset from UTC: `"+01:00"`.
pub(super) fn offset(minutes: i16) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let size = minutes.unsigned_abs();
    format!("\"{sign}{:02}:{:02}\"", size / 60, size % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_identifiers_are_quoted() {
        let check = |text: &str, shown: &str| assert_eq!(name(text), shown);
        check("triage-bot", "triage-bot");
        check("_x1", "_x1");
        check("spiffe://acme/coder-1", "\"spiffe://acme/coder-1\"");
        check("1st", "\"1st\"");
        check("ends-", "\"ends-\"");
        check("any", "\"any\"");
        check("a\"b\\c", "\"a\\\"b\\\\c\"");
        check("", "\"\"");
    }

    #[test]
    fn offsets_are_signed_hours_and_minutes() {
        assert_eq!(offset(60), "\"+01:00\"");
        assert_eq!(offset(-90), "\"-01:30\"");
        assert_eq!(offset(0), "\"+00:00\"");
    }
}
