//! The lines of functions: conditions over arguments, and templates.

use placet_model::ids::{ExprId, FunctionId};
use placet_model::policy::{Expr, Extract, Hole, Pattern, Segment};
use placet_syntax::ast::{self, FileId, Span};
use placet_syntax::{Code, Diagnostic};

use super::holes::{makes_segment, no_segment};
use crate::arena::Exprs;
use crate::expr::{ArgScope, Coverage, Elaborator, Reads, ResourceScope, Scope, Stance, UserScope};
use crate::patterns::{extract, plain_pattern, plain_segment, read_template};
use crate::report::{DiagnosticAt, Place, Report, closest, written};
use crate::resolve::constants::known;
use crate::ty::Ty;
use crate::world::{FunctionDecl, LineDecl, World};

/// A line, checked; its action stays in the table.
pub(crate) struct CheckedLine {
    pub(crate) when: Option<ExprId>,
    pub(crate) templates: Vec<Pattern>,
}

/// Checks the lines of all functions, in their order.
pub(crate) fn check_lines(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
) -> Vec<Vec<CheckedLine>> {
    let all = world.functions.iter().enumerate();
    all.map(|(at, function)| {
        let id = FunctionId::new(at);
        let check = |line| check_line(world, exprs, report, id, function, line);
        function.lines.iter().map(check).collect()
    })
    .collect()
}

fn check_line(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
    id: FunctionId,
    function: &FunctionDecl,
    line: &LineDecl,
) -> CheckedLine {
    let file = function.place.file;
    let mut templates: Vec<Pattern> = Vec::new();
    for text in line.templates {
        let template = if function.params.is_some() {
            check_template(exprs, report, file, function, text)
        } else {
            plain_pattern(
                report,
                file,
                text,
                "the pattern of a tool without functions",
            )
        };
        if let Some(template) = template
            && !templates.contains(&template)
        {
            templates.push(template);
        }
    }
    let scope = Scope {
        subject: "line",
        stance: Stance::Fits,
        reads: Reads::Args,
        user: UserScope::Maybe,
        args: ArgScope::Over(Coverage::of(id)),
        resources: ResourceScope::Later,
        captures: Vec::new(),
        moment: None,
    };
    let when = line
        .when
        .map(|when| Elaborator::new(world, exprs, report, &scope, file).condition(when, false));
    CheckedLine { when, templates }
}

fn check_template(
    exprs: &mut Exprs,
    report: &mut Report,
    file: FileId,
    function: &FunctionDecl,
    text: &ast::Str,
) -> Option<Pattern> {
    let parsed = read_template(report, file, text)?;
    let mut segments = Vec::with_capacity(parsed.segments.len());
    let mut each: Option<Place> = None;
    for segment in &parsed.segments {
        match &segment.node {
            ast::Segment::Hole(hole) => {
                let place = Place::new(file, segment.span);
                if hole.each
                    && let Some(first) = each.replace(place)
                {
                    report.push(
                        Diagnostic::error(Code::PL0604, "a template has one `each`, and this is another")
                            .here(place, "second `each`")
                            .also(first, "the first one is here")
                            .note("each element makes one resource; pairs of elements are no resources of a call"),
                    );
                    return None;
                }
                segments.push(Segment::Hole(check_hole(
                    exprs, report, function, hole, place,
                )?));
            }
            plain => segments.extend(plain_segment(plain)),
        }
    }
    Some(Pattern {
        segments,
        tail: parsed.rest.is_some(),
    })
}

fn check_hole(
    exprs: &mut Exprs,
    report: &mut Report,
    function: &FunctionDecl,
    hole: &ast::Hole,
    whole: Place,
) -> Option<Hole> {
    let file = whole.file;
    let place = Place::new(file, hole.of.span);
    let (value, ty) = read_param(exprs, report, file, function, &hole.of.node)?;
    if ty.is_error() {
        return None;
    }
    let extract = extract(hole);
    let one = match (hole.each, ty.element()) {
        (true, Some(element)) => element,
        (false, None) => &ty,
        (true, None) => {
            report.push(
                Diagnostic::error(
                    Code::PL0604,
                    format!("`each` ranges over a list, and this is {}", ty.a()),
                )
                .here(place, "not a list")
                .help("leave out `each`"),
            );
            return None;
        }
        (false, Some(_)) => {
            report.push(
                Diagnostic::error(
                    Code::PL0604,
                    format!("{} makes a resource of each of its members", ty.a()),
                )
                .here(place, "several resources, not one")
                .replace(inside(whole), "each ", "write `each` in front"),
            );
            return None;
        }
    };
    if !makes_segment(one, extract) {
        report.push(no_segment(one, extract, place));
        return None;
    }
    Some(Hole {
        each: hole.each,
        extract,
        value,
    })
}

