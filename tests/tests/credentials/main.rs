//! Whole lives of credentials, over generated policies.

mod law;
