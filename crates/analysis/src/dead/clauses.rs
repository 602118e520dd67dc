//! Parts of rules: which of them contradict one another, and which change nothing.

use placet_model::ids::ExprId;
use placet_model::policy::{Agents, Condition, Expr, Policy, Rule, RuleKind, Users};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use super::{Cause, Clause, Idle, Judge, Part, Redundancy};
use crate::ask::{Outcome, ask};
use crate::build::Builder;
use crate::formula::Formula;

/// A rule with its conditions taken apart: what has to hold together is a condition each.
#[derive(Clone)]
struct Apart {
    rule: Rule,
    /// By condition, which of the written ones it is from.
    written: Vec<usize>,
}

impl<'e> Judge<'e> {
    /// Why a rule whose own clauses and duties rule it out everywhere decides nothing.
    pub(super) fn own_cause(&self, rule: &Rule, spots: &[usize]) -> Cause {
        if !self.never_matches(rule, spots) {
            return Cause::Unmeetable;
        }
        let mut left = apart(self.policy, rule);
        // From the last on: a reader looks for what was added.
        for at in (0..left.rule.conditions.len()).rev() {
            let mut less = left.clone();
            less.drop_condition(at);
            if self.never_matches(&less.rule, spots) {
                left = less;
            }
        }
        for drop in [
            (|rule| rule.resources.clear()) as fn(&mut Rule),
            |rule| rule.users = Users::All,
            |rule| rule.agents = Agents::All,
        ] {
            let mut less = left.clone();
            drop(&mut less.rule);
            if self.never_matches(&less.rule, spots) {
                left = less;
            }
        }
        Cause::Contradiction(left.parts(self.policy))
    }

    /// Parts of a rule that change nothing, as many as can be left out together.
    pub(super) fn idle(&self, id: placet_model::ids::RuleId, rule: &Rule) -> Vec<Idle> {
        let spots = self.places.get(id.index());
        let spots: Vec<usize> = spots.into_iter().flatten().copied().collect();
        if spots.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut left = apart(self.policy, rule);
        for at in (0..left.rule.conditions.len()).rev() {
            let Some(condition) = left.rule.conditions.get(at).copied() else {
                continue;
            };
            if is_guard(self.policy, condition.expr) {
                continue;
            }
            let mut less = left.clone();
            less.drop_condition(at);
            if self.is_alike(&left.rule, &less.rule, &spots) {
                found.push(Idle {
                    part: left.part(self.policy, at),
                    because: Redundancy::Implied,
                });
                left = less;
            } else {
                let part = |expr: ExprId| Part {
                    clause: left.clause(at),
                    text: render::expr(self.policy, expr, &left.rule.captures).into(),
                };
                let idle = self.idle_ways(&left.rule, at, &spots);
                found.extend(idle.into_iter().map(|expr| Idle {
                    part: part(expr),
                    because: Redundancy::Covered,
                }));
            }
        }
        self.idle_members(&mut left.rule, &spots, &mut found);
        found.sort_by(|a, b| a.part.cmp(&b.part));
        found
    }

    /// Members of lists of which the others match all that they do.
    fn idle_members(&self, left: &mut Rule, spots: &[usize], found: &mut Vec<Idle>) {
        let policy = self.policy;
        for clause in [Clause::Resource, Clause::User, Clause::Agent] {
            for at in (0..members(left, clause)).rev() {
                if members(left, clause) < 2 {
                    break;
                }
                let mut less = left.clone();
                let Some(text) = take(policy, &mut less, clause, at) else {
                    continue;
                };
                if self.is_alike(&less, left, spots) {
                    found.push(Idle {
                        part: Part { clause, text },
                        because: Redundancy::Covered,
                    });
                    *left = less;
                }
            }
        }
    }

    /// Of a condition that holds in one of several ways, those without which it holds
    /// wherever it does with them.
    fn idle_ways(&self, rule: &Rule, at: usize, spots: &[usize]) -> Vec<ExprId> {
        let Some(condition) = rule.conditions.get(at).copied() else {
            return Vec::new();
        };
        let mut ways = Vec::new();
        split(self.policy, condition.expr, !condition.unless, &mut ways);
        let mut rest = rule.clone();
        rest.conditions.remove(at);
        let mut idle = Vec::new();
        for way in (0..ways.len()).rev() {
            let Some(expr) = ways.get(way).copied() else {
                continue;
            };
            if ways.len() < 2 || is_guard(self.policy, expr) {
                continue;
            }
            let mut fewer = ways.clone();
            fewer.remove(way);
            let some = |build: &mut Builder<'e>, ways: &[ExprId]| {
                build.rule(&rest, &mut |build, arm| {
                    let ways = ways.iter().map(|way| {
                        let holds = build.boolean(*way, arm);
                        if condition.unless {
                            holds.negated()
                        } else {
                            holds
                        }
                    });
                    let ways: Vec<Formula> = ways.collect();
                    Formula::any(ways)
                })
            };
            let alike = spots.iter().all(|spot| {
                let Some(mut build) = self.builder(*spot) else {
                    return true;
                };
                let wide = some(&mut build, &ways);
                let narrow = some(&mut build, &fewer);
                self.is_within(build, rule.kind, wide, narrow)
            });
            if alike {
                idle.push(expr);
                ways = fewer;
            }
        }
        idle
    }

    /// Whether a rule matches nothing at all.
    fn never_matches(&self, rule: &Rule, spots: &[usize]) -> bool {
        spots.iter().all(|spot| {
            let Some(mut build) = self.builder(*spot) else {
                return true;
            };
            let goals = self.matching(&mut build, rule);
            self.is_none(build, goals)
        })
    }

    /// Whether a rule matches all that a wider one does.
    fn is_alike(&self, narrow: &Rule, wide: &Rule, spots: &[usize]) -> bool {
        spots.iter().all(|spot| {
            let Some(mut build) = self.builder(*spot) else {
                return true;
            };
            let wide = build.clauses(wide);
            let narrow_one = build.clauses(narrow);
            self.is_within(build, narrow.kind, wide, narrow_one)
        })
    }

    fn is_within(
        &self,
        mut build: Builder<'e>,
        kind: RuleKind,
        wide: Formula,
        narrow: Formula,
    ) -> bool {
        let mut goals = if kind == RuleKind::Grant {
            vec![wide.holds(), narrow.holds().negated()]
        } else {
            vec![wide.not_false(), narrow.fails()]
        };
        goals.push(build.known());
        goals.extend(build.applies());
        self.is_none(build, goals)
    }

    pub(super) fn is_none(&self, mut build: Builder<'e>, goals: Vec<Formula>) -> bool {
        build.uses.settle();
        let mut steps = self.effort.steps;
        let outcome = ask(&build, goals, &mut steps, &mut |_| Some(()));
        matches!(outcome, Outcome::No)
    }
}

