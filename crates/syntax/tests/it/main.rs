//! The promises of the syntax crate, seen from outside.

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod pattern;
#[cfg(test)]
mod render;
