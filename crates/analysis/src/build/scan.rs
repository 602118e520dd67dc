//! Reads an atom's expression: which inputs it reads, what it compares them with, and
//! whether the values that follow from that stand for all values.

use std::collections::BTreeSet;

use placet_model::ids::{ExprId, PatternId, ResourceFactsId};
use placet_model::policy::{Entity, Expr, Extract, HistoryKey, Segment, Type};
use placet_model::resource::decode_segment;
use placet_model::value::Value;
use smol_str::SmolStr;

use super::Builder;
use super::key::capture_at;
use crate::input::{Input, Step, Term};
use crate::spot::{Place, Source};

/// What an expression is to one that compares it.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// A constant.
    Const(Value),
    /// A value that the request tells.
    Term(Term),
    /// A whole number that the request tells, as the text of a segment.
    Digits(Term),
    /// The parts of an address.
    Address(Term),
    /// A history as it is.
    History(Term),
    /// An argument that the function does not have.
    Absent,
    /// Something that is computed.
    Other,
}

pub(super) struct Scan<'b, 'p> {
    pub(super) build: &'b mut Builder<'p>,
    arm: Option<PatternId>,
    inputs: BTreeSet<Input>,
    locals: Vec<Operand>,
    loops: usize,
    exact: bool,
    captures: bool,
}

impl<'p> Builder<'p> {
    pub(super) fn scan(&mut self, arm: Option<PatternId>) -> Scan<'_, 'p> {
        Scan {
            build: self,
            arm,
            inputs: BTreeSet::new(),
            locals: Vec::new(),
            loops: 0,
            exact: true,
            captures: false,
        }
    }
}

impl Scan<'_, '_> {
    /// What was read, whether exactly, and whether a capture was.
    pub(super) fn finish(self) -> (Vec<Input>, bool, bool) {
        (self.inputs.into_iter().collect(), self.exact, self.captures)
    }

    /// Facts of resources exist within their patterns alone: where an input fills a segment
    /// that a pattern asks about, it says whether there are any.
    fn facts_lie(&mut self, block: ResourceFactsId) {
        let policy = self.build.policy;
        let spot = &self.build.spot;
        let block = policy.resource_facts.get(block.index());
        let patterns = block.into_iter().flat_map(|block| &block.patterns);
        let asked: BTreeSet<usize> = patterns
            .filter_map(|pattern| policy.patterns.get(pattern.index()))
            .flat_map(|pattern| {
                let segments = pattern.segments.iter().enumerate();
                let asks = segments.filter(|(_, segment)| **segment != Segment::Any);
                let ends = (!pattern.tail || pattern.segments.len() > spot.places.len())
                    .then_some(spot.places.len());
                asks.map(|(at, _)| at).chain(ends)
            })
            .collect();
        let filled: Vec<Input> = asked
            .into_iter()
            .filter_map(|at| match spot.places.get(at) {
                Some(Place::Literal(_)) => None,
                Some(Place::Filled(source)) => Some(source.input.clone()),
                None => spot.tail.as_ref().map(|tail| tail.input.clone()),
            })
            .collect();
        self.exact &= filled.is_empty();
        self.inputs.extend(filled);
    }

