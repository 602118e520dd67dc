//! Documents: which blocks belong together, what is expected of them, and where things stand.

use placet_suite::markdown::{Document, LIMIT, run};
use placet_suite::{Options, Report, Verdict};

const WORLD: &str = "agent bot\ntool notes { action read { read_note(owner: text) -> \"note/{owner}\" } }\n\
                     grant own { agent bot  user any  tool notes  action read  resource \"note/{user.id}\" }\n";

fn report(document: &str) -> Report {
    run("guide.md", document).unwrap_or_else(|error| panic!("{error}"))
}

/// A document and what comes of it.
fn page(document: &str) -> String {
    format!("{document}\n-----\n{}", report(document))
}

#[test]
fn sections_share_what_stands_above_them_and_nothing_else() {
    let document = include_str!("pages/guide.md");
    assert!(report(document).passed(), "{}", report(document));
    insta::assert_snapshot!(page(document));
}

#[test]
fn what_differs_from_what_is_expected_is_told_with_its_place() {
    insta::assert_snapshot!(page(include_str!("pages/wrong.md")));
}

/// The first unexpected finding is where `delte` stands in the document.
#[track_caller]
fn found_where_it_stands(document: &str) {
    let report = report(document);
    let unexpected = report.tests.iter().find_map(|test| match &test.verdict {
        Verdict::Unlike(unlike) => unlike.unexpected.first(),
        _ => None,
    });
    let found = unexpected.unwrap_or_else(|| panic!("nothing is found in\n{document}\n{report}"));
    let label = found.primary().expect("it has a place");
    let source = report.sources.get(label.file).expect("it is a text");
    assert_eq!(source.name, "guide.md");
    assert_eq!(source.slice(label.span), "delte", "{}", found.message);

    let at = document.find("delte").expect("it is there");
    let before = &document[..at];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let place = source.line_column(label.span.start);
    assert_eq!(place.line as usize, line, "{document}");
    assert_eq!(
        place.column as usize,
        before[start..].chars().count() + 1,
        "{document}"
    );
    assert_eq!(
        (source.before.bytes + label.span.start) as usize,
        at,
        "{document}"
    );
}

#[test]
fn places_are_those_of_the_document() {
    let rule = "deny d { action delte }";
    for document in [
        format!("```placet\n{rule}\n```"),
        format!("Überschrift ü\n\n```placet\n// ü\n{rule}\n```\n"),
        // Tildes, longer fences, other fences inside, attributes.
        format!("~~~ placet\n{rule}\n~~~\n"),
        format!("`````placet title=\"a b\" {{1,2}}\n// ```\n{rule}\n`````\n"),
        format!("````md\n```placet\nno rule\n```\n````\n\n```PLACET\n{rule}\n```\n"),
        // In quotes and lists, with spaces and tabs.
        format!("> ```placet\n> {rule}\n> ```\n"),
        format!("> > ```placet\n>>  {rule}\n> > ```\n"),
        format!("1. a\n\n   ```placet\n   deny e {{ user none }}\n   {rule}\n   ```\n"),
        format!("- a\n\n\t```placet\n\t{rule}\n\t```\n"),
        "- > ```placet\n  > deny\n  >   d { action delte }\n  > ```\n".to_owned(),
        format!("  ```placet\n {rule}\n   ```\n"),
        format!("[^1]: Note\n\n    ```placet\n    {rule}\n    ```\n\nText[^1]\n"),
        // Line ends, a byte order mark.
        format!("# A\r\n\r\n```placet\r\n// x\r\n{rule}\r\n```\r\n"),
        format!("\u{feff}# A\n\n```placet\n{rule}\n```\n"),
        // Comments and what can be unfolded.
        format!("<!--\n```placet\n{rule}\n```\n-->\n"),
        format!("Text\n\n<!-- why\n\n~~~placet\n{rule}\n~~~\n--> <!-- more -->\n"),
        format!("<details><summary>More</summary>\n\n```placet\n{rule}\n```\n\n</details>\n"),
        format!("> <!--\n> ```placet\n> {rule}\n> ```\n> -->\n"),
        // A front matter is no heading.
        format!("---\ntitle: a\n---\n\n```placet\n{rule}\n```\n"),
    ] {
        found_where_it_stands(&document);
    }
}

