//! Regions of generated policies, read back as policies of their own: what the executable
//! specification grants by one of them is exactly what it grants by the policy, duties aside.

use std::collections::BTreeMap;

use placet_analysis::{Effort, Question, Region, who};
use placet_compiler::texts;
use placet_model::compiled::Compiled;
use placet_model::decision::Reason;
use placet_model::ids::RuleId;
use placet_model::pattern::Concrete;
use placet_model::policy::{Agents, Policy, Users};
use placet_model::render;
use placet_model::request::{Asked, Request};
use placet_model::resource::Resource;
use placet_model::wire::{request_to_json, to_text};
use placet_reference::generate::{self, Dice, File, Pool};
use placet_reference::outcome::Outcome;
use placet_reference::runtime::runtime_without_credential as decide;
use smol_str::SmolStr;

/// How many policies, and how many requests are tried against the regions of each.
const POLICIES: u64 = 20;
const REQUESTS: usize = 400;

#[test]
fn what_is_granted_lies_in_a_region_and_what_lies_in_one_is_granted() {
    let number = |name: &str, or: u64| {
        let text = std::env::var(name).ok();
        text.and_then(|text| text.parse().ok()).unwrap_or(or)
    };
    let first = number("PLACET_BRUTE_SEED", 0);
    let policies = number("PLACET_BRUTE_POLICIES", POLICIES);
    let mut counts = BTreeMap::new();
    for seed in first..first + policies {
        check(seed, &mut counts);
    }
    println!("{counts:?}");
    let count = |what| counts.get(what).copied().unwrap_or(0);
    assert!(count("confirmed") > policies, "{counts:?}");
    assert!(count("inside") > 10 * policies, "{counts:?}");
    assert!(count("unread") * 20 < count("confirmed"), "{counts:?}");
    assert!(count("unconfirmed") < count("confirmed"), "{counts:?}");
}

fn check(seed: u64, counts: &mut BTreeMap<&'static str, u64>) {
    let mut count = |what| *counts.entry(what).or_default() += 1;
    let mut dice = Dice::seeded(seed);
    let files = generate::policy(&mut dice);
    let texts = files.iter().map(|file| (file.name.clone(), file.text()));
    let Some(compiled) = texts::check(texts).policy else {
        return;
    };
    let policy = compiled.policy();
    let pool = Pool::of(policy);
    let asked = generate::runtime(&mut dice, policy, &pool, false);
    let question = question(&mut dice, policy, &asked);
    let answer = who(&compiled, &question, Effort { steps: 5_000 });
    let text = || {
        let texts: Vec<String> = files.iter().map(File::text).collect();
        format!("{question:?}\n{}", texts.join("\n\n"))
    };
    let mut areas: Vec<(&Region, Option<Compiled>)> = Vec::new();
    for region in &answer.regions {
        let area = read_back(&files, policy, region);
        count(if area.is_some() { "read" } else { "unread" });
        match &region.witness {
            Some(witness) => {
                count("confirmed");
                let outcome = decide(policy, &witness.request);
                assert_eq!(outcome.reason, Reason::Granted, "seed {seed}: {}", text());
                if let Some(area) = area.as_ref().filter(|_| outcome.requests.len() == 1) {
                    let inside = decide(area.policy(), &witness.request);
                    assert_eq!(
                        inside.reason,
                        Reason::Granted,
                        "seed {seed}: a witness outside of its region\n{}\n{region:#?}\n{}",
                        shown(&witness.request),
                        text()
                    );
                }
            }
            None => count("unconfirmed"),
        }
        areas.push((region, area));
    }
    for at in 0..REQUESTS {
        let request = match at {
            0 => asked.clone(),
            _ => generate::runtime(&mut dice, policy, &pool, false),
        };
        let outcome = decide(policy, &request);
        if outcome.requests.len() > 1 || stands_for_calls(policy, &request) {
            continue;
        }
        let mut inside = areas.iter().filter(|(region, area)| {
            area.as_ref()
                .is_some_and(|area| decide(area.policy(), &request).reason == Reason::Granted)
                && is_done(region, &request, &outcome)
        });
        let found = inside.next();
        if let Some((region, _)) = found {
            count("inside");
            let duties_aside = [
                Reason::Granted,
                Reason::ApprovalRequired,
                Reason::ConsentRequired,
                Reason::BudgetExhausted,
            ];
            assert!(
                duties_aside.contains(&outcome.reason),
                "seed {seed}: {} and yet inside\n{}\nof {region:#?}\n{}",
                outcome.reason.name(),
                shown(&request),
                text()
            );
        } else if outcome.reason == Reason::Granted
            && is_asked_about(&question, &request, &outcome)
            && answer.unknown.is_empty()
            && areas.iter().all(|(_, area)| area.is_some())
        {
            panic!(
                "seed {seed}: granted, and in no region\n{}\n{}",
                shown(&request),
                text()
            );
        }
    }
}

fn shown(request: &Request) -> String {
    to_text(&request_to_json(request))
}

/// Everything, or what a request is about.
fn question(dice: &mut Dice, policy: &Policy, request: &Request) -> Question {
    let mut question = Question::default();
    if dice.chance(30) {
        question.agents = Agents::Named(vec![request.agent.id.clone()]);
    }
    if dice.chance(30) {
        question.users = match &request.user {
            Some(user) => Users::Named(vec![user.id.clone()]),
            None => Users::None,
        };
    }
    let outcome = decide(policy, request);
    if let (true, Some((_, resource))) = (dice.chance(30), outcome.requests.first()) {
        question.resources = vec![Concrete::parse(resource).expect("a resource")];
    }
    question
}

