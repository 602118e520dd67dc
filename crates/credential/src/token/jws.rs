//! The outside of a token: JWS in compact form (RFC 7515).
//!
//! Written here, upon aws-lc and the JSON reader of requests, since the libraries of JWTs
//! take the last of two equal keys, know no list of accepted header members, and do not
//! keep numbers as they are written.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::json::{Fields, Json};
use placet_model::wire::{read_json, to_text};
use smol_str::SmolStr;

use super::error::{Part, TokenError};
use super::{MAX_TOKEN_BYTES, TOKEN_TYPE};
use crate::keys::{Algorithm, KeyError, KeySet, SigningKey};

/// A signed token of these claims.
pub(super) fn sign(key: &SigningKey, payload: &str) -> Result<String, KeyError> {
    let header = [
        ("alg", key.algorithm().name()),
        ("typ", TOKEN_TYPE),
        ("kid", key.kid()),
    ];
    let header = header.map(|(name, value)| (name.into(), Json::String(value.into())));
    let header = to_text(&Json::Object(header.to_vec()));
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// The `kid` of the key that signed a token, and its claims, still unread.
pub(super) fn verify(
    token: &str,
    keys: &KeySet,
    accepted: &[Algorithm],
) -> Result<(SmolStr, Vec<u8>), TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::TooLarge(token.len()));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::NotCompact)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenError::NotCompact)?;
    // The alphabet has no full stop, so that a fourth part is refused here. Padding and
    // loose bits at the end are too: each token has one spelling.
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| TokenError::NotCompact)
    };
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);

    let header = read_object(&header, Part::Header)?;
    check_members(&header)?;
    let text = |name: &'static str| {
        let found = header.iter().find(|(key, _)| key == name);
        match found {
            Some((_, Json::String(text))) => Ok(text),
            _ => Err(TokenError::NoHeader(name)),
        }
    };
    let kind = text("typ")?;
    if kind != TOKEN_TYPE {
        return Err(TokenError::Type(kind.clone()));
    }
    let name = text("alg")?;
    let algorithm = Algorithm::parse(name)
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or_else(|| TokenError::Algorithm(name.clone()))?;
    let kid = text("kid")?;
    let key = keys
        .get(kid)
        .ok_or_else(|| TokenError::UnknownKey(kid.clone()))?;
    if key.algorithm() != algorithm {
        return Err(TokenError::KeyAlgorithm {
            kid: kid.clone(),
            is: key.algorithm(),
            said: algorithm,
        });
    }
    key.verify(signed.as_bytes(), &signature)?;
    Ok((kid.clone(), payload))
}

/// Reads an object within the limits of requests, without duplicate keys.
pub(super) fn read_object(bytes: &[u8], part: Part) -> Result<Fields, TokenError> {
    match read_json(bytes) {
        Ok(Ok(Json::Object(members))) => Ok(members),
        Ok(Ok(_)) => Err(TokenError::NotObject(part)),
        Ok(Err(error)) => Err(TokenError::Invalid { part, error }),
        Err(error) => Err(TokenError::NotJson { part, error }),
    }
}

/// Three members there are, and each other says more than a token may say.
fn check_members(header: &Fields) -> Result<(), TokenError> {
    for (name, _) in header {
        return Err(match name.as_str() {
            "alg" | "typ" | "kid" => continue,
            "crit" => TokenError::Critical,
            "jwk" | "jku" | "x5u" | "x5c" | "x5t" | "x5t#S256" => {
                TokenError::BringsKey(name.clone())
            }
            _ => TokenError::UnknownHeader(name.clone()),
        });
    }
    Ok(())
}
