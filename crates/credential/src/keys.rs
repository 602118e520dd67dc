//! Keys that sign: made, kept, rotated, published.
//!
//! A [`SigningKey`] is one private key, a [`Keyring`] a folder of them with one that
//! signs, a [`KeySet`] the public half of such a folder as it is published (a JWK set,
//! RFC 7517). Private bytes are never shown, are kept in files of their owner alone, and
//! are wiped from memory after use. Signatures are the work of aws-lc.

mod files;
mod pem;
mod ring;
mod set;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, ParsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::json::Json;
use placet_model::wire::to_text;
use smol_str::SmolStr;

pub use self::ring::{Keyring, RingKey};
pub use self::set::{JwkError, KeySet, MAX_KEY_SET_BYTES, MAX_KEYS};

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032), `EdDSA` in JOSE (RFC 8037).
    EdDsa,
    /// ECDSA with P-256 and SHA-256 (RFC 7518), the signature as 64 bytes.
    Es256,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 2] = [Self::EdDsa, Self::Es256];

    /// As JOSE writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of a name, written exactly so.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A private key.
pub struct SigningKey {
    pair: Pair,
    public: VerifyingKey,
}

/// The library wipes both when they are dropped.
enum Pair {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
}

impl SigningKey {
    /// A new key, from the random numbers of the operating system.
    ///
    /// # Errors
    ///
    /// When the library cannot make one.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Library("make a key");
        loop {
            let key = Self::of(match algorithm {
                Algorithm::EdDsa => Pair::EdDsa(Ed25519KeyPair::generate().map_err(failed)?),
                Algorithm::Es256 => Pair::Es256(
                    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?,
                ),
            })?;
            // One id of 64 begins with the sign of an option, and could not be written in a
            // command as it is shown.
            if !key.kid().starts_with('-') {
                return Ok(key);
            }
        }
    }

    /// Reads a key from a file: PKCS#8 in PEM, unencrypted, for its owner alone.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is open to others, or holds no such key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = files::read_private(path)?;
        let not_a_key = || KeyError::NotPrivateKey { path: path.into() };
        let der = pem::decode(&text).ok_or_else(not_a_key)?;
        let pair = match Ed25519KeyPair::from_pkcs8(&der) {
            Ok(pair) => Pair::EdDsa(pair),
            Err(_) => Pair::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
                    .map_err(|_| not_a_key())?,
            ),
        };
        Self::of(pair)
    }

    /// Writes the key to a new file that only its owner can read, at no moment anybody
    /// else, whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or something is there already.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let der = match &self.pair {
            Pair::EdDsa(pair) => pair.to_pkcs8v1(),
            Pair::Es256(pair) => pair.to_pkcs8v1(),
        }
        .map_err(|_| KeyError::Library("write a key out"))?;
        let text = pem::encode(der.as_ref()).ok_or(KeyError::Library("write a key out"))?;
        files::create_private(path, text.as_bytes())
    }

    /// The key's id: its thumbprint (RFC 7638, SHA-256).
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm
    }

    /// A signature of a message.
    ///
    /// # Errors
    ///
    /// When the library cannot sign.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match &self.pair {
            Pair::EdDsa(pair) => pair.try_sign(message),
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), message),
        };
        match signature {
            Ok(signature) => Ok(signature.as_ref().to_vec()),
            Err(_) => Err(KeyError::Library("sign")),
        }
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    fn of(pair: Pair) -> Result<Self, KeyError> {
        let (algorithm, public) = match &pair {
            Pair::EdDsa(pair) => (Algorithm::EdDsa, pair.public_key().as_ref()),
            Pair::Es256(pair) => (Algorithm::Es256, pair.public_key().as_ref()),
        };
        let public = VerifyingKey::new(algorithm, public, None)
            .ok_or(KeyError::Library("tell the public half of a key"))?;
        Ok(Self { pair, public })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    kid: SmolStr,
    /// Ed25519: the 32 bytes of the key; P-256: `0x04`, x and y.
    bytes: Vec<u8>,
}

/// The length of a coordinate, of both curves.
const COORDINATE: usize = 32;
const UNCOMPRESSED: u8 = 4;

impl VerifyingKey {
    /// Reads a JWK (RFC 7517, RFC 8037). Without `kid` it is known by its thumbprint.
    ///
    /// # Errors
    ///
    /// When it is no public key for signatures of a kind that is used here.
    pub fn from_jwk(jwk: &Json) -> Result<Self, JwkError> {
        set::read_key(jwk)
    }

