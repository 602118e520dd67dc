//! `placet matrix`

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Without `--snapshot` and `--accept` the matrix is printed.
#[derive(Args)]
pub(crate) struct Matrix {
    /// Policy files, and folders with policy files: one policy, or several, each in its folder
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Compare with the matrix that was accepted, and exit with 1 when something changed;
    /// without a file `snapshots/matrix.txt` beside the policy
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(crate) snapshot: Option<Option<PathBuf>>,
    /// Tell what changed, and write the matrix as the accepted one
    #[arg(long)]
    pub(crate) accept: bool,
    /// The most questions to ask
    #[arg(long, value_name = "QUESTIONS", default_value_t = placet::suite::matrix::LIMIT)]
    pub(crate) limit: usize,
    /// For people or for machines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl Matrix {
    /// Whether it is about an accepted matrix.
    pub(crate) const fn compares(&self) -> bool {
        self.snapshot.is_some() || self.accept
    }
}
