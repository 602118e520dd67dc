//! One workload, a plain oracle that knows the right answers, and the measuring: all that
//! does not depend on who takes part.

pub mod alloc;
pub mod contestant;
pub mod measure;
pub mod oracle;
pub mod report;
pub mod workload;
