//! `placet issue` and `placet delegate`

use placet::Decision;
use placet::credential::id::CredentialId;
use placet::credential::keys::Keyring;
use placet::credential::service::{IssueOptions, Mode, Presented};
use placet::credential::token::Issuer;
use placet::json::Invalid;
use placet::model::json::Json;
use placet::model::request::Request;
use placet::model::value::Time;
use smol_str::SmolStr;

use crate::args::{Delegate, Format, Issue, IssueArgs};
use crate::ask::{self, Answer, Answers, Given};
use crate::command::own::{self, Own};
use crate::command::using::{self, Stop};
use crate::desk::{Desk, Unavailable, now};
use crate::error::Error;
use crate::named::{Named, invalid};
use crate::output::Ended;
use crate::policy;

/// Issues credentials.
pub(crate) fn run(args: Issue) -> Result<Ended, Error> {
    let desk = Desk::making(policy::load(&args.policy.paths)?, &args.store);
    let issuing = Issuing {
        desk,
        how: args.how,
        from: None,
        format: args.format,
    };
    ask::all(&args.input, issuing)
}

/// Issues narrower credentials to sub-agents.
pub(crate) fn delegate(args: Delegate) -> Result<Ended, Error> {
    let parent = args.credential.as_deref().map(Named::parse);
    let desk = Desk::at(policy::load(&args.policy.paths)?, &args.store);
    let issuing = Issuing {
        desk,
        how: args.how,
        from: Some(Parent {
            named: parent,
            holder: args.holder,
            proven_key: args.proven_key,
        }),
        format: args.format,
    };
    ask::all(&args.input, issuing)
}

struct Issuing {
    desk: Desk,
    how: IssueArgs,
    from: Option<Parent>,
    format: Format,
}

/// From what a delegation narrows.
struct Parent {
    named: Option<Result<Named, Invalid>>,
    holder: SmolStr,
    proven_key: Option<SmolStr>,
}

impl Answers for Issuing {
    fn answer(&mut self, given: Given) -> Answer {
        let (digest, format) = (self.desk.digest(), self.format);
        let answered = using::json(given).and_then(|json| self.issue(json));
        using::answer(answered, digest, format)
    }

    fn idle(&mut self) {
        self.desk.release();
    }
}

impl Issuing {
    fn issue(&mut self, mut json: Json) -> Result<using::Answered, Stop> {
        let named = match &self.from {
            // What an issuance has to say to a credential the service knows best.
            None => match Named::take(&mut json)? {
                None => None,
                Some(_) => {
                    return Err(invalid(
                        "what is issued from a credential is a delegation: `placet delegate`",
                    )
                    .into());
                }
            },
            Some(from) => Some(own::one_of(
                from.named.clone(),
                Named::take(&mut json)?,
                "delegated from",
            )?),
        };
        let request = ask::request(json)?.request;
        let now = now(request.time)?;
        self.desk.service(now)?;
        // Whatever a token needs is made sure of before anything is issued.
        let keys = match self.how.token {
            true => Some(self.desk.token_keys(now)?),
            false => None,
        };
        let parent = match (&self.from, named) {
            (Some(from), Some(named)) => {
                let own = Own {
                    desk: &self.desk,
                    issuer: &self.how.issuer,
                    audiences: &self.how.audience,
                    proven_key: from.proven_key.as_deref(),
                };
                let parent = own.accepted(named, &request, Some(&from.holder), now)?;
                Some(parent)
            }
            _ => None,
        };
        let decision = self.decide(request, parent, now)?;
        let id = decision
            .credential
            .as_ref()
            .and_then(|credential| CredentialId::parse(credential.id.as_deref()?));
        let token = match (&keys, &id) {
            (Some(keys), Some(id)) => Some(self.token(keys, id, now)?),
            _ => None,
        };
        let mut rows = Vec::new();
        rows.extend(id.map(|id| ("id", id.to_string())));
        rows.extend(token.clone().map(|token| ("token", token)));
        Ok(using::Answered {
            decision,
            more: token.map(|token| ("token", Json::String(token.into()))),
            rows,
        })
    }

    fn decide(
        &mut self,
        request: Request,
        parent: Option<CredentialId>,
        now: Time,
    ) -> Result<Decision, Unavailable> {
        let options = IssueOptions {
            mode: if self.how.exact {
                Mode::Exact
            } else {
                Mode::Narrow
            },
            key: self.how.key.clone(),
        };
        let service = self.desk.service(now)?;
        Ok(match parent.as_ref().zip(self.from.as_ref()) {
            None => service.issue(request, &options, now)?,
            Some((parent, from)) => {
                let presented = Presented {
                    id: parent,
                    proven_key: from.proven_key.as_deref(),
                };
                service.delegate(presented, &from.holder, request, &options, now)?
            }
        })
    }

    /// A token of what was issued; when there cannot be one, it is taken back.
    fn token(&self, keys: &Keyring, id: &CredentialId, now: Time) -> Result<String, Unavailable> {
        let signed = self.sign(keys, id);
        if signed.is_err() {
            self.desk
                .take_back(id, "no token of it could be signed", now)?;
        }
        signed
    }

    fn sign(&self, keys: &Keyring, id: &CredentialId) -> Result<String, Unavailable> {
        let held = self
            .desk
            .held(id)?
            .ok_or_else(|| Unavailable(format!("the credential `{id}` is not in the store")))?;
        let service_behind = |tool: &str| self.desk.audience(tool);
        let mut audience: Vec<SmolStr> = self.how.audience.iter().map(SmolStr::from).collect();
        if audience.is_empty() {
            let scopes = &held.credential.scopes;
            audience.extend(
                scopes
                    .iter()
                    .filter_map(|scope| service_behind(&scope.tool)),
            );
            audience.sort();
            audience.dedup();
        }
        if audience.is_empty() {
            audience.push(self.how.issuer.as_str().into());
        }
        let issuer = Issuer::new(self.how.issuer.as_str(), audience);
        Ok(issuer.sign(keys.signing(), &held, service_behind)?)
    }
}
