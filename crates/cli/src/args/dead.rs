//! `placet dead`

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Says which rules never decide anything, which rules are in their way, and which parts of
/// rules change nothing.
#[derive(Args)]
pub(crate) struct Dead {
    /// Policy files, and folders with policy files; all together are one policy
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Look only at the rules with this in their names; one of several is enough
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Show the rules that decide, too, each with a request for which it does
    #[arg(long)]
    pub(crate) all: bool,
    /// Give up on a call after so many steps
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) steps: u64,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
