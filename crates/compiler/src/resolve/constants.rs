//! Written constants to values of a type: literals, defaults, facts of agents and tests.

use placet_model::value::{Duration, Time, Value};
use placet_syntax::ast::{self, FileId, Spanned};
use placet_syntax::{Code, Diagnostic};
use rust_decimal::Decimal;
use smol_str::SmolStr;

use super::names::{Seen, check_count};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report, closest};
use crate::ty::{Field, Ty};

/// Reads a constant as a value of a type. `None`, with an error, when it is none; without
/// an error when the type is wrong already.
pub(crate) fn constant(
    report: &mut Report,
    file: FileId,
    value: &Spanned<ast::Value>,
    ty: &Ty,
    what: &str,
) -> Option<Value> {
    let place = Place::new(file, value.span);
    match (&value.node, ty) {
        (_, Ty::Error) => None,
        // Reported where rows are looked for.
        (ast::Value::Cell(_), _) => None,
        (ast::Value::Bool(truth), Ty::Bool) => Some(Value::Bool(*truth)),
        (ast::Value::Number(number), Ty::Int) if number.is_integer() => int(report, place, number),
        (ast::Value::Number(number), Ty::Decimal) => decimal(report, place, number),
        (ast::Value::Duration(duration), Ty::Duration) => micros(report, place, *duration),
        (ast::Value::Text(text), Ty::Text) => Some(Value::Text(text.clone())),
        (ast::Value::Text(text), Ty::Enum(members)) => member(report, place, text, members),
        (ast::Value::Text(text), Ty::Time) => time(report, place, text),
        (ast::Value::Text(text), Ty::Ip) => ip(report, place, text),
        (ast::Value::List(items), Ty::Set(element)) => {
            list(report, file, place, items, element, what).map(Value::set)
        }
        (ast::Value::List(items), Ty::List(element)) => {
            list(report, file, place, items, element, what)
                .map(|members| Value::List(members.into()))
        }
        (ast::Value::Object(object), Ty::Record(fields)) => {
            let (values, whole) =
                object_fields(report, file, object, fields, (Code::PL0108, "field"), what);
            let missing = missing(fields, object);
            if !missing.is_empty() {
                report.push(
                    Diagnostic::error(
                        Code::PL0207,
                        format!("the {what} lacks {}", listed(&missing)),
                    )
                    .here(place, format!("this must be {}", ty.a())),
                );
                return None;
            }
            whole.then(|| Value::Record(values.into()))
        }
        // Any value is JSON, and nothing can be asked of it.
        (_, Ty::Json) => Some(Value::Json),
        (found, wanted) => {
            report.push(mismatch(found, wanted, place, what));
            None
        }
    }
}

/// Reads the entries of an object whose keys are some fields; sorted by name. Keys that
/// are wrong are complained of and left out, and then the second part is `false`.
pub(crate) fn object_fields(
    report: &mut Report,
    file: FileId,
    object: &ast::Object,
    fields: &[Field],
    (code, key): (Code, &str),
    what: &str,
) -> (Vec<(SmolStr, Value)>, bool) {
    let mut seen = Seen::default();
    let mut values = Vec::new();
    let mut whole = true;
    for entry in &object.entries {
        let place = Place::new(file, entry.key.span);
        if !seen.declare(report, key, &entry.key, place) {
            whole = false;
            continue;
        }
        let Some(field) = fields.iter().find(|field| field.name == entry.key.node) else {
            let names = fields.iter().map(|field| field.name.as_str());
            let help = format!("the {key}s are {}", known(fields));
            report.unknown(code, key, &entry.key, place, names, &help);
            whole = false;
            continue;
        };
        match constant(report, file, &entry.value, &field.ty, what) {
            Some(value) => values.push((field.name.clone(), value)),
            None => whole = false,
        }
    }
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    (values, whole)
}

/// The fields that must be there and are not.
pub(crate) fn missing(fields: &[Field], object: &ast::Object) -> Vec<SmolStr> {
    fields
        .iter()
        .filter(|field| !field.optional && field.default.is_none())
        .filter(|field| {
            !object
                .entries
                .iter()
                .any(|entry| entry.key.node == field.name)
        })
        .map(|field| field.name.clone())
        .collect()
}

/// Names in backticks, with commas and `and`.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, "and")
}

/// Names in backticks, with commas and a last word between.
pub(crate) fn joined<S: AsRef<str>>(names: &[S], word: &str) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} {word} {last}", first.join(", ")),
    }
}

/// Field names for a help text; at most eight.
pub(crate) fn known(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    match names.get(..8) {
        Some(first) if names.len() > 8 => format!("{}, …", listed(first).replace(" and ", ", ")),
        _ => listed(&names),
    }
}

/// What kind of constant it is, with its article.
pub(crate) fn kind(value: &ast::Value) -> &'static str {
    match value {
        ast::Value::Text(_) => "a text",
        ast::Value::Number(number) if number.is_integer() => "a whole number",
        ast::Value::Number(_) => "a decimal number",
        ast::Value::Duration(_) => "a duration",
        ast::Value::Bool(_) => "`true` or `false`",
        ast::Value::List(_) => "a list",
        ast::Value::Object(_) => "an object",
        ast::Value::Cell(_) => "a cell",
    }
}

fn mismatch(found: &ast::Value, wanted: &Ty, place: Place, what: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::PL0207,
        format!(
            "the {what} is {}, and {} is wanted",
            kind(found),
            wanted.a()
        ),
    )
    .here(place, format!("this must be {}", wanted.a()));
    match how_to_write(wanted) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// An example of a literal, where people may not know how it is written.
