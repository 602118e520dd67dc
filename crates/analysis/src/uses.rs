//! What the atoms of a problem do with each term: with which constants, patterns and other
//! terms it is compared. From this follow the values that are enough to try.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use placet_model::value::Value;
use smol_str::SmolStr;

use crate::input::{Step, Term};

/// The uses of all terms.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    index: BTreeMap<Term, usize>,
    parents: Vec<usize>,
    classes: Vec<Class>,
    /// By how many atoms the members of a set or list are asked about.
    asked: BTreeMap<Term, usize>,
    /// Sets that are asked about each of those members of others that matter.
    leans: BTreeMap<Term, BTreeSet<Term>>,
    /// What the policy itself gives some terms.
    given: BTreeMap<Term, BTreeSet<Value>>,
    /// Terms whose own value is compared, and not only parts of it.
    whole: BTreeSet<Term>,
}

/// Terms that are compared with one another, and what they are compared with besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    /// How many terms there are.
    pub(crate) terms: usize,
    /// Constants.
    pub(crate) values: BTreeSet<Value>,
    /// Beginnings and ends of texts.
    pub(crate) globs: BTreeSet<(SmolStr, SmolStr)>,
    /// Networks of addresses.
    pub(crate) nets: BTreeSet<IpNet>,
    /// Some term becomes a segment of a resource or pattern, which not every text can.
    pub(crate) segment: bool,
    /// Some term is the domain of an address.
    pub(crate) domain: bool,
}

impl Uses {
    /// Knows a term.
    pub(crate) fn touch(&mut self, term: &Term) -> usize {
        if let Some(at) = self.index.get(term) {
            return *at;
        }
        let at = self.parents.len();
        self.parents.push(at);
        self.classes.push(Class {
            terms: 1,
            domain: term.path.last() == Some(&Step::Domain),
            ..Class::default()
        });
        self.index.insert(term.clone(), at);
        let derived = self.derived(term);
        if let Some(class) = self.classes.get_mut(at) {
            class.values.extend(derived);
        }
        at
    }

    /// The policy itself gives a term this value.
    pub(crate) fn give(&mut self, term: &Term, value: &Value) {
        self.given
            .entry(term.clone())
            .or_default()
            .insert(value.clone());
        self.note(term, |class| {
            class.values.insert(value.clone());
        });
    }

    /// What becomes of the values that the policy gives the term one step before.
    fn derived(&self, term: &Term) -> Vec<Value> {
        let mut before = term.clone();
        let Some(step) = before.path.pop() else {
            return Vec::new();
        };
        let given = self.given.get(&before).into_iter().flatten();
        let texts = given.filter_map(|value| match value {
            Value::Text(text) => Some(text),
            _ => None,
        });
        let address = |text: &SmolStr| placet_evaluator::extract::email_parts(text).ok();
        let derived = texts.filter_map(|text| match step {
            Step::Lower => Some(placet_evaluator::extract::lower(text)),
            Step::Domain => address(text).map(|parts| parts.domain),
            Step::Local => address(text).map(|parts| parts.local),
            _ => None,
        });
        derived.map(Value::Text).collect()
    }

    /// A term's own value is compared.
    pub(crate) fn whole(&mut self, term: &Term) {
        self.touch(term);
        self.whole.insert(term.clone());
    }

    /// Whether a term's own value is compared.
    pub(crate) fn is_whole(&self, term: &Term) -> bool {
        self.whole.contains(term)
    }

    /// A term is compared with something constant.
    pub(crate) fn note(&mut self, term: &Term, with: impl FnOnce(&mut Class)) {
        let at = self.touch(term);
        let root = self.root(at);
        if let Some(class) = self.classes.get_mut(root) {
            with(class);
        }
    }

