//! What is worth showing under a credential.

use placet_model::decision::{Decision, Reason};
use placet_model::request::{Asked, Request};
use placet_model::value::Time;

use super::authorize::tell;
use super::{Error, Presented, Service, vouched};

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
        self.list_told(presented, &mut request, now)
    }

    /// As [`Service::list`], and leaves in the request all that it was decided on.
    ///
    /// # Errors
    ///
    /// As [`Service::list`].
    pub fn list_told<'p>(
        &self,
        presented: impl Into<Presented<'p>>,
        request: &mut Request,
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
        if let Some(wrong) = vouched(request) {
            return Ok(self.refusal(Reason::InvalidRequest, wrong));
        }
        let agent = request.agent.id.clone();
        let mut answer = None;
        let step = self.step(
            presented,
            &agent,
            &need,
            Vec::new(),
            now,
            &mut |held, learnt, told| {
                tell(request, held, learnt.state, told.histories);
                let decided = self.engine.decide(&*request);
                answer = Some(self.unless_void(presented, held, learnt.revocations, decided));
                Vec::new()
            },
        )?;
        match step {
            Some(_) => answer.ok_or(Error::Poisoned),
            None => Ok(self.unknown(presented.id)),
        }
    }
}
