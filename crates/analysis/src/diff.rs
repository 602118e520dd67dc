//! The exact difference of two policies: what the one grants that the other does not, and
//! where both grant, what one asks for less or allows for longer.
//!
//! Inputs are shared by name and atoms by what they mean, so that a question ranges over
//! both policies at once. What both say alike is taken away before anything is searched:
//! equal policies are told equal without a search, and what neither can be followed in does
//! not come between them. Each request that is found is decided by both evaluators; why it
//! is found makes the region that it stands for, and the search goes on outside of it.

mod beside;
mod literal;
mod merge;
mod offer;
mod pair;
mod shown;
mod side;

use std::collections::BTreeSet;

use placet_evaluator::Engine;
use placet_model::compiled::Compiled;
use placet_model::decision::Decision;
use placet_model::policy::Policy;
use placet_model::request::Request;
use smol_str::SmolStr;

use crate::ask::{Outcome, Solution, Why, ask_for};
use crate::build::Builder;
use crate::claims::{Effort, shorten};
use crate::formula::Truths;
use crate::input::Slot;
use crate::region::Region;
use crate::solve::AtomId;
use literal::{Cube, Tree, outside, reason, simplified};
use offer::Offered;
pub use offer::Shift;
use pair::{Joint, pairs};
use side::{slots, tree};

/// How two policies differ.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// What the new one grants and the old one does not.
    pub granted: Vec<Change>,
    /// What the old one grants and the new one does not.
    pub denied: Vec<Change>,
    /// What both grant, and the new one for less or for longer.
    pub looser: Vec<Change>,
    /// What both grant, and the new one for more or for shorter.
    pub tighter: Vec<Change>,
    /// What is not known. For each reason the calls that it is about, sorted.
    pub unknown: Vec<Unknown>,
}

/// A region in which two policies differ.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which requests: those inside that the rules do not deny which both policies have.
    pub region: Region,
    /// For looser and tighter: what of the duties and limits changed.
    pub shifts: Vec<Shift>,
    /// A request of the region.
    pub request: Request,
    /// What the old policy decides of it.
    pub old: Decision,
    /// What the new one does.
    pub new: Decision,
}

/// Something that could not be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// What was asked: `newly granted`.
    pub asked: &'static str,
    /// Of which tool.
    pub tool: SmolStr,
    /// Why it is not known.
    pub why: Why,
}

/// What is asked: what one policy grants more than the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Granted,
    Denied,
    Looser,
    Tighter,
}

impl Asks {
    const fn name(self) -> &'static str {
        match self {
            Self::Granted => "newly granted",
            Self::Denied => "newly denied",
            Self::Looser => "looser",
            Self::Tighter => "tighter",
        }
    }
}

impl Difference {
    /// Whether nothing differs, and nothing is unknown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.granted.is_empty()
            && self.denied.is_empty()
            && self.looser.is_empty()
            && self.tighter.is_empty()
            && self.unknown.is_empty()
    }

    /// Whether the new policy grants, or may grant, what the old one does not, or for less.
    #[must_use]
    pub fn widens(&self) -> bool {
        let widening = [
            Asks::Granted.name(),
            Asks::Looser.name(),
            beside::ISSUED,
            beside::SHARED,
            beside::KNOWN,
        ];
        !self.granted.is_empty()
            || !self.looser.is_empty()
            || self
                .unknown
                .iter()
                .any(|unknown| widening.contains(&unknown.asked))
    }

    fn of(&mut self, asks: Asks) -> &mut Vec<Change> {
        match asks {
            Asks::Granted => &mut self.granted,
            Asks::Denied => &mut self.denied,
            Asks::Looser => &mut self.looser,
            Asks::Tighter => &mut self.tighter,
        }
    }
}

