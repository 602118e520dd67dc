//! Rules and conditions to formulas over atoms, at one thing that a function does; and what
//! the atoms do with each input.

mod fits;
pub(crate) mod key;
mod scan;
mod segments;

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::Engine;
use placet_model::ids::{ExprId, PatternId};
use placet_model::policy::{
    Agents, Condition, Expr, GroupKind, Pattern, Policy, Rule, Segment, Type, Users,
};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::formula::{FALSE, Formula, TRUE};
use crate::input::{Input, Slot, Step, Term};
use crate::site::Site;
use crate::solve::AtomId;
use crate::spot::{Place, Spot};
use crate::uses::Uses;

/// What an atom asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Whether a boolean expression holds; the pattern gives its captures.
    Holds(ExprId, Option<PatternId>),
    /// Whether segments of a rule's pattern are those of the resource from one on.
    Part(Pattern, usize),
    /// Whether the agent is one of a clause.
    Agent(AgentClause),
    /// Whether the user is one of a clause.
    User(UserClause),
    /// Whether there is a user.
    SomeUser,
    /// Whether the policy knows the agent.
    Known,
    /// Whether so much can be spent as an expression says.
    Spends(ExprId, Decimal),
    /// Whether a hole of the function's template gives segments.
    Gives(Segment),
    /// Whether an argument is there, or has a member.
    There(Term),
    /// Whether what a request tells of this is of the type that the policy declares, or left
    /// out where it may be, and contradicts nothing.
    Fits(Input),
    /// Whether what is offered is enough where a rule asks for this, or allows so much.
    Offers(Slot, Decimal),
}

/// An agent clause in an order of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AgentClause {
    /// Members of one of these groups.
    In(Vec<placet_model::ids::GroupId>),
    /// These.
    Named(Vec<SmolStr>),
}

/// A user clause in an order of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UserClause {
    /// Members of one of these groups.
    In(Vec<placet_model::ids::GroupId>),
    /// These.
    Named(Vec<SmolStr>),
}

/// An atom with what it reads.
#[derive(Clone, Debug)]
pub(crate) struct Atom {
    pub(crate) what: What,
    /// By which site it is asked.
    pub(crate) site: usize,
    pub(crate) inputs: Vec<Input>,
    /// Whether the values that are tried stand for all: where they do not, only what holds
    /// whatever the atom says is proved.
    pub(crate) exact: bool,
}

/// Builds formulas at a spot, or in turn at several.
pub(crate) struct Builder<'p> {
    /// The policy and the spot whose turn it is.
    pub(crate) policy: &'p Policy,
    pub(crate) spot: Spot<'p>,
    at: usize,
    /// All of them.
    pub(crate) sites: Vec<Site<'p>>,
    pub(crate) uses: Uses,
    pub(crate) atoms: Vec<Atom>,
    /// Ends of patterns that are compared with the last segments of the resource.
    pub(crate) rests: Vec<(Vec<Segment>, bool)>,
    /// The most agents that may stand above the acting one.
    pub(crate) deepest: u32,
    /// Inputs whose values in the policies are noted.
    given: BTreeSet<Input>,
    /// The atoms of each site, and those of all by what they mean.
    index: BTreeMap<(usize, What), Formula>,
    shared: BTreeMap<key::Key, (AtomId, bool)>,
}

impl<'p> Builder<'p> {
    pub(crate) fn new(engine: &'p Engine, spot: Spot<'p>, deepest: u32) -> Self {
        let site = Site::new(engine, spot);
        Self::of(site, Vec::new(), deepest)
    }

    /// For questions about several sites at once, starting at the first of them.
    pub(crate) fn joint(first: Site<'p>, others: Vec<Site<'p>>, deepest: u32) -> Self {
        Self::of(first, others, deepest)
    }

