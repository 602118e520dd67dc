//! Extractors: hostile text from arguments to segments and records, by one reading only.
//!
//! A value that two well-behaved programs could read differently is refused, so that what
//! a policy decided about is what the tool then acts upon. Nothing is resolved, looked up
//! or decoded beyond what the standards normalize.
//!
//! Each extractor has two forms: parts, raw texts for conditions, and segments in written
//! form for templates and patterns. A value has both or neither.

use std::cell::Cell;

use email_address::{EmailAddress, Options};
use placet_model::policy::Extract;
use placet_model::resource::{MAX_SEGMENTS, ResourceError, encode_segment};
use placet_model::text::is_bidi_control;
use smol_str::{SmolStr, StrExt};
use url::{Host, SyntaxViolation, Url};

/// The longest value that an extractor looks at, in bytes.
pub const MAX_EXTRACT_BYTES: usize = 65_536;

/// The segments in written form that a value gives; only a path may give none.
///
/// # Errors
///
/// When the value has no single reading of that kind.
pub fn segments(extract: Extract, raw: &str) -> Result<Vec<SmolStr>, ExtractError> {
    match extract {
        Extract::Text => Ok(vec![encode(raw)?]),
        Extract::Lower => Ok(vec![encode(&lower(raw))?]),
        Extract::Path => path(raw),
        Extract::Url => url(raw),
        Extract::Email => email(raw),
    }
}

/// A text with ASCII letters folded to lower case.
#[must_use]
pub fn lower(raw: &str) -> SmolStr {
    raw.to_ascii_lowercase_smolstr()
}

/// The segments of a path: split at `/`, empty and `.` ones dropped.
///
/// # Errors
///
/// When there is a `..`, a `\`, a character that no segment may have, or too much of it.
pub fn path(raw: &str) -> Result<Vec<SmolStr>, ExtractError> {
    path_names(raw)?.into_iter().map(encode).collect()
}

/// The same as raw texts.
///
/// # Errors
///
/// As [`path`].
pub fn path_parts(raw: &str) -> Result<Vec<SmolStr>, ExtractError> {
    path(raw)?;
    Ok(path_names(raw)?.into_iter().map(SmolStr::new).collect())
}

/// The segments of a URL: scheme, host, port, and those of its path that are not empty.
///
/// # Errors
///
/// As [`url_parts`].
pub fn url(raw: &str) -> Result<Vec<SmolStr>, ExtractError> {
    url_segments(&url_parts(raw)?)
}

/// A URL by its parts.
///
/// It is read as the WHATWG URL Standard says, so the path has no dot segments, the host
/// is an A-label in lower case or an IP address in its one form, and the port is written
/// out. Where that standard repairs what other readers see otherwise, the URL is refused:
/// back slashes, missing or extra slashes, tabs, line ends, spaces around it.
///
/// # Errors
///
/// When it is no such URL, has user information or no host, or its port is unknown.
pub fn url_parts(raw: &str) -> Result<UrlParts, ExtractError> {
    fits(raw)?;
    if raw.chars().any(|c| c.is_control() || is_bidi_control(c)) {
        return Err(ExtractError::Hidden);
    }
    let repaired = Cell::new(None);
    let note = |violation: SyntaxViolation| {
        let reason = match violation {
            SyntaxViolation::NonUrlCodePoint
            | SyntaxViolation::PercentDecode
            | SyntaxViolation::NullInFragment => return,
            SyntaxViolation::EmbeddedCredentials | SyntaxViolation::UnencodedAtSign => {
                ExtractError::UserInfo
            }
            _ => ExtractError::Ambiguous,
        };
        repaired.set(Some(reason));
    };
    let url = Url::options()
        .syntax_violation_callback(Some(&note))
        .parse(raw);
    if let Some(reason) = repaired.get() {
        return Err(reason);
    }
    let url = url.map_err(|_| ExtractError::NotUrl)?;
    if raw.contains('\\') {
        return Err(ExtractError::Ambiguous);
    }
    let host = match url.host().ok_or(ExtractError::NoHost)? {
        // Hosts of schemes that the standard does not know come as they are written.
        Host::Domain(domain) => Host::parse(domain)
            .map_err(|_| ExtractError::BadHost)?
            .to_string(),
        address => address.to_string(),
    };
    let host = host.strip_suffix('.').unwrap_or(&host);
    if host.split('.').any(str::is_empty) {
        return Err(ExtractError::BadHost);
    }
    let names = url.path().split('/').filter(|name| !name.is_empty());
    let parts = UrlParts {
        scheme: SmolStr::new(url.scheme()),
        host: SmolStr::new(host),
        port: url.port_or_known_default().ok_or(ExtractError::NoPort)?,
        path: few(names)?.into_iter().map(SmolStr::new).collect(),
        query: url.query().map(SmolStr::new),
    };
    url_segments(&parts)?;
    Ok(parts)
}