#[test]
fn what_is_no_block_of_policy_text_is_left_alone() {
    for document in [
        "",
        "# Only\n\nprose",
        "```\ndeny d { action delte }\n```\n",
        "```placetext\ndeny d { action delte }\n```\n",
        "```rust\n```\n\n    placet\n    deny d { action delte }\n",
        "```placet ignore\ndeny d { action delte }\n```\n",
        "<!--\n```placet ignore\ndeny d { action delte }\n```\n-->\n",
        "`` ```placet `` and <!-- ```placet -->\n",
        // A fence that is never closed is an error only where it is ours.
        "```rust\nfn main() {\n",
    ] {
        let report = report(document);
        assert_eq!((report.total, report.tests.len()), (0, 0), "{document}");
    }
}

#[test]
fn what_cannot_be_meant_is_an_error_with_its_line() {
    let check = |document: &[u8], says: &str| {
        let error = run("guide.md", document).expect_err(says);
        let error = error.to_string();
        assert!(error.starts_with("guide.md:3: "), "{error}");
        assert!(error.contains(says), "{error}");
    };
    check(b"# A\n\n```placet\ndeny", "never closed");
    check(
        b"# A\n\n````placet\ndeny d { user none }\n```\n",
        "never closed",
    );
    check(
        b"# A\n\n- ```placet\n  deny d { user none }\n\nText\n",
        "never closed",
    );
    check(b"# A\n\n```placet ingore\n```\n", "`ingore` after `placet`");
    check(b"# A\n\n\xff", "not UTF-8");
    check(
        b"# A\n\n<!-- placet wiht x -->\n",
        "<!-- placet with PATH -->",
    );
    check(
        b"# A\n\n<!-- placet with x.placet -->\n\n```placet\n```\n",
        "no texts",
    );
    check(
        b"# A\n```placet\nlayer a // error[PL1001]\n```\n",
        "`PL1001` is expected as `lint[PL1001]`",
    );
    check(
        b"# A\n```placet\nlayer a // lint[PL0101]\n```\n",
        "`PL0101` is expected as `error[PL0101]`",
    );
    check(
        b"# A\n```placet\nlayer a // lint[PL1001]\n```\n",
        "nobody looks for `PL1001` here",
    );
    check(
        b"# A\n```placet\nlayer a // error[PL9999]\n```\n",
        "`PL9999` is no",
    );
    check(
        b"# A\n```placet\nlayer a // error[PL0101\n```\n",
        "has no `]`",
    );
    check(
        b"# A\n```placet\nlayer a // error[PL0101] x\n```\n",
        "comes `:`",
    );
    // An unknown word cannot turn the text around it.
    check("# A\n\n```placet \u{202e}x\n```\n".as_bytes(), "\u{fffd}x");
}

#[test]
fn hostile_documents_come_to_an_end() {
    let deep = format!(
        "{}\n```placet\ndeny d {{ user none }}\n```\n",
        "> ".repeat(2_000)
    );
    let many = "# A\n```placet\ndeny d { user none }\n```\n".repeat(3_000);
    let flat = format!("# A\n{}", "```placet\n```\n".repeat(20_000));
    let open = "<!-- ".repeat(50_000);
    for document in [
        deep,
        many,
        flat,
        open,
        "#".repeat(100_000),
        "`".repeat(100_000),
    ] {
        // Whatever comes of it, something does.
        drop(run("guide.md", document));
    }
    // What is above many sections is checked with each of them, as long as that is bounded.
    let large = format!("# A\n```placet\n// {}\n```\n", "x".repeat(1 << 20));
    let below = "## B\n```placet\ndeny d { user none }\n```\n".repeat(LIMIT / (1 << 20) + 1);
    let error = run("guide.md", large + &below).expect_err("it is too much");
    assert!(error.to_string().contains("bytes together"), "{error}");
}

