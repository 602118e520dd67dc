//! Pages of tests with what came of them.

use crate::support::report;

fn page(tests: &str) -> String {
    format!("{tests}\n-----\n{}", report(tests))
}

#[test]
fn every_step_and_expectation_can_pass() {
    let tests = include_str!("pages/pass.placet");
    let report = report(tests);
    assert!(report.passed(), "{report}");
    insta::assert_snapshot!(page(tests));
}

#[test]
fn every_failure_says_what_was_expected_what_happened_and_why() {
    insta::assert_snapshot!(page(include_str!("pages/fail.placet")));
}
