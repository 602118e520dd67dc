//! Expressions: a work list of pieces instead of recursion.

use std::borrow::Cow;

use smol_str::{SmolStr, format_smolstr};

use super::text;
use crate::ids::ExprId;
use crate::policy::{Binder, Expr, Policy};

/// How a parameter is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Args {
    /// `args.id`, in conditions.
    Qualified,
    /// `id`, in the holes of templates.
    Bare,
}

/// How tightly an expression binds; a looser one in a tighter place gets parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Atom,
}

enum Piece<'a> {
    Text(Cow<'a, str>),
    Expr(ExprId, Binding),
}

pub(super) fn print(policy: &Policy, id: ExprId, captures: &[SmolStr], args: Args) -> String {
    let printer = Printer {
        policy,
        captures,
        args,
    };
    let mut out = String::new();
    let mut todo = vec![Piece::Expr(id, Binding::Or)];
    while let Some(piece) = todo.pop() {
        match piece {
            Piece::Text(text) => out.push_str(&text),
            Piece::Expr(id, place) => {
                let (binding, mut pieces) = printer.pieces(id);
                if binding < place {
                    pieces.insert(0, str("("));
                    pieces.push(str(")"));
                }
                todo.extend(pieces.into_iter().rev());
            }
        }
    }
    out
}

/// The name of a capture.
pub(super) fn capture(at: u32, captures: &[SmolStr]) -> SmolStr {
    captures
        .get(at as usize)
        .map_or_else(|| format_smolstr!("capture{at}"), Clone::clone)
}

const fn str<'a>(text: &'static str) -> Piece<'a> {
    Piece::Text(Cow::Borrowed(text))
}

const fn string<'a>(text: String) -> Piece<'a> {
    Piece::Text(Cow::Owned(text))
}

struct Printer<'a> {
    policy: &'a Policy,
    captures: &'a [SmolStr],
    args: Args,
}

impl<'a> Printer<'a> {
    fn pieces(&self, id: ExprId) -> (Binding, Vec<Piece<'a>>) {
        let Some(expr) = self.policy.exprs.get(id.index()) else {
            return (Binding::Atom, vec![string(format!("?{}", id.0))]);
        };
        let atom = |text: String| (Binding::Atom, vec![string(text)]);
        match expr {
            Expr::Const(value) => atom(text::value(value)),
            Expr::Fact(id) => atom(match self.policy.facts.get(id.index()) {
                Some(fact) => format!("{}.{}", fact.entity.name(), text::word(&fact.field.name)),
                None => format!("?fact{}", id.0),
            }),
            Expr::AgentId => atom("agent.id".to_owned()),
            Expr::UserId => atom("user.id".to_owned()),
            Expr::TaskId => atom("task.id".to_owned()),
            Expr::Now => atom("now".to_owned()),
            Expr::ChainDepth => atom("chain.depth".to_owned()),
            Expr::ChainRoot => atom("chain.root".to_owned()),
            Expr::ChainAgents => atom("chain.agents".to_owned()),
            Expr::ResourcePath => atom("resource.path".to_owned()),
            Expr::ResourceFact(_, name) => atom(format!("resource.{}", text::word(name))),
            Expr::Arg(name) if self.args == Args::Bare => atom(text::word(name)),
            Expr::Arg(name) => atom(format!("args.{}", text::word(name))),
            Expr::Capture(at) => atom(capture(*at, self.captures).to_string()),
            Expr::Local(slot) => atom(self.local(*slot)),
            Expr::History(id) => atom(match self.policy.histories.get(id.index()) {
                Some(history) => text::name(&history.name),
                None => format!("?history{}", id.0),
            }),
            Expr::Field(of, name) => (
                Binding::Atom,
                vec![
                    Piece::Expr(*of, Binding::Atom),
                    string(format!(".{}", text::word(name))),
                ],
            ),
            Expr::HasUser => atom("has user".to_owned()),
            Expr::Has(of) => (
                Binding::Atom,
                vec![str("has "), Piece::Expr(*of, Binding::Atom)],
            ),
            Expr::Not(of) => (
                Binding::Not,
                vec![str("not "), Piece::Expr(*of, Binding::Not)],
            ),
            Expr::And(left, right) => chain(Binding::And, *left, " and ", *right),
            Expr::Or(left, right) => chain(Binding::Or, *left, " or ", *right),
            Expr::Add(left, right) => chain(Binding::Sum, *left, " + ", *right),
            Expr::Sub(left, right) => chain(Binding::Sum, *left, " - ", *right),
            Expr::Compare(comparison, left, right) => compare(
                *left,
                comparison.symbol(),
                Piece::Expr(*right, Binding::Sum),
            ),
            Expr::In(left, right) => compare(*left, "in", Piece::Expr(*right, Binding::Sum)),
            Expr::Contains(left, right) => {
                compare(*left, "contains", Piece::Expr(*right, Binding::Sum))
            }
            Expr::SubsetOf(left, right) => {
                compare(*left, "subset of", Piece::Expr(*right, Binding::Sum))
            }
            Expr::Like(of, parts) => compare(*of, "like", string(text::string(&parts.join("*")))),
            Expr::Within(of, network) => {
                compare(*of, "within", string(text::string(&network.to_string())))
            }
            Expr::Quantifier { all, over, body } => {
                let mut pieces = vec![str(if *all { "all " } else { "some " })];
                pieces.extend(self.binder(over));
                pieces.push(str(": "));
                pieces.push(Piece::Expr(*body, Binding::Comparison));
                // The body takes every comparison that follows.
                (Binding::Not, pieces)
            }
            Expr::Count { over, distinct } => {
                self.aggregate("count", over, *distinct, distinct.is_some())
            }
            Expr::Sum {
                over,
                value,
                distinct,
                ..
            } => self.aggregate("sum", over, Some(*value), *distinct),
            Expr::TimeOfDay(of, offset) => call("time_of_day", *of, Some(*offset)),
            Expr::Weekday(of, offset) => call("weekday", *of, Some(*offset)),
            Expr::Lower(of) => call("lower", *of, None),
            Expr::Email(of) => call("email", *of, None),
            Expr::Url(of) => call("url", *of, None),
            Expr::Path(of) => call("path", *of, None),
        }
    }

