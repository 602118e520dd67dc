//! Issuance: which of the scopes asked for may a credential carry.
//!
//! A question about sets. What only a call will tell is open, and a triple stays in a
//! scope when some completion of the open inputs would grant it. Denies that match in
//! every completion are cut out; all else is asked again at each call.

use std::collections::BTreeSet;

use placet_model::credential::{Credential, Scope};
use placet_model::decision::{Became, Decision, Obligations, Reason, ScopeOutcome};
use placet_model::graph::Graph;
use placet_model::ids::{ActionId, FunctionId, LayerId, PatternId, RuleId};
use placet_model::pattern::{Concrete, Region, covers};
use placet_model::policy::{Entity, Moment, Rule, RuleKind};
use placet_model::request::{Asked, Assent, Principal, Request, ScopeRequest, Task};
use placet_model::text::check_id;
use placet_model::value::{Duration, Time};
use smol_str::{SmolStr, format_smolstr};

use crate::bind::{self, frozen};
use crate::call;
use crate::duties::{self, Offer, Standing, Subject, covers_tool, least, merge};
use crate::engine::Engine;
use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::pattern::{self, Filled};
use crate::runtime::{self, Refusal, check_agents, leaf};
use crate::truth::Truths;
use crate::typed::{Invalid, brief};
use crate::walk::{self, Arm};

/// The most ways to combine grants of several layers that are looked at for one function,
/// action and requested pattern.
pub const MAX_ALTERNATIVES: usize = 4096;

/// Decides an issuance, or with a credential in the request a delegation of it.
pub(crate) fn decide(engine: &Engine, request: &Request) -> Decision {
    issue(engine, request).unwrap_or_else(|refusal| engine.refused(&refusal))
}

