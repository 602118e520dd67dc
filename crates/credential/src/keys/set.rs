//! Published keys: JWK sets (RFC 7517), read from whoever publishes them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::json::{Fields, Json};
use placet_model::text::check_id;
use placet_model::wire::{Invalid, NotJson, read_json, to_pretty_text};
use smol_str::SmolStr;

use super::{Algorithm, UNCOMPRESSED, VerifyingKey};

/// The longest key set that is read, in bytes.
pub const MAX_KEY_SET_BYTES: usize = 1 << 20;

/// The most keys of one set.
pub const MAX_KEYS: usize = 1_000;

/// Public keys by their `kid`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: BTreeMap<SmolStr, VerifyingKey>,
}

impl KeySet {
    /// Reads a JWK set. Keys of other kinds, for other uses, or without what makes them a
    /// key are left out, as RFC 7517 asks; a private key and a `kid` that occurs twice
    /// make the set unusable.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, JwkError> {
        if bytes.len() > MAX_KEY_SET_BYTES {
            return Err(JwkError::TooLarge);
        }
        let json = read_json(bytes)??;
        let Json::Object(members) = &json else {
            return Err(JwkError::NotSet);
        };
        let Some(Json::Array(jwks)) = member(members, "keys") else {
            return Err(JwkError::NotSet);
        };
        if jwks.len() > MAX_KEYS {
            return Err(JwkError::TooLarge);
        }
        let mut set = Self::default();
        for jwk in jwks {
            match read_key(jwk) {
                Ok(key) => set.insert(key)?,
                Err(JwkError::Unsupported | JwkError::Broken(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(set)
    }

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// When one with this `kid` is here.
    pub fn insert(&mut self, key: VerifyingKey) -> Result<(), JwkError> {
        if self.keys.contains_key(&key.kid) {
            return Err(JwkError::Duplicate(key.kid));
        }
        self.keys.insert(key.kid.clone(), key);
        Ok(())
    }

    /// The key with a `kid`.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }

    /// All keys, by `kid`.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.values()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// As a JWK set, to be published.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let keys = self.iter().map(VerifyingKey::to_jwk).collect();
        Json::Object(vec![("keys".into(), Json::Array(keys))])
    }

    /// The text of [`to_json`](Self::to_json), over several lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        to_pretty_text(&self.to_json())
    }
}

/// Why keys could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not even JSON.
    #[error(transparent)]
    NotJson(#[from] NotJson),
    /// Too deep, or with a key twice.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// More than [`MAX_KEY_SET_BYTES`] or [`MAX_KEYS`].
    #[error("a key set has at most {MAX_KEYS} keys and {MAX_KEY_SET_BYTES} bytes")]
    TooLarge,
    /// Not a set of keys.
    #[error("a key set is an object with an array `keys`")]
    NotSet,
    /// A key of another kind or for another use.
    #[error("not a key for EdDSA (Ed25519) or ES256 signatures")]
    Unsupported,
    /// A member is missing or makes no sense.
    #[error("`{0}` of the key is missing or wrong")]
    Broken(&'static str),
    /// A private key among public ones.
    #[error("a private key is published; replace it by a new one")]
    Private,
    /// Two keys, one name.
    #[error("two keys have the `kid` `{0}`")]
    Duplicate(SmolStr),
}

/// Reads one JWK.
pub(super) fn read_key(jwk: &Json) -> Result<VerifyingKey, JwkError> {
    let Json::Object(members) = jwk else {
        return Err(JwkError::Unsupported);
    };
    // First of all: whatever else it is, this must not be public.
    if member(members, "d").is_some() || member(members, "k").is_some() {
        return Err(JwkError::Private);
    }
    let kind = |name| text(members, name);
    let algorithm = match (kind("kty")?, kind("crv")?) {
        (Some("OKP"), Some("Ed25519")) => Algorithm::EdDsa,
        (Some("EC"), Some("P-256")) => Algorithm::Es256,
        _ => return Err(JwkError::Unsupported),
    };
    let fits = match (kind("alg")?, algorithm) {
        (None, _) | (Some("EdDSA" | "Ed25519"), Algorithm::EdDsa) => true,
        (Some(name), algorithm) => name == algorithm.name(),
    };
    let verifies = match member(members, "key_ops") {
        None => true,
        Some(Json::Array(uses)) => uses.contains(&Json::String("verify".into())),
        Some(_) => return Err(JwkError::Broken("key_ops")),
    };
    if !fits || !verifies || kind("use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(JwkError::Unsupported);
    }
    let kid = match kind("kid")? {
        None => None,
        Some(kid) if check_id(kid).is_ok() => Some(SmolStr::new(kid)),
        Some(_) => return Err(JwkError::Broken("kid")),
    };
    let coordinate = |name: &'static str| {
        let text = text(members, name)?.ok_or(JwkError::Broken(name))?;
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .filter(|bytes| bytes.len() == super::COORDINATE)
            .ok_or(JwkError::Broken(name))
    };
    let bytes = match algorithm {
        Algorithm::EdDsa => coordinate("x")?,
        Algorithm::Es256 => {
            let mut bytes = vec![UNCOMPRESSED];
            bytes.extend(coordinate("x")?);
            bytes.extend(coordinate("y")?);
            bytes
        }
    };
    VerifyingKey::new(algorithm, &bytes, kid).ok_or(JwkError::Broken("x"))
}

fn member<'a>(members: &'a Fields, name: &str) -> Option<&'a Json> {
    members
        .iter()
        .find(|(key, value)| key == name && *value != Json::Null)
        .map(|(_, value)| value)
}

fn text<'a>(members: &'a Fields, name: &'static str) -> Result<Option<&'a str>, JwkError> {
    match member(members, name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwkError::Broken(name)),
    }
}
