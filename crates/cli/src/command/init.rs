//! `placet init`

use crate::args::Init;
use crate::error::Error;
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
    files::make_folder(&args.dir)?;
    for (name, _) in FILES {
        let path = args.dir.join(name);
        // A dangling link is something, too.
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists(path));
        }
    }
    let mut out = Output::new();
    for (name, text) in FILES {
        let path = args.dir.join(name);
        files::create(&path, text)?;
        out.line(&format!("wrote {}", path.display()))?;
    }
    let dir = args.dir.display();
    out.line(&format!(
        "\ncheck it     placet check {dir}\n\
         ask it       placet decide --policy {dir} --no-credential {request}\n\
         ask why      placet explain --policy {dir} --no-credential {request}\n\
         issue        placet decide --policy {dir} {issue}",
        request = args.dir.join("request.json").display(),
        issue = args.dir.join("issue.json").display(),
    ))?;
    out.flush()?;
    Ok(Ended::Fine)
}
