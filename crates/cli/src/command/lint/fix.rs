//! Mends what can be mended, and says what was done.

use std::collections::BTreeMap;

use placet::Checked;
use placet_lint::{Config, Finding, Mended, mend};
use similar::TextDiff;

use crate::args::Lint;
use crate::error::Error;
use crate::files;
use crate::output::{printable, printable_line};
use crate::render::diagnostics::plural;
use crate::suites::Suite;

/// What mending a policy set did, or would do.
pub(crate) struct Fixed {
    /// The texts as they are then.
    pub(crate) texts: Vec<(String, Vec<u8>)>,
    /// The differences, if they are only shown.
    pub(crate) diffs: Vec<String>,
}

/// Mends the files of a policy set, or only shows how. All of a file is written or nothing.
pub(crate) fn run(
    args: &Lint,
    suite: &Suite,
    config: &Config,
    spared: &dyn Fn(&Finding, &Checked) -> bool,
    said: &mut String,
) -> Result<Fixed, Error> {
    let old: Vec<(String, Vec<u8>)> = suite
        .files()
        .map(|(path, bytes)| (path.display().to_string(), bytes.to_vec()))
        .collect();
    let Mended {
        texts,
        applied,
        refused,
    } = mend(old, config, args.risky, spared);
    for refused in &refused {
        said.push_str(&printable(&format!(
            "note: {}: not mended ({}): {}\n",
            printable_line(&refused.fix.file),
            refused.fix.title,
            refused.why
        )));
    }
    let changed: Vec<_> = suite
        .files()
        .zip(&texts)
        .filter(|((_, before), (_, after))| *before != after.as_slice())
        .collect();
    if !args.diff {
        // One edit may need another in a file beside it.
        for ((path, _), _) in &changed {
            files::writable(path)?;
        }
    }
    let mut diffs = Vec::new();
    for ((path, before), (name, after)) in changed {
        if args.diff {
            diffs.push(difference(name, before, after));
        } else {
            files::replace(path, after)?;
        }
    }
    if !args.diff && !applied.is_empty() {
        let mut by_file: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &applied {
            *by_file.entry(one.file.as_str()).or_default() += 1;
        }
        for (file, count) in by_file {
            let what = plural(count, "finding");
            said.push_str(&format!("mended {what} in {}\n", printable_line(file)));
        }
    }
    Ok(Fixed { texts, diffs })
}

fn difference(name: &str, old: &[u8], new: &[u8]) -> String {
    let name = printable_line(name);
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    TextDiff::from_lines(old.as_ref(), new.as_ref())
        .unified_diff()
        .context_radius(3)
        .header(&name, &format!("{name} (mended)"))
        .to_string()
}