/// The segments of an address: domain, local part.
///
/// # Errors
///
/// As [`email_parts`].
pub fn email(raw: &str) -> Result<Vec<SmolStr>, ExtractError> {
    let parts = email_parts(raw)?;
    Ok(vec![encode(&parts.domain)?, encode(&parts.local)?])
}

/// A bare address by its parts: the local part as it is written, the domain as A-labels in
/// lower case.
///
/// # Errors
///
/// When it is not one bare address: display names, lists, comments, white space, quoted
/// local parts, IP addresses for a domain and a trailing dot are all refused.
pub fn email_parts(raw: &str) -> Result<EmailParts, ExtractError> {
    fits(raw)?;
    let (local, domain) = raw.rsplit_once('@').ok_or(ExtractError::NotEmail)?;
    // One local part has many quoted spellings.
    if local.starts_with('"') {
        return Err(ExtractError::NotEmail);
    }
    // Strict: letters, digits and hyphens in labels of at most 63, no empty label.
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| ExtractError::BadHost)?;
    if !matches!(Host::parse(&domain), Ok(Host::Domain(_))) {
        return Err(ExtractError::BadHost);
    }
    let options = Options::default()
        .without_display_text()
        .without_domain_literal();
    let bare = format!("{local}@{domain}");
    let address =
        EmailAddress::parse_with_options(&bare, options).map_err(|_| ExtractError::NotEmail)?;
    if address.local_part() != local || address.domain() != domain {
        return Err(ExtractError::NotEmail);
    }
    encode(local)?;
    Ok(EmailParts {
        domain: SmolStr::from(domain),
        local: SmolStr::new(local),
    })
}

/// A URL by its parts, raw texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlParts {
    /// The scheme, in lower case, without colon.
    pub scheme: SmolStr,
    /// The host without a trailing dot; an IPv6 address in brackets.
    pub host: SmolStr,
    /// The port, the scheme's default when none is written.
    pub port: u16,
    /// The names of the path that are not empty, percent-encoding as it is.
    pub path: Vec<SmolStr>,
    /// The query without `?`, percent-encoding as it is.
    pub query: Option<SmolStr>,
}

/// An address by its parts, raw texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailParts {
    /// The domain, A-labels in lower case.
    pub domain: SmolStr,
    /// The local part, as it is written.
    pub local: SmolStr,
}

/// Why a value has no single reading. It never holds the value, which may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// The value is too long.
    #[error("longer than {MAX_EXTRACT_BYTES} bytes")]
    TooLong,
    /// It gives too many segments.
    #[error("more than {MAX_SEGMENTS} segments")]
    TooMany,
    /// A part of it cannot be a segment.
    #[error(transparent)]
    Segment(#[from] ResourceError),
    /// A path has `..`.
    #[error("a path must not go up with `..`")]
    Upward,
    /// A path has a back slash.
    #[error("a path must not have a `\\`")]
    BackSlash,
    /// A URL has control characters.
    #[error("control and bidirectional control characters are not allowed")]
    Hidden,
    /// It is no URL.
    #[error("not an absolute URL")]
    NotUrl,
    /// Readers of URLs disagree about it.
    #[error("not a URL that all readers understand alike")]
    Ambiguous,
    /// The URL has user information.
    #[error("a URL must not have user information")]
    UserInfo,
    /// The URL has no host.
    #[error("a URL needs a host")]
    NoHost,
    /// The host or domain is none.
    #[error("not a valid host name")]
    BadHost,
    /// The URL has no port and its scheme no default.
    #[error("a URL of this scheme needs a port")]
    NoPort,
    /// It is not one bare address.
    #[error("not one bare email address")]
    NotEmail,
}

