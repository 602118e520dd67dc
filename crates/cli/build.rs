//! Puts the pages of `docs/codes` and `docs/lints` into the program, so that `placet explain-code` works
//! wherever the program is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut pages = Vec::new();
    for folder in ["../../docs/codes", "../../docs/lints"] {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        if folder.is_dir() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if let Some(code) = code_of(&path)? {
                    println!("cargo::rerun-if-changed={}", path.display());
                    pages.push((code, path));
                }
            }
        }
    }
    pages.sort();

    let mut table = String::from("&[\n");
    for (code, path) in pages {
        let path = fs::canonicalize(path)?;
        writeln!(table, "    ({code:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("pages.rs"), table)
}

/// `PL0101` of a page that begins with `# PL0101: …`.
fn code_of(path: &Path) -> io::Result<Option<String>> {
    if path.extension().is_none_or(|end| end != "md") {
        return Ok(None);
    }
    let text = fs::read_to_string(path)?;
    let title = text
        .strip_prefix("# PL")
        .and_then(|rest| rest.split_once(':'));
    Ok(title.map(|(digits, _)| format!("PL{digits}")))
}
