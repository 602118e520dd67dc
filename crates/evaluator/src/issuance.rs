//! Issuance: which of the scopes asked for may a credential carry.
//!
//! A question about sets. What only a call will tell is open, and a triple stays in a
//! scope when some completion of the open inputs would grant it. Denies that match in
//! every completion are cut out; all else is asked again at each call.

mod bound;
mod pair;

use std::collections::BTreeSet;

use placet_model::credential::{Credential, Scope};
use placet_model::decision::{Became, Decision, Obligations, Reason, ScopeOutcome};
use placet_model::ids::{ActionId, FunctionId, RuleId};
use placet_model::pattern::{Concrete, Region};
use placet_model::policy::{Entity, Moment, Policy, RuleKind};
use placet_model::question::{Asking, Names, Question};
use placet_model::request::{Assent, Principal, ScopeRequest, Task};
use placet_model::text::check_id;
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

use crate::bind::{self, frozen};
use crate::call;
use crate::duties::{covers_tool, merge};
use crate::engine::Engine;
use crate::eval::{Args, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::runtime::{self, Refusal, check_agents, leaf};
use crate::typed::{Invalid, brief};

pub(crate) use pair::{Applies, OpenLayer, Pair};

/// The most ways to combine grants of several layers that are looked at for one function,
/// action and requested pattern.
pub const MAX_ALTERNATIVES: usize = 4096;

/// Decides an issuance, or with a credential in the request a delegation of it.
pub(crate) fn decide(engine: &Engine, request: &Question<'_>) -> Decision {
    decide_as_if(engine, request, &[])
}

/// Decides an issuance as if some rules, sorted, were not written.
pub(crate) fn decide_as_if(
    engine: &Engine,
    request: &Question<'_>,
    without: &[RuleId],
) -> Decision {
    issue(engine, request, without).unwrap_or_else(|refusal| engine.refused(&refusal))
}

fn issue(engine: &Engine, request: &Question<'_>, without: &[RuleId]) -> Result<Decision, Refusal> {
    let Asking::Scopes { scopes, ttl } = request.asked else {
        return Err(Invalid::new("", "this is not a question about scopes").into());
    };
    let bound = bind::bind(engine, request, Moment::Issuance)?;
    let inputs = leaf(&bound);
    let Some(now) = request.time else {
        return Err(Invalid::new("/time", "missing").into());
    };
    check_scopes(scopes, ttl)?;
    check_agents(&bound)?;
    if let Some(parent) = request.credential {
        runtime::check_times(parent, now)?;
    }
    let trace = Trace::default();
    let issue = Issue {
        engine,
        request,
        inputs,
        now,
        ttl,
        without,
        trace: &trace,
    };
    let mut obligations = Obligations::default();
    let outcomes = scopes
        .iter()
        .map(|scope| issue.scope(scope, &mut obligations))
        .collect::<Result<Vec<_>, _>>()?;
    let mut issued: Vec<Scope> = outcomes
        .iter()
        .flat_map(|outcome| outcome.scopes.iter().cloned())
        .collect();
    issued.sort();
    issued.dedup();
    let reason = if issued.is_empty() {
        outcomes
            .iter()
            .map(|outcome| outcome.reason)
            .min()
            .unwrap_or(Reason::InvalidRequest)
    } else {
        Reason::Granted
    };
    let mut decision = engine.refusal(reason, None);
    for outcome in outcomes.iter().filter(|outcome| outcome.reason == reason) {
        decision.rules.extend(outcome.rules.iter().cloned());
    }
    decision.rules.sort();
    decision.rules.dedup();
    decision.obligations = obligations;
    if !issued.is_empty() {
        decision.credential = Some(issue.credential(issued));
    }
    decision.missing = if reason == Reason::Granted {
        Vec::new()
    } else {
        trace.all_missing()
    };
    decision.consulted = engine.consulted(&trace);
    decision.scopes = outcomes;
    Ok(decision)
}

fn check_scopes(scopes: &[ScopeRequest], ttl: Option<Duration>) -> Result<(), Invalid> {
    if scopes.is_empty() {
        return Err(Invalid::new("/scopes", "ask for at least one scope"));
    }
    if ttl.is_some_and(|ttl| ttl.0 <= 0) {
        return Err(Invalid::new(
            "/ttl",
            "a credential has to live for some time",
        ));
    }
    for (at, scope) in scopes.iter().enumerate() {
        let wrong =
            |key: &str, message: String| Invalid::new(format!("/scopes/{at}/{key}"), message);
        check_id(&scope.tool).map_err(|error| wrong("tool", error.to_string()))?;
        if scope.actions.is_empty() {
            return Err(wrong(
                "action",
                "name at least one action, or `any`".to_owned(),
            ));
        }
        for action in &scope.actions {
            check_id(action).map_err(|error| wrong("action", error.to_string()))?;
        }
        if scope.resources.is_empty() {
            return Err(wrong(
                "resource",
                "name at least one pattern; `**` is all".to_owned(),
            ));
        }
        for text in &scope.resources {
            Concrete::parse(text)
                .map_err(|error| wrong("resource", format!("`{}`: {error}", brief(text))))?;
        }
    }
    Ok(())
}

/// Shows `visit` every function, action and region about which an issuance asks the rules,
/// as the acting agent; nothing, when it does not come so far.
pub(crate) fn visit(
    engine: &Engine,
    request: &Question<'_>,
    visit: &mut dyn FnMut(&Inputs<'_>, FunctionId, ActionId, &Concrete),
) {
    let Asking::Scopes { scopes, ttl } = request.asked else {
        return;
    };
    let Ok(bound) = bind::bind(engine, request, Moment::Issuance) else {
        return;
    };
    let inputs = leaf(&bound);
    let Some(now) = request.time else {
        return;
    };
    let trace = Trace::default();
    let issue = Issue {
        engine,
        request,
        inputs,
        now,
        ttl,
        without: &[],
        trace: &trace,
    };
    for asked in scopes {
        for (function, action) in asked_pairs(engine.policy(), asked) {
            let wanted = asked.resources.iter();
            for wanted in wanted.filter_map(|text| Concrete::parse(text).ok()) {
                if !call::reaches(engine.policy(), function, action, &wanted) {
                    continue;
                }
                for way in issue.starts(function, action, &wanted).unwrap_or_default() {
                    visit(inputs, function, action, &way.region);
                }
            }
        }
    }
}

/// The functions and actions that a requested scope names.
fn asked_pairs(policy: &Policy, asked: &ScopeRequest) -> BTreeSet<(FunctionId, ActionId)> {
    let mut pairs = offered(policy, asked);
    if !asked.actions.iter().any(|action| action == "any") {
        let name = |id: ActionId| policy.actions.get(id.index()).map(|action| &action.name);
        pairs.retain(|(_, id)| name(*id).is_some_and(|name| asked.actions.contains(name)));
    }
    pairs
}

/// The functions that a requested scope names, with all of their actions.
fn offered(policy: &Policy, asked: &ScopeRequest) -> BTreeSet<(FunctionId, ActionId)> {
    let functions = policy.functions.iter().enumerate();
    functions
        .filter(|(_, function)| covers_tool(&asked.tool, &function.path))
        .flat_map(|(at, function)| {
            let lines = function.lines.iter();
            lines.map(move |line| (FunctionId::new(at), line.action))
        })
        .collect()
}

struct Issue<'a> {
    engine: &'a Engine,
    request: &'a Question<'a>,
    inputs: &'a Inputs<'a>,
    now: Time,
    ttl: Option<Duration>,
    /// Rules that are passed over as if they were not written, sorted.
    without: &'a [RuleId],
    trace: &'a Trace,
}

/// What became of one function, action and pattern.
struct Share {
    scopes: Vec<Scope>,
    /// All that was asked for was given.
    whole: bool,
    reason: Reason,
    rules: Vec<RuleId>,
    unmet: Obligations,
}

impl Share {
    fn refused(reason: Reason, rules: Vec<RuleId>) -> Self {
        Self {
            scopes: Vec::new(),
            whole: false,
            reason,
            rules,
            unmet: Obligations::default(),
        }
    }
}

/// A way to grant a region: one grant of each layer that needs one.
#[derive(Clone)]
struct Way {
    region: Concrete,
    parent: Option<Scope>,
    grants: Vec<RuleId>,
}

impl Issue<'_> {
    fn scope(
        &self,
        asked: &ScopeRequest,
        obligations: &mut Obligations,
    ) -> Result<ScopeOutcome, Refusal> {
        let policy = self.engine.policy();
        let denied = |reason| ScopeOutcome {
            requested: asked.clone(),
            became: Became::Denied,
            reason,
            scopes: Vec::new(),
            rules: Vec::new(),
        };
        let any = asked.actions.iter().any(|action| action == "any");
        let known = policy
            .functions
            .iter()
            .any(|function| covers_tool(&asked.tool, &function.path));
        if !known {
            return Ok(denied(Reason::UnknownTool));
        }
        let name = |id: ActionId| policy.actions.get(id.index()).map(|action| &action.name);
        let pairs = offered(policy, asked);
        let offers = |wanted: &SmolStr| pairs.iter().any(|(_, id)| name(*id) == Some(wanted));
        if !any && !asked.actions.iter().all(offers) {
            return Ok(denied(Reason::UnknownAction));
        }
        let wanted: Vec<Concrete> = asked
            .resources
            .iter()
            .filter_map(|text| Concrete::parse(text).ok())
            .collect();
        let mut shares = Vec::new();
        // Where no call of a function can go, there is nothing to ask for. That takes nothing
        // away from what was asked, as long as each action can go there by some function.
        let mut reached = BTreeSet::new();
        for (function, action) in asked_pairs(policy, asked) {
            let Some(name) = name(action) else { continue };
            for (at, pattern) in wanted.iter().enumerate() {
                if call::reaches(policy, function, action, pattern) {
                    reached.insert((at, if any { "any" } else { name.as_str() }));
                    shares.push(self.share(function, action, pattern)?);
                }
            }
        }
        let names: BTreeSet<&SmolStr> = asked.actions.iter().collect();
        let sought = wanted.len() * if any { 1 } else { names.len() };
        let mut scopes: Vec<Scope> = shares
            .iter()
            .flat_map(|share| share.scopes.iter().cloned())
            .collect();
        scopes.sort();
        scopes.dedup();
        let scopes = undominated(scopes);
        // What more there would be, were it given.
        for share in &shares {
            merge(obligations, share.unmet.clone());
        }
        if scopes.is_empty() {
            let reason = shares
                .iter()
                .map(|share| share.reason)
                .min()
                .unwrap_or(Reason::NoGrant);
            let mut rules = Vec::new();
            for share in shares {
                if share.reason == reason {
                    rules.extend(share.rules);
                }
            }
            return Ok(ScopeOutcome {
                rules: self.engine.notes(rules),
                ..denied(reason)
            });
        }
        let whole = shares.iter().all(|share| share.whole) && reached.len() == sought;
        let rules = (0..policy.rules.len()).map(RuleId::new).filter(|id| {
            let name = policy.rule_name(*id);
            scopes.iter().any(|scope| scope.rules.contains(&name))
        });
        Ok(ScopeOutcome {
            requested: asked.clone(),
            became: if whole {
                Became::Granted
            } else {
                Became::Narrowed
            },
            reason: Reason::Granted,
            rules: self.engine.notes(rules.collect::<Vec<_>>()),
            scopes,
        })
    }

    fn share(
        &self,
        function: FunctionId,
        action: ActionId,
        wanted: &Concrete,
    ) -> Result<Share, Refusal> {
        let mut ways = self.starts(function, action, wanted)?;
        if ways.is_empty() {
            return Ok(Share::refused(Reason::OutOfScope, Vec::new()));
        }
        let site = Site {
            function,
            action,
            args: Args::Open,
            place: Place::Region(wanted),
        };
        let mut pair = Pair::gather(self.engine, self.inputs, site, self.trace)?;
        pair.leave_out(self.without);
        let denies = pair.cutting(wanted)?;
        if !denies.is_empty() {
            return Ok(Share::refused(Reason::DeniedByRule, denies));
        }
        for layer in &pair.layers {
            if layer.guardrail {
                continue;
            }
            let mut next = Vec::new();
            for way in &ways {
                for rule in layer.rules(RuleKind::Grant) {
                    for part in pair.grantable(layer, rule, &way.region)? {
                        let mut grants = way.grants.clone();
                        grants.push(rule);
                        next.push(Way {
                            region: part,
                            parent: way.parent.clone(),
                            grants,
                        });
                    }
                }
                if next.len() > MAX_ALTERNATIVES {
                    return Err(too_complex());
                }
            }
            ways = next;
        }
        // A pattern of a later layer may have told what an earlier one captures.
        let mut kept = Vec::new();
        for way in ways {
            let mut still = true;
            for rule in &way.grants {
                still = still && pair.still_grantable(*rule, &way.region)?;
            }
            if still && call::reaches(self.engine.policy(), function, action, &way.region) {
                kept.push(way);
            }
        }
        if kept.is_empty() {
            return Ok(Share::refused(Reason::NoGrant, Vec::new()));
        }
        self.bound_all(&pair, kept, wanted)
    }

    /// Where ways start: the region asked for, within what the parent may hand on.
    fn starts(
        &self,
        function: FunctionId,
        action: ActionId,
        wanted: &Concrete,
    ) -> Result<Vec<Way>, Refusal> {
        let policy = self.engine.policy();
        let Some(parent) = self.request.credential else {
            return Ok(vec![Way {
                region: wanted.clone(),
                parent: None,
                grants: Vec::new(),
            }]);
        };
        let path = policy
            .functions
            .get(function.index())
            .map(|function| &function.path);
        let name = policy
            .actions
            .get(action.index())
            .map(|action| &action.name);
        let mut ways = Vec::new();
        for scope in &parent.scopes {
            let handed_on = Some(&scope.tool) == path
                && Some(&scope.action) == name
                && scope.delegate > 0
                && self.now < scope.not_after;
            if !handed_on {
                continue;
            }
            let Some(held) = runtime::region(scope) else {
                continue;
            };
            for region in wanted.intersect(held.pattern()).ok_or_else(too_complex)? {
                ways.push(Way {
                    region,
                    parent: Some(scope.clone()),
                    grants: Vec::new(),
                });
            }
        }
        Ok(ways)
    }

    fn credential(&self, scopes: Vec<Scope>) -> Credential {
        let (policy, request) = (self.engine.policy(), self.request);
        let parent = request.credential;
        let facts = |entity, given, all| frozen(policy, entity, given, all);
        let not_after = scopes
            .iter()
            .map(|scope| scope.not_after)
            .max()
            .unwrap_or(self.now);
        // A delegated credential keeps the user, the task and the frozen facts.
        let user = match parent {
            Some(parent) => parent.user.clone(),
            None => request.user.map(|user| Principal {
                id: user.id.into(),
                groups: user.groups.map(Names::to_vec),
                facts: facts(Entity::User, user.facts, false),
            }),
        };
        let task = match parent {
            Some(parent) => parent.task.clone(),
            None => request.task.map(|task| Task {
                id: task.id.into(),
                facts: facts(Entity::Task, task.facts, true),
            }),
        };
        let context = match parent {
            Some(parent) => parent.context.clone(),
            None => facts(Entity::Context, request.context, false),
        };
        let kept = |given: &[Assent]| -> Vec<Assent> {
            given
                .iter()
                .filter(|given| {
                    given.agent == request.agent.id && given.task.as_deref() == self.inputs.task
                })
                .filter(|given| matches!(given.covers, placet_model::request::Covers::Scope(_)))
                .cloned()
                .collect()
        };
        Credential {
            id: None,
            agent: Principal {
                id: request.agent.id.into(),
                groups: request.agent.groups.map(Names::to_vec),
                facts: facts(Entity::Agent, request.agent.facts, true),
            },
            user,
            task,
            context,
            issued: self.now,
            not_after,
            policy: self.engine.compiled().digest().clone(),
            scopes,
            consents: kept(request.consents),
            approvals: kept(request.approvals),
            parent: request.credential.cloned().map(Box::new),
        }
    }
}

