//! The only clock of the project.

use std::time::{SystemTime, UNIX_EPOCH};

use placet::model::value::Time;

/// The time now; `None` when the clock stands beyond what a time can be.
pub(crate) fn now() -> Option<Time> {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).ok()?,
        Err(before) => i64::try_from(before.duration().as_micros())
            .ok()?
            .checked_neg()?,
    };
    Some(Time(micros))
}