    /// `x in xs where f`
    fn binder(&self, over: &Binder) -> Vec<Piece<'a>> {
        let mut pieces = vec![
            string(format!("{} in ", self.local(over.slot))),
            Piece::Expr(over.list, Binding::Sum),
        ];
        if let Some(filter) = over.filter {
            pieces.push(str(" where "));
            pieces.push(Piece::Expr(filter, Binding::Or));
        }
        pieces
    }

    fn aggregate(
        &self,
        name: &'static str,
        over: &Binder,
        value: Option<ExprId>,
        distinct: bool,
    ) -> (Binding, Vec<Piece<'a>>) {
        // The element itself need not be written.
        let value = value
            .filter(|value| self.policy.exprs.get(value.index()) != Some(&Expr::Local(over.slot)));
        let mut pieces = vec![str(name), str("(")];
        if distinct {
            pieces.push(str("distinct "));
        }
        if distinct || value.is_some() || over.filter.is_some() {
            pieces.extend(self.binder(over));
        } else {
            pieces.push(Piece::Expr(over.list, Binding::Or));
        }
        if let Some(value) = value {
            pieces.push(str(": "));
            pieces.push(Piece::Expr(value, Binding::Or));
        }
        pieces.push(str(")"));
        (Binding::Atom, pieces)
    }

    /// A name for the variable in a slot: no capture and no history has it.
    fn local(&self, slot: u32) -> String {
        let mut name = match ["x", "y", "z"].get(slot as usize) {
            Some(name) => (*name).to_owned(),
            None => format!("x{slot}"),
        };
        while self.captures.iter().any(|capture| *capture == name)
            || self.policy.history(&name).is_some()
        {
            name.push('_');
        }
        name
    }
}

/// A left-associative operator.
fn chain<'a>(
    binding: Binding,
    left: ExprId,
    operator: &'static str,
    right: ExprId,
) -> (Binding, Vec<Piece<'a>>) {
    let tighter = match binding {
        Binding::Or => Binding::And,
        Binding::And => Binding::Not,
        _ => Binding::Atom,
    };
    let pieces = vec![
        Piece::Expr(left, binding),
        str(operator),
        Piece::Expr(right, tighter),
    ];
    (binding, pieces)
}

fn compare<'a>(
    left: ExprId,
    operator: &'static str,
    right: Piece<'a>,
) -> (Binding, Vec<Piece<'a>>) {
    let pieces = vec![
        Piece::Expr(left, Binding::Sum),
        str(" "),
        str(operator),
        str(" "),
        right,
    ];
    (Binding::Comparison, pieces)
}

fn call<'a>(name: &'static str, of: ExprId, offset: Option<i16>) -> (Binding, Vec<Piece<'a>>) {
    let mut pieces = vec![str(name), str("("), Piece::Expr(of, Binding::Or)];
    if let Some(offset) = offset {
        pieces.push(string(format!(", {}", text::offset(offset))));
    }
    pieces.push(str(")"));
    (Binding::Atom, pieces)
}
