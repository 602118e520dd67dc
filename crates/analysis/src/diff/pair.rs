//! Functions of two policies that go by one name, with all that each of them does.

use std::collections::BTreeSet;

use placet_evaluator::Engine;
use placet_model::policy::{Function, Policy};
use smol_str::SmolStr;

use super::side::Side;
use crate::build::Builder;
use crate::granted::Layered;
use crate::site::Site;
use crate::spot::{Spot, spots};

/// What may differ between two policies at one function: the questions to ask.
pub(super) struct Pair<'p> {
    pub(super) path: SmolStr,
    /// One question for a function that takes calls; for a tool that takes plain triples one
    /// for each of the templates of the policy that is to grant more.
    pub(super) questions: Vec<Joint<'p>>,
    /// Some template is none that can be followed.
    pub(super) is_odd: bool,
}

/// The sites of a question.
pub(super) struct Joint<'p> {
    sites: Vec<Site<'p>>,
    pub(super) more: Side,
    pub(super) less: Side,
}

/// The functions of `more`, each with the one of `less` that goes by its name.
pub(super) fn pairs<'p>(more: &'p Engine, less: &'p Engine) -> Vec<Pair<'p>> {
    let own = spots(policy(more));
    let others = spots(policy(less));
    let functions = policy(more).functions.iter();
    functions
        .map(|function| {
            let of = |spots: &[Spot<'p>]| -> Vec<Spot<'p>> {
                let spots = spots.iter();
                let spots = spots.filter(|spot| spot.declared.path == function.path);
                spots.cloned().collect()
            };
            let (own, others) = (of(&own), of(&others));
            let other = policy(less).functions.iter();
            let other = other.clone().find(|other| other.path == function.path);
            let same_kind =
                other.is_some_and(|other| other.params.is_some() == function.params.is_some());
            let lost = |function: &Function, spots: &[Spot<'p>]| {
                let lines = function.lines.iter();
                let templates: usize = lines.map(|line| line.templates.len()).sum();
                templates != spots.len()
            };
            let is_odd = lost(function, &own) || other.is_some_and(|other| lost(other, &others));
            let others = if same_kind { others } else { Vec::new() };
            let questions = if function.params.is_some() {
                vec![calls(more, own, less, others)]
            } else {
                let triples = own.into_iter();
                triples
                    .map(|spot| triples_of(more, spot, less, &others))
                    .collect()
            };
            Pair {
                path: function.path.clone(),
                questions,
                is_odd,
            }
        })
        .collect()
}

fn policy(engine: &Engine) -> &Policy {
    engine.compiled().policy()
}

/// All that calls of a function do.
fn calls<'p>(
    more: &'p Engine,
    own: Vec<Spot<'p>>,
    less: &'p Engine,
    others: Vec<Spot<'p>>,
) -> Joint<'p> {
    let count = own.len();
    let sites = own.into_iter().map(|spot| Site::new(more, spot));
    let others = others.into_iter().map(|spot| Site::new(less, spot));
    let sites: Vec<Site<'p>> = sites.chain(others).collect();
    Joint {
        more: Side {
            sites: (0..count).collect(),
            guest: false,
        },
        less: Side {
            sites: (count..sites.len()).collect(),
            guest: false,
        },
        sites,
    }
}

/// The triples of one template, with what the other policy says of them.
fn triples_of<'p>(
    more: &'p Engine,
    spot: Spot<'p>,
    less: &'p Engine,
    others: &[Spot<'p>],
) -> Joint<'p> {
    let name = |policy: &'p Policy, spot: &Spot<'p>| {
        let action = policy.actions.get(spot.line.action.index());
        action.map(|action| &action.name)
    };
    let action = name(policy(more), &spot);
    let twin = others
        .iter()
        .find(|other| name(policy(less), other) == action);
    let guest = twin.map(|twin| Spot {
        places: spot.places.clone(),
        tail: spot.tail.clone(),
        ..twin.clone()
    });
    let mut sites = vec![Site::new(more, spot)];
    sites.extend(guest.map(|guest| Site::new(less, guest)));
    Joint {
        more: Side {
            sites: vec![0],
            guest: false,
        },
        less: Side {
            sites: (1..sites.len()).collect(),
            guest: true,
        },
        sites,
    }
}

impl<'p> Joint<'p> {
    /// Where to build what is asked; `None` where nothing is done at all.
    pub(super) fn builder(&self) -> Option<Builder<'p>> {
        let (first, others) = self.sites.split_first()?;
        let mut build = Builder::joint(first.clone(), others.to_vec(), 0);
        let mut deepest = 0;
        for at in 0..self.sites.len() {
            build.turn(at);
            deepest = deepest.max(Layered::of(&build, &BTreeSet::new()).deepest());
        }
        build.deepest = deepest;
        Some(build)
    }

    /// The action of the first thing that is done.
    pub(super) fn sites(&self) -> &[Site<'p>] {
        &self.sites
    }
}
