//! `placet decide` and `placet list`

use placet::json::{self, Incoming, Moment};
use placet::model::json::Json;
use placet::{Decision, Engine};

use crate::args::{Decide, Format, List, PolicyArgs, RequestArgs};
use crate::ask::{self, Answer, Asked};
use crate::error::Error;
use crate::output::{self, Ended};
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
        Asked::Invalid(invalid) => json::invalid_decision(invalid, digest),
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
    ask::all(requests, listing, |asked| {
        let (json, decision) = decided(engine, &asked, requests.no_credential);
        let text = match (format, &decision, &asked) {
            (Format::Json, ..) => line(&json),
            (Format::Text, Some(decision), _) => render::decision::text(decision),
            (Format::Text, None, Asked::NotJson(why)) => {
                render::decision::not_json(&why.to_string())
            }
            (Format::Text, None, _) => line(&json),
        };
        Answer {
            text,
            granted: decision.is_some_and(|decision| decision.is_grant()),
        }
    })
}

/// JSON as it is written: over many lines for a person, else on one.
pub(crate) fn line(json: &Json) -> String {
    let mut text = if output::is_terminal() {
        json::to_pretty_text(json)
    } else {
        json::to_text(json)
    };
    text.push('\n');
    text
}
