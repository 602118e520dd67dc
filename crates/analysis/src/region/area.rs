//! From rules that all hold to a region that says so in few words: what another clause
//! implies is not said again.

use std::collections::BTreeSet;

use placet_model::ids::{ActionId, FunctionId, PatternId};
use placet_model::policy::{Agents, Condition, Pattern, Policy, Rule, Users};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use super::Region;
use super::within::{agents_within, overlap, pattern_within, users_within};

/// Calls that fulfil the clauses of several rules.
pub(crate) struct Area<'p> {
    policy: &'p Policy,
    functions: BTreeSet<FunctionId>,
    actions: BTreeSet<ActionId>,
    agents: Vec<&'p Agents>,
    users: Vec<&'p Users>,
    parts: Vec<Part<'p>>,
}

/// The resources and conditions of one rule.
#[derive(Clone, Debug)]
pub(crate) struct Part<'p> {
    /// The patterns of which one matches; none for all resources.
    pub(crate) patterns: Vec<PatternId>,
    /// What they capture.
    pub(crate) captures: &'p [SmolStr],
    /// What has to hold besides.
    pub(crate) conditions: &'p [Condition],
}

impl<'p> Area<'p> {
    /// The calls of some functions and actions that fulfil these rules, each by one of the
    /// patterns beside it.
    pub(crate) fn of(
        policy: &'p Policy,
        functions: BTreeSet<FunctionId>,
        actions: BTreeSet<ActionId>,
        rules: &[(&'p Rule, Vec<PatternId>)],
    ) -> Self {
        let parts = rules.iter().map(|(rule, patterns)| Part {
            patterns: patterns.clone(),
            captures: &rule.captures,
            conditions: &rule.conditions,
        });
        Self {
            policy,
            functions,
            actions,
            agents: least(rules.iter().map(|(rule, _)| &rule.agents), |a, b| {
                agents_within(policy, a, b)
            }),
            users: least(rules.iter().map(|(rule, _)| &rule.users), |a, b| {
                users_within(policy, a, b)
            }),
            parts: parts.collect(),
        }
    }

    /// Its clauses in words, and nothing that is taken out or asked.
    pub(crate) fn region(&self) -> Region {
        let policy = self.policy;
        let mut region = Region {
            agents: words(
                self.agents.iter().filter(|agents| ***agents != Agents::All),
                |agents| render::agents(policy, agents),
            ),
            declared: self.declared(),
            users: words(
                self.users.iter().filter(|users| ***users != Users::All),
                |users| render::users(policy, users),
            ),
            tools: self.tools(),
            actions: self
                .actions
                .iter()
                .filter_map(|id| self.action(*id))
                .collect(),
            ..Region::default()
        };
        let mut taken: Vec<SmolStr> = Vec::new();
        let implied = self.implied();
        for (part, implied) in self.parts.iter().zip(implied) {
            let captures = apart(part.captures, &mut taken);
            match implied {
                Some(conditions) => region.conditions.extend(conditions),
                None => region
                    .resources
                    .push(self.patterns(&part.patterns, &captures)),
            }
            for condition in part.conditions {
                region
                    .conditions
                    .push(self.condition(*condition, &captures));
            }
        }
        let mut seen = BTreeSet::new();
        region.conditions.retain(|text| seen.insert(text.clone()));
        region
    }

    /// The declared agents that every agent clause names for certain.
    fn declared(&self) -> Vec<SmolStr> {
        let names = self.policy.agents.iter().map(|agent| &agent.name);
        let is_inside = |name: &SmolStr| {
            let alone = Agents::Named(vec![name.clone()]);
            let mut clauses = self.agents.iter();
            clauses.all(|clause| agents_within(self.policy, &alone, clause))
        };
        names.filter(|name| is_inside(name)).cloned().collect()
    }

    /// The clauses of a rule that this does not imply; `patterns` are those of the rule that
    /// matter here.
    pub(crate) fn clauses(&self, rule: &Rule, patterns: &[PatternId]) -> Vec<SmolStr> {
        let policy = self.policy;
        let mut clauses: Vec<SmolStr> = Vec::new();
        let mut agents = self.agents.iter();
        if !agents.any(|own| agents_within(policy, own, &rule.agents)) {
            clauses.push(render::agents(policy, &rule.agents).into());
        }
        let mut users = self.users.iter();
        if !users.any(|own| users_within(policy, own, &rule.users)) {
            clauses.push(render::users(policy, &rule.users).into());
        }
        if let Some(functions) = &rule.functions {
            let both = functions.iter().filter(|id| self.functions.contains(id));
            let both: BTreeSet<FunctionId> = both.copied().collect();
            if both != self.functions {
                let tools = fold(policy, &both, &self.actions);
                clauses.push(format_smolstr!("tool {}", tools.join(", ")));
            }
        }
        if let Some(actions) = &rule.actions {
            let both = actions.iter().filter(|id| self.actions.contains(id));
            let both: BTreeSet<ActionId> = both.copied().collect();
            if both != self.actions {
                let names = both.iter().filter_map(|id| self.action(*id));
                let names: Vec<SmolStr> = names.collect();
                clauses.push(format_smolstr!("action {}", names.join(", ")));
            }
        }
        let everywhere =
            patterns.is_empty() || rule.captures.is_empty() && self.is_inside(patterns);
        if !everywhere {
            let patterns = self.patterns(patterns, &rule.captures);
            clauses.push(format_smolstr!("resource {}", patterns.join(", ")));
        }
        for condition in &rule.conditions {
            clauses.push(self.condition(*condition, &rule.captures));
        }
        clauses
    }

    /// Whether all resources are ones of these patterns.
    fn is_inside(&self, patterns: &[PatternId]) -> bool {
        self.parts.iter().any(|part| {
            !part.patterns.is_empty()
                && part.patterns.iter().all(|own| {
                    patterns
                        .iter()
                        .any(|wide| self.within(*own, *wide).is_some_and(|on| on.is_empty()))
                })
        })
    }

    /// For each part the conditions under which another part's patterns imply its own, where
    /// they do.
    fn implied(&self) -> Vec<Option<Vec<SmolStr>>> {
        let mut implied: Vec<Option<Vec<SmolStr>>> = vec![None; self.parts.len()];
        for (at, wide) in self.parts.iter().enumerate() {
            let found = if wide.patterns.is_empty() {
                Some(Vec::new())
            } else if !wide.captures.is_empty() {
                None
            } else {
                let others = self.parts.iter().zip(&implied).enumerate();
                others
                    .filter(|(other, (narrow, gone))| {
                        *other != at && gone.is_none() && !narrow.patterns.is_empty()
                    })
                    .find_map(|(_, (narrow, _))| self.implies(narrow, wide))
            };
            if let Some(place) = implied.get_mut(at) {
                *place = found;
            }
        }
        implied
    }

    /// Under which conditions the patterns of one part are within those of another, the same
    /// for all.
    fn implies(&self, narrow: &Part<'_>, wide: &Part<'_>) -> Option<Vec<SmolStr>> {
        let mut common: Option<Vec<SmolStr>> = None;
        for own in &narrow.patterns {
            let ways = wide
                .patterns
                .iter()
                .filter_map(|other| self.within(*own, *other));
            let mut ways: Vec<Vec<SmolStr>> = ways.collect();
            // Any of several patterns may match: then a condition is one of several, too.
            ways.retain(|way| way.is_empty() || wide.patterns.len() == 1);
            let way = ways.into_iter().min()?;
            match &common {
                Some(common) if *common != way => return None,
                _ => common = Some(way),
            }
        }
        common
    }

    fn within(&self, narrow: PatternId, wide: PatternId) -> Option<Vec<SmolStr>> {
        pattern_within(self.policy, self.pattern(narrow)?, self.pattern(wide)?)
    }

    fn pattern(&self, id: PatternId) -> Option<&'p Pattern> {
        self.policy.patterns.get(id.index())
    }

    fn patterns(&self, ids: &[PatternId], captures: &[SmolStr]) -> Vec<SmolStr> {
        let texts = ids.iter().map(|id| {
            let text = render::pattern(self.policy, *id, captures);
            render::value(&placet_model::value::Value::Text(text.into())).into()
        });
        texts.collect()
    }

    fn condition(&self, condition: Condition, captures: &[SmolStr]) -> SmolStr {
        let word = if condition.unless { "unless" } else { "when" };
        format_smolstr!(
            "{word} {}",
            render::expr(self.policy, condition.expr, captures)
        )
    }

    fn action(&self, id: ActionId) -> Option<SmolStr> {
        let action = self.policy.actions.get(id.index())?;
        Some(render::name(&action.name).into())
    }

    fn tools(&self) -> Vec<SmolStr> {
        fold(self.policy, &self.functions, &self.actions)
    }
}

/// Whether patterns of rules can match one resource together: one of each list that is not
/// empty.
pub(crate) fn meet(policy: &Policy, some: &[PatternId], others: &[PatternId]) -> bool {
    let pattern = |id: &PatternId| policy.patterns.get(id.index());
    some.is_empty()
        || others.is_empty()
        || some.iter().filter_map(pattern).any(|one| {
            let mut others = others.iter().filter_map(pattern);
            others.any(|other| overlap(one, other))
        })
}

/// Clauses without those that another one implies.
fn least<'p, T: PartialEq>(
    clauses: impl IntoIterator<Item = &'p T>,
    within: impl Fn(&T, &T) -> bool,
) -> Vec<&'p T> {
    let mut least: Vec<&T> = Vec::new();
    for clause in clauses {
        if !least.iter().any(|own| within(own, clause)) {
            least.retain(|own| !within(clause, own));
            least.push(clause);
        }
    }
    least
}

