//! Guards: what may be absent is read only where it is known to be there.

use placet_model::ids::ExprId;
use placet_model::policy::{Entity, Expr};
use placet_syntax::ast::{Span, Spanned};
use placet_syntax::{Code, Diagnostic, ast};
use smol_str::SmolStr;

use super::{Elaborator, UserScope};
use crate::report::{DiagnosticAt, Place};

/// What should happen when something is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    /// A grant, a line of a function: it must not match.
    Fits,
    /// A deny, a require, a claim: it must match.
    Stops,
    /// A let is checked where it is used.
    Unchecked,
}

/// A condition that a guard can be written in front of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    place: Place,
    /// Absence should make it false, else true.
    positive: bool,
    around: Around,
}

/// The members of an aggregate, which a `where` can choose from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// The variable.
    pub(super) slot: u32,
    /// Where the binder ends.
    pub(super) end: Place,
    /// Whether it has a `where` already.
    pub(super) filtered: bool,
}

/// What stands around a condition, and so which guard needs parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// Nothing, or `or`.
    Free,
    /// `and`
    And,
    /// `not`, or the colon of a quantifier.
    Tight,
}

/// Something that must be there for a reference to have a value.
pub(super) struct Need {
    pub(super) key: ExprId,
    /// What `has` is asked of.
    pub(super) text: SmolStr,
    pub(super) why: Why,
}

/// Why it may be absent.
pub(super) enum Why {
    /// There may be no user.
    User,
    /// It is declared with `?`.
    Optional(Option<Place>),
    /// A function that the rule covers has no such parameter.
    Elsewhere(SmolStr, Place),
}