fn issue(engine: &Engine, request: &Request) -> Result<Decision, Refusal> {
    let Asked::Scopes { scopes, ttl } = &request.asked else {
        return Err(Invalid::new("", "this is not a question about scopes").into());
    };
    let bound = bind::bind(engine.policy(), request, Moment::Issuance)?;
    let inputs = leaf(&bound)?;
    let Some(now) = request.time else {
        return Err(Invalid::new("/time", "missing").into());
    };
    check_scopes(scopes, *ttl)?;
    check_agents(&bound)?;
    if let Some(parent) = &request.credential {
        runtime::check_times(parent, now)?;
    }
    let trace = Trace::default();
    let issue = Issue {
        engine,
        request,
        inputs,
        now,
        ttl: *ttl,
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

struct Issue<'a> {
    engine: &'a Engine,
    request: &'a Request,
    inputs: &'a Inputs<'a>,
    now: Time,
    ttl: Option<Duration>,
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

/// A way that only lacks duties.
struct Short {
    /// How many are missing, the grants' names, the region: the least is reported.
    rank: (usize, Vec<SmolStr>, String),
    standing: Standing,
    rules: Vec<RuleId>,
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
        let mut pairs: BTreeSet<(FunctionId, ActionId)> = BTreeSet::new();
        let mut known = false;
        for (at, function) in policy.functions.iter().enumerate() {
            if covers_tool(&asked.tool, &function.path) {
                known = true;
                pairs.extend(
                    function
                        .lines
                        .iter()
                        .map(|line| (FunctionId::new(at), line.action)),
                );
            }
        }
        if !known {
            return Ok(denied(Reason::UnknownTool));
        }
        let name = |id: ActionId| policy.actions.get(id.index()).map(|action| &action.name);
        let offered = |wanted: &SmolStr| pairs.iter().any(|(_, id)| name(*id) == Some(wanted));
        if !any && !asked.actions.iter().all(offered) {
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
        for &(function, action) in &pairs {
            let Some(name) = name(action).filter(|name| any || asked.actions.contains(name)) else {
                continue;
            };
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
                    merge(obligations, share.unmet);
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
        let pair = Pair::gather(self.engine, self.inputs, site, self.trace)?;
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
        let Some(parent) = &self.request.credential else {
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

    /// Bounds each way by limits and duties; or says what is missing.
    fn bound_all(
        &self,
        pair: &Pair<'_>,
        ways: Vec<Way>,
        wanted: &Concrete,
    ) -> Result<Share, Refusal> {
        let policy = self.engine.policy();
        let mut scopes = Vec::new();
        let mut given: Vec<Region> = Vec::new();
        let mut denied = BTreeSet::new();
        let mut short: Option<Short> = None;
        for way in ways {
            let cut = pair.cutting(&way.region)?;
            if !cut.is_empty() {
                denied.extend(cut);
                continue;
            }
            let (offer, standing, residual) = self.terms(pair, &way)?;
            if standing.missing() > 0 {
                let names: Vec<SmolStr> =
                    way.grants.iter().map(|id| policy.rule_name(*id)).collect();
                let rank = (standing.missing(), names, way.region.to_string());
                if short.as_ref().is_none_or(|nearest| rank < nearest.rank) {
                    let rules = offer.rules;
                    short = Some(Short {
                        rank,
                        standing,
                        rules,
                    });
                }
                continue;
            }
            let region = self.cut(pair, &way)?;
            if region.is_empty() {
                continue;
            }
            let end = [offer.lifetime, self.ttl]
                .into_iter()
                .flatten()
                .map(|limit| self.now.plus(limit).unwrap_or(Time(i64::MAX)))
                .min();
            let handed = way.parent.as_ref();
            let delegate = least(
                offer.delegate,
                handed.map(|parent| parent.delegate.saturating_sub(1)),
            );
            let mut rules: Vec<SmolStr> =
                offer.rules.iter().map(|id| policy.rule_name(*id)).collect();
            rules.sort();
            rules.dedup();
            scopes.push(Scope {
                tool: pair.tool().into(),
                action: pair.action().into(),
                resource: format_smolstr!("{}", region.pattern()),
                except: region
                    .except()
                    .iter()
                    .map(|cut| format_smolstr!("{cut}"))
                    .collect(),
                not_after: least(end, handed.map(|parent| parent.not_after)).unwrap_or(self.now),
                delegate: delegate.unwrap_or(0),
                rules,
                residual,
            });
            given.push(region);
        }
        if scopes.is_empty() {
            return Ok(match short {
                _ if !denied.is_empty() => {
                    Share::refused(Reason::DeniedByRule, denied.into_iter().collect())
                }
                Some(Short {
                    standing, rules, ..
                }) => Share {
                    unmet: standing.unmet.clone(),
                    ..Share::refused(standing.reason(), rules)
                },
                None => Share::refused(Reason::NoGrant, Vec::new()),
            });
        }
        Ok(Share {
            whole: all_given(&given, wanted),
            scopes,
            reason: Reason::Granted,
            rules: Vec::new(),
            unmet: Obligations::default(),
        })
    }

    /// The limits and duties of a way over all layers, and what stays open.
    fn terms(
        &self,
        pair: &Pair<'_>,
        way: &Way,
    ) -> Result<(Offer, Standing, Vec<SmolStr>), Refusal> {
        let policy = self.engine.policy();
        let subject = Subject {
            tool: pair.tool(),
            action: pair.action(),
            region: &way.region,
            call: None,
            at_call: false,
        };
        let mut all = Offer::guardrail();
        let mut standing = Standing::default();
        let mut residual = BTreeSet::new();
        let mut grants = way.grants.iter();
        for layer in &pair.layers {
            let mut offer = if layer.guardrail {
                Offer::guardrail()
            } else {
                match grants.next() {
                    Some(id) => {
                        residual.extend(pair.residual(layer, *id, &way.region)?);
                        Offer::grant(policy, *id)
                    }
                    None => Offer::guardrail(),
                }
            };
            for id in layer.rules(RuleKind::Require) {
                match pair.applies(layer, id, &way.region)? {
                    Applies::Wholly => {
                        if let Some(rule) = policy.rules.get(id.index()) {
                            offer.tighten(id, &rule.duties);
                        }
                    }
                    Applies::Perhaps => {
                        residual.insert(format_smolstr!("require {}", policy.rule_name(id)));
                    }
                    Applies::Never => {}
                }
            }
            for id in layer.rules(RuleKind::Deny) {
                if pair.stays_open(layer, id, &way.region)? {
                    residual.insert(format_smolstr!("deny {}", policy.rule_name(id)));
                }
            }
            let eval = pair.eval_in(&way.region);
            let of_layer = duties::standing(&eval, self.request, &offer, &subject);
            merge(&mut standing.unmet, of_layer.unmet);
            merge(&mut standing.met, of_layer.met);
            all.lifetime = least(all.lifetime, offer.lifetime);
            all.delegate = least(all.delegate, offer.delegate);
            all.rules.extend(offer.rules);
        }
        Ok((all, standing, residual.into_iter().collect()))
    }

    /// The region of a way without what denies and the parent cut out.
    fn cut(&self, pair: &Pair<'_>, way: &Way) -> Result<Region, Refusal> {
        let mut except = Vec::new();
        for layer in &pair.layers {
            for id in layer.rules(RuleKind::Deny) {
                except.extend(pair.cuts(layer, id, &way.region)?);
            }
        }
        if let Some(parent) = &way.parent {
            except.extend(
                parent
                    .except
                    .iter()
                    .filter_map(|text| Concrete::parse(text).ok()),
            );
        }
        Ok(Region::new(way.region.clone(), except))
    }

    fn credential(&self, scopes: Vec<Scope>) -> Credential {
        let (policy, request) = (self.engine.policy(), self.request);
        let parent = request.credential.as_ref();
        let facts = |entity, given, all| frozen(policy, entity, given, all);
        let not_after = scopes
            .iter()
            .map(|scope| scope.not_after)
            .max()
            .unwrap_or(self.now);
        // A delegated credential keeps the user, the task and the frozen facts.
        let user = match parent {
            Some(parent) => parent.user.clone(),
            None => request.user.as_ref().map(|user| Principal {
                id: user.id.clone(),
                groups: user.groups.clone(),
                facts: facts(Entity::User, &user.facts, false),
            }),
        };
        let task = match parent {
            Some(parent) => parent.task.clone(),
            None => request.task.as_ref().map(|task| Task {
                id: task.id.clone(),
                facts: facts(Entity::Task, &task.facts, true),
            }),
        };
        let context = match parent {
            Some(parent) => parent.context.clone(),
            None => facts(Entity::Context, &request.context, false),
        };
        let kept = |given: &[Assent]| -> Vec<Assent> {
            given
                .iter()
                .filter(|given| given.agent == request.agent.id && given.task == self.inputs.task)
                .filter(|given| matches!(given.covers, placet_model::request::Covers::Scope(_)))
                .cloned()
                .collect()
        };
        Credential {
            id: None,
            agent: Principal {
                id: request.agent.id.clone(),
                groups: request.agent.groups.clone(),
                facts: facts(Entity::Agent, &request.agent.facts, true),
            },
            user,
            task,
            context,
            issued: self.now,
            not_after,
            policy: self.engine.compiled().digest().clone(),
            scopes,
            consents: kept(&request.consents),
            approvals: kept(&request.approvals),
            parent: request.credential.clone().map(Box::new),
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

/// Whether regions together hold all that a pattern matches.
fn all_given(given: &[Region], wanted: &Concrete) -> bool {
    let mut left = vec![Region::from(wanted.clone())];
    for region in given {
        let mut next = Vec::new();
        for part in left {
            match part.without(region) {
                Some(parts) => next.extend(parts),
                None => return false,
            }
        }
        left = next;
        if left.len() > MAX_ALTERNATIVES {
            return false;
        }
    }
    left.is_empty()
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

/// Whether a deny or require applies to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    /// To all of it, in every completion.
    Wholly,
    /// To a part, or in some completion.
    Perhaps,
    /// Not at all.
    Never,
}

/// One function and action before there is a call, with the arms that can touch it.
pub(crate) struct Pair<'a> {
    engine: &'a Engine,
    inputs: &'a Inputs<'a>,
    site: Site<'a>,
    trace: &'a Trace,
    pub(crate) layers: Vec<OpenLayer<'a>>,
}

/// The arms of a layer with their patterns filled.
pub(crate) struct OpenLayer<'a> {
    pub(crate) guardrail: bool,
    graph: &'a Graph,
    arms: Vec<(Arm, RuleKind, Filled)>,
}

impl OpenLayer<'_> {
    /// The rules of a kind that have arms here, in order.
    pub(crate) fn rules(&self, kind: RuleKind) -> impl Iterator<Item = RuleId> {
        let mut rules: Vec<RuleId> = self
            .arms
            .iter()
            .filter(|(_, of, _)| *of == kind)
            .map(|(arm, _, _)| arm.rule)
            .collect();
        rules.dedup();
        rules.into_iter()
    }

    fn arms(&self, rule: RuleId) -> impl Iterator<Item = (Arm, &Filled)> {
        self.arms
            .iter()
            .filter(move |(arm, _, _)| arm.rule == rule)
            .map(|(arm, _, filled)| (*arm, filled))
    }
}

impl<'a> Pair<'a> {
    /// Gathers the arms that can touch a region.
    pub(crate) fn gather(
        engine: &'a Engine,
        inputs: &'a Inputs<'a>,
        site: Site<'a>,
        trace: &'a Trace,
    ) -> Result<Self, Refusal> {
        let eval = Eval::new(inputs, site, trace);
        let mut layers = Vec::new();
        for (at, graph) in engine.graphs().iter().enumerate() {
            let mut arms = Vec::new();
            for arm in walk::gather(graph, &eval, None) {
                let Some(rule) = engine.policy().rules.get(arm.rule.index()) else {
                    continue;
                };
                let filled = match arm.pattern {
                    None => Filled {
                        patterns: vec![Concrete::ALL],
                        undefined: Vec::new(),
                        open: false,
                    },
                    Some(id) => pattern::fill(&eval, id).ok_or_else(too_complex)?,
                };
                arms.push((arm, rule.kind, filled));
            }
            layers.push(OpenLayer {
                guardrail: engine.is_guardrail(LayerId::new(at)),
                graph,
                arms,
            });
        }
        Ok(Self {
            engine,
            inputs,
            site,
            trace,
            layers,
        })
    }

    pub(crate) fn eval_in<'r>(&self, region: &'r Concrete) -> Eval<'r>
    where
        'a: 'r,
    {
        let site = Site {
            place: Place::Region(region),
            ..self.site
        };
        Eval::new(self.inputs, site, self.trace)
    }

    pub(crate) fn tool(&self) -> &'a str {
        let function = self
            .engine
            .policy()
            .functions
            .get(self.site.function.index());
        function
            .map(|function| function.path.as_str())
            .unwrap_or_default()
    }

    pub(crate) fn action(&self) -> &'a str {
        let action = self.engine.policy().actions.get(self.site.action.index());
        action
            .map(|action| action.name.as_str())
            .unwrap_or_default()
    }

    fn rule(&self, id: RuleId) -> Option<&'a Rule> {
        self.engine.policy().rules.get(id.index())
    }

    /// The truth of an arm but for its resource clause, where the captures of `region`
    /// are known as far as its segments are literal.
    fn truths(&self, layer: &OpenLayer<'_>, arm: Arm, region: &Concrete) -> Truths {
        let here = |_: PatternId| Truths::TRUE;
        walk::run(layer.graph, &self.eval_in(region), arm, here, &mut None)
    }

    /// The parts of a region on which a grant may match.
    fn grantable(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Vec<Concrete>, Refusal> {
        let mut parts: Vec<Concrete> = Vec::new();
        for (arm, filled) in layer.arms(id) {
            for pattern in &filled.patterns {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    if !parts.contains(&part) && self.truths(layer, arm, &part).may_be_true() {
                        parts.push(part);
                    }
                }
            }
        }
        Ok(parts)
    }

    fn still_grantable(&self, id: RuleId, region: &Concrete) -> Result<bool, Refusal> {
        for layer in &self.layers {
            if layer.arms(id).next().is_some() {
                return Ok(self.grantable(layer, id, region)?.contains(region));
            }
        }
        Ok(false)
    }

    /// Whether a deny or require matches on a region.
    pub(crate) fn applies(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Applies, Refusal> {
        let mut answer = Applies::Never;
        for (arm, filled) in layer.arms(id) {
            for pattern in filled.all() {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    if !self.truths(layer, arm, &part).is_false() {
                        answer = Applies::Perhaps;
                    }
                }
                if !filled.open
                    && pattern.includes(region)
                    && !self.truths(layer, arm, region).may_be_false()
                {
                    return Ok(Applies::Wholly);
                }
            }
        }
        Ok(answer)
    }

    /// Whether a deny may match somewhere in a region without cutting there.
    fn stays_open(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<bool, Refusal> {
        if self.applies(layer, id, region)? != Applies::Perhaps {
            return Ok(false);
        }
        for (arm, filled) in layer.arms(id) {
            for pattern in filled.all() {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    let truths = self.truths(layer, arm, &part);
                    if !truths.is_false() && (truths.may_be_false() || filled.open) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// The parts of a region that a deny takes away in every completion.
    fn cuts(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Vec<Concrete>, Refusal> {
        let mut cuts = Vec::new();
        for (arm, filled) in layer.arms(id) {
            if filled.open {
                continue;
            }
            for pattern in filled.all() {
                for part in pattern.intersect(region).ok_or_else(too_complex)? {
                    if !self.truths(layer, arm, &part).may_be_false() {
                        cuts.push(part);
                    }
                }
            }
        }
        Ok(cuts)
    }

    /// The denies that together take all of a region away; none when they do not.
    fn cutting(&self, region: &Concrete) -> Result<Vec<RuleId>, Refusal> {
        let mut rules = Vec::new();
        let mut all = Vec::new();
        for layer in &self.layers {
            for id in layer.rules(RuleKind::Deny) {
                let cuts = self.cuts(layer, id, region)?;
                if !cuts.is_empty() {
                    rules.push(id);
                    all.extend(cuts);
                }
            }
        }
        Ok(if covers(&all, region) {
            rules
        } else {
            Vec::new()
        })
    }

    /// What of a grant's conditions waits for the call, as policy text.
    fn residual(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<Vec<SmolStr>, Refusal> {
        let mut texts = Vec::new();
        let Some(rule) = self.rule(id) else {
            return Ok(texts);
        };
        for (arm, filled) in layer.arms(id) {
            if !filled
                .patterns
                .iter()
                .any(|pattern| pattern.includes(region))
            {
                continue;
            }
            let eval = self.eval_in(region);
            for condition in &rule.conditions {
                let truths = eval.truth(condition.expr, arm.pattern);
                let settled = truths.is_true() || truths.is_false() || truths == Truths::UNDEFINED;
                if !settled {
                    texts.push(
                        placet_model::render::condition(self.engine.policy(), rule, condition)
                            .into(),
                    );
                }
            }
        }
        Ok(texts)
    }

    /// The patterns on all of which a grant matches in every completion.
    pub(crate) fn certain(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Vec<Concrete> {
        let mut patterns = Vec::new();
        for (arm, filled) in layer.arms(id) {
            if !filled.open && self.truths(layer, arm, region).is_true() {
                patterns.extend(filled.patterns.iter().cloned());
            }
        }
        patterns
    }

    /// Whether a grant may match anywhere in a region.
    pub(crate) fn possible(
        &self,
        layer: &OpenLayer<'_>,
        id: RuleId,
        region: &Concrete,
    ) -> Result<bool, Refusal> {
        Ok(!self.grantable(layer, id, region)?.is_empty())
    }
}
