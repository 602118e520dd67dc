//! Tool blocks to functions and actions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use placet_model::ids::ActionId;
use placet_model::policy::{Action, Audience};
use placet_syntax::ast::{self, Spanned, ToolPartKind};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::loggable;
use super::names::{Seen, check_count, check_name, twice};
use super::types::resolve_fields;
use crate::collect::{Declared, Items, doc};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::ty::Field;
use crate::world::{ActionDecl, FunctionDecl, LineDecl, World, is_below};

/// Fills in tools, functions, audiences and actions (without their groups).
pub(crate) fn resolve_tools<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    world.actions = actions(report, items);
    let mut functions: BTreeMap<SmolStr, FunctionDecl<'a>> = BTreeMap::new();
    for tool in &items.tools {
        let path = tool.node.path.dotted();
        let place = tool.place(tool.node.path.span);
        for part in &tool.node.path.parts {
            check_name(report, tool.file, "tool", part);
        }
        if let Some(first) = world.tools.get(&path) {
            report.push(
                twice("tool", &path, place, *first).help("write all its functions in one block"),
            );
            continue;
        }
        world.tools.insert(path.clone(), place);
        if let Some(audience) = &tool.node.audience {
            world
                .audiences
                .extend(resolve_audience(report, tool, &path, audience));
        }
        for function in resolve_tool(world, report, tool, &path) {
            match functions.get(&function.path) {
                Some(first) => report.push(
                    twice("function", &function.path, function.place, first.place).help(
                        "where a parameter chooses the action, write `function NAME(…) { VERB when COND -> \"…\" }`",
                    ),
                ),
                None => {
                    functions.insert(function.path.clone(), function);
                }
            }
        }
    }
    world.audiences.sort_by(|a, b| a.tool.cmp(&b.tool));
    world.functions = functions.into_values().collect();
    let params = world
        .functions
        .iter()
        .filter_map(|function| function.params.as_deref());
    for param in params.flatten() {
        let known = world.params.entry(param.name.clone());
        let ty = known.or_insert_with(|| Some(param.ty.clone()));
        if ty.as_ref().is_some_and(|ty| *ty != param.ty) {
            *ty = None;
        }
    }
    check_leaves(world, report);
    if let Some(extra) = world.functions.get(limits::DECLARATIONS) {
        let count = world.functions.len();
        check_count(
            report,
            "functions",
            count,
            limits::DECLARATIONS,
            extra.place,
        );
    }
}

/// Every verb that some tool declares.
fn actions(report: &mut Report, items: &Items) -> Vec<ActionDecl> {
    let mut actions: BTreeMap<SmolStr, Place> = BTreeMap::new();
    for tool in &items.tools {
        for part in &tool.node.parts {
            let verbs: Vec<&ast::Name> = match &part.kind {
                ToolPartKind::Bare { action, .. } | ToolPartKind::Verb { action, .. } => {
                    vec![action]
                }
                ToolPartKind::Function(function) => function
                    .lines
                    .iter()
                    .map(|line| &line.node.action)
                    .collect(),
            };
            for verb in verbs {
                if !actions.contains_key(&verb.node) {
                    check_name(report, tool.file, "action", verb);
                    actions.insert(verb.node.clone(), tool.place(verb.span));
                }
            }
        }
    }
    actions
        .into_iter()
        .map(|(name, place)| ActionDecl {
            action: Action {
                name,
                groups: Vec::new(),
            },
            place,
        })
        .collect()
}

fn resolve_audience(
    report: &mut Report,
    tool: &Declared<ast::Tool>,
    path: &SmolStr,
    audience: &ast::Str,
) -> Option<Audience> {
    let trouble = audience_trouble(audience);
    if let Some(trouble) = trouble {
        report.push(
            Diagnostic::error(Code::PL0603, "the audience is not the URL of a service")
                .here(tool.place(audience.span), trouble)
                .help("write it like `\"https://mcp.example.com/mcp\"`, as the service's tokens name it"),
        );
        return None;
    }
    Some(Audience {
        tool: path.clone(),
        audience: audience.node.clone(),
    })
}

/// RFC 8707: an absolute URI without a fragment.
fn audience_trouble(text: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some("no scheme, like `https://`, in front");
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let scheme_is_one = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
    if !scheme_is_one {
        Some("what stands before `://` is not a scheme")
    } else if authority.is_empty() || authority.starts_with(':') {
        Some("no host")
    } else if text.contains('#') {
        Some("an audience has no fragment")
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("a URL has neither spaces nor characters beyond ASCII; write those as `%XX`")
    } else {
        None
    }
}