    /// A boolean expression.
    pub(super) fn boolean(&mut self, id: ExprId) {
        let policy = self.build.policy;
        let Some(expr) = policy.exprs.get(id.index()) else {
            self.exact = false;
            return;
        };
        match expr {
            Expr::Not(of) => self.boolean(*of),
            Expr::And(a, b) | Expr::Or(a, b) => {
                self.boolean(*a);
                self.boolean(*b);
            }
            Expr::HasUser => {
                self.inputs.insert(Input::User);
            }
            Expr::Has(of) => match self.operand(*of) {
                Operand::Term(term) => {
                    self.build.uses.touch(&term);
                    let plain = |step: &Step| matches!(step, Step::Field(_) | Step::Member);
                    self.exact &= term.path.iter().all(plain);
                }
                Operand::Absent | Operand::History(_) => {}
                _ => self.crude(id),
            },
            Expr::Compare(_, a, b) => self.compare(id, *a, *b),
            Expr::In(a, b) => self.member(id, *a, *b),
            Expr::Contains(a, b) => {
                if self.is_text(*a) {
                    self.crude(id);
                } else {
                    self.member(id, *b, *a);
                }
            }
            Expr::SubsetOf(a, b) => self.subset(id, *a, *b),
            Expr::Like(of, parts) => self.like(id, *of, parts),
            Expr::Within(of, net) => match self.operand(*of) {
                Operand::Term(term) => {
                    self.build.uses.whole(&term);
                    self.build.uses.note(&term, |class| {
                        class.nets.insert(*net);
                    });
                }
                Operand::Absent => {}
                _ => self.crude(id),
            },
            Expr::Quantifier { over, body, .. } => {
                let list = self.operand(over.list);
                let Operand::Term(list) = list else {
                    self.crude(id);
                    return;
                };
                if self.loops > 0 {
                    self.exact = false;
                }
                self.build.uses.ask_members(&list, 1);
                self.build.uses.touch(&list.then(Step::Member));
                let slot = over.slot as usize;
                self.locals.truncate(slot);
                while self.locals.len() < slot {
                    self.locals.push(Operand::Other);
                }
                self.locals.push(Operand::Term(list.then(Step::Member)));
                self.loops += 1;
                if let Some(filter) = over.filter {
                    self.boolean(filter);
                }
                self.boolean(*body);
                self.loops -= 1;
                self.locals.truncate(slot);
            }
            Expr::Const(_) => {}
            _ => match self.operand(id) {
                Operand::Term(term) => self.build.uses.whole(&term),
                Operand::Absent => {}
                _ => self.crude(id),
            },
        }
    }

    /// A number that is spent of a budget.
    pub(super) fn amount(&mut self, id: ExprId, limit: rust_decimal::Decimal) {
        match self.operand(id) {
            Operand::Term(term) => {
                self.build.uses.whole(&term);
                self.note(&term, Value::Decimal(limit));
                self.note(&term, Value::Decimal(rust_decimal::Decimal::ZERO));
            }
            Operand::Absent => {}
            _ => self.crude(id),
        }
    }

    fn compare(&mut self, id: ExprId, a: ExprId, b: ExprId) {
        match (self.operand(a), self.operand(b)) {
            (Operand::Term(term), Operand::Const(value))
            | (Operand::Const(value), Operand::Term(term)) => {
                let whole = matches!(value, Value::Set(_) | Value::List(_) | Value::Record(_));
                self.exact &= !whole;
                self.build.uses.whole(&term);
                self.note(&term, value);
            }
            (Operand::Term(a), Operand::Term(b)) | (Operand::Digits(a), Operand::Digits(b)) => {
                self.exact &= self.build.link(&a, &b);
            }
            (Operand::Digits(term), Operand::Const(Value::Text(text)))
            | (Operand::Const(Value::Text(text)), Operand::Digits(term)) => {
                self.build.uses.whole(&term);
                if let Ok(number) = text.parse() {
                    self.note(&term, Value::Int(number));
                }
            }
            (Operand::Const(_), Operand::Const(_))
            | (Operand::Absent, _)
            | (_, Operand::Absent) => {}
            _ => self.crude(id),
        }
    }

    fn member(&mut self, id: ExprId, a: ExprId, set: ExprId) {
        match (self.operand(a), self.operand(set)) {
            (Operand::Term(term), Operand::Const(set)) => {
                self.exact &= self.build.is_scalar(&term);
                self.build.uses.whole(&term);
                for value in set.members().unwrap_or_default() {
                    self.note(&term, value.clone());
                }
            }
            (Operand::Digits(term), Operand::Const(set)) => {
                self.build.uses.whole(&term);
                for value in set.members().unwrap_or_default() {
                    if let Value::Text(text) = value
                        && let Ok(number) = text.parse()
                    {
                        self.note(&term, Value::Int(number));
                    }
                }
            }
            (Operand::Const(value), Operand::Term(set)) => {
                let member = set.then(Step::Member);
                self.exact &= self.build.is_scalar(&member);
                self.build.uses.whole(&member);
                self.note(&member, value);
                self.build.uses.ask_members(&set, 1);
            }
            (Operand::Term(term), Operand::Term(set)) => {
                let member = set.then(Step::Member);
                self.exact &= self.build.link(&term, &member);
                self.build.uses.ask_members(&set, 1);
                if self.loops > 0
                    && let Some(at) = term.path.iter().position(|step| *step == Step::Member)
                {
                    let mut list = term.clone();
                    list.path.truncate(at);
                    self.build.uses.lean(&set, &list);
                }
            }
            (Operand::Const(_), Operand::Const(_))
            | (Operand::Absent, _)
            | (_, Operand::Absent) => {}
            _ => self.crude(id),
        }
    }

