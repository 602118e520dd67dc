//! `docs/diagnostics.md`: what findings look like. Every file of `tests/diagnostics` is a
//! mistaken part of the policy in `tests/diagnostics/base`; the page shows each with what
//! `placet check` says of it.
//!
//! `UPDATE_PAGES=1 cargo test -p placet-tests --test diagnostics` writes the page anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const INTRODUCTION: &str = "\
# Rendered diagnostics

What `placet check` says of mistaken policies. Each example is one more file of a policy for
a help desk ([the rest of it](../tests/diagnostics/base)). This page is written by a test
(`tests/tests/diagnostics.rs`), so it is what the program says. `placet explain-code CODE` says
more of each code.
";

#[test]
fn the_page_shows_what_the_program_says() {
    let mut page = INTRODUCTION.to_owned();
    for path in samples() {
        let name = path.file_name().expect("a file has a name");
        let name = name.to_string_lossy();
        let source = std::fs::read_to_string(&path).expect("samples are UTF-8");
        let title = source
            .lines()
            .find_map(|line| line.strip_prefix("// "))
            .expect("a sample begins with a comment");
        let said = check(&["base", &name]);
        let shown = source.replace('\u{202e}', "<U+202E>");
        write!(
            page,
            "\n## {}\n\n```placet ignore\n{}```\n\n```text\n{}```\n",
            title.trim_end_matches('.'),
            shown,
            said
        )
        .expect("strings take all");
    }
    let path = root().join("docs/diagnostics.md");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/diagnostics.md is not what the program says; UPDATE_PAGES=1 writes it anew"
    );
}

#[test]
fn the_rest_of_the_policy_is_fine() {
    let output = program(&["check", "base"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// What the program says of files, all of which have findings.
fn check(files: &[&str]) -> String {
    let output = program(&[&["check"], files].concat());
    let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
    assert_eq!(output.status.code(), Some(1), "{files:?}\n{text}");
    text
}

fn program(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_placet-under-test"))
        .args(args)
        .current_dir(folder())
        .output()
        .expect("the program starts")
}

fn samples() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn folder() -> PathBuf {
    root().join("tests/diagnostics")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
