//! Whether two policies are known to answer alike.
//!
//! Two policies may grant the same calls though they are written differently. Here only
//! what can be read off the typed policy is decided: an `any` that covers what the names
//! covered, an action that no covered function has, a tool whose resources the patterns
//! leave out, and a segment that every template of the covered functions spells out. No
//! answers are compared, and what is not decided counts as a difference.

use std::collections::BTreeSet;

use placet_model::ids::{ActionId, FunctionId, PatternId};
use placet_model::policy::{Agents, Pattern, Policy, Rule, RuleKind, Segment};

use crate::reach::{apart, covers, covers_all_agents, is_single};

/// Whether both grant the same calls, under the same duties, for certain.
pub(super) fn same(one: &Policy, other: &Policy) -> bool {
    one.exprs == other.exprs
        && one.rules.len() == other.rules.len()
        && one.layers == other.layers
        && one.lifetime == other.lifetime
        && one.rules.iter().zip(&other.rules).all(|(left, right)| {
            left == right && patterns(one, left) == patterns(other, right)
                || Normal::of(one, left) == Normal::of(other, right)
        })
}

/// `**`
const EVERYTHING: Pattern = Pattern {
    segments: Vec::new(),
    tail: true,
};

/// A rule in one of the ways in which it can be written.
#[derive(PartialEq)]
struct Normal {
    /// All that is compared as it is.
    rule: Rule,
    pairs: BTreeSet<(FunctionId, ActionId)>,
    patterns: Vec<Pattern>,
}

impl Normal {
    fn of(policy: &Policy, rule: &Rule) -> Self {
        let pairs = pairs(policy, rule);
        let templates = templates(policy, &pairs);
        let mut patterns: Vec<Pattern> = patterns(policy, rule)
            .into_iter()
            .map(|pattern| spelled(&templates, pattern))
            .collect();
        let all = |pattern: &Pattern| templates.iter().all(|of| covers(pattern, of));
        if rule.captures.is_empty() && (patterns.is_empty() || patterns.iter().any(all)) {
            patterns = vec![EVERYTHING];
        }
        let mut rule = rule.clone();
        if covers_all_agents(policy, &rule.agents) {
            rule.agents = Agents::All;
        }
        rule.functions = None;
        rule.actions = None;
        rule.resources = Vec::new();
        Self {
            rule,
            pairs,
            patterns,
        }
    }
}

fn patterns(policy: &Policy, rule: &Rule) -> Vec<Pattern> {
    let patterns = rule.resources.iter();
    patterns
        .filter_map(|id| pattern(policy, *id))
        .cloned()
        .collect()
}

fn pattern(policy: &Policy, id: PatternId) -> Option<&Pattern> {
    policy.patterns.get(id.index())
}

/// What a rule covers of what the functions can do.
fn pairs(policy: &Policy, rule: &Rule) -> BTreeSet<(FunctionId, ActionId)> {
    let patterns = patterns(policy, rule);
    // A hole may be undefined, which makes a deny match.
    let holes = |pattern: &Pattern| {
        let mut segments = pattern.segments.iter();
        segments.any(|segment| matches!(segment, Segment::Hole(_)))
    };
    let certain = rule.kind == RuleKind::Grant || !patterns.iter().any(holes);
    let mut pairs = BTreeSet::new();
    for (at, function) in policy.functions.iter().enumerate() {
        let id = FunctionId::new(at);
        if rule.functions.as_ref().is_some_and(|of| !of.contains(&id)) {
            continue;
        }
        for line in &function.lines {
            let covered = rule.actions.as_ref();
            if covered.is_some_and(|of| !of.contains(&line.action)) {
                continue;
            }
            let mut templates = line.templates.iter();
            let apart = templates.all(|id| {
                let template = pattern(policy, *id);
                template.is_some_and(|of| patterns.iter().all(|pattern| apart(pattern, of)))
            });
            if !(certain && apart && !patterns.is_empty()) {
                pairs.insert((id, line.action));
            }
        }
    }
    pairs
}

/// The pattern with a literal for each `*` that every covered template spells out.
fn spelled(templates: &[&Pattern], mut pattern: Pattern) -> Pattern {
    for (at, segment) in pattern.segments.iter_mut().enumerate() {
        if !is_single(segment) {
            break;
        }
        if let (Segment::Any, Some(literal)) = (&segment, literal(templates, at)) {
            *segment = literal;
        }
    }
    pattern
}

fn templates<'a>(policy: &'a Policy, pairs: &BTreeSet<(FunctionId, ActionId)>) -> Vec<&'a Pattern> {
    let mut templates = Vec::new();
    for (id, action) in pairs {
        let Some(function) = policy.functions.get(id.index()) else {
            continue;
        };
        for line in function.lines.iter().filter(|line| line.action == *action) {
            let of_line = line.templates.iter();
            templates.extend(of_line.filter_map(|id| pattern(policy, *id)));
        }
    }
    templates
}

/// The literal that all templates have there, if each segment before it is one segment.
fn literal(templates: &[&Pattern], at: usize) -> Option<Segment> {
    let mut found: Option<&Segment> = None;
    for template in templates {
        let before = template.segments.get(..at)?;
        let here = template.segments.get(at)?;
        let literal = matches!(here, Segment::Literal(_)) && before.iter().all(is_single);
        if !literal || found.is_some_and(|found| found != here) {
            return None;
        }
        found = Some(here);
    }
    found.cloned()
}