    fn subset(&mut self, id: ExprId, a: ExprId, b: ExprId) {
        match (self.operand(a), self.operand(b)) {
            (Operand::Term(set), Operand::Const(values)) => {
                let member = set.then(Step::Member);
                self.exact &= self.build.is_scalar(&member);
                self.build.uses.whole(&member);
                for value in values.members().unwrap_or_default() {
                    self.note(&member, value.clone());
                }
                self.build.uses.ask_members(&set, 1);
            }
            (Operand::Const(values), Operand::Term(set)) => {
                let member = set.then(Step::Member);
                let values = values.members().unwrap_or_default();
                self.exact &= self.build.is_scalar(&member);
                self.build.uses.whole(&member);
                for value in values {
                    self.note(&member, value.clone());
                }
                self.build.uses.ask_members(&set, values.len());
            }
            (Operand::Term(a), Operand::Term(b)) => {
                let (x, y) = (a.then(Step::Member), b.then(Step::Member));
                self.exact &= self.build.link(&x, &y);
                self.build.uses.ask_members(&a, 1);
                self.build.uses.lean(&b, &a);
            }
            (Operand::Const(_), Operand::Const(_))
            | (Operand::Absent, _)
            | (_, Operand::Absent) => {}
            _ => self.crude(id),
        }
    }

    fn like(&mut self, id: ExprId, of: ExprId, parts: &[SmolStr]) {
        match (self.operand(of), parts) {
            (Operand::Term(term), [only]) => self.build.note_text(&term, only),
            (Operand::Term(term), [prefix, suffix]) => {
                self.build.uses.whole(&term);
                self.build.uses.note(&term, |class| {
                    class.globs.insert((prefix.clone(), suffix.clone()));
                });
            }
            (Operand::Term(term), parts) => {
                self.exact = false;
                self.build.note_text(&term, &parts.concat());
                self.build.note_text(&term, &parts.join("-"));
            }
            (Operand::Absent, _) => {}
            _ => self.crude(id),
        }
    }

    /// What the atom computes is not followed: it may be anything. Its terms are tried with
    /// its constants all the same.
    fn crude(&mut self, id: ExprId) {
        self.exact = false;
        let mut terms = Vec::new();
        let mut values = Vec::new();
        self.collect(id, &mut terms, &mut values);
        for term in &terms {
            self.build.uses.touch(term);
            for value in &values {
                self.note(term, value.clone());
            }
        }
    }

    fn collect(&mut self, id: ExprId, terms: &mut Vec<Term>, values: &mut Vec<Value>) {
        let policy = self.build.policy;
        let Some(expr) = policy.exprs.get(id.index()) else {
            return;
        };
        match self.operand(id) {
            Operand::Const(value) => values.push(value),
            Operand::Term(term) | Operand::Digits(term) => {
                if matches!(self.build.kind(&term), Some(Type::Set(_) | Type::List(_))) {
                    terms.push(term.then(Step::Member));
                }
                terms.push(term);
            }
            _ => {
                if let Expr::Quantifier { over, .. }
                | Expr::Count { over, .. }
                | Expr::Sum { over, .. } = expr
                {
                    let slot = over.slot as usize;
                    while self.locals.len() <= slot {
                        self.locals.push(Operand::Other);
                    }
                    if let Operand::Term(list) = self.operand(over.list)
                        && let Some(place) = self.locals.get_mut(slot)
                    {
                        *place = Operand::Term(list.then(Step::Member));
                    }
                }
                expr.for_each_child(|child| self.collect(child, terms, values));
            }
        }
    }

    fn note(&mut self, term: &Term, value: Value) {
        self.build.uses.note(term, |class| {
            class.values.insert(value);
        });
    }

    fn is_text(&mut self, id: ExprId) -> bool {
        match self.operand(id) {
            Operand::Const(value) => matches!(value, Value::Text(_)),
            Operand::Term(term) => match term.input {
                Input::Segment(_) | Input::Agent | Input::User | Input::Task => true,
                _ => matches!(self.build.kind(&term), Some(Type::Text | Type::Enum(_))),
            },
            _ => true,
        }
    }

