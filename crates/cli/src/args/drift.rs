//! `placet drift`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct Drift {
    /// A policy file, or a folder with policy files; several are one policy
    #[arg(short, long = "policy", required = true, value_name = "PATH")]
    pub(crate) policy: Vec<PathBuf>,
    /// Answers of servers to `tools/list`, as JSON; `-` for standard input
    #[arg(required = true, value_name = "TOOLS.json")]
    pub(crate) tools: Vec<PathBuf>,
    /// The tool of the policy that stands for the server of the only list
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<String>,
    /// Say also what the policy grants and no call used: a segment of an audit, or its folder
    #[arg(long, value_name = "PATH")]
    pub(crate) audit: Option<PathBuf>,
    /// The OAuth scopes of the token with which the only server makes its requests, instead of
    /// those that `@oauth-scopes` names
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub(crate) oauth_scopes: Option<Vec<String>>,
    /// For people, for machines, or for code scanning
    #[arg(long, value_enum, default_value_t = DriftFormat::Text)]
    pub(crate) format: DriftFormat,
}

/// For whom findings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    /// For people
    Text,
    /// For machines
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}
