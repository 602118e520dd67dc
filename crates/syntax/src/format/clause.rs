//! Clauses and duties.

use super::{
    doc::{Doc, concat, nest, text},
    expr,
};
use crate::ast::{self, Clause, Duty};

/// A clause, setup or step: its first word, and what follows it.
pub(super) struct Phrase {
    pub(super) word: &'static str,
    pub(super) rest: Option<Doc>,
}

impl Phrase {
    pub(super) fn new(word: &'static str, rest: Doc) -> Self {
        Self {
            word,
            rest: Some(rest),
        }
    }

    /// The phrase with what follows its word `column` columns from its start.
    pub(super) fn doc(self, column: usize) -> Doc {
        let Some(rest) = self.rest else {
            return text(self.word);
        };
        let column = column.max(self.word.len() + 1);
        let gap = " ".repeat(column - self.word.len());
        concat([text(self.word), text(gap), nest(column, rest)])
    }
}

/// The column at which what follows the first words is aligned.
pub(super) fn column<'a>(phrases: impl IntoIterator<Item = &'a Phrase>) -> usize {
    let words = phrases.into_iter().map(|phrase| phrase.word.len());
    words.max().map_or(0, |longest| longest + 1)
}

pub(super) fn clause(of: &Clause) -> Phrase {
    match of {
        Clause::Agent(of) => Phrase::new("agent", covered(of)),
        Clause::Action(of) => Phrase::new("action", covered(of)),
        Clause::User(of) => Phrase::new(
            "user",
            match of {
                ast::Users::Any => text("any"),
                ast::Users::AnyOrNone => text("any, none"),
                ast::Users::None => text("none"),
                ast::Users::In(groups) => in_only(groups),
                ast::Users::Listed(names) => expr::names_but(&["any", "none", "in"], names),
            },
        ),
        Clause::Tool(of) => Phrase::new(
            "tool",
            match of {
                ast::Tools::Any => text("any"),
                ast::Tools::Listed(paths) => any_quoted(paths),
            },
        ),
        Clause::Resource(of) => Phrase::new(
            "resource",
            match of {
                ast::Resources::Any => text("any"),
                ast::Resources::Listed(patterns) => expr::strings(patterns),
            },
        ),
        Clause::At(moment) => Phrase::new("at", text(moment_word(*moment))),
        Clause::When(condition) => Phrase::new("when", expr::expr(condition)),
        Clause::Unless(condition) => Phrase::new("unless", expr::expr(condition)),
        Clause::Duty(of) => duty(of),
    }
}

pub(super) fn duty(of: &Duty) -> Phrase {
    let per_call = |per_call: bool| if per_call { " per call" } else { "" };
    match of {
        Duty::For(duration) => Phrase::new("for", expr::duration(duration.node)),
        Duty::Consent { per_call } => Phrase {
            word: "consent",
            rest: per_call.then(|| text("per call")),
        },
        Duty::Approval {
            groups,
            per_call: each,
        } => Phrase::new(
            "approval",
            concat([expr::names(groups), text(per_call(*each))]),
        ),
        Duty::Delegate(depth) => Phrase::new("delegate", text(depth.node.to_string())),
        Duty::BudgetCalls(calls) => Phrase::new("budget", text(format!("{} calls", calls.node))),
        Duty::BudgetOf { amount, of } => Phrase::new(
            "budget",
            concat([expr::number(amount), text(" of "), expr::reference(of)]),
        ),
    }
}

pub(super) fn moment_word(moment: ast::Moment) -> &'static str {
    match moment {
        ast::Moment::Issuance => "issuance",
        ast::Moment::Runtime => "runtime",
    }
}

fn covered(of: &ast::Names) -> Doc {
    match of {
        ast::Names::Any => text("any"),
        ast::Names::In(groups) => in_only(groups),
        ast::Names::Listed(names) => expr::names_but(&["any", "in"], names),
    }
}

pub(super) fn in_only(groups: &[ast::Name]) -> Doc {
    concat([text("in "), nest(3, expr::names(groups))])
}

/// Tools, of which the first would mean something else if it were the word `any`.
fn any_quoted(paths: &[ast::Path]) -> Doc {
    match paths {
        [first, rest @ ..] if first.dotted() == "any" => {
            let first = expr::string("any");
            super::doc::commas(std::iter::once(first).chain(rest.iter().map(|one| expr::path(one))))
        }
        paths => expr::paths(paths),
    }
}
