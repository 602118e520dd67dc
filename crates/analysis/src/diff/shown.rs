//! Why something is found, as a region in the words of the policies.

use std::collections::BTreeSet;

use placet_model::decision::Decision;
use placet_model::ids::PatternId;
use placet_model::policy::{Agents, Hole, Policy, Segment, Users};
use placet_model::render;
use smol_str::{SmolStr, format_smolstr};

use super::literal::Cube;
use super::pair::Joint;
use crate::build::{AgentClause, Builder, UserClause, What};
use crate::formula::{ANY, FALSE, NOT_FALSE, NOT_TRUE, TRUE, Truths, UNDEFINED};
use crate::input::Input;
use crate::region::Region;
use crate::site::Site;
use crate::solve::AtomId;
use crate::spot::Place;

/// How little an atom is wanted in a reason: what people wrote of agents, users and
/// resources says more than what a function is.
pub(super) fn weight(build: &Builder<'_>, id: AtomId) -> u32 {
    match build.atoms.get(id.0).map(|atom| &atom.what) {
        Some(What::Part(..) | What::Agent(_) | What::User(_)) => 0,
        Some(What::Holds(..) | What::SomeUser | What::Offers(..)) => 1,
        _ => 2,
    }
}

/// The region that a few literals are.
pub(super) fn region(
    build: &Builder<'_>,
    joint: &Joint<'_>,
    cube: &Cube,
    decision: &Decision,
    wider: bool,
) -> Region {
    let mut region = Region::default();
    let sites = joint.sites();
    let cube = &decided(build, cube);
    if let Some(site) = sites.first() {
        region.tools.push(site.spot.declared.path.clone());
    }
    for at in &joint.more.sites {
        if let Some(site) = sites.get(*at) {
            let action = site.policy.actions.get(site.spot.line.action.index());
            region
                .actions
                .extend(action.map(|action| action.name.clone()));
        }
    }
    region.actions.sort();
    region.actions.dedup();
    region.rules = decision
        .rules
        .iter()
        .map(|rule| rule.name.clone())
        .collect();
    let mut shown = BTreeSet::new();
    resources(build, cube, &mut region, &mut shown);
    let own = |at: usize| joint.more.sites.contains(&at);
    let mut clauses: Vec<(Clause, bool)> = Vec::new();
    for (id, among) in cube {
        let atom = build.atoms.get(id.0);
        let Some(atom) = atom.filter(|_| !shown.contains(id)) else {
            continue;
        };
        if let Some(site) = sites.get(atom.site) {
            let clause = literal(site, &atom.what, *among, &mut region);
            clauses.extend(clause.map(|clause| (clause, own(atom.site))));
        }
    }
    for (clause, own) in &clauses {
        // The same words mean another thing in the other policy.
        let mut others = clauses.iter();
        let twice = others.any(|(other, of)| other.text == clause.text && of != own);
        let note = match (twice && !own, wider) {
            (false, _) => "",
            (true, true) => ", as it was",
            (true, false) => ", as it is now",
        };
        clause.put(note, &mut region);
    }
    let conditions = std::mem::take(&mut region.conditions);
    let implied = |text: &SmolStr| {
        let Some(what) = text.strip_prefix("when has ") else {
            return false;
        };
        let reads = |other: &SmolStr| {
            let plain = other.strip_prefix("when ");
            let odd = ["has ", "not ", "all ", "some "];
            plain.is_some_and(|plain| {
                plain.contains(what) && !odd.iter().any(|word| plain.starts_with(word))
            })
        };
        // What is compared is there.
        conditions.iter().any(reads)
    };
    let kept = conditions.iter().filter(|text| !implied(text));
    region.conditions = kept.cloned().collect();
    for list in [
        &mut region.agents,
        &mut region.users,
        &mut region.conditions,
    ] {
        list.sort();
        list.dedup();
    }
    region
}

