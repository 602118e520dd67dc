//! A folder of keys: one signs, older ones verify until they are retired.
//!
//! The folder holds `active` (the `kid` of the key that signs), `KID.pem` (its private
//! half; there is no other, since what no longer signs has no use for one) and a
//! `KID.json` for each key: its JWK with the times at which it began and ceased to sign.
//! Every change is a sequence of steps, each whole or not at all, and whoever opens the
//! folder finishes or undoes what a crash has left half done. Processes that share a
//! folder exclude each other by a lock on `lock`.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use placet_model::json::Json;
use placet_model::value::Time;
use placet_model::wire::{read_json, to_pretty_text};
use smol_str::{SmolStr, ToSmolStr};

use super::{Algorithm, JwkError, KeyError, KeySet, SigningKey, VerifyingKey, files};

/// A folder of keys for one purpose. Tokens and the audit have a folder each, so that a
/// signature of one is never taken for one of the other.
#[derive(Debug)]
pub struct Keyring {
    folder: PathBuf,
    signing: SigningKey,
    keys: Vec<RingKey>,
}

/// A key of a [`Keyring`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingKey {
    /// The public half.
    pub key: VerifyingKey,
    /// Since when it signs.
    pub created: Time,
    /// Until when it signed; `None` for the one that still does. It can be retired when
    /// the longest lifetime of what it signed is over.
    pub superseded: Option<Time>,
}

impl Keyring {
    /// Opens a folder of keys.
    ///
    /// # Errors
    ///
    /// When there are none, when they are open to others, or when a file is damaged.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let none = || KeyError::NoKeyring {
            path: folder.into(),
        };
        if !folder.is_dir() {
            return Err(none());
        }
        let _lock = files::lock(folder)?;
        Self::read(folder)?.ok_or_else(none)
    }

    /// Opens a folder of keys; where there are none, makes the folder and a first key.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and when they cannot be made.
    pub fn open_or_create(
        folder: &Path,
        algorithm: Algorithm,
        now: Time,
    ) -> Result<Self, KeyError> {
        files::ensure_folder(folder)?;
        let _lock = files::lock(folder)?;
        if let Some(ring) = Self::read(folder)? {
            return Ok(ring);
        }
        let signing = SigningKey::generate(algorithm)?;
        add(folder, &signing, now)?;
        activate(folder, signing.kid())?;
        let first = RingKey {
            key: signing.verifying_key().clone(),
            created: now,
            superseded: None,
        };
        Ok(Self {
            folder: folder.into(),
            signing,
            keys: vec![first],
        })
    }

    /// The key that signs.
    #[must_use]
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key that signs, for one that keeps it.
    #[must_use]
    pub fn into_signing(self) -> SigningKey {
        self.signing
    }

    /// All keys, in the order in which they were made.
    #[must_use]
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The keys that verify, to be published.
    #[must_use]
    pub fn jwks(&self) -> KeySet {
        let mut set = KeySet::default();
        for ring_key in &self.keys {
            // Each has its own thumbprint for a name, so that none is a duplicate.
            let _ = set.insert(ring_key.key.clone());
        }
        set
    }

    /// Sees what other processes have changed.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn reload(&mut self) -> Result<(), KeyError> {
        *self = Self::open(&self.folder)?;
        Ok(())
    }

    /// From now on a new key of the same kind signs. The old one verifies until it is
    /// [retired](Self::retire); its private half is destroyed.
    ///
    /// # Errors
    ///
    /// When the folder cannot be changed. Then the old key signs still, or the new one
    /// does once the folder is opened again; what was signed verifies in any case.
    pub fn rotate(&mut self, now: Time) -> Result<(), KeyError> {
        self.rotate_to(self.signing.algorithm(), now)
    }

    /// As [`rotate`](Self::rotate), to a key of another kind.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub fn rotate_to(&mut self, algorithm: Algorithm, now: Time) -> Result<(), KeyError> {
        let _lock = files::lock(&self.folder)?;
        let current = self.current()?;
        let new = SigningKey::generate(algorithm)?;
        // Until `active` names it, the new key is a left-over to whoever opens the folder.
        add(&self.folder, &new, now)?;
        let old = current.signing.verifying_key();
        let created = current.created(old.kid()).unwrap_or(now);
        describe(&self.folder, old, created, Some(now))?;
        activate(&self.folder, new.kid())?;
        // From here on the private half of the old key is one.
        files::remove(&private(&self.folder, old.kid()))?;
        *self = self.current()?;
        Ok(())
    }

    /// From now on nothing that this key signed verifies.
    ///
    /// # Errors
    ///
    /// When it is the key that signs, when there is no such key, or when the folder cannot
    /// be changed.
    pub fn retire(&mut self, kid: &str) -> Result<(), KeyError> {
        let _lock = files::lock(&self.folder)?;
        let current = self.current()?;
        if current.signing.kid() == kid {
            return Err(KeyError::Active(kid.into()));
        }
        if current.created(kid).is_none() {
            return Err(KeyError::Unknown(kid.into()));
        }
        files::remove(&public(&self.folder, kid))?;
        *self = self.current()?;
        Ok(())
    }

    fn current(&self) -> Result<Self, KeyError> {
        Self::read(&self.folder)?.ok_or_else(|| KeyError::NoKeyring {
            path: self.folder.clone(),
        })
    }

    fn created(&self, kid: &str) -> Option<Time> {
        let found = self.keys.iter().find(|key| key.key.kid() == kid)?;
        Some(found.created)
    }

    /// Reads a locked folder and tidies it up; `None` when it holds no keys yet.
    fn read(folder: &Path) -> Result<Option<Self>, KeyError> {
        let names = files::list_locked(folder)?;
        // Files of other names are somebody else's, and none of ours.
        let with = |extension: &str| -> Vec<SmolStr> {
            let kids = names
                .iter()
                .filter_map(|name| name.strip_suffix(extension))
                .filter(|kid| is_thumbprint(kid));
            kids.map(SmolStr::new).collect()
        };
        let (private_kids, public_kids) = (with(".pem"), with(".json"));
        let mut keys = Vec::new();
        for kid in &public_kids {
            keys.push(read_description(folder, kid)?);
        }

        let active = if names.iter().any(|name| name == ACTIVE) {
            let path = folder.join(ACTIVE);
            let text = files::read_public(&path)?;
            let kid = String::from_utf8_lossy(&text).trim().to_smolstr();
            if !private_kids.contains(&kid) {
                return Err(KeyError::NoActive {
                    path: folder.into(),
                });
            }
            kid
        } else {
            let described = |kid: &&SmolStr| public_kids.contains(kid);
            match private_kids.iter().filter(described).collect::<Vec<_>>()[..] {
                // The very first key was being made, or `active` was lost.
                [only] => only.clone(),
                [] if public_kids.is_empty() => {
                    for kid in &private_kids {
                        files::remove(&private(folder, kid))?;
                    }
                    return Ok(None);
                }
                _ => {
                    return Err(KeyError::NoActive {
                        path: folder.into(),
                    });
                }
            }
        };

        let path = private(folder, &active);
        let signing = SigningKey::load(&path)?;
        let is_active = |key: &RingKey| key.key == *signing.verifying_key();
        if signing.kid() != active || !keys.iter().any(is_active) {
            return Err(KeyError::NotPublicKey {
                path: public(folder, &active),
                source: None,
            });
        }
        if !names.iter().any(|name| name == ACTIVE) {
            activate(folder, &active)?;
        }

        // What never signed, and private halves of what no longer does.
        for kid in private_kids.iter().filter(|kid| **kid != active) {
            files::remove(&private(folder, kid))?;
        }
        let mut kept = Vec::new();
        for mut key in keys {
            if key.key.kid() == active {
                // A rotation that did not come to its end has said otherwise.
                key.superseded = None;
            } else if key.superseded.is_none() {
                files::remove(&public(folder, key.key.kid()))?;
                continue;
            }
            kept.push(key);
        }
        kept.sort_by(|a, b| {
            let order = |key: &RingKey| (key.superseded.is_none(), key.superseded, key.created);
            order(a).cmp(&order(b))
        });
        Ok(Some(Self {
            folder: folder.into(),
            signing,
            keys: kept,
        }))
    }
}