    /// What an expression is; notes the inputs that it reads.
    pub(super) fn operand(&mut self, id: ExprId) -> Operand {
        let policy = self.build.policy;
        let Some(expr) = policy.exprs.get(id.index()) else {
            return Operand::Other;
        };
        match expr {
            Expr::Const(value) => Operand::Const(value.clone()),
            Expr::Fact(fact) => {
                let Some(fact) = policy.facts.get(fact.index()) else {
                    return Operand::Other;
                };
                match fact.entity {
                    Entity::User => {
                        self.inputs.insert(Input::User);
                    }
                    // The policy may set it for some agents.
                    Entity::Agent => {
                        self.inputs.insert(Input::Agent);
                    }
                    Entity::Task if self.build.here().is_some_and(|site| site.reads_task) => {
                        self.inputs.insert(Input::Task);
                    }
                    Entity::Task | Entity::Context => {}
                }
                self.read(Input::Fact(fact.entity, fact.field.name.clone()))
            }
            Expr::AgentId => self.read(Input::Agent),
            Expr::UserId => self.read(Input::User),
            Expr::TaskId => self.read(Input::Task),
            Expr::Now => self.read(Input::Now),
            Expr::ChainDepth if self.build.deepest == 0 => Operand::Const(Value::Int(0)),
            Expr::ChainDepth => self.read(Input::Depth),
            Expr::ChainRoot if self.build.deepest == 0 => self.read(Input::Agent),
            Expr::ChainRoot | Expr::ChainAgents => {
                self.inputs.insert(Input::Agent);
                if self.build.deepest > 0 {
                    self.inputs.insert(Input::Depth);
                }
                Operand::Other
            }
            Expr::ResourcePath => {
                self.inputs.extend(self.build.spot.inputs_from(0).cloned());
                Operand::Other
            }
            Expr::ResourceFact(block, name) => {
                self.facts_lie(*block);
                let shape = self
                    .build
                    .sites
                    .get(self.build.at)
                    .map_or(0, |site| site.shape);
                self.read(Input::Known(shape, name.clone()))
            }
            Expr::Arg(name) => {
                let parameters = self.build.spot.parameters(policy);
                if parameters.iter().any(|field| field.name == *name) {
                    self.read(Input::Arg(name.clone()))
                } else {
                    Operand::Absent
                }
            }
            Expr::Capture(index) => self.capture(*index),
            Expr::Local(slot) => self
                .locals
                .get(*slot as usize)
                .cloned()
                .unwrap_or(Operand::Other),
            Expr::Field(of, name) => match self.operand(*of) {
                Operand::Term(term) => {
                    let field = term.then(Step::Field(name.clone()));
                    match self.build.kind(&term) {
                        Some(Type::Record(_)) => Operand::Term(field),
                        _ => Operand::Other,
                    }
                }
                Operand::Address(term) if name == "domain" => {
                    Operand::Term(term.then(Step::Domain))
                }
                Operand::Address(term) if name == "local" => Operand::Term(term.then(Step::Local)),
                _ => Operand::Other,
            },
            Expr::Lower(of) => match self.operand(*of) {
                Operand::Term(term)
                    if !matches!(self.build.kind(&term), Some(Type::Set(_) | Type::List(_))) =>
                {
                    Operand::Term(term.then(Step::Lower))
                }
                _ => Operand::Other,
            },
            Expr::Email(of) => match self.operand(*of) {
                Operand::Term(term) => Operand::Address(term),
                _ => Operand::Other,
            },
            Expr::History(history) => {
                let Some(history) = policy.histories.get(history.index()) else {
                    return Operand::Other;
                };
                match history.per {
                    HistoryKey::User => {
                        self.inputs.insert(Input::User);
                    }
                    HistoryKey::Task => {
                        self.inputs.insert(Input::Task);
                    }
                    HistoryKey::Credential | HistoryKey::Chain | HistoryKey::Agent => {}
                }
                let input = Input::History(history.name.clone());
                self.inputs.insert(input.clone());
                // Two selections of the same calls differ in more than their number.
                self.exact &= !self.build.is_contested(&input);
                Operand::History(Term::of(input))
            }
            Expr::Count {
                over,
                distinct: None,
            } if over.filter.is_none() => match self.operand(over.list) {
                Operand::Term(term) | Operand::History(term) => {
                    let count = term.then(Step::Count);
                    self.build.uses.touch(&count);
                    Operand::Term(count)
                }
                _ => Operand::Other,
            },
            Expr::TimeOfDay(of, offset) => match self.operand(*of) {
                Operand::Term(term) => Operand::Term(term.then(Step::TimeOfDay(*offset))),
                _ => Operand::Other,
            },
            Expr::Weekday(of, offset) => match self.operand(*of) {
                Operand::Term(term) => Operand::Term(term.then(Step::Weekday(*offset))),
                _ => Operand::Other,
            },
            _ => {
                expr.for_each_child(|child| {
                    self.operand(child);
                });
                Operand::Other
            }
        }
    }

