//! Tests of policies as their authors meet them: source and outcome together.

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod expectations;
#[cfg(test)]
mod markdown;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod running;
#[cfg(test)]
mod support;
