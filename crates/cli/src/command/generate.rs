//! `placet completions` and `placet man`

use std::path::Path;

use crate::args::{self, Completions, Man};
use crate::error::Error;
use crate::files;
use crate::output::{Ended, Output};

/// Prints the completions of a shell.
pub(crate) fn completions(args: &Completions) -> Result<Ended, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "placet", &mut script);
    let mut out = Output::new();
    out.write(&String::from_utf8_lossy(&script))?;
    out.flush()?;
    Ok(Ended::Fine)
}

/// Prints the manual page of the program, or writes all pages.
pub(crate) fn man(args: &Man) -> Result<Ended, Error> {
    let mut program = args::command();
    program.build();
    let Some(folder) = &args.dir else {
        let mut out = Output::new();
        out.write(&page(program, Path::new("-"))?)?;
        out.flush()?;
        return Ok(Ended::Fine);
    };
    files::make_folder(folder)?;
    pages(folder, "placet", program)?;
    Ok(Ended::Fine)
}

/// Writes the pages of a command and of all below it.
fn pages(folder: &Path, name: &str, command: clap::Command) -> Result<(), Error> {
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        let name = format!("{name}-{}", below.get_name());
        pages(folder, &name, below.clone())?;
    }
    write(folder, name, command.display_name(name.to_owned()))
}

fn write(folder: &Path, name: &str, command: clap::Command) -> Result<(), Error> {
    let path = folder.join(format!("{name}.1"));
    let text = page(command, &path)?;
    files::replace(&path, text.as_bytes())
}

fn page(command: clap::Command, path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut bytes)
        .map_err(|cause| Error::io("write", path, cause))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
