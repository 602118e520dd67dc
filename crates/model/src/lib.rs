//! What the parts of Placet exchange: values, requests, decisions, resource patterns
//! and the frozen policy with its decision graphs.
//!
//! Never sees a parser of policies, a clock, a file, the environment or a network.

pub mod compiled;
pub mod credential;
pub mod decision;
pub mod digest;
pub mod draw;
pub mod graph;
pub mod ids;
pub mod json;
pub mod number;
pub mod pattern;
pub mod policy;
pub mod question;
pub mod render;
pub mod request;
pub mod resource;
pub mod text;
pub mod value;
pub mod walk;
pub mod wire;

#[cfg(test)]
mod sample;