/// What can only be true or false is true where it is not false.
fn decided(build: &Builder<'_>, cube: &Cube) -> Cube {
    let is_plain = |segment: &Segment| !matches!(segment, Segment::Hole(_));
    let literals = cube.iter().map(|(id, among)| {
        let atom = build.atoms.get(id.0);
        let sure = match atom.map(|atom| &atom.what) {
            Some(What::Part(pattern, _)) => pattern.segments.iter().all(is_plain),
            Some(What::Holds(..) | What::Agent(_) | What::User(_)) | None => false,
            Some(_) => true,
        };
        let among = if sure && *among == NOT_FALSE {
            TRUE
        } else {
            *among
        };
        (*id, among)
    });
    literals.collect()
}

/// A clause of a region before it stands in one.
struct Clause {
    kind: Kind,
    text: String,
    among: Truths,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agents,
    Users,
    Resource,
    Condition,
}

impl Clause {
    fn put(&self, note: &str, region: &mut Region) {
        let word = match self.kind {
            Kind::Agents => "agent ",
            Kind::Users => "user ",
            Kind::Resource => "resource ",
            Kind::Condition => "",
        };
        let text = format!("{}{note}", self.text);
        match (self.kind, self.among) {
            (Kind::Agents, TRUE) => region.agents.push(text.into()),
            (Kind::Users, TRUE) => region.users.push(text.into()),
            (Kind::Resource, TRUE) => region.resources.push(vec![text.into()]),
            (_, among) => {
                let text = condition(&format!("{word}{text}"), among);
                region.conditions.push(text);
            }
        }
    }
}

/// Patterns of which all parts hold are shown as they were written.
fn resources(build: &Builder<'_>, cube: &Cube, region: &mut Region, shown: &mut BTreeSet<AtomId>) {
    let holds = |site: usize, part: &What| {
        let id = build.known_at(site, part)?;
        (cube.get(&id) == Some(&TRUE)).then_some(id)
    };
    let mut found: Vec<(BTreeSet<AtomId>, SmolStr)> = Vec::new();
    for (at, site) in build.sites.iter().enumerate() {
        for rule in site
            .policy
            .rules
            .iter()
            .filter(|rule| site.spot.is_of(rule))
        {
            for id in &rule.resources {
                let Some(parts) = Builder::parts(site, *id) else {
                    continue;
                };
                let own: Option<BTreeSet<AtomId>> =
                    parts.iter().map(|part| holds(at, part)).collect();
                if let Some(own) = own.filter(|own| !own.is_empty()) {
                    let text = quoted(site.policy, *id, &rule.captures);
                    if !found.iter().any(|(_, known)| *known == text) {
                        found.push((own, text));
                    }
                }
            }
        }
    }
    // The one that says most first; what it says needs no other.
    found.sort_by(|(a, a_text), (b, b_text)| b.len().cmp(&a.len()).then(a_text.cmp(b_text)));
    for (own, text) in found {
        if !own.is_subset(shown) {
            region.resources.push(vec![text]);
            shown.extend(own);
        }
    }
}

fn quoted(policy: &Policy, id: PatternId, captures: &[SmolStr]) -> SmolStr {
    format_smolstr!("\"{}\"", render::pattern(policy, id, captures))
}

