//! Rules of the tree to rules of the policy.

use placet_model::ids::LayerId;
use placet_model::policy::{Condition, Moment, Pattern, Rule, RuleKind};
use placet_model::value::Value;
use placet_syntax::ast::{self, Effect};
use placet_syntax::{Code, Diagnostic};
use smol_str::SmolStr;

use super::clauses::{Clauses, Covered};
use super::duties::{DutyScope, check_duties};
use super::holes::{check_used, resolve_patterns};
use crate::arena::Exprs;
use crate::collect::{Declared, Items};
use crate::expr::{Elaborator, Reads, Stance};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::constants::{joined, listed};
use crate::resolve::names::{check_count, check_part};
use crate::world::World;

/// A rule, checked: ids of expressions are those of the working arena, and patterns are
/// still its own.
pub(crate) struct Checked {
    pub(crate) rule: Rule,
    pub(crate) patterns: Vec<Pattern>,
    /// The whole item.
    pub(crate) place: Place,
}

/// Checks all rules; they come out by layer, then name.
pub(crate) fn check_rules(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
    items: &Items,
) -> Vec<Checked> {
    let mut rules: Vec<Checked> = Vec::with_capacity(items.rules.len());
    let mut covered = 0;
    for decl in &items.rules {
        let checked = check_rule(world, exprs, report, decl);
        covered += checked.rule.functions.as_ref().map_or(0, Vec::len);
        if covered > limits::COVERED {
            let what = "functions in `tool` clauses";
            check_count(
                report,
                what,
                covered,
                limits::COVERED,
                decl.place(decl.node.name.span),
            );
            break;
        }
        rules.push(checked);
    }
    rules.sort_by(|a, b| (a.rule.layer, &a.rule.name).cmp(&(b.rule.layer, &b.rule.name)));
    rules
}

fn check_rule(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
    decl: &Declared<ast::Rule>,
) -> Checked {
    let file = decl.file;
    let node = decl.node;
    check_part(report, "rule", &node.name, decl.place(node.name.span));
    let kind = match node.effect.node {
        Effect::Grant => RuleKind::Grant,
        Effect::Deny => RuleKind::Deny,
        Effect::Require => RuleKind::Require,
    };
    let clauses = Clauses::of(report, file, &node.clauses);
    check_shape(world, report, decl, kind, &clauses);

    let shown = format!("`{}`", node.name.node);
    let recovered = decl.item.recovered;
    let covered = Covered::of(world, report, file, &clauses, (&shown, recovered));
    let stance = match kind {
        RuleKind::Grant => Stance::Fits,
        RuleKind::Deny | RuleKind::Require => Stance::Stops,
    };
    let moment = clauses.moment.map(|(moment, _)| moment);
    let mut scope = if recovered {
        covered.recovered_scope(kind.name(), moment)
    } else {
        covered.scope(kind.name(), stance, moment)
    };
    let mut elaborator = Elaborator::new(world, exprs, report, &scope, file);
    let conditions: Vec<Condition> = clauses
        .conditions
        .iter()
        .map(|(condition, unless)| Condition {
            expr: elaborator.condition(condition, *unless),
            unless: *unless,
        })
        .collect();
    let duty_scope = DutyScope {
        world,
        file,
        kind,
        users: &covered.users,
    };
    let duties = check_duties(&duty_scope, &mut elaborator, &clauses.duties);
    let call_time = elaborator.call_time().cloned();
    let used = elaborator.used_captures().clone();
    let known = elaborator.into_known();
    if !recovered {
        check_used(report, &covered.written.captures, &used);
    }
    if let (Some(Moment::Issuance), Some((place, what))) = (scope.moment, call_time) {
        not_at_issuance(report, kind, place, &what);
    }
    scope.reads = Reads::Facts;
    let mut elaborator = Elaborator::new(world, exprs, report, &scope, file).knowing(known);
    let patterns = resolve_patterns(&mut elaborator, file, &covered.written);

    let layer = world
        .layers
        .iter()
        .position(|layer| layer.layer.name == decl.layer);
    Checked {
        rule: Rule {
            layer: LayerId::new(layer.unwrap_or(world.layers.len())),
            name: node.name.node.clone(),
            kind,
            doc: decl.doc(),
            annotations: annotations(report, decl),
            agents: covered.agents,
            users: covered.users,
            functions: covered.functions,
            actions: covered.actions,
            resources: Vec::new(),
            captures: covered
                .written
                .captures
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
            moment: scope.moment,
            conditions,
            duties,
        },
        patterns,
        place: decl.place(decl.span),
    }
}

