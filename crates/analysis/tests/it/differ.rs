//! Differences of generated policies against requests that are tried one by one, by the
//! executable specification.

use std::collections::BTreeMap;

use placet_analysis::Effort;
use placet_analysis::diff::{Change, Difference, diff};
use placet_compiler::texts;
use placet_model::compiled::Compiled;
use placet_model::decision::Reason;
use placet_model::policy::Policy;
use placet_model::request::{Asked, Request};
use placet_model::wire::{request_to_json, to_text};
use placet_reference::generate::{self, Dice, File, Pool};
use placet_reference::runtime::runtime_without_credential as decide;

/// How many pairs, and how many requests are tried against what is said of each.
const PAIRS: u64 = 12;
const REQUESTS: usize = 300;

#[test]
fn no_request_is_decided_otherwise_outside_of_what_is_told() {
    let number = |name: &str, other: u64| {
        let given = std::env::var(name).ok();
        given.and_then(|text| text.parse().ok()).unwrap_or(other)
    };
    let pairs = number("PLACET_BRUTE_PAIRS", PAIRS);
    let first = number("PLACET_BRUTE_SEED", 0);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first..first + pairs {
        check(seed, &mut counts);
    }
    println!("{counts:?}");
    let count = |what| counts.get(what).copied().unwrap_or(0);
    // A comparison that never tells anything would pass.
    assert!(count("changes") > pairs / 4, "{counts:?}");
    assert!(count("differ") > pairs / 2, "{counts:?}");
    assert!(count("refactored alike") > pairs / 4, "{counts:?}");
}

/// Makes a policy of a seed and another one of it, and tries requests against what is said.
fn check(seed: u64, counts: &mut BTreeMap<&'static str, u64>) {
    let mut dice = Dice::seeded(seed);
    let files = generate::policy(&mut dice);
    let Some(old) = compiled(&files) else { return };
    let mut count = |what, by: usize| *counts.entry(what).or_default() += by as u64;
    let effort = Effort { steps: 4_000 };

    let alike = compiled(&refactored(&mut dice, &files)).expect("a refactored policy compiles");
    let same = diff(&old, &alike, effort);
    let told = |found: &Difference| {
        let lists = [&found.granted, &found.denied, &found.looser, &found.tighter];
        lists.iter().map(|list| list.len()).sum::<usize>()
    };
    assert_eq!(
        told(&same),
        0,
        "seed {seed}: a refactoring differs: {same:?}"
    );
    count("refactored alike", usize::from(same.is_empty()));

    let Some(new) = (0..20).find_map(|_| compiled(&changed(&mut dice, &files))) else {
        return;
    };
    let found = diff(&old, &new, effort);
    let back = diff(&new, &old, effort);
    let sizes = |found: &Difference| {
        let lists = [&found.granted, &found.denied, &found.looser, &found.tighter];
        lists.map(|list| !list.is_empty())
    };
    let [granted, denied, looser, tighter] = sizes(&back);
    if found.unknown.is_empty() && back.unknown.is_empty() {
        let mirrored = [denied, granted, tighter, looser];
        assert_eq!(sizes(&found), mirrored, "seed {seed}: no mirror");
    }
    count("changes", told(&found));
    count("unknown", found.unknown.len());

    let (old, new) = (old.policy(), new.policy());
    for change in &found.granted {
        confirm(seed, change, old, new);
    }
    for change in &found.denied {
        confirm(seed, change, new, old);
    }
    for policy in [old, new] {
        let pool = Pool::of(policy);
        for _ in 0..REQUESTS {
            let request = generate::runtime(&mut dice, policy, &pool, false);
            // A plain triple of a function stands for calls, which are tried by themselves.
            if stands_for_calls(old, &request) || stands_for_calls(new, &request) {
                continue;
            }
            count("tried", 1);
            let (before, after) = (decide(old, &request), decide(new, &request));
            let asked: &[&str] = match (granted_or_why(before.reason), granted_or_why(after.reason))
            {
                (Came::Granted, Came::Granted) => {
                    let (a, b) = (before.obligations.lifetime, after.obligations.lifetime);
                    match a.cmp(&b) {
                        std::cmp::Ordering::Less => &["looser"],
                        std::cmp::Ordering::Greater => &["tighter"],
                        std::cmp::Ordering::Equal => continue,
                    }
                }
                (Came::Refused, Came::Granted) => &["newly granted"],
                (Came::Granted, Came::Refused) => &["newly denied"],
                (Came::Unmet, Came::Granted) => &["newly granted", "looser"],
                (Came::Granted, Came::Unmet) => &["newly denied", "tighter"],
                _ => continue,
            };
            count("differ", 1);
            let budgets = [before.reason, after.reason].contains(&Reason::BudgetExhausted);
            let shared = found
                .unknown
                .iter()
                .any(|unknown| unknown.asked == "how budgets are shared");
            let mut asked = asked.iter();
            assert!(
                budgets && shared || asked.any(|asked| is_told(&found, asked, &request)),
                "seed {seed}: {asked:?} is not told of\n{}\n{:?} -> {:?}",
                to_text(&request_to_json(&request)),
                before.reason,
                after.reason,
            );
        }
    }
}

