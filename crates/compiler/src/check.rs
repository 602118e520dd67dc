//! Trees of a policy set to its typed policy, over all files at once.

pub(crate) mod claims;
pub(crate) mod clauses;
pub(crate) mod duties;
pub(crate) mod holes;
pub(crate) mod lines;
pub(crate) mod rules;
pub(crate) mod tests;

use placet_model::policy::Policy;
use placet_syntax::{Diagnostic, Sources, ast};
use smol_str::SmolStr;

use crate::arena::Exprs;
use crate::assemble::assemble;
use crate::claim::Claims;
use crate::collect::{Items, collect};
use crate::report::{Place, Report};
use crate::resolve::{agents, facts, groups, histories, layers, lets, loggable, members, tools};
use crate::rows::{full_title, rows_of};
use crate::scenario::{self, Scenario};
use crate::world::World;

/// What checking a policy set gives.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The typed policy; `None` when there is an error.
    pub policy: Option<Policy>,
    /// The claims; none when there is an error.
    pub claims: Claims,
    /// The tests; none when there is an error.
    pub scenarios: Vec<Scenario>,
    /// What is wrong, by file and place; warnings leave a policy.
    pub diagnostics: Vec<Diagnostic>,
    /// Where everything in the policy stands.
    pub places: Places,
}

/// Where the declarations of a policy stand, by the ids of the policy. Apart from it, so
/// that moving a rule to another file changes no digest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Layers, where the `policy` block lists them.
    pub layers: Vec<Place>,
    /// Rules: their whole items.
    pub rules: Vec<Place>,
    /// Functions: their names.
    pub functions: Vec<Place>,
    /// Facts; `None` for the built-in owner.
    pub facts: Vec<Option<Place>>,
    /// Groups: their names.
    pub groups: Vec<Place>,
    /// Agents: their names.
    pub agents: Vec<Place>,
    /// Actions: where they are first declared.
    pub actions: Vec<Place>,
    /// Histories: their names.
    pub histories: Vec<Place>,
    /// Titles of claims, in the order of files.
    pub claims: Vec<(SmolStr, Place)>,
    /// Titles of tests, in the order of files; of a test with rows, each row's.
    pub tests: Vec<(SmolStr, Place)>,
}

/// Checks all files of a policy set: names, types, guards, layers, claims and tests.
///
/// The order of files and items never matters. Errors that the parser found are not
/// repeated; what may be declared in a part that it could not read is not missed.
pub fn check(sources: &Sources, files: &[ast::File]) -> Checked {
    let files: Vec<&ast::File> = files.iter().collect();
    let mut report = Report::new(sources, &files);
    let items = collect(&files);
    let mut exprs = Exprs::default();
    let mut world = World::default();

    layers::resolve_layers(&mut world, &mut report, &items);
    layers::check_rules_in_layers(&world, &mut report, &items);
    facts::resolve_facts(&mut world, &mut report, &items);
    tools::resolve_tools(&mut world, &mut report, &items);
    loggable::check_elsewhere(&mut report, &items);
    groups::resolve_groups(&mut world, &mut report, &items);
    agents::resolve_agents(&mut world, &mut report, &items);
    members::resolve_members(&mut world, &mut report, &items);
    histories::resolve_histories(&mut world, &mut report, &items);
    lets::resolve_lets(&mut world, &mut exprs, &mut report, &items);
    let lines = lines::check_lines(&world, &mut exprs, &mut report);
    let rules = rules::check_rules(&world, &mut exprs, &mut report, &items);

    let claims = claims::check_claims(&world, &mut exprs, &mut report, &items);
    tests::check_tests(&world, &mut report, &items);

    let places = places(&world, &rules, &items);
    let parsed = !files.iter().any(|file| file.recovered);
    let assembled =
        (parsed && !report.has_errors()).then(|| assemble(&world, &exprs, lines, rules, claims));
    let (policy, claims) = assembled.unzip();
    let scenarios = policy
        .as_ref()
        .map(|policy| scenario::lower::lower(policy, &items))
        .unwrap_or_default();
    Checked {
        policy,
        claims: claims.unwrap_or_default(),
        scenarios,
        diagnostics: report.finish(),
        places,
    }
}

fn places(world: &World, rules: &[rules::Checked], items: &Items) -> Places {
    Places {
        layers: world.layers.iter().map(|layer| layer.place).collect(),
        rules: rules.iter().map(|rule| rule.place).collect(),
        functions: world
            .functions
            .iter()
            .map(|function| function.place)
            .collect(),
        facts: world.facts.iter().map(|fact| fact.place).collect(),
        groups: world.groups.iter().map(|group| group.place).collect(),
        agents: world.agents.iter().map(|agent| agent.place).collect(),
        actions: world.actions.iter().map(|action| action.place).collect(),
        histories: world
            .histories
            .iter()
            .map(|history| history.place)
            .collect(),
        claims: items
            .claims
            .iter()
            .map(|claim| {
                (
                    claim.node.title.node.clone(),
                    claim.place(claim.node.title.span),
                )
            })
            .collect(),
        tests: items
            .tests
            .iter()
            .flat_map(|test| match rows_of(test.node) {
                None => {
                    let title = &test.node.title;
                    vec![(title.node.clone(), test.place(title.span))]
                }
                Some(rows) => rows
                    .iter()
                    .map(|row| (full_title(test.node, row), test.place(row.name.span)))
                    .collect(),
            })
            .collect(),
    }
}
