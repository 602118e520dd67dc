//! Claims as they are proved: regions and conditions by the ids of the policy.

use placet_model::ids::ExprId;
use placet_model::policy::{Duties, Expr, Pattern, Policy, Rule};
use smol_str::SmolStr;

use crate::report::Place;

/// The claims of a policy, with what they say beyond its rules. They stand apart from the
/// policy: what is claimed of it changes neither what it decides nor its digest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    /// The claims, in the order of files.
    pub list: Vec<Claim>,
    /// Expressions that only claims use. Their ids follow those of the policy.
    pub(crate) exprs: Vec<Expr>,
    /// Patterns that only claims use. Their ids follow those of the policy.
    pub(crate) patterns: Vec<Pattern>,
}

impl Claims {
    /// The policy with what its claims say in its arenas. It decides as the policy does.
    #[must_use]
    pub fn widen(&self, policy: &Policy) -> Policy {
        let mut wide = policy.clone();
        wide.exprs.extend(self.exprs.iter().cloned());
        wide.patterns.extend(self.patterns.iter().cloned());
        wide
    }
}

/// A checked claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// What it says, for people.
    pub title: SmolStr,
    /// Where its title stands.
    pub place: Place,
    /// Which requests are meant. It reads as a deny does: what is undefined is inside.
    pub region: Rule,
    /// What is said of them.
    pub says: Says,
}

/// What a claim says of its region.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// Nothing of it is granted.
    Never,
    /// All of it is granted, unmet duties aside.
    Always,
    /// What is granted of it fulfils this condition.
    Only(ExprId),
    /// What is granted of it has these duties and limits, or tighter ones.
    Needs(Duties),
}
