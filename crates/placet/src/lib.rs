//! The policy engine that decides what an AI agent may do.

pub use placet_model as model;
pub use placet_syntax as syntax;

mod texts;

pub use placet_model::compiled::Compiled as Policy;
pub use placet_model::wire as json;
pub use texts::{Census, Checked, Findings, check, compile};
