//! `placet explain`

use placet::json::{self, invalid_decision};
use placet::{Engine, Explanation};

use crate::args::{Explain, Format};
use crate::ask::{self, Answer, Asked};
use crate::command::decide::{engine, line, policy_alone};
use crate::error::Error;
use crate::output::Ended;
use crate::render;

/// Explains the decisions on requests.
pub(crate) fn run(args: &Explain) -> Result<Ended, Error> {
    let engine = engine(&args.policy)?;
    ask::all(&args.requests, false, |asked| {
        let explained = explained(&engine, &asked, args.requests.no_credential);
        match explained {
            Ok(explanation) => Answer {
                text: match args.format {
                    Format::Text => render::explanation::text(&explanation),
                    Format::Json => line(&render::explanation::json(&explanation)),
                },
                granted: explanation.decision.is_grant(),
            },
            Err(why) => Answer {
                text: match args.format {
                    Format::Text => render::decision::not_json(&why.to_string()),
                    Format::Json => {
                        let digest = engine.compiled().digest().clone();
                        line(&json::not_json_to_json(why, digest))
                    }
                },
                granted: false,
            },
        }
    })
}

/// What the engine says of what was asked.
pub(crate) fn explained<'a>(
    engine: &Engine,
    asked: &'a Asked,
    no_credential: bool,
) -> Result<Explanation, &'a json::NotJson> {
    match asked {
        Asked::Request(incoming) if policy_alone(incoming, no_credential) => {
            Ok(engine.explain_without_credential(&incoming.request))
        }
        Asked::Request(incoming) => Ok(engine.explain(&incoming.request)),
        Asked::Invalid(invalid) => Ok(Explanation {
            decision: invalid_decision(invalid, engine.compiled().digest().clone()),
            ignored: Vec::new(),
            asked: Vec::new(),
        }),
        Asked::NotJson(why) => Err(why),
    }
}
