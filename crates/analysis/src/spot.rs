//! One thing that a function does: a line and one of its templates, with what each segment
//! of the resource comes from.

use placet_evaluator::extract;
use placet_model::ids::{FunctionId, PatternId, TypeId};
use placet_model::json::Json;
use placet_model::policy::{
    Expr, Extract, Field, Function, Hole, Line, Moment, Policy, Rule, Segment, Type,
};
use placet_model::render;
use placet_model::resource::{Resource, encode_segment};
use smol_str::SmolStr;

use crate::input::{Input, Step, Term};
use crate::values::json_of;

/// A function's line and template.
#[derive(Clone, Debug)]
pub(crate) struct Spot<'p> {
    pub(crate) function: FunctionId,
    pub(crate) declared: &'p Function,
    pub(crate) line: &'p Line,
    pub(crate) places: Vec<Place>,
    /// Several segments more, from here.
    pub(crate) tail: Option<Source>,
}

/// Where a segment comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// It is always this one, in written form.
    Literal(SmolStr),
    /// An input gives it.
    Filled(Source),
}

/// What an input gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) input: Input,
    /// Fields of a record, and of a list the first member.
    pub(crate) term: Term,
    pub(crate) extract: Extract,
    /// Which of the segments that the value gives.
    pub(crate) part: usize,
    /// For a tool that takes plain triples, what the segment begins and ends with.
    pub(crate) shape: Option<(SmolStr, SmolStr)>,
}

/// All that the functions of a policy do.
pub(crate) fn spots(policy: &Policy) -> Vec<Spot<'_>> {
    let mut spots = Vec::new();
    for (at, declared) in policy.functions.iter().enumerate() {
        for line in &declared.lines {
            for template in &line.templates {
                spots.extend(spot(policy, FunctionId::new(at), declared, line, *template));
            }
        }
    }
    spots
}

fn spot<'p>(
    policy: &'p Policy,
    function: FunctionId,
    declared: &'p Function,
    line: &'p Line,
    template: PatternId,
) -> Option<Spot<'p>> {
    let template = policy.patterns.get(template.index())?;
    let mut places = Vec::new();
    let mut tail = None;
    for segment in &template.segments {
        let at = places.len();
        match segment {
            Segment::Literal(text) => places.push(Place::Literal(text.clone())),
            Segment::Any | Segment::Capture(_) => places.push(plain(at, "", "")),
            Segment::Glob { prefix, suffix } => places.push(plain(at, prefix, suffix)),
            Segment::Hole(hole) => {
                let (input, term) = argument(policy, declared, hole)?;
                let source = |part| Source {
                    input: input.clone(),
                    term: term.clone(),
                    extract: hole.extract,
                    part,
                    shape: None,
                };
                match hole.extract {
                    Extract::Text | Extract::Lower => places.push(Place::Filled(source(0))),
                    Extract::Email => {
                        places.extend([0, 1].map(|part| Place::Filled(source(part))));
                    }
                    Extract::Path | Extract::Url => tail = Some(source(0)),
                }
            }
        }
    }
    if template.tail {
        tail = Some(Source {
            input: Input::Rest,
            term: Term::of(Input::Rest),
            extract: Extract::Path,
            part: 0,
            shape: None,
        });
    }
    Some(Spot {
        function,
        declared,
        line,
        places,
        tail,
    })
}

fn plain(at: usize, prefix: &str, suffix: &str) -> Place {
    let input = Input::Segment(at);
    Place::Filled(Source {
        term: Term::of(input.clone()),
        input,
        extract: Extract::Text,
        part: 0,
        shape: Some((prefix.into(), suffix.into())),
    })
}

/// The argument that a hole of a template reads.
pub(crate) fn argument(policy: &Policy, declared: &Function, hole: &Hole) -> Option<(Input, Term)> {
    let mut fields = Vec::new();
    let mut id = hole.value;
    loop {
        match policy.exprs.get(id.index())? {
            Expr::Field(of, name) => {
                fields.push(name.clone());
                id = *of;
            }
            Expr::Arg(name) => {
                let input = Input::Arg(name.clone());
                let mut term = Term::of(input.clone());
                let mut ty = field_of(policy, declared.params?, name)?;
                let mut steps = fields.into_iter().rev();
                loop {
                    // One of a list, wherever on the way it stands.
                    if let Type::Set(member) | Type::List(member) = policy.types.get(ty.index())? {
                        term = term.then(Step::Member);
                        ty = *member;
                    }
                    let Some(field) = steps.next() else { break };
                    ty = field_of(policy, ty, &field)?;
                    term = term.then(Step::Field(field));
                }
                return Some((input, term));
            }
            _ => return None,
        }
    }
}

