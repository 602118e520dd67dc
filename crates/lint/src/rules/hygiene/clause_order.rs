//! Clauses in another order than who, on whose behalf, with what, what, to what, if, under which duties.

use placet_syntax::Span;
use placet_syntax::ast::Clause;

use crate::context::{Context, Found, RuleAt};
use crate::descriptor::{Category, Fixes, Level, Rule};
use crate::finding::Fix;

pub(crate) static RULE: Rule = Rule {
    code: placet_syntax::Code::PL1603,
    name: "clause-order",
    category: Category::Hygiene,
    level: Level::Note,
    tags: &[],
    since: "0.1.0",
    fixes: Fixes::Safe,
    parameters: &[],
    check,
};

fn check(context: &Context<'_>, found: &mut Found) {
    for rule in context.rules() {
        let clauses = &rule.tree.clauses;
        let mut pairs = clauses.iter().zip(clauses.iter().skip(1));
        let wrong = pairs.find(|(one, next)| place(&one.node) > place(&next.node));
        let Some((before, clause)) = wrong else {
            continue;
        };
        found.mend(
            RULE.says(format!(
                "the clauses of `{}` are not in their order",
                rule.typed.name
            ))
            .at(rule.file, clause.span, "this comes earlier")
            .see(rule.file, before.span, "than this")
            .help("agent, user, tool, action, resource, moment, conditions, duties"),
            sorted(context, &rule),
        );
    }
}

const fn place(clause: &Clause) -> u8 {
    match clause {
        Clause::Agent(_) => 0,
        Clause::User(_) => 1,
        Clause::Tool(_) => 2,
        Clause::Action(_) => 3,
        Clause::Resource(_) => 4,
        Clause::At(_) => 5,
        Clause::When(_) | Clause::Unless(_) => 6,
        Clause::Duty(_) => 7,
    }
}

/// The clauses in their order, each in the place of another; not when comments stand between
/// them, which would be about another clause then.
fn sorted(context: &Context<'_>, rule: &RuleAt<'_>) -> Option<Fix> {
    let clauses = &rule.tree.clauses;
    let whole = Span {
        start: clauses.first()?.span.start,
        end: clauses.last()?.span.end,
    };
    let files = context.subject.files.iter().zip(context.subject.comments);
    let comments = files.filter(|(file, _)| file.id == rule.file);
    let mut comments = comments.flat_map(|(_, comments)| comments);
    if comments.any(|comment| rule.item.span.contains(comment.span)) {
        return None;
    }
    let mut order: Vec<_> = clauses.iter().collect();
    order.sort_by_key(|clause| place(&clause.node));
    let mut fix = Fix::safe("put the clauses into their order");
    for (old, new) in clauses.iter().zip(order) {
        if old.span != new.span {
            fix = fix.edit(rule.file, old.span, context.text(rule.file, new.span));
        }
    }
    (whole.start < whole.end).then_some(fix)
}
