//! Real calls to triples.

use placet_model::decision::Reason;
use placet_model::ids::{FunctionId, PatternId};
use placet_model::json::Fields;
use placet_model::policy::{Expr, Extract, Hole, Line, Moment, Policy, Segment, Type};
use placet_model::value::Value;

use crate::eval::Eval;
use crate::rules::{self, Triple};
use crate::segment::{self, is_clean};
use crate::truth::Truths;
use crate::typed::{Strictness, record};
use crate::value::V;
use crate::world::{Args, Person, Place, World};

/// Why a question has no triples.
pub type Refusal = (Reason, String);

/// The triples that a call makes, and its arguments.
///
/// # Errors
///
/// The tool is unknown, or the call is invalid.
pub fn triples(
    policy: &Policy,
    tool: &str,
    given: &Fields,
) -> Result<(Vec<Triple>, Args), Refusal> {
    let invalid = |reason: String| (Reason::InvalidRequest, reason);
    let Some(id) = policy.function(tool) else {
        return Err((Reason::UnknownTool, format!("`{tool}` is not a function")));
    };
    let function = &policy.functions[id.index()];
    let Some(params) = function.params else {
        return Err(invalid(format!("`{tool}` takes plain triples")));
    };
    let Type::Record(params) = &policy.types[params.index()] else {
        return Err(invalid(format!("`{tool}` has no parameters")));
    };
    let args =
        record(policy, params, given, Strictness::Arguments, function.open).map_err(invalid)?;
    let world = bare(policy, Args::Known(args));
    let mut result = vec![];
    let mut any = false;
    for line in &function.lines {
        let place = Place::default();
        let applies = line
            .when
            .map_or(Truths::TRUE, |when| Eval::new(&world, &place).truth(when));
        if applies == Truths::UNDEFINED {
            return Err(invalid("it cannot be told what the call does".to_owned()));
        }
        if applies == Truths::TRUE {
            any = true;
            for resource in instances(&world, line).map_err(invalid)? {
                result.push(Triple {
                    function: id,
                    action: line.action,
                    resource,
                });
            }
        }
    }
    if !any || result.is_empty() {
        return Err(invalid("the call asks for nothing".to_owned()));
    }
    result.sort();
    result.dedup();
    Ok((result, world.args))
}

/// A plain triple.
///
/// # Errors
///
/// The tool or action is unknown, or the resource is no instance of a template.
pub fn triple(
    policy: &Policy,
    tool: &str,
    action: &str,
    resource: &str,
) -> Result<Triple, Refusal> {
    if [tool, action]
        .iter()
        .any(|name| name.is_empty() || !is_clean(name))
    {
        return Err((Reason::InvalidRequest, "not a name".to_owned()));
    }
    let Some(resource) = segment::resource(resource) else {
        return Err((
            Reason::InvalidRequest,
            format!("`{}` is not a resource", resource.escape_debug()),
        ));
    };
    let Some(function) = policy.function(tool) else {
        return Err((Reason::UnknownTool, format!("`{tool}` is not a function")));
    };
    let lines = &policy.functions[function.index()].lines;
    let action = policy
        .action(action)
        .filter(|action| lines.iter().any(|line| line.action == *action));
    let Some(action) = action else {
        return Err((
            Reason::UnknownAction,
            format!("`{tool}` has no such action"),
        ));
    };
    let instance = lines
        .iter()
        .filter(|line| line.action == action)
        .flat_map(|line| &line.templates)
        .any(|template| is_instance(policy, function, *template, &resource));
    if !instance {
        return Err((
            Reason::InvalidRequest,
            "the resource is no instance of a template".to_owned(),
        ));
    }
    Ok(Triple {
        function,
        action,
        resource,
    })
}

