//! The policy engine that decides what an AI agent may do.

pub use placet_model as model;
pub use placet_syntax as syntax;
