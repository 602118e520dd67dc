//! `placet explain`

use placet::json;
use placet::{Engine, Explanation};

use crate::args::{Explain, Format};
use crate::ask::{self, Answer, Asked, Given, Verdict};
use crate::command::decide::{engine, policy_alone};
use crate::command::line;
use crate::error::Error;
use crate::named::Offline;
use crate::output::Ended;
use crate::render;

/// Explains the decisions on requests.
pub(crate) fn run(args: &Explain) -> Result<Ended, Error> {
    let engine = engine(&args.policy)?;
    let offline = Offline::open(&args.requests.tokens)?;
    ask::all(&args.requests.input, |given: Given| {
        let asked = ask::asked(given, false, offline.as_ref());
        match explained(&engine, &asked, args.requests.no_credential) {
            Ok(explanation) => Answer {
                text: match args.format {
                    Format::Text => render::explanation::text(&explanation),
                    Format::Json => line(&render::explanation::json(&explanation)),
                },
                verdict: Verdict::of(explanation.decision.is_grant()),
            },
            Err(why) => ask::not_json(why, engine.compiled().digest().clone(), args.format),
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
        Asked::Refused(refused) => Ok(Explanation {
            decision: ask::refusal(refused, engine.compiled().digest().clone()),
            ignored: Vec::new(),
            asked: Vec::new(),
        }),
        Asked::NotJson(why) => Err(why),
    }
}
