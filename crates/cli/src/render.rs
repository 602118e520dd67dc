//! From plain data to what is shown.

pub(crate) mod audit;
pub(crate) mod blast;
pub(crate) mod coverage;
pub(crate) mod credential;
pub(crate) mod dead;
pub(crate) mod decision;
pub(crate) mod diagnostics;
pub(crate) mod diff;
pub(crate) mod difference;
pub(crate) mod drift;
pub(crate) mod explanation;
pub(crate) mod lint;
pub(crate) mod mutate;
pub(crate) mod prove;
pub(crate) mod region;
pub(crate) mod sarif;
pub(crate) mod style;
pub(crate) mod suite;
