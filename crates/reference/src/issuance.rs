//! Issuance: which scopes may a credential carry.

use std::collections::BTreeSet;

use placet_model::credential::{Credential, Scope};
use placet_model::decision::{Became, Obligations, Reason};
use placet_model::ids::{ActionId, FunctionId, LayerId, RuleId};
use placet_model::policy::{Moment, Policy, Rule, RuleKind, Type};
use placet_model::request::{Asked, Request, ScopeRequest};
use placet_model::value::{Duration, Time};
use smol_str::SmolStr;

use crate::duty::{Offer, Standing, Subject, covers_tool, least, standing};
use crate::outcome::{self, Outcome, ScopeOutcome};
use crate::rules::{self, Captures};
use crate::runtime::merge;
use crate::segment::{self, Seg, Shape, is_clean};
use crate::truth::Truths;
use crate::value::V;
use crate::world::{Args, Place, World, agents_of};

/// Decides which of the requested scopes a credential may carry.
#[must_use]
pub fn issuance(policy: &Policy, request: &Request) -> Outcome {
    let Asked::Scopes { scopes, ttl } = &request.asked else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    let (Ok(world), Some(now)) = (World::of(policy, Moment::Issuance, request), request.time)
    else {
        return Outcome::refusal(Reason::InvalidRequest);
    };
    let is_name = |name: &SmolStr| !name.is_empty() && is_clean(name);
    let readable = scopes.iter().all(|scope| {
        !scope.actions.is_empty()
            && !scope.resources.is_empty()
            && scope.actions.iter().all(is_name)
            && is_name(&scope.tool)
            && scope
                .resources
                .iter()
                .all(|pattern| segment::pattern(pattern).is_some())
    });
    if scopes.is_empty() || !readable || ttl.is_some_and(|ttl| ttl.0 <= 0) {
        return Outcome::refusal(Reason::InvalidRequest);
    }
    if !world.knows_agent() {
        return Outcome::refusal(Reason::UnknownAgent);
    }
    if let Some(parent) = &request.credential
        && let Some(reason) = crate::runtime::untimely(parent, now)
    {
        return Outcome::refusal(reason);
    }
    let issue = Issue {
        world,
        request,
        now,
        ttl: *ttl,
    };
    let mut obligations = Obligations::default();
    let outcomes: Vec<ScopeOutcome> = scopes
        .iter()
        .map(|scope| issue.scope(scope, &mut obligations))
        .collect();
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
    let mut rules: Vec<SmolStr> = outcomes
        .iter()
        .filter(|outcome| outcome.reason == reason)
        .flat_map(|outcome| outcome.rules.iter().cloned())
        .collect();
    rules.sort();
    rules.dedup();
    let world = &issue.world;
    let credential = issued
        .iter()
        .map(|scope| scope.not_after)
        .max()
        .map(|not_after| outcome::Credential {
            agent: world.agent.id.clone(),
            user: world.user.as_ref().map(|user| user.id.clone()),
            task: world.task.clone(),
            issued: now,
            not_after,
            scopes: issued,
            above: request
                .credential
                .as_ref()
                .map(agents_of)
                .unwrap_or_default(),
        });
    Outcome {
        reason,
        rules,
        obligations,
        requests: vec![],
        scopes: outcomes,
        credential,
        tools: vec![],
    }
}

struct Issue<'a> {
    world: World<'a>,
    request: &'a Request,
    now: Time,
    ttl: Option<Duration>,
}

/// One function and action, with the arguments open.
pub(crate) struct Pair<'a> {
    pub(crate) world: World<'a>,
    pub(crate) function: FunctionId,
    pub(crate) action: ActionId,
}

/// A way to grant: one grant of each layer, on one region.
struct Alternative {
    region: Shape,
    scope: Scope,
}

impl Alternative {
    /// Whether all of the region is cut out.
    fn is_empty(&self) -> bool {
        let cuts = self
            .scope
            .except
            .iter()
            .filter_map(|cut| segment::pattern(cut));
        let cuts: Vec<segment::Region> = cuts.map(|cut| (cut, vec![])).collect();
        segment::covers(&cuts, &self.region)
    }
}

/// A way that lacks duties: what its grants are called, what is missing, which rules.
struct Short {
    names: Vec<SmolStr>,
    /// The region, in written form.
    region: String,
    standing: Standing,
    rules: Vec<SmolStr>,
}

