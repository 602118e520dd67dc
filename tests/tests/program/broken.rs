//! Somebody breaks one rule of a real policy by hand, and `placet test` says which rule it was,
//! what was expected of it, what happens instead, and why.

use std::path::Path;

use crate::support::{Folder, root};

/// A change of one rule, and what the failure has to name.
struct Break {
    suite: &'static str,
    file: &'static str,
    /// The text that is replaced, and by what.
    from: &'static str,
    to: &'static str,
    /// The test that notices it, as far as it needs to be said.
    test: &'static str,
    names: &'static [&'static str],
}

/// Breaks the rule and snapshots what is said of it.
fn check(name: &str, of: &Break) {
    let folder = Folder::new();
    copy(&root().join("policies").join(of.suite), &folder, of.suite);
    let file = format!("{}/{}", of.suite, of.file);
    let policy = folder.read(&file);
    assert_eq!(policy.matches(of.from).count(), 1, "{name}: one place");
    folder.run(&["test", of.suite]).ends(0);
    folder.file(&file, policy.replace(of.from, of.to));
    let run = folder.run(&["test", of.suite, "--filter", of.test]);
    assert_ne!(run.code, 0, "{name} is not noticed\n{}", run.stdout);
    let said = format!("{}{}", run.stdout, run.stderr);
    for named in of.names {
        assert!(said.contains(named), "{name}: no `{named}` in\n{said}");
    }
    let end = said.find("\nfailed: ").unwrap_or(said.len());
    let page = without_lines(&said[..end]);
    insta::assert_snapshot!(name, format!("exit code {}\n{page}", run.code));
}

fn copy(from: &Path, folder: &Folder, name: &str) {
    for entry in std::fs::read_dir(from).expect("a suite is a folder") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|end| end == "placet") {
            let file = path
                .file_name()
                .expect("files have names")
                .to_string_lossy();
            let text = std::fs::read(&path).expect("it can be read");
            folder.file(&format!("{name}/{file}"), text);
        }
    }
}

/// The page without numbers of lines: those of a suite move whenever a test is added to it.
fn without_lines(page: &str) -> String {
    let mut text = String::new();
    for line in page.lines().filter(|line| !line.starts_with("ok ")) {
        let (margin, rest) = match line.split_once(" |") {
            Some((number, rest)) if number.trim().parse::<u32>().is_ok() => ("  ", rest),
            Some((blank, rest)) if blank.trim().is_empty() => ("  ", rest),
            _ if line.trim_start().starts_with("--> ") => {
                let place = line.trim_start().split(':').next().unwrap_or_default();
                text.push_str(&format!("  {place}\n"));
                continue;
            }
            _ if line.trim_start().starts_with("= ") => {
                text.push_str(&format!("   {}\n", line.trim()));
                continue;
            }
            _ => {
                text.push_str(line.trim_end());
                text.push('\n');
                continue;
            }
        };
        text.push_str(format!("{margin} |{rest}").trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn a_deny_that_is_gone() {
    check(
        "a_deny_that_is_gone",
        &Break {
            suite: "support-desk",
            file: "guardrails.placet",
            from: "deny in-bulk { action in destructive  unless has user and count(destroyed) < 3 }",
            to: "",
            test: "",
            names: &["`in-bulk`", "deny it", "denied-by-rule"],
        },
    );
}

#[test]
fn a_pattern_that_is_wider() {
    check(
        "a_pattern_that_is_wider",
        &Break {
            suite: "support-desk",
            file: "desk.placet",
            from: "action   reply\n  resource \"ticket/{user.tenant}/{task.tickets}\"",
            to: "action   reply\n  resource \"ticket/{user.tenant}/*\"",
            test: "a reply leaves the house",
            names: &["desk/reply", "ticket/acme/42", "ticket/{user.tenant}/*"],
        },
    );
}

#[test]
fn a_condition_that_is_gone() {
    check(
        "a_condition_that_is_gone",
        &Break {
            suite: "payments",
            file: "clerks.placet",
            from: "\n                and not some p in payments: (resource.path in p.resources and p.seq > a.seq))",
            to: ")",
            test: "a claim is paid once for each approval",
            names: &["clerks/pay-approved", "no-grant", "it is granted"],
        },
    );
}

#[test]
fn a_deny_that_lets_more_through() {
    check(
        "a_deny_that_lets_more_through",
        &Break {
            suite: "devops",
            file: "organisation.placet",
            from: "registry.acme.example/*@sha256:*",
            to: "*",
            test: "an image from elsewhere goes nowhere",
            names: &[
                "organisation/foreign-image",
                "denied-by-rule",
                "args.image is \"docker.io/web:latest\"",
            ],
        },
    );
}

#[test]
fn an_approval_that_is_asked_for_less() {
    check(
        "an_approval_that_is_asked_for_less",
        &Break {
            suite: "github",
            file: "org.placet",
            from: "unless   not resource.protected and not resource.default",
            to: "unless   not resource.protected",
            test: "protected, the default or unknown waits",
            names: &[
                "org/protected-branch",
                "approval-required",
                "resource.protected is false",
            ],
        },
    );
}

#[test]
fn a_duty_that_is_gone() {
    check(
        "a_duty_that_is_gone",
        &Break {
            suite: "workspace",
            file: "house.placet",
            from: "  unless  has user and email(args.email).domain == user.domain\n  consent per call",
            to: "  unless  has user and email(args.email).domain == user.domain\n  for     1h",
            test: "one's own file is shared with an outsider for reading",
            names: &["house/share-leaves", "consent-required"],
        },
    );
}

#[test]
fn a_grant_that_lasts_longer() {
    check(
        "a_grant_that_lasts_longer",
        &Break {
            suite: "banking",
            file: "tasks.placet",
            from: "for      5m",
            to: "for      50m",
            test: "",
            names: &["tasks/set-password", "it lasts 50m, not 5m"],
        },
    );
}

#[test]
fn a_comparison_that_is_off_by_one() {
    check(
        "a_comparison_that_is_off_by_one",
        &Break {
            suite: "owasp-agentic",
            file: "policy.placet",
            from: "count(payments) < 3",
            to: "count(payments) <= 3",
            test: "",
            names: &["rogue", "denied-by-rule", "payments has 3 records"],
        },
    );
}
