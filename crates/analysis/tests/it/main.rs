//! Proofs and refutations, seen from outside.

#[cfg(test)]
mod brute;
#[cfg(test)]
mod odd;
#[cfg(test)]
mod verdicts;
