//! What every store promises: by example, against a model, under crashes.

mod contract;
mod crash;
mod file;
mod kill;
mod log;
mod model;
pub(super) mod samples;
mod size;
mod tape;
mod whole;

use std::time::Duration;

/// Longer than any test waits.
const BOUND: Duration = Duration::from_secs(30);
