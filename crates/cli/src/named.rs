//! How a request names its credential: by its id, by a token, or as a whole.

use placet::Reason;
use placet::credential::id::CredentialId;
use placet::credential::keys::KeySet;
use placet::credential::token::{TokenError, Verified, Verifier};
use placet::json::{self, Invalid};
use placet::model::credential::Credential;
use placet::model::json::Json;
use placet::model::value::Time;
use smol_str::SmolStr;

use crate::args::TokenArgs;
use crate::error::Error;
use crate::files;

/// A credential as it is named.
#[derive(Clone, Debug)]
pub(crate) enum Named {
    /// By its id.
    Id(CredentialId),
    /// By a signed token, which is not verified yet.
    Token(SmolStr),
    /// By what issuance returned.
    Whole(Box<Credential>),
}

impl Named {
    /// Reads an id or a token.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(id) = CredentialId::parse(text) {
            return Ok(Self::Id(id));
        }
        if text.split('.').count() == 3 && !text.starts_with("c-") {
            return Ok(Self::Token(text.into()));
        }
        Err(invalid(format!(
            "`{}` is neither the id of a credential nor a token",
            shortened(text)
        )))
    }

    /// Takes the credential out of a request, where it names one.
    pub(crate) fn take(request: &mut Json) -> Result<Option<Self>, Invalid> {
        let Json::Object(members) = request else {
            return Ok(None);
        };
        let Some(at) = members.iter().position(|(name, _)| name == "credential") else {
            return Ok(None);
        };
        let (_, credential) = members.remove(at);
        Self::read(credential)
    }

    /// Reads an id, a token, or what issuance returned.
    pub(crate) fn read(credential: Json) -> Result<Option<Self>, Invalid> {
        match credential {
            Json::Null => Ok(None),
            Json::String(text) => Self::parse(&text).map(Some),
            whole => match json::read_credential(whole) {
                Ok(credential) => Ok(credential.map(|whole| Self::Whole(Box::new(whole)))),
                Err(wrong) => Err(Invalid {
                    pointer: format!("/credential{}", wrong.pointer),
                    ..wrong
                }),
            },
        }
    }
}

/// Why a request is refused before the engine sees it.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The reason of the decision.
    pub(crate) reason: Reason,
    /// What is wrong, and where.
    pub(crate) wrong: Invalid,
}

impl From<Invalid> for Refused {
    fn from(wrong: Invalid) -> Self {
        Self {
            reason: Reason::InvalidRequest,
            wrong,
        }
    }
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        Self {
            reason: error.reason(),
            wrong: invalid(error.to_string()),
        }
    }
}

/// Verifies tokens with published keys, without a store.
pub(crate) struct Offline {
    verifier: Verifier,
    proven_key: Option<SmolStr>,
}

impl Offline {
    /// `None` when no keys are given: then no token is accepted.
    pub(crate) fn open(args: &TokenArgs) -> Result<Option<Self>, Error> {
        let (Some(path), Some(audience)) = (&args.keys, &args.audience) else {
            return Ok(None);
        };
        let keys = KeySet::read(&files::read(path)?).map_err(|cause| {
            Error::refused(
                format!("`{}` is no set of public keys: {cause}", path.display()),
                Some("`placet keys jwks` prints that of a store"),
            )
        })?;
        Ok(Some(Self {
            verifier: Verifier::new(keys, args.issuer.as_str(), audience.as_str()),
            proven_key: args.proven_key.clone(),
        }))
    }

    /// The credential that a token carries.
    pub(crate) fn verify(&self, token: &str, now: Time) -> Result<Verified, TokenError> {
        self.verifier.verify(token, now, self.proven_key.as_deref())
    }
}

/// Something wrong with the credential of a request.
pub(crate) fn invalid(message: impl Into<String>) -> Invalid {
    Invalid {
        pointer: "/credential".to_owned(),
        message: message.into(),
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}…")
}
