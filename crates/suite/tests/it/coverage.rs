//! Coverage is of the policy and not of its texts: the layout of files, and what stands in
//! which of them in which order, makes no difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use placet_compiler::texts::check;
use placet_suite::coverage::{Options, Report, run};
use placet_syntax::{FileId, Source, ast};

type Texts = Vec<(String, String)>;

/// The real policies, each as its texts.
fn policies() -> Vec<(String, Texts)> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut policies = Vec::new();
    for folder in fs::read_dir(all).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let mut texts = Texts::new();
        for file in fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|end| end == "placet") {
                texts.push((
                    path.display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
        texts.sort();
        policies.push((folder.display().to_string(), texts));
    }
    policies
}

/// What was seen, and how often, by rule and part; and not where it stands.
fn seen(texts: &Texts) -> BTreeMap<String, Vec<String>> {
    let checked = check(texts.clone());
    let report = run(&checked, &Options::default()).unwrap();
    assert_eq!(report.failed, [] as [&str; 0]);
    by_rule(&report)
}

fn by_rule(report: &Report) -> BTreeMap<String, Vec<String>> {
    let mut rules = BTreeMap::new();
    for rule in &report.rules {
        let mut lines = vec![format!("decided {}", rule.decided)];
        for part in &rule.parts {
            let outcomes: Vec<String> = part
                .outcomes
                .iter()
                .map(|outcome| format!("{} {}", outcome.what.as_str(), outcome.seen))
                .collect();
            let kind = part.kind.as_str();
            lines.push(format!("{kind} {}: {}", part.text, outcomes.join(", ")));
        }
        rules.insert(rule.name.to_string(), lines);
    }
    rules
}

fn parsed(text: &str) -> ast::File {
    placet_syntax::parse(FileId::default(), &Source::new("text", text)).file
}

/// Every item in a file of its own, the last first, each printed the one way there is.
fn scattered(texts: &Texts) -> Texts {
    let mut scattered = Texts::new();
    for (name, text) in texts {
        let file = parsed(text);
        for (at, item) in file.items.iter().enumerate() {
            let own = ast::File {
                items: vec![item.clone()],
                ..file.clone()
            };
            scattered.push((format!("{name}-{at}"), placet_syntax::print(&own)));
        }
    }
    scattered.reverse();
    scattered
}

/// As much on a line as the grammar lets.
fn squeezed(texts: &Texts) -> Texts {
    let one_line = |text: &String| {
        let lines = text.lines().filter(|line| {
            let line = line.trim_start();
            !line.starts_with("//")
        });
        lines.collect::<Vec<_>>().join(" ")
    };
    texts
        .iter()
        .map(|(name, text)| (name.clone(), one_line(&placet_syntax::print(&parsed(text)))))
        .collect()
}

#[test]
fn layout_and_order_make_no_difference() {
    for (name, texts) in policies() {
        let expected = seen(&texts);
        let mut turned = texts.clone();
        turned.reverse();
        for changed in [turned, scattered(&texts), squeezed(&texts)] {
            assert_eq!(seen(&changed), expected, "{name}");
        }
    }
}

#[test]
fn every_atom_stands_somewhere_in_its_clause() {
    for (name, texts) in policies() {
        let checked = check(texts);
        let report = run(&checked, &Options::default()).unwrap();
        for part in report.rules.iter().flat_map(|rule| &rule.parts) {
            let place = part.shared.unwrap_or(part.place);
            let text = report.sources.get(place.file).unwrap().slice(place.span);
            let head = ["grant", "deny", "require"];
            assert!(
                !head.iter().any(|word| text.starts_with(word)),
                "{name}: `{}` is not found where it is written",
                part.text
            );
        }
    }
}
