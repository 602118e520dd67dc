//! Credentials that travel: signed JWTs (RFC 7519, RFC 7515) that whoever holds a public
//! key and the compiled policy can judge without asking anybody.
//!
//! An [`Issuer`] turns what the store holds into a token, a [`Verifier`] turns a token
//! back into exactly the same credential, its whole chain and all ids included. What each
//! claim is, is told in `docs/reference/tokens.md`. Three things hold:
//!
//! - **One source for each datum.** The verifier rebuilds the credential, derives every
//!   claim from it anew, and refuses a token where any differs, is missing, or is unknown.
//!   So the claims that other programs read (`sub`, `act`, `scope`, `exp`, …) never say
//!   anything else than what the engine decides by.
//! - **Nothing of the token chooses how it is verified.** Algorithms come from the
//!   verifier's list and from the key, the key from the verifier's set by `kid`; a header
//!   that brings a key, an extension, or anything unknown is refused.
//! - **No clock is read.** The time is an argument. A token is valid from its issuance
//!   (with a leeway) until `exp`, which is never later than the credential's end.
//!
//! # Offline, and what that costs
//!
//! ```
//! # use placet_compiler::compile;
//! # use placet_credential::id::CredentialId;
//! # use placet_credential::keys::{Algorithm, KeySet, SigningKey};
//! # use placet_credential::revocation::{Epoch, Revocations};
//! # use placet_credential::store::Held;
//! # use placet_credential::token::{Issuer, Verifier};
//! # use placet_evaluator::Engine;
//! # use placet_model::wire::read_request;
//! # use placet_syntax::{Source, Sources, parse};
//! # let mut sources = Sources::default();
//! # let file = sources.add(Source::new("notes.placet", r#"
//! #     policy notes { language 1  layers main  lifetime 1h }
//! #     agent assistant
//! #     tool notes {
//! #       audience "https://notes.example.com"
//! #       action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" }
//! #     }
//! #     grant own-notes {
//! #       agent assistant  user any  tool notes  action read  resource "note/{user.id}/**"
//! #     }
//! # "#));
//! # let tree = parse(file, sources.get(file).ok_or("no file")?);
//! # let compiled = compile(&sources, &[tree.file]).compiled.ok_or("no policy")?;
//! # let engine = Engine::new(compiled);
//! # let issuance = read_request(br#"{
//! #     "moment": "issuance", "agent": { "id": "assistant" }, "user": { "id": "ana" },
//! #     "scopes": [{ "tool": "notes", "action": "read", "resource": "note/**" }],
//! #     "time": "2026-11-23T10:00:00Z"
//! # }"#)??.request;
//! # let mut credential = engine.decide(&issuance).credential.ok_or("nothing was granted")?;
//! # let id = CredentialId::root(7);
//! # credential.id = Some(id.as_str().into());
//! # let held = Held { id, credential, epoch: Epoch(0), key: None };
//! // Where credentials are issued:
//! let signing = SigningKey::generate(Algorithm::EdDsa)?;
//! let issuer = Issuer::new("https://placet.example.com", ["https://notes.example.com"]);
//! let token = issuer.sign(&signing, &held, |tool| engine.audience(tool))?;
//! # let mut published = KeySet::default();
//! # published.insert(signing.verifying_key().clone())?;
//! # let published = published.to_text();
//! # let mut request = read_request(br#"{
//! #     "moment": "runtime", "agent": { "id": "assistant" }, "user": { "id": "ana" },
//! #     "call": { "tool": "notes.read_note", "args": { "owner": "ana", "id": 7 } },
//! #     "time": "2026-11-23T10:05:00Z"
//! # }"#)??.request;
//! # let now = request.time.ok_or("no time")?;
//! # let revocations = Revocations::default();
//!
//! // Where calls arrive, with the published keys and a copy of the policy:
//! let keys = KeySet::read(published.as_bytes())?;
//! let verifier = Verifier::new(keys, "https://placet.example.com", "https://notes.example.com");
//! let verified = verifier.verify(&token, now, None)?;
//! assert!(!revocations.covers(&verified.credential, verified.epoch));
//! request.credential = Some(verified.credential);
//! assert!(engine.decide(&request).is_grant());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whoever verifies offline does not learn of revocations. What is revoked then ends with
//! its `exp`, or as soon as the verifier has learnt the revocations up to a later epoch:
//! the token tells the epoch at which it was issued, so that
//! [`Revocations::covers`](crate::revocation::Revocations::covers) answers for tokens as
//! it does for the store. Budgets, histories and consents to single calls are kept by the
//! service alone; without them the engine denies what depends on them.

mod claims;
mod error;
mod jws;

use placet_evaluator::LEEWAY;
use placet_model::credential::Credential;
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

use self::claims::Envelope;
pub use self::error::{Part, SignError, TokenError};
use crate::id::CredentialId;
use crate::keys::{Algorithm, KeySet, SigningKey};
use crate::revocation::Epoch;
use crate::store::Held;

/// The media type of the tokens without `application/`, their `typ` (RFC 8725 section 3.11).
///
/// It is not `at+jwt` (RFC 9068): a server that knows access tokens but not Placet would
/// read `scope` alone, which leaves out exceptions and residual conditions.
pub const TOKEN_TYPE: &str = "placet+jwt";