fn is_asked_about(question: &Question, request: &Request, outcome: &Outcome) -> bool {
    let agent = match &question.agents {
        Agents::Named(names) => names.contains(&request.agent.id),
        _ => true,
    };
    let user = match &question.users {
        Users::Named(names) => request
            .user
            .as_ref()
            .is_some_and(|user| names.contains(&user.id)),
        Users::None => request.user.is_none(),
        _ => true,
    };
    let place = outcome.requests.iter().all(|(_, resource)| {
        let resource = Resource::parse(resource).expect("a resource");
        let mut patterns = question.resources.iter();
        question.resources.is_empty() || patterns.any(|pattern| pattern.matches(&resource))
    });
    agent && user && place
}

/// Whether a request is a triple of a tool that has functions.
fn stands_for_calls(policy: &Policy, request: &Request) -> bool {
    let Asked::Triple { tool, .. } = &request.asked else {
        return false;
    };
    let mut functions = policy.functions.iter();
    functions.any(|function| function.path == *tool && function.params.is_some())
}

/// Whether a request is of the tools and actions of a region.
fn is_done(region: &Region, request: &Request, outcome: &Outcome) -> bool {
    let called = request.asked.called();
    let mut tools = region.tools.iter();
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with('.');
    tools.any(|tool| called.strip_prefix(tool.as_str()).is_some_and(is_below))
        && outcome
            .requests
            .iter()
            .all(|(action, _)| region.actions.contains(action))
}

/// A policy of the same declarations that grants what a region says: a layer for each clause
/// that it has more than one of. Where a condition reads an argument that not all of the
/// region's tools have, the tools are those of the first rule.
fn read_back(files: &[File], policy: &Policy, region: &Region) -> Option<Compiled> {
    let tools = format!("tool {}", region.tools.join(", "));
    let actions = format!("action {}", region.actions.join(", "));
    let rule = policy.rules.iter().enumerate().find(|(at, _)| {
        policy.rule_name(RuleId::new(*at)) == region.rules.first().map_or("", |name| name)
    });
    let (_, rule) = rule.expect("a region is due to a rule");
    read_as(files, region, &tools, &actions).or_else(|| {
        read_as(
            files,
            region,
            &render::tools(policy, rule),
            &render::actions(policy, rule),
        )
    })
}

fn read_as(files: &[File], region: &Region, tools: &str, actions: &str) -> Option<Compiled> {
    let layers = [
        region.agents.len(),
        region.users.len(),
        region.resources.len(),
        1,
    ];
    let layers = layers.into_iter().max().unwrap_or(1);
    let names: Vec<String> = (0..layers).map(|at| format!("p{at}")).collect();
    let mut texts: Vec<(String, String)> = Vec::new();
    for item in files.iter().flat_map(|file| &file.items) {
        let is_rule = item.lines().any(|line| {
            let words = ["grant ", "deny ", "require ", "layer "];
            words.iter().any(|word| line.starts_with(word))
        });
        if item.starts_with("policy ") {
            let head = format!(
                "policy p {{ language 1  layers {}  lifetime 1h }}",
                names.join(", ")
            );
            texts.push(("head".into(), format!("layer p0\n{head}")));
        } else if !is_rule {
            texts.push((format!("d{}", texts.len()), format!("layer p0\n{item}")));
        }
    }
    for (at, name) in names.iter().enumerate() {
        let own = |clauses: &[SmolStr], or: &str| {
            let clause = clauses.get(at).or(clauses.first());
            clause.map_or(or.to_owned(), ToString::to_string)
        };
        let resources = region.resources.get(at);
        let captured = |text: &str| {
            let patterns = region.resources.iter().skip(1).flatten();
            let mut names = patterns.flat_map(|pattern| pattern.split("{*").skip(1));
            names.any(|rest| {
                let name = rest.split('}').next().unwrap_or_default();
                mentions(text, name)
            })
        };
        let here = |text: &&SmolStr| {
            let own = resources.is_some_and(|patterns| {
                patterns.iter().any(|pattern| {
                    pattern
                        .split("{*")
                        .skip(1)
                        .any(|rest| mentions(text, rest.split('}').next().unwrap_or_default()))
                })
            });
            own || at == 0 && !captured(text)
        };
        let conditions: Vec<&SmolStr> = region.conditions.iter().filter(here).collect();
        let mut text = format!(
            "layer {name}\ngrant g {{\n agent {}\n user {}\n {tools}\n {actions}\n resource {}\n",
            own(&region.agents, "any"),
            own(&region.users, "any, none"),
            resources.map_or("any".to_owned(), |patterns| patterns.join(", ")),
        );
        for condition in conditions {
            text.push_str(&format!(" {condition}\n"));
        }
        text.push_str(" for 1h\n}\n");
        if at == 0 {
            for (number, except) in region.except.iter().enumerate() {
                let mut clauses = except.clauses.join("\n ");
                // The region may be what says that there is a user.
                let of_users = except
                    .clauses
                    .iter()
                    .any(|clause| clause.starts_with("user "));
                if !of_users && !region.users.is_empty() && region.users != ["none"] {
                    clauses.push_str("\n user any");
                }
                // It is typed over the tools that it is about.
                if !clauses.contains("tool ") {
                    clauses.push_str(&format!("\n {tools}\n {actions}"));
                }
                text.push_str(&format!("deny e{number} {{\n {clauses}\n}}\n"));
            }
        }
        texts.push((format!("{name}.placet"), text));
    }
    texts::check(texts).policy
}

fn mentions(text: &str, name: &str) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || char == '_' || char == '-' || char == '.';
    text.split(|char: char| !is_word(char))
        .any(|word| word == name)
}
