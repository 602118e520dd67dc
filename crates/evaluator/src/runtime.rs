//! Decisions at run time: one call, all of the requests that it is, for every agent of
//! the chain.

mod choose;
mod lean;

use std::cell::OnceCell;

use placet_model::credential::Credential;
use placet_model::decision::{Decision, Obligations, Reason};
use placet_model::graph::Graph;
use placet_model::ids::{FunctionId, NodeId, RuleId};
use placet_model::pattern::{Concrete, Region};
use placet_model::policy::{GroupKind, Moment, RuleKind};
use placet_model::question::{Asking, Question};
use placet_model::resource::ResourceRef;
use placet_model::value::{Time, Value};
use placet_model::{digest, text};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use crate::bind::{self, Bound};
use crate::call::{self, Touched, Triple};
use crate::duties::{covers_tool, merge};
use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::truth::Truths;
use crate::typed::{Invalid, brief};
use crate::walk;
use crate::walk::exact::Where;
use choose::choose;
pub use lean::Ruling;
pub(crate) use lean::ruling;

/// How far before its issuance a credential is already accepted, in microseconds: clocks
/// differ. There is no leeway at its end.
pub const LEEWAY: i64 = 60_000_000;

/// Why a request is refused before any rule is looked at.
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) explanation: String,
    /// What the call is, where it got so far.
    pub(crate) triples: Vec<Triple<'static>>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, explanation: impl Into<String>) -> Self {
        Self {
            reason,
            explanation: explanation.into(),
            triples: Vec::new(),
        }
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::new(
            Reason::InvalidRequest,
            format!("{}: {}", invalid.place, invalid.message),
        )
    }
}

/// Ends and depths of the scopes that cover a triple, or why none does.
pub(crate) type Held = Result<Vec<(Time, u32)>, Reason>;

/// A call that the rules can be asked about.
pub(crate) struct Prepared<'p> {
    pub(crate) bound: Bound<'p>,
    pub(crate) triples: SmallVec<[Triple<'p>; 1]>,
    /// The arguments; a plain triple does not tell them, so that only what holds whatever
    /// they are grants it, and a deny that some could meet stands.
    pub(crate) args: Option<Value>,
    pub(crate) digest: CallDigest<'p>,
    /// Per triple, what the credential gives: ends and depths of its scopes, or why none.
    pub(crate) held: SmallVec<[Held; 1]>,
    /// Per triple, its resource in numbers.
    pub(crate) places: SmallVec<[Where; 1]>,
}

/// The digest of a call, made when a duty per call first asks for it.
pub(crate) struct CallDigest<'r> {
    asked: Asking<'r>,
    digest: OnceCell<SmolStr>,
}

impl CallDigest<'_> {
    pub(crate) fn get(&self) -> &SmolStr {
        self.digest.get_or_init(|| digest::asked_digest(self.asked))
    }
}

