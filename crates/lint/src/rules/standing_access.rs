//! What is granted lasts longer, or reaches further, than the work.

pub(crate) mod autonomous_change;
pub(crate) mod deep_delegation;
pub(crate) mod default_lifetime;
pub(crate) mod long_lifetime;
pub(crate) mod no_task;
