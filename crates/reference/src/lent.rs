//! Requests as a host lends them: the same said with borrowed names and plain values.

use placet_model::json::{Fields, Json};
use placet_model::question::{Asking, Datum, Given, Job, Names, Party, Question};
use placet_model::request::{Asked, Principal, Request};
use smol_str::SmolStr;

/// Asks with a request whose names and plain values are lent.
pub fn lend<R>(request: &Request, ask: impl FnOnce(&Question<'_>) -> R) -> R {
    let agent = Lent::from(&request.agent);
    let user = request.user.as_ref().map(Lent::from);
    let task = request.task.as_ref().map(|task| fields(&task.facts));
    let context = fields(&request.context);
    let args = match &request.asked {
        Asked::Call { args, .. } => fields(args),
        _ => Vec::new(),
    };
    let plain = Question::from(request);
    ask(&Question {
        agent: agent.party(),
        user: user.as_ref().map(Lent::party),
        task: plain.task.zip(task.as_ref()).map(|(task, facts)| Job {
            facts: Given::Lent(facts),
            ..task
        }),
        context: Given::Lent(&context),
        asked: match plain.asked {
            Asking::Call { tool, .. } => Asking::Call {
                tool,
                args: Given::Lent(&args),
            },
            other => other,
        },
        ..plain
    })
}

struct Lent<'a> {
    id: &'a str,
    groups: Option<Vec<&'a str>>,
    facts: Vec<(&'a str, Datum<'a>)>,
}

impl<'a> From<&'a Principal> for Lent<'a> {
    fn from(principal: &'a Principal) -> Self {
        let names = |groups: &'a Vec<SmolStr>| groups.iter().map(SmolStr::as_str).collect();
        Self {
            id: &principal.id,
            groups: principal.groups.as_ref().map(names),
            facts: fields(&principal.facts),
        }
    }
}

impl Lent<'_> {
    fn party(&self) -> Party<'_> {
        Party {
            id: self.id,
            groups: self.groups.as_deref().map(Names::Lent),
            facts: Given::Lent(&self.facts),
        }
    }
}

fn fields(fields: &Fields) -> Vec<(&str, Datum<'_>)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), datum(value)))
        .collect()
}

fn datum(json: &Json) -> Datum<'_> {
    match json {
        Json::Bool(value) => Datum::Bool(*value),
        Json::String(text) => Datum::Text(text),
        // A number that is written otherwise is another text.
        Json::Number(text) => match text.parse::<i64>() {
            Ok(value) if value.to_string() == *text => Datum::Int(value),
            _ => Datum::Json(json),
        },
        _ => Datum::Json(json),
    }
}
