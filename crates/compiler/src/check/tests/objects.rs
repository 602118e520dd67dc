//! Facts and arguments that tests write out.

use std::sync::Arc;

use placet_model::pattern::Concrete;
use placet_model::policy::Entity;
use placet_syntax::ast::{self, FileId};
use placet_syntax::{Code, Diagnostic};

use crate::patterns::{concrete, plain_pattern};
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::constants::{listed, missing, object_fields};
use crate::ty::Field;
use crate::world::{FunctionDecl, World};

/// Facts of an entity: declared ones, each of its type. Any may be left out.
pub(super) fn check_facts(
    world: &World,
    report: &mut Report,
    file: FileId,
    entity: Entity,
    object: &ast::Object,
) {
    let fields: Vec<Field> = world
        .facts_of(entity)
        .map(|fact| fact.field.clone())
        .collect();
    let key = format!("{} fact", entity.name());
    object_fields(report, file, object, &fields, (Code::PL0102, &key), "fact");
}

/// Facts of a resource, which must be one.
pub(super) fn check_resource(
    world: &World,
    report: &mut Report,
    file: FileId,
    text: &ast::Str,
    object: &ast::Object,
) {
    let Some(pattern) = plain_pattern(report, file, text, "a resource") else {
        return;
    };
    let place = Place::new(file, text.span);
    let one = concrete(&pattern);
    if one.as_resource().is_none() {
        report.push(
            Diagnostic::error(
                Code::PL0526,
                "facts are those of one resource, and this is a pattern",
            )
            .here(place, "stands for many")
            .help("write out every segment"),
        );
        return;
    }
    let fields = resource_fields(world, &one);
    if fields.is_empty() && !object.entries.is_empty() && !report.has_gaps() {
        report.push(
            Diagnostic::error(
                Code::PL0525,
                format!("no facts are declared of `{}`", text.node),
            )
            .here(place, "within the patterns of no `facts resource`")
            .help(format!(
                "declare them: `facts resource \"{}\" {{ … }}`",
                text.node
            )),
        );
        return;
    }
    object_fields(
        report,
        file,
        object,
        &fields,
        (Code::PL0102, "resource fact"),
        "fact",
    );
}

fn resource_fields(world: &World, one: &Concrete) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for decl in &world.resource_facts {
        if decl
            .patterns
            .iter()
            .any(|pattern| concrete(pattern).includes(one))
        {
            for (field, _) in &decl.fields {
                if !fields.iter().any(|known| known.name == field.name) {
                    fields.push(field.clone());
                }
            }
        }
    }
    fields
}

/// Arguments of a call, all that are needed.
pub(super) fn check_args(
    report: &mut Report,
    file: FileId,
    function: &FunctionDecl,
    object: &ast::Object,
    place: Place,
) {
    let params: Arc<[Field]> = function.params.clone().unwrap_or_default();
    let open;
    let object_known = if function.open {
        open = ast::Object {
            entries: object
                .entries
                .iter()
                .filter(|entry| function.param(&entry.key).is_some())
                .cloned()
                .collect(),
        };
        &open
    } else {
        object
    };
    object_fields(
        report,
        file,
        object_known,
        &params,
        (Code::PL0107, "argument"),
        "argument",
    );
    let missing = missing(&params, object);
    if !missing.is_empty() {
        report.push(
            Diagnostic::error(Code::PL0207, format!("the call lacks {}", listed(&missing)))
                .here(place, format!("`{}` cannot be called so", function.path))
                .help("add what is missing, or expect `deny invalid-request`"),
        );
    }
}