/// What became of one pair and one requested pattern.
struct Share {
    scopes: Vec<Scope>,
    whole: bool,
    reason: Reason,
    rules: Vec<SmolStr>,
    unmet: Obligations,
}

impl<'a> Issue<'a> {
    fn scope(&self, asked: &ScopeRequest, obligations: &mut Obligations) -> ScopeOutcome {
        let policy = self.world.policy;
        let refuse = |reason| ScopeOutcome {
            became: Became::Denied,
            reason,
            scopes: vec![],
            rules: vec![],
        };
        let functions: Vec<FunctionId> = (0..policy.functions.len())
            .map(FunctionId::new)
            .filter(|id| covers_tool(&asked.tool, &policy.functions[id.index()].path))
            .collect();
        if functions.is_empty() {
            return refuse(Reason::UnknownTool);
        }
        let any = asked.actions.iter().any(|action| action == "any");
        let offered = |name: &SmolStr| {
            functions.iter().any(|id| {
                policy.functions[id.index()]
                    .lines
                    .iter()
                    .any(|line| policy.actions[line.action.index()].name == *name)
            })
        };
        if !any && !asked.actions.iter().all(offered) {
            return refuse(Reason::UnknownAction);
        }
        let mut shares = vec![];
        let mut reached: BTreeSet<(SmolStr, usize)> = BTreeSet::new();
        for function in functions {
            let actions: BTreeSet<ActionId> = policy.functions[function.index()]
                .lines
                .iter()
                .map(|line| line.action)
                .filter(|action| {
                    any || asked.actions.contains(&policy.actions[action.index()].name)
                })
                .collect();
            for action in actions {
                let pair = self.pair(function, action);
                for (at, pattern) in asked.resources.iter().enumerate() {
                    if let Some(wanted) = segment::pattern(pattern)
                        && pair.reaches(&wanted)
                    {
                        reached.insert((policy.actions[action.index()].name.clone(), at));
                        shares.push(self.share(&pair, &wanted));
                    }
                }
            }
        }
        let mut scopes: Vec<Scope> = shares
            .iter()
            .flat_map(|share| share.scopes.iter().cloned())
            .collect();
        scopes.sort();
        scopes.dedup();
        let scopes = undominated(scopes);
        for share in &shares {
            merge(obligations, share.unmet.clone());
        }
        if scopes.is_empty() {
            let reason = shares
                .iter()
                .map(|share| share.reason)
                .min()
                .unwrap_or(Reason::NoGrant);
            let mut rules = vec![];
            for share in shares {
                if share.reason == reason {
                    rules.extend(share.rules);
                }
            }
            rules.sort();
            rules.dedup();
            return ScopeOutcome {
                became: Became::Denied,
                reason,
                scopes,
                rules,
            };
        }
        // Each pattern can be used, with each action that was named.
        let used = (0..asked.resources.len()).all(|at| {
            let by = |name: &SmolStr| reached.contains(&(name.clone(), at));
            if any {
                policy.actions.iter().any(|action| by(&action.name))
            } else {
                asked.actions.iter().all(by)
            }
        });
        let whole = used && shares.iter().all(|share| share.whole);
        let mut rules: Vec<SmolStr> = scopes
            .iter()
            .flat_map(|scope| scope.rules.iter().cloned())
            .collect();
        rules.sort();
        rules.dedup();
        ScopeOutcome {
            became: if whole {
                Became::Granted
            } else {
                Became::Narrowed
            },
            reason: Reason::Granted,
            scopes,
            rules,
        }
    }

