//! One module per command.

use crate::args::Command;
use crate::error::Error;
use crate::output::Ended;

mod codes;
mod generate;
mod init;

/// Does what the command line says.
pub(crate) fn run(command: Command) -> Result<Ended, Error> {
    match command {
        Command::Init(args) => init::run(&args),
        Command::ExplainCode(args) => codes::run(&args),
        Command::Completions(args) => generate::completions(&args),
        Command::Man(args) => generate::man(&args),
        _ => Ok(Ended::Fine),
    }
}
