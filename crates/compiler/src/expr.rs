//! Conditions of the tree to typed expressions: names resolved, types and guards checked,
//! lets expanded.

mod args;
mod calls;
mod compare;
mod guard;
mod inputs;
mod locals;
mod logic;
mod quantify;
mod refs;
mod unknown;
mod value;

use std::collections::BTreeSet;

use placet_model::ids::ExprId;
use placet_model::pattern::Concrete;
use placet_model::policy::{Expr, Moment};
use placet_model::value::Value;
use placet_syntax::ast::{self, FileId, Span, Spanned};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

pub(crate) use args::{Coverage, join_records};
pub(crate) use guard::Stance;
pub(crate) use locals::hidden;
pub(crate) use refs::is_built_in;

use crate::arena::Exprs;
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::ty::Ty;
use crate::world::World;

/// An expression with its type.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) id: ExprId,
    pub(crate) ty: Ty,
}

/// Where a condition stands, and so what it may read.
pub(crate) struct Scope {
    /// What it is a part of, for messages: `grant`, `claim`, …
    pub(crate) subject: &'static str,
    pub(crate) stance: Stance,
    pub(crate) reads: Reads,
    pub(crate) user: UserScope,
    pub(crate) args: ArgScope,
    pub(crate) resources: ResourceScope,
    /// Names that the patterns capture, sorted.
    pub(crate) captures: Vec<(SmolStr, Place)>,
    pub(crate) moment: Option<Moment>,
}

/// What may be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Everything.
    All,
    /// Arguments only: the lines of functions.
    Args,
    /// Facts and ids of agent, user, task and context only: holes of rule patterns.
    Facts,
}

/// Whether there is a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserScope {
    /// A clause says so.
    Always,
    /// A clause says that there is none.
    Never,
    /// There may be one.
    Maybe,
}

/// Whose parameters `args` has.
pub(crate) enum ArgScope {
    /// Those of the functions that a rule covers.
    Over(Coverage),
    /// Not known before a let is used.
    Later,
    /// Nobody knows, because a tool or action is wrong: nothing can be said of them.
    Unknown,
}

/// Which resources a condition is about.
pub(crate) enum ResourceScope {
    /// Those within the rule's patterns.
    Within(Vec<Concrete>),
    /// Not known before a let is used.
    Later,
}

/// Turns conditions of one rule, line, let or claim into expressions.
pub(crate) struct Elaborator<'w, 'a, 'r> {
    pub(crate) world: &'w World<'a>,
    pub(crate) exprs: &'w mut Exprs,
    pub(crate) report: &'w mut Report<'r>,
    pub(crate) scope: &'w Scope,
    file: FileId,
    /// Variables and parameters that can be named here, innermost last.
    locals: Vec<Local>,
    /// Names of variables whose bodies have ended.
    ended: Vec<SmolStr>,
    slots: u32,
    /// What is known to be there at this point.
    present: Vec<ExprId>,
    has_user: ExprId,
    nothing: ExprId,
    /// What has been complained of: once a rule is enough.
    complained: BTreeSet<ExprId>,
    /// The innermost condition that a guard can stand in front of.
    atom: Option<guard::Atom>,
    /// The members that an aggregate adds up, while its value is read.
    member: Option<guard::Member>,
    /// The lets that are being expanded, and where they are used.
    expanding: Vec<(SmolStr, Place)>,
    used_captures: BTreeSet<usize>,
    /// The first input read that only a call has.
    call_time: Option<(Place, String)>,
    nodes: usize,
    depth: u16,
    exhausted: bool,
    /// A let was used that is wrong by itself.
    tainted: bool,
}

#[derive(Clone, Debug)]
struct Local {
    name: SmolStr,
    typed: Typed,
    place: Place,
}

impl<'w, 'a, 'r> Elaborator<'w, 'a, 'r> {
    pub(crate) fn new(
        world: &'w World<'a>,
        exprs: &'w mut Exprs,
        report: &'w mut Report<'r>,
        scope: &'w Scope,
        file: FileId,
    ) -> Self {
        let has_user = exprs.add(Expr::HasUser);
        let nothing = exprs.add(Expr::Const(Value::Bool(false)));
        Self {
            world,
            exprs,
            report,
            scope,
            file,
            locals: Vec::new(),
            ended: Vec::new(),
            slots: 0,
            present: Vec::new(),
            has_user,
            nothing,
            complained: BTreeSet::new(),
            atom: None,
            member: None,
            expanding: Vec::new(),
            used_captures: BTreeSet::new(),
            call_time: None,
            nodes: 0,
            depth: 0,
            exhausted: false,
            tainted: false,
        }
    }

    /// A `when` (or `unless`): what makes it let the rule match is known to hold for all
    /// that is elaborated later.
    pub(crate) fn condition(&mut self, condition: &Spanned<ast::Expr>, unless: bool) -> ExprId {
        let positive = (self.scope.stance == Stance::Fits) != unless;
        let id = self.truth(condition, positive, guard::Around::Free);
        self.check_depth(id, self.place(condition.span));
        let implied = self.implied(id, !unless);
        self.present.extend(implied);
        id
    }

