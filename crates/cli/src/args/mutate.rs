//! `placet mutate`

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Changes one thing of the policy at a time, and says which changes no test notices. No
/// file is changed.
#[derive(Args)]
pub(crate) struct Mutate {
    /// Policy files, and folders with policy files: one policy, or several, each in its folder
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Try so many changes at a time; as many as there are processors when absent
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Exit with 1 when the tests notice less than this share of the changes
    #[arg(long, value_name = "PERCENT", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min: u8,
    /// Change this rule alone
    #[arg(long, value_name = "LAYER/RULE")]
    pub(crate) rule: Option<String>,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
