//! Checking policy sets, seen from outside.

#[cfg(test)]
mod examples;
#[cfg(test)]
mod support;
