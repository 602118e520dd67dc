//! Who may do what: every request that a policy grants within a question, as regions.
//!
//! For each thing that a function does and each choice of one grant in every layer: what the
//! grants share is asked for a request that is granted. What has none is left out, what has
//! one becomes a region with it, and where it cannot be told the region stands with the
//! reason. So every request that is granted lies in some region, unless the answer says
//! where it gave up.

mod blast;

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::{Engine, Probe};
use placet_model::compiled::Compiled;
use placet_model::decision::Reason;
use placet_model::graph::Truth;
use placet_model::ids::{ActionId, ExprId, FactId, FunctionId, PatternId, RuleId};
use placet_model::pattern::{Concrete, Seg};
use placet_model::policy::{
    Agents, Comparison, Condition, Expr, Pattern, Policy, Rule, RuleKind, Segment, Users,
};
use placet_model::request::Request;
use placet_model::value::{Duration, Value};
use smol_str::SmolStr;

use crate::ask::{Outcome, Why, ask, nothing};
use crate::build::Builder;
use crate::claims::{Effort, shorten};
use crate::formula::{FALSE, Formula};
use crate::granted::{Layered, duties};
use crate::region::{Area, Duty, Except, Region, Witness, loose, meet};
use crate::spot::{Spot, spots};
use crate::witness::{approval, consent, this_call};

pub use blast::{Blast, Delegate, blast};

/// What is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The agents.
    pub agents: Agents,
    /// The users.
    pub users: Users,
    /// The functions, sorted; `None` for all.
    pub functions: Option<Vec<FunctionId>>,
    /// The actions, sorted; `None` for all.
    pub actions: Option<Vec<ActionId>>,
    /// The resources; empty for all.
    pub resources: Vec<Concrete>,
    /// Resources that are not asked about.
    pub except: Vec<Concrete>,
    /// What facts are.
    pub told: Vec<(FactId, Value)>,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            agents: Agents::All,
            users: Users::All,
            functions: None,
            actions: None,
            resources: Vec::new(),
            except: Vec::new(),
            told: Vec::new(),
        }
    }
}

/// All that is granted within a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The regions; a request may be in several.
    pub regions: Vec<Region>,
    /// What may be granted besides and is in no region, and why that is not known: nothing
    /// when the answer is complete.
    pub unknown: Vec<(Why, SmolStr)>,
    /// Whether any function does anything to resources like these.
    pub is_about_something: bool,
}

/// The most choices of a grant in every layer at one thing that a function does.
const MOST_WAYS: usize = 4096;

/// Tells all that a policy grants within a question.
#[must_use]
pub fn who(compiled: &Compiled, question: &Question, effort: Effort) -> Answer {
    find(compiled, question, effort).answer
}

/// An answer, and where its regions lie.
struct Found {
    answer: Answer,
    /// For each region.
    places: Vec<Place>,
}

/// The calls of a region, at least.
struct Place {
    functions: BTreeSet<FunctionId>,
    actions: BTreeSet<ActionId>,
    /// None for all resources.
    patterns: Vec<Concrete>,
}

fn find(compiled: &Compiled, question: &Question, effort: Effort) -> Found {
    let mut policy = compiled.policy().clone();
    let asked = asked(&mut policy, question);
    let engine = Engine::new(Compiled::new(policy, compiled.graphs().to_vec()));
    let own = Engine::new(compiled.clone());
    let asking = Asking {
        own: &own,
        engine: &engine,
        policy: engine.compiled().policy(),
        asked: &asked,
        effort,
    };
    asking.found()
}

/// The question as clauses of rules.
struct Asked {
    /// What is asked about.
    within: Rule,
    /// The same without what facts are, which regions need not say again.
    shown: Rule,
    /// What is not.
    without: Option<Rule>,
}