pub(crate) fn how_to_write(ty: &Ty) -> Option<String> {
    let example = match ty {
        Ty::Time => "\"2026-11-23T10:00:00Z\"",
        Ty::Ip => "\"10.0.0.1\"",
        Ty::Duration => "30m",
        Ty::Decimal => "500.00",
        Ty::Set(_) | Ty::List(_) => "[…]",
        Ty::Record(_) => "{ … }",
        _ => return None,
    };
    Some(format!("{} is written `{example}`", ty.a()))
}

fn int(report: &mut Report, place: Place, number: &ast::Number) -> Option<Value> {
    let parsed = number.text.parse().ok().map(Value::Int);
    if parsed.is_none() {
        report.push(
            Diagnostic::error(
                Code::PL0208,
                format!("{} does not fit into an `int`", shown(number)),
            )
            .here(place, "an `int` has 64 bits, with a sign"),
        );
    }
    parsed
}

fn decimal(report: &mut Report, place: Place, number: &ast::Number) -> Option<Value> {
    let parsed = exact(number).map(Value::Decimal);
    if parsed.is_none() {
        report.push(
            Diagnostic::error(
                Code::PL0208,
                format!("{} does not fit into a `decimal`", shown(number)),
            )
            .here(place, "a `decimal` has 28 digits, and never rounds"),
        );
    }
    parsed
}

/// A number in a message; a long one can be seen in the text.
fn shown(number: &ast::Number) -> String {
    const LONGEST: usize = 40;
    match number.text.len() {
        ..=LONGEST => format!("`{}`", number.text),
        _ => "this number".to_owned(),
    }
}

/// A number as a decimal, when it can be held exactly.
pub(crate) fn exact(number: &ast::Number) -> Option<Decimal> {
    Decimal::from_str_exact(&number.text).ok()
}

fn micros(report: &mut Report, place: Place, duration: ast::Duration) -> Option<Value> {
    duration_of(report, place, duration).map(Value::Duration)
}

/// A duration in the model's unit.
pub(crate) fn duration_of(
    report: &mut Report,
    place: Place,
    duration: ast::Duration,
) -> Option<Duration> {
    let micros = duration.micros().map(Duration);
    if micros.is_none() {
        report.push(
            Diagnostic::error(Code::PL0208, "this duration is too long")
                .here(place, "durations end at 292,000 years"),
        );
    }
    micros
}

fn member(report: &mut Report, place: Place, text: &str, members: &[SmolStr]) -> Option<Value> {
    if let Some(member) = members.iter().find(|member| *member == text) {
        return Some(Value::Text(member.clone()));
    }
    let names = members.iter().map(SmolStr::as_str);
    let diagnostic = match closest(text, names) {
        Some(near) => Diagnostic::error(
            Code::PL0203,
            format!("`{text}` is not one of the values; did you mean `{near}`?"),
        )
        .replace(place, format!("\"{near}\""), format!("write `\"{near}\"`")),
        None => Diagnostic::error(Code::PL0203, format!("`{text}` is not one of the values")),
    };
    report.push(diagnostic.here(
        place,
        format!("the values are {}", Ty::Enum(members.into())),
    ));
    None
}

fn time(report: &mut Report, place: Place, text: &str) -> Option<Value> {
    let parsed = Time::parse(text).map(Value::Time);
    if parsed.is_none() {
        report.push(
            Diagnostic::error(Code::PL0204, format!("`{text}` is not a time"))
                .here(place, "a time is written as in RFC 3339")
                .help("write it like `\"2026-11-23T10:00:00Z\"`"),
        );
    }
    parsed
}

fn ip(report: &mut Report, place: Place, text: &str) -> Option<Value> {
    let parsed = text.parse().ok().map(Value::Ip);
    if parsed.is_none() {
        report.push(
            Diagnostic::error(Code::PL0204, format!("`{text}` is not an IP address"))
                .here(place, "an IPv4 or IPv6 address stands here")
                .help("write it like `\"10.0.0.1\"` or `\"2001:db8::1\"`; networks stand only after `within`"),
        );
    }
    parsed
}

fn list(
    report: &mut Report,
    file: FileId,
    place: Place,
    items: &[Spanned<ast::Value>],
    element: &Ty,
    what: &str,
) -> Option<Vec<Value>> {
    check_count(
        report,
        "members of a list",
        items.len(),
        limits::LIST,
        place,
    );
    let read: Vec<Option<Value>> = items
        .iter()
        .map(|item| constant(report, file, item, element, what))
        .collect();
    read.into_iter().collect()
}

/// A constant that nothing gives a type, as in annotations.
pub(crate) fn untyped(
    report: &mut Report,
    file: FileId,
    value: &Spanned<ast::Value>,
) -> Option<Value> {
    let ty = match &value.node {
        ast::Value::Text(_) => Ty::Text,
        ast::Value::Number(number) if number.is_integer() => Ty::Int,
        ast::Value::Number(_) => Ty::Decimal,
        ast::Value::Duration(_) => Ty::Duration,
        ast::Value::Bool(_) => Ty::Bool,
        ast::Value::List(items) => {
            let members: Option<Vec<Value>> = items
                .iter()
                .map(|item| untyped(report, file, item))
                .collect();
            return members.map(|members| Value::List(members.into()));
        }
        ast::Value::Object(_) | ast::Value::Cell(_) => return None,
    };
    constant(report, file, value, &ty, "value")
}
