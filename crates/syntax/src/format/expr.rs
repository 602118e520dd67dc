//! Conditions, constants, types and names.

use super::doc::{Doc, bracketed, commas, concat, group, nest, text};
use crate::{
    ast::{self, Expr, Over, Spanned, Type, Value},
    text as chars,
};

/// A name: as it is if it is an identifier, else in quotes.
pub(super) fn name(name: &str) -> Doc {
    match chars::is_ident(name) {
        true => text(name.to_owned()),
        false => text(chars::quoted(name)),
    }
}

/// Names in a place where some identifiers mean something else: the first is quoted if it
/// is one of `taken`.
pub(super) fn names_but(taken: &[&str], names: &[ast::Name]) -> Doc {
    let docs = names.iter().enumerate().map(|(index, one)| {
        match index == 0 && taken.contains(&one.node.as_str()) {
            true => text(chars::quoted(one)),
            false => name(one),
        }
    });
    group([commas(docs)])
}

pub(super) fn names(names: &[ast::Name]) -> Doc {
    names_but(&[], names)
}

/// ` in a, b`, or nothing.
pub(super) fn in_groups(groups: &[ast::Name]) -> Doc {
    match groups {
        [] => concat([]),
        groups => concat([text(" in "), nest(4, names(groups))]),
    }
}

pub(super) fn path(path: &ast::PathParts) -> Doc {
    dotted(path.parts.iter())
}

pub(super) fn paths(paths: &[ast::Path]) -> Doc {
    group([commas(paths.iter().map(|one| path(one)))])
}

fn dotted<'a>(names: impl IntoIterator<Item = &'a ast::Name>) -> Doc {
    let mut docs = Vec::new();
    for one in names {
        if !docs.is_empty() {
            docs.push(text("."));
        }
        docs.push(name(one));
    }
    Doc::Concat(docs)
}

pub(super) fn reference(of: &ast::Ref) -> Doc {
    dotted(std::iter::once(&of.root).chain(&of.fields))
}

pub(super) fn string(string: &str) -> Doc {
    text(chars::quoted(string))
}

pub(super) fn strings(strings: &[ast::Str]) -> Doc {
    group([commas(strings.iter().map(|one| string(one)))])
}

pub(super) fn duration(duration: ast::Duration) -> Doc {
    let unit = match duration.unit {
        ast::Unit::Seconds => 's',
        ast::Unit::Minutes => 'm',
        ast::Unit::Hours => 'h',
        ast::Unit::Days => 'd',
    };
    text(format!("{}{unit}", duration.count))
}

pub(super) fn number(number: &ast::Number) -> Doc {
    text(number.text.to_string())
}

pub(super) fn value(of: &Value) -> Doc {
    match of {
        Value::Text(text) => string(text),
        Value::Number(of) => number(of),
        Value::Duration(of) => duration(*of),
        Value::Bool(true) => text("true"),
        Value::Bool(false) => text("false"),
        Value::List(values) => {
            bracketed("[", Doc::SoftLine, values.iter().map(|one| value(one)), "]")
        }
        Value::Object(of) => object(of),
        Value::Cell(column) => cell(column),
    }
}

/// `row.COLUMN`
pub(super) fn cell(column: &str) -> Doc {
    concat([text("row."), name(column)])
}

pub(super) fn object(object: &ast::Object) -> Doc {
    bracketed("{", Doc::Line, object.entries.iter().map(entry), "}")
}

/// `name = value`
pub(super) fn entry(of: &ast::Entry) -> Doc {
    concat([name(&of.key), text(" = "), value(&of.value)])
}

/// ` { … }`, or nothing for an empty object.
pub(super) fn some_object(of: &ast::Object) -> Doc {
    match of.entries.is_empty() {
        true => concat([]),
        false => concat([text(" "), object(of)]),
    }
}

pub(super) fn ty(of: &Type) -> Doc {
    text(match of {
        Type::Bool => "bool",
        Type::Int => "int",
        Type::Decimal => "decimal",
        Type::Text => "text",
        Type::Time => "time",
        Type::Duration => "duration",
        Type::Ip => "ip",
        Type::Json => "json",
        Type::Set(of) => return concat([text("set<"), ty(of), text(">")]),
        Type::List(of) => return concat([text("list<"), ty(of), text(">")]),
        Type::Record(fields) => return record(fields),
        Type::Enum(variants) => {
            let (first, rest) = match variants.as_slice() {
                [] => return concat([]),
                [first, rest @ ..] => (first, rest),
            };
            let rest = rest
                .iter()
                .map(|variant| concat([Doc::Line, text("| "), string(variant)]));
            return group([string(first), nest(2, concat(rest))]);
        }
    })
}

pub(super) fn record(fields: &[Spanned<ast::Field>]) -> Doc {
    bracketed("{", Doc::Line, fields.iter().map(|one| field(one, 0)), "}")
}