    fn pair(&self, function: FunctionId, action: ActionId) -> Pair<'a> {
        let mut world = self.world.clone();
        let policy = world.policy;
        world.args = open_args(policy, function);
        Pair {
            world,
            function,
            action,
        }
    }

    fn share(&self, pair: &Pair<'a>, wanted: &Shape) -> Share {
        let policy = self.world.policy;
        let refused = |reason, rules: Vec<SmolStr>, unmet| Share {
            scopes: vec![],
            whole: false,
            reason,
            rules,
            unmet,
        };
        // What the parent may hand on, a region and its limits at a time.
        let parents: Vec<Option<&Scope>> = match &self.request.credential {
            None => vec![None],
            Some(parent) => self.handed_on(parent, pair).into_iter().map(Some).collect(),
        };
        if parents.is_empty() {
            return refused(Reason::OutOfScope, vec![], Obligations::default());
        }
        let mut starts: Vec<(Shape, Option<&Scope>)> = vec![];
        for parent in parents {
            match parent.map(|scope| segment::pattern(&scope.resource)) {
                None => starts.push((wanted.clone(), parent)),
                Some(Some(held)) => {
                    starts.extend(
                        wanted
                            .intersect(&held)
                            .into_iter()
                            .map(|both| (both, parent)),
                    );
                }
                Some(None) => {}
            }
        }
        if starts.is_empty() {
            return refused(Reason::OutOfScope, vec![], Obligations::default());
        }
        let denies = pair.cutting(wanted);
        if !denies.is_empty() {
            return refused(Reason::DeniedByRule, denies, Obligations::default());
        }
        // Every choice of one grant for each layer, with the regions that all allow.
        let mut ways: Vec<(Shape, Option<&Scope>, Vec<RuleId>)> = starts
            .into_iter()
            .map(|(region, parent)| (region, parent, vec![]))
            .collect();
        for (at, layer) in policy.layers.iter().enumerate() {
            if layer.default_grant {
                continue;
            }
            let grants = of_kind(policy, LayerId::new(at), RuleKind::Grant);
            let mut next = vec![];
            for (region, parent, chosen) in ways {
                for grant in &grants {
                    for smaller in pair.grantable(*grant, &region) {
                        let mut chosen = chosen.clone();
                        chosen.push(*grant);
                        next.push((smaller, parent, chosen));
                    }
                }
            }
            ways = next;
        }
        // A later layer may have made a capture known.
        ways.retain(|(region, _, chosen)| {
            pair.reaches(region)
                && chosen
                    .iter()
                    .all(|grant| pair.grantable(*grant, region).contains(region))
        });
        if ways.is_empty() {
            return refused(Reason::NoGrant, vec![], Obligations::default());
        }
        let mut alternatives: Vec<Alternative> = vec![];
        let mut denied = BTreeSet::new();
        let mut short: Vec<Short> = vec![];
        for (region, parent, chosen) in ways {
            let cut = pair.cutting(&region);
            if !cut.is_empty() {
                denied.extend(cut);
                continue;
            }
            match self.bounded(pair, region, parent, chosen) {
                Ok(alternative) if alternative.is_empty() => {}
                Ok(alternative) => alternatives.push(alternative),
                Err(missing) => short.push(*missing),
            }
        }
        if alternatives.is_empty() {
            if !denied.is_empty() {
                let denies = denied.into_iter().collect();
                return refused(Reason::DeniedByRule, denies, Obligations::default());
            }
            short.sort_by(|a, b| {
                (a.standing.missing(), &a.names, &a.region).cmp(&(
                    b.standing.missing(),
                    &b.names,
                    &b.region,
                ))
            });
            return match short.into_iter().next() {
                Some(short) => refused(short.standing.reason(), short.rules, short.standing.unmet),
                None => refused(Reason::NoGrant, vec![], Obligations::default()),
            };
        }
        let regions: Vec<segment::Region> = alternatives
            .iter()
            .map(|alternative| {
                let cuts = &alternative.scope.except;
                let cuts = cuts.iter().filter_map(|cut| segment::pattern(cut));
                (alternative.region.clone(), cuts.collect())
            })
            .collect();
        let whole = segment::covers(&regions, wanted);
        Share {
            scopes: alternatives
                .into_iter()
                .map(|alternative| alternative.scope)
                .collect(),
            whole,
            reason: Reason::Granted,
            rules: vec![],
            unmet: Obligations::default(),
        }
    }

    /// The parent's scopes that may be handed on for a pair.
    fn handed_on<'p>(&self, parent: &'p Credential, pair: &Pair<'_>) -> Vec<&'p Scope> {
        let policy = self.world.policy;
        parent
            .scopes
            .iter()
            .filter(|scope| {
                scope.tool == policy.functions[pair.function.index()].path
                    && scope.action == policy.actions[pair.action.index()].name
                    && scope.delegate > 0
                    && self.now < scope.not_after
            })
            .collect()
    }

    /// An alternative with its limits and duties; or what is missing.
    fn bounded(
        &self,
        pair: &Pair<'a>,
        region: Shape,
        parent: Option<&Scope>,
        grants: Vec<RuleId>,
    ) -> Result<Alternative, Box<Short>> {
        let policy = self.world.policy;
        let subject = Subject {
            tool: policy.functions[pair.function.index()].path.clone(),
            action: policy.actions[pair.action.index()].name.clone(),
            region: region.clone(),
            call: None,
            at_call: false,
        };
        let mut all = Standing::default();
        let mut rules: Vec<SmolStr> = vec![];
        let mut lifetime = None;
        let mut delegate = parent.map(|scope| scope.delegate.saturating_sub(1));
        let mut residual = BTreeSet::new();
        let mut chosen = grants.iter();
        for (at, layer) in policy.layers.iter().enumerate() {
            let mut offer = if layer.default_grant {
                Offer::of_guardrail()
            } else {
                match chosen.next() {
                    Some(grant) => {
                        residual.extend(pair.residual(*grant, &region));
                        Offer::of_grant(&pair.world, *grant)
                    }
                    None => Offer::of_guardrail(),
                }
            };
            for require in of_kind(policy, LayerId::new(at), RuleKind::Require) {
                match pair.applies(require, &region) {
                    Applies::Wholly => offer = offer.tightened(&pair.world, require),
                    Applies::Perhaps => {
                        residual.insert(rule_residual(policy, require));
                    }
                    Applies::Never => {}
                }
            }
            let standing = standing(&pair.world, self.request, &offer, &subject);
            merge(&mut all.unmet, standing.unmet);
            merge(&mut all.met, standing.met);
            lifetime = least(lifetime, offer.lifetime);
            delegate = least(delegate, offer.delegate);
            rules.extend(offer.rules);
        }
        let mut except: Vec<Shape> = vec![];
        for deny in (0..policy.rules.len()).map(RuleId::new) {
            if policy.rules[deny.index()].kind == RuleKind::Deny {
                except.extend(pair.cuts(deny, &region));
                if pair.applies(deny, &region) == Applies::Perhaps && pair.is_open(deny, &region) {
                    residual.insert(rule_residual(policy, deny));
                }
            }
        }
        if let Some(parent) = parent {
            let held = parent.except.iter().filter_map(|cut| segment::pattern(cut));
            except.extend(held.flat_map(|cut| cut.intersect(&region)));
        }
        let except = maximal(except);
        rules.sort();
        rules.dedup();
        if all.missing() > 0 {
            let names = grants
                .iter()
                .map(|grant| policy.rule_name(*grant))
                .collect();
            return Err(Box::new(Short {
                names,
                region: region.written(),
                standing: all,
                rules,
            }));
        }
        let end = [lifetime, self.ttl]
            .into_iter()
            .flatten()
            .filter_map(|limit| self.now.plus(limit))
            .map(|end| {
                if self.now < Time::LAST {
                    end.min(Time::LAST)
                } else {
                    end
                }
            })
            .min();
        let not_after = least(end, parent.map(|scope| scope.not_after)).unwrap_or(self.now);
        let scope = Scope {
            tool: subject.tool,
            action: subject.action,
            resource: region.written().into(),
            except: except.iter().map(|cut| cut.written().into()).collect(),
            not_after,
            delegate: delegate.unwrap_or(0),
            rules,
            residual: residual.into_iter().collect(),
        };
        Ok(Alternative { region, scope })
    }
}

