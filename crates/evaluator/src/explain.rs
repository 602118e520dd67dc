//! Explanations: for the people who run a policy, clause by clause.

use placet_model::decision::Decision;
use placet_model::request::Request;

use crate::engine::Engine;

/// Why a request was decided as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
}

pub(crate) fn explain(_engine: &Engine, _request: &Request, decision: Decision) -> Explanation {
    Explanation { decision }
}
