//! The promises of the syntax crate, seen from outside.

#![cfg(test)]

mod codes;
mod fixtures;
mod messages;
mod pattern;
mod render;
mod roundtrip;

mod total;
mod trees;