/// A field, its type at least `column` columns from its start.
pub(super) fn field(field: &ast::Field, column: usize) -> Doc {
    let name = concat([name(&field.name), text(":")]);
    let gap = column.saturating_sub(name.width()).max(1);
    let mut docs = vec![name, text(" ".repeat(gap)), ty(&field.ty)];
    if field.optional {
        docs.push(text("?"));
    }
    if let Some(default) = &field.default {
        docs.extend([text(" = "), value(default)]);
    }
    Doc::Concat(docs)
}

/// How tightly a place binds, loosest first: what binds looser stands in parentheses there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A whole condition.
    Whole,
    /// An operand of `or`.
    Or,
    /// An operand of `and`, or the body of a quantifier.
    And,
    /// An operand of a comparison, or what a quantifier ranges over.
    Compare,
    /// An operand of `+` or `-`.
    Sum,
}

pub(super) fn expr(of: &Expr) -> Doc {
    bare(of)
}

fn at(place: Place, of: &Expr) -> Doc {
    let binds = match of {
        Expr::Or(_) => Place::Whole,
        Expr::And(_) => Place::Or,
        Expr::Not(_) | Expr::Compare { .. } | Expr::Quantified { .. } => Place::And,
        Expr::Sum { .. } => Place::Compare,
        _ => Place::Sum,
    };
    match binds < place {
        true => parenthesised(of),
        false => bare(of),
    }
}

fn parenthesised(of: &Expr) -> Doc {
    concat([text("("), nest(1, bare(of)), text(")")])
}

fn bare(of: &Expr) -> Doc {
    match of {
        Expr::Or(operands) => chain("or ", Place::Or, operands),
        Expr::And(operands) => chain("and ", Place::And, operands),
        Expr::Not(of) => concat([text("not "), at(Place::And, of)]),
        Expr::Compare { left, op, right } => group([
            at(Place::Compare, left),
            text(format!(" {}", op.as_str())),
            nest(2, concat([Doc::Line, at(Place::Compare, right)])),
        ]),
        Expr::Sum { first, rest } => {
            let rest = rest.iter().map(|addend| {
                let op = text(format!("{} ", addend.op.as_str()));
                concat([Doc::Line, op, at(Place::Sum, &addend.operand)])
            });
            group([at(Place::Sum, first), nest(2, concat(rest))])
        }
        Expr::Has(of) => concat([text("has "), reference(of)]),
        Expr::Quantified {
            quantifier,
            binder: over,
            body,
        } => {
            let word = match quantifier.node {
                ast::Quantifier::All => "all ",
                ast::Quantifier::Some => "some ",
            };
            group([
                text(word),
                binder(over),
                text(":"),
                nest(2, concat([Doc::Line, at(Place::And, body)])),
            ])
        }
        Expr::Aggregate { function, over } => {
            let word = match function.node {
                ast::Aggregate::Count => "count(",
                ast::Aggregate::Sum => "sum(",
            };
            concat([text(word), nest(2, over_what(over)), text(")")])
        }
        Expr::Value(of) => value(of),
        Expr::Call {
            name: of,
            args,
            fields,
        } => {
            let mut docs = vec![
                name(of),
                text("("),
                nest(2, group([commas(args.iter().map(|arg| bare(arg)))])),
                text(")"),
            ];
            for field in fields {
                docs.extend([text("."), name(field)]);
            }
            Doc::Concat(docs)
        }
        Expr::Ref(of) => reference(of),
    }
}

fn chain(word: &'static str, place: Place, operands: &[Spanned<Expr>]) -> Doc {
    let last = operands.len().saturating_sub(1);
    let mut docs = operands.iter().enumerate().map(|(index, operand)| {
        // Its body ends before the next operand, which a reader would not guess.
        match index < last && ends_in_quantifier(operand) {
            true => parenthesised(operand),
            false => at(place, operand),
        }
    });
    let first = docs.next().unwrap_or_else(|| concat([]));
    let rest = docs.map(|doc| concat([Doc::Line, text(word), doc]));
    let rest = concat(rest.collect::<Vec<_>>());
    group([first, nest(2, rest)])
}

fn ends_in_quantifier(of: &Expr) -> bool {
    match of {
        Expr::Quantified { .. } => true,
        Expr::Not(of) => ends_in_quantifier(of),
        _ => false,
    }
}

fn binder(of: &ast::Binder) -> Doc {
    let mut docs = vec![name(&of.name), text(" in "), at(Place::Compare, &of.source)];
    if let Some(filter) = &of.filter {
        let filter = concat([Doc::Line, text("where "), bare(filter)]);
        docs.push(nest(2, filter));
    }
    Doc::Concat(docs)
}

fn over_what(over: &Over) -> Doc {
    match over {
        Over::Each {
            distinct,
            binder: of,
            value,
        } => {
            let mut docs = Vec::new();
            if *distinct {
                docs.push(text("distinct "));
            }
            docs.push(binder(of));
            if let Some(value) = value {
                docs.extend([text(":"), nest(2, concat([Doc::Line, bare(value)]))]);
            }
            Doc::Group(Box::new(Doc::Concat(docs)))
        }
        // `x in xs` would be read as a binder.
        Over::Whole(of) => at(Place::Compare, of),
    }
}