    /// Two terms are compared with one another.
    pub(crate) fn link(&mut self, a: &Term, b: &Term) {
        let (a, b) = (self.touch(a), self.touch(b));
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let moved = self
            .classes
            .get_mut(b)
            .map(std::mem::take)
            .unwrap_or_default();
        if let Some(class) = self.classes.get_mut(a) {
            class.terms += moved.terms;
            class.values.extend(moved.values);
            class.globs.extend(moved.globs);
            class.nets.extend(moved.nets);
            class.segment |= moved.segment;
            class.domain |= moved.domain;
        }
        if let Some(parent) = self.parents.get_mut(b) {
            *parent = a;
        }
    }

    /// Counts the members that can matter of a set or list as terms of their own; to be done
    /// when all atoms are known.
    pub(crate) fn settle(&mut self) {
        // More than that are more sets than are ever tried.
        const MOST_WORDS: usize = 12;
        let terms: Vec<(Term, usize)> = self
            .index
            .iter()
            .map(|(term, at)| (term.clone(), *at))
            .collect();
        let mut counts = vec![0_usize; self.classes.len()];
        for (term, at) in terms {
            let members = term.path.iter().enumerate();
            let members = members.filter(|(_, step)| **step == Step::Member);
            let many = members.fold(1_usize, |many, (at, _)| {
                let mut list = term.clone();
                list.path.truncate(at);
                many.saturating_mul(self.members_asked(&list).clamp(1, MOST_WORDS))
            });
            let root = self.root(at);
            if let Some(count) = counts.get_mut(root) {
                *count += many.min(MOST_WORDS);
            }
        }
        for (class, count) in self.classes.iter_mut().zip(counts) {
            class.terms = count;
        }
    }

    /// One more atom asks about the members of a set or list.
    pub(crate) fn ask_members(&mut self, of: &Term, atoms: usize) {
        *self.asked.entry(of.clone()).or_default() += atoms;
    }

    /// A set is asked about the members of another set or list.
    pub(crate) fn lean(&mut self, set: &Term, on: &Term) {
        self.leans
            .entry(set.clone())
            .or_default()
            .insert(on.clone());
    }

    /// How many members of a set or list can matter at a time: one for each atom that asks
    /// about them, and those that matter of each set whose members it is asked about.
    pub(crate) fn members_asked(&self, of: &Term) -> usize {
        self.asked_below(of, 4)
    }

    fn asked_below(&self, of: &Term, depth: usize) -> usize {
        let own = self.asked.get(of).copied().unwrap_or(0);
        if depth == 0 {
            // Sets that lean on one another in a circle: more than is ever tried.
            return usize::MAX / 2;
        }
        let leans = self.leans.get(of).into_iter().flatten();
        leans.fold(own, |sum, on| {
            sum.saturating_add(self.asked_below(on, depth - 1))
        })
    }

    /// What a term is compared with; `None` when nobody reads it.
    pub(crate) fn class(&self, term: &Term) -> Option<&Class> {
        let mut at = *self.index.get(term)?;
        while let Some(parent) = self.parents.get(at)
            && *parent != at
        {
            at = *parent;
        }
        self.classes.get(at)
    }

    /// What the terms one step further are compared with.
    pub(crate) fn below<'u>(
        &'u self,
        term: &'u Term,
    ) -> impl Iterator<Item = (&'u Step, &'u Class)> {
        let below = self.index.range(term.clone()..);
        let below = below.take_while(|(other, _)| {
            other.input == term.input && other.path.starts_with(&term.path)
        });
        below.filter_map(|(other, _)| {
            let step = other.path.get(term.path.len())?;
            (other.path.len() == term.path.len() + 1).then_some((step, self.class(other)?))
        })
    }

    /// Whether anybody reads a term or a part of it.
    pub(crate) fn reads(&self, term: &Term) -> bool {
        let mut below = self.index.range(term.clone()..);
        below.next().is_some_and(|(first, _)| {
            first.input == term.input && first.path.starts_with(&term.path)
        })
    }

    fn root(&mut self, mut at: usize) -> usize {
        while let Some(parent) = self.parents.get(at).copied()
            && parent != at
        {
            at = parent;
        }
        at
    }
}
