//! Written types to checked ones.

use placet_syntax::ast::{self, FileId, Spanned};
use placet_syntax::{Code, Diagnostic};

use super::constants;
use super::names::{Seen, check_count};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::ty::{Field, Ty};

/// Resolves one type. Parts that are wrong become [`Ty::Error`].
pub(crate) fn resolve_type(report: &mut Report, file: FileId, ty: &Spanned<ast::Type>) -> Ty {
    match &ty.node {
        ast::Type::Bool => Ty::Bool,
        ast::Type::Int => Ty::Int,
        ast::Type::Decimal => Ty::Decimal,
        ast::Type::Text => Ty::Text,
        ast::Type::Time => Ty::Time,
        ast::Type::Duration => Ty::Duration,
        ast::Type::Ip => Ty::Ip,
        ast::Type::Json => Ty::Json,
        ast::Type::Set(element) => {
            let inner = resolve_type(report, file, element);
            if inner == Ty::Json {
                report.push(
                    Diagnostic::error(Code::PL0212, "a set cannot hold `json`")
                        .here(
                            Place::new(file, element.span),
                            "`json` is opaque: two of them are never known to be equal",
                        )
                        .help("write `list<json>`"),
                );
                return Ty::Error;
            }
            Ty::Set(inner.into())
        }
        ast::Type::List(element) => Ty::List(resolve_type(report, file, element).into()),
        ast::Type::Enum(members) => {
            let mut seen = Seen::default();
            let mut names = Vec::new();
            for member in members {
                let place = Place::new(file, member.span);
                if seen.declare(report, "enum member", member, place) {
                    names.push(member.node.clone());
                }
            }
            check_count(
                report,
                "members of an enum",
                names.len(),
                limits::FIELDS,
                Place::new(file, ty.span),
            );
            names.sort();
            Ty::Enum(names.into())
        }
        ast::Type::Record(fields) => Ty::record(resolve_fields(report, file, "field", fields)),
    }
}

/// Resolves the fields of a record, the parameters of a function, …; sorted by name.
pub(crate) fn resolve_fields(
    report: &mut Report,
    file: FileId,
    what: &str,
    fields: &[Spanned<ast::Field>],
) -> Vec<Field> {
    let mut seen = Seen::default();
    let mut resolved = Vec::new();
    for field in fields {
        let place = Place::new(file, field.name.span);
        if seen.declare(report, what, &field.name, place) {
            resolved.push(resolve_field(report, file, field));
        }
    }
    if let Some(extra) = fields.get(limits::FIELDS) {
        check_count(
            report,
            &format!("{what}s in one place"),
            fields.len(),
            limits::FIELDS,
            Place::new(file, extra.span),
        );
    }
    resolved.sort_by(|a, b| a.name.cmp(&b.name));
    resolved
}

/// Resolves one field with its default.
pub(crate) fn resolve_field(report: &mut Report, file: FileId, field: &ast::Field) -> Field {
    let ty = resolve_type(report, file, &field.ty);
    let default = field
        .default
        .as_ref()
        .and_then(|value| constants::constant(report, file, value, &ty, "default"));
    Field {
        name: field.name.node.clone(),
        ty,
        optional: field.optional,
        default,
    }
}