/// Whether a deny or require applies to a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    Wholly,
    Perhaps,
    Never,
}

impl Pair<'_> {
    /// Whether a template has a resource in common with a region.
    fn reaches(&self, region: &Shape) -> bool {
        let policy = self.world.policy;
        policy.functions[self.function.index()]
            .lines
            .iter()
            .filter(|line| line.action == self.action)
            .flat_map(|line| &line.templates)
            .any(|template| {
                let touched = rules::template(policy, *template);
                !touched.intersect(region).is_empty()
            })
    }

    /// The parts of a region on which a grant may match.
    pub(crate) fn grantable(&self, id: RuleId, region: &Shape) -> Vec<Shape> {
        let rule = &self.world.policy.rules[id.index()];
        let heads = rules::heads(&self.world, rule, self.function, self.action);
        if heads == Truths::FALSE {
            return vec![];
        }
        let mut result: Vec<Shape> = vec![];
        for (shape, captures) in self.arms(rule) {
            if hopeless(&shape) {
                continue;
            }
            for part in shape.widest().intersect(region) {
                let truth = heads.and(self.conditions(rule, &captures, &part));
                if truth.may_be_true() && !result.contains(&part) {
                    result.push(part);
                }
            }
        }
        result
    }

    /// The patterns on which a grant matches in every completion, as far as they lie in a
    /// region.
    pub(crate) fn certain(&self, id: RuleId, region: &Shape) -> Vec<Shape> {
        let rule = &self.world.policy.rules[id.index()];
        let heads = rules::heads(&self.world, rule, self.function, self.action);
        if heads == Truths::FALSE {
            return vec![];
        }
        self.arms(rule)
            .into_iter()
            .filter(|(shape, captures)| {
                let truth = heads.and(self.conditions(rule, captures, region));
                shape.is_definite() && truth == Truths::TRUE
            })
            .map(|(shape, _)| shape)
            .collect()
    }

    /// What of a grant's conditions waits for the call.
    fn residual(&self, id: RuleId, region: &Shape) -> Vec<SmolStr> {
        let rule = &self.world.policy.rules[id.index()];
        let mut result = vec![];
        for (shape, captures) in self.arms(rule) {
            if hopeless(&shape) || !shape.widest().includes(region) {
                continue;
            }
            let place = place(rule, &captures, region);
            for condition in &rule.conditions {
                let truth = crate::eval::Eval::new(&self.world, &place).truth(condition.expr);
                if !truth.is_settled() {
                    let text = placet_model::render::condition(self.world.policy, rule, condition);
                    result.push(text.into());
                }
            }
        }
        result
    }

    /// Whether a deny or require matches on a region in every completion.
    pub(crate) fn applies(&self, id: RuleId, region: &Shape) -> Applies {
        let rule = &self.world.policy.rules[id.index()];
        let heads = rules::heads(&self.world, rule, self.function, self.action);
        if heads == Truths::FALSE {
            return Applies::Never;
        }
        let mut result = Applies::Never;
        for (shape, captures) in self.arms(rule) {
            let widest = shape.widest();
            for part in widest.intersect(region) {
                let truth = heads.and(self.conditions(rule, &captures, &part));
                if truth != Truths::FALSE {
                    result = Applies::Perhaps;
                }
            }
            let truth = heads.and(self.conditions(rule, &captures, region));
            if shape.is_closed() && widest.includes(region) && !truth.may_be_false() {
                return Applies::Wholly;
            }
        }
        result
    }

    /// Whether a deny that does not cut may match all the same.
    fn is_open(&self, id: RuleId, region: &Shape) -> bool {
        let rule = &self.world.policy.rules[id.index()];
        let heads = rules::heads(&self.world, rule, self.function, self.action);
        if heads == Truths::FALSE {
            return false;
        }
        self.arms(rule).into_iter().any(|(shape, captures)| {
            shape.widest().intersect(region).iter().any(|part| {
                let truth = heads.and(self.conditions(rule, &captures, part));
                truth != Truths::FALSE && (truth.may_be_false() || !shape.is_closed())
            })
        })
    }

    /// The parts of a region that a deny takes away in every completion.
    fn cuts(&self, id: RuleId, region: &Shape) -> Vec<Shape> {
        let rule = &self.world.policy.rules[id.index()];
        let heads = rules::heads(&self.world, rule, self.function, self.action);
        if heads == Truths::FALSE {
            return vec![];
        }
        let mut result = vec![];
        for (shape, captures) in self.arms(rule) {
            if !shape.is_closed() {
                continue;
            }
            for part in shape.widest().intersect(region) {
                let truth = heads.and(self.conditions(rule, &captures, &part));
                if !truth.may_be_false() {
                    result.push(part);
                }
            }
        }
        result
    }

    /// The denies that take all of a region away.
    fn cutting(&self, region: &Shape) -> Vec<SmolStr> {
        let policy = self.world.policy;
        let cuts: Vec<(RuleId, Vec<Shape>)> = (0..policy.rules.len())
            .map(RuleId::new)
            .filter(|id| policy.rules[id.index()].kind == RuleKind::Deny)
            .map(|id| (id, self.cuts(id, region)))
            .filter(|(_, cuts)| !cuts.is_empty())
            .collect();
        let all: Vec<segment::Region> = cuts
            .iter()
            .flat_map(|(_, cuts)| cuts.iter().map(|cut| (cut.clone(), vec![])))
            .collect();
        if !segment::covers(&all, region) {
            return vec![];
        }
        cuts.iter().map(|(id, _)| policy.rule_name(*id)).collect()
    }

    fn arms(&self, rule: &Rule) -> Vec<(Shape, Captures)> {
        if rule.resources.is_empty() {
            return vec![(Shape::all(), vec![])];
        }
        rule.resources
            .iter()
            .flat_map(|pattern| rules::shapes(&self.world, *pattern))
            .collect()
    }

    fn conditions(&self, rule: &Rule, captures: &Captures, region: &Shape) -> Truths {
        rules::conditions(&self.world, rule, &place(rule, captures, region))
    }
}