/// Clauses without the word in front.
fn words<T>(clauses: impl Iterator<Item = T>, shown: impl Fn(T) -> String) -> Vec<SmolStr> {
    let texts = clauses.map(|clause| {
        let text = shown(clause);
        text.split_once(' ')
            .map_or_else(|| text.as_str().into(), |(_, rest)| SmolStr::new(rest))
    });
    texts.collect()
}

/// Names of captures that no other rule has taken.
fn apart(captures: &[SmolStr], taken: &mut Vec<SmolStr>) -> Vec<SmolStr> {
    let fresh = captures.iter().map(|name| {
        let mut own = name.clone();
        let mut number = 2;
        while taken.contains(&own) {
            own = format_smolstr!("{name}{number}");
            number += 1;
        }
        taken.push(own.clone());
        own
    });
    fresh.collect()
}

/// Functions by the fewest tools: one stands for all below it that have any of the actions.
fn fold(
    policy: &Policy,
    functions: &BTreeSet<FunctionId>,
    actions: &BTreeSet<ActionId>,
) -> Vec<SmolStr> {
    let does = |id: FunctionId| {
        policy.functions.get(id.index()).is_some_and(|function| {
            function
                .lines
                .iter()
                .any(|line| actions.contains(&line.action))
        })
    };
    let is_whole = |tool: &str| {
        let mut all = policy.functions.iter().enumerate();
        all.all(|(at, function)| {
            let id = FunctionId::new(at);
            !is_below(&function.path, tool) || functions.contains(&id) || !does(id)
        })
    };
    let mut shown: Vec<SmolStr> = Vec::new();
    for id in functions {
        let Some(function) = policy.functions.get(id.index()) else {
            continue;
        };
        let dots = function.path.match_indices('.');
        let tool = dots
            .filter_map(|(dot, _)| function.path.get(..dot))
            .find(|tool| is_whole(tool))
            .unwrap_or(&function.path);
        let names: Vec<String> = tool.split('.').map(render::name).collect();
        let name: SmolStr = names.join(".").into();
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    shown
}

/// Whether a function is a tool or below it.
fn is_below(path: &str, tool: &str) -> bool {
    path.strip_prefix(tool)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