/// Types and maps a call, and checks agent, holder and time.
pub(crate) fn prepare<'p>(
    engine: &'p Engine,
    request: &Question<'p>,
    trace: &Trace,
) -> Result<Prepared<'p>, Refusal> {
    let policy = engine.policy();
    let bound = bind::bind(engine, request, Moment::Runtime)?;
    let leaf = leaf(&bound);
    let index = engine.index();
    let (triples, places, args): (SmallVec<[Triple<'p>; 1]>, SmallVec<[Where; 1]>, _) =
        match request.asked {
            Asking::Call { tool, args } => {
                let function = known_tool(engine, tool)?;
                let typed = call::arguments(policy, function, args)?;
                let triples = call::triples(leaf, function, &typed, trace)?;
                let place = |triple: &Triple<'_>| {
                    let doing = index.act(triple.function, triple.action)?;
                    Some(Where::new(index, doing.row, triple.resource.get()))
                };
                let places: Option<_> = triples.iter().map(place).collect();
                let Some(places) = places else {
                    return Err(Invalid::new("", "not an action of the tool").into());
                };
                (SmallVec::from_vec(triples), places, Some(typed))
            }
            Asking::Triple {
                tool,
                action,
                resource,
            } => {
                text::check_id(tool).map_err(|error| Invalid::new("/tool", error.to_string()))?;
                text::check_id(action)
                    .map_err(|error| Invalid::new("/action", error.to_string()))?;
                let place = ResourceRef::parse(resource)
                    .map_err(|error| Invalid::new("/resource", error.to_string()))?;
                let function = known_tool(engine, tool)?;
                let Some(doing) = index.doing(policy, function, action) else {
                    return Err(Refusal::new(
                        Reason::UnknownAction,
                        format!(
                            "/action: tool `{}` has no action `{}`",
                            brief(tool),
                            brief(action)
                        ),
                    ));
                };
                if !doing.everywhere && !call::is_instance(policy, function, doing.action, place) {
                    return Err(Invalid::new(
                        "/resource",
                        format!(
                            "`{}` is no resource that `{}` can {}",
                            brief(resource),
                            brief(tool),
                            brief(action)
                        ),
                    )
                    .into());
                }
                let triple = Triple {
                    function,
                    action: doing.action,
                    resource: Touched::Named(place),
                };
                let at = Where::new(index, doing.row, place);
                (smallvec![triple], smallvec![at], None)
            }
            Asking::Scopes { .. } | Asking::Listing { .. } => {
                return Err(Invalid::new("", "this is not a question about a call").into());
            }
        };
    if let Err(refusal) = check_agents(&bound).and_then(|()| check_holder(request)) {
        return Err(Refusal {
            triples: triples.iter().map(Triple::to_owned).collect(),
            ..refusal
        });
    }
    let held = triples
        .iter()
        .map(|triple| held(engine, request, triple))
        .collect();
    Ok(Prepared {
        places,
        bound,
        triples,
        args,
        digest: CallDigest {
            asked: request.asked,
            digest: OnceCell::new(),
        },
        held,
    })
}

/// The acting agent's inputs.
pub(crate) const fn leaf<'b, 'p>(bound: &'b Bound<'p>) -> &'b Inputs<'p> {
    bound.links.acting()
}

fn known_tool(engine: &Engine, tool: &str) -> Result<FunctionId, Refusal> {
    let policy = engine.policy();
    if let Some(function) = engine.index().function(tool) {
        return Ok(function);
    }
    let below = policy
        .functions
        .iter()
        .any(|function| covers_tool(tool, &function.path));
    let message = if below && tool != "any" {
        format!("`{}` is a server; name one of its functions", brief(tool))
    } else {
        let names = policy
            .functions
            .iter()
            .map(|function| function.path.as_str());
        let hint = placet_model::wire::closest(tool, names)
            .map(|close| format!("; did you mean `{close}`?"))
            .unwrap_or_default();
        format!("unknown tool `{}`{hint}", brief(tool))
    };
    Err(Refusal::new(Reason::UnknownTool, message))
}

/// Every agent of the chain is declared, or in a group that comes with requests.
pub(crate) fn check_agents(bound: &Bound<'_>) -> Result<(), Refusal> {
    for link in bound.links.iter() {
        let in_group = link.agent_groups.sure.iter().any(|id| {
            link.policy
                .groups
                .get(id.index())
                .is_some_and(|group| group.kind == GroupKind::Agents && group.from_request)
        });
        if !in_group && !link.known {
            return Err(Refusal::new(
                Reason::UnknownAgent,
                format!(
                    "agent `{}` is neither declared nor in a group that the policy knows",
                    brief(link.agent)
                ),
            ));
        }
    }
    Ok(())
}

/// The credential is the agent's own and valid now, and so is each one above it.
pub(crate) fn check_holder(request: &Question<'_>) -> Result<(), Refusal> {
    let (Some(held), Some(now)) = (request.credential, request.time) else {
        return Ok(());
    };
    if held.agent.id.as_str() != request.agent.id {
        return Err(Refusal::new(
            Reason::WrongHolder,
            format!(
                "the credential is `{}`'s, not `{}`'s",
                brief(&held.agent.id),
                brief(request.agent.id)
            ),
        ));
    }
    check_times(held, now)
}

