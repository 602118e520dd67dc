//! Checking policy sets, seen from outside.

#[cfg(test)]
mod conditions;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod suites;
#[cfg(test)]
mod support;
#[cfg(test)]
mod total;
