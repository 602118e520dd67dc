//! The pages of `docs/codes` are true: what is wrong there gives exactly that code, and
//! what is right gives nothing. How it looks is a snapshot.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use placet_syntax::Code;

use crate::support::{check_files, render};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes")
}

/// The fenced blocks of a page that are marked with a word.
fn blocks(page: &str, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside: Option<String> = None;
    for line in page.lines() {
        match &mut inside {
            None if line.strip_prefix("```placet ") == Some(mark) => inside = Some(String::new()),
            None => {}
            Some(_) if line == "```" => found.extend(inside.take()),
            Some(text) => writeln!(text, "{line}").unwrap(),
        }
    }
    found
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// What a block gives, and how it looks.
fn check(block: &str) -> (BTreeSet<Code>, String) {
    let prelude = blocks(&read("README.md"), "prelude").remove(0);
    let mut files: Vec<(&str, &str)> = Vec::new();
    let names = ["example.placet", "second.placet", "third.placet"];
    files.extend(names.into_iter().zip(block.split("// another file\n")));
    // A whole policy lists layers or declares all that it names.
    let whole = block
        .lines()
        .any(|line| line.starts_with("policy ") || line == "agent bot");
    if !whole {
        files.push(("prelude.placet", &prelude));
    }
    let (checked, sources) = check_files(&files);
    let codes = checked.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(
        checked.policy.is_some(),
        !checked
            .diagnostics
            .iter()
            .any(placet_syntax::Diagnostic::is_error)
    );
    (codes, render(&checked.diagnostics, &sources))
}

/// The codes that checking gives; the others are the parser's.
fn ours() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| {
        let (hundred, rest) = code.as_str().trim_start_matches("PL").split_at(2);
        match hundred {
            "00" => false,
            "05" => rest >= "20",
            "09" => rest >= "10",
            _ => true,
        }
    })
}

#[test]
fn every_page_is_true() {
    let mut wrong = String::new();
    for code in ours() {
        let page = read(&format!("{code}.md"));
        let title = format!("# {code}: {}", code.title());
        assert!(
            page.starts_with(&title),
            "{code}: the page must begin `{title}`"
        );
        let bad = blocks(&page, "bad");
        // The limits of PL0910 are too large for a page; see `limits`.
        assert!(
            !bad.is_empty() || code == Code::PL0910,
            "{code}: no bad example"
        );
        for block in bad {
            let (codes, rendered) = check(&block);
            if codes != BTreeSet::from([code]) {
                writeln!(wrong, "{code}: bad:\n{block}\n{rendered}").unwrap();
            }
        }
        let good = blocks(&page, "good");
        assert!(!good.is_empty(), "{code}: no good example");
        for block in good {
            let (_, rendered) = check(&block);
            if !rendered.is_empty() {
                writeln!(wrong, "{code}: good:\n{block}\n{rendered}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_page_is_of_a_code() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.strip_suffix(".md").unwrap();
        assert!(stem == "README" || stem.parse::<Code>().is_ok(), "{name}");
    }
}

#[test]
fn what_is_wrong_on_the_pages_is_explained() {
    for hundred in ["01", "02", "03", "04", "05", "06", "07", "08", "09"] {
        let mut shown = String::new();
        for code in ours().filter(|code| code.as_str().starts_with(&format!("PL{hundred}"))) {
            for block in blocks(&read(&format!("{code}.md")), "bad") {
                let (_, rendered) = check(&block);
                for line in block.lines() {
                    writeln!(shown, "> {line}").unwrap();
                }
                writeln!(shown, "\n{rendered}").unwrap();
            }
        }
        insta::assert_snapshot!(format!("pl{hundred}"), shown);
    }
}