/// A credential and those above it are valid now.
pub(crate) fn check_times(held: &Credential, now: Time) -> Result<(), Refusal> {
    for link in chain(held) {
        if now.0.saturating_add(LEEWAY) < link.issued.0 {
            return Err(Refusal::new(
                Reason::NotYetValid,
                format!(
                    "the credential is valid from {} on; it is {now}",
                    link.issued
                ),
            ));
        }
    }
    for link in chain(held) {
        if now >= link.not_after {
            return Err(Refusal::new(
                Reason::Expired,
                format!("the credential ended at {}; it is {now}", link.not_after),
            ));
        }
    }
    Ok(())
}

/// A credential and those above it, the leaf first.
pub(crate) fn chain(held: &Credential) -> impl Iterator<Item = &Credential> {
    std::iter::successors(Some(held), |link| link.parent.as_deref())
}

/// What becomes of a triple.
pub(crate) struct Verdict {
    pub(crate) reason: Reason,
    pub(crate) rules: Vec<RuleId>,
    pub(crate) obligations: Obligations,
}

impl Verdict {
    fn refused(reason: Reason, rules: Vec<RuleId>) -> Self {
        Self {
            reason,
            rules,
            obligations: Obligations::default(),
        }
    }
}

/// Decides a prepared call.
pub(crate) fn decide(
    engine: &Engine,
    request: &Question<'_>,
    prepared: &Prepared<'_>,
    trace: &Trace,
) -> Decision {
    decide_as_if(engine, request, prepared, &[], trace)
}

/// Decides a prepared call as if some rules, sorted, were not written.
pub(crate) fn decide_as_if(
    engine: &Engine,
    request: &Question<'_>,
    prepared: &Prepared<'_>,
    without: &[RuleId],
    trace: &Trace,
) -> Decision {
    let verdicts: Vec<Verdict> = prepared
        .triples
        .iter()
        .zip(&prepared.held)
        .map(|(triple, held)| match held {
            Ok(held) => verdict(engine, request, prepared, triple, held, without, trace),
            Err(reason) => Verdict::refused(*reason, Vec::new()),
        })
        .collect();
    let reason = verdicts
        .iter()
        .map(|verdict| verdict.reason)
        .min()
        .unwrap_or(Reason::InvalidRequest);
    let step_up = |reason| {
        matches!(
            reason,
            Reason::ApprovalRequired | Reason::ConsentRequired | Reason::BudgetExhausted
        )
    };
    let mut decision = engine.refusal(reason, None);
    let mut rules = Vec::new();
    for verdict in verdicts {
        if verdict.reason == reason {
            rules.extend(verdict.rules);
        }
        // Whoever has to be asked is asked once, for all that the call needs.
        if verdict.reason == reason || (step_up(reason) && step_up(verdict.reason)) {
            merge(&mut decision.obligations, verdict.obligations);
        }
    }
    decision.rules = engine.notes(rules);
    decision.requests = engine.mapped(&prepared.triples);
    if reason == Reason::Granted
        && let Some(function) = prepared
            .triples
            .first()
            .and_then(|triple| engine.policy().functions.get(triple.function.index()))
    {
        decision.obligations.audiences = engine.audience(&function.path).into_iter().collect();
    }
    decision.missing = if reason == Reason::Granted {
        Vec::new()
    } else {
        trace.all_missing()
    };
    decision.consulted = engine.consulted(trace);
    decision
}

fn verdict(
    engine: &Engine,
    request: &Question<'_>,
    prepared: &Prepared<'_>,
    triple: &Triple<'_>,
    held: &[(Time, u32)],
    without: &[RuleId],
    trace: &Trace,
) -> Verdict {
    let args = prepared.args.as_ref().map_or(Args::Open, Args::Known);
    let site = Site {
        function: triple.function,
        action: triple.action,
        args,
        place: Place::Exact(triple.resource.get()),
    };
    let links = &prepared.bound.links;
    let mut denies = Vec::new();
    let mut ungranted = false;
    let mut layers = Vec::new();
    for link in links.iter() {
        let acting = std::ptr::eq(link, links.acting());
        let eval = Eval::new(link, site, trace);
        for layer in engine.layers() {
            let mut found = matching(engine, layer.graph, &eval);
            if !without.is_empty() {
                let written = |rule: &RuleId| without.binary_search(rule).is_err();
                found.denies.retain(written);
                found.requires.retain(written);
                found.grants.retain(written);
            }
            denies.extend(found.denies);
            let guardrail = layer.guardrail;
            ungranted |= !guardrail && found.grants.is_empty();
            if acting {
                layers.push((guardrail, found.grants, found.requires));
            }
        }
    }
    // Denies first: nothing that comes later may mask one.
    if !denies.is_empty() {
        return Verdict::refused(Reason::DeniedByRule, denies);
    }
    if ungranted {
        return Verdict::refused(Reason::NoGrant, Vec::new());
    }
    let eval = Eval::new(links.acting(), site, trace);
    choose(engine, request, prepared, triple, &eval, held, layers)
}

