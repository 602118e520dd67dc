//! Why a token is not accepted, or not made.

use std::fmt;

use placet_model::decision::Reason;
use placet_model::value::Time;
use placet_model::wire::{Invalid, NotJson};
use smol_str::SmolStr;

use super::{MAX_TOKEN_BYTES, SCOPE_TYPE, TOKEN_TYPE};
use crate::keys::{Algorithm, BadSignature, KeyError};

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is longer than [`MAX_TOKEN_BYTES`].
    #[error("a token has at most {MAX_TOKEN_BYTES} bytes, and this one {0}")]
    TooLarge(usize),
    /// It has not the shape of one.
    #[error("a token is three parts in base64url without padding, joined by full stops")]
    NotCompact,
    /// A part is not JSON.
    #[error("the {part} is {error}")]
    NotJson {
        /// Which part.
        part: Part,
        /// What is wrong.
        error: NotJson,
    },
    /// A part is too deep, or has a key twice.
    #[error("the {part}: {error}")]
    Invalid {
        /// Which part.
        part: Part,
        /// What is wrong.
        error: Invalid,
    },
    /// A part is JSON, but no object.
    #[error("the {0} is no object")]
    NotObject(Part),
    /// The header asks for an extension.
    #[error("the header demands extensions (`crit`), and there are none")]
    Critical,
    /// The header brings a key.
    #[error("the header brings a key (`{0}`); the verifier alone knows the keys")]
    BringsKey(SmolStr),
    /// The header has something else.
    #[error("`{}` is not known in the header", shown(.0))]
    UnknownHeader(SmolStr),
    /// The header lacks something.
    #[error("`{0}` is missing in the header, or is no text")]
    NoHeader(&'static str),
    /// It is a token of another kind.
    #[error("the token is of type `{}`, and not `{TOKEN_TYPE}`", shown(.0))]
    Type(SmolStr),
    /// Its algorithm is not on the verifier's list.
    #[error("signatures by `{}` are not accepted here", shown(.0))]
    Algorithm(SmolStr),
    /// No key has its `kid`.
    #[error(
        "no key `{}` is known here: it is another issuer's, was retired, or is newer than the \
         keys here",
        shown(.0)
    )]
    UnknownKey(SmolStr),
    /// The key signs by another algorithm.
    #[error("the key `{}` signs by {is}, and the header says {said}", shown(.kid))]
    KeyAlgorithm {
        /// The key.
        kid: SmolStr,
        /// How it signs.
        is: Algorithm,
        /// What the header says.
        said: Algorithm,
    },
    /// The signature is wrong.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// A claim is not there.
    #[error("the claim `{0}` is missing")]
    Missing(SmolStr),
    /// A claim has another shape.
    #[error("the claim `{claim}` is not {what}")]
    Malformed {
        /// Which.
        claim: &'static str,
        /// What it should be.
        what: &'static str,
    },
    /// A claim that these tokens do not have.
    #[error("the claim `{}` is not known", shown(.0))]
    UnknownClaim(SmolStr),
    /// A claim says something else than the credential.
    #[error("the claim `{0}` does not agree with the credential that the token carries")]
    Disagrees(SmolStr),
    /// A member of `authorization_details` is of another type.
    #[error("`authorization_details` has members of another type than `{SCOPE_TYPE}`")]
    ScopeType,
    /// What it carries is no credential.
    #[error("the token carries no credential: {0}")]
    NoCredential(Invalid),
    /// The ids of the chain contradict the chain.
    #[error("`{}` is not the id of a credential in this place of its chain", shown(.0))]
    ChainId(SmolStr),
    /// Somebody else signs such tokens.
    #[error("the token is issued by `{}`, which is not who is trusted here", shown(.0))]
    Issuer(SmolStr),
    /// It is for other services.
    #[error("the token is not for `{0}`")]
    Audience(SmolStr),
    /// It is bound to a key, and the caller has proven none.
    #[error("the token is bound to a key, and the caller has not proven to have it")]
    NoKeyProven,
    /// It is bound to another key.
    #[error("the token is bound to another key than the caller has")]
    OtherKeyProven,
    /// It is valid later.
    #[error("the token is valid from {0} on")]
    NotYetValid(Time),
    /// It was valid.
    #[error("the token has ended at {0}")]
    Expired(Time),
}

impl TokenError {
    /// The reason of a decision that rests on it.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NotYetValid(_) => Reason::NotYetValid,
            Self::Expired(_) => Reason::Expired,
            Self::NoKeyProven | Self::OtherKeyProven => Reason::WrongHolder,
            _ => Reason::InvalidRequest,
        }
    }
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first: how it is signed.
    Header,
    /// The second: what it says.
    Payload,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
        })
    }
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The token would be too long.
    #[error("a token has at most {MAX_TOKEN_BYTES} bytes, and this credential takes {0}")]
    TooLarge(usize),
    /// No verifier would read it.
    #[error("the credential cannot travel: {0}")]
    Unreadable(#[from] TokenError),
    /// A verifier would read something else.
    #[error("the credential cannot travel: it would be read as another")]
    Unfaithful,
}

/// A text from outside, made fit for a message: nothing hidden, and nothing that only looks
/// like what was expected.
fn shown(text: &SmolStr) -> String {
    const MOST: usize = 80;
    let mut short: String = text
        .chars()
        .take(MOST)
        .flat_map(char::escape_default)
        .collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}
