//! What came of a call.

use placet_model::json::Fields;
use placet_model::policy::Outcome;
use placet_model::value::Time;

use super::{Error, Service, past};
use crate::audit::Event;
use crate::id::CredentialId;
use crate::store::{Ask, Charge, Past, Write};

impl Service {
    /// Says how a granted call ended: `ok`, with what its tool's `returns` types of the
    /// result, or `failed`, which gives back what it charged. A consent or approval to it
    /// stays spent: it has been tried.
    ///
    /// # Errors
    ///
    /// [`Error::Settle`] when there is no such call, when it is settled already, when its
    /// time is over (it then stays counted), or when the result is not of the declared
    /// type; nothing changes then. When only the audit fails, it *is* settled, and the
    /// error says that there is no record of it.
    pub fn settle(
        &self,
        seq: i64,
        outcome: Outcome,
        result: &Fields,
        now: Time,
    ) -> Result<(), Error> {
        if !matches!(outcome, Outcome::Ok | Outcome::Failed) {
            return Err(Error::Settle(format!(
                "a call ends `ok` or `failed`, not `{}`",
                outcome.name()
            )));
        }
        let ask = Ask {
            call: Some(seq),
            ..Ask::default()
        };
        let mut wrong = None;
        let mut settled = None;
        self.transact(&ask, &mut |learnt| {
            wrong = None;
            settled = None;
            match self.settling(learnt.state.call.as_ref(), seq, outcome, result, now) {
                Ok((past, writes)) => {
                    settled = Some(past);
                    writes
                }
                Err(why) => {
                    wrong = Some(why);
                    Vec::new()
                }
            }
        })?;
        if let Some(why) = wrong {
            return Err(Error::Settle(why));
        }
        let past = settled.ok_or(Error::Poisoned)?;
        let mut entry = self.entry(now, Event::Settle { seq, outcome });
        entry.agent = past.record.agent;
        entry.user = past.record.user;
        entry.task = past.record.task;
        entry.credential = past.record.credential;
        entry.policy = None;
        self.audit.append(&entry)?;
        Ok(())
    }

    fn settling(
        &self,
        past: Option<&Past>,
        seq: i64,
        outcome: Outcome,
        result: &Fields,
        now: Time,
    ) -> Result<(Past, Vec<Write>), String> {
        let past = past.ok_or_else(|| format!("there is no call {seq} to settle"))?;
        if past.record.outcome != Outcome::Pending {
            return Err(format!(
                "call {seq} is settled already: `{}`",
                past.record.outcome.name()
            ));
        }
        if now >= past.settle_before {
            return Err(format!(
                "call {seq} had to be settled before {}; it stays counted",
                past.settle_before
            ));
        }
        let result = match outcome {
            Outcome::Ok => self
                .engine
                .result(&past.record.tool, result)
                .map_err(|why| format!("the result of call {seq} does not fit: {why}"))?,
            _ => Fields::new(),
        };
        let writes = self.settled(past, outcome, result);
        Ok((past.clone(), writes))
    }

    /// What it takes that a call has ended.
    fn settled(&self, past: &Past, outcome: Outcome, result: Fields) -> Vec<Write> {
        let mut ended = past.clone();
        ended.record.outcome = outcome;
        let mut writes = past::counts(self, Some(past), &ended);
        if outcome == Outcome::Failed {
            writes.extend(refund(&past.credential, &past.charges));
        }
        writes.push(Write::Settle {
            seq: past.record.seq,
            outcome,
            result,
        });
        writes
    }

    /// Undoes what a call counted that was never made.
    pub(super) fn give_back(&self, seq: i64) -> Result<(), Error> {
        let ask = Ask {
            call: Some(seq),
            ..Ask::default()
        };
        self.transact(&ask, &mut |learnt| match &learnt.state.call {
            // Who guessed the number may have settled it: nothing is given back twice.
            Some(past) if past.record.outcome == Outcome::Pending => {
                self.settled(past, Outcome::Failed, Fields::new())
            }
            _ => Vec::new(),
        })?;
        Ok(())
    }
}

fn refund(id: &CredentialId, charges: &[Charge]) -> Vec<Write> {
    charges
        .iter()
        .map(|charge| Write::Charge {
            chain: id.chain(),
            charge: Charge {
                amount: -charge.amount,
                ..charge.clone()
            },
        })
        .collect()
}
