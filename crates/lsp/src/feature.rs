//! What can be asked of a policy set, each with its answer in the words of the protocol.

pub(crate) mod action;
pub(crate) mod complete;
pub(crate) mod diagnose;
pub(crate) mod format;
pub(crate) mod hint;
pub(crate) mod hover;
mod lex;
pub(crate) mod linted;
pub(crate) mod navigate;
pub(crate) mod outline;
pub(crate) mod rename;
