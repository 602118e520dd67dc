//! Tests and their fixtures: everything in them is resolved and typed. Running them is
//! for others.

mod objects;
mod rows;
mod setup;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use placet_syntax::ast::{self, FileId, Setup, TestPart};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use crate::circles;
use crate::collect::{Declared, Items};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, closest};
use crate::resolve::names::{Seen, check_count, twice};
use crate::rows::full_title;
use crate::scenario::lower::delegates;
use crate::world::World;

/// The rules by their names in expectations: `rule`, and `layer/rule`.
#[derive(Default)]
struct Rules {
    /// Every layer that has a rule of this name.
    layers: BTreeMap<SmolStr, Vec<SmolStr>>,
}

/// What checking a test needs besides the world.
struct Context<'w, 'a> {
    world: &'w World<'a>,
    givens: BTreeMap<SmolStr, Declared<'a, ast::Given>>,
    rules: Rules,
}

/// Checks all fixtures and tests.
pub(crate) fn check_tests<'a>(world: &World<'a>, report: &mut Report, items: &Items<'a>) {
    let mut context = Context {
        world,
        givens: BTreeMap::new(),
        rules: Rules::of(items),
    };
    for given in &items.givens {
        let name = &given.node.name;
        let place = given.place(name.span);
        match context.givens.get(&name.node) {
            Some(first) => {
                let first = first.place(first.node.name.span);
                report.push(twice("fixture", name, place, first));
            }
            None => {
                context.givens.insert(name.node.clone(), given.clone());
            }
        }
    }
    rows::check_none(report, items);
    for given in &items.givens {
        let mut block = setup::Block::default();
        for line in &given.node.setup {
            let place = given.place(line.span);
            block.check(&context, report, given.file, &line.node, place);
        }
    }
    check_circles(&context, report);
    let mut seen = Seen::default();
    let mut written_out = 0;
    for test in &items.tests {
        let title = &test.node.title;
        seen.declare(report, "test", title, test.place(title.span));
        let rows = test.node.parts.iter().filter_map(|part| match &part.node {
            TestPart::Rows(rows) => Some((rows.as_slice(), test.place(part.span))),
            _ => None,
        });
        let blocks: Vec<_> = rows.collect();
        match blocks.first() {
            None => check_test(&context, report, test),
            Some(_) => rows::check(&context, report, test, &blocks, &mut written_out),
        }
        let mut names = BTreeSet::new();
        for row in blocks.iter().flat_map(|(rows, _)| *rows) {
            // Two rows of one name have an error of their own.
            if names.insert(&row.name.node) {
                let full = full_title(test.node, row);
                seen.declare(report, "test", &full, test.place(row.name.span));
            }
        }
    }
    if let Some(extra) = items.tests.get(limits::DECLARATIONS) {
        let place = extra.place(extra.node.title.span);
        check_count(
            report,
            "tests",
            items.tests.len(),
            limits::DECLARATIONS,
            place,
        );
    }
}

fn check_test(context: &Context, report: &mut Report, test: &Declared<ast::Test>) {
    let mut block = setup::Block::default();
    let mut steps = steps::Steps::of(test.item.recovered);
    let mut agents: Vec<SmolStr> = Vec::new();
    check_acting(report, test);
    for part in &test.node.parts {
        let place = test.place(part.span);
        match &part.node {
            TestPart::Setup(line) => {
                block.check(context, report, test.file, line, place);
                context.add_agents(line, &mut agents, &mut Vec::new());
            }
            TestPart::Step(step) => {
                block = setup::Block::default();
                if agents.is_empty() && steps.needs_agent(step) && !test.item.recovered {
                    no_agent(report, place);
                    // Once a test is enough.
                    agents.push(SmolStr::default());
                }
                steps.check(context, report, test.file, step, place, &agents);
            }
            TestPart::Rows(_) => {}
        }
    }
}

/// Of the agents that a test's own lines set up without a step between them, one acts: only
/// one may be there that nothing is delegated to.
fn check_acting(report: &mut Report, test: &Declared<ast::Test>) {
    let delegates = delegates(test.node);
    let is_setup = |part: &ast::Spanned<TestPart>| matches!(part.node, TestPart::Setup(_));
    for block in test.node.parts.chunk_by(|a, b| is_setup(a) && is_setup(b)) {
        let agents = block.iter().filter_map(|part| match &part.node {
            TestPart::Setup(Setup::Agent(agent)) => Some(&agent.name),
            _ => None,
        });
        let mut acting = agents.filter(|name| !delegates.contains(&name.node));
        let (Some(first), Some(second)) = (acting.next(), acting.next()) else {
            continue;
        };
        if first.node == second.node || test.item.recovered {
            continue;
        }
        report.push(
            Diagnostic::error(
                Code::PL0816,
                format!(
                    "nothing says whether `{}` or `{}` acts",
                    first.node, second.node
                ),
            )
            .here(test.place(second.span), "it, from here on?")
            .also(test.place(first.span), "or it?")
            .help(format!(
                "take one of the two lines away, put a step between them, or delegate to one: \
                 `delegate {} …`",
                crate::report::written(&second.node)
            )),
        );
    }
}

