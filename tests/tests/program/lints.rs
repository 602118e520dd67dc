//! The pages of `docs/lints`: each is its rule's test, and says of it what the rule says of
//! itself. `UPDATE_PAGES=1` writes that part anew, and the index.

use std::collections::BTreeSet;
use std::path::PathBuf;

use placet_lint::{Category, Config, Fixes, Rule, rules};

use crate::support::{at_root, root};

fn folder() -> PathBuf {
    root().join("docs/lints")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Holds a page to what it should be, or writes it.
fn hold(name: &str, wanted: &str) {
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(folder().join(name), wanted).expect("the page can be written");
    }
    assert_eq!(
        read(name),
        wanted,
        "docs/lints/{name} is out of date; UPDATE_PAGES=1 writes it anew"
    );
}

/// A section by its heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let section = page.split(heading).nth(1).unwrap_or_default();
    section.split("\n## ").next().unwrap_or_default()
}

/// The codes that a text expects.
fn expected(text: &str) -> BTreeSet<&str> {
    let marks = text.split("// lint[").skip(1);
    marks.filter_map(|mark| mark.split(']').next()).collect()
}

/// What a rule says of itself, in a line.
fn summary(rule: &Rule) -> String {
    let fix = match rule.fixes {
        Fixes::None => "a person mends it",
        Fixes::Safe => "mended by `--fix`",
        Fixes::Unsafe => "mended by `--fix --unsafe`",
    };
    let tags: String = rule.tags.iter().map(|tag| format!(" · {tag}")).collect();
    format!(
        "`{}` · [{}](README.md#{}) · level `{}` · {fix} · since {}{tags}",
        rule.name,
        rule.category.name(),
        rule.category.name(),
        rule.level.name(),
        rule.since
    )
}

fn configuration(rule: &Rule) -> String {
    let mut text = format!(
        "```toml\n[lint.levels]\n{} = \"{}\" # or \"off\", \"note\", \"warn\", \"error\"\n",
        rule.name,
        rule.level.name()
    );
    if !rule.parameters.is_empty() {
        text.push_str(&format!("\n[lint.{}]\n", rule.name));
    }
    for parameter in rule.parameters {
        text.push_str(&format!(
            "{} = {} # {}\n",
            parameter.name, parameter.default, parameter.about
        ));
    }
    text.push_str("```\n");
    text
}

#[test]
fn each_page_says_what_its_rule_says_of_itself() {
    for rule in rules::ALL {
        let name = format!("{}.md", rule.name);
        let page = read(&name);
        let title = format!("# {}: {}\n\n", rule.code, rule.code.title());
        let brings = "<!-- placet with README.md -->\n\n";
        let brought = if page.contains(brings) { brings } else { "" };
        let body = page.split("\n## What it does\n").nth(1).unwrap_or_default();
        let body = body
            .split("\n## Configuration\n")
            .next()
            .unwrap_or_default();
        let wanted = format!(
            "{title}{brought}{}\n\n## What it does\n{body}\n## Configuration\n\n{}",
            summary(rule),
            configuration(rule)
        );
        hold(&name, &wanted);
        for heading in ["What it does", "Why it matters", "Bad", "Good"] {
            let section = section(&page, &format!("\n## {heading}\n"));
            assert!(!section.trim().is_empty(), "{name} has no `{heading}`");
        }
        let code = BTreeSet::from([rule.code.as_str()]);
        assert_eq!(expected(section(&page, "\n## Bad\n")), code, "{name}");
        assert_eq!(expected(&page), code, "{name}");
        assert!(
            section(&page, "\n## Good\n").contains("```placet\n"),
            "{name}"
        );
    }
}

#[test]
fn the_index_names_every_rule() {
    let index = read("README.md");
    let setup = index
        .split("<!--\n```placet\n")
        .nth(1)
        .expect("it has the set-up of all pages");
    let setup = setup.split("```\n-->\n").next().expect("that ends");
    let mut wanted = String::from(
        "# Lints\n\n\
         What `placet lint` finds, a page each: what it does, why it matters, an example that is \
         bad and one that is good, and how it is set. `placet explain-code any-tool` prints a page. \
         The examples are run: `placet test docs/lints`. How to configure, allow and mend is told in \
         the [reference](../reference/lint.md).\n\n\
         A code never changes its meaning; a code that is given up is not used again.\n",
    );
    for category in Category::ALL {
        wanted.push_str(&format!(
            "\n## {}\n\nFound: {}.\n\n| rule | code | finds | level | fix |\n| --- | --- | --- | --- | --- |\n",
            category.name(),
            category.about()
        ));
        for rule in rules::ALL.iter().filter(|rule| rule.category == category) {
            let fix = match rule.fixes {
                Fixes::None => "",
                Fixes::Safe => "`--fix`",
                Fixes::Unsafe => "`--fix --unsafe`",
            };
            wanted.push_str(&format!(
                "| [`{0}`]({0}.md) | {1} | {2} | {3} | {fix} |\n",
                rule.name,
                rule.code,
                rule.code.title(),
                rule.level.name()
            ));
        }
    }
    wanted.push_str(&format!("\n<!--\n```placet\n{setup}```\n-->\n"));
    hold("README.md", &wanted);
}

#[test]
fn every_page_is_of_a_rule() {
    for entry in std::fs::read_dir(folder()).expect("there are pages") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_string_lossy();
        let stem = name.strip_suffix(".md").expect("a page");
        let rule = rules::by_name(stem).map(|rule| rule.name);
        assert!(stem == "README" || rule == Some(stem), "{name}");
    }
}

#[test]
fn codes_and_names_are_distinct_and_in_order() {
    assert!(rules::ALL.is_sorted_by_key(|rule| rule.code));
    let names: BTreeSet<&str> = rules::ALL.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules::ALL.len());
    let lints = placet::syntax::Code::ALL
        .iter()
        .filter(|code| code.is_lint());
    assert!(lints.eq(rules::ALL.iter().map(|rule| &rule.code)));
}

#[test]
fn the_pages_are_true() {
    let run = at_root(&["test", "docs/lints"]).ends(0);
    run.shows(&format!("of {} suites", rules::ALL.len() + 1));
}

/// Whatever the documentation shows of `placet.toml` can be read.
#[test]
fn every_configuration_that_is_shown_can_be_read() {
    let mut shown = 0;
    let mut pages: Vec<PathBuf> = rules::ALL
        .iter()
        .map(|rule| folder().join(format!("{}.md", rule.name)))
        .collect();
    pages.push(root().join("docs/reference/lint.md"));
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("it is there");
        for block in text.split("```toml\n").skip(1) {
            let block = block.split("```").next().expect("it ends");
            Config::parse(block).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            shown += 1;
        }
    }
    assert!(shown > rules::ALL.len());
}
