//! What choices of one grant in every layer give, each asked for a request that is granted.

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::Probe;
use placet_model::decision::Reason;
use placet_model::graph::Truth;
use placet_model::ids::{ActionId, FunctionId, PatternId, RuleId};
use placet_model::policy::{Rule, RuleKind};
use placet_model::request::Request;
use smol_str::SmolStr;

use super::Asking;
use crate::ask::{Outcome, Why, ask, nothing};
use crate::build::Builder;
use crate::claims::shorten;
use crate::formula::{FALSE, Formula};
use crate::granted::duties;
use crate::region::{Witness, meet};
use crate::spot::Spot;
use crate::witness::{approval, consent, this_call};

/// The most choices of a grant in every layer at one thing that a function does.
const MOST_WAYS: usize = 4096;

/// A rule that holds, by some of its patterns.
pub(super) type Part<'p> = (&'p Rule, Vec<PatternId>);

/// What a choice of grants gives of what a function does by one action, to whatever resources.
#[derive(Default)]
pub(super) struct Given {
    /// How many templates and lines it is about.
    pub(super) spots: usize,
    /// The patterns of the question and of each grant that can match.
    pub(super) patterns: Vec<BTreeSet<PatternId>>,
    /// Denies that cut something out, and the patterns by which.
    pub(super) denies: BTreeMap<Option<RuleId>, BTreeSet<PatternId>>,
    /// Requires that ask something, the patterns by which, and at how many spots they do of all.
    pub(super) requires: BTreeMap<RuleId, (BTreeSet<PatternId>, usize)>,
    pub(super) witness: Option<Witness>,
    pub(super) unknown: Option<(Why, SmolStr)>,
}

/// The function and action of what is given, and the grants that give it.
pub(super) type Gift = (Vec<RuleId>, FunctionId, ActionId);

impl<'p> Asking<'p> {
    /// A rule with those of its patterns that can match here; `None` when it cannot hold.
    pub(super) fn part(
        &self,
        probe: &Builder<'p>,
        spot: &Spot<'p>,
        rule: &'p Rule,
    ) -> Option<Part<'p>> {
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
    pub(super) fn ways(
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
    pub(super) fn way(
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
}
