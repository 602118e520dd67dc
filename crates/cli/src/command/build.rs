//! `placet build`

use crate::args::Build;
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::{files, policy};

/// Compiles a policy into one file.
pub(crate) fn run(args: &Build) -> Result<Ended, Error> {
    let policy = policy::load(&args.paths)?;
    let bytes = policy.save();
    files::replace(&args.output, &bytes)?;
    let mut out = Output::new();
    out.line(&format!(
        "wrote {} ({} bytes, {})",
        args.output.display(),
        bytes.len(),
        policy.digest()
    ))?;
    out.flush()?;
    Ok(Ended::Fine)
}
