//! Conditions.

use super::{Name, Spanned, Value};

/// A condition or a part of one. Parentheses are not kept: they are the tree.
///
/// Chains of `or`, `and` and `+` are flat lists, so that the depth of a tree is the depth
/// of nesting that was written, which the parser bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// `a or b or c`; at least two.
    Or(Vec<Spanned<Expr>>),
    /// `a and b and c`; at least two.
    And(Vec<Spanned<Expr>>),
    /// `not a`
    Not(Box<Spanned<Expr>>),
    /// `a == b`, `a in b`, …
    Compare {
        /// The left side.
        left: Box<Spanned<Expr>>,
        /// How they are compared.
        op: Spanned<CompareOp>,
        /// The right side.
        right: Box<Spanned<Expr>>,
    },
    /// `a + b - c`, from the left.
    Sum {
        /// The first operand.
        first: Box<Spanned<Expr>>,
        /// The others; at least one.
        rest: Vec<Addend>,
    },
    /// `has user.tenant`
    Has(Spanned<Ref>),
    /// `all x in xs where c: p` or `some x in xs where c: p`
    Quantified {
        /// `all` or `some`.
        quantifier: Spanned<Quantifier>,
        /// What is ranged over.
        binder: Binder,
        /// What must hold.
        body: Box<Spanned<Expr>>,
    },
    /// `count(…)` or `sum(…)`
    Aggregate {
        /// `count` or `sum`.
        function: Spanned<Aggregate>,
        /// What is aggregated.
        over: Over,
    },
    /// A constant; never an object.
    Value(Value),
    /// `name(a, b).field`
    Call {
        /// The function.
        name: Name,
        /// The arguments.
        args: Vec<Spanned<Expr>>,
        /// The fields read of its result.
        fields: Vec<Name>,
    },
    /// `user.tenant`
    Ref(Ref),
}

/// `+ a` or `- a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addend {
    /// `+` or `-`.
    pub op: Spanned<AddOp>,
    /// The operand.
    pub operand: Spanned<Expr>,
}

/// `root.field.field`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// The first name.
    pub root: Name,
    /// The fields after it.
    pub fields: Vec<Name>,
}

/// `x in xs where c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binder {
    /// The name of each member.
    pub name: Name,
    /// What is ranged over.
    pub source: Box<Spanned<Expr>>,
    /// Which members count.
    pub filter: Option<Box<Spanned<Expr>>>,
}

/// What an aggregate is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// `distinct x in xs where c: e`
    Each {
        /// Whether equal values count once.
        distinct: bool,
        /// What is ranged over.
        binder: Binder,
        /// What is counted or summed of each member; the member itself, if absent.
        value: Option<Box<Spanned<Expr>>>,
    },
    /// A list, set or history as it is.
    Whole(Box<Spanned<Expr>>),
}

/// `all` or `some`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// `all`
    All,
    /// `some`
    Some,
}

/// `count` or `sum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// `count`
    Count,
    /// `sum`
    Sum,
}

/// `+` or `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
}

impl AddOp {
    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
        }
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `like`
    Like,
    /// `contains`
    Contains,
    /// `within`
    Within,
    /// `subset of`
    SubsetOf,
}

impl CompareOp {
    /// Every operator.
    pub const ALL: [Self; 11] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::In,
        Self::Like,
        Self::Contains,
        Self::Within,
        Self::SubsetOf,
    ];

    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Like => "like",
            Self::Contains => "contains",
            Self::Within => "within",
            Self::SubsetOf => "subset of",
        }
    }
}