fn encode(raw: &str) -> Result<SmolStr, ExtractError> {
    Ok(encode_segment(raw)?)
}

fn url_segments(parts: &UrlParts) -> Result<Vec<SmolStr>, ExtractError> {
    let port = SmolStr::from(parts.port.to_string());
    [&parts.scheme, &parts.host, &port]
        .into_iter()
        .chain(&parts.path)
        .map(|part| encode(part))
        .collect()
}

fn fits(raw: &str) -> Result<(), ExtractError> {
    if raw.len() > MAX_EXTRACT_BYTES {
        return Err(ExtractError::TooLong);
    }
    Ok(())
}

fn path_names(raw: &str) -> Result<Vec<&str>, ExtractError> {
    fits(raw)?;
    if raw.contains('\\') {
        return Err(ExtractError::BackSlash);
    }
    if raw.split('/').any(|name| name == "..") {
        return Err(ExtractError::Upward);
    }
    few(raw.split('/').filter(|name| !matches!(*name, "" | ".")))
}

fn few<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, ExtractError> {
    let names: Vec<&str> = names.take(MAX_SEGMENTS + 1).collect();
    if names.len() > MAX_SEGMENTS {
        return Err(ExtractError::TooMany);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The written segments of a value, joined, or the reason why there are none.
    fn check(extract: Extract, raw: &str, said: &str) {
        let got = match segments(extract, raw) {
            Ok(segments) => segments.join("/"),
            Err(error) => format!("{error:?}").split('(').next().unwrap().to_owned(),
        };
        assert_eq!(got, said, "{raw:?}");
        let parts = match extract {
            Extract::Path => path_parts(raw).map(|_| ()),
            Extract::Url => url_parts(raw).map(|_| ()),
            Extract::Email => email_parts(raw).map(|_| ()),
            Extract::Text | Extract::Lower => return,
        };
        assert_eq!(parts.is_ok(), segments(extract, raw).is_ok(), "{raw:?}");
    }

    #[test]
    fn texts_are_one_segment() {
        check(Extract::Text, "a/b", "a%2Fb");
        check(Extract::Text, "..", "Segment");
        check(Extract::Text, "", "Segment");
        check(Extract::Lower, "ÀBC/d", "Àbc%2Fd");
    }

    #[test]
    fn paths_split_and_never_go_up() {
        let check = |raw: &str, said: &str| check(Extract::Path, raw, said);
        check("a/b", "a/b");
        check("/a//b/./c/", "a/b/c");
        check("", "");
        check("/", "");
        check("./.", "");
        check("a/../b", "Upward");
        check("..", "Upward");
        check("a/..", "Upward");
        check("a/.../b", "a/.../b");
        check("a/%2e%2e/b", "a/%252e%252e/b");
        check("a%2Fb", "a%252Fb");
        check("a\\..\\b", "BackSlash");
        check("a/b\0", "Segment");
        check("a/b\n", "Segment");
        check("a/\u{202E}b", "Segment");
        check("a/e\u{301}", "Segment");
        check("a/*/{b}", "a/%2A/%7Bb%7D");
        check("a/\u{FF0E}\u{FF0E}/b", "a/\u{FF0E}\u{FF0E}/b");
        check(&"a/".repeat(MAX_SEGMENTS), &["a"; MAX_SEGMENTS].join("/"));
        check(&"a/".repeat(MAX_SEGMENTS + 1), "TooMany");
        check(&"/".repeat(MAX_EXTRACT_BYTES + 1), "TooLong");
    }

    #[test]
    fn urls_have_one_reading() {
        let check = |raw: &str, said: &str| check(Extract::Url, raw, said);
        check("https://example.com/a/b", "https/example.com/443/a/b");
        check("HTTPS://EXAMPLE.com:443/", "https/example.com/443");
        check("http://example.com", "http/example.com/80");
        check("wss://example.com:8443/x", "wss/example.com/8443/x");
        check("ftp://example.com/x", "ftp/example.com/21/x");
        check("https://example.com//a///b/", "https/example.com/443/a/b");
        check(
            "https://example.com/a/../b/./c",
            "https/example.com/443/b/c",
        );
        check("https://example.com/a/%2e%2E/b", "https/example.com/443/b");
        check("https://example.com/../../a", "https/example.com/443/a");
        check("https://example.com/a%2Fb", "https/example.com/443/a%252Fb");
        check("https://example.com/a%2fb", "https/example.com/443/a%252fb");
        check("https://example.com/a b", "https/example.com/443/a%2520b");
        check("https://example.com/*", "https/example.com/443/%2A");
        check("https://example.com/é", "https/example.com/443/%25C3%25A9");
        check("https://example.com/a?b=c/d#e", "https/example.com/443/a");
        check("https://example.com./a", "https/example.com/443/a");
        check("https://example.com../a", "BadHost");
        check("https://a..b/", "BadHost");
        check("https://bücher.example/", "https/xn--bcher-kva.example/443");
        // Cyrillic `а`: another host, and it shows.
        check("https://ex\u{430}mple.com/", "https/xn--exmple-4nf.com/443");
        check("https://ＥＸＡＭＰＬＥ.com/", "https/example.com/443");
        check("https://example。com/", "https/example.com/443");
        check("https://%65xample.com/", "https/example.com/443");
        check("https://xn--a/", "NotUrl");
        check("https://exa%00mple.com/", "NotUrl");
        check("https://exa mple.com/", "NotUrl");
        check("http://127.0.0.1/", "http/127.0.0.1/80");
        check("http://0x7f.1/", "http/127.0.0.1/80");
        check("http://2130706433/", "http/127.0.0.1/80");
        check("http://0177.0.0.1/", "http/127.0.0.1/80");
        check("http://127.0.0.1./", "http/127.0.0.1/80");
        check("http://256.0.0.1/", "NotUrl");
        check("http://[::1]/", "http/[::1]/80");
        check("http://[0:0:0:0:0:0:0:1]:80/", "http/[::1]/80");
        check("http://[::ffff:127.0.0.1]/", "http/[::ffff:7f00:1]/80");
        check("http://[::1%25eth0]/", "NotUrl");
        check("https://user@example.com/", "UserInfo");
        check("https://user:pw@example.com/", "UserInfo");
        check("https://@example.com/", "UserInfo");
        check("https://a@b@example.com/", "UserInfo");
        check("https://example.com/@x", "https/example.com/443/@x");
        check("https://good.com\\@evil.com/", "Ambiguous");
        check("https:\\\\example.com\\a", "Ambiguous");
        check("https://example.com/a\\b", "Ambiguous");
        check("https://example.com/?a\\b", "Ambiguous");
        check("https:example.com", "Ambiguous");
        check("https:/example.com", "Ambiguous");
        check("https:///example.com", "Ambiguous");
        check(" https://example.com", "Ambiguous");
        check("https://example.com/ ", "Ambiguous");
        check("https://exa\tmple.com/", "Hidden");
        check("https://example.com/\n", "Hidden");
        check("https://example.com/\0", "Hidden");
        check("https://example.com/\u{202E}", "Hidden");
        check("https://example.com:0/", "https/example.com/0");
        check("https://example.com:65536/", "NotUrl");
        check("https://example.com:abc/", "NotUrl");
        check("https://example.com:/", "https/example.com/443");
        check("https://", "NotUrl");
        check("//example.com/", "NotUrl");
        check("example.com", "NotUrl");
        check("", "NotUrl");
        check("mailto:ana@example.com", "NoHost");
        check("javascript:alert(1)", "NoHost");
        check("data:,x", "NoHost");
        check("file:///etc/passwd", "NoHost");
        check("blob:https://example.com/x", "NoHost");
        check(
            "postgres://DB.example.com:5432/x",
            "postgres/db.example.com/5432/x",
        );
        check("postgres://db.example.com/x", "NoPort");
        check("foo://0x7f.1:1/x", "foo/127.0.0.1/1/x");
        check("foo://user@db:1/x", "UserInfo");
        check(
            &format!("https://example.com/{}", "a/".repeat(MAX_SEGMENTS + 1)),
            "TooMany",
        );
        check(
            &format!("https://example.com/{}", "a".repeat(5_000)),
            "Segment",
        );
        check(
            &format!("https://example.com/{}", "a".repeat(MAX_EXTRACT_BYTES)),
            "TooLong",
        );
    }

    #[test]
    fn queries_and_raw_paths_are_for_conditions() {
        let parts = url_parts("https://EXAMPLE.com/a%2Fb/c?q=1&r=%20#f").unwrap();
        assert_eq!(parts.path, ["a%2Fb", "c"]);
        assert_eq!(parts.query.as_deref(), Some("q=1&r=%20"));
        assert_eq!(parts.port, 443);
        assert_eq!(url_parts("https://a.b/").unwrap().query, None);
        assert_eq!(
            url_parts("https://a.b/?").unwrap().query.as_deref(),
            Some("")
        );
    }

    #[test]
    fn addresses_are_bare() {
        let check = |raw: &str, said: &str| check(Extract::Email, raw, said);
        check("ana@acme.com", "acme.com/ana");
        check("Ana.B+x@ACME.Com", "acme.com/Ana.B+x");
        check("a/b*@acme.com", "acme.com/a%2Fb%2A");
        check("ana@bücher.example", "xn--bcher-kva.example/ana");
        check("ana@xn--bcher-kva.example", "xn--bcher-kva.example/ana");
        check("ana@\u{430}cme.com", "xn--cme-5cd.com/ana");
        check("josé@acme.com", "acme.com/josé");
        check("jose\u{301}@acme.com", "NotEmail");
        check("root@localhost", "localhost/root");
        check("ana@acme.com.", "BadHost");
        check("ana@.acme.com", "BadHost");
        check("ana@a..b", "BadHost");
        check("ana@", "BadHost");
        check("@acme.com", "NotEmail");
        check("ana", "NotEmail");
        check("", "NotEmail");
        check("Ana <ana@acme.com>", "BadHost");
        check("<ana@acme.com>", "BadHost");
        check("ana@acme.com,bob@evil.com", "NotEmail");
        check("ana@acme.com;bob@evil.com", "NotEmail");
        check("ana@acme.com, bob@evil.com", "NotEmail");
        check("bob@evil.com@acme.com", "NotEmail");
        check("ana(x)@acme.com", "NotEmail");
        check("ana@acme.com(x)", "BadHost");
        check("ana@(x)acme.com", "BadHost");
        check("\"ana\"@acme.com", "NotEmail");
        check("\"a b\"@acme.com", "NotEmail");
        check("\"bob@evil.com,\"@acme.com", "NotEmail");
        check("a\"b@acme.com", "NotEmail");
        check("ana@[127.0.0.1]", "BadHost");
        check("ana@[IPv6:::1]", "BadHost");
        check("ana@127.0.0.1", "BadHost");
        check("ana@0x7f.1", "BadHost");
        check(" ana@acme.com", "NotEmail");
        check("ana @acme.com", "NotEmail");
        check("ana@ acme.com", "BadHost");
        check("ana@acme.com ", "BadHost");
        check("ana@acme.com\n", "BadHost");
        check("ana\t@acme.com", "NotEmail");
        check("ana\0@acme.com", "NotEmail");
        check("ana@acme.com\r\nBcc: bob@evil.com", "NotEmail");
        check(".ana@acme.com", "NotEmail");
        check("ana.@acme.com", "NotEmail");
        check("a..b@acme.com", "NotEmail");
        check("ana@ac_me.com", "BadHost");
        check("ana@-acme.com", "BadHost");
        check("ana@acme.com/x", "BadHost");
        check("ana@%61cme.com", "BadHost");
        check("ana＠acme.com", "NotEmail");
        check("mailto:ana@acme.com", "NotEmail");
        check(&format!("{}@acme.com", "a".repeat(65)), "NotEmail");
        check(&format!("ana@{}.com", "a".repeat(64)), "BadHost");
        check(&format!("ana@{}", "a".repeat(MAX_EXTRACT_BYTES)), "TooLong");
    }
}
