//! `placet import`

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) from: ImportCommand,
}

/// What tools are imported from.
#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// Write a tool block from the `tools/list` of an MCP server, for a person to complete
    Mcp(ImportMcp),
}

#[derive(Args)]
pub(crate) struct ImportMcp {
    /// The server's answer to `tools/list`, as JSON; `-` for standard input
    #[arg(value_name = "TOOLS.json")]
    pub(crate) tools: PathBuf,
    /// Write the block into this file, which must not exist; standard output when absent
    #[arg(short, long, value_name = "FILE.placet")]
    pub(crate) out: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// What rules and calls name the tool; made of the server's name when absent
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<String>,
}
