//! Fact blocks to one table: blocks merge, and each fact has one type.

use std::collections::BTreeMap;

use placet_model::policy::{Entity, Moment, Pattern};
use placet_syntax::ast::{self, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::loggable::{self, Loggable};
use super::names::{check_count, twice};
use super::types::resolve_field;
use crate::collect::{Declared, Items};
use crate::limits;
use crate::patterns;
use crate::report::{DiagnosticAt, Place, Report};
use crate::ty::{Field, Ty};
use crate::world::{FactDecl, ResourceDecl, World};

/// Fills in the facts of entities and of resources.
pub(crate) fn resolve_facts<'a>(world: &mut World<'a>, report: &mut Report, items: &Items<'a>) {
    let mut facts = BTreeMap::from([(
        (Entity::Agent, SmolStr::new_static("owner")),
        FactDecl {
            entity: Entity::Agent,
            field: Field {
                optional: true,
                ..Field::required("owner", Ty::Text)
            },
            fixed: false,
            moment: None,
            loggable: false,
            place: None,
        },
    )]);
    let mut resources = Vec::new();
    let mut count = 0;
    for block in &items.facts {
        let loggable = loggable::of_facts(report, block);
        let entity = match &block.node.of.node {
            ast::FactsOf::Agent => Entity::Agent,
            ast::FactsOf::User => Entity::User,
            ast::FactsOf::Task => Entity::Task,
            ast::FactsOf::Context => Entity::Context,
            ast::FactsOf::Resource(patterns) => {
                count += patterns.len();
                if count > limits::PATTERNS {
                    let place = block.place(block.node.of.span);
                    let what = "patterns of resource facts";
                    check_count(report, what, count, limits::PATTERNS, place);
                    break;
                }
                resources.extend(resource_block(report, block, patterns));
                continue;
            }
        };
        entity_block(report, &mut facts, block, entity, &loggable);
    }
    world.facts = facts.into_values().collect();
    world.resource_facts = merge_resources(report, resources);
    if let Some(extra) = world.facts.get(limits::DECLARATIONS) {
        let place = extra.place.unwrap_or_default();
        check_count(
            report,
            "facts",
            world.facts.len(),
            limits::DECLARATIONS,
            place,
        );
    }
}

fn entity_block(
    report: &mut Report,
    facts: &mut BTreeMap<(Entity, SmolStr), FactDecl>,
    block: &Declared<ast::Facts>,
    entity: Entity,
    loggable: &Loggable,
) {
    let (mut fixed, moment) = match block.node.timing.as_ref().map(|timing| timing.node) {
        None => (false, None),
        Some(ast::Timing::Fixed) => (true, None),
        Some(ast::Timing::At(ast::Moment::Issuance)) => (false, Some(Moment::Issuance)),
        Some(ast::Timing::At(ast::Moment::Runtime)) => (false, Some(Moment::Runtime)),
    };
    if let (Entity::Task, Some(_), Some(timing)) = (entity, moment, &block.node.timing) {
        report.push(
            Diagnostic::error(Code::PL0304, "task facts cannot be pinned to one moment")
                .here(block.place(timing.span), "not for a task")
                .note("the facts of a task are set at issuance and come from the credential at every call")
                .help("leave it out, or declare the facts in `facts context`"),
        );
    }
    fixed |= entity == Entity::Task;
    let mut here: BTreeMap<SmolStr, Place> = BTreeMap::new();
    for written in &block.node.fields {
        let name = &written.name;
        let place = block.place(name.span);
        if let Some(first) = here.insert(name.node.clone(), place) {
            report.push(twice(
                "fact",
                &format!("{}.{}", entity.name(), name.node),
                place,
                first,
            ));
            continue;
        }
        if is_built_in(entity, name) {
            report.push(built_in(entity.name(), name, place));
            continue;
        }
        let field = resolve_field(report, block.file, written);
        let decl = FactDecl {
            entity,
            field,
            fixed,
            moment,
            loggable: loggable.covers(&name.node),
            place: Some(place),
        };
        let key = (entity, name.node.clone());
        match facts.get_mut(&key) {
            None => {
                facts.insert(key, decl);
            }
            // The built-in owner may be declared as a text that is always there.
            Some(known) if known.place.is_none() && decl.field.ty.fits(&known.field.ty) => {
                facts.insert(key, decl);
            }
            Some(known) => {
                // In the same words but for this, which either may say.
                known.loggable |= decl.loggable;
                check_same(report, known, &decl, place);
            }
        }
    }
}

fn is_built_in(entity: Entity, name: &str) -> bool {
    name == "id" && entity != Entity::Context
}

fn built_in(entity: &str, name: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::PL0111, format!("`{entity}.{name}` is built in"))
        .here(place, "cannot be declared")
        .help(format!(
            "use `{entity}.{name}` as it is, or choose another name"
        ))
}

