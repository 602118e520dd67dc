//! The tree: what a policy file says, with the place of every part.
//!
//! It keeps what was written, in the order it was written, and judges nothing: names are
//! not resolved, patterns and templates are still strings (see [`crate::pattern`]).
//! Places live in [`Spanned`] alone, which equality ignores.

use smol_str::SmolStr;

pub use crate::source::{FileId, Span, Spanned};

mod expr;
mod pattern;
mod rule;
mod test;
mod tool;

pub use expr::*;
pub use pattern::*;
pub use rule::*;
pub use test::*;
pub use tool::*;

/// A name or a word: an identifier or a quoted string, decoded.
pub type Name = Spanned<SmolStr>;

/// A string literal: its decoded value, and the place of the literal with its quotes.
pub type Str = Spanned<SmolStr>;

/// An unsigned integer.
pub type Int = Spanned<u64>;

/// One line of a doc comment, without `///`, the space after it and trailing space.
pub type Doc = Spanned<SmolStr>;

/// One policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Which file it is.
    pub id: FileId,
    /// The `layer` line; a file without one belongs to `main`.
    pub layer: Option<Spanned<Layer>>,
    /// The declarations and rules, in written order.
    pub items: Vec<Spanned<Item>>,
    /// Whether something in the file did not parse. Passes over such a tree must not
    /// complain of what is absent: it may stand in the part that is missing.
    pub recovered: bool,
}

/// `layer NAME` or `layer NAME default grant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The layer's name.
    pub name: Name,
    /// Whether it is a guardrail layer, which grants unless something denies.
    pub default_grant: bool,
}

/// One declaration or rule with its documentation. Its span covers docs and notes too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The doc comment, line by line.
    pub docs: Vec<Doc>,
    /// The annotations.
    pub notes: Vec<Spanned<Note>>,
    /// What is declared.
    pub kind: ItemKind,
    /// Whether a part of this item did not parse and is missing here.
    pub recovered: bool,
}

/// An annotation: `@owner("payments")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The name after `@`.
    pub name: Name,
    /// The values in parentheses; empty without them.
    pub values: Vec<Spanned<Value>>,
}

/// What an item declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `policy NAME { … }`
    Policy(Policy),
    /// `facts KIND { … }`
    Facts(Facts),
    /// `agent NAME …`
    Agent(Entity),
    /// `group KIND NAME …`
    Group(Group),
    /// `action NAME in …`
    Action(Action),
    /// `tool PATH { … }`
    Tool(Tool),
    /// `let NAME = …`
    Let(Let),
    /// `history NAME = calls …`
    History(History),
    /// `grant`, `deny` or `require`
    Rule(Rule),
    /// `claim "…" { … }`
    Claim(Claim),
    /// `given NAME { … }`
    Given(Given),
    /// `test "…" { … }`
    Test(Test),
}

/// `policy NAME { language 1  layers a, b  lifetime 1h }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The policy's name.
    pub name: Name,
    /// The language version; `None` only in a recovered item.
    pub language: Option<Int>,
    /// Every layer; empty only in a recovered item.
    pub layers: Vec<Name>,
    /// The default lifetime of what is granted.
    pub lifetime: Option<Spanned<Duration>>,
}

/// `facts user fixed { tenant: text }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose facts they are.
    pub of: Spanned<FactsOf>,
    /// When they are known, if it is written.
    pub timing: Option<Spanned<Timing>>,
    /// The facts.
    pub fields: Vec<Spanned<Field>>,
}

/// Whose facts a block declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactsOf {
    /// `facts agent`
    Agent,
    /// `facts user`
    User,
    /// `facts task`
    Task,
    /// `facts context`
    Context,
    /// `facts resource "PATTERN", …`
    Resource(Vec<Str>),
}

/// When facts are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// `fixed`: frozen into the credential.
    Fixed,
    /// `at issuance` or `at runtime`.
    At(Moment),
}

/// A moment of deciding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// `issuance`
    Issuance,
    /// `runtime`
    Runtime,
}

/// A fact, parameter or record member: `name: type? = default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Spanned<Type>,
    /// Whether it may be absent (`?`).
    pub optional: bool,
    /// Its value when absent.
    pub default: Option<Spanned<Value>>,
}

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
    /// `json`
    Json,
    /// `set<T>`
    Set(Box<Spanned<Type>>),
    /// `list<T>`
    List(Box<Spanned<Type>>),
    /// `"low" | "high"`
    Enum(Vec<Str>),
    /// `{ name: type, … }`
    Record(Vec<Spanned<Field>>),
}

