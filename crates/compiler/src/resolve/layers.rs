//! The policy block and the layers: deleting a file must never widen access.

use std::collections::BTreeMap;

use placet_model::policy::Layer;
use placet_syntax::ast;
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::constants::{duration_of, listed};
use super::names::{Seen, check_count, check_part, twice};
use crate::collect::{Declared, Items, MAIN};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, closest, written};
use crate::world::{LayerDecl, World};

/// The version of the language that this compiler knows.
const LANGUAGE: u64 = 1;

/// Fills in name, language, lifetime and layers.
pub(crate) fn resolve_layers<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    let Some(policy) = one_policy(report, items) else {
        return;
    };
    let node = policy.node;
    world.name = node.name.node.clone();
    check_language(world, report, policy);
    check_lifetime(world, report, policy);

    let guardrails = default_grants(report, items);
    let mut seen = Seen::default();
    for name in &node.layers {
        let place = policy.place(name.span);
        check_part(report, "layer", name, place);
        if seen.declare(report, "layer", name, place) {
            world.layers.push(LayerDecl {
                layer: Layer {
                    name: name.node.clone(),
                    default_grant: guardrails.contains_key(&name.node),
                },
                place,
            });
        }
    }
    let place = policy.place(node.name.span);
    check_count(report, "layers", node.layers.len(), limits::LAYERS, place);
    check_used(world, report, items, policy);
    check_unlisted(world, report, items, policy);
    check_ceiling(world, report, policy);
}

fn one_policy<'i, 'a>(
    report: &mut Report,
    items: &'i Items<'a>,
) -> Option<&'i Declared<'a, ast::Policy>> {
    let Some((first, others)) = items.policies.split_first() else {
        if !report.excuses("policy") {
            report.push(no_policy(items));
        }
        return None;
    };
    for other in others {
        report.push(
            Diagnostic::error(
                Code::PL0702,
                "a policy set has one `policy` block, and this is another",
            )
            .here(other.place(other.node.name.span), "second `policy` block")
            .also(first.place(first.node.name.span), "the first one is here")
            .help("keep one, and list all layers in it"),
        );
    }
    Some(first)
}

fn no_policy(items: &Items) -> Diagnostic {
    let mut layers: Vec<String> = items
        .rules
        .iter()
        .map(|rule| written(&rule.layer))
        .collect();
    layers.sort();
    layers.dedup();
    let layers = if layers.is_empty() {
        MAIN.to_owned()
    } else {
        layers.join(", ")
    };
    let diagnostic = Diagnostic::error(Code::PL0701, "no `policy` block in the policy set")
        .help(format!("write `policy NAME {{ language {LANGUAGE}  layers {layers}  lifetime 1h }}` in one of the files"));
    match items.first_place() {
        Some(place) => diagnostic.here(place, "one of the files must hold it"),
        None => diagnostic,
    }
}

impl Items<'_> {
    /// The start of the first rule, or else of anything, for findings about the whole set.
    fn first_place(&self) -> Option<Place> {
        let rules = self
            .rules
            .iter()
            .map(|rule| rule.place(rule.node.name.span));
        let tools = self
            .tools
            .iter()
            .map(|tool| tool.place(tool.node.path.span));
        let agents = self
            .agents
            .iter()
            .map(|agent| agent.place(agent.node.name.span));
        let layers = self.layers.iter().map(|line| line.place);
        rules.chain(tools).chain(agents).chain(layers).min()
    }
}

fn check_language(world: &mut World, report: &mut Report, policy: &Declared<ast::Policy>) {
    let Some(language) = &policy.node.language else {
        return;
    };
    world.language = u32::try_from(language.node).unwrap_or_default();
    let place = policy.place(language.span);
    let diagnostic = match language.node {
        LANGUAGE => return,
        0 => Diagnostic::error(Code::PL0703, "there is no language version 0")
            .here(place, "versions begin at 1"),
        newer => Diagnostic::error(
            Code::PL0703,
            format!("language version {newer} is newer than this program, which knows version {LANGUAGE}"),
        )
        .here(place, "a newer version may mean other things by the same words"),
    };
    report.push(diagnostic.replace(
        place,
        LANGUAGE.to_string(),
        format!("write `language {LANGUAGE}`, or use a newer program"),
    ));
}

fn check_lifetime(world: &mut World, report: &mut Report, policy: &Declared<ast::Policy>) {
    let Some(lifetime) = &policy.node.lifetime else {
        return;
    };
    let place = policy.place(lifetime.span);
    let duration = duration_of(report, place, lifetime.node);
    if duration.is_some_and(|duration| duration.0 == 0) {
        report.push(
            Diagnostic::error(
                Code::PL0407,
                "the lifetime is zero: nothing granted would ever be valid",
            )
            .here(place, "must be longer than zero"),
        );
    }
    world.lifetime = duration;
}

/// The layers that some file heads with `default grant`, and where; files must agree.
fn default_grants(report: &mut Report, items: &Items) -> BTreeMap<SmolStr, Place> {
    let mut guardrails = BTreeMap::new();
    let mut ordinary = BTreeMap::new();
    for line in &items.layers {
        let map = if line.node.default_grant {
            &mut guardrails
        } else {
            &mut ordinary
        };
        map.entry(line.node.name.node.clone()).or_insert(line.place);
    }
    for (name, place) in &guardrails {
        if let Some(other) = ordinary.get(name) {
            report.push(
                Diagnostic::error(
                    Code::PL0708,
                    format!("the files of layer `{name}` disagree on whether it is a `default grant` layer"),
                )
                .here(*other, "without `default grant` here")
                .also(*place, "with `default grant` here")
                .help(format!("write `layer {} default grant` in every file of the layer, or in none", written(name))),
            );
        }
    }
    guardrails
}

