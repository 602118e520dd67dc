//! Types of the language, as far as schemas make them: written, read from a policy, compared.

use placet_syntax::{ast, quoted as string};
use smol_str::SmolStr;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `text`
    Text,
    /// `time`
    Time,
    /// `duration`
    Duration,
    /// `ip`
    Ip,
    /// `json`: opaque.
    Json,
    /// `"a" | "b"`, in written order.
    Enum(Vec<SmolStr>),
    /// `set<T>`
    Set(Box<Self>),
    /// `list<T>`
    List(Box<Self>),
    /// `{ … }`, in written order.
    Record(Vec<Field>),
}

/// A parameter, or a field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
    /// It may be absent.
    pub optional: bool,
    /// What it is when it is absent.
    pub default: Option<Constant>,
    /// What the server says of it, cleaned; empty for one of a policy.
    pub about: String,
}

/// A constant that can be a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constant {
    /// `true`, `false`
    Bool(bool),
    /// A number, as it is written.
    Number(SmolStr),
    /// A text.
    Text(SmolStr),
    /// A list of constants.
    List(Vec<Self>),
}

impl Type {
    /// As a policy writes it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Bool => "bool".into(),
            Self::Int => "int".into(),
            Self::Decimal => "decimal".into(),
            Self::Text => "text".into(),
            Self::Time => "time".into(),
            Self::Duration => "duration".into(),
            Self::Ip => "ip".into(),
            Self::Json => "json".into(),
            Self::Enum(members) => {
                let members: Vec<String> = members.iter().map(|one| string(one)).collect();
                members.join(" | ")
            }
            Self::Set(inner) => format!("set<{}>", inner.text()),
            Self::List(inner) => format!("list<{}>", inner.text()),
            Self::Record(fields) => format!("{{ {} }}", fields_text(fields)),
        }
    }

    /// Whether both are the same, whatever the order of members and fields. An `int` in a policy
    /// is a number of a schema, too: identifiers are numbers to many servers, and only an `int`
    /// makes a segment.
    #[must_use]
    pub fn is(&self, real: &Self) -> bool {
        match (self, real) {
            (Self::Int, Self::Decimal) => true,
            (Self::Enum(mine), Self::Enum(theirs)) => {
                mine.iter().all(|one| theirs.contains(one))
                    && theirs.iter().all(|one| mine.contains(one))
            }
            (Self::List(mine) | Self::Set(mine), Self::List(theirs) | Self::Set(theirs)) => {
                mine.is(theirs)
            }
            (Self::Record(mine), Self::Record(theirs)) => {
                mine.len() == theirs.len()
                    && mine.iter().all(|field| {
                        theirs.iter().any(|other| {
                            other.name == field.name
                                && other.optional == field.optional
                                && field.ty.is(&other.ty)
                                && same_default(field.default.as_ref(), other.default.as_ref())
                        })
                    })
            }
            _ => self == real,
        }
    }

    /// Whether one of the two takes more values than the other, and all of them mean the same:
    /// then no call is misread, and at most one is refused.
    #[must_use]
    pub fn is_graded(&self, real: &Self) -> bool {
        match (self, real) {
            (Self::Enum(_), Self::Enum(_) | Self::Text) | (Self::Text, Self::Enum(_)) => true,
            (Self::List(mine) | Self::Set(mine), Self::List(theirs) | Self::Set(theirs)) => {
                mine.is(theirs) || mine.is_graded(theirs)
            }
            _ => false,
        }
    }

    /// Of a parsed type.
    pub(crate) fn of(ty: &ast::Type) -> Self {
        match ty {
            ast::Type::Bool => Self::Bool,
            ast::Type::Int => Self::Int,
            ast::Type::Decimal => Self::Decimal,
            ast::Type::Text => Self::Text,
            ast::Type::Time => Self::Time,
            ast::Type::Duration => Self::Duration,
            ast::Type::Ip => Self::Ip,
            ast::Type::Json => Self::Json,
            ast::Type::Enum(members) => {
                Self::Enum(members.iter().map(|one| one.node.clone()).collect())
            }
            ast::Type::Set(inner) => Self::Set(Box::new(Self::of(&inner.node))),
            ast::Type::List(inner) => Self::List(Box::new(Self::of(&inner.node))),
            ast::Type::Record(fields) => {
                Self::Record(fields.iter().map(|field| Field::of(&field.node)).collect())
            }
        }
    }
}

impl Field {
    /// As a policy writes it.
    #[must_use]
    pub fn text(&self) -> String {
        let name = word(&self.name);
        let ty = self.ty.text();
        let mark = if self.optional && self.default.is_none() {
            "?"
        } else {
            ""
        };
        match &self.default {
            Some(default) => format!("{name}: {ty} = {}", default.text()),
            None => format!("{name}: {ty}{mark}"),
        }
    }

    /// Whether it can be absent.
    #[must_use]
    pub const fn may_be_absent(&self) -> bool {
        self.optional || self.default.is_some()
    }

    pub(crate) fn of(field: &ast::Field) -> Self {
        let default = field.default.as_ref();
        Self {
            name: field.name.node.clone(),
            ty: Type::of(&field.ty.node),
            // With a default it may be left out, `?` or not.
            optional: field.optional || default.is_some(),
            default: default.and_then(|value| Constant::of(&value.node)),
            about: String::new(),
        }
    }
}

impl Constant {
    /// As a policy writes it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Bool(truth) => truth.to_string(),
            Self::Number(text) => text.to_string(),
            Self::Text(text) => string(text),
            Self::List(members) => {
                let members: Vec<String> = members.iter().map(Self::text).collect();
                format!("[{}]", members.join(", "))
            }
        }
    }

    fn of(value: &ast::Value) -> Option<Self> {
        match value {
            ast::Value::Bool(truth) => Some(Self::Bool(*truth)),
            ast::Value::Number(number) => Some(Self::Number(number.text.clone())),
            ast::Value::Text(text) => Some(Self::Text(text.clone())),
            ast::Value::List(members) => {
                let members = members.iter().map(|member| Self::of(&member.node));
                members.collect::<Option<_>>().map(Self::List)
            }
            ast::Value::Duration(_) | ast::Value::Object(_) | ast::Value::Cell(_) => None,
        }
    }
}

/// Whether two defaults are the same.
pub(crate) fn same_default(mine: Option<&Constant>, theirs: Option<&Constant>) -> bool {
    match (mine, theirs) {
        (Some(Constant::Number(mine)), Some(Constant::Number(theirs))) => {
            plain(mine) == plain(theirs)
        }
        _ => mine == theirs,
    }
}

/// A number without the zeros that say nothing.
fn plain(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

/// Fields as they stand in braces or parentheses.
pub(crate) fn fields_text(fields: &[Field]) -> String {
    let fields: Vec<String> = fields.iter().map(Field::text).collect();
    fields.join(", ")
}

/// A name as a policy writes it; in quotes, unless it is plainly an identifier. The formatter
/// takes off the quotes that are not needed.
pub(crate) fn word(name: &str) -> String {
    match is_plain(name) {
        true => name.to_owned(),
        false => string(name),
    }
}

/// Whether a name is an identifier of ASCII letters.
pub(crate) fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    let mut hyphen = false;
    let starts = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let goes_on = chars.all(|c| {
        let fine = c.is_ascii_alphanumeric() || c == '_' || (c == '-' && !hyphen);
        hyphen = c == '-';
        fine
    });
    starts && goes_on && !hyphen
}