/// What the credential and all above it give for a triple: the ends and depths of the
/// scopes that cover it. Without a credential there is nothing to bound it.
fn held(
    engine: &Engine,
    request: &Question<'_>,
    triple: &Triple,
) -> Result<Vec<(Time, u32)>, Reason> {
    let (Some(credential), Some(now)) = (request.credential, request.time) else {
        return Ok(Vec::new());
    };
    let own = covering(engine, credential, now, triple)?;
    for above in chain(credential).skip(1) {
        covering(engine, above, now, triple)?;
    }
    Ok(own)
}

/// The unexpired scopes of a credential that cover a triple: their ends and depths.
fn covering(
    engine: &Engine,
    held: &Credential,
    now: Time,
    triple: &Triple<'_>,
) -> Result<Vec<(Time, u32)>, Reason> {
    let policy = engine.policy();
    let (Some(function), Some(action)) = (
        policy.functions.get(triple.function.index()),
        policy.actions.get(triple.action.index()),
    ) else {
        return Err(Reason::OutOfScope);
    };
    let mut covered = false;
    let mut alive = Vec::new();
    for scope in &held.scopes {
        if scope.tool == function.path
            && scope.action == action.name
            && region(scope).is_some_and(|region| region.contains(triple.resource.get()))
        {
            covered = true;
            if now < scope.not_after {
                alive.push((scope.not_after, scope.delegate));
            }
        }
    }
    if !covered {
        Err(Reason::OutOfScope)
    } else if alive.is_empty() {
        Err(Reason::Expired)
    } else {
        Ok(alive)
    }
}

/// The region of a scope; `None` when its text is not one, and then it covers nothing.
pub(crate) fn region(scope: &placet_model::credential::Scope) -> Option<Region> {
    let pattern = Concrete::parse(&scope.resource).ok()?;
    let except = scope
        .except
        .iter()
        .map(|text| Concrete::parse(text).ok())
        .collect::<Option<Vec<_>>>()?;
    Some(Region::new(pattern, except))
}

/// The rules of a layer that match.
pub(crate) struct Matching {
    pub(crate) denies: Vec<RuleId>,
    pub(crate) requires: Vec<RuleId>,
    pub(crate) grants: Vec<RuleId>,
}

fn matching(engine: &Engine, graph: &Graph, eval: &Eval<'_>) -> Matching {
    let mut found = Matching {
        denies: Vec::new(),
        requires: Vec::new(),
        grants: Vec::new(),
    };
    for arm in walk::gather(graph, eval, None) {
        let Some(rule) = engine.policy().rules.get(arm.rule.index()) else {
            continue;
        };
        let list = match rule.kind {
            RuleKind::Grant => &mut found.grants,
            RuleKind::Deny => &mut found.denies,
            RuleKind::Require => &mut found.requires,
        };
        // Another arm of the rule has matched already.
        if list.last() == Some(&arm.rule) {
            continue;
        }
        if matches(rule.kind, run(graph, eval, arm.test)) {
            list.push(arm.rule);
        }
    }
    found
}

/// Runs the test graph of an arm at an exact place.
pub(crate) fn run(graph: &Graph, eval: &Eval<'_>, test: NodeId) -> Truths {
    walk::run(
        graph,
        eval,
        test,
        |pattern| walk::resource(eval, Some(pattern)),
        &mut None,
    )
}

/// An undefined grant does not match; an undefined deny or require does.
pub(crate) const fn matches(kind: RuleKind, truths: Truths) -> bool {
    match kind {
        RuleKind::Grant => truths.is_true(),
        RuleKind::Deny | RuleKind::Require => !truths.is_false(),
    }
}
