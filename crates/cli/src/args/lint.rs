//! `placet lint`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Says what a reviewer would say of a policy: what is granted too widely or for too long, what
/// nobody answers for, what decides nothing, and what does not mean what it says.
#[derive(Args)]
pub(crate) struct Lint {
    /// Policy files, and folders with policy files: one policy, or several, each in its folder
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run only this rule, by name or code; several are run when it is given several times
    #[arg(long, value_name = "RULE")]
    pub(crate) only: Vec<String>,
    /// Mend what can be mended without a change of what is decided
    #[arg(long)]
    pub(crate) fix: bool,
    /// Mend what a person should look at, too
    #[arg(long = "unsafe")]
    pub(crate) risky: bool,
    /// Change nothing; show what would be mended and exit with 1
    #[arg(long)]
    pub(crate) diff: bool,
    /// Report only what is new since a revision of Git: findings on changed lines, and those that
    /// were not there
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,
    /// Exit with 1 from this level on
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Threshold::Warn)]
    pub(crate) fail_on: Threshold,
    /// Read this configuration instead of the nearest `placet.toml`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For people, for machines, or for whoever shows findings beside the code
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
}

/// From which level on a finding makes the program fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Threshold {
    /// Any finding
    Note,
    /// Warnings and errors
    Warn,
    /// Errors alone
    Error,
}

/// For whom findings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// SARIF 2.1.0, which code-scanning services show
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// JUnit XML, which build servers show
    Junit,
}
