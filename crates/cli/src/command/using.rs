//! `placet use`, and what it shares with issuing.

use placet::Decision;
use placet::credential::id::CredentialId;
use placet::credential::service::{Authorized, Presented};
use placet::credential::token::TokenError;
use placet::json::{self, Invalid};
use placet::model::json::{Fields, Json};
use placet::model::policy::Outcome;
use placet::model::request::Request;
use smol_str::SmolStr;

use crate::args::{Format, How, OwnTokenArgs, Use};
use crate::ask::{self, Answer, Answers, Given, Verdict};
use crate::command::line;
use crate::command::own::{Own, one_of};
use crate::desk::{Desk, Unavailable, now};
use crate::error::Error;
use crate::members::Members;
use crate::named::{Named, Refused};
use crate::output::Ended;
use crate::{policy, render};

/// Decides calls under credentials.
pub(crate) fn run(args: Use) -> Result<Ended, Error> {
    let named = args.credential.as_deref().map(Named::parse);
    let desk = Desk::at(policy::load(&args.policy.paths)?, &args.store);
    let using = Using {
        desk,
        named,
        settle: args.settle,
        tokens: args.tokens,
        format: args.format,
    };
    ask::all(&args.input, using)
}

struct Using {
    desk: Desk,
    named: Option<Result<Named, Invalid>>,
    settle: Option<How>,
    tokens: OwnTokenArgs,
    format: Format,
}

impl Answers for Using {
    fn answer(&mut self, given: Given) -> Answer {
        let (digest, format) = (self.desk.digest(), self.format);
        let answered = json(given).and_then(|json| self.authorize(json));
        answer(answered, digest, format)
    }

    fn idle(&mut self) {
        self.desk.release();
    }
}

impl Using {
    fn authorize(&mut self, mut json: Json) -> Result<Answered, Stop> {
        let named = one_of(self.named.clone(), Named::take(&mut json)?, "used")?;
        let request = ask::request(json)?.request;
        let now = now(request.time)?;
        self.desk.service(now)?;
        let own = Own {
            desk: &self.desk,
            issuer: &self.tokens.issuer,
            audiences: &self.tokens.audience,
            proven_key: self.tokens.proven_key.as_deref(),
        };
        let id = own.accepted(named, &request, None, now)?;
        let again = request.clone();
        let service = self.desk.service(now)?;
        let presented = Presented {
            id: &id,
            proven_key: self.tokens.proven_key.as_deref(),
        };
        let mut authorized = service.authorize(presented, request, now)?;
        self.explain(&mut authorized.decision, again, &id)?;
        let service = self.desk.service(now)?;
        if let (Some(seq), Some(how)) = (authorized.seq, self.settle) {
            service.settle(seq, outcome(how), &Fields::new(), now)?;
        }
        Ok(called(authorized, self.settle))
    }

    /// Says more of a denial where the service says nothing: whoever reads it has no second
    /// look at it.
    fn explain(
        &self,
        decision: &mut Decision,
        mut request: Request,
        id: &CredentialId,
    ) -> Result<(), Unavailable> {
        let told = self.format == Format::Text && !decision.rules.is_empty();
        if decision.is_grant() || told || !decision.explanation.is_empty() {
            return Ok(());
        }
        if let Some(held) = self.desk.held(id)? {
            request.credential = Some(held.credential);
            let explained = self.desk.explain(&request);
            // What the store keeps is not in the request, which may change the answer.
            if explained.reason == decision.reason {
                decision.explanation = explained.explanation;
            }
        }
        Ok(())
    }
}

/// The answer to a call: the decision, and how to settle it.
fn called(authorized: Authorized, settled: Option<How>) -> Answered {
    let Authorized {
        decision,
        seq,
        settle_before,
    } = authorized;
    let mut call = Members::default();
    let mut rows = Vec::new();
    if let Some(seq) = seq {
        call = call.number("seq", seq);
        match (settled, settle_before) {
            (Some(how), _) => {
                let how = outcome(how).name();
                call = call.text("outcome", how);
                rows.push(("call", format!("{seq}, settled: {how}")));
            }
            (None, Some(end)) => {
                call = call.text("settle_before", end);
                rows.push(("call", format!("{seq}, to be settled before {end}")));
            }
            (None, None) => rows.push(("call", seq.to_string())),
        }
    }
    Answered {
        decision,
        more: seq.map(|_| ("call", call.into())),
        rows,
    }
}

/// How a call ended, as the service knows it.
pub(crate) const fn outcome(how: How) -> Outcome {
    match how {
        How::Ok => Outcome::Ok,
        How::Failed => Outcome::Failed,
    }
}

/// A decision of the service, with what comes with it.
pub(crate) struct Answered {
    /// The decision.
    pub(crate) decision: Decision,
    /// One more key of its JSON.
    pub(crate) more: Option<(&'static str, Json)>,
    /// More rows of its text.
    pub(crate) rows: Vec<(&'static str, String)>,
}

/// Why there is no decision of the service.
pub(crate) enum Stop {
    /// It is not JSON.
    NotJson(json::NotJson),
    /// The request is refused before.
    Refused(Refused),
    /// Something failed.
    Unavailable(Unavailable),
}

impl From<Invalid> for Stop {
    fn from(wrong: Invalid) -> Self {
        Self::Refused(wrong.into())
    }
}

impl From<TokenError> for Stop {
    fn from(error: TokenError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Unavailable> for Stop {
    fn from(why: Unavailable) -> Self {
        Self::Unavailable(why)
    }
}

impl From<placet::credential::service::Error> for Stop {
    fn from(error: placet::credential::service::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

/// The JSON that came, if any.
pub(crate) fn json(given: Given) -> Result<Json, Stop> {
    match given {
        Given::Json(json) => Ok(json),
        Given::Invalid(wrong) => Err(wrong.into()),
        Given::NotJson(why) => Err(Stop::NotJson(why)),
    }
}

/// What is written.
pub(crate) fn answer(answered: Result<Answered, Stop>, digest: SmolStr, format: Format) -> Answer {
    let Answered {
        decision,
        more,
        rows,
    } = match answered {
        Ok(answered) => answered,
        Err(Stop::NotJson(why)) => return ask::not_json(&why, digest, format),
        Err(Stop::Unavailable(Unavailable(why))) => return ask::unavailable(why, digest, format),
        Err(Stop::Refused(refused)) => Answered {
            decision: ask::refusal(&refused, digest),
            more: None,
            rows: Vec::new(),
        },
    };
    let text = match format {
        Format::Text => render::decision::text_with(&decision, &rows),
        Format::Json => {
            let mut json = json::decision_to_json(&decision);
            if let (Json::Object(members), Some((key, value))) = (&mut json, more) {
                members.push((SmolStr::new_static(key), value));
            }
            line(&json)
        }
    };
    Answer {
        text,
        verdict: Verdict::of(decision.is_grant()),
    }
}