fn too_complex() -> Refusal {
    Invalid::new(
        "/scopes",
        "the answer splits into too many patterns; ask for fewer or simpler scopes",
    )
    .into()
}

/// Scopes that no other one betters in every limit.
fn undominated(scopes: Vec<Scope>) -> Vec<Scope> {
    let regions: Vec<Option<Region>> = scopes.iter().map(runtime::region).collect();
    let betters = |a: usize, b: usize| -> bool {
        let (Some(x), Some(y)) = (scopes.get(a), scopes.get(b)) else {
            return false;
        };
        let (Some(Some(wide)), Some(Some(narrow))) = (regions.get(a), regions.get(b)) else {
            return false;
        };
        (&x.tool, &x.action) == (&y.tool, &y.action)
            && x.not_after >= y.not_after
            && x.delegate >= y.delegate
            && x.residual.iter().all(|text| y.residual.contains(text))
            && wide.includes(narrow)
    };
    let mut kept = Vec::new();
    for (at, scope) in scopes.iter().enumerate() {
        let beaten = scopes.iter().enumerate().any(|(other, rival)| {
            other != at
                && betters(other, at)
                && (!betters(at, other) || (&rival.rules, other) < (&scope.rules, at))
        });
        if !beaten {
            kept.push(scope.clone());
        }
    }
    kept
}