    /// As a JWK with `kid`, `alg` and `use`.
    #[must_use]
    pub fn to_jwk(&self) -> Json {
        let mut members = self.required_members();
        for (name, value) in [
            ("kid", self.kid.as_str()),
            ("alg", self.algorithm.name()),
            ("use", "sig"),
        ] {
            members.push((name, value.to_owned()));
        }
        object(members)
    }

    /// The id by which a signature names it.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Which signatures it verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its thumbprint (RFC 7638, SHA-256, base64url), which is the `kid` of keys made here.
    #[must_use]
    pub fn thumbprint(&self) -> SmolStr {
        // Members in the order of their names, no white space: that is the canonical form.
        let canonical = to_text(&object(self.required_members()));
        let hash = digest::digest(&digest::SHA256, canonical.as_bytes());
        URL_SAFE_NO_PAD.encode(hash).into()
    }

    /// Whether this key signed a message.
    ///
    /// # Errors
    ///
    /// When it did not.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.parsed()
            .ok_or(BadSignature)?
            .verify_sig(message, signature)
            .map_err(|_| BadSignature)
    }

    /// `None` when the bytes are no key: of another length, or not on the curve.
    fn new(algorithm: Algorithm, bytes: &[u8], kid: Option<SmolStr>) -> Option<Self> {
        let shaped = match algorithm {
            Algorithm::EdDsa => bytes.len() == COORDINATE,
            Algorithm::Es256 => {
                bytes.len() == 1 + 2 * COORDINATE && bytes.first() == Some(&UNCOMPRESSED)
            }
        };
        let mut key = Self {
            algorithm,
            kid: SmolStr::default(),
            bytes: bytes.to_vec(),
        };
        if !shaped {
            return None;
        }
        key.parsed()?;
        key.kid = kid.unwrap_or_else(|| key.thumbprint());
        Some(key)
    }

    fn parsed(&self) -> Option<ParsedPublicKey> {
        match self.algorithm {
            Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, &self.bytes),
            Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes),
        }
        .ok()
    }

    /// The members of its JWK that make the key, by name (RFC 7638 section 3.2).
    fn required_members(&self) -> Vec<(&'static str, String)> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self.algorithm {
            Algorithm::EdDsa => vec![
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".to_owned()),
                ("x", encode(&self.bytes)),
            ],
            Algorithm::Es256 => {
                let point = self.bytes.get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                vec![
                    ("crv", "P-256".to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", encode(x)),
                    ("y", encode(y)),
                ]
            }
        }
    }
}

/// The signature is not this key's, or not of this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Why a key could not be made, kept, read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The library did not do it.
    #[error("the cryptographic library could not {0}")]
    Library(&'static str),
    /// A file or folder could not be used.
    #[error("cannot {what} `{}`", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than the owner could read a private key, or put keys into a folder.
    #[error(
        "`{path}` is open to others (mode {mode:04o}); run `chmod {wanted:o} {path}`, and \
         consider whether the key is still a secret",
        path = .path.display()
    )]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// The mode that it should have.
        wanted: u32,
    },
    /// The file holds something else.
    #[error(
        "`{}` holds no private key: PKCS#8 in PEM, unencrypted, of Ed25519 or P-256",
        .path.display()
    )]
    NotPrivateKey {
        /// The file.
        path: PathBuf,
    },
    /// There is something already.
    #[error("`{}` exists, and keys are not overwritten", .path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// The folder holds no keys.
    #[error("`{}` holds no keys", .path.display())]
    NoKeyring {
        /// The folder.
        path: PathBuf,
    },
    /// The folder does not tell which key signs.
    #[error(
        "`{path}` does not tell which key signs; write the name of its `.pem` file, without \
         `.pem`, into `{path}/active`",
        path = .path.display()
    )]
    NoActive {
        /// The folder.
        path: PathBuf,
    },
    /// The file describes no public key of the folder.
    #[error("`{}` describes no key of this folder", .path.display())]
    NotPublicKey {
        /// The file.
        path: PathBuf,
        /// Why, where it is no key at all.
        source: Option<JwkError>,
    },
    /// The folder has no such key.
    #[error("no key `{0}` is here")]
    Unknown(SmolStr),
    /// The key that signs cannot be retired.
    #[error("`{0}` is the key that signs; rotate before it is retired")]
    Active(SmolStr),
}

fn object(members: Vec<(&'static str, String)>) -> Json {
    Json::Object(
        members
            .into_iter()
            .map(|(name, value)| (SmolStr::new_static(name), Json::String(value.into())))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