/// One literal as a clause; `None` for what goes without saying.
fn literal(site: &Site<'_>, what: &What, among: Truths, region: &mut Region) -> Option<Clause> {
    let policy = site.policy;
    let clause = |kind, text| Some(Clause { kind, text, among });
    let given = |text| {
        Some(Clause {
            kind: Kind::Condition,
            text,
            among: TRUE,
        })
    };
    match what {
        What::Agent(clause_of) => {
            let agents = match clause_of {
                AgentClause::In(groups) => Agents::In(groups.clone()),
                AgentClause::Named(names) => Agents::Named(names.clone()),
            };
            let text = render::agents(policy, &agents);
            clause(Kind::Agents, without("agent", &text))
        }
        What::User(clause_of) => {
            let users = match clause_of {
                UserClause::In(groups) => Users::In(groups.clone()),
                UserClause::Named(names) => Users::Named(names.clone()),
            };
            let text = render::users(policy, &users);
            clause(Kind::Users, without("user", &text))
        }
        What::SomeUser => {
            let word = if among == TRUE { "any" } else { "none" };
            region.users.push(word.into());
            None
        }
        What::Holds(id, arm) => {
            let captures = arm.and_then(|arm| captures(policy, arm));
            if let (Some(arm), Some(captures)) = (arm, captures) {
                let text = quoted(policy, *arm, captures);
                if !region.resources.iter().any(|own| own.contains(&text)) {
                    region.resources.push(vec![text]);
                }
            }
            let text = render::expr(policy, *id, captures.unwrap_or_default());
            clause(Kind::Condition, text)
        }
        What::Part(pattern, at) => clause(Kind::Resource, part(site, pattern, *at).into()),
        What::Spends(id, limit) => {
            let spent = render::expr(policy, *id, &[]);
            clause(Kind::Condition, format!("{spent} fits a budget of {limit}"))
        }
        // A call that is granted is one that can be read.
        _ if among & TRUE != 0 => None,
        What::Fits(Input::Arg(name)) => given(match site.field(&Input::Arg(name.clone())) {
            Some(field) if !field.optional && field.default.is_none() => {
                format!("args.{name} is left out, or of another type")
            }
            Some(_) => format!("args.{name} is of another type"),
            None => format!("args.{name} is given"),
        }),
        What::Fits(input) => given(format!("{} is not as it is declared", told(input))),
        What::There(term) => given(format!("{} is left out", told(&term.input))),
        What::Gives(Segment::Hole(Hole { value, .. })) => {
            let value = render::expr(policy, *value, &[]);
            given(format!("{value} makes no segment"))
        }
        What::Known => given("the agent is not known".to_owned()),
        // What is offered is told by itself.
        What::Gives(_) | What::Offers(..) => None,
    }
}

fn without(word: &str, text: &str) -> String {
    text.strip_prefix(word).unwrap_or(text).trim().to_owned()
}

/// A condition and what its truth has to be.
fn condition(text: &str, among: Truths) -> SmolStr {
    let paren = || {
        if text.contains(" and ") || text.contains(" or ") {
            format!("({text})")
        } else {
            text.to_owned()
        }
    };
    match among {
        TRUE => format_smolstr!("when {text}"),
        NOT_TRUE => format_smolstr!("unless {text}"),
        FALSE => format_smolstr!("when not {}", paren()),
        NOT_FALSE => format_smolstr!("unless not {}", paren()),
        UNDEFINED => format_smolstr!("when {} is undefined", paren()),
        ANY => SmolStr::default(),
        _ => format_smolstr!("when {} is defined", paren()),
    }
}

fn captures(policy: &Policy, arm: PatternId) -> Option<&[SmolStr]> {
    let rule = policy
        .rules
        .iter()
        .find(|rule| rule.resources.contains(&arm) && !rule.captures.is_empty());
    rule.map(|rule| rule.captures.as_slice())
}

fn told(input: &Input) -> SmolStr {
    match input {
        Input::Fact(entity, name) => format_smolstr!("{}.{name}", entity.name()),
        Input::Arg(name) => format_smolstr!("args.{name}"),
        Input::AgentIn(group) => format_smolstr!("membership of the agent in {group}"),
        Input::UserIn(group) => format_smolstr!("membership of the user in {group}"),
        Input::Known(_, name) => format_smolstr!("resource.{name}"),
        _ => "the request".into(),
    }
}

/// Some segments of a pattern at their place in the resource.
fn part(site: &Site<'_>, pattern: &placet_model::policy::Pattern, at: usize) -> SmolStr {
    let front = site.spot.places.iter().take(at).map(|place| match place {
        Place::Literal(text) => text.to_string(),
        Place::Filled(_) => "*".to_owned(),
    });
    let own = pattern.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.to_string(),
        Segment::Any | Segment::Capture(_) => "*".to_owned(),
        Segment::Glob { prefix, suffix } => format!("{prefix}*{suffix}"),
        Segment::Hole(hole) => {
            let value = render::expr(site.policy, hole.value, &[]);
            match hole.extract.name() {
                Some(name) => format!("{{{name}({value})}}"),
                None => format!("{{{value}}}"),
            }
        }
    });
    let mut segments: Vec<String> = front.chain(own).collect();
    let longer = at + pattern.segments.len() < site.spot.places.len() || site.spot.tail.is_some();
    if pattern.tail && longer {
        segments.push("**".to_owned());
    }
    format_smolstr!("\"{}\"", segments.join("/"))
}
