use std::fs;
use std::path::{Path, PathBuf};

use placet_compiler::texts::{Checked, check};
use placet_syntax::Source;
use placet_syntax::ast::{self, ItemKind};

use super::{Fate, MutateError, Options, Report, Toward, mutant, run};

const POLICY: &str = r#"
policy desk { language 1  layers main  lifetime 1h }
facts user { tenant: text }
facts context { risk: int, mfa: bool? }
agent triage
agent helper

tool desk {
  action read  { get(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
  action close { close(tenant: text, id: int) -> "ticket/{tenant}/{id}" }
}

grant work {
  agent    triage
  user     any
  tool     desk
  action   read, close
  resource "ticket/{user.tenant}/**"
  when     context.risk < 50
  for      15m
}

deny no-closing-without-mfa { action close  unless has context.mfa and context.mfa }

given ana {
  agent   triage
  user    ana { tenant = "acme" }
  context { risk = 49, mfa = true }
}
"#;

const TENANT: &str = r#"
test "a tenant is read and closed for a while, and another is not" {
  given ana
  issue desk read, close "ticket/**" for 1h -> narrowed to "ticket/acme/**" for 15m
  call  desk.get { tenant = "acme", id = 1 } -> grant by work
  call  desk.close { tenant = "acme", id = 1 } -> grant by work
  call  desk.get { tenant = "evil", id = 1 } -> deny out-of-scope
  after 15m
  call  desk.get { tenant = "acme", id = 1 } -> deny expired
}
"#;

const RISK: &str = r#"
test "nothing is done at risk" {
  given ana
  issue desk read "ticket/acme/**" -> grant
  context { risk = 50 }
  call  desk.get { tenant = "acme", id = 1 } -> deny no-grant
}
"#;

const MFA: &str = r#"
test "nothing is closed without a second factor" {
  given ana
  issue desk close "ticket/acme/**" -> grant
  context { risk = 10, mfa = false }
  call  desk.close { tenant = "acme", id = 1 } -> deny denied-by-rule by no-closing-without-mfa
  context { risk = 10 }
  call  desk.close { tenant = "acme", id = 1 } -> deny denied-by-rule by no-closing-without-mfa
}
"#;

const OTHERS: &str = r#"
test "helpers do nothing, nor does anybody alone" {
  given ana
  agent helper
  issue desk read "ticket/acme/**" -> deny no-grant
}
test "nobody works alone" {
  agent   triage
  context { risk = 1 }
  issue desk read "ticket/acme/**" -> deny no-grant
}
test "reading asks for no second factor" {
  given ana
  issue desk read "ticket/acme/**" -> grant
  context { risk = 10 }
  call  desk.get { tenant = "acme", id = 1 } -> grant
}
"#;

fn checked(tests: &[&str]) -> Checked {
    let checked = check([("desk.placet", format!("{POLICY}{}", tests.concat()))]);
    assert!(checked.policy.is_some(), "{:?}", checked.diagnostics);
    checked
}

fn mutate(tests: &[&str]) -> Report {
    run(&checked(tests), &Options::default()).expect("the tests pass")
}

#[test]
fn good_tests_notice_every_change() {
    let report = mutate(&[TENANT, RISK, MFA, OTHERS]);
    assert_eq!(report.survivors(), [], "{report}");
    assert_eq!(report.counts().permille(), 1000);
    assert!(report.counts().killed >= 14, "{:?}", report.counts());
}

#[test]
fn without_a_test_what_it_showed_is_open() {
    insta::assert_snapshot!(mutate(&[TENANT, MFA, OTHERS]));
}

#[test]
fn what_grants_more_comes_first() {
    let report = mutate(&[TENANT]);
    let toward: Vec<Toward> = report
        .survivors()
        .iter()
        .map(|(tried, _)| tried.toward)
        .collect();
    assert!(toward.is_sorted(), "{toward:?}");
    assert!(toward.contains(&Toward::More) && toward.contains(&Toward::Less));
}

#[test]
fn threads_do_not_show() {
    let checked = checked(&[TENANT, RISK]);
    let with = |jobs: usize| {
        let options = Options {
            jobs: jobs.try_into().expect("more than none"),
            ..Options::default()
        };
        run(&checked, &options).expect("the tests pass").mutants
    };
    assert_eq!(with(1), with(7));
}

#[test]
fn one_rule_is_changed_when_one_is_asked_for() {
    let options = |rule: &str| Options {
        rule: Some(rule.into()),
        ..Options::default()
    };
    let checked = checked(&[TENANT]);
    let report = run(&checked, &options("main/work")).expect("there is one");
    assert!(report.mutants.iter().all(|tried| tried.rule == "main/work"));
    assert_eq!(
        run(&checked, &options("main/wrok")).err(),
        Some(MutateError::UnknownRule("main/wrok".into()))
    );
}

#[test]
fn tests_that_say_nothing_are_no_tests() {
    let refused = |tests: &[&str]| run(&checked(tests), &Options::default()).err();
    assert_eq!(refused(&[]), Some(MutateError::NoTests));
    let failing = r#"test "wrong" { given ana  issue desk read "ticket/**" -> deny no-grant }"#;
    assert_eq!(
        refused(&[failing]),
        Some(MutateError::Failing("wrong".into()))
    );
}

#[test]
fn what_changes_no_answer_is_not_reported() {
    let check = |from: &str, to: &str, what: &str| {
        let text = format!("{POLICY}{TENANT}");
        assert!(text.contains(from));
        let checked = check([("desk.placet", text.replace(from, to))]);
        let report = run(&checked, &Options::default()).expect("the tests pass");
        let tried = report.mutants.iter().find(|tried| tried.what == what);
        assert_eq!(
            tried.map(|tried| &tried.fate),
            Some(&Fate::Equivalent),
            "{what}"
        );
    };
    check("agent helper", "", "widen `agent triage` to `any`");
    check("agent helper", "", "widen `tool desk` to any tool");
    check("agent helper", "", "widen `action read, close` to `any`");
    check(
        "agent helper",
        "agent helper\ntool mail { action read { open(id: int) -> \"mail/{id}\" } }",
        "widen `tool desk` to any tool",
    );
    check(
        "agent helper",
        "",
        "widen \"ticket/{user.tenant}/**\" to \"*/{user.tenant}/**\"",
    );
}

/// Every policy of the project.
fn policies() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("policies")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it is a folder") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "placet") {
                let text = fs::read_to_string(&path).expect("it is text");
                texts.push((path, text));
            }
        }
    }
    texts.sort();
    texts
}