    fn of(first: Site<'p>, others: Vec<Site<'p>>, deepest: u32) -> Self {
        let mut sites = vec![first.clone()];
        sites.extend(others);
        for at in 0..sites.len() {
            let (before, rest) = sites.split_at_mut(at);
            if let Some(site) = rest.first_mut() {
                let twin = before.iter().find(|other| is_same_shape(other, site));
                site.shape = twin.map_or(at, |twin| twin.shape);
            }
        }
        let mut new = Self {
            policy: first.policy,
            spot: first.spot,
            at: 0,
            sites,
            uses: Uses::default(),
            atoms: Vec::new(),
            rests: Vec::new(),
            deepest,
            given: BTreeSet::new(),
            index: BTreeMap::new(),
            shared: BTreeMap::new(),
        };
        for at in 0..new.sites.len() {
            new.turn(at);
            new.note_shapes();
        }
        new.turn(0);
        new
    }

    /// Goes to another site: what is built from now on is built there.
    pub(crate) fn turn(&mut self, at: usize) {
        if let Some(site) = self.sites.get(at) {
            self.at = at;
            self.policy = site.policy;
            self.spot = site.spot.clone();
        }
    }

    /// The site whose turn it is.
    pub(crate) fn here(&self) -> Option<&Site<'p>> {
        self.sites.get(self.at)
    }

    /// The type of a term, seen through sets and records.
    pub(crate) fn kind(&self, term: &Term) -> Option<&'p Type> {
        self.here().and_then(|site| site.kind(term))
    }

    /// Whether a rule is about this function and action at all.
    pub(crate) fn is_about(&self, rule: &Rule) -> bool {
        self.spot.is_of(rule)
    }

    /// All clauses of a rule; `more` adds to each of its arms.
    pub(crate) fn rule(
        &mut self,
        rule: &Rule,
        more: &mut dyn FnMut(&mut Self, Option<PatternId>) -> Formula,
    ) -> Formula {
        if !self.is_about(rule) {
            return Formula::Const(FALSE);
        }
        let arms: Vec<Option<PatternId>> = if rule.resources.is_empty() {
            vec![None]
        } else {
            rule.resources.iter().copied().map(Some).collect()
        };
        let mut of_arms = Vec::with_capacity(arms.len());
        for arm in arms {
            let place = match arm {
                None => Formula::Const(TRUE),
                Some(pattern) => self.pattern(pattern),
            };
            if place == Formula::Const(FALSE) {
                continue;
            }
            let mut parts = vec![place];
            for condition in &rule.conditions {
                parts.push(self.condition(*condition, arm));
            }
            parts.push(more(self, arm));
            of_arms.push(Formula::all(parts));
        }
        let arms = Formula::any(of_arms);
        if arms == Formula::Const(FALSE) {
            return arms;
        }
        let who = [self.agents(&rule.agents), self.users(&rule.users)];
        Formula::all(who.into_iter().chain([arms]))
    }

    /// The clauses of a rule and nothing else.
    pub(crate) fn clauses(&mut self, rule: &Rule) -> Formula {
        self.rule(rule, &mut |_, _| Formula::Const(TRUE))
    }

    fn condition(&mut self, condition: Condition, arm: Option<PatternId>) -> Formula {
        let holds = self.boolean(condition.expr, arm);
        if condition.unless {
            holds.negated()
        } else {
            holds
        }
    }

    /// A boolean expression.
    pub(crate) fn boolean(&mut self, id: ExprId, arm: Option<PatternId>) -> Formula {
        match self.policy.exprs.get(id.index()) {
            Some(Expr::Not(of)) => self.boolean(*of, arm).negated(),
            Some(Expr::And(a, b)) => {
                let parts = [self.boolean(*a, arm), self.boolean(*b, arm)];
                Formula::all(parts)
            }
            Some(Expr::Or(a, b)) => {
                let parts = [self.boolean(*a, arm), self.boolean(*b, arm)];
                Formula::any(parts)
            }
            Some(Expr::HasUser) => self.some_user(),
            Some(_) => {
                for arm in [None, arm] {
                    if let Some(known) = self.known_atom(&What::Holds(id, arm)) {
                        return known;
                    }
                }
                let mut scan = self.scan(arm);
                scan.boolean(id);
                let (inputs, exact, captures) = scan.finish();
                self.atom(What::Holds(id, arm.filter(|_| captures)), inputs, exact)
            }
            None => Formula::Const(crate::formula::UNDEFINED),
        }
    }

    fn agents(&mut self, agents: &Agents) -> Formula {
        let mut inputs = vec![Input::Agent];
        let clause = match agents {
            Agents::All => return Formula::Const(TRUE),
            Agents::In(groups) => {
                self.add_groups(groups, &Input::AgentTold, Input::AgentIn, &mut inputs);
                AgentClause::In(groups.clone())
            }
            Agents::Named(names) => {
                for name in names {
                    self.note_text(&Term::of(Input::Agent), name);
                }
                AgentClause::Named(names.clone())
            }
        };
        self.atom(What::Agent(clause), inputs, true)
    }

    fn users(&mut self, users: &Users) -> Formula {
        let mut inputs = vec![Input::User];
        let clause = match users {
            Users::All => return Formula::Const(TRUE),
            Users::Any => return self.some_user(),
            Users::None => return self.some_user().negated(),
            Users::In(groups) => {
                self.add_groups(groups, &Input::UserTold, Input::UserIn, &mut inputs);
                for group in groups {
                    self.note_members(*group);
                }
                UserClause::In(groups.clone())
            }
            Users::Named(names) => {
                for name in names {
                    self.note_text(&Term::of(Input::User), name);
                }
                UserClause::Named(names.clone())
            }
        };
        self.atom(What::User(clause), inputs, true)
    }

    /// Whether there is a user.
    pub(crate) fn some_user(&mut self) -> Formula {
        self.atom(What::SomeUser, vec![Input::User], true)
    }

    /// Users that a group names are users to try.
    fn note_members(&mut self, group: placet_model::ids::GroupId) {
        let policy = self.policy;
        let Some(group) = policy.groups.get(group.index()) else {
            return;
        };
        let nested = group
            .nested
            .iter()
            .filter_map(|id| policy.groups.get(id.index()));
        for group in std::iter::once(group).chain(nested) {
            for member in &group.members {
                self.note_text(&Term::of(Input::User), member);
            }
        }
    }

    /// The inputs of membership: groups with members from requests, nested ones included.
    fn add_groups(
        &self,
        groups: &[placet_model::ids::GroupId],
        told: &Input,
        input: fn(SmolStr) -> Input,
        inputs: &mut Vec<Input>,
    ) {
        let policy = self.policy;
        for id in groups {
            let Some(group) = policy.groups.get(id.index()) else {
                continue;
            };
            let nested = group
                .nested
                .iter()
                .filter_map(|id| policy.groups.get(id.index()));
            for group in std::iter::once(group).chain(nested) {
                if group.from_request {
                    inputs.push(told.clone());
                    inputs.push(input(group.name.clone()));
                }
            }
        }
        inputs.sort();
        inputs.dedup();
    }

    /// The policy knows the agent: it is declared, or in a group that comes with requests.
    pub(crate) fn known(&mut self) -> Formula {
        let mut inputs = vec![Input::Agent];
        for group in &self.policy.groups {
            if group.kind == GroupKind::Agents && group.from_request {
                inputs.push(Input::AgentTold);
                inputs.push(Input::AgentIn(group.name.clone()));
            }
        }
        inputs.sort();
        inputs.dedup();
        self.atom(What::Known, inputs, true)
    }

    /// That the call does what the spot says, and can be read at all.
    pub(crate) fn applies(&mut self) -> Vec<Formula> {
        let mut goals = self.does();
        goals.extend(self.told());
        goals
    }

    /// That the call does what the spot says.
    pub(crate) fn does(&mut self) -> Vec<Formula> {
        let mut goals = Vec::new();
        if let Some(when) = self.spot.line.when {
            goals.push(self.boolean(when, None).holds());
        }
        goals.extend(self.filled());
        goals
    }

    /// That it can be told what the call does.
    pub(crate) fn told(&mut self) -> Vec<Formula> {
        let mut goals = Vec::new();
        let line = self.spot.line;
        let lines = &self.spot.declared.lines;
        for other in lines {
            let Some(when) = other.when else { continue };
            // A call of which a line cannot be told is invalid.
            if !std::ptr::eq(other, line) || self.sites.len() > 1 {
                let holds = self.boolean(when, None);
                goals.push(holds.is(TRUE | FALSE));
            }
        }
        goals.extend(self.readable());
        goals
    }

    /// Whether so much can be spent as an expression says.
    pub(crate) fn spends(&mut self, of: ExprId, limit: Decimal) -> Formula {
        let mut scan = self.scan(None);
        scan.amount(of, limit);
        let (inputs, exact, _) = scan.finish();
        self.atom(What::Spends(of, limit), inputs, exact)
    }

    /// The atom that asks this at a site.
    pub(crate) fn known_at(&self, site: usize, what: &What) -> Option<AtomId> {
        match self.index.get(&(site, what.clone()))? {
            Formula::Atom(id) => Some(*id),
            _ => None,
        }
    }

    /// An atom, or the one that asks the same.
    pub(crate) fn atom(&mut self, what: What, inputs: Vec<Input>, exact: bool) -> Formula {
        if let Some(known) = self.known_atom(&what) {
            return known;
        }
        let id = AtomId(self.atoms.len());
        if self.sites.len() > 1
            && let Some(site) = self.sites.get(self.at)
        {
            let (key, negated) = key::key(site, &what);
            self.shared.insert(key, (id, negated));
        }
        self.index
            .insert((self.at, what.clone()), Formula::Atom(id));
        self.atoms.push(Atom {
            what,
            site: self.at,
            inputs,
            exact,
        });
        Formula::Atom(id)
    }

    /// The atom that asks this, or its negation, at this site or another.
    fn known_atom(&mut self, what: &What) -> Option<Formula> {
        let own = (self.at, what.clone());
        if let Some(known) = self.index.get(&own) {
            return Some(known.clone());
        }
        if self.shared.is_empty() {
            return None;
        }
        let (key, negated) = key::key(self.here()?, what);
        let (id, other) = self.shared.get(&key).copied()?;
        let known = if negated == other {
            Formula::Atom(id)
        } else {
            Formula::Atom(id).negated()
        };
        self.index.insert(own, known.clone());
        Some(known)
    }

    /// Two terms are compared with one another; whether that is followed exactly.
    pub(crate) fn link(&mut self, a: &Term, b: &Term) -> bool {
        for term in [a, b] {
            self.uses.whole(term);
            if let Some(Type::Enum(members)) = self.kind(term) {
                for member in members {
                    self.note_text(term, member);
                }
            }
            if matches!(term.path.last(), Some(Step::Weekday(_))) {
                for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
                    self.note_text(term, day);
                }
            }
        }
        self.uses.link(a, b);
        self.is_scalar(a) && self.is_scalar(b)
    }

    /// Whether values of a term are told apart by what is noted of the term itself.
    pub(crate) fn is_scalar(&self, term: &Term) -> bool {
        !matches!(
            self.kind(term),
            Some(Type::Set(_) | Type::List(_) | Type::Record(_) | Type::Json)
        )
    }

    pub(crate) fn note_text(&mut self, term: &Term, text: &str) {
        self.uses.whole(term);
        self.uses.note(term, |class| {
            class
                .values
                .insert(placet_model::value::Value::Text(text.into()));
        });
    }
}

/// Whether two sites make the same resource of the same inputs.
fn is_same_shape(a: &Site<'_>, b: &Site<'_>) -> bool {
    let places = |site: &Site<'_>| (site.spot.places.clone(), site.spot.tail.clone());
    if places(a) != places(b) {
        return false;
    }
    let filled = a.spot.places.iter().filter_map(|place| match place {
        Place::Filled(source) => Some(&source.input),
        Place::Literal(_) => None,
    });
    let mut inputs = filled.chain(a.spot.tail.as_ref().map(|tail| &tail.input));
    inputs.all(|input| a.declared(input) == b.declared(input))
}