/// A fact may be declared in several blocks, in the same words.
fn check_same(report: &mut Report, first: &FactDecl, again: &FactDecl, place: Place) {
    let (a, b) = (&first.field, &again.field);
    if a.ty.is_error() || b.ty.is_error() {
        return;
    }
    let name = format!("{}.{}", first.entity.name(), a.name);
    let (message, now, then) = if a.ty != b.ty {
        (
            format!("fact `{name}` has two types"),
            again.field.ty.a(),
            first.field.ty.a(),
        )
    } else if a.optional != b.optional {
        let say = |field: &Field| {
            if field.optional {
                "optional"
            } else {
                "not optional"
            }
            .to_owned()
        };
        (
            format!("fact `{name}` is optional in one place and not in another"),
            say(b),
            say(a),
        )
    } else if a.default != b.default {
        let say = |field: &Field| {
            if field.default.is_some() {
                "this default"
            } else {
                "no default"
            }
            .to_owned()
        };
        (format!("fact `{name}` has two defaults"), say(b), say(a))
    } else if (first.fixed, first.moment) != (again.fixed, again.moment) {
        let say = |fact: &FactDecl| match (fact.fixed, fact.moment) {
            (true, _) => "`fixed`".to_owned(),
            (_, Some(Moment::Issuance)) => "`at issuance`".to_owned(),
            (_, Some(Moment::Runtime)) => "`at runtime`".to_owned(),
            _ => "neither `fixed` nor pinned".to_owned(),
        };
        (
            format!("fact `{name}` is known at different times"),
            say(again),
            say(first),
        )
    } else {
        return;
    };
    let mut diagnostic =
        Diagnostic::error(Code::PL0120, message).here(place, format!("{now} here"));
    diagnostic = match first.place {
        Some(place) => diagnostic.also(place, format!("{then} here")),
        None => diagnostic.note(format!("`{name}` is built in, as an optional `text`")),
    };
    report.push(diagnostic.help("declare it once, or twice in the same words"));
}

fn resource_block(
    report: &mut Report,
    block: &Declared<ast::Facts>,
    written: &[ast::Str],
) -> Option<ResourceDecl> {
    if let Some(Spanned { span, .. }) = block.node.timing {
        report.push(
            Diagnostic::error(
                Code::PL0304,
                "resource facts cannot be `fixed` or pinned to one moment",
            )
            .here(block.place(span), "not for resources")
            .note("what a host knows of a resource comes with each call")
            .help("leave it out"),
        );
    }
    let patterns: Vec<Option<Pattern>> = written
        .iter()
        .map(|text| {
            patterns::plain_pattern(report, block.file, text, "a pattern of resource facts")
        })
        .collect();
    let mut fields: Vec<(Field, Place)> = Vec::new();
    for written in &block.node.fields {
        let name = &written.name;
        let place = block.place(name.span);
        if let Some((_, first)) = fields.iter().find(|(field, _)| field.name == name.node) {
            report.push(twice(
                "fact",
                &format!("resource.{}", name.node),
                place,
                *first,
            ));
            continue;
        }
        if name.node == "path" {
            report.push(built_in("resource", name, place));
            continue;
        }
        fields.push((resolve_field(report, block.file, written), place));
    }
    fields.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let patterns: Option<Vec<Pattern>> = patterns.into_iter().collect();
    let mut pairs: Vec<(Pattern, SmolStr)> = patterns?
        .into_iter()
        .zip(written.iter().map(|text| text.node.clone()))
        .collect();
    pairs.sort();
    pairs.dedup();
    let (patterns, written): (Vec<Pattern>, _) = pairs.into_iter().unzip();
    Some(ResourceDecl {
        extent: patterns.iter().map(patterns::concrete).collect(),
        patterns,
        written,
        fields,
    })
}

/// Blocks over the same patterns become one; a fact that two overlapping blocks declare
/// must have one type in both.
fn merge_resources(report: &mut Report, blocks: Vec<ResourceDecl>) -> Vec<ResourceDecl> {
    let mut merged: Vec<ResourceDecl> = Vec::new();
    for block in blocks {
        for other in &merged {
            if overlap(other, &block) {
                check_same_fields(report, other, &block);
            }
        }
        match merged
            .iter_mut()
            .find(|other| other.patterns == block.patterns)
        {
            Some(same) => {
                for (field, place) in block.fields {
                    if !same
                        .fields
                        .iter()
                        .any(|(known, _)| known.name == field.name)
                    {
                        same.fields.push((field, place));
                    }
                }
                same.fields.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
            }
            None => merged.push(block),
        }
    }
    merged.sort_by(|a, b| a.patterns.cmp(&b.patterns));
    merged
}

fn overlap(a: &ResourceDecl, b: &ResourceDecl) -> bool {
    a.extent
        .iter()
        .any(|p| b.extent.iter().any(|q| p.overlaps(q)))
}

fn check_same_fields(report: &mut Report, first: &ResourceDecl, again: &ResourceDecl) {
    for (field, place) in &again.fields {
        let known = first
            .fields
            .iter()
            .find(|(known, _)| known.name == field.name);
        if let Some((known, at)) = known
            && known != field
            && !known.ty.is_error()
            && !field.ty.is_error()
        {
            let what = if known.ty == field.ty {
                "is declared in two ways"
            } else {
                "has two types"
            };
            report.push(
                Diagnostic::error(
                    Code::PL0120,
                    format!("fact `resource.{}` {what}", field.name),
                )
                .here(*place, format!("{} here", field.ty.a()))
                .also(*at, format!("{} here", known.ty.a()))
                .note("the patterns of the two blocks overlap, so that some resources have both"),
            );
        }
    }
}
