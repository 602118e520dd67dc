//! What a policy does, shown and checked: its tests as scenarios over a task's life, and who
//! may do what as a table.
//!
//! Tests run on the credential service itself, over a store in memory and a clock of their
//! own, so that they mean what production does. Nothing here reads a file or prints.
//!
//! ```
//! let report = placet_suite::run([(
//!     "notes.placet",
//!     r#"
//!     policy notes { language 1  layers main  lifetime 1h }
//!     agent assistant
//!     tool notes { action read { read_note(owner: text, id: int) -> "note/{owner}/{id}" } }
//!     grant own-notes {
//!       agent assistant  user any  tool notes  action read  resource "note/{user.id}/**"
//!     }
//!     test "a note of somebody else stays closed" {
//!       agent assistant
//!       user  ana
//!       issue notes read "note/ana/**" -> grant by own-notes
//!       call  notes.read_note { owner = "ben", id = 7 } -> deny out-of-scope
//!     }
//!     "#,
//! )])?;
//! assert!(report.passed(), "{report}");
//! # Ok::<(), placet_suite::Findings>(())
//! ```
//!
//! In a project, the report is what a snapshot test keeps: `insta::assert_snapshot!(report)`.

pub mod coverage;
mod expect;
mod hands;
pub mod markdown;
pub mod matrix;
pub mod mutate;
mod plain;
mod play;
mod progress;
mod report;
mod run;
mod said;

pub use placet_compiler::Place;
pub use placet_compiler::texts::{Checked, Findings};
pub use progress::{Event, Progress};
pub use report::{Failure, Played, Report, Unlike, Verdict};
pub use run::{Options, not_played, run, run_checked};
