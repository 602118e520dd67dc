//! One line of the trail: a record between its sequence number and its hash.
//!
//! `{"seq":N,"time":"…","event":"…",…,"prev":"sha256:…","hash":"sha256:…"}`: the hash is
//! SHA-256 over all bytes of the line before `,"hash":`, and `prev` is the hash of the
//! line before, so that the hash of a line stands for every byte up to its end.

use std::fmt::Write;

use placet_model::digest::{is_digest, sha256};
use smol_str::SmolStr;

use super::payload::Payload;
use super::sign::{SIGNATURE_DIGITS, SignedAs, sign};
use crate::keys::{KeyError, SigningKey};

/// What the first record of a log is chained to.
pub(super) const GENESIS: &str =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The longest record, in bytes: what can be read back.
pub(super) const MAX_LINE_BYTES: usize = 48 << 20;

const DIGEST_BYTES: usize = GENESIS.len();
const HASH_KEY: &str = ",\"hash\":\"";
const PREV_KEY: &str = ",\"prev\":\"";
const LOST_KEY: &str = ",\"lost\":";
const SIGNATURE_KEY: &str = ",\"signature\":\"";

/// A line as it is written, line feed included, and its hash. `signer` signs it.
pub(super) fn line(
    seq: u64,
    payload: &Payload,
    lost: u64,
    prev: &str,
    signer: Option<&SigningKey>,
) -> Result<(String, SmolStr), KeyError> {
    let mut text = String::with_capacity(payload.text.len() + 512);
    // Writing to a string does not fail.
    let _ = write!(text, "{{\"seq\":{seq},{}", payload.text);
    if lost > 0 {
        let _ = write!(text, "{LOST_KEY}{lost}");
    }
    let _ = write!(text, "{PREV_KEY}{prev}\"");
    if let Some(key) = signer {
        let signature = sign(key, SignedAs::Checkpoint, text.as_bytes())?;
        let _ = write!(text, "{SIGNATURE_KEY}{signature}\"");
    }
    let hash = sha256(text.as_bytes());
    let _ = writeln!(text, "{HASH_KEY}{hash}\"}}");
    Ok((text, hash))
}

/// A line that has the shape of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    pub(super) event: &'a str,
    pub(super) prev: &'a str,
    /// How many entries before it were not written.
    pub(super) lost: u64,
    /// The signature of a checkpoint.
    pub(super) signed: Option<Signed<'a>>,
    /// The hash that it states.
    pub(super) hash: &'a str,
    /// What that hash is of.
    hashed: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads the shape of a line without its line feed; `None` when it has none.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"{\"seq\":")?;
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        let (number, rest) = rest.split_at_checked(digits)?;
        let number = std::str::from_utf8(number).ok()?;
        let seq: u64 = number.parse().ok()?;
        let rest = rest.strip_prefix(b",\"time\":\"")?;
        let (_, rest) = split_at_quote(rest)?;
        let (event, rest) = split_at_quote(rest.strip_prefix(b",\"event\":\"")?)?;
        let event = std::str::from_utf8(event).ok()?;

        let (hashed, hash) = strip_member(bytes.strip_suffix(b"}")?, HASH_KEY, DIGEST_BYTES)?;
        let (chained, signed) = if event == CHECKPOINT {
            let (before, signature) = strip_member(hashed, SIGNATURE_KEY, SIGNATURE_DIGITS)?;
            let (kid, _) = split_at_quote(rest.strip_prefix(b",\"kid\":\"")?)?;
            let kid = std::str::from_utf8(kid).ok()?;
            let signed = Signed {
                message: before,
                signature,
                kid,
            };
            (before, Some(signed))
        } else {
            (hashed, None)
        };
        let (told, prev) = strip_member(chained, PREV_KEY, DIGEST_BYTES)?;
        let whole = is_digest(hash) && is_digest(prev) && number == seq.to_string();
        whole.then_some(Self {
            seq,
            event,
            prev,
            lost: lost(told),
            signed,
            hash,
            hashed,
        })
    }

    /// The hash that it has.
    pub(super) fn computed(&self) -> SmolStr {
        sha256(self.hashed)
    }
}

/// What a checkpoint signs, with what, and by which key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    pub(super) message: &'a [u8],
    pub(super) signature: &'a str,
    pub(super) kid: &'a str,
}

/// The event of a signed record.
pub(super) const CHECKPOINT: &str = "checkpoint";
/// The event of a record that begins a segment because the log goes on elsewhere.
pub(super) const MOVE: &str = "move";
/// The event of a record that says what was cut off at opening.
pub(super) const RECOVER: &str = "recover";

fn split_at_quote(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'"')?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// The last member of a record, if it is that one.
fn lost(told: &[u8]) -> u64 {
    let digits = told
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    told.split_at_checked(told.len() - digits)
        .filter(|(before, _)| before.ends_with(LOST_KEY.as_bytes()))
        .and_then(|(_, number)| std::str::from_utf8(number).ok()?.parse().ok())
        .unwrap_or(0)
}

/// Takes a last member with a value of known length off: what stands before, its value.
fn strip_member<'a>(bytes: &'a [u8], key: &str, length: usize) -> Option<(&'a [u8], &'a str)> {
    let rest = bytes.strip_suffix(b"\"")?;
    let (rest, value) = rest.split_at_checked(rest.len().checked_sub(length)?)?;
    let before = rest.strip_suffix(key.as_bytes())?;
    Some((before, std::str::from_utf8(value).ok()?))
}
