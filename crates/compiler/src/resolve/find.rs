//! Tools and actions by their names.

use std::collections::BTreeMap;

use placet_model::ids::ActionId;
use placet_model::policy::GroupKind;
use placet_syntax::ast;
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::names::repeated;
use crate::report::{DiagnosticAt, Place, Report, written};
use crate::world::World;

/// The declared ones of a list of tool paths, dotted.
pub(crate) fn tool_paths(
    world: &World,
    report: &mut Report,
    file: ast::FileId,
    paths: &[ast::Path],
) -> Vec<SmolStr> {
    let mut seen: BTreeMap<SmolStr, Place> = BTreeMap::new();
    let mut known = Vec::new();
    for path in paths {
        let place = Place::new(file, path.span);
        let dotted = path.dotted();
        if let Some(first) = seen.get(&dotted) {
            report.push(repeated(&dotted, place, *first));
            continue;
        }
        seen.insert(dotted.clone(), place);
        if check_tool(world, report, &dotted, place) {
            known.push(dotted);
        }
    }
    known
}

/// Whether something is declared at or below a path, or an error.
pub(crate) fn check_tool(world: &World, report: &mut Report, dotted: &str, place: Place) -> bool {
    let known = world.has_tool(dotted);
    if !known && !report.is_full() {
        let unqualified = world
            .functions
            .iter()
            .map(|function| function.path.as_str())
            .find(|path| path.rsplit('.').next() == Some(dotted));
        let help = match unqualified {
            Some(path) => format!("a function is named with its tool: `{path}`"),
            None => format!(
                "declare it: `tool {} {{ … }}`",
                dotted.split('.').next().unwrap_or(dotted)
            ),
        };
        report.unknown(
            Code::PL0106,
            "tool or function",
            dotted,
            place,
            world.tool_paths(),
            &help,
        );
    }
    known
}

/// Finds an action by its name, or says why there is none.
pub(crate) fn find_action(
    world: &World,
    report: &mut Report,
    name: &ast::Name,
    place: Place,
) -> Option<ActionId> {
    let action = world.action(name);
    if action.is_none() && !report.is_full() {
        if world.group(GroupKind::Actions, name).is_some() {
            report.push(
                Diagnostic::error(
                    Code::PL0105,
                    format!("`{}` is a group of actions, not an action", name.node),
                )
                .here(place, "a group stands after `in`")
                .replace(
                    place.before(),
                    "in ",
                    format!("write `in {}`", written(name)),
                ),
            );
            return None;
        }
        let help = "actions are the verbs of tools: `tool T { action VERB { … } }`";
        report.unknown(
            Code::PL0105,
            "action",
            name,
            place,
            world.action_names(),
            help,
        );
    }
    action
}