/// An agent or user with its groups and facts: an `agent` declaration, or the `agent` or
/// `user` of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its id.
    pub name: Name,
    /// The groups after `in`.
    pub groups: Vec<Name>,
    /// Its facts; an absent object is an empty one.
    pub facts: Object,
}

/// `{ name = value, … }`, entries in written order; keys may repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// `name = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Name,
    /// The value.
    pub value: Spanned<Value>,
}

/// A constant. Objects stand only in facts and arguments of agents and tests, alone or in
/// lists there; never in conditions, defaults or notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(SmolStr),
    /// A number.
    Number(Number),
    /// A duration.
    Duration(Duration),
    /// `true` or `false`.
    Bool(bool),
    /// `[a, b]`
    List(Vec<Spanned<Value>>),
    /// `{ a = 1 }`
    Object(Object),
    /// `row.COLUMN`, in a test: the cell of the row that is played.
    Cell(Name),
}

/// A number as it was written: `-?[0-9]+(\.[0-9]+)?`. Exactness is for who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The digits with sign and point.
    pub text: SmolStr,
}

impl Number {
    /// Whether it is written without a fraction.
    pub fn is_integer(&self) -> bool {
        !self.text.contains('.')
    }
}

/// A duration as it was written: `90m` and `1h` with 30 minutes more stay apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many units.
    pub count: u64,
    /// The unit.
    pub unit: Unit,
}

/// The unit of a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`, always 24 hours
    Days,
}

impl Duration {
    /// The length in microseconds; `None` when it does not fit.
    pub fn micros(self) -> Option<i64> {
        let seconds: u64 = match self.unit {
            Unit::Seconds => 1,
            Unit::Minutes => 60,
            Unit::Hours => 60 * 60,
            Unit::Days => 24 * 60 * 60,
        };
        let micros = self.count.checked_mul(seconds)?.checked_mul(1_000_000)?;
        i64::try_from(micros).ok()
    }
}

/// `group agents NAME in … = …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What its members are.
    pub kind: Spanned<GroupKind>,
    /// Its name.
    pub name: Name,
    /// The groups it is nested in.
    pub groups: Vec<Name>,
    /// Where its members come from.
    pub members: Members,
}

/// What the members of a group are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// `agents`
    Agents,
    /// `users`
    Users,
    /// `actions`
    Actions,
}

/// Where the members of a group come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// From declarations alone.
    Declared,
    /// `from request`
    FromRequest(Spanned<()>),
    /// `= a, b`
    Listed(Vec<Name>),
}

/// `action NAME in GROUP, …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The verb.
    pub name: Name,
    /// The groups it is in.
    pub groups: Vec<Name>,
}

/// A dotted path: `github.create_issue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathParts {
    /// The parts; never empty.
    pub parts: Vec<Name>,
}

/// A dotted tool path with its place.
pub type Path = Spanned<PathParts>;

impl PathParts {
    /// The path as one text, its parts joined by dots.
    pub fn dotted(&self) -> SmolStr {
        let mut text = String::new();
        for part in &self.parts {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        }
        text.into()
    }
}

/// `let NAME(param: type, …) = EXPR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// Its parameters; empty without parentheses.
    pub params: Vec<Spanned<LetParam>>,
    /// What it stands for.
    pub body: Spanned<Expr>,
}

/// `name: type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetParam {
    /// The parameter's name.
    pub name: Name,
    /// Its type.
    pub ty: Spanned<Type>,
}

/// `history NAME = calls … per KEY within DURATION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Its name.
    pub name: Name,
    /// Which calls it holds, in written order.
    pub select: Vec<Spanned<Select>>,
    /// Whose calls.
    pub per: Spanned<Key>,
    /// How far it looks back.
    pub within: Option<Spanned<Duration>>,
}

/// One part of a history's selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// `tool a.b, c`
    Tool(Vec<Path>),
    /// `action in group, …`
    ActionIn(Vec<Name>),
    /// `action a, b`
    Action(Vec<Name>),
    /// `resource "pattern", …`
    Resource(Vec<Str>),
    /// `outcome ok, failed`
    Outcome(Vec<Name>),
}

/// Whose calls a history holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// `per task`
    Task,
    /// `per credential`
    Credential,
    /// `per chain`
    Chain,
    /// `per agent`
    Agent,
    /// `per user`
    User,
}