    fn read(&mut self, input: Input) -> Operand {
        self.build.note_given(&input);
        if let Input::Known(..) = input {
            // The host's word for one resource cannot be of two types.
            self.exact &= !self.build.is_contested(&input);
        }
        self.inputs.insert(input.clone());
        Operand::Term(Term::of(input))
    }

    /// What a pattern of the rule captured.
    fn capture(&mut self, index: u32) -> Operand {
        self.captures = true;
        let policy = self.build.policy;
        let Some(pattern) = self.arm.and_then(|arm| policy.patterns.get(arm.index())) else {
            return Operand::Other;
        };
        let at = capture_at(pattern, index);
        match self.build.spot.places.get(at).cloned() {
            Some(Place::Literal(text)) => Operand::Const(Value::Text(decode_segment(&text).into())),
            Some(Place::Filled(source)) => {
                self.inputs.insert(source.input.clone());
                self.build.source_term(&source)
            }
            None => {
                self.inputs.extend(self.build.spot.inputs_from(at).cloned());
                Operand::Other
            }
        }
    }
}

impl Builder<'_> {
    /// What the policy itself gives an input is a value to try: for this input, and for all
    /// that it is compared with.
    pub(super) fn note_given(&mut self, input: &Input) {
        if !self.given.insert(input.clone()) {
            return;
        }
        let mut values: Vec<Value> = Vec::new();
        for site in &self.sites {
            let policy = site.policy;
            match input {
                Input::Agent => {
                    let agents = policy.agents.iter();
                    values.extend(agents.map(|agent| Value::Text(agent.name.clone())));
                }
                Input::Fact(entity, name) => {
                    let mut facts = policy.facts.iter().enumerate();
                    let found =
                        facts.find(|(_, fact)| fact.entity == *entity && fact.field.name == *name);
                    let Some((at, fact)) = found else { continue };
                    values.extend(fact.field.default.clone());
                    let set = policy.agents.iter().flat_map(|agent| &agent.facts);
                    let set = set.filter(|(id, _)| id.index() == at);
                    values.extend(set.map(|(_, value)| value.clone()));
                }
                Input::Arg(_) => {
                    values.extend(site.field(input).and_then(|field| field.default.clone()));
                }
                Input::Known(_, name) => {
                    let blocks = policy.resource_facts.iter().flat_map(|block| &block.fields);
                    let found = blocks.filter(|field| field.name == *name);
                    values.extend(found.filter_map(|field| field.default.clone()));
                }
                _ => {}
            }
        }
        for value in values {
            self.note_parts(&Term::of(input.clone()), &value);
        }
    }

    fn note_parts(&mut self, term: &Term, value: &Value) {
        match value {
            Value::Set(members) | Value::List(members) => {
                for member in members.iter() {
                    self.note_parts(&term.then(Step::Member), member);
                }
            }
            Value::Record(fields) => {
                for (name, value) in fields.iter() {
                    self.note_parts(&term.then(Step::Field(name.clone())), value);
                }
            }
            value => self.uses.give(term, value),
        }
    }

    /// The text of a segment as a term.
    pub(super) fn source_term(&self, source: &Source) -> Operand {
        let term = &source.term;
        match source.extract {
            Extract::Lower => Operand::Term(term.then(Step::Lower)),
            Extract::Email if source.part == 0 => Operand::Term(term.then(Step::Domain)),
            Extract::Email => Operand::Term(term.then(Step::Local)),
            _ => match self.kind(term) {
                Some(Type::Int) => Operand::Digits(term.clone()),
                _ => Operand::Term(term.clone()),
            },
        }
    }
}
