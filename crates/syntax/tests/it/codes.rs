//! The pages of the codes of this crate are true: what is wrong there gives exactly that
//! code, and what is right gives nothing.

use std::collections::BTreeSet;

use placet_syntax::{
    Code, Diagnostic, FileId,
    ast::{Clause, File, ItemKind, Resources, ToolPartKind},
    pattern,
};

use crate::render::parsed;

/// The codes that parsing gives; the others are the compiler's.
fn ours() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| {
        let (hundred, rest) = code.as_str().trim_start_matches("PL").split_at(2);
        match hundred {
            "00" => true,
            "05" => rest < "20",
            "09" => rest < "10",
            _ => false,
        }
    })
}

/// The fenced blocks of a page that are marked with a word; `<U+202E>` and the like in them stand for
/// a character that a page must not have either.
fn blocks(page: &str, mark: &str) -> Vec<String> {
    let fence = format!("```placet {mark}\n");
    let blocks = page.split(&fence).skip(1);
    blocks
        .map(|rest| characters(rest.split("```").next().unwrap()))
        .collect()
}

fn characters(text: &str) -> String {
    let mut parts = text.split("<U+");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (hex, rest) = part.split_once('>').unwrap();
        let code = u32::from_str_radix(hex, 16).unwrap();
        out.push(char::from_u32(code).unwrap());
        out.push_str(rest);
    }
    out
}

/// What is wrong with the patterns of rules and the templates of functions.
fn patterns(file: &File) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for item in &file.items {
        match &item.kind {
            ItemKind::Rule(rule) => {
                for clause in &rule.clauses {
                    if let Clause::Resource(Resources::Listed(patterns)) = &clause.node {
                        let read = patterns.iter().map(|text| pattern::parse(FileId(0), text));
                        found.extend(read.flat_map(|(_, problems)| problems));
                    }
                }
            }
            ItemKind::Tool(tool) => {
                for part in &tool.parts {
                    let ToolPartKind::Verb { functions, .. } = &part.kind else {
                        continue;
                    };
                    let templates = functions.iter().flat_map(|mapped| &mapped.templates);
                    let read = templates.map(|text| pattern::parse_template(FileId(0), text));
                    found.extend(read.flat_map(|(_, problems)| problems));
                }
            }
            _ => {}
        }
    }
    found
}

fn codes(text: &str) -> BTreeSet<Code> {
    let found = parsed(text);
    let patterns = patterns(&found.file);
    let all = found.diagnostics.iter().chain(&patterns);
    all.map(|found| found.code).collect()
}

#[test]
fn every_page_is_true() {
    // What is too large for a page, or is no text, is tested elsewhere.
    let without_bad = [Code::PL0016, Code::PL0901, Code::PL0903, Code::PL0905];
    for code in ours() {
        let path = format!("{}/../../docs/codes/{code}.md", env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no page {path}"));
        let title = format!("# {code}: {}\n", code.title());
        assert!(page.starts_with(&title), "the page must begin: {title}");
        let bad = blocks(&page, "bad");
        assert_eq!(bad.is_empty(), without_bad.contains(&code), "{code}");
        for block in bad {
            assert_eq!(codes(&block), BTreeSet::from([code]), "{code}: {block}");
        }
        let good = blocks(&page, "good");
        assert!(!good.is_empty(), "{code}: no good example");
        for block in good {
            assert_eq!(codes(&block), BTreeSet::new(), "{code}: {block}");
        }
    }
}

#[test]
fn codes_are_distinct_and_in_order() {
    assert!(Code::ALL.is_sorted_by_key(|code| code.as_str()));
    for code in Code::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
        assert_eq!(code.as_str().to_lowercase().parse(), Ok(*code));
    }
    assert!("PL9999".parse::<Code>().is_err());
}
