//! Graphs are what their policies say, stay small whatever the policy is, and survive
//! being saved, or nothing loads.

mod generate;
mod hostile;
mod meaning;
mod saved;
