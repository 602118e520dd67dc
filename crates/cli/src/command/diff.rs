//! `placet diff`

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use placet::Policy;
use placet::analysis::Effort;
use placet::analysis::diff::diff;

use crate::args::{Diff, DiffFormat, FailOn};
use crate::command::line;
use crate::error::Error;
use crate::output::{Ended, Output};
use crate::policy;
use crate::render::difference::{self as render, Compared};
use crate::revision;

/// Compares two policies.
pub(crate) fn run(args: &Diff) -> Result<Ended, Error> {
    let first = args.old.as_deref().unwrap_or_default();
    let (old, new) = match &args.since {
        Some(since) => {
            let place = Path::new(first);
            (since_then(since, place)?, read(place.as_os_str())?)
        }
        None => (read(first)?, read(args.new.as_deref().unwrap_or_default())?),
    };
    let effort = Effort { steps: args.steps };
    let compared = Compared {
        old: old.0,
        new: new.0,
        digests: [old.1.digest().to_string(), new.1.digest().to_string()],
        found: diff(&old.1, &new.1, effort),
    };
    let mut out = Output::new();
    match args.format {
        DiffFormat::Text => out.write(&render::text(&compared))?,
        DiffFormat::Json => out.write(&line(&render::json(&compared)))?,
        DiffFormat::Markdown => out.write(&render::markdown(&compared))?,
    }
    out.flush()?;
    let fails = match args.fail_on {
        None => false,
        Some(FailOn::Widening) => compared.found.widens(),
        Some(FailOn::Any) => !compared.found.is_empty(),
    };
    Ok(if fails { Ended::Findings } else { Ended::Fine })
}

/// A policy and how it is called.
type Named = (String, Policy);

/// A policy as it is named on the command line: a path, or a revision and a path.
fn read(name: &OsStr) -> Result<Named, Error> {
    let path = PathBuf::from(name);
    let shown = name.to_string_lossy().into_owned();
    // What exists is meant, even with a colon in its name.
    if std::fs::symlink_metadata(&path).is_err()
        && let Some((revision, place)) = shown.split_once(':')
    {
        let here = Path::new(".");
        let texts = revision::read(here, revision, place, &shown)?;
        return Ok((shown, policy::of_texts(texts)?));
    }
    Ok((shown, policy::load(&[path])?))
}

/// What a policy was in a revision of the repository that it is in.
fn since_then(revision: &OsStr, place: &Path) -> Result<Named, Error> {
    let revision = revision.to_string_lossy();
    let real = std::fs::canonicalize(place).map_err(|cause| Error::io("read", place, cause))?;
    let folder = real.parent().unwrap_or(&real);
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let shown = format!("{revision}:{}", place.display());
    let texts = revision::read(folder, &revision, &format!("./{name}"), &shown)?;
    Ok((shown, policy::of_texts(texts)?))
}