/// The `type` of each member of `authorization_details` (RFC 9396): one scope, version 1.
pub const SCOPE_TYPE: &str = "urn:placet:scope:1";

/// The longest token that is signed or read, in bytes.
pub const MAX_TOKEN_BYTES: usize = 256 << 10;

/// Who signs tokens, and for whom they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    issuer: SmolStr,
    audience: Vec<SmolStr>,
}

impl Issuer {
    /// An issuer by its URI, and the services that are to accept its tokens.
    #[must_use]
    pub fn new<A: Into<SmolStr>>(
        issuer: impl Into<SmolStr>,
        audience: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into_iter().map(Into::into).collect(),
        }
    }

    /// A token of a credential, bound to the key that the credential is bound to.
    ///
    /// `locations` tells the service behind a function, where the caller knows; it becomes
    /// `locations` of the scope.
    ///
    /// # Errors
    ///
    /// When the key does not sign, or the credential cannot travel: when it has no id, is
    /// too large, or would not be read back as the same.
    pub fn sign(
        &self,
        key: &SigningKey,
        held: &Held,
        locations: impl Fn(&str) -> Option<SmolStr>,
    ) -> Result<String, SignError> {
        let envelope = Envelope {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            locations: held
                .credential
                .scopes
                .iter()
                .map(|scope| locations(&scope.tool))
                .collect(),
        };
        let payload = claims::to_text(&envelope, held);
        // What is signed is what a verifier reads: this very credential or nothing.
        let (told, read) = claims::from_bytes(payload.as_bytes())?;
        if told != envelope || read != *held {
            return Err(SignError::Unfaithful);
        }
        let token = jws::sign(key, &payload)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(SignError::TooLarge(token.len()));
        }
        Ok(token)
    }
}

/// Who accepts tokens: of one issuer, for one audience.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: KeySet,
    issuer: SmolStr,
    audience: SmolStr,
    algorithms: Vec<Algorithm>,
    leeway: Duration,
}

impl Verifier {
    /// A verifier with the issuer's published keys.
    #[must_use]
    pub fn new(keys: KeySet, issuer: impl Into<SmolStr>, audience: impl Into<SmolStr>) -> Self {
        Self {
            keys,
            issuer: issuer.into(),
            audience: audience.into(),
            algorithms: Algorithm::ALL.to_vec(),
            leeway: Duration(LEEWAY),
        }
    }

    /// Accepts signatures of these algorithms only, where all are accepted otherwise.
    #[must_use]
    pub fn algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self
    }

    /// Accepts tokens that much before their issuance, since clocks differ: at least
    /// nothing, at most the engine's [`LEEWAY`] of a minute, which is the default. There is
    /// none at their end.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = Duration(leeway.0.clamp(0, LEEWAY));
        self
    }

    /// From now on these keys verify: the issuer has rotated or retired some.
    pub fn set_keys(&mut self, keys: KeySet) {
        self.keys = keys;
    }

    /// Reads a token at a time. `proven_key` is the thumbprint (RFC 7638) of the key whose
    /// possession the caller has proven, by DPoP (RFC 9449) for instance; a token that is
    /// bound to a key needs it.
    ///
    /// What comes back is what was issued. Whether it is revoked, and what it permits, is
    /// for the [revocations](crate::revocation::Revocations) and the engine to tell.
    ///
    /// # Errors
    ///
    /// Why the token is not accepted; [`TokenError::reason`] is that of the decision.
    pub fn verify(
        &self,
        token: &str,
        now: Time,
        proven_key: Option<&str>,
    ) -> Result<Verified, TokenError> {
        let (kid, payload) = jws::verify(token, &self.keys, &self.algorithms)?;
        let (envelope, held) = claims::from_bytes(&payload)?;
        if envelope.issuer != self.issuer {
            return Err(TokenError::Issuer(envelope.issuer));
        }
        if !envelope.audience.contains(&self.audience) {
            return Err(TokenError::Audience(self.audience.clone()));
        }
        match (&held.key, proven_key) {
            (Some(_), None) => return Err(TokenError::NoKeyProven),
            (Some(bound), Some(proven)) if bound != proven => {
                return Err(TokenError::OtherKeyProven);
            }
            _ => {}
        }
        let Held {
            id,
            credential,
            epoch,
            key,
        } = held;
        if now.0.saturating_add(self.leeway.0) < credential.issued.0 {
            return Err(TokenError::NotYetValid(credential.issued));
        }
        let end = claims::end(&credential);
        if now >= end {
            return Err(TokenError::Expired(end));
        }
        Ok(Verified {
            id,
            credential,
            epoch,
            key,
            kid,
        })
    }
}

/// What a token carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The credential's id.
    pub id: CredentialId,
    /// The credential, for [`Request::credential`](placet_model::request::Request).
    pub credential: Credential,
    /// The epoch at which it was issued, for the revocations.
    pub epoch: Epoch,
    /// The thumbprint of the key that it is bound to.
    pub key: Option<SmolStr>,
    /// The `kid` of the key that signed the token.
    pub kid: SmolStr,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