/// Whether some arguments make a template give a resource.
fn is_instance(
    policy: &Policy,
    function: FunctionId,
    template: PatternId,
    resource: &[String],
) -> bool {
    if rules::template(policy, template).matches(resource) != Truths::TRUE {
        return false;
    }
    let mut rest = resource;
    for segment in &policy.patterns[template.index()].segments {
        let Segment::Hole(hole) = segment else {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        };
        // An argument that would give these segments, if there is one.
        let (taken, argument) = match hole.extract {
            Extract::Text => (1, rest[0].clone()),
            Extract::Lower => (1, rest[0].clone()),
            Extract::Email => (2, format!("{}@{}", rest[1], rest[0])),
            Extract::Path => (rest.len(), rest.join("/")),
            Extract::Url => {
                let path = rest[3..].join("/");
                (
                    rest.len(),
                    format!("{}://{}:{}/{path}", rest[0], rest[1], rest[2]),
                )
            }
        };
        let value = match hole.extract {
            Extract::Text => argument_of(policy, function, hole, argument),
            _ => Some(V::text(argument)),
        };
        let given = value.and_then(|value| rules::segments(&value, hole.extract));
        // A path that holds an encoded `/` comes from no argument; it is let through, as
        // nothing is lost: the triple is decided as it stands.
        if hole.extract != Extract::Path && given.as_deref() != rest.get(..taken) {
            return false;
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    true
}

/// The argument that a segment stands for, by the parameter's type.
fn argument_of(policy: &Policy, function: FunctionId, hole: &Hole, text: String) -> Option<V> {
    let params = policy.functions[function.index()].params;
    let params = params.map(|params| &policy.types[params.index()]);
    let (Expr::Arg(name), Some(Type::Record(params))) = (&policy.exprs[hole.value.index()], params)
    else {
        return Some(V::text(text));
    };
    let mut ty = &policy.types[params.iter().find(|param| param.name == *name)?.ty.index()];
    if let Type::Set(item) | Type::List(item) = ty {
        ty = &policy.types[item.index()];
    }
    match ty {
        Type::Int => text
            .parse()
            .ok()
            .map(|number| V::Scalar(Value::Int(number))),
        Type::Enum(members) => members
            .iter()
            .any(|member| *member == text)
            .then(|| V::text(text)),
        _ => Some(V::text(text)),
    }
}

/// The resources that the templates of a line give.
fn instances(world: &World<'_>, line: &Line) -> Result<Vec<Vec<String>>, String> {
    let mut all = vec![];
    for template in &line.templates {
        let template = &world.policy.patterns[template.index()];
        let mut result: Vec<Vec<String>> = vec![vec![]];
        for segment in &template.segments {
            let choices: Vec<Vec<String>> = match segment {
                Segment::Hole(hole) => {
                    let place = Place::default();
                    let value = match Eval::new(world, &place).slot(hole.value) {
                        V::Absent => V::List(vec![]),
                        value => value.read(),
                    };
                    let values = match value {
                        V::List(values) | V::Set(values) => values,
                        value => vec![value],
                    };
                    values
                        .iter()
                        .map(|value| {
                            rules::segments(value, hole.extract)
                                .ok_or_else(|| "an argument is no segment".to_owned())
                        })
                        .collect::<Result<_, _>>()?
                }
                Segment::Literal(text) => {
                    let text = segment::decode(text);
                    vec![vec![text.ok_or_else(|| "a bad template".to_owned())?]]
                }
                _ => return Err("a template without an instance".to_owned()),
            };
            result = result
                .into_iter()
                .flat_map(|start| {
                    choices.iter().map(move |more| {
                        let mut longer = start.clone();
                        longer.extend(more.iter().cloned());
                        longer
                    })
                })
                .collect();
        }
        all.extend(result);
    }
    if all.iter().any(Vec::is_empty) {
        return Err("the call names no resource".to_owned());
    }
    Ok(all)
}

/// A world in which only arguments are known: lines and templates read nothing else.
fn bare(policy: &Policy, args: Args) -> World<'_> {
    World {
        policy,
        moment: Moment::Runtime,
        agent: Person {
            id: "".into(),
            groups: None,
        },
        user: None,
        task: None,
        facts: vec![V::Absent; policy.facts.len()],
        now: None,
        chain: vec![],
        resources: &[],
        histories: vec![V::Absent; policy.histories.len()],
        lengths: vec![None; policy.histories.len()],
        args,
    }
}
