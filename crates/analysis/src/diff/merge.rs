//! Regions that differ in nothing but tools and actions are one.

use std::collections::BTreeSet;

use placet_model::policy::Policy;
use placet_model::render;
use smol_str::SmolStr;

use super::Change;

/// A function and what it does.
type Pair = (SmolStr, SmolStr);

/// Puts together what is alike, and names whole tools by their name.
pub(super) fn merged(changes: Vec<Change>, own: &Policy, other: &Policy) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::new();
    for change in changes {
        let known = merged
            .iter_mut()
            .find(|known| is_alike(known, &change) && is_exact(known, &change, own, other));
        match known {
            Some(known) => {
                let region = &mut known.region;
                region.tools.extend(change.region.tools);
                region.actions.extend(change.region.actions);
                region.rules.extend(change.region.rules);
                for list in [&mut region.tools, &mut region.actions, &mut region.rules] {
                    list.sort();
                    list.dedup();
                }
            }
            None => merged.push(change),
        }
    }
    for change in &mut merged {
        let tools = std::mem::take(&mut change.region.tools);
        change.region.tools = whole(&tools, own, other);
    }
    merged
}

fn is_alike(a: &Change, b: &Change) -> bool {
    let (one, two) = (&a.region, &b.region);
    one.agents == two.agents
        && one.users == two.users
        && one.resources == two.resources
        && one.conditions == two.conditions
        && a.shifts == b.shifts
        && a.old.reason == b.old.reason
        && a.new.reason == b.new.reason
}

/// Whether tools and actions of both together say no more than both by themselves.
fn is_exact(a: &Change, b: &Change, own: &Policy, other: &Policy) -> bool {
    let all = does(own).chain(does(other));
    let all: BTreeSet<Pair> = all.collect();
    let covered = |tools: &[SmolStr], actions: &[SmolStr]| -> BTreeSet<Pair> {
        let pairs = all.iter();
        let pairs = pairs.filter(|(tool, action)| tools.contains(tool) && actions.contains(action));
        pairs.cloned().collect()
    };
    let (one, two) = (&a.region, &b.region);
    let mut apart = covered(&one.tools, &one.actions);
    apart.extend(covered(&two.tools, &two.actions));
    let tools = [one.tools.as_slice(), two.tools.as_slice()].concat();
    let actions = [one.actions.as_slice(), two.actions.as_slice()].concat();
    apart == covered(&tools, &actions)
}

fn does(policy: &Policy) -> impl Iterator<Item = Pair> {
    policy.functions.iter().flat_map(|function| {
        function.lines.iter().filter_map(|line| {
            let action = policy.actions.get(line.action.index())?;
            Some((function.path.clone(), action.name.clone()))
        })
    })
}

/// Functions that are all of a tool by the tool, as policy text.
fn whole(tools: &[SmolStr], own: &Policy, other: &Policy) -> Vec<SmolStr> {
    let functions = own.functions.iter().chain(&other.functions);
    let functions: BTreeSet<&SmolStr> = functions.map(|function| &function.path).collect();
    let is_below = |path: &str, tool: &str| {
        path.strip_prefix(tool)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut shown: BTreeSet<SmolStr> = BTreeSet::new();
    for path in tools {
        let prefixes = path.match_indices('.');
        let prefixes = prefixes.filter_map(|(dot, _)| path.get(..dot));
        let all = prefixes.clone().find(|tool| {
            let mut below = functions.iter().filter(|path| is_below(path, tool));
            below.all(|path| tools.contains(path))
        });
        let words: Vec<String> = all.unwrap_or(path).split('.').map(render::name).collect();
        shown.insert(words.join(".").into());
    }
    shown.into_iter().collect()
}
