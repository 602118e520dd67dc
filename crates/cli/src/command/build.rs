//! `placet build`

use std::path::Path;

use placet::Policy;
use serde::Serialize;

use crate::args::{Build, Format};
use crate::error::{Error, Failure};
use crate::files;
use crate::output::{Ended, Output};
use crate::policy::{self, Opened};
use crate::render::diagnostics::{self, Finding};

/// Compiles a policy into one file.
pub(crate) fn run(args: &Build) -> Result<Ended, Error> {
    match args.format {
        Format::Text => for_people(args),
        Format::Json => for_machines(args),
    }
}

fn for_people(args: &Build) -> Result<Ended, Error> {
    let policy = policy::load(&args.paths)?;
    let bytes = write(&policy, &args.output)?;
    let mut out = Output::new();
    out.line(&format!(
        "wrote {} ({bytes} bytes, {})",
        args.output.display(),
        policy.digest()
    ))?;
    out.flush()?;
    Ok(Ended::Fine)
}

fn for_machines(args: &Build) -> Result<Ended, Error> {
    let opened = match policy::open(&args.paths) {
        Ok(opened) => opened,
        Err(error) => {
            tell(None, Vec::new(), Some(&error))?;
            return Err(error);
        }
    };
    let written = opened
        .policy()
        .ok_or(Error::PolicyHasErrors)
        .and_then(|policy| Ok(Written::new(policy, write(policy, &args.output)?, args)));
    let (built, failed) = match written {
        Ok(written) => (Some(written), None),
        Err(error) => (None, Some(error)),
    };
    let found = match &opened {
        Opened::Compiled(_) => Vec::new(),
        Opened::Texts(checked) => diagnostics::all(&checked.sources, &checked.diagnostics),
    };
    tell(built, found, failed.as_ref())?;
    failed.map_or(Ok(Ended::Fine), Err)
}

/// Writes a compiled policy, and says how many bytes it has.
fn write(policy: &Policy, output: &Path) -> Result<usize, Error> {
    let bytes = policy.save();
    files::replace(output, &bytes)?;
    Ok(bytes.len())
}

fn tell(
    written: Option<Written<'_>>,
    diagnostics: Vec<Finding<'_>>,
    error: Option<&Error>,
) -> Result<(), Error> {
    let mut out = Output::new();
    out.json(&Report {
        version: 1,
        written,
        diagnostics,
        failure: error.map(Failure::from),
    })?;
    out.flush()
}

/// What was done, for machines.
#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    written: Option<Written<'a>>,
    diagnostics: Vec<Finding<'a>>,
    #[serde(flatten)]
    failure: Option<Failure>,
}

/// The file that was written, and what it holds.
#[derive(Serialize)]
struct Written<'a> {
    file: String,
    policy: &'a str,
    bytes: usize,
    layers: usize,
    rules: usize,
    nodes: usize,
}

impl<'a> Written<'a> {
    fn new(policy: &'a Policy, bytes: usize, args: &Build) -> Self {
        Self {
            file: args.output.display().to_string(),
            policy: policy.digest(),
            bytes,
            layers: policy.policy().layers.len(),
            rules: policy.policy().rules.len(),
            nodes: policy.graphs().iter().map(|graph| graph.nodes.len()).sum(),
        }
    }
}
