//! What a rule covers: the lines of functions that its tool and action clauses select.

use std::collections::BTreeSet;

use placet_model::ids::{ActionId, FunctionId, PatternId};
use placet_model::policy::{Line, Policy, Rule};

/// A line of a function: what the function does, or one of the things that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deed {
    pub(crate) function: FunctionId,
    line: usize,
    pub(crate) action: ActionId,
}

/// What a rule covers, sorted.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    deeds: Vec<Deed>,
}

impl Reach {
    pub(crate) const NOTHING: Self = Self { deeds: Vec::new() };

    pub(crate) fn of(policy: &Policy, rule: &Rule) -> Self {
        let mut deeds = Vec::new();
        for (at, function) in policy.functions.iter().enumerate() {
            let id = FunctionId::new(at);
            let tools = rule.functions.as_ref();
            if tools.is_some_and(|functions| functions.binary_search(&id).is_err()) {
                continue;
            }
            for (at, line) in function.lines.iter().enumerate() {
                let actions = rule.actions.as_ref();
                if actions.is_none_or(|actions| actions.binary_search(&line.action).is_ok()) {
                    deeds.push(Deed {
                        function: id,
                        line: at,
                        action: line.action,
                    });
                }
            }
        }
        Self { deeds }
    }

    /// All of it.
    pub(crate) fn deeds(&self) -> &[Deed] {
        &self.deeds
    }

    /// The actions, sorted.
    pub(crate) fn actions(&self) -> Vec<ActionId> {
        let actions: BTreeSet<ActionId> = self.deeds.iter().map(|deed| deed.action).collect();
        actions.into_iter().collect()
    }

    /// The functions, sorted.
    pub(crate) fn functions(&self) -> Vec<FunctionId> {
        let mut functions: Vec<FunctionId> = self.deeds.iter().map(|deed| deed.function).collect();
        functions.dedup();
        functions
    }

    /// Each line with its function.
    pub(crate) fn lines<'p>(
        &self,
        policy: &'p Policy,
    ) -> impl Iterator<Item = (FunctionId, &'p Line)> {
        self.deeds.iter().filter_map(|deed| {
            let function = policy.functions.get(deed.function.index())?;
            Some((deed.function, function.lines.get(deed.line)?))
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

    /// Whether it is covered.
    pub(crate) fn covers(&self, deed: Deed) -> bool {
        self.deeds.binary_search(&deed).is_ok()
    }

    /// Whether all that another covers is covered.
    pub(crate) fn covers_all(&self, other: &Self) -> bool {
        other.deeds.iter().all(|deed| self.covers(*deed))
    }

    /// Whether something is covered by both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.deeds.iter().any(|deed| other.covers(*deed))
    }
}