    /// The body of a let, with its parameters; `false` when a let in it is wrong already.
    pub(crate) fn body(mut self, decl: &ast::Let, params: &[(SmolStr, Ty)]) -> bool {
        for ((_, ty), param) in params.iter().zip(&decl.params) {
            let place = self.place(param.node.name.span);
            self.declare_local(&param.node.name, ty.clone(), place);
        }
        let typed = self.value(&decl.body, None);
        self.check_depth(typed.id, self.place(decl.body.span));
        !self.tainted
    }

    /// What a reference of a budget or hole stands for, with its guards checked.
    pub(crate) fn read(&mut self, reference: &Spanned<ast::Ref>) -> Typed {
        self.atom = None;
        self.member = None;
        self.reference(&reference.node, reference.span)
    }

    /// What the conditions so far make sure of.
    pub(crate) fn into_known(self) -> Vec<ExprId> {
        self.present
    }

    /// Starts from what another elaborator of the same rule made sure of.
    pub(crate) fn knowing(mut self, known: Vec<ExprId>) -> Self {
        self.present = known;
        self
    }

    /// Which captures were read.
    pub(crate) fn used_captures(&self) -> &BTreeSet<usize> {
        &self.used_captures
    }

    /// The first input read that only a call has.
    pub(crate) fn call_time(&self) -> Option<&(Place, String)> {
        self.call_time.as_ref()
    }

    fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    fn add(&mut self, expr: Expr, ty: Ty) -> Typed {
        Typed {
            id: self.exprs.add(expr),
            ty,
        }
    }

    /// Stands for what has been complained of.
    fn wrong(&self) -> Typed {
        Typed {
            id: self.nothing,
            ty: Ty::Error,
        }
    }

    /// Reports an error. One inside a let belongs to where the let is used: its own
    /// mistakes are found where it is declared.
    fn complain(&mut self, mut diagnostic: Diagnostic) {
        if let Some((name, place)) = self.expanding.first() {
            for label in &mut diagnostic.labels {
                label.primary = false;
            }
            diagnostic.suggestion = None;
            diagnostic = diagnostic.here(*place, format!("in this use of `{name}`"));
        }
        self.report.push(diagnostic);
    }

    fn check_depth(&mut self, id: ExprId, place: Place) {
        if self.exprs.depth(id) > limits::DEPTH && !self.exhausted {
            self.too_deep(place);
        }
    }

    fn too_deep(&mut self, place: Place) {
        self.exhausted = true;
        self.complain(
            Diagnostic::error(
                Code::PL0913,
                format!(
                    "a condition is deeper than {} levels, lets expanded",
                    limits::DEPTH
                ),
            )
            .here(place, "too deep here")
            .help("split it into several `when` or `unless` clauses"),
        );
    }

    /// Counts one part of a condition; `false`, with an error, when there are too many.
    fn enter(&mut self, span: Span) -> bool {
        self.depth += 1;
        let place = self.place(span);
        if !self.count(1, place) {
            return false;
        }
        // Elaboration may go somewhat deeper than what it makes: uses of lets leave no
        // level of their own.
        if self.depth > 2 * limits::DEPTH {
            self.too_deep(place);
            return false;
        }
        true
    }

    /// Counts parts of a condition. What is given to a parameter is written out wherever
    /// the parameter is read, and counts there: it is walked as often.
    fn count(&mut self, parts: usize, place: Place) -> bool {
        if self.exhausted {
            return false;
        }
        let before = self.exprs.parts;
        self.nodes = self.nodes.saturating_add(parts);
        self.exprs.parts = before.saturating_add(parts);
        if self.exprs.parts > limits::EXPANSION_TOTAL {
            self.exhausted = true;
            // Once is enough: everything after this one is beyond the limit too.
            if before <= limits::EXPANSION_TOTAL {
                self.complain(
                    Diagnostic::error(
                        Code::PL0912,
                        format!(
                            "the conditions of the policy set have more than {} parts, lets expanded",
                            limits::EXPANSION_TOTAL
                        ),
                    )
                    .here(place, "one too many here")
                    .help("use smaller lets, or fewer of them in each rule"),
                );
            }
            return false;
        }
        if self.nodes > limits::EXPANSION {
            self.exhausted = true;
            self.complain(
                Diagnostic::error(
                    Code::PL0912,
                    format!(
                        "the conditions of one {} have more than {} parts, lets expanded",
                        self.scope.subject,
                        limits::EXPANSION
                    ),
                )
                .here(place, "one too many here")
                .note("a let is written out wherever it is used, and so are the lets in it")
                .help("use fewer lets inside lets, or split the rule"),
            );
            return false;
        }
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}
