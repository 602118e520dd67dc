//! What does not mean what it says.

pub(crate) mod case_twins;
pub(crate) mod impossible_comparison;
pub(crate) mod look_alike_name;
pub(crate) mod lost_argument;
mod names;
pub(crate) mod never_defined;
pub(crate) mod pattern_matches_nothing;
