//! Pairs of the grammar to the tree: one function for each construct.
//!
//! The grammar has already decided; what is refused here are numbers that do not fit and
//! quoted names that no name can be. A `None` means that this module and the grammar
//! disagree, which the tests exclude; the caller reports the part as unreadable.

use smol_str::SmolStr;

use crate::{
    ast::{self, Spanned},
    code::Code,
    diagnostic::Diagnostic,
    grammar::{self, Pair, Parts, Rule},
    limits,
    origin::Origin,
    source::{FileId, Span},
    text,
};

mod expr;
mod item;
mod rule;
mod test;
mod tool;

pub(crate) use item::FileParts;

/// Lowers the pairs of one piece of a file.
pub(crate) struct Lower<'a> {
    /// The file.
    pub(crate) file: FileId,
    /// Where in the file the parsed piece stands.
    pub(crate) origin: Origin,
    /// What was found wrong.
    pub(crate) problems: &'a mut Vec<Diagnostic>,
}

impl Lower<'_> {
    pub(crate) fn span(&self, pair: &Pair<'_>) -> Span {
        self.origin.span(grammar::range(pair))
    }

    /// A node at the place of `pair`.
    fn at<T>(&self, pair: &Pair<'_>, node: T) -> Spanned<T> {
        Spanned::new(node, self.span(pair))
    }

    /// Lowers every pair of `parts` with `lower`; stops at none that it cannot read.
    fn all<'i, T>(
        &mut self,
        parts: Parts<'i>,
        lower: impl Fn(&mut Self, Pair<'i>) -> Option<T>,
    ) -> Vec<T> {
        parts.filter_map(|pair| lower(self, pair)).collect()
    }

    /// A `name`, `word` or `ident` pair.
    fn name(&mut self, pair: Pair<'_>) -> Option<ast::Name> {
        let span = self.span(&pair);
        let token = match pair.as_rule() {
            Rule::name | Rule::word => Parts::of(pair).next()?,
            _ => pair,
        };
        if token.as_rule() != Rule::string {
            return Some(Spanned::new(token.as_str().into(), span));
        }
        let value = self.string(&token).node;
        if let Some(problem) = text::name_problem(self.file, span, &value) {
            self.problems.push(problem);
        }
        Some(Spanned::new(value, span))
    }

    /// The name that is next in `parts`.
    pub(crate) fn next_name(&mut self, parts: &mut Parts<'_>) -> Option<ast::Name> {
        let pair = parts.next()?;
        self.name(pair)
    }

    /// The path that is next in `parts`.
    pub(crate) fn next_path(&mut self, parts: &mut Parts<'_>) -> Option<ast::Path> {
        let pair = parts.next()?;
        self.path(pair)
    }

    /// The string that is next in `parts`.
    pub(crate) fn next_string(&mut self, parts: &mut Parts<'_>) -> Option<ast::Str> {
        Some(self.string(&parts.next()?))
    }

    fn names(&mut self, pair: Pair<'_>) -> Vec<ast::Name> {
        self.all(Parts::of(pair), Self::name)
    }

    /// The names of an `in_groups` pair.
    fn groups(&mut self, pair: Pair<'_>) -> Vec<ast::Name> {
        Parts::of(pair)
            .next()
            .map(|names| self.names(names))
            .unwrap_or_default()
    }

    fn path(&mut self, pair: Pair<'_>) -> Option<ast::Path> {
        let span = self.span(&pair);
        let parts = self.all(Parts::of(pair), Self::name);
        Some(Spanned::new(ast::PathParts { parts }, span))
    }

    fn paths(&mut self, pair: Pair<'_>) -> Vec<ast::Path> {
        self.all(Parts::of(pair), Self::path)
    }

    fn string(&mut self, pair: &Pair<'_>) -> ast::Str {
        let span = self.span(pair);
        let value = text::decode(pair.as_str());
        if value.len() > limits::STRING_BYTES {
            self.problems.push(
                Diagnostic::error(
                    Code::PL0905,
                    format!("a string of {} bytes is too long", value.len()),
                )
                .at(
                    self.file,
                    span,
                    format!("at most {} bytes", limits::STRING_BYTES),
                ),
            );
        }
        Spanned::new(value, span)
    }

    fn strings(&mut self, pair: Pair<'_>) -> Vec<ast::Str> {
        self.all(Parts::of(pair), |lower, pair| Some(lower.string(&pair)))
    }

    fn int(&mut self, pair: &Pair<'_>) -> ast::Int {
        let span = self.span(pair);
        let value =
            pair.as_str().parse().unwrap_or_else(|_| {
                self.problems.push(
                    Diagnostic::error(Code::PL0013, format!("`{}` is too large", pair.as_str()))
                        .at(self.file, span, "more than 18446744073709551615"),
                );
                u64::MAX
            });
        Spanned::new(value, span)
    }

    fn duration(&mut self, pair: &Pair<'_>) -> Spanned<ast::Duration> {
        let span = self.span(pair);
        let text = pair.as_str();
        let unit = match text.as_bytes().last() {
            Some(b's') => ast::Unit::Seconds,
            Some(b'm') => ast::Unit::Minutes,
            Some(b'h') => ast::Unit::Hours,
            _ => ast::Unit::Days,
        };
        let count = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
        let duration = count
            .parse()
            .ok()
            .map(|count| ast::Duration { count, unit })
            .filter(|duration| duration.micros().is_some());
        let duration = duration.unwrap_or_else(|| {
            self.problems.push(
                Diagnostic::error(Code::PL0013, format!("`{text}` is too long a duration")).at(
                    self.file,
                    span,
                    "more than 106751991 days",
                ),
            );
            ast::Duration { count: 0, unit }
        });
        Spanned::new(duration, span)
    }

    fn number(&self, pair: &Pair<'_>) -> Spanned<ast::Number> {
        self.at(
            pair,
            ast::Number {
                text: pair.as_str().into(),
            },
        )
    }

    /// A `value`, `data`, `object` or scalar pair.
    fn value(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Value>> {
        let span = self.span(&pair);
        let value = match pair.as_rule() {
            Rule::value | Rule::data => return self.value(Parts::of(pair).next()?),
            Rule::string => ast::Value::Text(self.string(&pair).node),
            Rule::duration => ast::Value::Duration(self.duration(&pair).node),
            Rule::number => ast::Value::Number(self.number(&pair).node),
            Rule::boolean => ast::Value::Bool(pair.as_str() == "true"),
            Rule::list | Rule::data_list => {
                ast::Value::List(self.all(Parts::of(pair), Self::value))
            }
            Rule::object => ast::Value::Object(self.object(pair)),
            Rule::cell => ast::Value::Cell(self.column(pair)?),
            _ => return None,
        };
        Some(Spanned::new(value, span))
    }

    fn object(&mut self, pair: Pair<'_>) -> ast::Object {
        let entries = self.all(Parts::of(pair), |lower, entry| {
            let mut parts = Parts::of(entry);
            let key = parts.next()?;
            let key = lower.key(key)?;
            let value = lower.value(parts.next()?)?;
            Some(ast::Entry { key, value })
        });
        ast::Object { entries }
    }

    /// The column that a `cell` pair names.
    fn column(&mut self, pair: Pair<'_>) -> Option<ast::Name> {
        let word = Parts::of(pair).next()?;
        self.key(word)
    }

    /// A key of an object: unlike a declared name it may be any text.
    fn key(&mut self, pair: Pair<'_>) -> Option<ast::Name> {
        let token = Parts::of(pair).next()?;
        Some(match token.as_rule() {
            Rule::string => self.string(&token),
            _ => self.at(&token, SmolStr::from(token.as_str())),
        })
    }

    /// The optional object that is next in `parts`; an empty one, if there is none.
    fn next_object(&mut self, parts: &mut Parts<'_>) -> ast::Object {
        parts
            .next_if(Rule::object)
            .map(|object| self.object(object))
            .unwrap_or_default()
    }

    /// `name in groups { facts }`, each but the name optional.
    fn entity(&mut self, mut parts: Parts<'_>) -> Option<ast::Entity> {
        let name = parts.next()?;
        let name = self.name(name)?;
        let groups = parts
            .next_if(Rule::in_groups)
            .map(|groups| self.groups(groups))
            .unwrap_or_default();
        let facts = self.next_object(&mut parts);
        Some(ast::Entity {
            name,
            groups,
            facts,
        })
    }

    fn record(&mut self, pair: Pair<'_>) -> Vec<Spanned<ast::Field>> {
        self.all(Parts::of(pair), Self::field)
    }

    pub(crate) fn field(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Field>> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(parts.next()?)?;
        let ty = self.ty(parts.next()?)?;
        let optional = parts.next_if(Rule::optional).is_some();
        let default = match parts.next_if(Rule::default_value) {
            Some(default) => Some(self.value(Parts::of(default).next()?)?),
            None => None,
        };
        Some(Spanned::new(
            ast::Field {
                name,
                ty,
                optional,
                default,
            },
            span,
        ))
    }

    fn ty(&mut self, pair: Pair<'_>) -> Option<Spanned<ast::Type>> {
        let span = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        let ty = match inner.as_rule() {
            Rule::type_name => match inner.as_str() {
                "bool" => ast::Type::Bool,
                "int" => ast::Type::Int,
                "decimal" => ast::Type::Decimal,
                "text" => ast::Type::Text,
                "time" => ast::Type::Time,
                "duration" => ast::Type::Duration,
                "ip" => ast::Type::Ip,
                _ => ast::Type::Json,
            },
            Rule::type_of => {
                let mut parts = Parts::of(inner);
                let is_set = parts.next()?.as_str() == "set";
                let of = Box::new(self.ty(parts.next()?)?);
                if is_set {
                    ast::Type::Set(of)
                } else {
                    ast::Type::List(of)
                }
            }
            Rule::enumeration => ast::Type::Enum(self.strings(inner)),
            Rule::record_type => ast::Type::Record(self.record(inner)),
            _ => return None,
        };
        Some(Spanned::new(ty, span))
    }
}
