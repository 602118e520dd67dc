//! Which tests run, and that the order is that of the texts whatever the schedule.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use placet_suite::{Event, Options, Progress};

use crate::support::{report, report_with};

/// So many tests, of which every seventh fails.
fn many(count: usize) -> String {
    let mut text = String::new();
    for at in 0..count {
        let wanted = if at % 7 == 3 {
            "deny no-grant"
        } else {
            "grant"
        };
        let _ = writeln!(
            text,
            "test \"number {at}\" {{ agent bot  user ana {{ tenant = \"acme\" }}  task T-1 {{ \
             purpose = \"triage\" }}  context {{ risk = 1 }}\n  \
             issue desk read \"ticket/acme/**\" -> {wanted} }}"
        );
    }
    text
}

fn jobs(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("some")
}

#[test]
fn many_threads_report_as_one_does() {
    let tests = many(40);
    let one = report(&tests).to_string();
    for (count, fail_fast) in [(2, false), (8, false), (64, false), (1, true), (8, true)] {
        let options = Options {
            jobs: jobs(count),
            fail_fast,
            ..Options::default()
        };
        let many = report_with(&tests, &options).to_string();
        if fail_fast {
            assert!(many.ends_with("3 passed, 1 failed, 36 not run"), "{many}");
        } else {
            assert_eq!(many, one, "{count} threads");
        }
    }
}

#[test]
fn a_filter_takes_tests_with_any_of_its_texts() {
    let tests = many(20);
    let check = |filter: &[&str], names: &[&str]| {
        let options = Options {
            filter: filter.iter().map(|text| (*text).to_owned()).collect(),
            ..Options::default()
        };
        let report = report_with(&tests, &options);
        let found: Vec<&str> = report
            .tests
            .iter()
            .map(|test| test.title.as_str())
            .collect();
        assert_eq!(found, names);
        assert_eq!(report.total, 20);
    };
    check(&["number 4"], &["number 4"]);
    check(&["8", "er 5"], &["number 5", "number 8", "number 18"]);
    check(&["nothing"], &[]);
}

#[test]
fn a_policy_with_errors_has_findings_and_no_report() {
    let findings = placet_suite::run([("a.placet", "grant g { agent any }")]);
    let findings = findings.expect_err("no policy").to_string();
    assert!(findings.contains("a.placet:1:"), "{findings}");
}

#[test]
fn whoever_wants_to_is_told_how_far_a_run_is() {
    for (count, fail_fast) in [(1, false), (4, false), (1, true)] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&told);
        let options = Options {
            jobs: jobs(count),
            fail_fast,
            progress: Progress::to(move |event| {
                let word = match event {
                    Event::Begins(total) => format!("{total} begin"),
                    Event::Starts(what) => format!("starts {what}"),
                    Event::Ends => "ends".to_owned(),
                    Event::Over => "over".to_owned(),
                };
                list.lock().expect("nobody panics").push(word);
            }),
            ..Options::default()
        };
        report_with(&many(10), &options);
        let told = told.lock().expect("nobody panics");
        let played = if fail_fast { 4 } else { 10 };
        assert_eq!(told.first().map(String::as_str), Some("10 begin"));
        assert_eq!(told.last().map(String::as_str), Some("over"));
        assert_eq!(told.iter().filter(|word| *word == "ends").count(), played);
        assert!(told.contains(&"starts number 3".to_owned()));
        assert_eq!(told.len(), 2 * played + 2);
    }
}
