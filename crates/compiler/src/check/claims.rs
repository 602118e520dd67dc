//! Claims: everything in them is resolved and typed as in a rule. Proving them is for
//! others.

use placet_model::policy::RuleKind;
use placet_syntax::ast::{self, ClaimBody};
use placet_syntax::{Code, Diagnostic};

use super::clauses::{Clauses, Covered};
use super::duties::{DutyScope, check_duties};
use super::holes::{check_used, resolve_patterns};
use crate::arena::Exprs;
use crate::collect::{Declared, Items};
use crate::expr::{Elaborator, Reads, Stance};
use crate::limits;
use crate::report::{DiagnosticAt, Place, Report};
use crate::resolve::names::{Seen, check_count};
use crate::world::World;

/// Checks all claims.
pub(crate) fn check_claims(world: &World, exprs: &mut Exprs, report: &mut Report, items: &Items) {
    let mut seen = Seen::default();
    for claim in &items.claims {
        let title = &claim.node.title;
        seen.declare(report, "claim", title, claim.place(title.span));
        check_claim(world, exprs, report, claim);
    }
    if let Some(extra) = items.claims.get(limits::DECLARATIONS) {
        let place = extra.place(extra.node.title.span);
        let count = items.claims.len();
        check_count(report, "claims", count, limits::DECLARATIONS, place);
    }
}

fn check_claim(
    world: &World,
    exprs: &mut Exprs,
    report: &mut Report,
    claim: &Declared<ast::Claim>,
) {
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
    for (condition, unless) in &clauses.conditions {
        elaborator.condition(condition, *unless);
    }
    if let Some(who) = who {
        // Who is not known to be meant may not: absence makes it false, as in `unless`.
        elaborator.condition(who, true);
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
        check_duties(&duty_scope, &mut elaborator, &duties);
    }
    let used = elaborator.used_captures().clone();
    let known = elaborator.into_known();
    if !recovered {
        check_used(report, &covered.written.captures, &used);
    }
    scope.reads = Reads::Facts;
    let mut elaborator = Elaborator::new(world, exprs, report, &scope, file).knowing(known);
    resolve_patterns(&mut elaborator, file, &covered.written);
}
