//! Asks whether some request makes all of some formulas true: `No` when none does, whatever
//! the values; a request that was confirmed; or why it is not known.
//!
//! First every atom whose values do not stand for all may be anything: when nothing is found
//! even so, there is nothing. Then all atoms are asked for their values, and what is found
//! is shown to the one who asks, who confirms it by the evaluator.

use std::collections::{BTreeMap, BTreeSet};

use placet_evaluator::Probe;
use placet_model::ids::LayerId;
use placet_model::json::{Fields, Json};
use placet_model::policy::{Agents, Duties, Field, Policy, Rule, RuleKind, Users};
use placet_model::request::{Asked, Request};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use crate::build::{AgentClause, Builder, UserClause, What};
use crate::domain::{Choice, Domain, Shown};
use crate::formula::{ANY, FALSE, Formula, TRUE, Truths, UNDEFINED, one};
use crate::input::{Input, Slot, Step};
use crate::site::Site;
use crate::solve::{AtomId, Found, Problem, Taken, Var, solve};
use crate::spot::shown;
use crate::values::simplest;

/// What came of a question.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<T> {
    /// A request that was confirmed, with what the confirmation gave.
    Yes(T),
    /// There is no such request.
    No,
    /// It is not known, and why.
    Unknown(Why),
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Conditions whose values cannot all be tried, as policy text.
    Inexact(Vec<SmolStr>),
    /// The search took too many steps.
    Budget,
    /// What was found could not be made into a request that the evaluator confirms.
    Unconfirmed,
    /// A question that is not asked in this version.
    NotAsked(&'static str),
}

/// How many requests are shown to the one who asks, when none is the right one.
const MOST_SHOWN: usize = 24;

/// Asks for a request that makes all of these true.
pub(crate) fn ask<T>(
    build: &Builder<'_>,
    goals: Vec<Formula>,
    steps: &mut u64,
    confirm: &mut dyn FnMut(Request) -> Option<T>,
) -> Outcome<T> {
    ask_for(build, goals, steps, &mut |solution| {
        confirm(solution.request())
    })
}

/// What was found: a value for each input.
pub(crate) struct Solution<'t, 'b, 'p> {
    table: &'t Table<'b, 'p>,
    values: &'t [usize],
}

impl Solution<'_, '_, '_> {
    /// The request that it is.
    pub(crate) fn request(&self) -> Request {
        self.table.request(self.values)
    }

    /// What an input is.
    pub(crate) fn choice(&self, input: &Input) -> Option<Choice> {
        let at = self.table.var(input)?;
        self.table.choice(at, self.values.get(at).copied()?)
    }

    /// What an atom of the goals is.
    pub(crate) fn truth(&self, id: AtomId) -> Truths {
        let atom = self.table.build.atoms.get(id.0);
        let inputs = atom.into_iter().flat_map(|atom| &atom.inputs);
        let values = inputs.filter_map(|input| {
            let at = self.table.var(input)?;
            self.values.get(at).copied()
        });
        let values: Vec<usize> = values.collect();
        self.table.truth(id, &values, false)
    }
}

