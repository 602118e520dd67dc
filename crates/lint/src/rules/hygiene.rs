//! What makes a policy harder to review than it need be.

pub(crate) mod clause_order;
pub(crate) mod duration_unit;
pub(crate) mod missing_doc;
pub(crate) mod naming;
pub(crate) mod roundabout_condition;
