//! What single arguments look like.

use std::path::PathBuf;

use placet::Reason;
use placet::credential::audit::Known;
use placet::credential::id::CredentialId;
use placet::model::text::check_id;
use placet::model::value::{Duration, Time};
use smol_str::SmolStr;

/// What happens when the audit cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OnAuditFailure {
    Deny,
    Spill(PathBuf),
    Continue,
}

/// `deny`, `spill=DIR` or `continue`.
pub(super) fn on_audit_failure(text: &str) -> Result<OnAuditFailure, String> {
    match text.split_once('=') {
        None if text == "deny" => Ok(OnAuditFailure::Deny),
        None if text == "continue" => Ok(OnAuditFailure::Continue),
        Some(("spill", folder)) if !folder.is_empty() => {
            Ok(OnAuditFailure::Spill(PathBuf::from(folder)))
        }
        _ => Err("write `deny`, `spill=DIR` or `continue`".to_owned()),
    }
}

/// A time as requests have it.
pub(super) fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).ok_or_else(|| "write it like `2026-11-23T10:00:00Z`".to_owned())
}

/// A duration as policies have it.
pub(super) fn wait(text: &str) -> Result<std::time::Duration, String> {
    Duration::parse(text)
        .and_then(|duration| u64::try_from(duration.0).ok())
        .map(std::time::Duration::from_micros)
        .ok_or_else(|| "write it like `5s` (`s`, `m`, `h` or `d`)".to_owned())
}

/// The id of a credential.
pub(super) fn credential(text: &str) -> Result<CredentialId, String> {
    CredentialId::parse(text).ok_or_else(|| {
        "it is no id of a credential, which begins with `c-`; `placet credentials list` shows \
         those that live"
            .to_owned()
    })
}

/// A record of an audit: `17:sha256:…`.
pub(super) fn known(text: &str) -> Result<Known, String> {
    let wrong = || "write it like `17:sha256:…`, as `placet audit verify` does".to_owned();
    let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
    Ok(Known {
        seq: seq.parse().map_err(|_| wrong())?,
        hash: digest(hash).map_err(|_| wrong())?,
    })
}

/// What of an audit is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A record, by its number.
    Record(u64),
    /// What became of a credential.
    Credential(CredentialId),
}

/// The number of a record, or the id of a credential.
pub(super) fn shown(text: &str) -> Result<Shown, String> {
    match text.parse() {
        Ok(number) => Ok(Shown::Record(number)),
        Err(_) => credential(text).map(Shown::Credential),
    }
}

/// A reason of decisions.
pub(super) fn denial(text: &str) -> Result<SmolStr, String> {
    let names = || Reason::ALL.into_iter().map(Reason::name);
    if names().any(|name| name == text) {
        return Ok(text.into());
    }
    Err(match placet::json::closest(text, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known are {}", names().collect::<Vec<_>>().join(", ")),
    })
}

/// What names an agent, a user, a task, ….
pub(super) fn name(text: &str) -> Result<SmolStr, String> {
    match check_id(text) {
        Ok(()) => Ok(text.into()),
        Err(error) => Err(error.to_string()),
    }
}

/// What is said for people.
pub(super) fn reason(text: &str) -> Result<SmolStr, String> {
    if text.trim().is_empty() {
        return Err("say why: people read it in the audit".to_owned());
    }
    Ok(text.into())
}

/// The thumbprint of a key: SHA-256 in base64url.
pub(super) fn thumbprint(text: &str) -> Result<SmolStr, String> {
    const LENGTH: usize = 43;
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.len() == LENGTH && text.bytes().all(digit) {
        Ok(text.into())
    } else {
        Err(format!(
            "a thumbprint (RFC 7638, SHA-256) is {LENGTH} characters of base64url"
        ))
    }
}

/// The digest of a policy.
pub(super) fn digest(text: &str) -> Result<SmolStr, String> {
    if placet::model::digest::is_digest(text) {
        Ok(text.into())
    } else {
        Err("a digest is `sha256:` and 64 lower-case hexadecimal digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_or_refused_with_a_hint() {
        fn check<T: std::fmt::Debug>(read: Result<T, String>, shown: &str) {
            let said = match read {
                Ok(value) => format!("{value:?}"),
                Err(hint) => hint,
            };
            assert!(said.contains(shown), "{said}");
        }
        check(wait("5s"), "5s");
        check(wait("0s"), "0ns");
        check(wait("soon"), "like `5s`");
        check(on_audit_failure("spill=/x"), "Spill(\"/x\")");
        check(on_audit_failure("spill="), "spill=DIR");
        check(on_audit_failure("ignore"), "`continue`");
        check(credential("c-../../etc"), "no id of a credential");
        check(name("a\u{1b}"), "control");
        check(reason(" "), "say why");
        check(thumbprint("abc"), "43 characters");
        check(shown("17"), "Record(17)");
        check(shown("x"), "no id of a credential");
        check(denial("revokd"), "did you mean `revoked`?");
        check(digest("sha256:00"), "64 lower-case");
    }
}
