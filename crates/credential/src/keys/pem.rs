//! PKCS#8 private keys in PEM (RFC 7468), in buffers that are wiped.
//!
//! Written here because a general PEM library leaves copies of the key in freed memory.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
const LINE: usize = 64;

/// The DER of the one private key in a text; `None` when there is anything else.
pub(super) fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?;
    let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    // As long as it can get, so that it never moves and leaves a copy behind.
    let mut letters = Zeroizing::new(Vec::with_capacity(body.len()));
    letters.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; letters.len()]);
    let length = STANDARD.decode_slice(&*letters, &mut der).ok()?;
    der.truncate(length);
    Some(der)
}

/// A private key as PEM; `None` never happens for keys of sane length.
pub(super) fn encode(der: &[u8]) -> Option<Zeroizing<String>> {
    let mut letters = Zeroizing::new(vec![0; der.len().checked_mul(2)?.checked_add(4)?]);
    let length = STANDARD.encode_slice(der, &mut letters).ok()?;
    letters.truncate(length);
    let lines = length / LINE + 1;
    let capacity = BEGIN.len() + END.len() + length + lines + 2;
    let mut text = Zeroizing::new(String::with_capacity(capacity));
    text.push_str(BEGIN);
    text.push('\n');
    for line in letters.chunks(LINE) {
        text.push_str(std::str::from_utf8(line).ok()?);
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    Some(text)
}
