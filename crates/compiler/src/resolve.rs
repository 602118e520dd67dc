//! Declarations to tables: what exists, under which name, of which type.

pub(crate) mod agents;
pub(crate) mod constants;
pub(crate) mod facts;
pub(crate) mod find;
pub(crate) mod groups;
pub(crate) mod histories;
pub(crate) mod layers;
pub(crate) mod lets;
pub(crate) mod loggable;
pub(crate) mod members;
pub(crate) mod names;
pub(crate) mod tools;
pub(crate) mod types;