impl Elaborator<'_, '_, '_> {
    /// Runs `f` where a guard can be written in front of the condition at `span`. Inside
    /// a let the guard belongs in front of the use.
    pub(super) fn in_atom<T>(
        &mut self,
        span: Span,
        positive: bool,
        around: Around,
        f: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.atom;
        if self.expanding.is_empty() {
            self.atom = Some(Atom {
                place: self.place(span),
                positive,
                around,
            });
        }
        let result = f(self);
        self.atom = before;
        result
    }

    /// Reports the reference when something that it needs may be absent.
    pub(super) fn require(&mut self, needs: &[Need], shown: &str, span: Span) {
        if self.scope.stance == Stance::Unchecked {
            return;
        }
        let unmet = needs.iter().rfind(|need| !self.is_met(need));
        let Some(need) = unmet else { return };
        if !self.complained.insert(need.key) {
            return;
        }
        let place = self.place(span);
        let never = needs.iter().any(|need| matches!(need.why, Why::User))
            && self.scope.user == UserScope::Never;
        let diagnostic = if never {
            Diagnostic::error(
                Code::PL0307,
                format!("`{shown}` has no value: there is no user"),
            )
            .here(place, "read here")
            .note(format!(
                "this {} is about agents without a user: `user none`",
                self.scope.subject
            ))
            .help("leave it out, or write `user any`")
        } else {
            self.unguarded(need, shown, place)
        };
        self.complain(diagnostic);
    }

    fn is_met(&self, need: &Need) -> bool {
        let implied = matches!(need.why, Why::User) && self.scope.user == UserScope::Always;
        implied || self.present.contains(&need.key)
    }

    fn unguarded(&self, need: &Need, shown: &str, place: Place) -> Diagnostic {
        let subject = self.scope.subject;
        let mut diagnostic = match &need.why {
            Why::User => Diagnostic::error(
                Code::PL0302,
                format!(
                    "`{shown}` needs a user, and this {subject} does not say that there is one"
                ),
            )
            .here(place, "an autonomous agent has no user"),
            Why::Optional(declared) => {
                let message = if need.text == shown {
                    format!("`{shown}` may be absent")
                } else {
                    format!("`{shown}` may be absent, because `{}` may be", need.text)
                };
                let diagnostic = Diagnostic::error(Code::PL0301, message)
                    .here(place, "nothing here makes sure that it is there");
                match declared {
                    Some(declared) => diagnostic.also(*declared, "declared optional here"),
                    None => diagnostic,
                }
            }
            Why::Elsewhere(function, declared) => Diagnostic::error(
                Code::PL0301,
                format!("`{shown}` may be absent: `{function}` has no such parameter"),
            )
            .here(place, "nothing here makes sure that it is there")
            .also(*declared, "this function is covered too"),
        };
        let outcome = match self.scope.stance {
            Stance::Fits => format!("without it the {subject} then does not match"),
            _ if subject == "claim" => "what lacks it then counts as inside".to_owned(),
            _ => format!("without it the {subject} then matches"),
        };
        if let Some(member) = self
            .member
            .filter(|member| self.is_of(need.key, member.slot))
        {
            let word = if member.filtered { "and" } else { "where" };
            let guard = format!("{word} has {}", need.text);
            return diagnostic
                .help(format!(
                    "write `{guard}`: what lacks it then does not count"
                ))
                .replace(
                    member.end,
                    format!(" {guard}"),
                    format!("guard it with `{guard}`"),
                );
        }
        match self.atom {
            Some(atom) => {
                let (guard, word) = if atom.positive {
                    (format!("has {}", need.text), "and")
                } else {
                    (format!("not has {}", need.text), "or")
                };
                let written = self.report.text(atom.place);
                let tight =
                    atom.around == Around::Tight || (atom.around == Around::And && !atom.positive);
                let text = if tight {
                    format!("({guard} {word} {written})")
                } else {
                    format!("{guard} {word} {written}")
                };
                diagnostic = diagnostic
                    .help(format!("write `{guard} {word} …`: {outcome}"))
                    .replace(
                        atom.place,
                        text,
                        format!("guard it with `{guard} {word} …`"),
                    );
            }
            None if matches!(need.why, Why::User) => {
                diagnostic = diagnostic.help("write `user any`, or add `when has user`");
            }
            None => diagnostic = diagnostic.help(format!("add `when has {}`", need.text)),
        }
        diagnostic
    }

    /// Whether an expression is a variable or a field of it, however deep.
    fn is_of(&self, mut id: ExprId, slot: u32) -> bool {
        loop {
            match self.exprs.get(id) {
                Some(Expr::Local(local)) => return *local == slot,
                Some(Expr::Field(of, _)) => id = *of,
                _ => return false,
            }
        }
    }

    /// What is known to be there when an expression has this truth value.
    pub(super) fn implied(&self, id: ExprId, truth: bool) -> Vec<ExprId> {
        let both = |left: ExprId, right: ExprId| {
            let mut known = self.implied(left, truth);
            known.extend(self.implied(right, truth));
            known
        };
        let either = |left: ExprId, right: ExprId| {
            let other = self.implied(right, truth);
            let mut known = self.implied(left, truth);
            known.retain(|id| other.contains(id));
            known
        };
        match self.exprs.get(id) {
            Some(Expr::HasUser) if truth => vec![self.has_user],
            Some(Expr::Has(of)) if truth => self.there(*of),
            Some(Expr::Not(of)) => self.implied(*of, !truth),
            Some(Expr::And(left, right)) if truth => both(*left, *right),
            Some(Expr::And(left, right)) => either(*left, *right),
            Some(Expr::Or(left, right)) if truth => either(*left, *right),
            Some(Expr::Or(left, right)) => both(*left, *right),
            _ => Vec::new(),
        }
    }

    /// What is there when something is: it, and all that it is a part of.
    fn there(&self, id: ExprId) -> Vec<ExprId> {
        let mut known = vec![id];
        let mut at = id;
        while let Some(Expr::Field(base, _)) = self.exprs.get(at) {
            known.push(*base);
            at = *base;
        }
        let of_user = match self.exprs.get(at) {
            Some(Expr::UserId) => true,
            Some(Expr::Fact(fact)) => self
                .world
                .facts
                .get(fact.index())
                .is_some_and(|fact| fact.entity == Entity::User),
            _ => false,
        };
        if of_user {
            known.push(self.has_user);
        }
        known
    }

    /// `has x`
    pub(super) fn has(&mut self, reference: &Spanned<ast::Ref>) -> ExprId {
        if reference.root.node == "user" && reference.fields.is_empty() {
            if self.may_read(super::refs::Root::User, reference.span) {
                return self.has_user;
            }
            return self.nothing;
        }
        let typed = self.presence(&reference.node, reference.span);
        if typed.ty.is_error() {
            return self.nothing;
        }
        self.exprs.add(Expr::Has(typed.id))
    }
}
