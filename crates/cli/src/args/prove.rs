//! `placet prove`

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Proves each claim for every request there can be, or shows a request for which it does
/// not hold.
#[derive(Args)]
pub(crate) struct Prove {
    /// Policy files, and folders with policy files; all together are one policy
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Prove only the claims with this in their titles; one of several is enough
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Give up on a call after so many steps
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) steps: u64,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
