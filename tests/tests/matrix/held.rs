//! A `grant` of a matrix is granted whatever is told besides, and a `deny` never is.

use placet::Engine;
use placet::model::decision::Answer;
use placet::model::request::{Asked, Principal, Request, ScopeRequest};
use placet::model::value::Time;
use placet::suite::matrix::{Matrix, Options};
use placet_evaluator::Told;
use placet_model::policy::Policy;
use placet_reference::generate::{self, Dice, Pool};
use placet_reference::pipeline::compile;
use proptest::prelude::*;

#[derive(Default)]
struct Seen {
    granted: usize,
    denied: usize,
    depends: usize,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_outlook_holds_whatever_is_told_later(seed in any::<u64>()) {
        let mut dice = Dice::seeded(seed);
        if let Some((engine, pool)) = world(&mut dice) {
            for _ in 0..20 {
                outlook_holds(&engine, &pool, &mut dice, &mut Seen::default());
            }
        }
    }

    #[test]
    fn a_cell_holds_whatever_is_told_later(seed in any::<u64>()) {
        let mut dice = Dice::seeded(seed);
        if let Some((engine, pool)) = world(&mut dice) {
            cells_hold(&engine, &pool, &mut dice, &mut Seen::default());
        }
    }
}

#[test]
fn generated_policies_have_grants_denies_and_conditions() {
    let mut seen = Seen::default();
    for seed in 0..60 {
        let mut dice = Dice::seeded(seed);
        if let Some((engine, pool)) = world(&mut dice) {
            cells_hold(&engine, &pool, &mut dice, &mut seen);
            for _ in 0..20 {
                outlook_holds(&engine, &pool, &mut dice, &mut seen);
            }
        }
    }
    let Seen {
        granted,
        denied,
        depends,
    } = seen;
    assert!(
        granted > 100 && denied > 100 && depends > 100,
        "{granted} granted, {denied} denied, {depends} depend"
    );
}

fn world(dice: &mut Dice) -> Option<(Engine, Pool)> {
    let compiled = compile(&generate::policy(dice)).ok()?;
    let pool = Pool::of(compiled.policy());
    Some((Engine::new(compiled), pool))
}

/// A request that the generator made, and of whose parts some are told to the outlook.
fn outlook_holds(engine: &Engine, pool: &Pool, dice: &mut Dice, seen: &mut Seen) {
    let policy = engine.compiled().policy();
    let request = generate::runtime(dice, policy, pool, false);
    let decision = engine.decide_without_credential(&request);
    let tool = match &request.asked {
        Asked::Call { tool, .. } | Asked::Triple { tool, .. } => tool.clone(),
        _ => return,
    };
    let told = Told {
        agent: dice.chance(40),
        user: dice.chance(40),
        task: dice.chance(40),
        context: dice.chance(40),
    };
    let mut answers = Vec::new();
    for mapped in &decision.requests {
        let mut asked = part(&request, told, dice);
        asked.asked = Asked::Triple {
            tool: tool.clone(),
            action: mapped.action.clone(),
            resource: mapped.resource.clone(),
        };
        if let Ok(outlook) = engine.outlook(&asked, told) {
            answers.push(outlook.answer);
            if outlook.answer == Answer::No && decision.is_grant() {
                assert!(
                    !issued(engine, &request, &asked.asked),
                    "denied with {asked:#?}, and granted to {request:#?}"
                );
            }
        }
    }
    let all = !answers.is_empty() && answers.len() == decision.requests.len();
    if all && answers.iter().all(|answer| *answer == Answer::Yes) {
        assert!(
            decision.is_grant(),
            "granted, and {:?} to {request:#?}",
            decision.reason
        );
    }
    for answer in answers {
        count(answer, seen);
    }
}

fn cells_hold(engine: &Engine, pool: &Pool, dice: &mut Dice, seen: &mut Seen) {
    let policy = engine.compiled().policy();
    let Ok(matrix) = Matrix::build(engine, &[], &Options::default()) else {
        return;
    };
    let cells = matrix.cells();
    for _ in 0..150 {
        if cells.is_empty() {
            return;
        }
        let cell = dice.pick(cells);
        count(cell.outlook.answer, seen);
        let asked = matrix.request(cell).expect("the matrix asked it");
        let request = completed(&asked, dice, policy, pool);
        let decision = engine.decide_without_credential(&request);
        if decision.reason == placet::Reason::InvalidRequest {
            continue;
        }
        match cell.outlook.answer {
            Answer::Yes => {
                let (who, question) = (&cell.who, &cell.question);
                assert!(
                    decision.is_grant(),
                    "{who} {question:?}: {:?} to {request:#?}",
                    decision.reason
                );
            }
            Answer::No => assert!(
                !decision.is_grant() || !issued(engine, &request, &request.asked),
                "{} {:?}: granted to {request:#?}",
                cell.who,
                cell.question
            ),
            Answer::Depends => {}
        }
    }
}

/// The question of a cell with everything told that it leaves open.
fn completed(cell: &Request, dice: &mut Dice, policy: &Policy, pool: &Pool) -> Request {
    let mut request = generate::runtime(dice, policy, pool, false);
    request.agent = Principal {
        facts: request.agent.facts.clone(),
        ..cell.agent.clone()
    };
    // What the policy sets of an agent must not be contradicted.
    if policy
        .agents
        .iter()
        .any(|agent| agent.name == cell.agent.id)
    {
        request.agent.facts.clear();
    }
    request.user = cell.user.as_ref().map(|user| {
        let facts = request.user.take().map(|user| user.facts);
        Principal {
            facts: facts.unwrap_or_default(),
            ..user.clone()
        }
    });
    request.asked = cell.asked.clone();
    // A grant of a matrix is one of a chain that has spent nothing.
    request.budgets.clear();
    request
}

/// What of a request the outlook gets to know.
fn part(request: &Request, told: Told, dice: &mut Dice) -> Request {
    let mut part = request.clone();
    part.consents.clear();
    part.approvals.clear();
    if !told.agent {
        part.agent.facts.clear();
    }
    if let Some(user) = part.user.as_mut().filter(|_| !told.user) {
        user.facts.clear();
    }
    if !told.task {
        part.task = None;
    }
    if !told.context {
        part.context.clear();
    }
    if dice.chance(50) {
        part.time = None;
    }
    if dice.chance(50) {
        part.histories.clear();
    }
    if dice.chance(50) {
        part.resources.clear();
    }
    part
}

/// Whether a credential for a triple would be issued.
fn issued(engine: &Engine, request: &Request, triple: &Asked) -> bool {
    let Asked::Triple {
        tool,
        action,
        resource,
    } = triple
    else {
        return false;
    };
    let mut asked = request.clone();
    asked.time = request.time.or_else(|| Time::parse("2026-01-01T00:00:00Z"));
    asked.asked = Asked::Scopes {
        scopes: vec![ScopeRequest {
            tool: tool.clone(),
            actions: vec![action.clone()],
            resources: vec![resource.clone()],
        }],
        ttl: None,
    };
    engine.decide(&asked).is_grant()
}

fn count(answer: Answer, seen: &mut Seen) {
    match answer {
        Answer::Yes => seen.granted += 1,
        Answer::No => seen.denied += 1,
        Answer::Depends => seen.depends += 1,
    }
}
