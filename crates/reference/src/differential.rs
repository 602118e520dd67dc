//! The engine against the interpreter, one case after another.

use std::collections::BTreeMap;

use placet_evaluator::{Engine, Ruling};
use placet_model::compiled::Compiled;
use placet_model::decision::{Answer, Became, Decision, Obligations, Reason};
use placet_model::question::Question;
use placet_model::request::{Asked, Calls, Request};

use crate::generate::{self, Dice, File, Pool};
use crate::lent::lend;
use crate::outcome::Outcome;
use crate::{coverage, issuance, listing, pipeline, runtime};

/// How a request is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A call or triple under a credential.
    Held,
    /// A call or triple by the policy alone.
    Bare,
    /// Issuance or delegation.
    Issuance,
    /// A listing under a credential.
    HeldListing,
    /// A listing by the policy alone.
    BareListing,
}

impl Kind {
    /// Kinds in a mix that is mostly calls.
    fn any(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..=44 => Self::Bare,
            45..=87 => Self::Held,
            88..=95 => Self::Issuance,
            96..=97 => Self::HeldListing,
            _ => Self::BareListing,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Held => "call",
            Self::Bare => "call (policy alone)",
            Self::Issuance => "issuance",
            Self::HeldListing => "listing",
            Self::BareListing => "listing (policy alone)",
        }
    }

    /// What the engine decides, and what that comes to.
    #[must_use]
    pub fn decide(self, engine: &Engine, request: &Request) -> (Decision, Outcome) {
        let (decision, rulings) = self.ask(engine, &request.into());
        let lent = lend(request, |question| self.ask(engine, question));
        let mut outcome = Outcome::from(&decision);
        let agree = rulings.iter().all(|ruling| is_of(ruling, &decision));
        if !agree || lent != (decision.clone(), rulings) {
            // An engine knows no revocations, so this is a difference.
            outcome.reason = Reason::Revoked;
        }
        (decision, outcome)
    }

    /// All that the engine says to a question.
    fn ask(self, engine: &Engine, question: &Question<'_>) -> (Decision, Vec<Ruling>) {
        match self {
            Self::Held => (
                engine.decide(question),
                vec![engine.ruling(question), engine.ready(question).ruling()],
            ),
            Self::Bare => (
                engine.decide_without_credential(question),
                vec![
                    engine.ruling_without_credential(question),
                    engine.ready_without_credential(question).ruling(),
                ],
            ),
            Self::Issuance | Self::HeldListing => (engine.decide(question), Vec::new()),
            Self::BareListing => (engine.decide_without_credential(question), Vec::new()),
        }
    }

    /// What the specification decides.
    #[must_use]
    pub fn specify(self, engine: &Engine, request: &Request) -> Outcome {
        let policy = engine.compiled().policy();
        match self {
            Self::Held => runtime::runtime(policy, request),
            Self::Bare => runtime::runtime_without_credential(policy, request),
            Self::Issuance => issuance::issuance(policy, request),
            Self::HeldListing => listing::listing(policy, request),
            Self::BareListing => listing::listing_without_credential(policy, request),
        }
    }
}

/// A case in which engine and specification differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The policy.
    pub files: Vec<File>,
    /// How it was decided.
    pub kind: Kind,
    /// The request.
    pub request: Request,
}

/// What a run saw.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Decisions compared.
    pub decisions: u64,
    /// Policies compiled.
    pub policies: u64,
    /// Generated texts that the compiler refused.
    pub refused: u64,
    /// Kinds and reasons.
    pub outcomes: BTreeMap<String, u64>,
    /// In how many policies each construct occurred.
    pub constructs: BTreeMap<&'static str, u64>,
}

impl Counts {
    /// Adds another run's.
    pub fn add(&mut self, other: Self) {
        self.decisions += other.decisions;
        self.policies += other.policies;
        self.refused += other.refused;
        for (name, count) in other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
        for (name, count) in other.constructs {
            *self.constructs.entry(name).or_default() += count;
        }
    }

