//! Proofs and refutations, seen from outside.

#[cfg(test)]
mod brute;
#[cfg(test)]
mod brute_dead;
#[cfg(test)]
mod dead;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod differ;
#[cfg(test)]
mod odd;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod who;
