//! A template that leaves out an argument by which the templates beside it tell resources apart.

use placet_model::ids::{FunctionId, PatternId};
use placet_model::policy::{Expr, Function, Pattern, Policy, Segment, Type};

use crate::context::{Context, Found};
use crate::descriptor::{Category, Fixes, Level, Rule, Tag};
use crate::words::Kind;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1506,
    name: "lost-argument",
    category: Category::Correctness,
    level: Level::Warn,
    tags: &[Tag::Asi(2), Tag::Asi(3), Tag::PrAa05],
    since: "0.1.0",
    fixes: Fixes::None,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    let policy = context.policy();
    for (at, function) in policy.functions.iter().enumerate() {
        // What only reads may well be about a whole, as a search is.
        let mut lines = function.lines.iter();
        if lines.all(|line| context.is(Kind::Reading, line.action)) {
            continue;
        }
        let Some((name, other)) = lost(policy, function) else {
            continue;
        };
        let Some(place) = context.place_of(FunctionId::new(at)) else {
            continue;
        };
        found.push(
            RULE.says(format!(
                "no template of `{}` tells its `{name}`",
                function.path
            ))
            .at(
                place.file,
                place.span,
                format!("`{}` goes on with it where this one ends", other.path),
            )
            .help(format!(
                "put `{{{name}}}` into the template, so that rules can see it"
            )),
        );
    }
}

/// A required parameter with which a template of another function of the tool goes on where a
/// template of this one ends, and that none of its own has.
fn lost<'p>(policy: &'p Policy, function: &Function) -> Option<(String, &'p Function)> {
    let own: Vec<&Pattern> = templates(policy, function).collect();
    let told: Vec<String> = own.iter().flat_map(|own| args(policy, own)).collect();
    let params = required(policy, function);
    let beside = policy
        .functions
        .iter()
        .filter(|other| tool(other) == tool(function));
    for other in beside.filter(|other| other.path != function.path) {
        for longer in templates(policy, other) {
            let next = |own: &&Pattern| {
                let rest = longer.segments.strip_prefix(own.segments.as_slice())?;
                rest.first().and_then(|segment| arg(policy, segment))
            };
            let next = own.iter().find_map(next);
            let name = next.filter(|name| params.contains(name) && !told.contains(name));
            if let Some(name) = name {
                return Some((name, other));
            }
        }
    }
    None
}

fn tool(function: &Function) -> &str {
    let path = function.path.as_str();
    path.rsplit_once('.').map_or(path, |(tool, _)| tool)
}

fn templates<'p>(policy: &'p Policy, function: &Function) -> impl Iterator<Item = &'p Pattern> {
    let ids: Vec<PatternId> = function
        .lines
        .iter()
        .flat_map(|line| line.templates.iter().copied())
        .collect();
    ids.into_iter()
        .filter_map(|id| policy.patterns.get(id.index()))
}

/// The parameters that a template reads, by name.
fn args(policy: &Policy, template: &Pattern) -> Vec<String> {
    let segments = template.segments.iter();
    segments
        .filter_map(|segment| arg(policy, segment))
        .collect()
}

fn arg(policy: &Policy, segment: &Segment) -> Option<String> {
    let Segment::Hole(hole) = segment else {
        return None;
    };
    match policy.exprs.get(hole.value.index())? {
        Expr::Arg(name) => Some(name.to_string()),
        _ => None,
    }
}

/// The parameters that every call has, and that may stand in a template.
fn required(policy: &Policy, function: &Function) -> Vec<String> {
    let params = function.params.and_then(|id| policy.types.get(id.index()));
    let Some(Type::Record(fields)) = params else {
        return Vec::new();
    };
    fields
        .iter()
        .filter(|field| !field.optional && field.default.is_none())
        .filter(|field| {
            let ty = policy.types.get(field.ty.index());
            matches!(ty, Some(Type::Text | Type::Int | Type::Enum(_)))
        })
        .map(|field| field.name.to_string())
        .collect()
}