/// Just behind the opening brace of a hole.
const fn inside(hole: Place) -> Place {
    let start = hole.span.start + 1;
    Place::new(hole.file, Span { start, end: start })
}

/// A parameter, or a field of one; of a list of records, the list of the fields.
fn read_param(
    exprs: &mut Exprs,
    report: &mut Report,
    file: FileId,
    function: &FunctionDecl,
    reference: &ast::Ref,
) -> Option<(ExprId, Ty)> {
    let name = &reference.root;
    let place = Place::new(file, name.span);
    let Some(param) = function.param(name) else {
        let params = function.params.as_deref().unwrap_or_default();
        if name.node == "args"
            && let Some(field) = reference.fields.first()
            && function.param(field).is_some()
        {
            let whole = Place::new(file, name.span.to(field.span));
            report.push(
                Diagnostic::error(Code::PL0107, "a template names parameters without `args.`")
                    .here(whole, "a parameter stands here by itself")
                    .replace(whole, written(field), format!("write `{}`", written(field))),
            );
            return None;
        }
        let help = if params.is_empty() {
            format!("`{}` has no parameters", function.path)
        } else {
            format!(
                "the parameters of `{}` are {}; holes of a template read nothing else",
                function.path,
                known(params)
            )
        };
        let names = params.iter().map(|param| param.name.as_str());
        report.unknown(Code::PL0107, "parameter", name, place, names, &help);
        return None;
    };
    let mut id = exprs.add(Expr::Arg(name.node.clone()));
    let mut ty = param.ty.clone();
    let mut listed = false;
    for field in &reference.fields {
        if ty.is_error() {
            return None;
        }
        let inner = ty.element().unwrap_or(&ty);
        let place = Place::new(file, field.span);
        let Some(found) = inner.field(field).cloned() else {
            report.push(no_field(inner, field, place));
            return None;
        };
        if ty.element().is_some() {
            if listed {
                report.push(
                    Diagnostic::error(
                        Code::PL0604,
                        "a template ranges over one list, and this is a list in a list",
                    )
                    .here(place, "second list"),
                );
                return None;
            }
            listed = true;
        }
        id = exprs.add(Expr::Field(id, field.node.clone()));
        ty = found.ty;
        if listed && ty.element().is_none() {
            ty = Ty::List(ty.into());
        } else if listed {
            report.push(
                Diagnostic::error(
                    Code::PL0604,
                    "a template ranges over one list, and this is a list in a list",
                )
                .here(place, "second list"),
            );
            return None;
        }
    }
    Some((id, ty))
}

fn no_field(ty: &Ty, field: &ast::Name, place: Place) -> Diagnostic {
    let Ty::Record(fields) = ty else {
        return Diagnostic::error(
            Code::PL0211,
            format!("{} has no field `{}`", ty.a(), field.node),
        )
        .here(place, "only records have fields");
    };
    let names = fields.iter().map(|field| field.name.as_str());
    let message = format!("unknown field `{}`", field.node);
    match closest(field, names) {
        Some(near) => Diagnostic::error(Code::PL0108, format!("{message}; did you mean `{near}`?"))
            .here(place, "nothing of this name is declared")
            .replace(place, written(near), format!("write `{near}`")),
        None => Diagnostic::error(Code::PL0108, message)
            .here(place, "nothing of this name is declared")
            .help(format!("its fields are {}", known(fields))),
    }
}

/// What an extractor makes segments of.
pub(crate) const fn segments_only(extract: Extract) -> &'static str {
    match extract {
        Extract::Text => {
            "segments are made of `text`, enums and `int`, or of sets and lists of those"
        }
        _ => "extractors read `text`, or sets and lists of it",
    }
}