fn resolve_tool<'a>(
    world: &World<'a>,
    report: &mut Report,
    tool: &Declared<'a, ast::Tool>,
    path: &SmolStr,
) -> Vec<FunctionDecl<'a>> {
    let mut functions = Vec::new();
    let mut bare: Option<FunctionDecl<'a>> = None;
    let mut verbs = Seen::default();
    for part in &tool.node.parts {
        match &part.kind {
            ToolPartKind::Bare { action, patterns } => {
                let place = tool.place(action.span);
                if !verbs.declare(report, "action", action, place) {
                    continue;
                }
                let leaf = bare.get_or_insert_with(|| FunctionDecl {
                    path: path.clone(),
                    params: None,
                    open: false,
                    loggable: Vec::new(),
                    returns: None,
                    doc: tool.doc(),
                    lines: Vec::new(),
                    place: tool.place(tool.node.path.span),
                });
                leaf.lines.extend(line(world, action, None, patterns));
            }
            ToolPartKind::Verb {
                action,
                functions: mapped,
            } => {
                // Blocks of one action merge: a large tool is written topic by topic.
                for function in mapped {
                    let node = &function.node;
                    let mut decl = resolve_signature(
                        report,
                        tool,
                        path,
                        &node.signature,
                        node.returns.as_ref(),
                    );
                    decl.doc = doc(&node.docs);
                    decl.lines
                        .extend(line(world, action, None, &node.templates));
                    functions.push(decl);
                }
            }
            ToolPartKind::Function(function) => {
                let mut decl = resolve_signature(
                    report,
                    tool,
                    path,
                    &function.signature,
                    function.returns.as_ref(),
                );
                decl.doc = doc(&part.docs);
                for written in &function.lines {
                    let node = &written.node;
                    decl.lines.extend(line(
                        world,
                        &node.action,
                        node.when.as_ref(),
                        &node.templates,
                    ));
                }
                functions.push(decl);
            }
        }
    }
    mark_loggable(report, tool, &mut functions);
    check_parts(report, tool, bare.is_some(), !functions.is_empty());
    if functions.is_empty() {
        functions.extend(bare);
    }
    functions
}

fn line<'a>(
    world: &World,
    action: &ast::Name,
    when: Option<&'a Spanned<ast::Expr>>,
    templates: &'a [ast::Str],
) -> Option<LineDecl<'a>> {
    let action: ActionId = world.action(action)?;
    Some(LineDecl {
        action,
        when,
        templates,
    })
}

fn resolve_signature<'a>(
    report: &mut Report,
    tool: &Declared<ast::Tool>,
    path: &str,
    signature: &ast::Signature,
    returns: Option<&Spanned<Vec<Spanned<ast::Field>>>>,
) -> FunctionDecl<'a> {
    let params: Arc<[Field]> =
        resolve_fields(report, tool.file, "parameter", &signature.params).into();
    let returns = returns.map(|fields| resolve_fields(report, tool.file, "field", &fields.node));
    FunctionDecl {
        path: smol_str::format_smolstr!("{path}.{}", signature.name.node),
        params: Some(params),
        open: signature.open,
        loggable: Vec::new(),
        returns: returns.map(Into::into),
        doc: SmolStr::default(),
        lines: Vec::new(),
        place: tool.place(signature.name.span),
    }
}

/// Notes which parameters the audit may show.
fn mark_loggable(report: &mut Report, tool: &Declared<ast::Tool>, functions: &mut [FunctionDecl]) {
    let names = |function: &FunctionDecl| -> Vec<SmolStr> {
        let params = function.params.as_deref().unwrap_or_default();
        params.iter().map(|param| param.name.clone()).collect()
    };
    let all: BTreeSet<SmolStr> = functions.iter().flat_map(&names).collect();
    let declared = all.iter().map(SmolStr::as_str).collect();
    let loggable = loggable::of_tool(report, tool, &declared);
    for function in functions {
        let mut params = names(function);
        params.retain(|name| loggable.covers(name));
        params.sort();
        function.loggable = params;
    }
}

/// A tool has functions, or takes plain triples, and never both.
fn check_parts(report: &mut Report, tool: &Declared<ast::Tool>, bare: bool, functions: bool) {
    let place = tool.place(tool.node.path.span);
    let name = tool.node.path.dotted();
    if !bare && !functions && !tool.item.recovered {
        report.push(
            Diagnostic::error(Code::PL0601, format!("tool `{name}` has no functions"))
                .here(place, "nothing can be asked of it")
                .help("write `action VERB { function(param: type) -> \"template\" }`, or `action VERB -> \"pattern\"` for a tool without functions"),
        );
    }
    let first_bare = tool.node.parts.iter().find_map(|part| match &part.kind {
        ToolPartKind::Bare { action, .. } => Some(action.span),
        _ => None,
    });
    if let (true, true, Some(span)) = (bare, functions, first_bare) {
        report.push(
            Diagnostic::error(Code::PL0601, format!("tool `{name}` has functions, and an action without any"))
                .here(tool.place(span), "this action has no function")
                .note("`action VERB -> \"pattern\"` is for tools without functions, which take plain triples")
                .help("write its functions in braces, or move it to a tool of its own"),
        );
    }
}

/// What has parameters or takes triples is a leaf: nothing stands below it.
fn check_leaves(world: &World, report: &mut Report) {
    let below: BTreeSet<(&str, Place)> = world
        .functions
        .iter()
        .map(|function| (function.path.as_str(), function.place))
        .chain(
            world
                .tools
                .iter()
                .map(|(path, place)| (path.as_str(), *place)),
        )
        .collect();
    for leaf in &world.functions {
        // Sorted by path, but `a-b` sorts between `a` and `a.b`.
        let start = (leaf.path.as_str(), Place::default());
        let under = below
            .range(start..)
            .take_while(|(path, _)| path.starts_with(leaf.path.as_str()))
            .find(|(path, _)| *path != leaf.path && is_below(path, &leaf.path));
        if let Some((path, place)) = under {
            report.push(
                Diagnostic::error(
                    Code::PL0602,
                    format!(
                        "`{path}` stands below `{}`, which is not a server",
                        leaf.path
                    ),
                )
                .here(*place, "nothing can stand below a function")
                .also(leaf.place, format!("`{}` is called itself", leaf.path))
                .help("give one of the two another path"),
            );
        }
        let tool = world.tools.get(&leaf.path);
        if let Some(tool) = tool.filter(|_| leaf.params.is_some()) {
            report.push(twice("tool", &leaf.path, *tool, leaf.place));
        }
    }
}