/// Whether a shape never matches for certain: a hole has no value.
fn hopeless(shape: &Shape) -> bool {
    shape.segs.contains(&Seg::Undefined) || shape.tail == segment::Tail::Undefined
}

fn place(rule: &Rule, captures: &Captures, region: &Shape) -> Place {
    Place {
        resource: region.resource(),
        called: false,
        captures: rules::captured(rule, captures, |at| match region.segs.get(at) {
            Some(Seg::Lit(text)) => Some(text.clone()),
            _ => None,
        }),
    }
}

/// The arguments of a function before its call.
#[must_use]
pub fn open_args(policy: &Policy, function: FunctionId) -> Args {
    let params = policy.functions[function.index()].params;
    match params.map(|params| &policy.types[params.index()]) {
        Some(Type::Record(params)) => Args::Open(params.clone()),
        _ => Args::Known(V::Record(vec![])),
    }
}

fn rule_residual(policy: &Policy, id: RuleId) -> SmolStr {
    let kind = policy.rules[id.index()].kind.name();
    format!("{kind} {}", policy.rule_name(id)).into()
}

pub(crate) fn of_kind(policy: &Policy, layer: LayerId, kind: RuleKind) -> Vec<RuleId> {
    (0..policy.rules.len())
        .map(RuleId::new)
        .filter(|id| {
            let rule = &policy.rules[id.index()];
            rule.kind == kind && rule.layer == layer
        })
        .collect()
}