#[test]
fn headings_name_what_is_below_them() {
    let block = "```placet\ndeny d { user none }\n```\n";
    let check = |document: &str, names: &[&str]| {
        let report = report(&document.replace('@', block));
        let found: Vec<&str> = report
            .tests
            .iter()
            .map(|test| test.title.as_str())
            .collect();
        assert_eq!(found, names, "{document}");
    };
    check("@", &["guide.md"]);
    check("# A\n@", &["A"]);
    check("# A\n## B\n@\n### C\n## D\n#### E\n@", &["B", "D > E"]);
    check("A\n===\n\nB\n---\n@\n# C\n@", &["A > B", "C"]);
    check("## B\n@\n## B\n@\n## B\n@", &["B", "B (2)", "B (3)"]);
    check("# A `code` and *more*\n@", &["A code and more"]);
    check("# A \u{202e}B\u{1b}[31m\n@", &["A \u{fffd}B\u{fffd}[31m"]);
    // Not headings of the document.
    check("# A\n> # B\n\n- # C\n\n@", &["A"]);
    check("# A\n<!--\n# B\n-->\n@", &["A"]);
}

#[test]
fn what_is_not_said_is_implied() {
    let check = |document: &str, passes: bool| {
        let report = report(document);
        assert_eq!(report.passed(), passes, "{document}\n{report}");
    };
    // Declarations alone, a guardrail layer alone, two layers.
    check("```placet\nfacts user { tenant: text }\n```", true);
    check("```placet\nlayer guard default grant\n```", true);
    check(
        "```placet\nlayer \"a b\"\n```\n```placet\nlayer c\ndeny d { user none }\n```",
        true,
    );
    // Every block is a file; blocks of one layer agree.
    check(
        "```placet\nlayer a\n```\n```placet\nlayer a default grant\n```",
        false,
    );
    // Where a policy stands it counts.
    let policy = "policy p { language 1  layers main  lifetime 1h }";
    check(&format!("```placet\n{policy}\n```"), false);
    check(
        &format!("```placet\n{policy}\ndeny d {{ user none }}\n```"),
        true,
    );
    check(
        "```placet\ndeny d { user none }  // error[PL0701]\n```",
        true,
    );
}

#[test]
fn filters_and_failures_go_through_all_sections() {
    let test = |user: &str| {
        format!(
            "```placet\ntest \"of {user}\" {{ agent bot  user {user}\n\
             issue notes read \"note/ana\" -> grant }}\n```\n"
        )
    };
    let document = format!(
        "# A\n```placet\n{WORLD}```\n## B\n{}## C\n{}## D\n{}",
        test("ben"),
        test("ana"),
        "```placet\ndeny d { user none }\n```\n"
    );
    let document = Document::read("guide.md", document).expect("it is one");
    let run = |filter: &[&str], fail_fast: bool| {
        let options = Options {
            filter: filter.iter().map(|text| (*text).to_owned()).collect(),
            fail_fast,
            ..Options::default()
        };
        let report = document.run(&options).expect("it runs");
        assert_eq!(report.total, 3);
        let told = report.tests.iter().map(|test| {
            let word = match test.verdict {
                Verdict::Passed => "ok",
                Verdict::NotPlayed => "--",
                Verdict::Failed(_) | Verdict::Unlike(_) => "FAIL",
            };
            format!("{word} {}", test.title)
        });
        told.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(run(&[], false), "FAIL B > of ben, ok C > of ana, ok D");
    assert_eq!(run(&[], true), "FAIL B > of ben, -- C > of ana, -- D");
    assert_eq!(run(&["C >", "D"], true), "ok C > of ana, ok D");
    assert_eq!(run(&["nothing"], false), "");
}

#[test]
fn texts_that_are_brought_belong_to_the_section_that_asks() {
    let text = "# A\n\n## B\n<!-- placet with world -->\n```placet\ndeny d { action read }\n```\n\
                ## C\n```placet\ndeny d { action read } // error[PL0105]\n```\n";
    let check = |name: &str, brought: &str| {
        let mut document = Document::read("guide.md", text).expect("it is one");
        let used: Vec<_> = document.uses().collect();
        assert_eq!(used.len(), 1);
        for used in used {
            assert_eq!((used.path.as_str(), used.line), ("world", 4));
            used.bring([(name, brought)]).expect("it is text");
        }
        let report = document.run(&Options::default()).expect("it runs");
        assert!(report.passed(), "{report}");
        assert_eq!(report.total, 2);
    };
    check("world.placet", WORLD);
    check(
        "world.md",
        &format!("# W\n## X\n```placet\n{WORLD}```\n```placet ignore\nno\n```\n"),
    );
}
