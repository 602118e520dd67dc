//! What is counted of each rule: only what some request could show.
//!
//! A clause that cannot fail where it decides has nothing to show: `any`, an agent clause
//! that names all agents there are, a tool clause that no other tool could meet but for it.

use std::collections::BTreeMap;

use placet_evaluator::{Observer, Part as Seeing, Seen};
use placet_model::ids::{ActionId, ExprId, FunctionId, RuleId};
use placet_model::policy::{Agents, Budget, Expr, Moment, Pattern, Policy, Rule, Users};
use placet_model::render;
use placet_syntax::ast::{Clause, Duty as WrittenDuty};
use smol_str::SmolStr;

use super::places::{AtomPlace, Texts, Written};
use super::reach::{apart, covers, covers_all_agents};
use super::{Outcome, Part, PartKind, What};

/// A duty or limit of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Duty {
    Consent,
    /// Which of its approvals.
    Approval(usize),
    /// Which of its budgets.
    Budget(usize),
    Delegate,
    For,
}

/// A rule before anything was seen of it, and where what is seen is noted.
pub(super) struct Counted {
    pub(super) rule: super::Rule,
    /// By part and value, which of the rule's marks.
    pub(super) seen: BTreeMap<(Seeing, Seen), Mark>,
    pub(super) duties: BTreeMap<(Duty, What), Mark>,
}

/// What is noted of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// It decided.
    Decided,
    /// An outcome of a part.
    Outcome(usize, usize),
    /// A part could not be told.
    Undefined(usize),
}

/// What is counted of a rule.
pub(super) fn counted(
    policy: &Policy,
    observer: &Observer<'_>,
    texts: &Texts<'_>,
    constant: &[bool],
    id: RuleId,
    rule: &Rule,
) -> Option<Counted> {
    let layer = policy.layers.get(rule.layer.index())?;
    let written = texts.rule(&layer.name, &rule.name)?;
    let counting = Counting {
        policy,
        rule,
        written,
        reach: Reach::of(policy, rule),
        counted: Counted {
            rule: super::Rule {
                name: policy.rule_name(id),
                kind: rule.kind,
                place: written.head(),
                decided: 0,
                parts: Vec::new(),
            },
            seen: BTreeMap::new(),
            duties: BTreeMap::new(),
        },
    };
    Some(counting.all(observer, constant, id))
}

/// Whether each expression of the arena reads nothing at all, so that it is what it is.
pub(super) fn constants(policy: &Policy) -> Vec<bool> {
    let mut all: Vec<bool> = Vec::with_capacity(policy.exprs.len());
    for expr in &policy.exprs {
        let mut constant = true;
        let mut leaf = true;
        expr.for_each_child(|child| {
            leaf = false;
            constant = constant && all.get(child.index()) == Some(&true);
        });
        all.push(if leaf {
            // A variable is what its list is.
            matches!(expr, Expr::Const(_) | Expr::Local(_))
        } else {
            constant
        });
    }
    all
}

struct Counting<'c, 't, 'a> {
    policy: &'c Policy,
    rule: &'c Rule,
    written: Written<'t, 'a>,
    reach: Reach,
    counted: Counted,
}

