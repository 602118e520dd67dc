//! What a rule does when a credential is issued.

use placet_model::ids::RuleId;
use placet_model::policy::Rule;

use super::{Issuance, Judge, Life};
use crate::ask::Why;
use smol_str::SmolStr;

impl Judge<'_> {
    /// What a rule does that is asked when a credential is issued, and then alone.
    pub(super) fn at_issuance(&self, _id: RuleId, _rule: &Rule) -> Life {
        let why = Why::NotAsked("what is issued is not looked at; a call is");
        Life::Unknown(vec![(why, SmolStr::default())])
    }

    /// What a deny or require that decides no call does when a credential is issued.
    pub(super) fn when_issued(&self, _id: RuleId, _rule: &Rule) -> Issuance {
        Issuance::Unknown
    }
}
