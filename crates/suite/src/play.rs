//! A test on the service: every step is what production does, with a clock of its own.

mod assents;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use placet_compiler::Place;
use placet_compiler::scenario::{Call, Ending, Expect, Issue, Line, Scenario, Step, Want, What};
use placet_credential::audit::MemoryAudit;
use placet_credential::id::CredentialId;
use placet_credential::revocation::{Revocation, Revoked};
use placet_credential::service::{Error, IssueOptions, Service, Settings};
use placet_credential::store::Memory;
use placet_evaluator::{Engine, Explanation};
use placet_model::credential::Credential;
use placet_model::decision::{Answer, Decision, Reason};
use placet_model::json::Fields;
use placet_model::policy::Outcome;
use placet_model::request::{Asked, Request, ScopeRequest};
use placet_model::value::Time;
use smol_str::SmolStr;

use crate::report::Failure;
use crate::{expect, said};
use assents::Unmet;
use world::World;

/// Whoever is shown each request, with all that it was decided on, and the decision.
pub(crate) type Watch<'w> = dyn FnMut(&Request, &Decision) + 'w;

/// Plays a test.
pub(crate) fn play(engine: &Arc<Engine>, scenario: &Scenario) -> Result<(), Box<Failure>> {
    play_watched(engine, scenario, &mut |_, _| {})
}

/// Plays a test before somebody who watches.
pub(crate) fn play_watched(
    engine: &Arc<Engine>,
    scenario: &Scenario,
    watch: &mut Watch<'_>,
) -> Result<(), Box<Failure>> {
    let mut world = World::default();
    let mut lines = scenario.lines.iter();
    // The clock has to stand before the service opens.
    let mut stage = None;
    let mut number = 0;
    for line in lines.by_ref() {
        match &line.what {
            What::Set(set) => world.set(set),
            What::Do(step) => {
                number += 1;
                let stage =
                    match &mut stage {
                        Some(stage) => stage,
                        None => {
                            let opened = Stage::open(engine, world.now);
                            stage.insert(opened.map_err(|error| {
                                Stop::of(&error).failure(line, number, world.now)
                            })?)
                        }
                    };
                stage
                    .step(&mut world, step, watch)
                    .map_err(|stop| stop.failure(line, number, world.now))?;
            }
        }
    }
    Ok(())
}

/// A service with what a test knows of it.
struct Stage {
    engine: Arc<Engine>,
    service: Service,
    /// What the test has named; `None` where nothing was issued.
    named: BTreeMap<SmolStr, Option<Issued>>,
    last: Option<Issued>,
    /// What the last denial asked for.
    unmet: Unmet,
}

/// A credential that was issued.
#[derive(Clone)]
struct Issued {
    id: CredentialId,
    credential: Credential,
}

/// Why a test ends.
struct Stop {
    expectation: Option<Place>,
    expected: String,
    happened: String,
    difference: Option<String>,
    explanation: Option<Box<Explanation>>,
}

impl Stop {
    /// A step that cannot be done.
    fn at_step(expected: &str, happened: impl Into<String>) -> Self {
        Self {
            expectation: None,
            expected: expected.to_owned(),
            happened: happened.into(),
            difference: None,
            explanation: None,
        }
    }

    fn of(error: &Error) -> Self {
        Self::at_step("an answer", format!("the service failed: {error}"))
    }

