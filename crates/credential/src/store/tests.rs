//! What every store promises, and how they are made for tests.

mod contract;
pub(super) mod samples;