/// Asks for values that make all of these true.
pub(crate) fn ask_for<T>(
    build: &Builder<'_>,
    goals: Vec<Formula>,
    steps: &mut u64,
    confirm: &mut dyn FnMut(Solution<'_, '_, '_>) -> Option<T>,
) -> Outcome<T> {
    let goals: Vec<Formula> = goals
        .into_iter()
        .flat_map(Formula::split)
        .filter(|goal| *goal != Formula::Const(TRUE))
        .collect();
    if goals
        .iter()
        .any(|goal| matches!(goal, Formula::Const(truths) if truths & TRUE == 0))
    {
        return Outcome::No;
    }
    let table = Table::new(build, &goals);
    let free = table.inexact();
    if !free.is_empty() {
        let relaxed = table.problem(&goals, true);
        let mut truth = |atom: AtomId, values: &[usize]| table.truth(atom, values, true);
        match solve(&relaxed, &mut truth, &mut |_| Taken::Yes, steps) {
            Found::Nothing => return Outcome::No,
            Found::GivenUp => return Outcome::Unknown(Why::Budget),
            Found::Solution => {}
        }
    }
    let problem = table.problem(&goals, false);
    let mut truth = |atom: AtomId, values: &[usize]| table.truth(atom, values, false);
    let mut shown = 0;
    let mut answer = None;
    let mut accept = |values: &[usize]| {
        shown += 1;
        answer = confirm(Solution {
            table: &table,
            values,
        });
        match &answer {
            Some(_) => Taken::Yes,
            None if shown >= MOST_SHOWN => Taken::Enough,
            None => Taken::No,
        }
    };
    let found = solve(&problem, &mut truth, &mut accept, steps);
    match (found, answer) {
        (_, Some(answer)) => Outcome::Yes(answer),
        (Found::GivenUp, None) if shown < MOST_SHOWN => Outcome::Unknown(Why::Budget),
        (_, None) if !free.is_empty() => Outcome::Unknown(Why::Inexact(free)),
        (_, None) if shown > 0 => Outcome::Unknown(Why::Unconfirmed),
        (_, None) => Outcome::No,
    }
}

/// The atoms of some goals with the values of their inputs.
struct Table<'b, 'p> {
    build: &'b Builder<'p>,
    inputs: Vec<&'b Input>,
    domains: Vec<Domain>,
    /// Which atoms the goals have.
    used: BTreeSet<AtomId>,
    /// Inputs that two sites declare differently.
    contested: BTreeSet<&'b Input>,
}

impl<'b, 'p> Table<'b, 'p> {
    fn new(build: &'b Builder<'p>, goals: &[Formula]) -> Self {
        let mut used = BTreeSet::new();
        for goal in goals {
            goal.for_each_atom(&mut |atom| {
                used.insert(atom);
            });
        }
        let inputs: BTreeSet<&Input> = used
            .iter()
            .filter_map(|atom| build.atoms.get(atom.0))
            .flat_map(|atom| &atom.inputs)
            .collect();
        let inputs: Vec<&Input> = inputs.into_iter().collect();
        let domains = inputs
            .iter()
            .map(|input| {
                let mut domain = build.domain(input);
                if domain.choices.is_empty() {
                    domain.choices.push(Choice::Absent);
                    domain.exact = false;
                }
                domain
            })
            .collect();
        let contested = inputs.iter().filter(|input| build.is_contested(input));
        Self {
            build,
            contested: contested.copied().collect(),
            inputs,
            domains,
            used,
        }
    }

    fn var(&self, input: &Input) -> Option<usize> {
        self.inputs.binary_search(&input).ok()
    }

    fn is_exact(&self, atom: AtomId) -> bool {
        self.build.atoms.get(atom.0).is_some_and(|atom| {
            atom.exact
                && atom.inputs.iter().all(|input| {
                    let domain = self.var(input).and_then(|at| self.domains.get(at));
                    domain.is_some_and(|domain| domain.exact)
                })
        })
    }

    /// Atoms that are not exact, as policy text.
    fn inexact(&self) -> Vec<SmolStr> {
        let mut texts: Vec<SmolStr> = self
            .used
            .iter()
            .filter(|atom| !self.is_exact(**atom))
            .filter_map(|atom| self.build.atoms.get(atom.0))
            .filter_map(|atom| {
                let policy = self.build.sites.get(atom.site)?.policy;
                Some(match &atom.what {
                    What::Holds(id, _) | What::Spends(id, _) => shown(policy, *id).into(),
                    What::Part(..) => "a pattern of several segments".into(),
                    _ => "an argument".into(),
                })
            })
            .collect();
        texts.sort();
        texts.dedup();
        texts
    }

    /// The problem; relaxed, an atom that is not exact is a variable of its own.
    fn problem(&self, goals: &[Formula], relaxed: bool) -> Problem {
        let mut sizes: Vec<usize> = self
            .domains
            .iter()
            .map(|domain| domain.choices.len())
            .collect();
        let mut atoms = vec![Vec::new(); self.build.atoms.len()];
        for id in &self.used {
            let (Some(atom), Some(place)) = (self.build.atoms.get(id.0), atoms.get_mut(id.0))
            else {
                continue;
            };
            if relaxed && !self.is_exact(*id) {
                place.push(Var(sizes.len()));
                sizes.push(FREE.len());
            } else {
                place.extend(
                    atom.inputs
                        .iter()
                        .filter_map(|input| self.var(input))
                        .map(Var),
                );
            }
        }
        Problem {
            sizes,
            atoms,
            goals: goals.to_vec(),
        }
    }

    fn choice(&self, var: usize, value: usize) -> Option<Choice> {
        self.domains.get(var)?.choices.get(value).cloned()
    }

    /// The request that these values make.
    fn request(&self, values: &[usize]) -> Request {
        self.build.request(&self.build.sites, &|input| {
            let at = self.var(input)?;
            self.choice(at, values.get(at).copied().unwrap_or(0))
        })
    }

    fn truth(&self, id: AtomId, values: &[usize], relaxed: bool) -> Truths {
        if relaxed && !self.is_exact(id) {
            return values
                .first()
                .and_then(|at| FREE.get(*at))
                .copied()
                .unwrap_or(ANY);
        }
        let Some(atom) = self.build.atoms.get(id.0) else {
            return ANY;
        };
        let given: BTreeMap<&Input, Choice> = atom
            .inputs
            .iter()
            .zip(values)
            .filter_map(|(input, value)| Some((input, self.choice(self.var(input)?, *value)?)))
            .collect();
        let value = |input: &Input| match given.get(input) {
            Some(choice) => Some(choice.clone()),
            // What another policy declares otherwise may be of no type for this one.
            None if self.contested.contains(input) => None,
            None => self.choice(self.var(input)?, 0),
        };
        match self.build.sites.get(atom.site) {
            Some(site) => self.evaluate(site, &atom.what, &value),
            None => ANY,
        }
    }

    fn evaluate(
        &self,
        site: &Site<'_>,
        what: &What,
        value: &dyn Fn(&Input) -> Option<Choice>,
    ) -> Truths {
        let build = self.build;
        let truth = |holds: bool| if holds { TRUE } else { FALSE };
        match what {
            What::SomeUser => return truth(matches!(value(&Input::User), Some(Choice::Name(_)))),
            What::Known => return truth(is_known(site.policy, value)),
            What::Fits(input) => return truth(self.fits(site, input, value)),
            What::Offers(slot, limit) => {
                let offered = offered(value, slot);
                return truth(offered.is_some_and(|offered| offered <= *limit));
            }
            What::There(term) => {
                let parameter = site.field(&term.input);
                let mut json = match value(&term.input) {
                    Some(Choice::Value(Shown(json))) => Some(json),
                    _ => parameter
                        .and_then(|field| field.default.as_ref())
                        .and_then(crate::values::json_of),
                };
                for step in &term.path {
                    json = match (step, json) {
                        (Step::Member, Some(Json::Array(members))) => members.into_iter().next(),
                        (Step::Field(name), Some(Json::Object(fields))) => fields
                            .into_iter()
                            .find(|(field, _)| field == name)
                            .map(|(_, json)| json),
                        _ => None,
                    };
                }
                return truth(json.is_some());
            }
            _ => {}
        }
        let request = build.request(std::slice::from_ref(site), value);
        let json = |input: &Input| match value(input) {
            Some(Choice::Value(Shown(json))) => Some(json),
            Some(Choice::Name(name)) => Some(Json::String(name)),
            _ => None,
        };
        let Some(resource) = site.spot.resource(site.policy, &json) else {
            return ANY;
        };
        let probe = Probe::at(
            site.engine,
            &request,
            site.spot.function,
            site.spot.line.action,
            resource,
        );
        // Values that make no request at all are ruled out elsewhere, if they are.
        let Ok(probe) = probe else { return ANY };
        match what {
            What::Holds(id, arm) => one(probe.truth(0, *id, *arm)),
            What::Part(pattern, at) => one(probe.part(0, pattern, *at)),
            What::Agent(clause) => {
                let mut rule = nothing();
                rule.agents = match clause {
                    AgentClause::In(groups) => Agents::In(groups.clone()),
                    AgentClause::Named(names) => Agents::Named(names.clone()),
                };
                one(probe.agents(&rule))
            }
            What::User(clause) => {
                let mut rule = nothing();
                rule.users = match clause {
                    UserClause::In(groups) => Users::In(groups.clone()),
                    UserClause::Named(names) => Users::Named(names.clone()),
                };
                one(probe.users(&rule))
            }
            What::Spends(id, limit) => {
                let within = |amount: Decimal| amount >= Decimal::ZERO && amount <= *limit;
                truth(probe.amount(*id).is_some_and(within))
            }
            What::Gives(segment) => truth(probe.reads(segment)),
            What::SomeUser | What::Known | What::There(_) | What::Fits(_) | What::Offers(..) => {
                UNDEFINED
            }
        }
    }

    /// Whether a site takes what is told of an input.
    fn fits(
        &self,
        site: &Site<'_>,
        input: &Input,
        value: &dyn Fn(&Input) -> Option<Choice>,
    ) -> bool {
        if let Input::Arg(_) = input
            && value(input) == Some(Choice::Absent)
        {
            return site.field(input).is_none_or(|field| {
                // What is left out has its default, or need not be there.
                field.optional || field.default.is_some()
            });
        }
        // Said as another site does, of which this one may know nothing.
        let request = self.build.request(&self.build.sites, &|asked| {
            let among = match input {
                Input::AgentIn(_) => {
                    matches!(asked, Input::Agent | Input::AgentTold | Input::AgentIn(_))
                }
                Input::UserIn(_) => {
                    matches!(asked, Input::User | Input::UserTold | Input::UserIn(_))
                }
                _ => matches!(asked, Input::Agent | Input::User),
            };
            (asked == input || among).then(|| value(asked)).flatten()
        });
        let request = match (input, &request.asked) {
            (Input::Arg(name), Asked::Call { tool, args }) => {
                // The others as this site wants them.
                let own = site.spot.parameters(site.policy).iter();
                let own = own.filter(|field| {
                    field.name != *name && !field.optional && field.default.is_none()
                });
                let simple = |field: &Field| (field.name.clone(), simplest(site.policy, field.ty));
                let mut asked: Fields = own.map(simple).collect();
                asked.extend(args.iter().filter(|(given, _)| given == name).cloned());
                let asked = Asked::Call {
                    tool: tool.clone(),
                    args: asked,
                };
                Request { asked, ..request }
            }
            _ => Request {
                asked: Asked::Listing { tool: None },
                ..request
            },
        };
        let Some(resource) = site.spot.resource(site.policy, &|_| None) else {
            return false;
        };
        let spot = &site.spot;
        Probe::at(
            site.engine,
            &request,
            spot.function,
            spot.line.action,
            resource,
        )
        .is_ok()
    }
}

/// What is offered.
pub(crate) fn offered(value: &dyn Fn(&Input) -> Option<Choice>, slot: &Slot) -> Option<Decimal> {
    match value(&Input::Offer(slot.clone())) {
        Some(Choice::Value(Shown(Json::Number(text)))) => text.parse().ok(),
        _ => None,
    }
}

/// Whether a policy knows the agent.
fn is_known(policy: &Policy, value: &dyn Fn(&Input) -> Option<Choice>) -> bool {
    let agents = &policy.agents;
    let declared = match value(&Input::Agent) {
        Some(Choice::Name(name)) => agents
            .binary_search_by(|agent| agent.name.cmp(&name))
            .is_ok(),
        _ => !agents.is_empty(),
    };
    let told = value(&Input::AgentTold) == Some(Choice::Truth(true));
    let mut groups = policy.groups.iter().filter(|group| group.from_request);
    declared
        || told
            && groups.any(|group| {
                value(&Input::AgentIn(group.name.clone())) == Some(Choice::Truth(true))
            })
}

/// What an atom may be that may be anything.
const FREE: [Truths; 3] = [FALSE, TRUE, UNDEFINED];

/// A rule without any clause.
pub(crate) fn nothing() -> Rule {
    Rule {
        layer: LayerId::new(0),
        name: SmolStr::default(),
        kind: RuleKind::Deny,
        doc: SmolStr::default(),
        annotations: Vec::new(),
        agents: Agents::All,
        users: Users::All,
        functions: None,
        actions: None,
        resources: Vec::new(),
        captures: Vec::new(),
        moment: None,
        conditions: Vec::new(),
        duties: Duties::default(),
    }
}