/// Each pattern that no other includes, once, sorted by written form.
#[must_use]
pub fn maximal(mut shapes: Vec<Shape>) -> Vec<Shape> {
    shapes.sort();
    shapes.dedup();
    let mut result: Vec<Shape> = shapes
        .iter()
        .enumerate()
        .filter(|(at, shape)| {
            !shapes.iter().enumerate().any(|(other_at, other)| {
                let betters = other.includes(shape);
                *at != other_at && betters && (other_at < *at || !shape.includes(other))
            })
        })
        .map(|(_, shape)| shape.clone())
        .collect();
    result.sort_by_key(Shape::written);
    result
}

/// Scopes that no other betters.
fn undominated(scopes: Vec<Scope>) -> Vec<Scope> {
    let betters = |a: &Scope, b: &Scope| {
        let read = |scope: &Scope| -> Option<segment::Region> {
            let cuts = scope.except.iter().map(|cut| segment::pattern(cut));
            Some((
                segment::pattern(&scope.resource)?,
                cuts.collect::<Option<_>>()?,
            ))
        };
        let includes = match (read(a), read(b)) {
            (Some(wide), Some((shape, except))) => {
                let mut held = vec![wide];
                held.extend(except.into_iter().map(|cut| (cut, vec![])));
                segment::covers(&held, &shape)
            }
            _ => false,
        };
        (a.tool == b.tool && a.action == b.action)
            && includes
            && a.not_after >= b.not_after
            && a.delegate >= b.delegate
            && a.residual.iter().all(|text| b.residual.contains(text))
    };
    scopes
        .iter()
        .enumerate()
        .filter(|(at, scope)| {
            !scopes.iter().enumerate().any(|(other_at, other)| {
                other_at != *at
                    && betters(other, scope)
                    && (!betters(scope, other) || (&other.rules, other_at) < (&scope.rules, *at))
            })
        })
        .map(|(_, scope)| scope.clone())
        .collect()
}
