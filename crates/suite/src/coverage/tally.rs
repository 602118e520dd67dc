//! What is seen, step by step, and added up.

use std::collections::{BTreeMap, BTreeSet};

use placet_compiler::texts::Checked;
use placet_evaluator::{Engine, Observer};
use placet_model::decision::Decision;
use placet_model::ids::RuleId;
use placet_model::policy::RuleKind;
use placet_model::request::{Asked, Request};
use smol_str::SmolStr;

use super::Rule;
use super::counted::{Counted, Mark, constants, counted};
use super::decided::{Decided, Matched};
use super::places::Texts;

/// What is counted of a policy, and somebody who looks.
pub(super) struct Tally<'e> {
    pub(super) engine: &'e Engine,
    observer: Observer<'e>,
    /// By rule; `None` for one whose text is not there.
    pub(super) rules: Vec<Option<Counted>>,
    pub(super) names: BTreeMap<SmolStr, RuleId>,
}

/// How many steps showed what.
#[derive(Clone, Default)]
pub(super) struct Hits(BTreeMap<(RuleId, Mark), usize>);

impl Hits {
    pub(super) fn add(&mut self, more: &Self) {
        for (key, count) in &more.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }
}

impl<'e> Tally<'e> {
    pub(super) fn new(engine: &'e Engine, checked: &Checked) -> Self {
        let policy = engine.compiled().policy();
        let observer = engine.observer();
        let texts = Texts::of(&checked.files);
        let constant = constants(policy);
        let ids = (0..policy.rules.len()).map(RuleId::new);
        let rules = policy.rules.iter().zip(ids.clone());
        let rules = rules
            .map(|(rule, id)| counted(policy, &observer, &texts, &constant, id, rule))
            .collect();
        Self {
            engine,
            rules,
            names: ids.map(|id| (policy.rule_name(id), id)).collect(),
            observer,
        }
    }

    /// Adds what a step shows.
    pub(super) fn step(&self, request: &Request, decision: &Decision, hits: &mut Hits) {
        let mut marks: BTreeSet<(RuleId, Mark)> = BTreeSet::new();
        let mut matched = Vec::new();
        self.observer.watch(request, decision, &mut |glimpse| {
            let Some(Some(rule)) = self.rules.get(glimpse.rule.index()) else {
                return;
            };
            let seen = glimpse.seen.iter().filter_map(|seen| rule.seen.get(seen));
            marks.extend(seen.map(|mark| (glimpse.rule, *mark)));
            if glimpse.matched {
                matched.push(Matched::of(glimpse, rule.rule.kind));
            }
        });
        if matches!(request.asked, Asked::Listing { .. }) {
            // A listing lets nothing through and stops nothing.
            matched.clear();
        }
        let decided = Decided {
            tally: self,
            request,
            decision,
            matched: &matched,
        };
        decided.marks(&mut marks);
        for key in marks {
            *hits.0.entry(key).or_default() += 1;
        }
    }

    /// The rules in the order of the texts, with what was seen of them.
    pub(super) fn rules(&self, hits: &Hits) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (at, counted) in self.rules.iter().enumerate() {
            let Some(counted) = counted else { continue };
            let mut rule = counted.rule.clone();
            let first = (RuleId::new(at), Mark::Decided);
            let end = RuleId::new(at + 1);
            let own = hits.0.range(first..).take_while(|((id, _), _)| *id < end);
            for ((_, mark), count) in own {
                enter(&mut rule, *mark, *count);
            }
            rules.push(rule);
        }
        rules.sort_by_key(|rule| rule.place);
        rules
    }

    pub(super) fn kind(&self, id: RuleId) -> Option<RuleKind> {
        let rule = self.rules.get(id.index())?.as_ref()?;
        Some(rule.rule.kind)
    }
}

fn enter(rule: &mut Rule, mark: Mark, count: usize) {
    match mark {
        Mark::Decided => rule.decided = count,
        Mark::Outcome(at, which) => {
            let part = rule.parts.get_mut(at);
            if let Some(outcome) = part.and_then(|part| part.outcomes.get_mut(which)) {
                outcome.seen = count;
            }
        }
        Mark::Undefined(at) => {
            if let Some(part) = rule.parts.get_mut(at) {
                part.undefined = count;
            }
        }
    }
}