fn field_of(policy: &Policy, record: TypeId, name: &SmolStr) -> Option<TypeId> {
    let Type::Record(fields) = policy.types.get(record.index())? else {
        return None;
    };
    let field = fields.iter().find(|field| field.name == *name)?;
    Some(field.ty)
}

impl Spot<'_> {
    /// Whether a rule is about this function and action at a call.
    pub(crate) fn is_of(&self, rule: &Rule) -> bool {
        rule.moment != Some(Moment::Issuance) && self.is_of_whenever(rule)
    }

    /// Whether a rule is about this function and action at all, whatever its moment.
    pub(crate) fn is_of_whenever(&self, rule: &Rule) -> bool {
        let functions = rule.functions.as_ref();
        let actions = rule.actions.as_ref();
        functions.is_none_or(|functions| functions.binary_search(&self.function).is_ok())
            && actions.is_none_or(|actions| actions.binary_search(&self.line.action).is_ok())
    }

    /// As it is shown: function, action, template.
    pub(crate) fn name(&self, policy: &Policy) -> String {
        let action = policy.actions.get(self.line.action.index());
        let action = action
            .map(|action| action.name.as_str())
            .unwrap_or_default();
        format!("{} ({action})", self.declared.path)
    }

    /// The parameters; none for a tool that takes plain triples.
    pub(crate) fn parameters<'p>(&self, policy: &'p Policy) -> &'p [Field] {
        let params = self
            .declared
            .params
            .and_then(|params| policy.types.get(params.index()));
        match params {
            Some(Type::Record(fields)) => fields,
            _ => &[],
        }
    }

    /// The input of the segments at a place of the resource and all after it.
    pub(crate) fn inputs_from(&self, at: usize) -> impl Iterator<Item = &Input> {
        let filled = self.places.iter().skip(at).filter_map(|place| match place {
            Place::Literal(_) => None,
            Place::Filled(source) => Some(&source.input),
        });
        filled.chain(self.tail.as_ref().map(|tail| &tail.input))
    }

    /// The resource, when `value` tells what the inputs are. What is not told, or gives no
    /// segment, is some segment.
    pub(crate) fn resource(
        &self,
        policy: &Policy,
        value: &dyn Fn(&Input) -> Option<Json>,
    ) -> Option<Resource> {
        const SOME: &str = "x";
        let mut segments: Vec<SmolStr> = Vec::new();
        for place in &self.places {
            segments.push(match place {
                Place::Literal(text) => text.clone(),
                Place::Filled(source) => self
                    .given(policy, source, value)
                    .and_then(|given| given.get(source.part).cloned())
                    .unwrap_or_else(|| SOME.into()),
            });
        }
        if let Some(source) = &self.tail {
            segments.extend(self.given(policy, source, value).into_iter().flatten());
        }
        Resource::from_segments(&segments).ok()
    }

    /// The segments that a source gives.
    fn given(
        &self,
        policy: &Policy,
        source: &Source,
        value: &dyn Fn(&Input) -> Option<Json>,
    ) -> Option<Vec<SmolStr>> {
        let parameter = |name: &SmolStr| {
            let parameters = self.parameters(policy);
            parameters.iter().find(|field| field.name == *name)
        };
        let mut json = value(&source.input).or_else(|| match &source.input {
            Input::Arg(name) => json_of(parameter(name)?.default.as_ref()?),
            _ => None,
        })?;
        for step in &source.term.path {
            json = match (step, json) {
                (Step::Member, Json::Array(members)) => members.into_iter().next()?,
                (Step::Field(name), Json::Object(fields)) => {
                    fields.into_iter().find(|(field, _)| field == name)?.1
                }
                _ => return None,
            };
        }
        match json {
            Json::String(text) if source.input == Input::Rest => Some(
                text.split('/')
                    .filter(|text| !text.is_empty())
                    .map(SmolStr::new)
                    .collect(),
            ),
            Json::String(text) => extract::segments(source.extract, &text).ok(),
            Json::Number(text) => Some(vec![encode_segment(&text).ok()?]),
            _ => None,
        }
    }
}

/// An expression as policy text.
pub(crate) fn shown(policy: &Policy, id: placet_model::ids::ExprId) -> String {
    render::expr(policy, id, &[]).to_string()
}