/// How two policies differ in what they grant at run time.
#[must_use]
pub fn diff(old: &Compiled, new: &Compiled, effort: Effort) -> Difference {
    let (old, new) = (Engine::new(old.clone()), Engine::new(new.clone()));
    let mut found = Difference::default();
    for (more, less, wider) in [(&new, &old, true), (&old, &new, false)] {
        let search = Search {
            more,
            less,
            wider,
            effort,
        };
        for pair in pairs(more, less) {
            if pair.is_odd {
                let why = Why::NotAsked("a template that reads more than one argument");
                search.note(&mut found, search.asks(false), &pair.path, why);
            }
            for joint in &pair.questions {
                search.at(joint, &pair.path, &mut found);
            }
        }
    }
    for asks in [Asks::Granted, Asks::Denied, Asks::Looser, Asks::Tighter] {
        let changes = found.of(asks);
        *changes = merge::merged(std::mem::take(changes), policy(&new), policy(&old));
    }
    found
        .unknown
        .extend(beside::beside(policy(&old), policy(&new)));
    found.unknown.sort();
    found.unknown.dedup();
    found
}

fn policy(engine: &Engine) -> &Policy {
    engine.compiled().policy()
}

/// The most regions that are told of one question.
const MOST_REGIONS: usize = 24;

/// Looks for what one policy grants more than another.
struct Search<'p> {
    more: &'p Engine,
    less: &'p Engine,
    /// Whether the one that grants more is the new one.
    wider: bool,
    effort: Effort,
}

/// What is asked at one function.
#[derive(Clone, Copy)]
struct Ask<'a, 'p> {
    build: &'a Builder<'p>,
    joint: &'a Joint<'p>,
    path: &'a SmolStr,
    /// What both policies ask alike, besides their grants.
    alike: &'a BTreeSet<Tree>,
}

/// A request that was found, with what both policies decide of it.
struct Found {
    request: Request,
    more: Decision,
    less: Decision,
    cube: Cube,
    shifts: Vec<Shift>,
}

impl<'p> Search<'p> {
    const fn asks(&self, duties: bool) -> Asks {
        match (self.wider, duties) {
            (true, false) => Asks::Granted,
            (false, false) => Asks::Denied,
            (true, true) => Asks::Looser,
            (false, true) => Asks::Tighter,
        }
    }

    fn note(&self, found: &mut Difference, asks: Asks, path: &SmolStr, why: Why) {
        found.unknown.push(Unknown {
            asked: asks.name(),
            tool: path.clone(),
            why,
        });
    }

    /// Asks all questions of a function.
    fn at(&self, joint: &Joint<'p>, path: &SmolStr, found: &mut Difference) {
        let Some(mut build) = joint.builder() else {
            return;
        };
        let none = BTreeSet::new();
        let mut all = BTreeSet::new();
        for at in 0..joint.sites().len() {
            build.turn(at);
            all.extend(slots(&build));
        }
        let mut kinds: Vec<BTreeSet<Slot>> = all
            .iter()
            .map(|slot| BTreeSet::from([slot.clone()]))
            .collect();
        if all.len() > 1 {
            kinds.push(all);
        }
        // All atoms have to be known before the values of any are.
        let more = joint.more.granted(&mut build, &none);
        let less = joint.less.granted(&mut build, &none);
        let offered: Vec<_> = kinds
            .into_iter()
            .map(|slots| {
                let more = joint.more.granted(&mut build, &slots);
                let less = joint.less.granted(&mut build, &slots);
                (slots, more, less)
            })
            .collect();
        let fits_more = tree(&joint.more.fits(&mut build));
        let fits_less = tree(&joint.less.fits(&mut build));
        build.uses.settle();
        // What both ask alike besides their grants need not be told of a region.
        let own = tree(&more.rest).conjuncts();
        let alike: BTreeSet<Tree> = tree(&less.rest)
            .conjuncts()
            .into_iter()
            .filter(|part| own.contains(part))
            .collect();
        let full = Tree::all([less.tree(), fits_less.clone()]);
        let more = Tree::all([more.tree(), fits_more.clone()]);
        let ask = Ask {
            build: &build,
            joint,
            path,
            alike: &alike,
        };
        if more != full {
            let whole = simplified([more, full.negated()], &alike);
            self.regions(ask, &none, whole, found);
        }
        let mut told = Vec::new();
        for (slots, more, less) in offered {
            let more = Tree::all([more.tree(), fits_more.clone()]);
            let less = Tree::all([less.tree(), fits_less.clone()]);
            if more == less {
                continue;
            }
            let together = slots.len() > 1;
            let known = told.iter().filter(|_| together).map(outside);
            let parts = [more, less.negated(), full.clone()]
                .into_iter()
                .chain(known);
            let whole = simplified(parts, &alike);
            told.extend(self.regions(ask, &slots, whole, found));
        }
    }

