//! Claims: everything in them is resolved and typed as in a rule.

use placet_model::ids::LayerId;
use placet_model::policy::{Condition, Duties, Rule, RuleKind};
use placet_syntax::ast::{self, ClaimBody};
use placet_syntax::{Code, Diagnostic};

use super::clauses::{Clauses, Covered};
use super::duties::{DutyScope, check_duties};
use super::holes::{check_used, resolve_patterns};
use super::rules;
use crate::arena::Exprs;
use crate::claim::Says;
use crate::collect::{Declared, Items};
use crate::expr::{Elaborator, Reads, Stance};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::names::{Seen, check_count};
use crate::world::World;

/// A claim, checked: ids of expressions are those of the working arena.
pub(crate) struct Checked {
    /// The region, with its title for a name.
    pub(crate) region: rules::Checked,
    pub(crate) says: Says,
}

/// Checks all claims.
pub(crate) fn check_claims(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
    items: &Items,
) -> Vec<Checked> {
    let mut seen = Seen::default();
    let mut checked = Vec::with_capacity(items.claims.len());
    for claim in &items.claims {
        let title = &claim.node.title;
        seen.declare(report, "claim", title, claim.place(title.span));
        checked.push(check_claim(world, exprs, report, claim));
    }
    if let Some(extra) = items.claims.get(limits::DECLARATIONS) {
        let place = extra.place(extra.node.title.span);
        let count = items.claims.len();
        check_count(report, "claims", count, limits::DECLARATIONS, place);
    }
    checked
}

fn check_claim(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
    claim: &Declared<ast::Claim>,
) -> Checked {
    let file = claim.file;
    let recovered = claim.item.recovered;
    let (region, who, needs) = match &claim.node.body.node {
        ClaimBody::Never(region) | ClaimBody::Always(region) => (region, None, None),
        ClaimBody::Only { who, region } => (region, Some(who), None),
        ClaimBody::Every { region, needs } => (region, None, Some(needs)),
    };
    let clauses = Clauses::of(report, file, &region.node);
    for (_, span) in &clauses.duties {
        report.push(
            Diagnostic::error(
                Code::PL0806,
                "a region says which requests are meant, and has no duties or limits",
            )
            .here(Place::new(file, *span), "not in a region")
            .help("what every request of a region needs stands behind it: `every { … } needs …`"),
        );
    }
    let covered = Covered::of(world, report, file, &clauses, ("the region", recovered));
    let moment = clauses.moment.map(|(moment, _)| moment);
    let mut scope = if recovered {
        covered.recovered_scope("claim", moment)
    } else {
        covered.scope("claim", Stance::Stops, moment)
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
    let mut says = match &claim.node.body.node {
        ClaimBody::Always(_) => Says::Always,
        _ => Says::Never,
    };
    if let Some(who) = who {
        // Who is not known to be meant may not: absence makes it false, as in `unless`.
        says = Says::Only(elaborator.condition(who, true));
    }
    if let Some(needs) = needs {
        let duties: Vec<_> = needs.iter().map(|duty| (&duty.node, duty.span)).collect();
        let kind = RuleKind::Require;
        let duty_scope = DutyScope {
            world,
            file,
            kind,
            users: &covered.users,
        };
        says = Says::Needs(check_duties(&duty_scope, &mut elaborator, &duties));
    }
    let used = elaborator.used_captures().clone();
    let known = elaborator.into_known();
    if !recovered {
        check_used(report, &covered.written.captures, &used);
    }
    scope.reads = Reads::Facts;
    let mut elaborator = Elaborator::new(world, exprs, report, &scope, file).knowing(known);
    let patterns = resolve_patterns(&mut elaborator, file, &covered.written);
    let title = &claim.node.title;
    Checked {
        region: rules::Checked {
            rule: Rule {
                layer: LayerId::new(0),
                name: title.node.clone(),
                kind: RuleKind::Deny,
                doc: claim.doc(),
                annotations: Vec::new(),
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
                duties: Duties::default(),
            },
            patterns,
            place: claim.place(title.span),
        },
        says,
    }
}
