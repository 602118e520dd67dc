//! One module per command.

use crate::args::Command;
use crate::error::Error;
use crate::output::Ended;

mod build;
mod check;
mod codes;
mod decide;
mod explain;
mod fmt;
mod generate;
mod graph;
mod init;

/// Does what the command line says.
pub(crate) fn run(command: Command) -> Result<Ended, Error> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Decide(args) => decide::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::List(args) => decide::list(&args),
        Command::Graph(args) => graph::run(&args),
        Command::ExplainCode(args) => codes::run(&args),
        Command::Completions(args) => generate::completions(&args),
        Command::Man(args) => generate::man(&args),
    }
}