/// What a rule of this kind must and must not have.
fn check_shape(
    world: &World,
    report: &mut Report,
    decl: &Declared<ast::Rule>,
    kind: RuleKind,
    clauses: &Clauses,
) {
    let name = &decl.node.name;
    let place = decl.place(decl.node.effect.span.to(name.span));
    if kind == RuleKind::Grant {
        if !decl.item.recovered {
            check_whole(report, decl, clauses, place);
        }
        if let Some((_, span)) = clauses.moment {
            report.push(
                Diagnostic::error(Code::PL0404, "a grant holds at issuance and at every call")
                    .here(
                        decl.place(span),
                        "only a deny or a require is pinned to one moment",
                    )
                    .help("leave it out"),
            );
        }
        let lasts = clauses
            .duties
            .iter()
            .any(|(duty, _)| matches!(duty, ast::Duty::For(_)));
        if !lasts && world.lifetime.is_none() && !world.layers.is_empty() && !decl.item.recovered {
            report.push(
                Diagnostic::error(
                    Code::PL0709,
                    format!("nothing says how long `{}` lasts", name.node),
                )
                .here(
                    place,
                    "no `for` here, and no `lifetime` in the `policy` block",
                )
                .help("write `for 1h` in the grant, or `lifetime 1h` in the `policy` block"),
            );
        }
    }
    if kind == RuleKind::Require && clauses.duties.is_empty() && !decl.item.recovered {
        report.push(
            Diagnostic::error(Code::PL0405, format!("`{}` requires nothing", name.node))
                .here(place, "no duty and no limit")
                .help("add `consent`, `approval GROUP`, `budget N calls`, `for 15m` or `delegate 0`; to forbid, write `deny`"),
        );
    }
}

/// A grant names all five: nothing is granted by omission.
fn check_whole(report: &mut Report, decl: &Declared<ast::Rule>, clauses: &Clauses, place: Place) {
    let missing: Vec<&str> = [
        ("agent", clauses.agent.is_none()),
        ("user", clauses.user.is_none()),
        ("tool", clauses.tool.is_none()),
        ("action", clauses.action.is_none()),
        ("resource", clauses.resource.is_none()),
    ]
    .into_iter()
    .filter_map(|(word, missing)| missing.then_some(word))
    .collect();
    if missing.is_empty() {
        return;
    }
    let name = &decl.node.name.node;
    let lines: Vec<String> = missing.iter().map(|word| format!("{word} any")).collect();
    let mut diagnostic = Diagnostic::error(
        Code::PL0401,
        format!(
            "grant `{name}` does not say which {} it is for",
            joined(&missing, "and").replace('`', "")
        ),
    )
    .here(place, format!("lacks {}", listed(&missing)))
    .note("nothing is granted by omission: a grant names agent, user, tool, action and resource")
    .help(format!(
        "write {}, or better, something narrower",
        listed(&lines)
    ));
    if let Some(first) = decl.node.clauses.first() {
        let at = decl.place(first.span).before();
        let text: String = lines.iter().map(|line| format!("{line}  ")).collect();
        diagnostic = diagnostic.replace(at, text, "add what is missing, as wide as it can be");
    }
    report.push(diagnostic);
}

fn not_at_issuance(report: &mut Report, kind: RuleKind, place: Place, what: &str) {
    let word = kind.name();
    let outcome = match kind {
        RuleKind::Deny => "it then cuts nothing that depends on it",
        _ => "it then asks wherever it might be true",
    };
    report.push(
        Diagnostic::warning(
            Code::PL0305,
            format!("this {word} is asked at issuance only, and reads {what}"),
        )
        .here(place, "known only at a call")
        .note(outcome)
        .help("leave out `at issuance`, so that it is asked again at each call"),
    );
}

/// Annotations with their values; unknown ones are kept.
fn annotations(report: &mut Report, decl: &Declared<ast::Rule>) -> Vec<(SmolStr, Vec<Value>)> {
    let mut annotations = Vec::with_capacity(decl.item.notes.len());
    for note in &decl.item.notes {
        let values = note.node.values.iter();
        let values =
            values.filter_map(|value| crate::resolve::constants::untyped(report, decl.file, value));
        annotations.push((note.node.name.node.clone(), values.collect()));
    }
    annotations
}