    fn failure(self, line: &Line, number: usize, time: Time) -> Box<Failure> {
        Box::new(Failure {
            step: line.place,
            expectation: self.expectation,
            number,
            time,
            expected: self.expected,
            happened: self.happened,
            difference: self.difference,
            explanation: self.explanation,
        })
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl Stage {
    fn open(engine: &Arc<Engine>, now: Time) -> Result<Self, Error> {
        let count = AtomicU64::new(1);
        let settings = Settings {
            // Ids are the same whenever a test is played.
            random: Box::new(move || Some(u128::from(count.fetch_add(1, Ordering::Relaxed)))),
            ..Settings::default()
        };
        let store = Arc::new(Memory::default());
        let audit = Arc::new(MemoryAudit::new());
        Ok(Self {
            engine: Arc::clone(engine),
            service: Service::open(Arc::clone(engine), store, audit, settings, now)?,
            named: BTreeMap::new(),
            last: None,
            unmet: Unmet::default(),
        })
    }

    fn step(&mut self, world: &mut World, step: &Step, watch: &mut Watch<'_>) -> Result<(), Stop> {
        match step {
            Step::Issue(issue) => self.issue(world, issue, watch),
            Step::Call(call) => self.call(world, call, watch),
            Step::List { tool, expect } => self.list(world, tool, expect, watch),
            Step::After(length) => {
                let later = world.now.plus(*length);
                world.now = later.ok_or_else(|| {
                    Stop::at_step("time to pass", "the clock of the test is at its end")
                })?;
                Ok(())
            }
            Step::Revoke(name) => self.revoke(world, name),
            Step::Record {
                kind,
                by,
                groups,
                call,
            } => self.record(world, *kind, (by, groups.as_ref()), call.as_ref()),
        }
    }

    fn issue(
        &mut self,
        world: &mut World,
        issue: &Issue,
        watch: &mut Watch<'_>,
    ) -> Result<(), Stop> {
        let scopes = vec![ScopeRequest {
            tool: issue.tool.clone(),
            actions: issue.actions.clone(),
            resources: issue.resources.clone(),
        }];
        let asked = Asked::Scopes {
            scopes,
            ttl: issue.lifetime,
        };
        let options = IssueOptions::default();
        let now = world.now;
        let (request, decision) = match &issue.delegate {
            None => {
                let mut request = world.request(None, asked);
                let decision = self.service.issue_told(&mut request, &options, now)?;
                (request, decision)
            }
            Some(agent) => {
                let parent = match &issue.with {
                    Some(name) => self.find(name)?,
                    None => self.last.clone().ok_or_else(nothing_issued)?,
                };
                let mut request = world.request(Some(&parent.credential), asked);
                let holder = request.agent.id.clone();
                request.agent = world.agent(agent);
                let decision =
                    self.service
                        .delegate_told(&parent.id, &holder, &mut request, &options, now)?;
                (request, decision)
            }
        };
        watch(&request, &decision);
        self.unmet.learn(&decision);
        let issued = decision.credential.as_ref().and_then(|credential| {
            Some(Issued {
                id: CredentialId::parse(credential.id.as_deref()?)?,
                credential: credential.clone(),
            })
        });
        if let Some(name) = &issue.name {
            self.named.insert(name.clone(), issued.clone());
        }
        if issued.is_some() {
            self.last = issued;
            world.issued();
        }
        self.decided(&issue.expect, &request, decision)
    }

    fn call(&mut self, world: &World, call: &Call, watch: &mut Watch<'_>) -> Result<(), Stop> {
        let issued = match &call.with {
            Some(name) => Some(self.find(name)?),
            None => self.last.clone(),
        };
        let asked = Asked::Call {
            tool: call.tool.clone(),
            args: call.args.clone(),
        };
        let credential = issued.as_ref().map(|issued| &issued.credential);
        let mut request = world.request(credential, asked);
        request.resources = world.resources.clone();
        let (decision, seq) = match &issued {
            Some(issued) => {
                let authorized =
                    self.service
                        .authorize_told(&issued.id, &mut request, world.now)?;
                (authorized.decision, authorized.seq)
            }
            None => (self.engine.decide(&request), None),
        };
        watch(&request, &decision);
        self.unmet.learn(&decision);
        self.decided(&call.expect, &request, decision)?;
        if let Some(seq) = seq {
            let (outcome, result) = match &call.ending {
                Ending::Ok(result) => (Outcome::Ok, result.clone()),
                Ending::Failed => (Outcome::Failed, Fields::new()),
            };
            self.service.settle(seq, outcome, &result, world.now)?;
        }
        Ok(())
    }

    fn list(
        &mut self,
        world: &World,
        tool: &SmolStr,
        expect: &Expect,
        watch: &mut Watch<'_>,
    ) -> Result<(), Stop> {
        let asked = Asked::Listing {
            tool: Some(tool.clone()),
        };
        let credential = self.last.as_ref().map(|issued| &issued.credential);
        let mut request = world.request(credential, asked);
        request.resources = world.resources.clone();
        let decision = match &self.last {
            Some(issued) => self
                .service
                .list_told(&issued.id, &mut request, world.now)?,
            None => self.engine.decide_without_credential(&request),
        };
        watch(&request, &decision);
        let wrong = matches!(
            decision.reason,
            Reason::InvalidRequest
                | Reason::UnknownTool
                | Reason::UnknownAction
                | Reason::UnknownAgent
                | Reason::WrongHolder
        );
        let (happened, difference) = if wrong {
            (said::decision(&decision), Some("it is refused".to_owned()))
        } else {
            let answer = match decision.is_grant() {
                true => said::listing(&decision.tools, self.functions(tool)),
                false => Answer::No,
            };
            let difference = expect::answer_differs(&expect.want, answer);
            (answer.name().to_owned(), difference)
        };
        match difference {
            None => Ok(()),
            Some(difference) => Err(Stop {
                expectation: Some(expect.place),
                expected: said::want(&expect.want),
                happened,
                difference: Some(difference),
                explanation: Some(Box::new(plainly(decision))),
            }),
        }
    }

    /// How many functions a tool has at and below it.
    fn functions(&self, tool: &str) -> usize {
        let functions = self.engine.compiled().policy().functions.iter();
        let below = |path: &str| {
            path.strip_prefix(tool)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        functions.filter(|function| below(&function.path)).count()
    }

    fn revoke(&mut self, world: &World, name: &SmolStr) -> Result<(), Stop> {
        let issued = self.find(name)?;
        self.service.revoke(&Revocation {
            of: Revoked::Credential(issued.id),
            by: SmolStr::new_static("test"),
            reason: SmolStr::new_static("the test revokes it"),
            time: world.now,
        })?;
        Ok(())
    }

    fn find(&self, name: &SmolStr) -> Result<Issued, Stop> {
        match self.named.get(name) {
            Some(Some(issued)) => Ok(issued.clone()),
            _ => Err(Stop::at_step(
                &format!("the credential `{name}`"),
                "its issuance was denied, and so there is none",
            )),
        }
    }

    /// Ends the test where a decision is not as expected.
    fn decided(&self, expect: &Expect, request: &Request, decision: Decision) -> Result<(), Stop> {
        let Some(difference) = expect::difference(&expect.want, &decision) else {
            return Ok(());
        };
        Err(Stop {
            expectation: Some(expect.place),
            expected: said::want(&expect.want),
            happened: said::decision(&decision),
            difference: Some(difference),
            explanation: Some(Box::new(self.explain(&expect.want, request, decision))),
        })
    }

    fn explain(&self, want: &Want, request: &Request, decision: Decision) -> Explanation {
        let explained = self.engine.explain_with(request, want.rules());
        // What the service itself refuses, no rule explains.
        if explained.decision.reason == decision.reason {
            explained
        } else {
            plainly(decision)
        }
    }
}

fn plainly(decision: Decision) -> Explanation {
    Explanation {
        decision,
        ignored: Vec::new(),
        asked: Vec::new(),
    }
}

fn nothing_issued() -> Stop {
    Stop::at_step("a credential", "nothing has been issued yet")
}
