//! What a rule covers: the lines of functions that its tool and action clauses select.

use std::collections::BTreeSet;

use placet_model::ids::{ActionId, FunctionId, PatternId};
use placet_model::policy::{Line, Policy, Rule};

/// The lines that a rule covers, by function and position.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    lines: Vec<(FunctionId, usize, ActionId)>,
}

impl Reach {
    pub(crate) const NOTHING: Self = Self { lines: Vec::new() };

    pub(crate) fn of(policy: &Policy, rule: &Rule) -> Self {
        let mut lines = Vec::new();
        for (at, function) in policy.functions.iter().enumerate() {
            let id = FunctionId::new(at);
            let tools = rule.functions.as_ref();
            if tools.is_some_and(|functions| functions.binary_search(&id).is_err()) {
                continue;
            }
            for (at, line) in function.lines.iter().enumerate() {
                let actions = rule.actions.as_ref();
                if actions.is_none_or(|actions| actions.binary_search(&line.action).is_ok()) {
                    lines.push((id, at, line.action));
                }
            }
        }
        Self { lines }
    }

    /// The actions, sorted.
    pub(crate) fn actions(&self) -> Vec<ActionId> {
        let actions: BTreeSet<ActionId> = self.lines.iter().map(|(_, _, action)| *action).collect();
        actions.into_iter().collect()
    }

    /// The functions, sorted.
    pub(crate) fn functions(&self) -> Vec<FunctionId> {
        let mut functions: Vec<FunctionId> = self.lines.iter().map(|(id, _, _)| *id).collect();
        functions.dedup();
        functions
    }

    /// Each line with its function.
    pub(crate) fn lines<'p>(
        &self,
        policy: &'p Policy,
    ) -> impl Iterator<Item = (FunctionId, &'p Line)> {
        self.lines.iter().filter_map(|(id, at, _)| {
            let function = policy.functions.get(id.index())?;
            Some((*id, function.lines.get(*at)?))
        })
    }

    /// The templates of all lines, sorted.
    pub(crate) fn templates(&self, policy: &Policy) -> Vec<PatternId> {
        let lines = self.lines(policy);
        let templates: BTreeSet<PatternId> = lines
            .flat_map(|(_, line)| line.templates.iter().copied())
            .collect();
        templates.into_iter().collect()
    }

    /// Whether every line that does one of these is covered.
    pub(crate) fn covers(&self, other: &Self, action: ActionId) -> bool {
        let mut wanted = other.lines.iter().filter(|line| line.2 == action);
        wanted.all(|line| self.lines.contains(line))
    }

    /// Whether some line is covered by both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.lines.iter().any(|line| other.lines.contains(line))
    }
}