    fn outcome(&mut self, kind: Kind, outcome: &Outcome) {
        self.decisions += 1;
        let mut count = |name: String| *self.outcomes.entry(name).or_default() += 1;
        count(format!("{}: {}", kind.name(), outcome.reason));
        for scope in &outcome.scopes {
            count(format!("scope: {}", Became::name(scope.became)));
        }
        for (_, answer) in &outcome.tools {
            count(format!("tool: {}", Answer::name(*answer)));
        }
    }
}

/// Makes a policy of a seed and compares so many decisions.
///
/// # Errors
///
/// The first case in which they differ, minimised.
pub fn run(seed: u64, decisions: usize, counts: &mut Counts) -> Result<(), Box<Difference>> {
    let mut dice = Dice::seeded(seed);
    let files = generate::policy(&mut dice);
    let Ok(compiled) = pipeline::compile(&files) else {
        counts.refused += 1;
        return Ok(());
    };
    compare(files, compiled, &mut dice, decisions, counts)
}

/// Compares so many decisions of a compiled policy.
///
/// # Errors
///
/// The first case in which they differ, minimised.
pub fn compare(
    files: Vec<File>,
    compiled: Compiled,
    dice: &mut Dice,
    decisions: usize,
    counts: &mut Counts,
) -> Result<(), Box<Difference>> {
    counts.policies += 1;
    for name in coverage::constructs(compiled.policy()) {
        *counts.constructs.entry(name).or_default() += 1;
    }
    let pool = Pool::of(compiled.policy());
    let engine = Engine::new(compiled);
    let mut credentials: Vec<placet_model::credential::Credential> = vec![];
    for _ in 0..decisions {
        let kind = Kind::any(dice);
        let policy = engine.compiled().policy();
        let mut request = match kind {
            Kind::Held => generate::runtime(dice, policy, &pool, true),
            Kind::Bare => generate::runtime(dice, policy, &pool, false),
            Kind::Issuance => generate::issuance(dice, policy, &pool),
            Kind::HeldListing => generate::listing(dice, policy, &pool, true),
            Kind::BareListing => generate::listing(dice, policy, &pool, false),
        };
        // Half of what is asked under a credential is asked under one that was issued.
        if matches!(kind, Kind::Held | Kind::HeldListing | Kind::Issuance)
            && !credentials.is_empty()
            && (kind != Kind::Issuance || request.credential.is_some())
            && dice.chance(50)
        {
            let credential = dice.pick(&credentials).clone();
            if kind != Kind::Issuance {
                request.agent.id = credential.agent.id.clone();
                request.agent.groups = credential.agent.groups.clone();
            }
            request.user = None;
            request.task = None;
            request.credential = Some(credential);
        }
        let (decision, outcome) = kind.decide(&engine, &request);
        counts.outcome(kind, &outcome);
        if outcome != kind.specify(&engine, &request) {
            return Err(Box::new(minimise(Difference {
                files,
                kind,
                request,
            })));
        }
        credentials.extend(decision.credential);
    }
    Ok(())
}

impl Difference {
    /// What both say; `None` when they agree, or the policy does not compile.
    #[must_use]
    pub fn sides(&self) -> Option<(Outcome, Outcome)> {
        let engine = Engine::new(pipeline::compile(&self.files).ok()?);
        let (_, decided) = self.kind.decide(&engine, &self.request);
        let specified = self.kind.specify(&engine, &self.request);
        (decided != specified).then_some((decided, specified))
    }
}

/// Whether a ruling says what the whole decision says, and leaves out no duty.
fn is_of(ruling: &Ruling, decision: &Decision) -> bool {
    let Obligations {
        consents,
        approvals,
        budgets,
        ..
    } = &decision.obligations;
    match ruling {
        Ruling::Granted => {
            decision.is_grant() && consents.is_empty() && approvals.is_empty() && budgets.is_empty()
        }
        Ruling::GrantedWith(whole) => **whole == *decision,
        Ruling::Denied(reason) => *reason == decision.reason && !decision.is_grant(),
    }
}

/// In what respects two outcomes differ.
fn sort(decided: &Outcome, specified: &Outcome) -> ((Reason, Reason), bool, bool, usize, bool) {
    (
        (decided.reason, specified.reason),
        decided.rules == specified.rules,
        decided.obligations == specified.obligations,
        decided.scopes.len(),
        decided.tools == specified.tools,
    )
}