/// The question in terms of a policy, which gets the patterns and conditions for it.
fn asked(policy: &mut Policy, question: &Question) -> Asked {
    let mut pattern = |concrete: &Concrete| {
        let segments = concrete.segments().iter().map(|segment| match segment {
            Seg::Literal(text) => Segment::Literal(text.clone()),
            Seg::Any => Segment::Any,
            Seg::Glob { prefix, suffix } => Segment::Glob {
                prefix: prefix.clone(),
                suffix: suffix.clone(),
            },
        });
        let pattern = Pattern {
            segments: segments.collect(),
            tail: concrete.tail(),
        };
        let id = PatternId::new(policy.patterns.len());
        policy.patterns.push(pattern);
        id
    };
    let mut within = nothing();
    within.agents = question.agents.clone();
    within.users = question.users.clone();
    within.functions = question.functions.clone();
    within.actions = question.actions.clone();
    within.resources = question.resources.iter().map(&mut pattern).collect();
    let except: Vec<PatternId> = question.except.iter().map(&mut pattern).collect();
    let shown = within.clone();
    for (fact, value) in &question.told {
        let mut push = |expr| {
            let id = ExprId::new(policy.exprs.len());
            policy.exprs.push(expr);
            id
        };
        let fact = push(Expr::Fact(*fact));
        let value = push(Expr::Const(value.clone()));
        let expr = push(Expr::Compare(Comparison::Equal, fact, value));
        within.conditions.push(Condition {
            expr,
            unless: false,
        });
    }
    Asked {
        within,
        shown,
        without: (!except.is_empty()).then(|| Rule {
            resources: except,
            ..nothing()
        }),
    }
}

struct Asking<'p> {
    /// Decides what is shown.
    own: &'p Engine,
    /// Decides as the policy does, and knows the question.
    engine: &'p Engine,
    policy: &'p Policy,
    asked: &'p Asked,
    effort: Effort,
}

/// A rule that holds, by some of its patterns.
type Part<'p> = (&'p Rule, Vec<PatternId>);

/// What a choice of grants gives of what a function does by one action, to whatever resources.
#[derive(Default)]
struct Given {
    /// How many templates and lines it is about.
    spots: usize,
    /// The patterns of the question and of each grant that can match.
    patterns: Vec<BTreeSet<PatternId>>,
    /// Denies that cut something out, and the patterns by which.
    denies: BTreeMap<Option<RuleId>, BTreeSet<PatternId>>,
    /// Requires that ask something, the patterns by which, and at how many spots they do of all.
    requires: BTreeMap<RuleId, (BTreeSet<PatternId>, usize)>,
    witness: Option<Witness>,
    unknown: Option<(Why, SmolStr)>,
}

/// The function and action of what is given, and the grants that give it.
type Gift = (Vec<RuleId>, FunctionId, ActionId);

/// What tells regions apart; all else is joined.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    grants: Vec<RuleId>,
    patterns: Vec<Vec<PatternId>>,
    denies: Vec<(Option<RuleId>, Vec<PatternId>)>,
    /// With whether they ask it of all.
    requires: Vec<(RuleId, Vec<PatternId>, bool)>,
    /// Whether there is a witness.
    confirmed: bool,
}

impl Key {
    fn of(grants: Vec<RuleId>, given: &Given) -> Self {
        let list = |patterns: &BTreeSet<PatternId>| patterns.iter().copied().collect();
        Self {
            grants,
            patterns: given.patterns.iter().map(list).collect(),
            denies: given
                .denies
                .iter()
                .map(|(id, patterns)| (*id, list(patterns)))
                .collect(),
            requires: given
                .requires
                .iter()
                .map(|(id, (patterns, of_all))| (*id, list(patterns), *of_all == given.spots))
                .collect(),
            confirmed: given.witness.is_some(),
        }
    }
}

type Joined = BTreeMap<(FunctionId, ActionId), Given>;

impl<'p> Asking<'p> {
    fn found(&self) -> Found {
        let mut found = Found {
            answer: Answer::default(),
            places: Vec::new(),
        };
        let answer = &mut found.answer;
        let mut gifts: BTreeMap<Gift, Given> = BTreeMap::new();
        for spot in spots(self.policy) {
            let probe = Builder::new(self.engine, spot.clone(), 0);
            let Some(within) = self.part(&probe, &spot, &self.asked.within) else {
                continue;
            };
            answer.is_about_something = true;
            match self.ways(&probe, &spot, &within) {
                Some(ways) => {
                    let deepest = Layered::of(&probe, &BTreeSet::new()).deepest();
                    for way in ways {
                        self.way(&spot, deepest, &within, &way, &mut gifts);
                    }
                }
                None => answer
                    .unknown
                    .push((Why::Budget, spot.name(self.policy).into())),
            }
        }
        let mut joined: BTreeMap<Key, Joined> = BTreeMap::new();
        for ((grants, function, action), given) in gifts {
            let joined = joined.entry(Key::of(grants, &given)).or_default();
            joined.insert((function, action), given);
        }
        answer.unknown.sort();
        answer.unknown.dedup();
        for (key, joined) in joined {
            self.regions(&key, joined, &mut found);
        }
        found
    }

