//! The pages that show what a run found out: their tables stand between markers, and are
//! written anew from the results.

use std::fs;
use std::path::{Path, PathBuf};

use placet_bench::report;
use placet_bench::results::Results;

use crate::chart;

/// Where the committed results, curves and pages are.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of the committed results.
pub fn committed() -> PathBuf {
    root().join("docs/performance")
}

/// Writes results and curves into a folder.
pub fn write(results: &Results, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| told(folder, &error))?;
    let json = serde_json::to_string_pretty(results).map_err(|error| error.to_string())?;
    let file = folder.join("results.json");
    fs::write(&file, json + "\n").map_err(|error| told(&file, &error))?;
    let entries = &results.entries;
    if entries.is_empty() {
        return Ok(());
    }
    chart::draw(
        entries,
        "One decision, request prebuilt",
        |figures| figures.prebuilt,
        &folder.join("prebuilt.svg"),
    )?;
    chart::draw(
        entries,
        "One decision, request built from strings",
        |figures| figures.strings,
        &folder.join("strings.svg"),
    )
}

/// Reads the results of a run before.
pub fn read(file: &Path) -> Result<Results, String> {
    let json = fs::read(file).map_err(|error| told(file, &error))?;
    serde_json::from_slice(&json).map_err(|error| told(file, &error))
}

/// Writes everything that is committed: results, curves, and the tables of the pages.
pub fn publish(results: &Results) -> Result<(), String> {
    write(results, &committed())?;
    for (page, tables) in [
        ("docs/performance.md", report::all(results)),
        ("README.md", report::short(&results.entries)),
    ] {
        let file = root().join(page);
        let text = fs::read_to_string(&file).map_err(|error| told(&file, &error))?;
        let text = between_markers(&text, tables.trim())
            .ok_or_else(|| format!("{page}: no lines `{BEGIN}` and `{END}`"))?;
        fs::write(&file, text).map_err(|error| told(&file, &error))?;
    }
    Ok(())
}

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

fn between_markers(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{tables}\n{END}{after}"))
}

fn told(file: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", file.display())
}
