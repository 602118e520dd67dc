//! Trees to typed policies to decision graphs.

mod arena;
mod assemble;
mod check;
mod circles;
pub mod claim;
mod collect;
mod compile;
mod expr;
pub mod limits;
pub mod lower;
mod patterns;
mod report;
mod resolve;
mod rows;
pub mod scenario;
pub mod texts;
mod ty;
mod world;

pub use check::{Checked, Places, check};
pub use compile::{Compilation, compile};
pub use report::Place;
