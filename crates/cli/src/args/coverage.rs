//! `placet coverage`

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Runs the tests of the policy, and says which rules never decided, and which of their
/// clauses and conditions were never seen true or false where they decided.
#[derive(Args)]
pub(crate) struct Coverage {
    /// Policy files, and folders with policy files: one policy, or several, each in its folder
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only the tests with this in their names; one of several is enough
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Run so many tests at a time; as many as there are processors when absent
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Exit with 1 when less than this share of the outcomes was seen
    #[arg(long, value_name = "PERCENT", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min: u8,
    /// For people, for machines, or for programs that show coverage
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    pub(crate) format: CoverageFormat,
}

/// For whom the report on coverage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// An LCOV tracefile, which genhtml and code forges show
    Lcov,
}
