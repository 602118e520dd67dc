//! Histories: which calls they hold, and what can be read of a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use placet_model::ids::{ActionId, FunctionId};
use placet_model::policy::{GroupKind, HistoryKey, Outcome, Pattern};
use placet_syntax::ast::{self, Select, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::constants::{duration_of, joined};
use super::find::{find_action, tool_paths};
use super::groups::find_group;
use super::names::{check_count, each_once, twice};
use crate::collect::{Declared, Items};
use crate::expr::{hidden, is_built_in, join_records};
use crate::limits;
use crate::patterns;
use crate::report::{DiagnosticAt, Report, closest};
use crate::ty::Field;
use crate::world::{FunctionDecl, HistoryDecl, World};

/// Fills in the histories.
pub(crate) fn resolve_histories<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    let mut histories: BTreeMap<SmolStr, HistoryDecl> = BTreeMap::new();
    let mut covered = 0;
    for history in items.histories.iter().take(limits::HISTORIES) {
        let name = &history.node.name;
        let place = history.place(name.span);
        if is_built_in(name) {
            report.push(hidden(name, "built in", place, None));
        }
        match histories.get(&name.node) {
            Some(first) => report.push(twice("history", name, place, first.place)),
            None => {
                let decl = resolve_history(world, report, history, &mut covered);
                histories.insert(name.node.clone(), decl);
            }
        }
    }
    world.histories = histories.into_values().collect();
    if let Some(extra) = items.histories.get(limits::HISTORIES) {
        let place = extra.place(extra.node.name.span);
        let count = items.histories.len();
        check_count(report, "histories", count, limits::HISTORIES, place);
    }
}

fn resolve_history(
    world: &World,
    report: &mut Report,
    history: &Declared<ast::History>,
    total: &mut usize,
) -> HistoryDecl {
    let node = history.node;
    let mut selected = Selected::default();
    let mut seen: BTreeMap<&'static str, _> = BTreeMap::new();
    for select in &node.select {
        let place = history.place(select.span);
        if let Some(first) = seen.insert(word(&select.node), place) {
            report.push(
                Diagnostic::error(
                    Code::PL0402,
                    format!("`{}` is selected twice", word(&select.node)),
                )
                .here(place, "again here")
                .also(first, "first here")
                .help("write one list, with commas"),
            );
            continue;
        }
        selected.add(world, report, history, &select.node);
    }
    let mut covers = covered(world, &selected);
    *total += covers.len();
    if *total > limits::HISTORY_FUNCTIONS {
        let place = history.place(node.name.span);
        let what = "functions in histories";
        check_count(report, what, *total, limits::HISTORY_FUNCTIONS, place);
        covers.clear();
    }
    let records = |fields: Fields| -> Arc<[Field]> {
        let functions = covers.iter().filter_map(|id| world.get_function(*id));
        let all: Vec<&[Field]> = functions.map(fields).collect();
        join_records(&all).into()
    };
    let params: Fields = |function| function.params.as_deref().unwrap_or_default();
    let returns: Fields = |function| function.returns.as_deref().unwrap_or_default();
    let mut conflicts = conflicts(world, &covers, params);
    conflicts.extend(self::conflicts(world, &covers, returns));
    let mut outcomes = selected
        .outcomes
        .unwrap_or_else(|| vec![Outcome::Pending, Outcome::Ok]);
    outcomes.sort();
    HistoryDecl {
        name: node.name.node.clone(),
        functions: selected.functions.map(|set| set.into_iter().collect()),
        actions: selected.actions.map(|set| set.into_iter().collect()),
        resources: selected.resources,
        outcomes,
        per: key(node.per.node),
        within: window(report, history, node.within.as_ref()),
        args: records(params),
        result: records(returns),
        conflicts,
        place: history.place(node.name.span),
    }
}

/// The parameters, or the results, of a function.
type Fields = for<'f> fn(&'f FunctionDecl<'_>) -> &'f [Field];

/// The fields that two of the functions give different types.
fn conflicts(
    world: &World,
    functions: &[FunctionId],
    fields: Fields,
) -> Vec<(SmolStr, [FunctionId; 2])> {
    let mut first: BTreeMap<&SmolStr, (FunctionId, &Field)> = BTreeMap::new();
    let mut found = Vec::new();
    for id in functions {
        for field in world.get_function(*id).map(fields).unwrap_or_default() {
            let (other, known) = *first.entry(&field.name).or_insert((*id, field));
            if known.ty != field.ty {
                found.push((field.name.clone(), [other, *id]));
            }
        }
    }
    found
}

