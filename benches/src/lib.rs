//! One workload, a plain oracle that knows the right answers, and the measuring: all that
//! does not depend on who takes part.

pub mod alloc;
pub mod apart;
#[cfg(feature = "placet")]
mod byhand;
pub mod cedar_text;
pub mod clock;
pub mod contestant;
#[cfg(feature = "placet")]
pub mod hostile;
pub mod measure;
pub mod oracle;
#[cfg(feature = "placet")]
pub mod peers;
pub mod report;
pub mod results;
#[cfg(feature = "placet")]
pub mod studies;
pub mod workload;
