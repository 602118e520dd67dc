//! The program `placet`: all reading, writing, clock and rendering that the engine
//! itself never does.
//!
//! Everything that the program can decide, [`placet`] can: nothing here has a say in it.

use std::process::ExitCode;

mod args;
mod ask;
mod clock;
mod command;
mod desk;
mod error;
mod files;
mod input;
mod members;
mod named;
mod output;
mod policy;
mod progress;
mod render;
mod revision;
mod suites;
mod tested;

/// Runs the program on the arguments of this process.
///
/// The exit code is 0 when all is fine or granted, 1 when something was denied or found,
/// and 2 when the work could not be done.
#[must_use]
pub fn main() -> ExitCode {
    match args::parse() {
        Ok(arguments) => output::finish(command::run(arguments)),
        Err(exit) => exit,
    }
}