    /// Finds one region after the other, until nothing is left.
    fn regions(
        &self,
        ask: Ask<'_, 'p>,
        slots: &BTreeSet<Slot>,
        mut whole: Tree,
        found: &mut Difference,
    ) -> Vec<Cube> {
        let Ask {
            build, joint, path, ..
        } = ask;
        let asks = self.asks(!slots.is_empty());
        let mut cubes = Vec::new();
        let mut steps = self.effort.steps;
        while whole != Tree::NO {
            if cubes.len() >= MOST_REGIONS {
                self.note(found, asks, path, Why::Budget);
                break;
            }
            let mut goals = whole.goals();
            goals.extend(ask.alike.iter().flat_map(Tree::goals));
            let outcome = ask_for(build, goals, &mut steps, &mut |solution| {
                self.confirm(ask, slots, &whole, &solution)
            });
            let change = match outcome {
                Outcome::Yes(change) => change,
                Outcome::No => break,
                Outcome::Unknown(why) => {
                    self.note(found, asks, path, why);
                    break;
                }
            };
            let cube = change.cube;
            let region = shown::region(build, joint, &cube, &change.more, self.wider);
            let (old, new) = if self.wider {
                (change.less, change.more)
            } else {
                (change.more, change.less)
            };
            found.of(asks).push(Change {
                region,
                shifts: change.shifts,
                request: change.request,
                old,
                new,
            });
            whole = simplified([whole, outside(&cube)], ask.alike);
            cubes.push(cube);
        }
        cubes
    }

    /// What is found, if both evaluators say so.
    fn confirm(
        &self,
        ask: Ask<'_, 'p>,
        slots: &BTreeSet<Slot>,
        whole: &Tree,
        solution: &Solution<'_, '_, '_>,
    ) -> Option<Found> {
        let request = solution.request();
        if request.credential.is_some() {
            return None;
        }
        let offered = Offered::of(slots, &|input| solution.choice(input));
        let policies = [policy(self.more), policy(self.less)];
        let mut request = offered.given(request, policies);
        let differs = |request: &Request| self.differs(&offered, request).is_some();
        if !differs(&request) {
            return None;
        }
        shorten(&mut request, &differs);
        let full = Offered::default().given(request.clone(), policies);
        if !slots.is_empty() && !self.less.decide_without_credential(&full).is_grant() {
            return None;
        }
        let (more, less) = self.differs(&offered, &request)?;
        let truths = |id: AtomId| -> Truths { solution.truth(id) };
        let weight = |id: AtomId| shown::weight(ask.build, id);
        Some(Found {
            cube: reason(whole, &truths, &weight)?,
            shifts: self.shifts(slots, &request),
            request,
            more,
            less,
        })
    }

    /// What both policies decide of a request, when the one grants it and the other does not,
    /// or not for what is offered.
    fn differs(&self, offered: &Offered, request: &Request) -> Option<(Decision, Decision)> {
        let more = offered.decided(self.more, request);
        let less = offered.decided(self.less, request);
        let holds = |decision: &Decision| decision.is_grant() && offered.is_within(decision);
        (holds(&more) && !holds(&less)).then_some((more, less))
    }

    /// What of the duties and limits the policies say differently of a request.
    fn shifts(&self, slots: &BTreeSet<Slot>, request: &Request) -> Vec<Shift> {
        let shifts = slots.iter().filter_map(|slot| {
            let more = Offered::text(slot, self.more, request);
            let less = Offered::text(slot, self.less, request);
            let (old, new) = if self.wider {
                (less, more)
            } else {
                (more, less)
            };
            (old != new).then(|| Shift {
                of: offer::name(slot),
                old,
                new,
            })
        });
        shifts.collect()
    }
}