impl Counting<'_, '_, '_> {
    fn all(mut self, observer: &Observer<'_>, constant: &[bool], id: RuleId) -> Counted {
        self.who();
        self.call();
        self.resource();
        self.moment();
        self.atoms(observer, constant, id);
        self.duties();
        self.counted
    }

    fn who(&mut self) {
        let (policy, rule) = (self.policy, self.rule);
        if rule.agents != Agents::All && !covers_all_agents(policy, &rule.agents) {
            let place = self
                .written
                .clause(|clause| matches!(clause, Clause::Agent(_)));
            let text = render::agents(policy, &rule.agents);
            let at = self.clause(PartKind::Agent, text, place);
            self.both(at, Seeing::Agent);
        }
        if rule.users != Users::All {
            let place = self
                .written
                .clause(|clause| matches!(clause, Clause::User(_)));
            let text = render::users(policy, &rule.users);
            let at = self.clause(PartKind::User, text, place);
            self.both(at, Seeing::User);
        }
    }

    /// The tool and the action. Where neither can fail without the other, but both can, they
    /// are one part.
    fn call(&mut self) {
        let (policy, rule) = (self.policy, self.rule);
        let reach = self.reach;
        let tool = self
            .written
            .clause(|clause| matches!(clause, Clause::Tool(_)));
        let action = self
            .written
            .clause(|clause| matches!(clause, Clause::Action(_)));
        if reach.tool {
            let at = self.clause(PartKind::Tool, render::tools(policy, rule), tool);
            self.both(at, Seeing::Tool);
        }
        if reach.action {
            let at = self.clause(PartKind::Action, render::actions(policy, rule), action);
            self.both(at, Seeing::Action);
        }
        if reach.both && !reach.tool && !reach.action {
            let text = format!(
                "{}, {}",
                render::tools(policy, rule),
                render::actions(policy, rule)
            );
            let at = self.clause(PartKind::Tool, text, tool);
            self.both(at, Seeing::Tool);
            self.mark(Seeing::ToolAndAction, Seen::False, Mark::Outcome(at, 1));
        }
    }

    fn resource(&mut self) {
        let (policy, rule) = (self.policy, self.rule);
        let place = self
            .written
            .clause(|clause| matches!(clause, Clause::Resource(_)));
        let text = render::resources(policy, rule);
        let fails = self.reach.resource;
        if let [_] = rule.resources.as_slice() {
            if fails {
                let at = self.clause(PartKind::Resource, text, place);
                self.mark(Seeing::Pattern(0), Seen::True, Mark::Outcome(at, 0));
                self.mark(Seeing::Pattern(0), Seen::Undefined, Mark::Undefined(at));
                self.mark(Seeing::Resource, Seen::False, Mark::Outcome(at, 1));
                self.mark(Seeing::Resource, Seen::Undefined, Mark::Undefined(at));
            }
            return;
        }
        if fails {
            let at = self.part(PartKind::Resource, text, (place, None), &[What::Failed]);
            self.mark(Seeing::Resource, Seen::False, Mark::Outcome(at, 0));
            self.mark(Seeing::Resource, Seen::Undefined, Mark::Undefined(at));
        }
        for (which, id) in rule.resources.iter().enumerate() {
            let text = format!("\"{}\"", render::pattern(policy, *id, &rule.captures));
            let place = self.written.pattern(which);
            let at = self.part(PartKind::Pattern, text, (place, None), &[What::Matched]);
            self.mark(Seeing::Pattern(which), Seen::True, Mark::Outcome(at, 0));
            self.mark(Seeing::Pattern(which), Seen::Undefined, Mark::Undefined(at));
        }
    }

    /// At issuance, what reads a call is open, so that a deny or require does not match
    /// there whatever it is pinned to.
    fn moment(&mut self) {
        let Some(moment) = self.rule.moment else {
            return;
        };
        let reads_call = || {
            let conditions = self.rule.conditions.iter();
            let mut conditions = conditions.map(|condition| condition.expr);
            conditions.any(|expr| reads_call(self.policy, expr))
        };
        let (text, open) = match moment {
            Moment::Issuance => ("at issuance", false),
            Moment::Runtime => ("at runtime", reads_call()),
        };
        if !open {
            let place = self
                .written
                .clause(|clause| matches!(clause, Clause::At(_)));
            let at = self.clause(PartKind::Moment, text.to_owned(), place);
            self.both(at, Seeing::Moment);
        }
    }

    fn atoms(&mut self, observer: &Observer<'_>, constant: &[bool], id: RuleId) {
        let (policy, rule) = (self.policy, self.rule);
        let mut places: BTreeMap<ExprId, AtomPlace> = BTreeMap::new();
        let mut condition = usize::MAX;
        for (which, atom) in observer.atoms(id).into_iter().enumerate() {
            if atom.condition != condition {
                condition = atom.condition;
                places = self.written.atoms(policy, rule, condition);
            }
            let known = constant.get(atom.expr.index()) == Some(&true);
            // Without a user, a clause that wants one fails before.
            let has_user = matches!(policy.exprs.get(atom.expr.index()), Some(Expr::HasUser));
            if known || (has_user && rule.users != Users::All) {
                continue;
            }
            let unless = rule.conditions.get(condition);
            let unless = unless.is_some_and(|condition| condition.unless);
            let kind = if unless {
                PartKind::Unless
            } else {
                PartKind::When
            };
            let place = places.get(&atom.expr).copied();
            let place = place.unwrap_or((self.written.head(), None));
            let text = render::expr(policy, atom.expr, &rule.captures);
            let at = self.part(kind, text, place, &[What::True, What::False]);
            self.both(at, Seeing::Atom(which));
        }
    }

    fn duties(&mut self) {
        let (policy, rule) = (self.policy, self.rule);
        let written = self.written;
        let duties = &rule.duties;
        let mut texts = render::duties(policy, rule).into_iter();
        let mut text = || texts.next().unwrap_or_default();
        if duties.consent.is_some() {
            let place = written
                .clause(|clause| matches!(clause, Clause::Duty(WrittenDuty::Consent { .. })));
            let text = text();
            let whats = [What::Asked, What::Given];
            self.duty(PartKind::Consent, text, place, Duty::Consent, &whats);
        }
        for (at, approval) in duties.approvals.iter().enumerate() {
            let group = policy.groups.get(approval.group.index());
            let place =
                written.approval(group.map(|group| group.name.as_str()).unwrap_or_default());
            let text = text();
            let whats = [What::Asked, What::Given];
            self.duty(PartKind::Approval, text, place, Duty::Approval(at), &whats);
        }
        for (at, budget) in duties.budgets.iter().enumerate() {
            let text = text();
            // Of nothing, nothing can be charged.
            let whats: &[What] = match budget {
                Budget::Calls(0) => &[What::Exhausted],
                _ => &[What::Charged, What::Exhausted],
            };
            let place = written.budget(at);
            self.duty(PartKind::Budget, text, place, Duty::Budget(at), whats);
        }
        if let Some(depth) = duties.delegate {
            let place =
                written.clause(|clause| matches!(clause, Clause::Duty(WrittenDuty::Delegate(_))));
            let text = text();
            let whats: &[What] = match depth {
                0 => &[What::Stopped],
                _ => &[What::Used, What::Stopped],
            };
            self.duty(PartKind::Delegate, text, place, Duty::Delegate, whats);
        }
        if duties.lifetime.is_some() {
            let place =
                written.clause(|clause| matches!(clause, Clause::Duty(WrittenDuty::For(_))));
            let text = text();
            self.duty(PartKind::For, text, place, Duty::For, &[What::Bound]);
        }
    }

    fn duty(
        &mut self,
        kind: PartKind,
        text: String,
        place: placet_compiler::Place,
        duty: Duty,
        whats: &[What],
    ) {
        let part = self.part(kind, text, (place, None), whats);
        for (at, what) in whats.iter().enumerate() {
            let mark = Mark::Outcome(part, at);
            self.counted.duties.insert((duty, *what), mark);
        }
    }

    fn clause(&mut self, kind: PartKind, text: String, place: placet_compiler::Place) -> usize {
        self.part(kind, text, (place, None), &[What::Held, What::Failed])
    }

    fn part(
        &mut self,
        kind: PartKind,
        text: impl Into<SmolStr>,
        (place, shared): AtomPlace,
        whats: &[What],
    ) -> usize {
        let outcomes = whats.iter().map(|what| Outcome {
            what: *what,
            seen: 0,
        });
        self.counted.rule.parts.push(Part {
            kind,
            text: text.into(),
            place,
            shared,
            outcomes: outcomes.collect(),
            undefined: 0,
        });
        self.counted.rule.parts.len() - 1
    }

    /// True is its first outcome, false its second.
    fn both(&mut self, at: usize, part: Seeing) {
        self.mark(part, Seen::True, Mark::Outcome(at, 0));
        self.mark(part, Seen::False, Mark::Outcome(at, 1));
        self.mark(part, Seen::Undefined, Mark::Undefined(at));
    }

    fn mark(&mut self, part: Seeing, seen: Seen, mark: Mark) {
        self.counted.seen.insert((part, seen), mark);
    }
}

