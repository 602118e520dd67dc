//! `placet diff`

use std::ffi::OsString;

use clap::{Args, ValueEnum};

/// Says what changes between two policies: what becomes granted, what becomes denied, and
/// for what less or more is asked; each with a request for which it is so.
#[derive(Args)]
pub(crate) struct Diff {
    /// The old policy: a policy file, a folder, a compiled policy, or `REVISION:PATH` of a git
    /// repository
    #[arg(value_name = "OLD", required_unless_present = "since")]
    pub(crate) old: Option<OsString>,
    /// The new policy, likewise
    #[arg(value_name = "NEW", required_unless_present = "since")]
    pub(crate) new: Option<OsString>,
    /// Compare one policy with what it was in this revision: `--since main policies/desk`
    #[arg(
        long,
        value_name = "REVISION",
        conflicts_with = "new",
        requires = "old"
    )]
    pub(crate) since: Option<OsString>,
    /// Exit with 1 when more becomes granted or less is asked for, or when anything differs;
    /// what is unknown counts
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    /// Give up on a question after so many steps
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) steps: u64,
    /// For people, for machines, or for a pull request
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
}

/// Which differences are findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Newly granted, or granted for less
    Widening,
    /// Any
    Any,
}

/// For whom a difference is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// For a pull request
    Markdown,
}
