//! The clauses of a rule or region: each at most once, names resolved, and the functions
//! that they cover together.

use std::collections::BTreeMap;

use placet_model::ids::{ActionId, FunctionId, GroupId};
use placet_model::policy::{Agents, GroupKind, Moment, Users};
use placet_syntax::ast::{self, Clause, FileId, Name, Span, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::holes::{Written, extent, read_patterns};
use crate::expr::{ArgScope, Coverage, Reads, ResourceScope, Scope, Stance, UserScope};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::agents::unknown_agent;
use crate::resolve::find::{find_action, tool_paths};
use crate::resolve::groups::find_group;
use crate::resolve::names::{check_count, check_name, each_once};
use crate::world::World;

/// Clauses by kind. `None` where a clause is absent.
#[derive(Default)]
pub(crate) struct Clauses<'a> {
    pub(crate) agent: Option<(&'a ast::Names, Span)>,
    pub(crate) user: Option<(&'a ast::Users, Span)>,
    pub(crate) tool: Option<(&'a ast::Tools, Span)>,
    pub(crate) action: Option<(&'a ast::Names, Span)>,
    pub(crate) resource: Option<(&'a ast::Resources, Span)>,
    pub(crate) moment: Option<(Moment, Span)>,
    /// Conditions in written order; `true` for `unless`.
    pub(crate) conditions: Vec<(&'a Spanned<ast::Expr>, bool)>,
    /// Duties and limits in written order.
    pub(crate) duties: Vec<(&'a ast::Duty, Span)>,
}

impl<'a> Clauses<'a> {
    /// Sorts clauses by kind; a second one of a kind that is written once is an error.
    pub(crate) fn of(report: &mut Report, file: FileId, clauses: &'a [Spanned<Clause>]) -> Self {
        let mut sorted = Self::default();
        let mut seen: BTreeMap<&'static str, Place> = BTreeMap::new();
        for clause in clauses {
            let place = Place::new(file, clause.span);
            if let Some(word) = once(&clause.node) {
                if let Some(first) = seen.get(word) {
                    report.push(twice(word, place, *first));
                    continue;
                }
                seen.insert(word, place);
            }
            let span = clause.span;
            match &clause.node {
                Clause::Agent(names) => sorted.agent = Some((names, span)),
                Clause::User(users) => sorted.user = Some((users, span)),
                Clause::Tool(tools) => sorted.tool = Some((tools, span)),
                Clause::Action(names) => sorted.action = Some((names, span)),
                Clause::Resource(resources) => sorted.resource = Some((resources, span)),
                Clause::At(moment) => sorted.moment = Some((moment_of(*moment), span)),
                Clause::When(condition) => sorted.conditions.push((condition, false)),
                Clause::Unless(condition) => sorted.conditions.push((condition, true)),
                Clause::Duty(duty) => sorted.duties.push((duty, span)),
            }
        }
        if let Some(extra) = clauses.get(limits::CLAUSES) {
            let place = Place::new(file, extra.span);
            check_count(
                report,
                "clauses in one rule",
                clauses.len(),
                limits::CLAUSES,
                place,
            );
        }
        sorted
    }
}

/// What the clauses of a rule or region cover.
pub(crate) struct Covered {
    pub(crate) agents: Agents,
    pub(crate) users: Users,
    pub(crate) functions: Option<Vec<FunctionId>>,
    pub(crate) actions: Option<Vec<ActionId>>,
    /// A tool or action is wrong, so that nobody knows what is covered.
    unknown: bool,
    pub(crate) written: Written,
}

impl Covered {
    /// Resolves the names of all clauses, and reads the patterns.
    pub(crate) fn of(
        world: &World,
        report: &mut Report,
        file: FileId,
        clauses: &Clauses,
        (shown, recovered): (&str, bool),
    ) -> Self {
        let agents = agents(world, report, file, clauses.agent.map(|(names, _)| names));
        let users = users(world, report, file, clauses.user.map(|(users, _)| users));
        let before = report.wrong();
        let tools = clauses.tool.map(|(tools, _)| tools);
        let functions = functions(world, report, file, tools);
        let actions = actions(world, report, file, clauses.action.map(|(names, _)| names));
        let unknown = report.wrong() > before || recovered;
        if !unknown && !report.has_gaps() && !world.functions.is_empty() {
            let coverage = Coverage::new(functions.clone(), actions.clone());
            if coverage.is_empty(world) {
                covers_nothing(report, file, clauses, shown);
            }
        }
        let resources = clauses.resource.map(|(resources, _)| resources);
        let written = read_patterns(world, report, file, resources);
        Self {
            agents,
            users,
            functions,
            actions,
            unknown,
            written,
        }
    }

    /// What conditions beside these clauses may read, when some clauses could not be: then
    /// nothing can be missed, because it may stand there.
    pub(crate) fn recovered_scope(&self, subject: &'static str, moment: Option<Moment>) -> Scope {
        Scope {
            user: UserScope::Maybe,
            args: ArgScope::Later,
            resources: ResourceScope::Later,
            ..self.scope(subject, Stance::Unchecked, moment)
        }
    }

    /// What conditions beside these clauses may read.
    pub(crate) fn scope(
        &self,
        subject: &'static str,
        stance: Stance,
        moment: Option<Moment>,
    ) -> Scope {
        Scope {
            subject,
            stance,
            reads: Reads::All,
            user: match self.users {
                Users::All => UserScope::Maybe,
                Users::None => UserScope::Never,
                Users::Any | Users::In(_) | Users::Named(_) => UserScope::Always,
            },
            args: if self.unknown {
                ArgScope::Unknown
            } else {
                ArgScope::Over(Coverage::new(self.functions.clone(), self.actions.clone()))
            },
            resources: if self.written.broken {
                ResourceScope::Later
            } else {
                ResourceScope::Within(extent(&self.written))
            },
            captures: self.written.captures.clone(),
            moment,
        }
    }
}

fn covers_nothing(report: &mut Report, file: FileId, clauses: &Clauses, shown: &str) {
    let mut diagnostic = Diagnostic::warning(
        Code::PL0410,
        format!("{shown} covers no call: none of its tools does any of its actions"),
    );
    let tools = clauses.tool.map(|(_, span)| (span, "these tools"));
    let actions = clauses
        .action
        .map(|(_, span)| (span, "have none of these actions"));
    for (at, (span, text)) in tools.into_iter().chain(actions).enumerate() {
        let place = Place::new(file, span);
        diagnostic = if at == 0 {
            diagnostic.here(place, text)
        } else {
            diagnostic.also(place, text)
        };
    }
    report.push(diagnostic.help("the actions of a tool stand in its declaration"));
}

/// The word of a clause that may stand once.
const fn once(clause: &Clause) -> Option<&'static str> {
    match clause {
        Clause::Agent(_) => Some("agent"),
        Clause::User(_) => Some("user"),
        Clause::Tool(_) => Some("tool"),
        Clause::Action(_) => Some("action"),
        Clause::Resource(_) => Some("resource"),
        Clause::At(_) => Some("at"),
        Clause::Duty(ast::Duty::For(_)) => Some("for"),
        Clause::Duty(ast::Duty::Consent { .. }) => Some("consent"),
        Clause::Duty(ast::Duty::Delegate(_)) => Some("delegate"),
        Clause::Duty(ast::Duty::BudgetCalls(_)) => Some("budget … calls"),
        _ => None,
    }
}

fn twice(word: &str, place: Place, first: Place) -> Diagnostic {
    let help = match word {
        "agent" | "user" | "tool" | "action" | "resource" => {
            "write one list, with commas; all clauses of a rule must hold"
        }
        _ => "keep one of the two",
    };
    Diagnostic::error(Code::PL0402, format!("`{word}` is written twice"))
        .here(place, "again here")
        .also(first, "first here")
        .help(help)
}

/// The moment in the model's words.
pub(crate) const fn moment_of(moment: ast::Moment) -> Moment {
    match moment {
        ast::Moment::Issuance => Moment::Issuance,
        ast::Moment::Runtime => Moment::Runtime,
    }
}

/// The agents of a clause.
fn agents(world: &World, report: &mut Report, file: FileId, clause: Option<&ast::Names>) -> Agents {
    match clause {
        None | Some(ast::Names::Any) => Agents::All,
        Some(ast::Names::In(names)) => {
            Agents::In(groups(world, report, file, GroupKind::Agents, names))
        }
        Some(ast::Names::Listed(names)) => {
            let mut known: Vec<SmolStr> = Vec::new();
            for name in each_once(report, file, names) {
                if world.agent(name).is_some() {
                    known.push(name.node.clone());
                } else {
                    unknown_agent(world, report, name, Place::new(file, name.span));
                }
            }
            known.sort();
            Agents::Named(known)
        }
    }
}

/// The users of a clause.
fn users(world: &World, report: &mut Report, file: FileId, clause: Option<&ast::Users>) -> Users {
    match clause {
        None | Some(ast::Users::AnyOrNone) => Users::All,
        Some(ast::Users::Any) => Users::Any,
        Some(ast::Users::None) => Users::None,
        Some(ast::Users::In(names)) => {
            Users::In(groups(world, report, file, GroupKind::Users, names))
        }
        Some(ast::Users::Listed(names)) => {
            let mut known = Vec::new();
            for name in each_once(report, file, names) {
                check_name(report, file, "user", name);
                known.push(name.node.clone());
            }
            known.sort();
            Users::Named(known)
        }
    }
}

fn groups(
    world: &World,
    report: &mut Report,
    file: FileId,
    kind: GroupKind,
    names: &[Name],
) -> Vec<GroupId> {
    let mut ids: Vec<GroupId> = each_once(report, file, names)
        .into_iter()
        .filter_map(|name| find_group(world, report, kind, name, Place::new(file, name.span)))
        .collect();
    ids.sort();
    ids
}

/// The functions of a `tool` clause; `None` covers all.
fn functions(
    world: &World,
    report: &mut Report,
    file: FileId,
    clause: Option<&ast::Tools>,
) -> Option<Vec<FunctionId>> {
    let Some(ast::Tools::Listed(paths)) = clause else {
        return None;
    };
    let mut functions: Vec<FunctionId> = tool_paths(world, report, file, paths)
        .iter()
        .flat_map(|path| world.functions_below(path))
        .collect();
    functions.sort();
    functions.dedup();
    Some(functions)
}

/// The actions of an `action` clause; `None` covers all.
fn actions(
    world: &World,
    report: &mut Report,
    file: FileId,
    clause: Option<&ast::Names>,
) -> Option<Vec<ActionId>> {
    let mut ids: Vec<ActionId> = match clause {
        None | Some(ast::Names::Any) => return None,
        Some(ast::Names::In(names)) => {
            let groups = groups(world, report, file, GroupKind::Actions, names);
            groups
                .into_iter()
                .flat_map(|group| world.actions_in(group))
                .collect()
        }
        Some(ast::Names::Listed(names)) => each_once(report, file, names)
            .into_iter()
            .filter_map(|name| find_action(world, report, name, Place::new(file, name.span)))
            .collect(),
    };
    ids.sort();
    ids.dedup();
    Some(ids)
}
