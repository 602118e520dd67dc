//! What is worth showing under a credential.

use placet_model::decision::{Decision, Reason};
use placet_model::request::{Asked, Request};
use placet_model::value::Time;

use super::authorize::{give_assents, spent};
use super::{Error, Presented, Service, past, vouched};
use crate::store::Ask;

impl Service {
    /// Lists tools under a credential, with all that is kept: past calls, budgets, consents,
    /// approvals and revocations. Nothing is counted, and nothing recorded in the audit.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn list<'p>(
        &self,
        presented: impl Into<Presented<'p>>,
        mut request: Request,
        now: Time,
    ) -> Result<Decision, Error> {
        let presented = presented.into();
        request.time = Some(now);
        let Asked::Listing { tool } = &request.asked else {
            return Ok(self.refusal(
                Reason::InvalidRequest,
                "/tool: missing: this is not a question about tools",
            ));
        };
        let need = self.needs.listing(self.policy(), tool.as_deref());
        if let Some(wrong) = vouched(&mut request) {
            return Ok(self.refusal(Reason::InvalidRequest, wrong));
        }
        let agent = request.agent.id.clone();
        let mut answer = None;
        // A second time only where counters are not kept, from the calls themselves.
        let mut begun = Vec::new();
        for _ in 0..2 {
            let mut unkept = Vec::new();
            let wanted = past::wanted(self, &need, &begun, now);
            let ask = Ask {
                credential: Some(presented.id),
                assents: need.assents.then_some((agent.as_str(), now)),
                calls: &wanted.calls,
                counters: &wanted.counters,
                spent: need.budgets,
                ..Ask::default()
            };
            self.transact(&ask, &mut |learnt| {
                let Some(held) = &learnt.state.credential else {
                    answer = Some(self.unknown(presented.id));
                    return Vec::new();
                };
                let mut told = past::told(self, &need, &begun, held, learnt.state, now);
                unkept = std::mem::take(&mut told.unkept);
                if unkept.is_empty() {
                    request.credential = Some(held.credential.clone());
                    request.histories = told.histories;
                    request.budgets = spent(learnt.state);
                    give_assents(&mut request, &learnt.state.assents);
                    let decided = self.engine.decide(&request);
                    answer = Some(self.unless_void(presented, held, learnt.revocations, decided));
                }
                Vec::new()
            })?;
            if unkept.is_empty() {
                break;
            }
            begun.extend(unkept);
        }
        answer.ok_or(Error::Poisoned)
    }
}
