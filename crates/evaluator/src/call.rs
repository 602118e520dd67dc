//! Real tool calls to requests: which actions on which resources a call is.

use placet_model::ids::{ActionId, FunctionId, PatternId};
use placet_model::pattern::Concrete;
use placet_model::policy::{Expr, Extract, Hole, Pattern, Policy, Segment, Type};
use placet_model::question::Given;
use placet_model::resource::{Resource, ResourceRef, decode_segment};
use placet_model::value::Value;
use smol_str::SmolStr;

use crate::eval::{Args, Eval, Place, Site};
use crate::inputs::{Inputs, Trace};
use crate::pattern;
use crate::typed::{Invalid, Slot, Strictness, brief, record};

/// The most requests that one call may be.
pub const MAX_REQUESTS: usize = 1024;

/// One thing that a call does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Triple<'p> {
    pub(crate) function: FunctionId,
    pub(crate) action: ActionId,
    pub(crate) resource: Touched<'p>,
}

/// What is touched: a resource that the request names, or one that its arguments make.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Touched<'p> {
    Named(ResourceRef<'p>),
    Made(Resource),
}

impl Touched<'_> {
    pub(crate) fn get(&self) -> ResourceRef<'_> {
        match self {
            Self::Named(resource) => *resource,
            Self::Made(resource) => resource.into(),
        }
    }
}

impl Triple<'_> {
    /// The same, owned.
    pub(crate) fn to_owned(&self) -> Triple<'static> {
        Triple {
            function: self.function,
            action: self.action,
            resource: Touched::Made(self.resource.get().to_resource()),
        }
    }
}

/// Types the arguments of a call.
pub(crate) fn arguments(
    policy: &Policy,
    function: FunctionId,
    args: Given<'_>,
) -> Result<Value, Invalid> {
    let declared = policy.functions.get(function.index());
    let params = declared
        .and_then(|function| function.params)
        .and_then(|params| policy.types.get(params.index()));
    let (Some(declared), Some(Type::Record(fields))) = (declared, params) else {
        let path = declared
            .map(|function| function.path.as_str())
            .unwrap_or_default();
        return Err(Invalid::new(
            "/call/tool",
            format!(
                "`{path}` takes no calls; ask with `tool`, `action` and `resource` in place of `call`"
            ),
        ));
    };
    match record(policy, fields, args, Strictness::Arguments, declared.open)
        .map_err(|invalid| invalid.below("/call/args"))?
    {
        Slot::Known(value) => Ok(value),
        _ => Err(Invalid::new(
            "/call/args",
            "an argument has no value of its type",
        )),
    }
}

/// All that a call does: at least one triple, sorted, each once.
pub(crate) fn triples(
    inputs: &Inputs<'_>,
    function: FunctionId,
    args: &Value,
    trace: &Trace,
) -> Result<Vec<Triple<'static>>, Invalid> {
    let policy = inputs.policy;
    let Some(declared) = policy.functions.get(function.index()) else {
        return Err(Invalid::new("/call/tool", "unknown function"));
    };
    // Lines read arguments and facts, never a resource: any will do.
    let nowhere = Concrete::ALL;
    let mut triples = Vec::new();
    for line in &declared.lines {
        let site = Site {
            function,
            action: line.action,
            args: Args::Known(args),
            place: Place::Region(&nowhere),
        };
        let eval = Eval::new(inputs, site, trace);
        if let Some(when) = line.when {
            let applies = eval.truth(when, None);
            if applies.is_false() {
                continue;
            }
            if !applies.is_true() {
                let action = policy.actions.get(line.action.index());
                let action = action
                    .map(|action| action.name.as_str())
                    .unwrap_or_default();
                return Err(Invalid::new(
                    "/call/args",
                    format!(
                        "it cannot be told whether this call of `{}` is `{action}`: {} has no value",
                        declared.path,
                        trace.all_missing().join(", "),
                    ),
                ));
            }
        }
        for template in &line.templates {
            for resource in resources(&eval, *template)? {
                triples.push(Triple {
                    function,
                    action: line.action,
                    resource: Touched::Made(resource),
                });
                if triples.len() > MAX_REQUESTS {
                    return Err(Invalid::new(
                        "/call/args",
                        format!("a call touches at most {MAX_REQUESTS} resources"),
                    ));
                }
            }
        }
    }
    triples.sort();
    triples.dedup();
    if triples.is_empty() {
        return Err(Invalid::new(
            "/call/args",
            format!(
                "this call of `{}` does nothing that the policy can name",
                declared.path
            ),
        ));
    }
    Ok(triples)
}

/// The resources that a template gives: none when an argument is absent or a list empty.
fn resources(eval: &Eval<'_>, id: PatternId) -> Result<Vec<Resource>, Invalid> {
    let Some(template) = eval.inputs.policy.patterns.get(id.index()) else {
        return Ok(Vec::new());
    };
    let mut heads: Vec<Vec<SmolStr>> = vec![Vec::new()];
    for segment in &template.segments {
        let options: Vec<Vec<SmolStr>> = match segment {
            Segment::Literal(text) => vec![vec![text.clone()]],
            Segment::Hole(hole) => hole_values(eval, hole)?,
            Segment::Any | Segment::Glob { .. } | Segment::Capture(_) => return Ok(Vec::new()),
        };
        if heads.len() * options.len() > MAX_REQUESTS {
            return Err(Invalid::new(
                "/call/args",
                format!("a call touches at most {MAX_REQUESTS} resources"),
            ));
        }
        heads = heads
            .iter()
            .flat_map(|head| {
                options
                    .iter()
                    .map(move |option| [head.as_slice(), option.as_slice()].concat())
            })
            .collect();
    }
    heads
        .into_iter()
        .map(|segments| {
            Resource::from_segments(segments)
                .map_err(|error| Invalid::new("/call/args", format!("not a resource: {error}")))
        })
        .collect()
}

