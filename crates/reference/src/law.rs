//! The law of credentials, for properties that hold the engine and the service to it:
//! granted at run time ⇒ in the scopes ⇒ grantable at issuance.

use placet_model::credential::Scope;
use placet_model::decision::{Decision, Reason};

use crate::segment::{self, Region};
use crate::truth::Truths;

/// What a scope holds.
#[must_use]
pub fn region(scope: &Scope) -> Region {
    let cuts = scope.except.iter().map(|cut| segment::pattern(cut));
    (
        segment::pattern(&scope.resource).expect("a pattern"),
        cuts.collect::<Option<_>>().expect("patterns"),
    )
}

/// Whether regions together hold a region.
#[must_use]
pub fn hold(regions: &[Region], (shape, except): &Region) -> bool {
    let mut all = regions.to_vec();
    all.extend(except.iter().map(|cut| (cut.clone(), vec![])));
    segment::covers(&all, shape)
}

/// Whether a scope lets this be done.
#[must_use]
pub fn contains(scope: &Scope, tool: &str, action: &str, resource: &[String]) -> bool {
    let (shape, except) = region(scope);
    scope.tool == tool
        && scope.action == action
        && shape.matches(resource) == Truths::TRUE
        && except
            .iter()
            .all(|cut| cut.matches(resource) != Truths::TRUE)
}

/// Whether what issuance says of one resource agrees with its having been issued within a
/// wider pattern. Duties are met at the call, and what was open for the pattern may be
/// certain of the one resource: then the scopes that hold it say that it is asked at the
/// call.
#[must_use]
pub fn was_grantable<'s>(again: &Decision, within: impl Iterator<Item = &'s Scope>) -> bool {
    let open: Vec<&str> = within
        .flat_map(|scope| &scope.residual)
        .map(|residual| residual.as_str())
        .collect();
    match again.reason {
        Reason::Granted | Reason::ConsentRequired | Reason::ApprovalRequired => true,
        Reason::DeniedByRule => again
            .rules
            .iter()
            .all(|rule| open.contains(&format!("deny {}", rule.name).as_str())),
        Reason::NoGrant => open.iter().any(|residual| !residual.starts_with("deny")),
        _ => false,
    }
}
