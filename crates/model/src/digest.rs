//! The digest of one single call, to which consents and approvals are bound.
//!
//! It is SHA-256 over a canonical JSON text: no white space, members sorted by name in
//! code-point order, members that are `null` left out (null is absence), strings escaped
//! only where JSON asks for it, numbers by value ([`canonical_number`]: `1.0` is `1`).
//! Two calls have one digest exactly when they mean the same.

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::json::{Fields, Json};
use crate::number::canonical_number;
use crate::question::Asking;
use crate::wire::write_string;

/// The digest of a call of a tool, `sha256:…`.
#[must_use]
pub fn call_digest(tool: &str, args: &Fields) -> SmolStr {
    let mut text = String::from("{\"args\":");
    write_object(&mut text, args);
    text.push_str(",\"tool\":");
    write_string(&mut text, tool);
    text.push('}');
    sha256(text.as_bytes())
}

/// The digest of a plain triple, `sha256:…`.
#[must_use]
pub fn triple_digest(tool: &str, action: &str, resource: &str) -> SmolStr {
    let mut text = String::new();
    let members = [("action", action), ("resource", resource), ("tool", tool)];
    for (at, (name, value)) in members.into_iter().enumerate() {
        text.push(if at == 0 { '{' } else { ',' });
        write_string(&mut text, name);
        text.push(':');
        write_string(&mut text, value);
    }
    text.push('}');
    sha256(text.as_bytes())
}

/// The digest of what is asked at run time: of the call, or of the triple. Empty for
/// another question.
#[must_use]
pub fn asked_digest<'a>(asked: impl Into<Asking<'a>>) -> SmolStr {
    match asked.into() {
        Asking::Call { tool, args } => call_digest(tool, &args.to_fields()),
        Asking::Triple {
            tool,
            action,
            resource,
        } => triple_digest(tool, action, resource),
        Asking::Scopes { .. } | Asking::Listing { .. } => SmolStr::default(),
    }
}

/// The SHA-256 of some bytes as it is written everywhere: `sha256:` and 64 lower-case
/// hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> SmolStr {
    written(&Sha256::digest(bytes))
}

/// A SHA-256 as it is written everywhere.
pub(crate) fn written(sum: &[u8]) -> SmolStr {
    use std::fmt::Write;
    let mut text = String::from("sha256:");
    for byte in sum {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    SmolStr::from(text)
}

/// Whether a text is a digest as [`sha256`] writes it.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64
            && digits
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn write_object(text: &mut String, fields: &Fields) {
    let mut members: Vec<&(SmolStr, Json)> = fields
        .iter()
        .filter(|(_, value)| *value != Json::Null)
        .collect();
    members.sort_by(|a, b| a.0.cmp(&b.0));
    text.push('{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_string(text, name);
        text.push(':');
        write_value(text, value);
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Json) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Json::Number(number) => text.push_str(&canonical_number(number)),
        Json::String(string) => write_string(text, string),
        Json::Array(members) => {
            text.push('[');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(text, member);
            }
            text.push(']');
        }
        Json::Object(fields) => write_object(text, fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::read_json;

    fn digest(args: &str) -> SmolStr {
        match read_json(args.as_bytes()) {
            Ok(Ok(Json::Object(args))) => call_digest("t.f", &args),
            other => panic!("{args}: {other:?}"),
        }
    }

    #[test]
    fn calls_that_mean_the_same_have_one_digest() {
        let check = |a: &str, b: &str, same: bool| {
            assert_eq!(digest(a) == digest(b), same, "{a} {b}");
        };
        check(
            r#"{"a":1,"b":[true]}"#,
            r#"{ "b": [true], "a": 1.0 }"#,
            true,
        );
        check(r#"{"a":"A"}"#, r#"{"a":"\u0041"}"#, true);
        check(r#"{"a":null}"#, "{}", true);
        check(r#"{"a":{"b":null}}"#, r#"{"a":{}}"#, true);
        check(r#"{"a":[null]}"#, r#"{"a":[]}"#, false);
        check(r#"{"a":1}"#, r#"{"a":"1"}"#, false);
        check(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#, false);
        check(r#"{"a":"x\",\"b\":\"y"}"#, r#"{"a":"x","b":"y"}"#, false);
    }

    #[test]
    fn digests_are_pinned() {
        // The SHA-256 of {"args":{"a":1},"tool":"t.f"}
        let text = sha256(br#"{"args":{"a":1},"tool":"t.f"}"#);
        assert_eq!(digest(r#"{"a":1}"#), text);
        assert!(is_digest(&text));
        assert_eq!(
            sha256(b""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            triple_digest("t", "read", "a/b"),
            sha256(br#"{"action":"read","resource":"a/b","tool":"t"}"#)
        );
        assert!(!is_digest("sha256:00"));
    }
}
