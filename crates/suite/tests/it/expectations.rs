//! Every kind of expectation can fail: what is right with one is wrong with another.

use placet_suite::Verdict;

use crate::support::report;

const SETUP: &str = "agent bot  user ana { tenant = \"acme\" }  task T-1 { purpose = \"triage\" }  \
                     context { risk = 10, mfa = true }";

/// Plays steps; says at which one and with what difference they fail.
fn fails(steps: &str) -> Option<(usize, String)> {
    let report = report(&format!("test \"t\" {{ {SETUP}\n{steps} }}"));
    match &report.tests[0].verdict {
        Verdict::Passed => None,
        Verdict::NotPlayed | Verdict::Unlike(_) => panic!("not played"),
        Verdict::Failed(failure) => Some((
            failure.number,
            failure
                .difference
                .clone()
                .unwrap_or(failure.happened.clone()),
        )),
    }
}

/// The step holds with the first expectation, and with none of the others.
fn only(before: &str, step: &str, right: &[&str], wrong: &[(&str, &str)]) {
    for expectation in right {
        assert_eq!(
            fails(&format!("{before} {step} -> {expectation}")),
            None,
            "{step}"
        );
    }
    for (expectation, difference) in wrong {
        let found = fails(&format!("{before} {step} -> {expectation}"));
        let found = found.unwrap_or_else(|| panic!("{step} -> {expectation}"));
        assert_eq!(found.1, *difference, "{step} -> {expectation}");
    }
}

#[test]
fn an_issuance_is_what_it_is_expected_to_be() {
    only(
        "",
        "issue desk read \"ticket/acme/**\" for 1h",
        &[
            "grant",
            "grant for 15m",
            "grant by triage",
            "grant for 15m by \"main/triage\"",
        ],
        &[
            ("grant for 1h", "it lasts 15m, not 1h"),
            (
                "grant for 15m by close",
                "`main/close` did not decide it: main/triage did",
            ),
            (
                "grant by triage, destroy",
                "`main/destroy` did not decide it: main/triage did",
            ),
            (
                "narrowed to \"ticket/acme/**\"",
                "all that was asked for is granted",
            ),
            ("deny no-grant", "it is granted"),
        ],
    );
    only(
        "",
        "issue desk read \"ticket/**\"",
        &[
            "narrowed to \"ticket/acme/**\"",
            "narrowed to \"ticket/acme/**\" for 15m by triage",
        ],
        &[
            ("grant", "less is granted than was asked for"),
            (
                "narrowed to \"ticket/**\"",
                "it is narrowed to \"ticket/acme/**\"",
            ),
            (
                "narrowed to \"ticket/acme/**\", \"x\"",
                "it does not reach \"x\"",
            ),
            (
                "narrowed to \"ticket/acme/**\" for 5m",
                "it lasts 15m, not 5m",
            ),
            (
                "narrowed to \"ticket/acme/**\" by close",
                "`main/close` did not decide it: main/triage did",
            ),
            ("deny no-grant", "it is granted"),
        ],
    );
    only(
        "",
        "issue desk read \"ticket/evil/**\"",
        &["deny no-grant"],
        &[
            ("grant", "it is denied"),
            ("narrowed to \"ticket/acme/**\"", "it is denied"),
            ("deny expired", "it is denied for `no-grant`"),
            (
                "deny no-grant by triage",
                "no rule decided it, and so `main/triage` did not",
            ),
        ],
    );
}

#[test]
fn a_call_is_what_it_is_expected_to_be() {
    let issue = "issue desk read, delete \"ticket/acme/**\" -> grant\n";
    only(
        issue,
        "call desk.get_ticket { tenant = \"acme\", id = 1 }",
        &["grant", "grant for 15m", "grant by triage"],
        &[
            ("grant for 10m", "it lasts 15m, not 10m"),
            (
                "grant by destroy",
                "`main/destroy` did not decide it: main/triage did",
            ),
            ("deny expired", "it is granted"),
        ],
    );
    only(
        issue,
        "call desk.delete_ticket { tenant = \"acme\", id = 1 }",
        &["deny consent-required", "deny consent-required by destroy"],
        &[
            ("grant", "it is denied"),
            (
                "deny approval-required",
                "it is denied for `consent-required`",
            ),
            (
                "deny consent-required by triage",
                "`main/triage` did not decide it: main/destroy did",
            ),
        ],
    );
}

#[test]
fn a_listing_is_what_it_is_expected_to_be() {
    let issue = "issue desk read \"ticket/acme/**\" -> grant\n";
    only(
        issue,
        "list desk.get_ticket",
        &["depends"],
        &[("yes", "it is `depends`"), ("no", "it is `depends`")],
    );
    only(
        issue,
        "list desk.close_ticket",
        &["no"],
        &[("yes", "it is `no`"), ("depends", "it is `no`")],
    );
}

#[test]
fn listing_knows_what_the_service_keeps() {
    let steps = "issue desk check, close \"ticket/acme/**\" as own -> grant\n\
                 list desk.close_ticket -> no\n\
                 call desk.check { tenant = \"acme\", id = 1 } -> grant result { clean = true }\n\
                 list desk.close_ticket -> depends\n\
                 call desk.close_ticket { tenant = \"acme\", id = 1 } -> grant\n\
                 call desk.close_ticket { tenant = \"acme\", id = 2 } -> grant\n\
                 call desk.close_ticket { tenant = \"acme\", id = 3 } -> deny budget-exhausted\n\
                 list desk.close_ticket -> depends\n\
                 list desk.check -> depends\n\
                 revoke own\n\
                 list desk.check -> no";
    assert_eq!(fails(steps), None);
}

#[test]
fn steps_without_an_expectation_have_to_succeed() {
    let check = |steps: &str, number: usize, happened: &str| {
        assert_eq!(fails(steps), Some((number, happened.to_owned())), "{steps}");
    };
    let issue = "issue desk read \"ticket/acme/**\" as own -> grant\n";
    let denied = "issue desk read \"ticket/evil/**\" as own -> deny no-grant\n";
    check(
        &format!("{issue} consent by ana"),
        2,
        "no denial has asked for one",
    );
    check(
        &format!("{issue} approval by lena"),
        2,
        "no denial has asked for one",
    );
    check(
        &format!("{denied} revoke own"),
        2,
        "its issuance was denied, and so there is none",
    );
    let refund = "issue desk refund \"ticket/acme/**\" -> deny approval-required\n";
    check(
        &format!("{refund} approval by mallory"),
        2,
        "somebody of `leads` was asked, and `mallory` is not in it",
    );
    check(
        &format!("{issue} consent by bot for desk.find {{ tenant = \"acme\" }}"),
        2,
        "`bot` is an agent: agents neither consent nor approve",
    );
    check(
        &format!("{issue} after 99999999d after 99999999d"),
        3,
        "the clock of the test is at its end",
    );
}
