//! `placet blast-radius`

mod holder;

use placet::Policy;
use placet::analysis::{Effort, Question, blast};

use crate::args::{BlastRadius, Format};
use crate::command::asked::Names;
use crate::command::line;
use crate::command::who::ended;
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::policy;
use crate::render::blast as render;

/// Sums up what an agent or the holder of a credential could do.
pub(crate) fn run(args: &BlastRadius) -> Result<Ended, Error> {
    let policy = policy::load(&args.policy.paths)?;
    let mut agents = policy.policy().agents.iter();
    if !agents.any(|agent| agent.name == args.of)
        && !args.of.starts_with("in ")
        && let Some(named) = holder::named(&args.of)?
    {
        return holder::run(args, &policy, named);
    }
    agent(args, &policy)
}

fn agent(args: &BlastRadius, policy: &Policy) -> Result<Ended, Error> {
    let names = Names::of(policy.policy());
    let question = Question {
        agents: names.agents(&args.of)?,
        users: names.users(args.how.user.as_deref())?,
        ..Question::default()
    };
    let effort = Effort {
        steps: args.how.steps,
    };
    let blast = blast(policy, &question, effort);
    let mut out = Output::new();
    match args.how.format {
        Format::Text => out.write(&render::text(policy.policy(), &args.of, &blast, &args.how))?,
        Format::Json => {
            let json = render::json(policy.policy(), &args.of, &args.how, &blast);
            out.write(&line(&json))?;
        }
    }
    out.flush()?;
    Ok(ended(&blast.answer))
}
