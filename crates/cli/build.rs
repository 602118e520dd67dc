//! Puts the pages of `docs/codes` into the program, so that `placet explain-code` works
//! wherever the program is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = root.join("../../docs/codes");
    println!("cargo::rerun-if-changed={}", folder.display());

    let mut pages = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if let Some(code) = code_of(&path) {
                println!("cargo::rerun-if-changed={}", path.display());
                pages.push((code, path));
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

/// `PL0101` of `PL0101.md`.
fn code_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let code = name.strip_suffix(".md")?;
    code.starts_with("PL").then(|| code.to_owned())
}