enum Came {
    Granted,
    Unmet,
    Refused,
}

fn granted_or_why(reason: Reason) -> Came {
    match reason {
        Reason::Granted => Came::Granted,
        Reason::ApprovalRequired | Reason::ConsentRequired | Reason::BudgetExhausted => Came::Unmet,
        _ => Came::Refused,
    }
}

/// Whether something is said of the tool that a request asks for.
fn is_told(found: &Difference, asked: &str, request: &Request) -> bool {
    let tool = request.asked.called();
    let list = match asked {
        "newly granted" => &found.granted,
        "newly denied" => &found.denied,
        "looser" => &found.looser,
        _ => &found.tighter,
    };
    let covers = |path: &str| {
        tool.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let told = list
        .iter()
        .flat_map(|change| &change.region.tools)
        .any(|path| covers(path));
    let unknown = found.unknown.iter();
    let unknown = unknown.filter(|unknown| unknown.asked == asked && unknown.tool == tool);
    told || unknown.count() > 0
}

/// The specification has to say of a request what is told of it.
fn confirm(seed: u64, change: &Change, less: &Policy, more: &Policy) {
    let (less, more) = (decide(less, &change.request), decide(more, &change.request));
    assert!(
        more.reason == Reason::Granted && less.reason != Reason::Granted,
        "seed {seed}: the specification does not confirm\n{}",
        to_text(&request_to_json(&change.request)),
    );
}

fn stands_for_calls(policy: &Policy, request: &Request) -> bool {
    let Asked::Triple { tool, .. } = &request.asked else {
        return false;
    };
    let mut functions = policy.functions.iter();
    functions.any(|function| function.path == *tool && function.params.is_some())
}

fn compiled(files: &[File]) -> Option<Compiled> {
    let texts = files.iter().map(|file| (file.name.clone(), file.text()));
    texts::check(texts).policy
}

fn is_rule(item: &str) -> bool {
    ["grant ", "deny ", "require "]
        .iter()
        .any(|word| item.starts_with(word))
}

/// The same policy in other words: rules have other names and stand in another order, and
/// what must not be is written as what must be otherwise.
fn refactored(dice: &mut Dice, files: &[File]) -> Vec<File> {
    let mut files = files.to_vec();
    for file in &mut files {
        for item in &mut file.items {
            // Budgets are kept by the names of rules.
            if !is_rule(item) || item.contains("budget") {
                continue;
            }
            if dice.chance(50)
                && let Some((head, body)) = item.split_once(" {")
            {
                *item = format!("{head}-renamed {{{body}");
            }
            if dice.chance(50) {
                let lines = item
                    .lines()
                    .map(|line| match line.trim().strip_prefix("unless ") {
                        Some(what) => format!("  when not ({what})"),
                        None => line.to_owned(),
                    });
                *item = lines.collect::<Vec<_>>().join("\n");
            }
        }
        // The layer stands first.
        let layer = usize::from(
            file.items
                .first()
                .is_some_and(|item| item.starts_with("layer ")),
        );
        if let Some(items) = file.items.get_mut(layer..) {
            items.reverse();
        }
    }
    files.reverse();
    files
}

/// A policy with one or two changes of its rules.
fn changed(dice: &mut Dice, files: &[File]) -> Vec<File> {
    let mut files = files.to_vec();
    for _ in 0..=dice.below(2) {
        let file = dice.below(files.len());
        let Some(file) = files.get_mut(file) else {
            continue;
        };
        let rules: Vec<usize> = (0..file.items.len())
            .filter(|at| is_rule(&file.items[*at]))
            .collect();
        if rules.is_empty() {
            continue;
        }
        let at = *dice.pick(&rules);
        let item = file.items[at].clone();
        let other = match dice.below(8) {
            0 => None,
            1 => Some(item.replacen("deny ", "require ", 1)),
            2 => Some(item.replacen("when ", "unless ", 1)),
            3 => Some(item.replacen(" and ", " or ", 1)),
            4 => Some(item.replace("15m", "30m").replace("1h", "2h")),
            _ => {
                // One clause less.
                let mut lines: Vec<&str> = item.lines().collect();
                let clause = 1 + dice.below(lines.len().saturating_sub(2).max(1));
                let first = lines.get(clause).copied().unwrap_or_default().trim();
                let needed = ["agent ", "user ", "tool ", "action ", "resource "];
                let grant = item.starts_with("grant ");
                let word = needed.iter().find(|word| first.starts_with(**word));
                let any;
                match word {
                    Some(word) if grant => {
                        any = format!("  {word}any");
                        lines[clause] = &any;
                    }
                    _ if clause + 1 < lines.len() => {
                        lines.remove(clause);
                    }
                    _ => {}
                }
                Some(lines.join("\n"))
            }
        };
        match other {
            Some(other) => file.items[at] = other,
            None => {
                file.items.remove(at);
            }
        }
    }
    files
}