/// Which clauses about the call can fail where they decide.
#[derive(Clone, Copy, Default)]
struct Reach {
    tool: bool,
    action: bool,
    /// Both at once.
    both: bool,
    resource: bool,
}

impl Reach {
    fn of(policy: &Policy, rule: &Rule) -> Self {
        let pattern = |id: &placet_model::ids::PatternId| policy.patterns.get(id.index());
        let patterns: Vec<&Pattern> = rule.resources.iter().filter_map(pattern).collect();
        let mut reach = Self::default();
        for (at, function) in policy.functions.iter().enumerate() {
            let tool = has(rule.functions.as_deref(), FunctionId::new(at));
            for line in &function.lines {
                let action = has_action(rule.actions.as_deref(), line.action);
                let templates = || line.templates.iter().filter_map(pattern);
                let near = patterns.is_empty()
                    || templates().any(|of| patterns.iter().any(|pattern| !apart(pattern, of)));
                reach.tool |= !tool && action && near;
                reach.action |= tool && !action && near;
                reach.both |= !tool && !action && near;
                reach.resource |= tool
                    && action
                    && !patterns.is_empty()
                    && templates().any(|of| !patterns.iter().any(|pattern| covers(pattern, of)));
            }
        }
        reach
    }
}

fn has(functions: Option<&[FunctionId]>, id: FunctionId) -> bool {
    functions.is_none_or(|functions| functions.binary_search(&id).is_ok())
}

fn has_action(actions: Option<&[ActionId]>, id: ActionId) -> bool {
    actions.is_none_or(|actions| actions.binary_search(&id).is_ok())
}

/// Whether a condition reads what only a call has.
fn reads_call(policy: &Policy, id: ExprId) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    let mut pending = vec![id];
    while let Some(id) = pending.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(expr) = policy.exprs.get(id.index()) else {
            continue;
        };
        let of_call = match expr {
            Expr::Arg(_)
            | Expr::Capture(_)
            | Expr::ResourceFact(..)
            | Expr::ResourcePath
            | Expr::History(_) => true,
            Expr::Fact(fact) => policy
                .facts
                .get(fact.index())
                .is_some_and(|fact| fact.moment == Some(Moment::Runtime)),
            _ => false,
        };
        if of_call {
            return true;
        }
        expr.for_each_child(|child| pending.push(child));
    }
    false
}
