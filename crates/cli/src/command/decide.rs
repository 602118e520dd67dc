//! `placet decide` and `placet list`

use placet::json;
use placet::json::{Incoming, Moment};
use placet::model::json::Json;
use placet::{Decision, Engine};

use crate::args::{Decide, Format, List, PolicyArgs, RequestArgs};
use crate::ask::{self, Answer, Asked, Given, Verdict};
use crate::command::line;
use crate::error::Error;
use crate::named::Offline;
use crate::output::Ended;
use crate::{policy, render};

/// Decides requests.
pub(crate) fn run(args: &Decide) -> Result<Ended, Error> {
    let mut engine = engine(&args.policy)?;
    if let Some(entries) = args.cache {
        engine = engine.with_cache(entries);
    }
    answer_all(&engine, &args.requests, args.format, false)
}

/// Lists tools. A request about anything else is taken as one about all that its agent
/// could do.
pub(crate) fn list(args: &List) -> Result<Ended, Error> {
    let engine = engine(&args.policy)?;
    answer_all(&engine, &args.requests, args.format, true)
}

/// The decision point of a policy.
pub(crate) fn engine(args: &PolicyArgs) -> Result<Engine, Error> {
    policy::load(&args.paths).map(Engine::new)
}

/// Whether the policy alone decides a request: where that was said aloud, and for a listing
/// without a credential, which gives nothing away.
pub(crate) fn policy_alone(incoming: &Incoming, no_credential: bool) -> bool {
    match incoming.moment {
        Moment::Runtime => no_credential,
        Moment::Issuance => false,
        Moment::Listing => no_credential || incoming.request.credential.is_none(),
    }
}

/// The decision on what was asked, as JSON and as data; bytes that are no JSON have only
/// the first.
pub(crate) fn decided(
    engine: &Engine,
    asked: &Asked,
    no_credential: bool,
) -> (Json, Option<Decision>) {
    let digest = engine.compiled().digest().clone();
    let decision = match asked {
        Asked::Request(incoming) => {
            let request = &incoming.request;
            let alone = policy_alone(incoming, no_credential);
            let decision = if alone {
                engine.decide_without_credential(request)
            } else {
                engine.decide(request)
            };
            // Whoever reads a refusal as JSON has no second look at it.
            if !decision.is_grant() {
                let explanation = if alone {
                    engine.explain_without_credential(request)
                } else {
                    engine.explain(request)
                };
                return (
                    json::decision_to_json(&explanation.decision),
                    Some(decision),
                );
            }
            decision
        }
        Asked::Refused(refused) => ask::refusal(refused, digest),
        Asked::NotJson(why) => return (json::not_json_to_json(why, digest), None),
    };
    (json::decision_to_json(&decision), Some(decision))
}

fn answer_all(
    engine: &Engine,
    requests: &RequestArgs,
    format: Format,
    listing: bool,
) -> Result<Ended, Error> {
    let offline = Offline::open(&requests.tokens)?;
    ask::all(&requests.input, |given: Given| {
        let asked = ask::asked(given, listing, offline.as_ref());
        if let Asked::NotJson(why) = &asked {
            return ask::not_json(why, engine.compiled().digest().clone(), format);
        }
        let (json, decision) = decided(engine, &asked, requests.no_credential);
        let text = match (format, &decision) {
            (Format::Text, Some(decision)) => render::decision::text(decision),
            _ => line(&json),
        };
        Answer {
            text,
            verdict: Verdict::of(decision.is_some_and(|decision| decision.is_grant())),
        }
    })
}
