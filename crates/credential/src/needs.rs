//! What a policy needs to be told about a call, and which calls it wants to be kept.

mod kept;

use std::collections::BTreeSet;

use placet_model::ids::{ExprId, FunctionId, HistoryId};
use placet_model::policy::{Budget, Expr, Outcome, Policy, Rule};
use placet_model::walk::counted;
use smol_str::SmolStr;

/// What the rules about each function read beyond the request and the credential, found
/// out once for a policy. It errs towards too much; what is not told is undefined, and
/// never lets a call through.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    functions: Vec<Need>,
    args: Members,
    results: Members,
    /// Whether a condition reads what past calls did to what.
    reads_effects: bool,
    counted: Vec<HistoryId>,
}

/// What is needed for a call of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// Histories that some rule reads.
    pub(crate) histories: BTreeSet<HistoryId>,
    /// Whether a rule asks for consent or approval.
    pub(crate) assents: bool,
    /// Whether a rule has a budget.
    pub(crate) budgets: bool,
    /// Whether a history selects such calls when they are granted.
    pub(crate) record: bool,
    /// Whether a history selects such calls when they are denied.
    pub(crate) record_denied: bool,
}

impl Need {
    /// Whether the request and the credential are all there is to know, and nothing is to
    /// be kept.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Which members of a part of past calls, their arguments or results, conditions read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Members {
    /// Those of these names.
    Named(BTreeSet<SmolStr>),
    /// A condition reads all of them together.
    All,
}

impl Members {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

impl Needs {
    pub(crate) fn of(policy: &Policy) -> Self {
        let reached = histories_reached(policy);
        let functions = (0..policy.functions.len())
            .map(|at| need(policy, &reached, FunctionId::new(at)))
            .collect();
        Self {
            functions,
            args: members_read(policy, "args"),
            results: members_read(policy, "result"),
            reads_effects: policy.exprs.iter().any(|expr| {
                matches!(expr, Expr::Field(_, name) if name == "actions" || name == "resources")
            }),
            counted: counted(policy),
        }
    }

    /// What a call of a function needs; of a function that the policy does not know,
    /// nothing, since it is denied.
    pub(crate) fn call(&self, policy: &Policy, tool: &str) -> Need {
        policy
            .function(tool)
            .and_then(|id| self.functions.get(id.index()))
            .cloned()
            .unwrap_or_default()
    }

    /// What listing a tool and those below it needs; of all tools without a name.
    pub(crate) fn listing(&self, policy: &Policy, tool: Option<&str>) -> Need {
        let mut all = Need::default();
        for (function, need) in policy.functions.iter().zip(&self.functions) {
            if tool.is_none_or(|tool| is_below(tool, &function.path)) {
                all.histories.extend(&need.histories);
                all.assents |= need.assents;
                all.budgets |= need.budgets;
            }
        }
        all
    }

    /// Whether an argument of a past call is ever read.
    pub(crate) fn reads_arg(&self, name: &str) -> bool {
        self.args.contains(name)
    }

    /// Whether any argument of past calls of a function is read. One that it needs may be
    /// absent, too, to a history that also holds calls of others.
    pub(crate) fn reads_args_of(&self, policy: &Policy, tool: &str) -> bool {
        let function = policy
            .function(tool)
            .and_then(|id| policy.functions.get(id.index()));
        function.is_some_and(|function| {
            kept::fields(policy, function.params)
                .iter()
                .any(|field| self.reads_arg(&field.name))
        })
    }

    /// The histories for which a counter is enough, in the order of their ids.
    pub(crate) fn counted(&self) -> &[HistoryId] {
        &self.counted
    }
}

/// Whether a function is this tool or below it.
fn is_below(tool: &str, function: &str) -> bool {
    function
        .strip_prefix(tool)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn need(policy: &Policy, reached: &[BTreeSet<HistoryId>], function: FunctionId) -> Need {
    let mut need = Need::default();
    for rule in policy.rules.iter().filter(|rule| covers(rule, function)) {
        for expr in expressions(policy, rule) {
            if let Some(histories) = reached.get(expr.index()) {
                need.histories.extend(histories);
            }
        }
        need.assents |= rule.duties.consent.is_some() || !rule.duties.approvals.is_empty();
        need.budgets |= !rule.duties.budgets.is_empty();
    }
    for (at, history) in policy.histories.iter().enumerate() {
        if selects(policy, HistoryId::new(at), function) {
            need.record_denied |= history.outcomes.contains(&Outcome::Denied);
            need.record |= history
                .outcomes
                .iter()
                .any(|outcome| *outcome != Outcome::Denied);
        }
    }
    need
}

fn covers(rule: &Rule, function: FunctionId) -> bool {
    rule.functions
        .as_ref()
        .is_none_or(|functions| functions.binary_search(&function).is_ok())
}

/// Whether a history may select calls of a function, going by function and action.
fn selects(policy: &Policy, history: HistoryId, function: FunctionId) -> bool {
    let Some(history) = policy.histories.get(history.index()) else {
        return false;
    };
    let by_function = history
        .functions
        .as_ref()
        .is_none_or(|functions| functions.binary_search(&function).is_ok());
    let by_action = history.actions.as_ref().is_none_or(|actions| {
        policy
            .functions
            .get(function.index())
            .is_some_and(|function| {
                function
                    .lines
                    .iter()
                    .any(|line| actions.binary_search(&line.action).is_ok())
            })
    });
    by_function && by_action
}

/// The expressions of a rule that may read a history.
fn expressions<'p>(policy: &'p Policy, rule: &'p Rule) -> impl Iterator<Item = ExprId> + 'p {
    let holes = rule
        .resources
        .iter()
        .filter_map(|id| policy.patterns.get(id.index()))
        .flat_map(|pattern| &pattern.segments)
        .filter_map(|segment| match segment {
            placet_model::policy::Segment::Hole(hole) => Some(hole.value),
            _ => None,
        });
    let budgets = rule
        .duties
        .budgets
        .iter()
        .filter_map(|budget| match budget {
            Budget::Amount { of, .. } => Some(*of),
            Budget::Calls(_) => None,
        });
    rule.conditions
        .iter()
        .map(|condition| condition.expr)
        .chain(holes)
        .chain(budgets)
}

/// For each expression, the histories below it; children stand before parents.
fn histories_reached(policy: &Policy) -> Vec<BTreeSet<HistoryId>> {
    let mut reached: Vec<BTreeSet<HistoryId>> = Vec::with_capacity(policy.exprs.len());
    for expr in &policy.exprs {
        let mut own = BTreeSet::new();
        if let Expr::History(id) = expr {
            own.insert(*id);
        }
        expr.for_each_child(|child| {
            if let Some(below) = reached.get(child.index()) {
                own.extend(below);
            }
        });
        reached.push(own);
    }
    reached
}

fn members_read(policy: &Policy, part: &str) -> Members {
    let is_part = |id: ExprId| matches!(policy.exprs.get(id.index()), Some(Expr::Field(_, name)) if name == part);
    let mut names = BTreeSet::new();
    for expr in &policy.exprs {
        if let Expr::Field(of, name) = expr {
            if is_part(*of) {
                names.insert(name.clone());
            }
            continue;
        }
        let mut whole = false;
        expr.for_each_child(|child| whole |= is_part(child));
        if whole {
            return Members::All;
        }
    }
    Members::Named(names)
}