    /// A rule with those of its patterns that can match here; `None` when it cannot hold.
    fn part(&self, probe: &Builder<'p>, spot: &Spot<'p>, rule: &'p Rule) -> Option<Part<'p>> {
        if !probe.is_about(rule) {
            return None;
        }
        let fits = |pattern: &PatternId| {
            let alone = Rule {
                resources: vec![*pattern],
                ..nothing()
            };
            let mut build = Builder::new(self.engine, spot.clone(), 0);
            build.clauses(&alone) != Formula::Const(FALSE)
        };
        let patterns: Vec<PatternId> = rule.resources.iter().copied().filter(fits).collect();
        (rule.resources.is_empty() || !patterns.is_empty()).then_some((rule, patterns))
    }

    /// All choices of one grant in every layer whose patterns can meet; `None` when there are
    /// too many.
    fn ways(
        &self,
        probe: &Builder<'p>,
        spot: &Spot<'p>,
        within: &Part<'p>,
    ) -> Option<Vec<Vec<(RuleId, Part<'p>)>>> {
        let mut ways: Vec<Vec<(RuleId, Part<'p>)>> = vec![Vec::new()];
        for (at, layer) in self.policy.layers.iter().enumerate() {
            if layer.default_grant {
                continue;
            }
            let grants = self.rules(probe, spot, RuleKind::Grant);
            let grants: Vec<_> = grants
                .into_iter()
                .filter(|(_, (rule, patterns))| {
                    rule.layer.index() == at && meet(self.policy, &within.1, patterns)
                })
                .collect();
            let mut longer = Vec::new();
            for way in &ways {
                for grant in &grants {
                    let meets = way
                        .iter()
                        .all(|(_, other)| meet(self.policy, &other.1, &grant.1.1));
                    if meets {
                        let mut way = way.clone();
                        way.push(grant.clone());
                        longer.push(way);
                    }
                }
                if longer.len() > MOST_WAYS {
                    return None;
                }
            }
            ways = longer;
        }
        Some(ways)
    }

    /// The rules of a kind that can match here.
    fn rules(
        &self,
        probe: &Builder<'p>,
        spot: &Spot<'p>,
        kind: RuleKind,
    ) -> Vec<(RuleId, Part<'p>)> {
        let rules = self.policy.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.kind == kind)
            .filter_map(|(at, rule)| Some((RuleId::new(at), self.part(probe, spot, rule)?)))
            .collect()
    }

    /// What one choice of grants gives here.
    fn way(
        &self,
        spot: &Spot<'p>,
        deepest: u32,
        within: &Part<'p>,
        way: &[(RuleId, Part<'p>)],
        gifts: &mut BTreeMap<Gift, Given>,
    ) {
        let mut build = Builder::new(self.engine, spot.clone(), deepest);
        let mut holds = vec![build.clauses(within.0).holds()];
        for (_, (rule, _)) in way {
            holds.push(build.clauses(rule).holds());
            holds.push(duties(&mut build, &rule.duties));
        }
        let mut denies: Vec<(Option<RuleId>, Part<'p>, Formula)> = Vec::new();
        let own = self.asked.without.iter();
        let own = own.filter_map(|rule| Some((None, self.part(&build, spot, rule)?)));
        let rules = self.rules(&build, spot, RuleKind::Deny);
        let rules = rules.into_iter().map(|(id, part)| (Some(id), part));
        for (id, part) in own.chain(rules).collect::<Vec<_>>() {
            let clauses = build.clauses(part.0);
            denies.push((id, part, clauses));
        }
        let mut requires: Vec<(RuleId, Part<'p>, Formula, Formula)> = Vec::new();
        for (id, part) in self.rules(&build, spot, RuleKind::Require) {
            let clauses = build.clauses(part.0);
            let met = duties(&mut build, &part.0.duties);
            requires.push((id, part, clauses, met));
        }
        holds.push(build.known());
        holds.extend(build.applies());
        build.uses.settle();

        let no_deny = || denies.iter().map(|(_, _, clauses)| clauses.clone().fails());
        let mut granted = holds.clone();
        granted.extend(no_deny());
        let all_met = requires
            .iter()
            .map(|(_, _, clauses, met)| Formula::any([clauses.clone().fails(), met.clone()]));
        granted.extend(all_met);
        let mut steps = self.effort.steps;
        let found = ask(&build, granted.clone(), &mut steps, &mut |request| {
            self.confirm(&build, way, request)
        });
        let found = match found {
            Outcome::No => return,
            Outcome::Yes(witness) => Ok(witness),
            Outcome::Unknown(why) => Err(why),
        };
        let some = |goals: &[Formula], more: Formula| {
            let mut goals = goals.to_vec();
            goals.push(more);
            let mut steps = self.effort.steps;
            !matches!(
                ask(&build, goals, &mut steps, &mut |_| Some(())),
                Outcome::No
            )
        };
        let grants = way.iter().map(|(id, _)| *id).collect();
        let given = gifts.entry((grants, spot.function, spot.line.action));
        let given = given.or_default();
        given.spots += 1;
        let patterns = way.iter().map(|(_, (_, patterns))| patterns);
        for (at, patterns) in std::iter::once(&within.1).chain(patterns).enumerate() {
            match given.patterns.get_mut(at) {
                Some(all) => all.extend(patterns),
                None => given.patterns.push(patterns.iter().copied().collect()),
            }
        }
        for (id, (_, patterns), clauses) in &denies {
            if some(&holds, clauses.clone().not_false()) {
                given.denies.entry(*id).or_default().extend(patterns);
            }
        }
        for (id, (_, patterns), clauses, _) in &requires {
            if some(&granted, clauses.clone().not_false()) {
                let (all, of_all) = given.requires.entry(*id).or_default();
                all.extend(patterns);
                *of_all += usize::from(!some(&granted, clauses.clone().fails()));
            }
        }
        match found {
            Ok(witness) => given.witness = given.witness.take().or(Some(witness)),
            Err(why) => given.unknown = Some((why, spot.name(self.policy).into())),
        }
    }

    /// A request that is granted, with every assent that rules may ask for, and that matches
    /// these grants.
    fn confirm(
        &self,
        build: &Builder<'_>,
        way: &[(RuleId, Part<'_>)],
        mut request: Request,
    ) -> Option<Witness> {
        if request.credential.is_some() {
            return None;
        }
        let covers = this_call(&request);
        request.consents = consent(&request, covers.clone()).into_iter().collect();
        let rules = self.policy.rules.iter().filter(|rule| build.is_about(rule));
        let groups: BTreeSet<_> = rules
            .flat_map(|rule| &rule.duties.approvals)
            .map(|approval| approval.group)
            .collect();
        request.approvals = groups
            .into_iter()
            .filter_map(|group| approval(self.policy, &request, group, covers.clone()))
            .collect();
        let is_one = |request: &Request| self.is_one(build, way, request);
        if !is_one(&request) {
            return None;
        }
        shorten(&mut request, &is_one);
        Some(Witness {
            decision: self.own.decide_without_credential(&request),
            request,
        })
    }

    /// Whether a request is granted, and does what is asked about by these grants.
    fn is_one(&self, build: &Builder<'_>, way: &[(RuleId, Part<'_>)], request: &Request) -> bool {
        let decision = self.engine.decide_without_credential(request);
        if decision.reason != Reason::Granted {
            return false;
        }
        let Ok(probe) = Probe::new(self.engine, request) else {
            return false;
        };
        let holds = |triple: usize, rule: &Rule| {
            let arms: Vec<Option<PatternId>> = match rule.resources.as_slice() {
                [] => vec![None],
                patterns => patterns.iter().copied().map(Some).collect(),
            };
            arms.into_iter()
                .any(|arm| probe.clauses(triple, rule, arm) == Truth::True)
        };
        (0..probe.triples()).any(|triple| {
            probe.does(triple) == Some((build.spot.function, build.spot.line.action))
                && holds(triple, &self.asked.within)
                && !self.asked.without.iter().any(|rule| holds(triple, rule))
                && way.iter().all(|(_, (rule, _))| holds(triple, rule))
        })
    }

    /// The regions of calls that are alike: as few as say which function does what.
    fn regions(&self, key: &Key, mut joined: Joined, found: &mut Found) {
        let mut blocks: Vec<(BTreeSet<FunctionId>, BTreeSet<ActionId>)> = Vec::new();
        for (function, action) in joined.keys() {
            let block = blocks.iter_mut().find_map(|(functions, actions)| {
                let functions_too: BTreeSet<_> = functions.iter().chain([function]).collect();
                let actions_too: BTreeSet<_> = actions.iter().chain([action]).collect();
                let all_are = functions_too.iter().all(|function| {
                    actions_too.iter().all(|action| {
                        joined.contains_key(&(**function, **action))
                            || !self.does(**function, **action)
                    })
                });
                all_are.then_some((functions, actions))
            });
            match block {
                Some((functions, actions)) => {
                    functions.insert(*function);
                    actions.insert(*action);
                }
                None => blocks.push((BTreeSet::from([*function]), BTreeSet::from([*action]))),
            }
        }
        for (functions, actions) in blocks {
            let mut region = self.region(key, &functions, &actions);
            let inside = |does: &(FunctionId, ActionId)| {
                functions.contains(&does.0) && actions.contains(&does.1)
            };
            let mut given = joined.iter_mut().filter(|(does, _)| inside(does));
            if key.confirmed {
                let witness = given.find_map(|(_, given)| given.witness.take());
                region.witness = witness.map(Box::new);
            } else {
                region.unknown = given
                    .filter_map(|(_, given)| given.unknown.take())
                    .collect();
                region.unknown.sort();
            }
            let some = key.patterns.iter().find(|patterns| !patterns.is_empty());
            let patterns = some.into_iter().flatten();
            found.places.push(Place {
                functions,
                actions,
                patterns: patterns
                    .filter_map(|id| loose(self.policy.patterns.get(id.index())?))
                    .collect(),
            });
            found.answer.regions.push(region);
        }
    }

    fn does(&self, function: FunctionId, action: ActionId) -> bool {
        let function = self.policy.functions.get(function.index());
        function.is_some_and(|function| function.lines.iter().any(|line| line.action == action))
    }

    fn region(
        &self,
        key: &Key,
        functions: &BTreeSet<FunctionId>,
        actions: &BTreeSet<ActionId>,
    ) -> Region {
        let policy = self.policy;
        let rule = |id: RuleId| policy.rules.get(id.index());
        let grants: Vec<&Rule> = key.grants.iter().filter_map(|id| rule(*id)).collect();
        let parts: Vec<Part<'_>> = std::iter::once(&self.asked.shown)
            .chain(grants.iter().copied())
            .zip(key.patterns.iter().cloned())
            .collect();
        let area = Area::of(policy, functions.clone(), actions.clone(), &parts);
        let mut region = area.region();
        region.rules = key.grants.iter().map(|id| policy.rule_name(*id)).collect();
        for (id, patterns) in &key.denies {
            let denying = match id {
                Some(id) => rule(*id),
                None => self.asked.without.as_ref(),
            };
            region.except.extend(denying.map(|rule| Except {
                clauses: area.clauses(rule, patterns),
                rule: id.map(|id| policy.rule_name(id)),
            }));
        }
        let mut limits = Limits::default();
        for (grant, id) in grants.iter().zip(&key.grants) {
            limits.lower(
                Some(grant.duties.lifetime.unwrap_or(policy.lifetime)),
                Some(grant.duties.delegate.unwrap_or(0)),
            );
            region.duties.extend(duty(policy, *id, Vec::new()));
        }
        for (id, patterns, of_all) in &key.requires {
            let Some(require) = rule(*id) else { continue };
            let of = if *of_all {
                limits.lower(require.duties.lifetime, require.duties.delegate);
                Vec::new()
            } else {
                area.clauses(require, patterns)
            };
            region.duties.extend(duty(policy, *id, of));
        }
        region.lifetime = limits.lifetime;
        region.delegate = limits.delegate.unwrap_or(0);
        region
    }
}

/// The least of limits.
#[derive(Default)]
struct Limits {
    lifetime: Option<Duration>,
    delegate: Option<u32>,
}

impl Limits {
    fn lower(&mut self, lifetime: Option<Duration>, delegate: Option<u32>) {
        self.lifetime = [self.lifetime, lifetime].into_iter().flatten().min();
        self.delegate = [self.delegate, delegate].into_iter().flatten().min();
    }
}

/// What a rule asks of some requests; limits of all are told otherwise.
fn duty(policy: &Policy, id: RuleId, of: Vec<SmolStr>) -> Option<Duty> {
    let mut rule = policy.rules.get(id.index())?.clone();
    if of.is_empty() {
        rule.duties.lifetime = None;
        rule.duties.delegate = None;
    }
    let needs = placet_model::render::duties(policy, &rule);
    (!needs.is_empty()).then(|| Duty {
        needs: needs.into_iter().map(SmolStr::from).collect(),
        of,
        rule: policy.rule_name(id),
    })
}
