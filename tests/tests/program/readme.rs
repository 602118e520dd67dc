//! The README says what is so.

use crate::support::{Folder, at_root, root};

/// The fenced blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let opening = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if line == opening {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

#[test]
fn the_two_commands_are_what_they_are_said_to_be() {
    let commands = blocks("sh")
        .into_iter()
        .next()
        .expect("the README has commands");
    let (decide, test) = commands.split_once('\n').expect("it has two");
    let decide = decide
        .strip_prefix("cargo run --release -p placet-cli -- ")
        .expect("the first one runs the program");
    let args: Vec<&str> = decide.split_whitespace().collect();
    let decision = at_root(&args).ends(0).json();
    assert_eq!(decision["decision"], "grant");
    assert!(decision["credential"].is_object(), "{decision}");

    assert_eq!(test, "cargo test --workspace");
    let gate = std::fs::read_to_string(root().join(".ci/run")).expect("there is a gate");
    assert!(gate.contains(test), "the gate runs another command");
}

#[test]
fn the_policies_of_the_readme_are_real() {
    let files = ["policies/github/code.placet", "policies/github/org.placet"];
    let mut real: String = files
        .iter()
        .map(|file| std::fs::read_to_string(root().join(file)).expect("it is there"))
        .collect();
    real.push_str(&Folder::starter().read("policy.placet"));
    let shown = blocks("placet");
    assert!(shown.len() >= 2, "{shown:?}");
    for item in shown.iter().flat_map(|block| block.split("\n\n")) {
        assert!(real.contains(item), "not in a real policy:\n{item}");
    }
}

#[test]
fn the_explanation_of_the_readme_is_real() {
    let calls = std::fs::read_to_string(root().join("policies/github/requests/code/calls.jsonl"))
        .expect("it is there");
    let policy = root().join("policies/github");
    let policy = policy.to_string_lossy();
    let explain = ["explain", "--no-credential", "--policy", &policy];
    let said = Folder::new().run_on(&explain, calls).ends(1).stdout;
    let shown = blocks("text").into_iter().next().expect("it is shown");
    assert!(
        said.contains(&shown),
        "placet explain says otherwise:\n{said}"
    );
}

#[test]
fn the_tour_works() {
    let folder = Folder::new();
    for line in blocks("sh").iter().skip(1).flat_map(|block| block.lines()) {
        let args: Vec<&str> = line
            .strip_prefix("placet ")
            .expect("the tour is about the program")
            .split_whitespace()
            .collect();
        folder.run(&args).ends(0);
    }
}

#[test]
fn links_lead_somewhere() {
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/README.md",
        "docs/reference/language.md",
        "docs/reference/markdown.md",
        "docs/reference/program.md",
        "docs/reference/requests.md",
        "docs/adr/README.md",
    ] {
        let path = root().join(page);
        let text = std::fs::read_to_string(&path).expect("the page is there");
        let folder = path.parent().expect("a page is in a folder");
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if target.starts_with("http") || file.is_empty() {
                continue;
            }
            assert!(folder.join(file).exists(), "{page} links to {target}");
        }
    }
}
