//! `placet import`

use std::io::Read;
use std::path::Path;

use placet_import::{Block, Listing, MARK, Options, Refused, block, read};

use crate::args::{Import, ImportCommand, ImportMcp};
use crate::error::Error;
use crate::files;
use crate::output::{self, Ended, Output};
use crate::render::diagnostics::plural;

/// Writes the tools of a server as policy.
pub(crate) fn run(args: &Import) -> Result<Ended, Error> {
    match &args.from {
        ImportCommand::Mcp(args) => mcp(args),
    }
}

fn mcp(args: &ImportMcp) -> Result<Ended, Error> {
    let listing = listing(&args.tools)?;
    let options = Options {
        tool: args.server.as_deref().map(Into::into),
        otherwise: name_of(&args.tools),
    };
    let block = block(&listing, &options).map_err(|why| refused(&args.tools, &why))?;
    match &args.out {
        None => {
            let mut out = Output::new();
            out.write(&block.text)?;
            out.flush()?;
        }
        Some(path) if args.force => files::replace(path, block.text.as_bytes())?,
        Some(path) => files::create(path, &block.text).map_err(|error| match error {
            Error::Exists(path) => Error::refused(
                format!("`{}` exists already", path.display()),
                Some("write to another file and compare the two, or overwrite it with `--force`"),
            ),
            error => error,
        })?,
    }
    tell(&block);
    match block.left_out.is_empty() {
        true => Ok(Ended::Fine),
        false => Ok(Ended::Findings),
    }
}

/// Says what was imported, and what was not, beside the block itself.
fn tell(block: &Block) {
    for one in &block.left_out {
        output::remark(&format!("{one} is left out ({}): {}", one.pointer, one.why));
    }
    let marks = match block.marks {
        0 => String::new(),
        marks => format!(", {} to decide (`{MARK}`)", plural(marks, "thing")),
    };
    output::remark(&format!(
        "tool `{}` with {}{marks}",
        block.tool,
        plural(block.functions, "function")
    ));
}

/// A list of tools from a file or standard input.
pub(super) fn listing(path: &Path) -> Result<Listing, Error> {
    let bytes = match path == Path::new("-") {
        true => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|cause| Error::io("read", path, cause))?;
            bytes
        }
        false => files::read(path)?,
    };
    read(&bytes).map_err(|why| refused(path, &why))
}

/// What a server is called whose list does not say: what the file is called.
pub(super) fn name_of(path: &Path) -> smol_str::SmolStr {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.split('.').next().unwrap_or_default();
    match stem {
        "" | "-" => "mcp".into(),
        stem => stem.into(),
    }
}

pub(super) fn refused(path: &Path, why: &Refused) -> Error {
    Error::refused(format!("{}: {why}", path.display()), why.help.as_deref())
}
