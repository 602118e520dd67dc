//! `placet who-can` and `placet what-can`

use placet::Policy;
use placet::analysis::{Answer, Effort, Question, who};

use crate::args::{Format, HowAsked, WhatCan, WhoCan};
use crate::command::asked::{self, Names};
use crate::command::line;
use crate::error::Error;
use crate::members::Members;
use crate::output::{Ended, Output};
use crate::policy;
use crate::render::region as render;

/// Says who can do something.
pub(crate) fn who_can(args: &WhoCan) -> Result<Ended, Error> {
    let policy = policy::load(&args.policy.paths)?;
    let names = Names::of(policy.policy());
    let question = Question {
        actions: names.actions(&args.action)?,
        functions: names.functions(&args.tool)?,
        resources: asked::resources(&args.resource)?,
        users: names.users(args.how.user.as_deref())?,
        ..Question::default()
    };
    let answer = ask(&policy, &question, &args.how);
    if !answer.is_about_something {
        return Err(names.no_such_resource(&question, &args.resource));
    }
    let question = Members::default()
        .text("action", &args.action)
        .text("tool", &args.tool)
        .text("resource", &args.resource)
        .maybe("for", args.how.user.as_ref());
    tell(question, &answer, &args.how)
}

/// Says what an agent can do.
pub(crate) fn what_can(args: &WhatCan) -> Result<Ended, Error> {
    let policy = policy::load(&args.policy.paths)?;
    let names = Names::of(policy.policy());
    let question = Question {
        agents: names.agents(&args.agent)?,
        users: names.users(args.how.user.as_deref())?,
        ..Question::default()
    };
    let answer = ask(&policy, &question, &args.how);
    let question = Members::default()
        .text("agent", &args.agent)
        .maybe("for", args.how.user.as_ref());
    tell(question, &answer, &args.how)
}

fn ask(policy: &Policy, question: &Question, how: &HowAsked) -> Answer {
    who(policy, question, Effort { steps: how.steps })
}

fn tell(question: Members, answer: &Answer, how: &HowAsked) -> Result<Ended, Error> {
    let mut out = Output::new();
    match how.format {
        Format::Text => {
            for region in &answer.regions {
                out.line(&render::text(region, how.examples))?;
            }
            out.write(&render::summary(answer))?;
        }
        Format::Json => {
            let report = Members::report().put("question", question.into());
            out.write(&line(&render::answer_json(report, answer).into()))?;
        }
    }
    out.flush()?;
    Ok(ended(answer))
}

/// What is not known is a finding.
pub(crate) fn ended(answer: &Answer) -> Ended {
    if answer.unknown.is_empty() {
        Ended::Fine
    } else {
        Ended::Findings
    }
}