const fn key(key: ast::Key) -> HistoryKey {
    match key {
        ast::Key::Task => HistoryKey::Task,
        ast::Key::Credential => HistoryKey::Credential,
        ast::Key::Chain => HistoryKey::Chain,
        ast::Key::Agent => HistoryKey::Agent,
        ast::Key::User => HistoryKey::User,
    }
}

fn window(
    report: &mut Report,
    history: &Declared<ast::History>,
    within: Option<&Spanned<ast::Duration>>,
) -> Option<placet_model::value::Duration> {
    let within = within?;
    let place = history.place(within.span);
    let duration = duration_of(report, place, within.node)?;
    if duration.0 == 0 {
        report.push(
            Diagnostic::error(
                Code::PL0407,
                "the window of a history is zero: it would never hold a call",
            )
            .here(place, "must be longer than zero"),
        );
    }
    Some(duration)
}

const fn word(select: &Select) -> &'static str {
    match select {
        Select::Tool(_) => "tool",
        Select::ActionIn(_) | Select::Action(_) => "action",
        Select::Resource(_) => "resource",
        Select::Outcome(_) => "outcome",
    }
}

#[derive(Default)]
struct Selected {
    functions: Option<BTreeSet<FunctionId>>,
    actions: Option<BTreeSet<ActionId>>,
    resources: Vec<Pattern>,
    outcomes: Option<Vec<Outcome>>,
}

impl Selected {
    fn add(
        &mut self,
        world: &World,
        report: &mut Report,
        history: &Declared<ast::History>,
        select: &Select,
    ) {
        match select {
            Select::Tool(paths) => {
                let functions = self.functions.insert(BTreeSet::new());
                for path in tool_paths(world, report, history.file, paths) {
                    functions.extend(world.functions_below(&path));
                }
            }
            Select::Action(names) => {
                let actions = self.actions.insert(BTreeSet::new());
                for name in each_once(report, history.file, names) {
                    actions.extend(find_action(world, report, name, history.place(name.span)));
                }
            }
            Select::ActionIn(groups) => {
                let actions = self.actions.insert(BTreeSet::new());
                for name in each_once(report, history.file, groups) {
                    let place = history.place(name.span);
                    let group = find_group(world, report, GroupKind::Actions, name, place);
                    actions.extend(group.into_iter().flat_map(|group| world.actions_in(group)));
                }
            }
            Select::Resource(texts) => {
                let place = history.place(history.node.name.span);
                check_count(report, "patterns", texts.len(), limits::PATTERNS, place);
                for text in texts {
                    let what = "the pattern of a history";
                    self.resources.extend(patterns::plain_pattern(
                        report,
                        history.file,
                        text,
                        what,
                    ));
                }
                self.resources.sort();
                self.resources.dedup();
            }
            Select::Outcome(names) => {
                let outcomes = self.outcomes.insert(Vec::new());
                for name in each_once(report, history.file, names) {
                    outcomes.extend(find_outcome(report, history, name));
                }
            }
        }
    }
}

/// The functions whose calls a history may hold.
fn covered(world: &World, selected: &Selected) -> Vec<FunctionId> {
    let all = (0..world.functions.len()).map(FunctionId::new);
    all.filter(|id| {
        selected
            .functions
            .as_ref()
            .is_none_or(|functions| functions.contains(id))
    })
    .filter(|id| {
        let Some(function) = world.get_function(*id) else {
            return false;
        };
        selected
            .actions
            .as_ref()
            .is_none_or(|actions| actions.iter().any(|action| function.does(*action)))
    })
    .collect()
}

fn find_outcome(
    report: &mut Report,
    history: &Declared<ast::History>,
    name: &ast::Name,
) -> Option<Outcome> {
    let names = Outcome::ALL.map(Outcome::name);
    let found = Outcome::ALL
        .into_iter()
        .find(|outcome| outcome.name() == name.as_str());
    if found.is_none() {
        let place = history.place(name.span);
        let diagnostic = match closest(name, names) {
            Some(near) => Diagnostic::error(
                Code::PL0203,
                format!("`{}` is not an outcome; did you mean `{near}`?", name.node),
            )
            .replace(place, near, format!("write `{near}`")),
            None => Diagnostic::error(Code::PL0203, format!("`{}` is not an outcome", name.node)),
        };
        report.push(diagnostic.here(place, format!("the outcomes are {}", joined(&names, "and"))));
    }
    found
}
