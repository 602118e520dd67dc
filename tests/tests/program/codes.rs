//! The pages of `docs/codes`: each shows its code where it is reported, and is a document
//! that `placet test` runs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use placet::syntax::Code;

use crate::support::{Folder, at_root, root};

/// What cannot be shown on a page, since it is too large or is no text.
const WITHOUT_BAD: [Code; 7] = [
    Code::PL0006,
    Code::PL0015,
    Code::PL0016,
    Code::PL0901,
    Code::PL0903,
    Code::PL0905,
    Code::PL0910,
];

/// What the compiler says; lints have pages of their own.
fn codes() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| !code.is_lint())
}

fn folder() -> PathBuf {
    root().join("docs/codes")
}

fn page(code: Code) -> String {
    std::fs::read_to_string(folder().join(format!("{code}.md")))
        .unwrap_or_else(|error| panic!("{code} has no page: {error}"))
}

/// A section by its heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let section = page.split(heading).nth(1).unwrap_or_default();
    section.split("\n## ").next().unwrap_or_default()
}

/// The codes that a text expects, and how often it does.
fn expected(text: &str) -> Vec<&str> {
    let comments = text.split("// ").skip(1);
    comments
        .filter_map(|comment| {
            let rest = comment
                .strip_prefix("error[")
                .or(comment.strip_prefix("warning["))?;
            rest.split(']').next()
        })
        .collect()
}

#[test]
fn each_page_shows_its_code_and_nothing_else() {
    for code in codes() {
        let page = page(code);
        let title = format!("# {code}: {}\n", code.title());
        assert!(page.starts_with(&title), "the page must begin: {title}");
        let bad: BTreeSet<&str> = expected(section(&page, "\n## Wrong\n"))
            .into_iter()
            .collect();
        let all: BTreeSet<&str> = expected(&page).into_iter().collect();
        if WITHOUT_BAD.contains(&code) {
            assert!(all.is_empty(), "{code} expects {all:?}");
        } else {
            assert_eq!(bad, BTreeSet::from([code.as_str()]), "{code}");
            assert_eq!(all, bad, "{code}");
            assert!(page.contains("\n## Right\n\n```placet"), "{code}");
        }
    }
}

#[test]
fn every_page_is_of_a_code() {
    for entry in std::fs::read_dir(folder()).expect("there are pages") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_string_lossy();
        let stem = name.strip_suffix(".md").expect("a page");
        assert!(
            stem == "README" || codes().any(|code| code.as_str() == stem),
            "{name}"
        );
    }
}

#[test]
fn the_pages_are_true() {
    let run = at_root(&["test", "docs/codes"]).ends(0);
    let suites = codes().count() + 1;
    run.shows(&format!("of {suites} suites"));
}

/// Without the expectations everything on the pages comes unexpected, and is shown as a user
/// meets it.
#[test]
fn what_is_wrong_on_the_pages_is_explained() {
    let readme = std::fs::read_to_string(folder().join("README.md")).expect("it is there");
    for hundred in ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09"] {
        let pages = Folder::new();
        let mut paths = Vec::new();
        for code in codes().filter(|code| code.as_str().starts_with(&format!("PL{hundred}"))) {
            let text: String = page(code)
                .lines()
                .filter(|line| !line.trim_start().starts_with("// error["))
                .map(|line| {
                    let cut = line.find("  // error[").or(line.find("  // warning["));
                    format!("{}\n", &line[..cut.unwrap_or(line.len())])
                })
                .collect();
            let name = format!("{code}.md");
            pages.file(&name, text);
            if !WITHOUT_BAD.contains(&code) {
                paths.push(name);
            }
        }
        pages.file("README.md", &readme);
        let mut args = vec!["test"];
        args.extend(paths.iter().map(String::as_str));
        let run = pages.run(&args).ends(1);
        // Times differ from run to run.
        let shown: String = run
            .stdout
            .lines()
            .filter(|line| !line.starts_with("failed: ") && !line.starts_with("passed: "))
            .map(|line| format!("{line}\n"))
            .collect();
        insta::assert_snapshot!(format!("codes_{hundred}"), shown);
    }
}
