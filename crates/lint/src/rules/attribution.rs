//! Nobody can tell who did it, or who answers for it.

pub(crate) mod agent_without_owner;
pub(crate) mod pool_account;
pub(crate) mod rule_without_owner;
pub(crate) mod unused_user;