fn check_used(world: &World, report: &mut Report, items: &Items, policy: &Declared<ast::Policy>) {
    if report.has_gaps() {
        return;
    }
    for layer in &world.layers {
        let name = &layer.layer.name;
        if items.rules.iter().any(|rule| rule.layer == *name) {
            continue;
        }
        let unlisted = items
            .rules
            .iter()
            .map(|rule| rule.layer.as_str())
            .filter(|other| {
                !policy
                    .node
                    .layers
                    .iter()
                    .any(|listed| listed.as_str() == *other)
            });
        // A misspelt layer is one mistake: the unlisted one is reported, with this name.
        if closest(name, unlisted).is_some() {
            continue;
        }
        report.push(
            Diagnostic::error(Code::PL0704, format!("layer `{name}` has no rules"))
                .here(layer.place, "listed here")
                .note("every layer must grant by itself; an empty one is a file that is missing")
                .help(format!(
                    "begin the file of its rules with `layer {}`, or take it off the list",
                    written(name)
                )),
        );
    }
}

fn check_unlisted(
    world: &World,
    report: &mut Report,
    items: &Items,
    policy: &Declared<ast::Policy>,
) {
    let names = || world.layers.iter().map(|layer| layer.layer.name.as_str());
    let mut unlisted: BTreeMap<SmolStr, (Place, bool)> = BTreeMap::new();
    for line in &items.layers {
        let place = Place::new(line.place.file, line.node.name.span);
        unlisted
            .entry(line.node.name.node.clone())
            .or_insert((place, true));
    }
    for rule in &items.rules {
        let place = rule.place(rule.node.name.span);
        unlisted.entry(rule.layer.clone()).or_insert((place, false));
    }
    unlisted.retain(|name, _| !names().any(|listed| listed == name));
    let list = policy
        .node
        .layers
        .last()
        .map(|last| policy.place(last.span));
    for (name, (place, is_line)) in unlisted {
        let mut diagnostic = Diagnostic::error(
            Code::PL0705,
            format!("layer `{name}` is not listed in the `policy` block"),
        );
        diagnostic = if is_line {
            diagnostic.here(place, "not among the listed layers")
        } else {
            diagnostic.here(
                place,
                format!("this file has no `layer` line, so that it belongs to `{name}`"),
            )
        };
        if let Some(list) = list {
            diagnostic = diagnostic.also(list, "the list ends here");
        }
        diagnostic = match (closest(&name, names()), list) {
            (Some(near), _) if is_line => {
                diagnostic.replace(place, written(near), format!("write `{near}`"))
            }
            (_, Some(list)) => diagnostic.replace(
                list.after(),
                format!(", {}", written(&name)),
                format!("list `{name}` there, or name a listed layer at the top of the file"),
            ),
            (_, None) => diagnostic,
        };
        report.push(diagnostic);
    }
}

/// Somewhere something must be granted explicitly.
fn check_ceiling(world: &World, report: &mut Report, policy: &Declared<ast::Policy>) {
    let all =
        !world.layers.is_empty() && world.layers.iter().all(|layer| layer.layer.default_grant);
    if all && !report.has_gaps() {
        let names: Vec<&str> = world
            .layers
            .iter()
            .map(|layer| layer.layer.name.as_str())
            .collect();
        let place = policy.node.layers.first().zip(policy.node.layers.last());
        let mut diagnostic = Diagnostic::error(Code::PL0706, "no layer denies by default")
            .note("with `default grant` layers alone, whatever nobody thought of is granted")
            .help("add a layer without `default grant`, and grant there what is wanted");
        if let Some((first, last)) = place {
            diagnostic = diagnostic.here(
                policy.place(first.span.to(last.span)),
                format!("only {} here, headed `default grant`", listed(&names)),
            );
        }
        report.push(diagnostic);
    }
}

/// Rule names, each once in its layer; a `grant` in a guardrail layer.
pub(crate) fn check_rules_in_layers(world: &World, report: &mut Report, items: &Items) {
    let mut seen: BTreeMap<(SmolStr, SmolStr), Place> = BTreeMap::new();
    for rule in &items.rules {
        let name = &rule.node.name;
        let place = rule.place(name.span);
        let key = (rule.layer.clone(), name.node.clone());
        match seen.get(&key) {
            Some(first) => {
                let shown = format!("{}/{}", rule.layer, name.node);
                report.push(twice("rule", &shown, place, *first));
            }
            None => {
                seen.insert(key, place);
            }
        }
        let guardrail = world
            .layers
            .iter()
            .any(|layer| layer.layer.default_grant && layer.layer.name == rule.layer);
        if guardrail && rule.node.effect.node == ast::Effect::Grant {
            report.push(
                Diagnostic::error(
                    Code::PL0707,
                    format!(
                        "`{}` grants in layer `{}`, which grants by default",
                        name.node, rule.layer
                    ),
                )
                .here(
                    rule.place(rule.node.effect.span),
                    "a `default grant` layer holds only denies and requires",
                )
                .help("move the grant to another layer: here it would change nothing"),
            );
        }
    }
    if let Some(extra) = items.rules.get(limits::RULES) {
        let place = extra.place(extra.node.name.span);
        check_count(report, "rules", items.rules.len(), limits::RULES, place);
    }
}
