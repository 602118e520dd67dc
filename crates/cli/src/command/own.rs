//! Which credential of the own store a request is about.

use placet::Request;
use placet::credential::id::CredentialId;
use placet::credential::token::{TokenError, Verifier};
use placet::json::Invalid;
use placet::model::value::Time;
use smol_str::SmolStr;

use crate::command::using::Stop;
use crate::desk::Desk;
use crate::named::{Named, invalid};

/// The one credential that is named, by an argument or in the request.
pub(crate) fn one_of(
    argument: Option<Result<Named, Invalid>>,
    member: Option<Named>,
    what: &str,
) -> Result<Named, Invalid> {
    match (argument, member) {
        (Some(_), Some(_)) => Err(invalid(format!(
            "named twice: by `--credential`, and in the request; say once what is {what}"
        ))),
        (Some(named), None) => named,
        (None, Some(named)) => Ok(named),
        (None, None) => Err(invalid(format!(
            "missing: give the id or the token of the credential that is {what}, here or with \
             `--credential`"
        ))),
    }
}

/// Tells which credential of the own store is named.
pub(crate) struct Own<'a> {
    /// The store, open.
    pub(crate) desk: &'a Desk,
    /// Who signs its tokens.
    pub(crate) issuer: &'a str,
    /// For whom they may be, beside the audiences of the policy and the issuer.
    pub(crate) audiences: &'a [String],
    /// The key that the caller has proven to have.
    pub(crate) proven_key: Option<&'a str>,
}

impl Own<'_> {
    /// The id of what is named for a request. A refusal leaves a record.
    pub(crate) fn accepted(
        &self,
        named: Named,
        request: &Request,
        holder: Option<&SmolStr>,
        now: Time,
    ) -> Result<CredentialId, Stop> {
        let resolved = self.resolve(named, now);
        if let Err(Stop::Refused(refused)) = &resolved {
            self.desk.refused(request, holder, refused.reason, now)?;
        }
        resolved
    }

    /// The id of what is named. A token must be the store's own and valid; a credential as
    /// a whole must be what the store holds.
    fn resolve(&self, named: Named, now: Time) -> Result<CredentialId, Stop> {
        let (id, whole) = match named {
            Named::Token(token) => return self.verified(&token, now),
            Named::Id(id) => (id, None),
            Named::Whole(whole) => {
                let id = whole.id.as_deref().ok_or_else(|| {
                    invalid(
                        "it has no `id`: the store knows only what `placet issue` and \
                         `placet delegate` made",
                    )
                })?;
                let id = CredentialId::parse(id)
                    .ok_or_else(|| invalid("its `id` is none of a credential"))?;
                (id, Some(whole))
            }
        };
        let Some(held) = self.desk.held(&id)? else {
            // The service says so.
            return Ok(id);
        };
        if whole.is_some_and(|whole| *whole != held.credential) {
            let wrong = format!("it is not what the store holds as `{id}`; the id alone is enough");
            return Err(invalid(wrong).into());
        }
        Ok(id)
    }

    /// Any audience will do: whoever asks here asks the issuer.
    fn verified(&self, token: &str, now: Time) -> Result<CredentialId, Stop> {
        let keys = self.desk.token_keys(now)?.jwks();
        let of_policy = &self.desk.policy().policy().audiences;
        let known = of_policy
            .iter()
            .map(|audience| audience.audience.as_str())
            .chain(self.audiences.iter().map(String::as_str))
            .chain([self.issuer]);
        let mut last = None;
        for audience in known {
            let verifier = Verifier::new(keys.clone(), self.issuer, audience);
            match verifier.verify(token, now, self.proven_key) {
                Ok(verified) => return Ok(verified.id),
                Err(error @ TokenError::Audience(_)) => last = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        match last {
            Some(error) => Err(error.into()),
            None => Err(invalid("the token is for nobody that is known here").into()),
        }
    }
}
