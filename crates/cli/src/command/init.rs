//! `placet init`

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::{Format, Init};
use crate::error::{Error, Failure};
use crate::files;
use crate::output::{Ended, Output};

/// What is written: a policy that works, and two requests.
const FILES: [(&str, &str); 3] = [
    ("policy.placet", include_str!("starter/policy.placet")),
    ("request.json", include_str!("starter/request.json")),
    ("issue.json", include_str!("starter/issue.json")),
];

/// Writes the starting files, all or none of them.
pub(crate) fn run(args: &Init) -> Result<Ended, Error> {
    let mut written = Vec::new();
    let done = write(&args.dir, &mut written);
    let mut out = Output::new();
    match args.format {
        Format::Text => {
            for path in &written {
                out.line(&format!("wrote {}", path.display()))?;
            }
            if done.is_ok() {
                out.line(&next(&args.dir))?;
            }
        }
        Format::Json => out.json(&Report {
            version: 1,
            written: written
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            failure: done.as_ref().err().map(Failure::from),
        })?,
    }
    out.flush()?;
    done.map(|()| Ended::Fine)
}

fn write(dir: &Path, written: &mut Vec<PathBuf>) -> Result<(), Error> {
    files::make_folder(dir)?;
    for (name, _) in FILES {
        let path = dir.join(name);
        // A dangling link is something, too.
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists(path));
        }
    }
    for (name, text) in FILES {
        let path = dir.join(name);
        files::create(&path, text)?;
        written.push(path);
    }
    Ok(())
}

/// What to do with the files.
fn next(folder: &Path) -> String {
    let dir = folder.display();
    format!(
        "\ncheck it     placet check {dir}\n\
         ask it       placet decide --policy {dir} --no-credential {request}\n\
         ask why      placet explain --policy {dir} --no-credential {request}\n\
         issue        placet decide --policy {dir} {issue}",
        request = folder.join("request.json").display(),
        issue = folder.join("issue.json").display(),
    )
}

/// What was done, for machines.
#[derive(Serialize)]
struct Report {
    version: u32,
    written: Vec<String>,
    #[serde(flatten)]
    failure: Option<Failure>,
}