/// Takes away whatever can be taken away while the two still differ in the same respects.
fn minimise(mut difference: Difference) -> Difference {
    let Some((decided, specified)) = difference.sides() else {
        return difference;
    };
    let wanted = sort(&decided, &specified);
    loop {
        let smaller = smaller(&difference).into_iter().find(|candidate| {
            candidate
                .sides()
                .is_some_and(|(decided, specified)| sort(&decided, &specified) == wanted)
        });
        match smaller {
            Some(smaller) => difference = smaller,
            None => return difference,
        }
    }
}

fn smaller(difference: &Difference) -> Vec<Difference> {
    let mut result = vec![];
    let with = |request: Request| Difference {
        request,
        ..difference.clone()
    };
    for (at, file) in difference.files.iter().enumerate() {
        for item in 0..file.items.len() {
            let mut fewer = difference.clone();
            fewer.files[at].items.remove(item);
            result.push(fewer);
            let lines: Vec<&str> = file.items[item].lines().collect();
            for line in 1..lines.len().saturating_sub(1) {
                let mut less = lines.clone();
                less.remove(line);
                let mut fewer = difference.clone();
                fewer.files[at].items[item] = less.join("\n");
                result.push(fewer);
            }
        }
    }
    let request = &difference.request;
    let mut change = |then: &dyn Fn(&mut Request)| {
        let mut less = request.clone();
        then(&mut less);
        if less != *request {
            result.push(with(less));
        }
    };
    change(&|request| request.resources.clear());
    change(&|request| request.histories.clear());
    change(&|request| request.budgets.clear());
    change(&|request| request.consents.clear());
    change(&|request| request.approvals.clear());
    change(&|request| request.credential = None);
    change(&|request| request.user = None);
    change(&|request| request.task = None);
    change(&|request| request.time = None);
    change(&|request| request.agent.groups = None);
    for at in 0..request.context.len() {
        change(&|request| {
            request.context.remove(at);
        });
    }
    for at in 0..request.agent.facts.len() {
        change(&|request| {
            request.agent.facts.remove(at);
        });
    }
    change(&|request| {
        if let Some(user) = &mut request.user {
            user.facts.pop();
        }
    });
    change(&|request| {
        if let Some(user) = &mut request.user {
            user.groups = None;
        }
    });
    change(&|request| {
        if let Some(task) = &mut request.task {
            task.facts.pop();
        }
    });
    change(&|request| {
        request.approvals.pop();
    });
    change(&|request| {
        for (_, told) in &mut request.histories {
            if let Calls::Records(records) = told {
                records.pop();
            }
        }
    });
    if let Asked::Scopes { scopes, ttl } = &request.asked {
        if ttl.is_some() {
            change(&|request| {
                if let Asked::Scopes { ttl, .. } = &mut request.asked {
                    *ttl = None;
                }
            });
        }
        for at in 0..scopes.len() {
            change(&|request| {
                if let Asked::Scopes { scopes, .. } = &mut request.asked
                    && scopes.len() > 1
                {
                    scopes.remove(at);
                }
            });
            change(&|request| {
                if let Asked::Scopes { scopes, .. } = &mut request.asked {
                    scopes[at].actions.truncate(1);
                }
            });
            for keep in 0..2 {
                change(&|request| {
                    if let Asked::Scopes { scopes, .. } = &mut request.asked
                        && scopes[at].resources.len() > 1
                    {
                        scopes[at].resources.remove(keep);
                    }
                });
            }
        }
    }
    if let Some(credential) = &request.credential {
        for at in 0..credential.scopes.len() {
            change(&|request| {
                if let Some(credential) = &mut request.credential {
                    credential.scopes.remove(at);
                }
            });
        }
        change(&|request| {
            if let Some(credential) = &mut request.credential {
                credential.parent = None;
            }
        });
        change(&|request| {
            if let Some(credential) = &mut request.credential {
                credential.context.pop();
            }
        });
        change(&|request| {
            if let Some(user) = request
                .credential
                .as_mut()
                .and_then(|held| held.user.as_mut())
            {
                user.facts.pop();
            }
        });
    }
    result
}
