//! The commands about what a policy promises.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct Test {
    /// Policy files, and folders with policy files: one policy, or several, each in its folder
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only the tests with this in their names; one of several is enough
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Stop at the first test that fails
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run so many tests at a time; as many as there are processors when absent
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Exit with 1 when the policy has no tests
    #[arg(long)]
    pub(crate) fail_on_empty: bool,
    /// Run again whenever a policy file or document changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// For people, for machines, or for a build server
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub(crate) format: TestFormat,
}

/// For whom the report on tests is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// JUnit XML, which build servers show
    Junit,
}