fn hole_values(eval: &Eval<'_>, hole: &Hole) -> Result<Vec<Vec<SmolStr>>, Invalid> {
    let value = match eval.slot(hole.value, None) {
        Slot::Known(value) => value,
        _ => return Ok(Vec::new()),
    };
    let one = [value];
    let members = match one.first().and_then(Value::members) {
        Some(members) => members,
        None => &one,
    };
    members
        .iter()
        .map(|member| {
            pattern::segments(hole.extract, member).map_err(|error| {
                let name = placet_model::render::expr(eval.inputs.policy, hole.value, &[]);
                let shown = match member {
                    Value::Text(text) => brief(text),
                    other => placet_model::render::value(other).into(),
                };
                let name = name
                    .strip_prefix("args.")
                    .unwrap_or(&name)
                    .replace('.', "/");
                Invalid::new(format!("/call/args/{name}"), format!("`{shown}`: {error}"))
            })
        })
        .collect()
}

/// Whether a call of a function could do an action within a region. It errs towards yes: a
/// hole reads as any segment, whatever its parameter may hold.
pub(crate) fn reaches(
    policy: &Policy,
    function: FunctionId,
    action: ActionId,
    region: &Concrete,
) -> bool {
    let lines = policy
        .functions
        .get(function.index())
        .map(|function| function.lines.as_slice())
        .unwrap_or_default();
    lines
        .iter()
        .filter(|line| line.action == action)
        .flat_map(|line| &line.templates)
        .filter_map(|id| policy.patterns.get(id.index()))
        .any(|template| pattern::region(template).is_none_or(|touched| touched.overlaps(region)))
}

/// Whether a resource is an instance of a template that the function has for an action.
pub(crate) fn is_instance(
    policy: &Policy,
    function: FunctionId,
    action: ActionId,
    resource: ResourceRef<'_>,
) -> bool {
    let Some(declared) = policy.functions.get(function.index()) else {
        return false;
    };
    let params = declared
        .params
        .and_then(|params| policy.types.get(params.index()));
    declared
        .lines
        .iter()
        .filter(|line| line.action == action)
        .flat_map(|line| &line.templates)
        .filter_map(|id| policy.patterns.get(id.index()))
        .any(|template| instance_of(policy, params, template, resource))
}

fn instance_of(
    policy: &Policy,
    params: Option<&Type>,
    template: &Pattern,
    resource: ResourceRef<'_>,
) -> bool {
    // Many tools of plain triples take any resource at all.
    if template.segments.is_empty() && template.tail {
        return true;
    }
    let Some(region) = pattern::region(template) else {
        return false;
    };
    if !region.matches(resource) {
        return false;
    }
    // A hole over an enum, an int or an extractor gives some texts only.
    let mut texts = resource.segments();
    for segment in &template.segments {
        match segment {
            Segment::Hole(hole) => match hole.extract {
                Extract::Email => {
                    let (Some(domain), Some(local)) = (texts.next(), texts.next()) else {
                        return false;
                    };
                    let address = format!("{}@{}", decode_segment(local), decode_segment(domain));
                    if !pattern::segments(hole.extract, &Value::Text(address.into()))
                        .is_ok_and(|parts| parts == [domain, local])
                    {
                        return false;
                    }
                }
                Extract::Lower => {
                    if texts
                        .next()
                        .is_none_or(|text| text.bytes().any(|b| lowers(text, b)))
                    {
                        return false;
                    }
                }
                Extract::Text => {
                    let Some(text) = texts.next() else {
                        return false;
                    };
                    if !gives(policy, params, hole, text) {
                        return false;
                    }
                }
                Extract::Path => return true,
                Extract::Url => {
                    let rest: Vec<&str> = texts.collect();
                    return is_url(&rest);
                }
            },
            _ => {
                texts.next();
            }
        }
    }
    true
}

/// Whether ASCII folding would change the text at this byte; the hex digits of escapes
/// stay as they are.
fn lowers(text: &str, byte: u8) -> bool {
    byte.is_ascii_uppercase() && decode_segment(text).bytes().any(|b| b.is_ascii_uppercase())
}

/// Whether scheme, host, port and path are what some URL gives.
fn is_url(rest: &[&str]) -> bool {
    let [scheme, host, port, path @ ..] = rest else {
        return false;
    };
    let path: Vec<_> = path.iter().map(|segment| decode_segment(segment)).collect();
    let text = format!(
        "{}://{}:{}/{}",
        decode_segment(scheme),
        decode_segment(host),
        decode_segment(port),
        path.join("/")
    );
    pattern::segments(Extract::Url, &Value::Text(text.into()))
        .is_ok_and(|segments| segments == rest)
}

/// Whether a hole over a declared parameter can give this text.
fn gives(policy: &Policy, params: Option<&Type>, hole: &Hole, text: &str) -> bool {
    let Some(Type::Record(fields)) = params else {
        return true;
    };
    let mut ty = match policy.exprs.get(hole.value.index()) {
        Some(Expr::Arg(name)) => fields
            .iter()
            .find(|field| field.name == *name)
            .map(|field| field.ty),
        _ => None,
    };
    loop {
        match ty.and_then(|ty| policy.types.get(ty.index())) {
            Some(Type::Set(member) | Type::List(member)) => ty = Some(*member),
            Some(Type::Enum(members)) => {
                let decoded = decode_segment(text);
                return members.iter().any(|member| member.as_str() == decoded);
            }
            Some(Type::Int) => {
                return text
                    .parse::<i64>()
                    .is_ok_and(|number| number.to_string() == text);
            }
            _ => return true,
        }
    }
}
