//! Rules and claims.

use super::{
    CLAUSES_ON_A_LINE, Printer,
    clause::{self, Phrase},
    doc::{Doc, concat, text},
    expr, fits,
};
use crate::{
    ast::{self, ClaimBody, Clause, Region, Spanned},
    source::Span,
};

impl Printer<'_> {
    pub(super) fn rule(&mut self, span: Span, rule: &ast::Rule) {
        let effect = match rule.effect.node {
            ast::Effect::Grant => "grant ",
            ast::Effect::Deny => "deny ",
            ast::Effect::Require => "require ",
        };
        let head = concat([text(effect), expr::name(&rule.name), text(" ")]);
        self.comments(0, 0, rule.name.span.end);
        self.clause_block(0, head, &rule.clauses, span, concat([]));
    }

    /// Writes clauses in braces between `head` and `tail`: on one line if they are few and
    /// fit, else one on each line with what they say aligned.
    fn clause_block(
        &mut self,
        indent: usize,
        head: Doc,
        clauses: &[Spanned<Clause>],
        span: Span,
        tail: Doc,
    ) {
        let few = clauses.len() <= CLAUSES_ON_A_LINE && !self.has_comments(span);
        let short = concat([head.clone(), region_line(clauses), tail.clone()]);
        if few && fits(indent, short.width()) {
            self.line(indent, &short);
            return;
        }
        self.line(indent, &concat([head, text("{")]));
        let phrases: Vec<Phrase> = clauses.iter().map(|one| clause::clause(one)).collect();
        let column = clause::column(&phrases);
        self.lines(indent + 2, clauses, span.end, |_, one| {
            clause::clause(one).doc(column)
        });
        self.line(indent, &concat([text("}"), tail]));
    }

    pub(super) fn claim(&mut self, span: Span, claim: &ast::Claim) {
        let head = concat([text("claim "), expr::string(&claim.title), text(" ")]);
        let (before, region, after) = parts(&claim.body);
        self.comments(0, 0, claim.title.span.end);
        let few = region.len() <= CLAUSES_ON_A_LINE && !self.has_comments(span);
        let short = concat([
            head.clone(),
            text("{ "),
            before.clone(),
            region_line(region),
            after.clone(),
            text(" }"),
        ]);
        if few && fits(0, short.width()) {
            self.line(0, &short);
            return;
        }
        self.block(0, concat([head, text("{")]), |printer| {
            printer.comments(2, claim.body.span.start, claim.body.span.start);
            printer.comments(2, 0, region.span.start.saturating_add(1));
            printer.clause_block(2, before, region, region.span, after);
            // A comment among the duties comes after them, and nothing beside it.
            if !printer.comments(2, 0, claim.body.span.end) {
                printer.beside(span.end);
            }
            printer.comments(2, 0, span.end);
        });
    }
}

/// What stands before a claim's region, the region, and what stands after it.
fn parts(body: &ClaimBody) -> (Doc, &Region, Doc) {
    match body {
        ClaimBody::Never(region) => (text("never "), region, concat([])),
        ClaimBody::Always(region) => (text("always "), region, concat([])),
        ClaimBody::Only { who, region } => {
            let before = concat([text("only "), expr::expr(who), text(" may ")]);
            (before, region, concat([]))
        }
        ClaimBody::Every { region, needs } => {
            let mut after = vec![text(" needs")];
            for (index, duty) in needs.iter().enumerate() {
                after.push(text(if index == 0 { " " } else { "  " }));
                after.push(clause::duty(duty).doc(0));
            }
            (text("every "), region, Doc::Concat(after))
        }
    }
}

/// `{ a  b }`.
fn region_line(clauses: &[Spanned<Clause>]) -> Doc {
    if clauses.is_empty() {
        return text("{}");
    }
    let mut docs = vec![text("{")];
    for (index, one) in clauses.iter().enumerate() {
        docs.push(text(if index == 0 { " " } else { "  " }));
        docs.push(clause::clause(one).doc(0));
    }
    docs.push(text(" }"));
    Doc::Concat(docs)
}