impl Apart {
    fn drop_condition(&mut self, at: usize) {
        if at < self.written.len() {
            self.rule.conditions.remove(at);
            self.written.remove(at);
        }
    }

    fn clause(&self, at: usize) -> Clause {
        Clause::Condition(self.written.get(at).copied().unwrap_or(at))
    }

    fn part(&self, policy: &Policy, at: usize) -> Part {
        let expr = self.rule.conditions.get(at).map(|condition| {
            let text = render::expr(policy, condition.expr, &self.rule.captures);
            SmolStr::from(text)
        });
        Part {
            clause: self.clause(at),
            text: expr.unwrap_or_default(),
        }
    }

    /// All that is left, in the order in which rules are written.
    fn parts(&self, policy: &Policy) -> Vec<Part> {
        let rule = &self.rule;
        let mut parts = Vec::new();
        let mut part = |clause, text: String| {
            parts.push(Part {
                clause,
                text: text.into(),
            });
        };
        if rule.agents != Agents::All {
            part(Clause::Agent, render::agents(policy, &rule.agents));
        }
        if rule.users != Users::All {
            part(Clause::User, render::users(policy, &rule.users));
        }
        if !rule.resources.is_empty() {
            part(Clause::Resource, render::resources(policy, rule));
        }
        parts.extend((0..rule.conditions.len()).map(|at| self.part(policy, at)));
        parts
    }
}

/// Takes apart what a rule asks for together.
fn apart(policy: &Policy, rule: &Rule) -> Apart {
    let mut conditions = Vec::new();
    let mut written = Vec::new();
    for (at, condition) in rule.conditions.iter().enumerate() {
        let mut all = Vec::new();
        split(policy, condition.expr, condition.unless, &mut all);
        for expr in all {
            conditions.push(Condition {
                expr,
                unless: condition.unless,
            });
            written.push(at);
        }
    }
    let mut rule = rule.clone();
    rule.conditions = conditions;
    Apart { rule, written }
}

/// A rule with its conditions taken apart.
pub(super) fn taken_apart(policy: &Policy, rule: &Rule) -> Rule {
    apart(policy, rule).rule
}

/// The parts of a chain of `or`, or of one of `and`.
fn split(policy: &Policy, id: ExprId, or: bool, into: &mut Vec<ExprId>) {
    match policy.exprs.get(id.index()) {
        Some(Expr::Or(a, b)) if or => {
            split(policy, *a, or, into);
            split(policy, *b, or, into);
        }
        Some(Expr::And(a, b)) if !or => {
            split(policy, *a, or, into);
            split(policy, *b, or, into);
        }
        _ => into.push(id),
    }
}

/// Whether an expression only asks whether something is there: the language wants it in
/// front of what reads it, so that it says nothing of its own more often than not.
fn is_guard(policy: &Policy, id: ExprId) -> bool {
    match policy.exprs.get(id.index()) {
        Some(Expr::Has(_) | Expr::HasUser) => true,
        Some(Expr::Not(of)) => is_guard(policy, *of),
        _ => false,
    }
}

/// How many members a list of a rule has; 0 where there is none.
fn members(rule: &Rule, clause: Clause) -> usize {
    match (clause, &rule.agents, &rule.users) {
        (Clause::Resource, _, _) => rule.resources.len(),
        (Clause::Agent, Agents::In(groups), _) => groups.len(),
        (Clause::Agent, Agents::Named(names), _) => names.len(),
        (Clause::User, _, Users::In(groups)) => groups.len(),
        (Clause::User, _, Users::Named(names)) => names.len(),
        _ => 0,
    }
}

/// Takes a member out of a list of a rule, and shows it.
fn take(policy: &Policy, rule: &mut Rule, clause: Clause, at: usize) -> Option<SmolStr> {
    let group = |id: placet_model::ids::GroupId| {
        let group = policy.groups.get(id.index());
        group.map(|group| SmolStr::from(render::name(&group.name)))
    };
    match (clause, &mut rule.agents, &mut rule.users) {
        (Clause::Resource, _, _) => {
            let pattern = rule.resources.remove(at);
            let text = render::pattern(policy, pattern, &rule.captures);
            Some(format_smolstr!("\"{text}\""))
        }
        (Clause::Agent, Agents::In(groups), _) | (Clause::User, _, Users::In(groups)) => {
            group(groups.remove(at))
        }
        (Clause::Agent, Agents::Named(names), _) | (Clause::User, _, Users::Named(names)) => {
            Some(render::name(&names.remove(at)).into())
        }
        _ => None,
    }
}
