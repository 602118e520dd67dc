//! What decides nothing: exact, by the analysis.

use placet_analysis::dead::{Clause as Part, Idle, Obstacle};
use placet_model::policy::RuleKind;
use placet_syntax::ast::{Clause, Item, Spanned};
use placet_syntax::{FileId, Span};

use crate::context::{Context, RuleAt};
use crate::finding::Fix;

pub(crate) mod dead_rule;
pub(crate) mod empty_group;
pub(crate) mod overshadowed_rule;
pub(crate) mod redundant_clause;
pub(crate) mod redundant_rule;
pub(crate) mod untested_rule;
pub(crate) mod unused_declaration;

/// The rules that others leave nothing for, with those.
fn others<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (RuleAt<'c>, &'c [Obstacle])> {
    context.rules().filter_map(|rule| {
        let judged = context.judged(rule.id)?;
        Some((
            rule,
            overshadowed_rule::obstacles(rule.typed.kind, &judged.life)?,
        ))
    })
}

/// Whether it keeps a rule from deciding, where others only say the same: a grant is never said by
/// a require, which asks of it for what nobody can give.
fn stops(rule: &RuleAt<'_>, obstacle: &Obstacle) -> bool {
    match obstacle {
        Obstacle::Deny(_) | Obstacle::Layer(_) => true,
        Obstacle::Require(_) => rule.typed.kind == RuleKind::Grant,
        Obstacle::Grant(_) => false,
    }
}

/// What stands in the way, as it is shown.
fn named(context: &Context<'_>, obstacle: &Obstacle) -> String {
    let policy = context.policy();
    match obstacle {
        Obstacle::Deny(id) => format!("deny `{}`", policy.rule_name(*id)),
        Obstacle::Grant(id) => format!("grant `{}`", policy.rule_name(*id)),
        Obstacle::Require(id) => format!("require `{}`", policy.rule_name(*id)),
        Obstacle::Layer(id) => {
            let layer = policy.layers.get(id.index());
            let name = layer.map(|layer| layer.name.as_str()).unwrap_or_default();
            format!("layer `{name}`, which does not grant it,")
        }
    }
}

/// Where a clause of a rule stands.
pub(super) fn clause_place(rule: &RuleAt<'_>, part: Part) -> Option<Span> {
    let fits = |clause: &Clause| match part {
        Part::Agent => matches!(clause, Clause::Agent(_)),
        Part::User => matches!(clause, Clause::User(_)),
        Part::Resource => matches!(clause, Clause::Resource(_)),
        Part::Condition(_) => matches!(clause, Clause::When(_) | Clause::Unless(_)),
    };
    let at = match part {
        Part::Condition(at) => at,
        _ => 0,
    };
    let clauses = rule.tree.clauses.iter();
    let mut clauses = clauses.filter(|clause| fits(&clause.node));
    clauses.nth(at).map(|clause| clause.span)
}

/// Takes a condition away that changes nothing; a part of one is for a person.
pub(super) fn condition_fix(context: &Context<'_>, rule: &RuleAt<'_>, idle: &Idle) -> Option<Fix> {
    let Part::Condition(at) = idle.part.clause else {
        return None;
    };
    let typed = rule.typed.conditions.get(at)?;
    let whole = placet_model::render::condition(context.policy(), rule.typed, typed);
    let expr = placet_model::render::expr(context.policy(), typed.expr, &rule.typed.captures);
    if idle.part.text != whole && idle.part.text != expr {
        return None;
    }
    let span = clause_place(rule, idle.part.clause)?;
    let fix = Fix::doubtful(format!("take `{}` away", idle.part.text));
    Some(fix.edit(rule.file, lines(context, rule.file, span), ""))
}

/// Takes a whole declaration away.
fn remove(context: &Context<'_>, file: FileId, item: &Spanned<Item>, name: &str) -> Option<Fix> {
    let fix = Fix::doubtful(format!("take `{name}` away"));
    Some(fix.edit(file, lines(context, file, item.span), ""))
}

/// A place with the space around it: whole lines, and the empty line after them, when nothing
/// else stands on them.
pub(super) fn lines(context: &Context<'_>, file: FileId, span: Span) -> Span {
    let text = context
        .sources()
        .get(file)
        .map_or("", |source| source.text.as_str());
    let (start, end) = (span.start as usize, span.end as usize);
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let kept = before.trim_end_matches([' ', '\t']);
    let rest = after.trim_start_matches([' ', '\t']);
    let starts = kept.is_empty() || kept.ends_with('\n');
    let line = |text: &'_ str| {
        let text_after = text.strip_prefix('\r').unwrap_or(text);
        let text_after = text_after.strip_prefix('\n')?;
        Some(text.len() - text_after.len())
    };
    match line(rest).filter(|_| starts) {
        Some(ending) => {
            let rest = rest.get(ending..).unwrap_or_default();
            let blank = line(rest).unwrap_or_default();
            Span::new(kept.len(), text.len() - rest.len() + blank)
        }
        // On a line with others: the space before goes with it.
        None => Span::new(kept.len(), end),
    }
}