/// What of two rules differs, part by part.
fn differences(left: &ast::Rule, right: &ast::Rule) -> usize {
    let head = usize::from((left.effect, &left.name) != (right.effect, &right.name));
    let common = |one: &[_], other: &[_]| {
        let pairs = one.iter().zip(other);
        pairs.take_while(|(one, other)| one == other).count()
    };
    let (one, other) = (&left.clauses, &right.clauses);
    let same_before = common(one, other);
    let reversed =
        |list: &[ast::Spanned<ast::Clause>]| list.iter().rev().cloned().collect::<Vec<_>>();
    let most = one.len().min(other.len()) - same_before.min(one.len().min(other.len()));
    let same_after = common(&reversed(one), &reversed(other)).min(most);
    head + one.len().max(other.len()) - same_before - same_after
}

#[test]
fn a_mutant_differs_in_one_place_and_its_text_says_the_same() {
    let mut count = 0;
    for (path, text) in policies() {
        let source = Source::new(path.display().to_string(), text);
        let parsed = placet_syntax::parse(ast::FileId(0), &source);
        if parsed.has_errors() {
            continue;
        }
        let files = [parsed.file];
        let items = &files[0].items;
        for mutant in mutant::all(&files, |_| source.text.clone()) {
            count += 1;
            let what = format!("{}: {}", source.name, mutant.what);
            let file = mutant.file(&files).expect("it is of this file");
            let changed: Vec<_> = items
                .iter()
                .zip(&file.items)
                .filter(|(one, other)| one != other)
                .collect();
            match &mutant.tree {
                None => assert_eq!(file.items.len() + 1, items.len(), "{what}"),
                Some(_) => {
                    assert_eq!(file.items.len(), items.len(), "{what}");
                    assert_eq!(changed.len(), 1, "{what}");
                    if let (ItemKind::Rule(one), ItemKind::Rule(other)) =
                        (&changed[0].0.kind, &changed[0].1.kind)
                    {
                        assert_eq!(differences(one, other), 1, "{what}");
                    }
                }
            }
            if count % 4 != 0 {
                // Parsing a large file for each would take long; these are of every kind.
                continue;
            }
            let text = mutant.text(&source, &files).expect("it has a text");
            assert_ne!(text, source.text, "{what}");
            let again = Source::new("mutant", text.clone());
            let again = placet_syntax::parse(ast::FileId(0), &again);
            assert!(!again.has_errors(), "{what}\n{text}");
            assert_eq!(again.file, file, "{what}\n{text}");
        }
    }
    assert!(count > 300, "{count}");
}