fn no_agent(report: &mut Report, place: Place) {
    report.push(
        Diagnostic::error(Code::PL0807, "nothing says which agent acts")
            .here(place, "by whom?")
            .help("write `agent NAME` in front of the first step"),
    );
}

impl Context<'_, '_> {
    /// The agents that a line sets up, itself or through fixtures.
    fn add_agents(&self, line: &Setup, agents: &mut Vec<SmolStr>, open: &mut Vec<SmolStr>) {
        match line {
            Setup::Agent(agent) => agents.push(agent.name.node.clone()),
            Setup::Given(names) => {
                for name in names {
                    if open.contains(&name.node) {
                        continue;
                    }
                    open.push(name.node.clone());
                    let given = self.givens.get(&name.node);
                    for line in given.into_iter().flat_map(|given| &given.node.setup) {
                        self.add_agents(&line.node, agents, open);
                    }
                }
            }
            _ => {}
        }
    }

    /// Finds a fixture, or says that there is none.
    fn check_given(&self, report: &mut Report, file: FileId, name: &ast::Name) {
        if !self.givens.contains_key(&name.node) {
            let place = Place::new(file, name.span);
            let names = self.givens.keys().map(SmolStr::as_str);
            let help = format!("declare it: `given {} {{ … }}`", name.node);
            report.unknown(Code::PL0801, "fixture", name, place, names, &help);
        }
    }

    /// Finds the rule of a `by`, or says why there is none, and what it was to do.
    fn check_rule(&self, report: &mut Report, file: FileId, name: &ast::Name, does: &str) {
        let place = Place::new(file, name.span);
        let (layer, rule) = match name.split_once('/') {
            Some((layer, rule)) => (Some(layer), rule),
            None => (None, name.as_str()),
        };
        let layers = self
            .rules
            .layers
            .get(rule)
            .map(Vec::as_slice)
            .unwrap_or_default();
        match (layer, layers) {
            (Some(layer), layers) if layers.iter().any(|known| known == layer) => {}
            (None, [_]) => {}
            (None, [_, _, ..]) => {
                let shown: Vec<String> = layers
                    .iter()
                    .map(|layer| format!("`\"{layer}/{rule}\"`"))
                    .collect();
                report.push(
                    Diagnostic::error(
                        Code::PL0803,
                        format!("`{rule}` is a rule of several layers"),
                    )
                    .here(place, "which one?")
                    .help(format!("write {}", shown.join(" or "))),
                );
            }
            _ => {
                let short = self.rules.layers.keys().map(SmolStr::to_string);
                let full = self.rules.full_names();
                let names: Vec<String> = if layer.is_some() {
                    full
                } else {
                    short.collect()
                };
                let names = names.iter().map(String::as_str);
                if closest(name, names.clone()).is_none() && !report.excuses(rule) {
                    report.push(
                        Diagnostic::error(
                            Code::PL0803,
                            format!(
                                "a test expects a rule `{}` to {does}, and there is none",
                                name.node
                            ),
                        )
                        .here(place, "no rule is called so")
                        .help(
                            "if it was taken out, put it back, or say what happens without it; \
                             rules are named as they are declared, or as `\"layer/rule\"`",
                        ),
                    );
                    return;
                }
                report.unknown(Code::PL0803, "rule", name, place, names, "");
            }
        }
    }
}

impl Rules {
    fn of(items: &Items) -> Self {
        let mut rules = Self::default();
        for rule in &items.rules {
            let layers = rules.layers.entry(rule.node.name.node.clone()).or_default();
            if !layers.contains(&rule.layer) {
                layers.push(rule.layer.clone());
            }
        }
        for layers in rules.layers.values_mut() {
            layers.sort();
        }
        rules
    }

    fn full_names(&self) -> Vec<String> {
        let names = self.layers.iter();
        names
            .flat_map(|(rule, layers)| layers.iter().map(move |layer| format!("{layer}/{rule}")))
            .collect()
    }
}

/// Fixtures must not include themselves.
fn check_circles(context: &Context, report: &mut Report) {
    let mut graph = petgraph::graph::DiGraph::<&SmolStr, ()>::new();
    let nodes: BTreeMap<&SmolStr, _> = context
        .givens
        .keys()
        .map(|name| (name, graph.add_node(name)))
        .collect();
    for (name, given) in &context.givens {
        for line in &given.node.setup {
            let Setup::Given(included) = &line.node else {
                continue;
            };
            for other in included {
                if let (Some(from), Some(to)) = (nodes.get(name), nodes.get(&other.node)) {
                    graph.update_edge(*from, *to, ());
                }
            }
        }
    }
    let name = |node| graph.node_weight(node).copied();
    for circle in circles::sort(&graph, name).circles {
        let names: Vec<&SmolStr> = circle.into_iter().filter_map(name).collect();
        let texts: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let mut diagnostic = Diagnostic::error(Code::PL0809, "a fixture includes itself")
            .note(circles::shown(&texts, "includes"))
            .help("take one of the `given` lines away");
        for (at, name) in circles::pointed_at(&names).iter().enumerate() {
            let Some(given) = context.givens.get(*name) else {
                continue;
            };
            let place = given.place(given.node.name.span);
            diagnostic = if at == 0 {
                diagnostic.here(place, "in the circle")
            } else {
                diagnostic.also(place, "and this")
            };
        }
        report.push(diagnostic);
    }
}