/// The file that tells which key signs.
const ACTIVE: &str = "active";

fn private(folder: &Path, kid: &str) -> PathBuf {
    folder.join(format!("{kid}.pem"))
}

fn public(folder: &Path, kid: &str) -> PathBuf {
    folder.join(format!("{kid}.json"))
}

fn is_thumbprint(kid: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(kid)
        .is_ok_and(|hash| hash.len() == digest::SHA256_OUTPUT_LEN)
}

/// Adds the files of a new key.
fn add(folder: &Path, key: &SigningKey, now: Time) -> Result<(), KeyError> {
    key.save(&private(folder, key.kid()))?;
    describe(folder, key.verifying_key(), now, None)
}

fn activate(folder: &Path, kid: &str) -> Result<(), KeyError> {
    files::replace_public(&folder.join(ACTIVE), format!("{kid}\n").as_bytes())
}

fn describe(
    folder: &Path,
    key: &VerifyingKey,
    created: Time,
    superseded: Option<Time>,
) -> Result<(), KeyError> {
    let times = [("created", Some(created)), ("superseded", superseded)];
    let mut json = key.to_jwk();
    if let Json::Object(members) = &mut json {
        members.extend(times.into_iter().filter_map(|(name, time)| {
            Some((SmolStr::new_static(name), Json::String(time?.to_smolstr())))
        }));
    }
    let text = to_pretty_text(&json) + "\n";
    files::replace_public(&public(folder, key.kid()), text.as_bytes())
}

fn read_description(folder: &Path, kid: &str) -> Result<RingKey, KeyError> {
    let path = public(folder, kid);
    let bytes = files::read_public(&path)?;
    let wrong = |source: Option<JwkError>| KeyError::NotPublicKey {
        path: path.clone(),
        source,
    };
    let json = match read_json(&bytes) {
        Ok(Ok(json)) => json,
        Ok(Err(invalid)) => return Err(wrong(Some(invalid.into()))),
        Err(not_json) => return Err(wrong(Some(not_json.into()))),
    };
    let key = VerifyingKey::from_jwk(&json).map_err(|error| wrong(Some(error)))?;
    let time = |name: &str| {
        let Json::Object(members) = &json else {
            return None;
        };
        members.iter().find_map(|(key, value)| match value {
            Json::String(text) if key == name => Time::parse(text),
            _ => None,
        })
    };
    // The name of the file is the thumbprint, so that two files are never one key.
    match time("created") {
        Some(created) if key.kid() == kid && key.thumbprint() == kid => Ok(RingKey {
            key,
            created,
            superseded: time("superseded"),
        }),
        _ => Err(wrong(None)),
    }
}
