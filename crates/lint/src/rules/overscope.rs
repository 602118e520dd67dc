//! More is granted than the work needs.

pub(crate) mod any_action;
pub(crate) mod any_agent;
pub(crate) mod any_resource;
pub(crate) mod any_tool;
pub(crate) mod destructive_wildcard;
pub(crate) mod idle_condition;
pub(crate) mod open_arguments;
pub(crate) mod some_of_list;
pub(crate) mod wide_pattern;
