//! Ed25519 signatures of checkpoints and heads, as hexadecimal digits.

use std::fmt::Write;

use crate::keys::{Algorithm, KeyError, KeySet, SigningKey};

/// An Ed25519 signature in hexadecimal digits.
pub(super) const SIGNATURE_DIGITS: usize = 128;

/// What a signature is for: none of one kind works for another, or outside the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedAs {
    Checkpoint,
    Head,
}

impl SignedAs {
    /// What is signed begins with this.
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Checkpoint => b"placet audit checkpoint 1\n",
            Self::Head => b"placet audit head 1\n",
        }
    }

    fn message(self, bytes: &[u8]) -> Vec<u8> {
        [self.prefix(), bytes].concat()
    }
}

pub(super) fn sign(key: &SigningKey, kind: SignedAs, bytes: &[u8]) -> Result<String, KeyError> {
    let mut digits = String::with_capacity(SIGNATURE_DIGITS);
    for byte in key.sign(&kind.message(bytes))? {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(digits)
}

/// Says what is wrong with a signature.
pub(super) fn check(
    keys: &KeySet,
    kid: &str,
    kind: SignedAs,
    bytes: &[u8],
    signature: &str,
) -> Result<(), &'static str> {
    let key = keys.get(kid).ok_or("its key is not among the known ones")?;
    // Others have several signatures for one text.
    if key.algorithm() != Algorithm::EdDsa {
        return Err("its key is not an Ed25519 key");
    }
    let signature = from_digits(signature).ok_or("its signature is none")?;
    key.verify(&kind.message(bytes), &signature)
        .map_err(|_| "its signature is not good")
}

fn from_digits(digits: &str) -> Option<Vec<u8>> {
    let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != SIGNATURE_DIGITS || !digits.as_bytes().iter().all(lower) {
        return None;
    }
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
